//! A full dump of many businesses, some of them demos, for runs that leave rows out.

use super::{HEADER, Rows, SCHEMA, TRAILER, Value, movement, product, push_row};

/// The businesses, demos among them.
const BUSINESSES: u64 = 1000;

const BUSINESSES_TABLE: &str = "CREATE TABLE public.businesses (\n    id text NOT NULL,\n    name text NOT NULL\n);\n";

/// What `pg_dump` prints behind the data: too late for one reading.
const FOREIGN_KEYS: &str = r#"ALTER TABLE ONLY public.businesses
    ADD CONSTRAINT businesses_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.products
    ADD CONSTRAINT "products_businessId_fkey" FOREIGN KEY ("businessId") REFERENCES public.businesses(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.stock_movements
    ADD CONSTRAINT "stock_movements_productId_fkey" FOREIGN KEY ("productId") REFERENCES public.products(id) ON DELETE CASCADE;

"#;

/// Writes a full dump of at least `bytes` bytes piece by piece. Of a hundred businesses `demos` are demos; their products
/// and the stock movements of these go with them.
pub fn write_tenants(bytes: u64, demos: u64, rows: Rows, write: &mut impl FnMut(&[u8])) {
    let (tables, keys) = SCHEMA.split_at(SCHEMA.find("ALTER TABLE").unwrap_or(SCHEMA.len()));
    let mut text = format!("{HEADER}{BUSINESSES_TABLE}{tables}\n");
    let mut written = 0;
    let mut numbers = [0; 3];
    let businesses = |number: u64, _| vec![business(demos, number), Value::Text(format!("Business {number}"))];
    let products = |number: u64, _| {
        let mut values = product(number);
        if let Some(id) = values.get_mut(1) {
            *id = business(demos, number % BUSINESSES);
        }
        values
    };
    let movements = |number: u64, products: u64| {
        let mut values = movement(number);
        if let Some(id) = values.get_mut(1) {
            *id = Value::Text(format!("prod-{:08}", number * 31 % products + 1));
        }
        values
    };
    type Make<'a> = &'a dyn Fn(u64, u64) -> Vec<Value>;
    let parts: [(&str, Make<'_>, u64); 3] = [
        ("public.businesses (id, name)", &businesses, 0),
        (
            r#"public.products (id, "businessId", name, description, price, attributes, "isActive", "updatedAt")"#,
            &products,
            bytes / 2,
        ),
        (
            r#"public.stock_movements (id, "productId", quantity, reason, "createdAt")"#,
            &movements,
            bytes,
        ),
    ];
    for (at, (table, make, end)) in parts.into_iter().enumerate() {
        if rows == Rows::Copy {
            text.push_str(&format!("COPY {table} FROM stdin;\n"));
        }
        let mut number = 0;
        while (at == 0 && number < BUSINESSES) || written + (text.len() as u64) < end {
            number += 1;
            let referenced = at.checked_sub(1).and_then(|at| numbers.get(at)).copied().unwrap_or(1);
            push_row(&mut text, table, &make(number, referenced), rows);
            if text.len() > 1 << 16 {
                written += text.len() as u64;
                write(text.as_bytes());
                text.clear();
            }
        }
        if let Some(last) = numbers.get_mut(at) {
            *last = number;
        }
        text.push_str(if rows == Rows::Copy { "\\.\n\n\n" } else { "\n\n" });
    }
    text.push_str(keys);
    text.push_str(FOREIGN_KEYS);
    text.push_str(TRAILER);
    write(text.as_bytes());
}

/// Such a dump in memory.
pub fn tenants(bytes: u64, demos: u64, rows: Rows) -> Vec<u8> {
    let mut dump = Vec::new();
    write_tenants(bytes, demos, rows, &mut |part| dump.extend_from_slice(part));
    dump
}

fn business(demos: u64, number: u64) -> Value {
    let is_demo = number % 100 < demos;
    Value::Text(format!("{}-{number}", if is_demo { "demo" } else { "business" }))
}
