//! What the report tells of rows that are kept beside rows that are left out.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

use dumpsert::{Catalog, ErrorKind, Options, Report, Result, Style, convert};

const SCHEMA: &str = r#"
CREATE TABLE public.businesses (id text NOT NULL PRIMARY KEY, n integer NOT NULL UNIQUE);
CREATE TABLE public.orders (id integer PRIMARY KEY, "businessId" text REFERENCES public.businesses(id), item integer);
CREATE TABLE public.notes (id integer PRIMARY KEY, "businessId" text, about text, "orderId" integer, amount integer);
CREATE TABLE public.parts (id integer PRIMARY KEY, order_id integer NOT NULL REFERENCES public.orders(id));
"#;

const DUMP: &str = "\
COPY public.businesses (id, n) FROM stdin;\nbusiness-one\t1\ndemo\t2\ndemo-bakery\t3\n\\.\n
COPY public.orders (id, \"businessId\", item) FROM stdin;\n10\tbusiness-one\t2\n11\tdemo\t3\n12\tgone\t1\n13\t\\N\t1\n\\.\n
COPY public.notes (id, \"businessId\", about, \"orderId\", amount) FROM stdin;\n\
1\tbusiness-one\tdemo-bakery\t11\t11\n\
2\tdemo\tdemo\t10\t11\n\
3\tdemo-bakery\t\\N\t\\N\t11\n\\.\n
COPY public.parts (id, order_id) FROM stdin;\n1\t10\n2\t11\n3\t99\n\\.\n
";

fn report(dump: &[u8], options: Options) -> Result<Report> {
    let catalog = Catalog::from_schema_sql(SCHEMA).unwrap();
    let plan = options.with_catalog(catalog).unwrap().build()?;
    convert(dump, &mut Vec::new(), &plan)
}

fn demo() -> Options {
    Options::new()
        .with_excluded_rows("public.businesses: id LIKE 'demo%'")
        .unwrap()
}

fn found(report: &Report) -> Vec<String> {
    let show =
        |soft: &dumpsert::SoftReference| format!("{} {} {} {}", soft.table, soft.column, soft.references, soft.rows);
    report.soft_references.iter().map(show).collect()
}

#[test]
fn columns_without_a_foreign_key_are_named() {
    let report = report(DUMP.as_bytes(), demo()).unwrap();
    // `about` holds a key that is long enough to be no chance; its `demo` is not. `amount` and `item` hold numbers that
    // are keys as well, and no name says that they are meant as such.
    let expected = [
        "public.notes about public.businesses 1",
        "public.notes businessId public.businesses 2",
        "public.notes orderId public.orders 1",
    ];
    assert_eq!(found(&report), expected);
    let line = r#"public.notes("businessId") REFERENCES public.businesses(id)"#;
    assert_eq!(report.soft_references[1].foreign_key, line);
    let notes = report
        .tables
        .iter()
        .find(|table| table.table == "public.notes")
        .unwrap();
    assert_eq!(notes.rows_kept, 3);
    assert!(
        report
            .warnings
            .iter()
            .any(|warning| warning.message.contains("`foreign_keys = "))
    );
}

#[test]
fn the_line_that_is_advised_covers_them() {
    let advised = report(DUMP.as_bytes(), demo()).unwrap().soft_references;
    let mut options = demo();
    for soft in advised {
        options = options.with_foreign_key(&soft.foreign_key).unwrap();
    }
    let report = report(DUMP.as_bytes(), options).unwrap();
    assert_eq!(found(&report), Vec::<String>::new());
    let notes = report
        .tables
        .iter()
        .find(|table| table.table == "public.notes")
        .unwrap();
    assert_eq!(notes.rows_kept, 0);
}

fn warnings(report: &Report) -> Vec<&str> {
    report.warnings.iter().map(|warning| warning.message.as_str()).collect()
}

/// Each foreign key for itself: of several columns, to a key that is not the primary one, in rows before those that they
/// reference; and those that cannot be followed are named.
#[test]
fn without_cascade_what_stays_is_counted() {
    const SCHEMA: &str = r#"
    CREATE TABLE public.a (x integer, y text, code text UNIQUE, span interval UNIQUE, PRIMARY KEY (x, y));
    CREATE TABLE public.b (id integer PRIMARY KEY, x integer, y text, code text REFERENCES public.a(code), span interval,
        FOREIGN KEY (y, x) REFERENCES public.a(y, x), CONSTRAINT spans FOREIGN KEY (span) REFERENCES public.a(span));
    "#;
    const DUMP: &str = "\
COPY public.b (id, x, y, code, span) FROM stdin;\n1\t1\tone\t\\N\t1 day\n2\t1\t\\N\tone\t\\N\n3\t1\tone\tone\t\\N\n4\t2\ttwo\ttwo\t2 days\n\\.\n
COPY public.a (x, y, code, span) FROM stdin;\n1\tone\tone\t1 day\n2\ttwo\ttwo\t2 days\n\\.\n
COPY public.b (id, x, y, code, span) FROM stdin;\n5\t1\tone\t\\N\t\\N\n\\.\n
";
    // The order of its rows does not matter.
    let options = Options::new()
        .with_style(Style::Staged)
        .with_excluded_rows("public.a: x = 1")
        .unwrap()
        .without_cascade();
    let plan = options.with_catalog(Catalog::from_schema_sql(SCHEMA).unwrap()).unwrap();
    let plan = plan.build().unwrap();
    let both = convert(DUMP.as_bytes(), &mut Vec::new(), &plan).unwrap();
    assert_eq!(both.rows_kept(), 6);
    let off = "are left out, by the foreign key";
    let kept = "they are kept, since cascade is off";
    let expected = [
        format!("2 rows of public.b reference rows of public.a that {off} b_code_fkey; {kept}"),
        format!("3 rows of public.b reference rows of public.a that {off} b_y_x_fkey; {kept}"),
        "rows that reference what is left out are kept, since cascade is off, and were not counted for the foreign keys of \
         spans of table public.b"
            .to_owned(),
    ];
    assert_eq!(warnings(&both), expected);
    // A single reading knows less, and says so.
    let mut rewriter = dumpsert::Rewriter::new(&plan);
    let mut script = Vec::new();
    rewriter.write(DUMP.as_bytes(), &mut script).unwrap();
    let once = rewriter.finish(&mut script).unwrap();
    let expected = format!("at least 1 row of public.b references rows of public.a that {off} b_y_x_fkey; {kept}");
    assert!(warnings(&once).contains(&expected.as_str()), "{:?}", once.warnings);
}

#[test]
fn without_cascade_and_catalog_nobody_can_count() {
    let plan = |options: Options| options.with_exclude_demo().without_cascade().build().unwrap();
    let staged = || Options::new().with_style(Style::Staged);
    let report = convert(DUMP.as_bytes(), &mut Vec::new(), &plan(staged())).unwrap();
    let expected = "rows that reference what is left out are kept, since cascade is off, and were not counted for the foreign \
                    keys of the source";
    assert_eq!(warnings(&report), [expected]);
    let harmless = "COPY public.businesses (id, n) FROM stdin;\nbusiness-one\t1\n\\.\n";
    let report = convert(harmless.as_bytes(), &mut Vec::new(), &plan(staged())).unwrap();
    assert_eq!(warnings(&report), Vec::<&str>::new());
}

#[test]
fn of_very_many_rows_it_is_said_that_nothing_is_looked_for() {
    let mut dump = String::from("COPY public.businesses (id, n) FROM stdin;\n");
    for number in 0..125_001 {
        dump.push_str(&format!("b{number}\t{number}\n"));
    }
    dump.push_str("\\.\nCOPY public.orders (id, \"businessId\", item) FROM stdin;\n1\tnobody\t\\N\n\\.\n");
    // Two of its keys can be referenced, as far as the rule goes.
    let schema = format!("{SCHEMA}\nALTER TABLE public.parts ADD FOREIGN KEY (id) REFERENCES public.businesses(n);");
    let options = demo().with_catalog(Catalog::from_schema_sql(&schema).unwrap()).unwrap();
    let report = convert(dump.as_bytes(), &mut Vec::new(), &options.build().unwrap()).unwrap();
    let expected = "foreign keys that point to no row of the dump were not looked for: it has more than 250000 rows that can be \
                    referenced";
    assert_eq!(warnings(&report), [expected]);
}

#[test]
fn foreign_keys_that_point_to_no_row_are_counted_and_kept() {
    let report = report(DUMP.as_bytes(), demo()).unwrap();
    let dangling: Vec<&str> = report
        .warnings
        .iter()
        .map(|warning| warning.message.as_str())
        .filter(|message| message.contains("point to no row"))
        .collect();
    assert_eq!(dangling.len(), 2, "{dangling:?}");
    assert!(
        dangling[0].starts_with("1 value of the foreign key") || dangling[1].starts_with("1 value of the foreign key")
    );
    let kept = |name: &str| {
        report
            .tables
            .iter()
            .find(|table| table.table == name)
            .unwrap()
            .rows_kept
    };
    assert_eq!((kept("public.orders"), kept("public.parts")), (3, 2));
}

#[test]
fn nothing_is_said_where_nothing_is_left_out() {
    let options = Options::new()
        .with_excluded_rows("public.businesses: id = 'nobody'")
        .unwrap();
    assert_eq!(found(&report(DUMP.as_bytes(), options).unwrap()), Vec::<String>::new());
}

/// A condition is UTF-8; of other encodings only ASCII means the same.
#[test]
fn values_in_another_encoding_are_not_guessed() {
    let dump = |encoding: &str, value: &[u8]| {
        let mut dump =
            format!("SET client_encoding = '{encoding}';\nCOPY public.businesses (id, n) FROM stdin;\n").into_bytes();
        dump.extend_from_slice(value);
        dump.extend_from_slice(b"\t1\n\\.\n");
        dump
    };
    assert!(report(&dump("LATIN1", b"demo"), demo()).is_ok());
    assert!(report(&dump("UTF8", "caf\u{e9}".as_bytes()), demo()).is_ok());
    let error = report(&dump("LATIN1", b"caf\xe9"), demo()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Condition);
    assert_eq!(error.position().unwrap().line, 3);
}
