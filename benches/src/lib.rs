//! Dumps for the benchmarks, generated: the same bytes on every machine.

mod tenants;

pub use tenants::write_tenants;

/// How the rows of a dump are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rows {
    /// `pg_dump --column-inserts`.
    Inserts,
    /// `pg_dump`.
    Copy,
}

/// The tables of the generated dumps, as `pg_dump --schema-only` prints them.
pub const SCHEMA: &str = r#"CREATE TABLE public.products (
    id text NOT NULL,
    "businessId" text NOT NULL,
    name text NOT NULL,
    description text,
    price numeric(10,2) NOT NULL,
    attributes jsonb,
    "isActive" boolean NOT NULL,
    "updatedAt" timestamp(3) without time zone NOT NULL
);
CREATE TABLE public.stock_movements (
    id integer NOT NULL,
    "productId" text NOT NULL,
    quantity integer NOT NULL,
    reason text,
    "createdAt" timestamp(3) without time zone NOT NULL
);
ALTER TABLE ONLY public.products
    ADD CONSTRAINT products_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.stock_movements
    ADD CONSTRAINT stock_movements_pkey PRIMARY KEY (id);
"#;

const HEADER: &str = "--\n-- PostgreSQL database dump\n--\n\nSET client_encoding = 'UTF8';\n\
                      SET standard_conforming_strings = on;\n\n";
const TRAILER: &str = "--\n-- PostgreSQL database dump complete\n--\n\n";

const TEXTS: [&str; 6] = [
    "A plain description of an article that is sold by the piece and kept in stock",
    "Don't keep it near heat; it's 100% natural",
    "First line\nsecond line, with a \"quoted\" word\nthird line",
    "Größe: 42 cm × 17 cm, Farbe: grün, Gewicht: ½ kg",
    "INSERT INTO nothing VALUES (1); -- just text",
    "",
];

enum Value {
    Bare(String),
    Text(String),
    Null,
}

/// The heads of two tables' rows.
const PRODUCTS: &str =
    r#"public.products (id, "businessId", name, description, price, attributes, "isActive", "updatedAt")"#;
const STOCK: &str = r#"public.stock_movements (id, "productId", quantity, reason, "createdAt")"#;

/// Writes a dump of at least `bytes` bytes piece by piece, row for row like a small shop's.
pub fn write_dump(bytes: u64, rows: Rows, write: &mut impl FnMut(&[u8])) {
    let mut out = Output::new(HEADER.to_owned(), rows, write);
    out.table(PRODUCTS, bytes / 2, 0, product);
    out.table(STOCK, bytes, 0, movement);
    out.text
        .push_str("SELECT pg_catalog.setval('public.stock_movements_id_seq', 4711, true);\n\n\n");
    out.text.push_str(TRAILER);
    out.flush();
}

/// A dump as it is written, in pieces of 64 KiB.
struct Output<'a, W> {
    text: String,
    written: u64,
    rows: Rows,
    write: &'a mut W,
}

impl<'a, W: FnMut(&[u8])> Output<'a, W> {
    fn new(text: String, rows: Rows, write: &'a mut W) -> Self {
        Self {
            text,
            written: 0,
            rows,
            write,
        }
    }

    fn flush(&mut self) {
        self.written += self.text.len() as u64;
        (self.write)(self.text.as_bytes());
        self.text.clear();
    }

    /// Writes rows until the dump has `end` bytes, and `least` rows at least; returns their number.
    fn table(&mut self, table: &str, end: u64, least: u64, row: impl Fn(u64) -> Vec<Value>) -> u64 {
        if self.rows == Rows::Copy {
            self.text.push_str(&format!("COPY {table} FROM stdin;\n"));
        }
        let mut number = 0;
        while number < least || self.written + (self.text.len() as u64) < end {
            number += 1;
            push_row(&mut self.text, table, &row(number), self.rows);
            if self.text.len() > 1 << 16 {
                self.flush();
            }
        }
        let is_copy = self.rows == Rows::Copy;
        self.text.push_str(if is_copy { "\\.\n\n\n" } else { "\n\n" });
        number
    }
}

/// A dump in memory.
pub fn dump(bytes: u64, rows: Rows) -> Vec<u8> {
    let mut dump = Vec::new();
    write_dump(bytes, rows, &mut |part| dump.extend_from_slice(part));
    dump
}

/// Schema statements of at least `bytes` bytes: functions, views, comments.
pub fn ddl(bytes: usize) -> Vec<u8> {
    let mut sql = HEADER.to_owned();
    let mut number = 0;
    while sql.len() < bytes {
        number += 1;
        sql.push_str(&format!(
            "CREATE FUNCTION public.f{number}(a integer) RETURNS integer\n    LANGUAGE plpgsql\n    AS $_$\nBEGIN\n  \
             -- counts what's there; $1 stands for nothing\n  RETURN (SELECT count(*) FROM public.products WHERE price > \
             a);\nEND;\n$_$;\n\nCOMMENT ON FUNCTION public.f{number}(a integer) IS 'It''s function number \
             {number};\nno more';\n\nCREATE VIEW public.v{number} AS\n SELECT products.id,\n    (products.price * \
             (2)::numeric) AS twice\n   FROM public.products\n  WHERE (products.name <> ';'::text);\n\n"
        ));
    }
    sql.push_str(TRAILER);
    sql.into_bytes()
}

fn timestamp(number: u64) -> Value {
    Value::Text(format!(
        "2026-{:02}-{:02} {:02}:{:02}:{:02}.{:03}",
        number % 12 + 1,
        number % 28 + 1,
        number % 24,
        number % 60,
        number * 7 % 60,
        number % 1000
    ))
}

fn text(number: u64) -> &'static str {
    TEXTS
        .get((number % TEXTS.len() as u64) as usize)
        .copied()
        .unwrap_or_default()
}

fn product(number: u64) -> Vec<Value> {
    let description = if number.is_multiple_of(9) {
        Value::Null
    } else {
        Value::Text(text(number).repeat(2))
    };
    vec![
        Value::Text(format!("prod-{number:08}")),
        Value::Text(format!("business-{}", number % 11)),
        Value::Text(format!("Article {number}: {}", text(number / 7))),
        description,
        Value::Bare(format!("{}.{:02}", number % 5000, number % 100)),
        Value::Text(format!(
            r#"{{"tags": ["a", "it's"], "weight": {}, "note": "line\nline"}}"#,
            number % 90
        )),
        Value::Bare(if number.is_multiple_of(3) { "false" } else { "true" }.to_owned()),
        timestamp(number),
    ]
}

fn movement(number: u64) -> Vec<Value> {
    vec![
        Value::Bare(number.to_string()),
        Value::Text(format!("prod-{:08}", number * 31 % 100_000)),
        Value::Bare((number as i64 % 200 - 100).to_string()),
        if number.is_multiple_of(4) {
            Value::Null
        } else {
            Value::Text("delivery".to_owned())
        },
        timestamp(number),
    ]
}

fn push_row(out: &mut String, table: &str, values: &[Value], rows: Rows) {
    let inserts = rows == Rows::Inserts;
    if inserts {
        out.push_str(&format!("INSERT INTO {table} VALUES ("));
    }
    for (index, value) in values.iter().enumerate() {
        if index > 0 {
            out.push_str(if inserts { ", " } else { "\t" });
        }
        match value {
            Value::Bare(bare) if inserts => out.push_str(bare),
            Value::Bare(bare) => out.push_str(if bare == "true" {
                "t"
            } else if bare == "false" {
                "f"
            } else {
                bare
            }),
            Value::Null => out.push_str(if inserts { "NULL" } else { "\\N" }),
            Value::Text(text) if inserts => out.push_str(&format!("'{}'", text.replace('\'', "''"))),
            Value::Text(text) => out.push_str(&text.replace('\\', "\\\\").replace('\n', "\\n").replace('\t', "\\t")),
        }
    }
    out.push_str(if inserts { ");\n" } else { "\n" });
}
