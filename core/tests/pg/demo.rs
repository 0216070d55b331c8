//! The demo's data without its demo businesses: in every shape and style what PostgreSQL itself has after it has deleted
//! them in a copy of the source.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use dumpsert::{Catalog, ErrorKind, Options, Report, Style, convert, convert_file};
use dumpsert_testkit::{Cluster, Db, Snapshot};

use crate::promises::LEFT_OUT;
use crate::sources::Source;
use crate::support::{DROP_FOREIGN_KEYS, Random, piped_script, reads_as_well_in_pieces, shuffled};

/// A part of the rows, so that many ways can be tried; every business and every kind of reference is in it.
const SMALLER: &str = r#"
DELETE FROM payments WHERE "orderId" % 12 <> 0;
DELETE FROM orders WHERE id % 12 <> 0;
DELETE FROM products AS p WHERE right(sku, 1) <> '7'
   AND NOT EXISTS (SELECT FROM product_variants AS v JOIN order_items AS i ON i."variantId" = v.id WHERE v."productId" = p.id);
DELETE FROM audit_logs WHERE id % 8 <> 0;"#;

const STYLES: [Style; 3] = [Style::Rows, Style::Batches, Style::Staged];
const LOOK_ALIKES: [&str; 3] = ["demolition-co", "my-demos-shop", "democracy"];

/// A source, what it holds without the excluded rows, and what is needed to get there.
struct Sample {
    source: Db,
    expected: Snapshot,
    schema: Vec<u8>,
    catalog: Catalog,
    empty: Db,
    /// Empty as well, and rows may come in any order.
    loose: Db,
}

fn demo_file(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "../examples/demo", name].iter().collect()
}

impl Sample {
    /// A sample whose source is changed by `before`; `delete` is the deletion that the exclusion stands for.
    fn new(before: &str, delete: impl FnOnce(&Db)) -> Self {
        let cluster = Cluster::shared();
        let source = cluster.copy_of(&Source::get("demo").db);
        source.execute(before);
        let copy = cluster.copy_of(&source);
        delete(&copy);
        let schema = source.pg_dump(&["--schema-only"]);
        let empty = cluster.create_unique("demo_empty");
        empty.psql(&schema).expect_success();
        let loose = cluster.copy_of(&empty);
        loose.execute(DROP_FOREIGN_KEYS);
        Self {
            expected: copy.snapshot().without(LEFT_OUT),
            catalog: Catalog::from_schema_sql(&schema).unwrap(),
            source,
            schema,
            empty,
            loose,
        }
    }

    /// The one that most tests share.
    fn shared() -> &'static Self {
        static SHARED: OnceLock<Sample> = OnceLock::new();
        SHARED.get_or_init(|| Self::new(SMALLER, |copy| copy.execute_file(&demo_file("without-demo.sql"), &[])))
    }

    fn options(&self, style: Style) -> Options {
        let options = Options::new().with_style(style);
        options.with_catalog(self.catalog.clone()).unwrap()
    }

    /// Restores into an empty database and compares every row.
    #[track_caller]
    fn restores(&self, script: &[u8], any_order: bool, context: &str) {
        let target = Cluster::shared().copy_of(if any_order { &self.loose } else { &self.empty });
        target.psql(script).expect_success();
        let found = target.snapshot().without(LEFT_OUT);
        assert_eq!(self.expected.diff_rows(&found), Vec::<String>::new(), "{context}");
        target.drop();
    }
}

/// What a report says was left out, as sums: by rule, by cascade, references changed.
fn sums(report: &Report) -> (u64, u64, u64) {
    let (mut rule, mut cascade, mut changed) = (0, 0, 0);
    for table in report.tables.iter().filter(|table| table.table != LEFT_OUT) {
        assert_eq!(table.rows_read, table.rows_kept + table.left_out.values().sum::<u64>());
        changed += table.references_changed;
        for (reason, rows) in &table.left_out {
            match reason.as_str() {
                "demo" => rule += rows,
                reason if reason.starts_with("cascade: ") => cascade += rows,
                other => panic!("{other}"),
            }
        }
    }
    (rule, cascade, changed)
}

/// What `pg_restore` makes of an archive.
fn restored_archive(source: &Db) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let archive = folder.path().join("archive");
    std::fs::write(&archive, source.pg_dump(&["-Fc"])).unwrap();
    let output = source.command("pg_restore").args(["-f", "-"]).arg(&archive).output();
    output.unwrap().stdout
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut child = Command::new("gzip")
        .arg("-c")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("gzip");
    let mut stdin = child.stdin.take().unwrap();
    std::thread::scope(|scope| {
        scope.spawn(move || stdin.write_all(bytes).unwrap());
        child.wait_with_output().unwrap().stdout
    })
}

#[test]
fn every_shape_and_style() {
    let sample = Sample::shared();
    let names: Vec<_> = sample.expected.rows("public.businesses");
    let names: Vec<&str> = names.iter().filter_map(|row| row["id"].as_deref()).collect();
    assert_eq!(names.len(), 5, "{names:?}");
    assert!(LOOK_ALIKES.iter().all(|name| names.contains(name)), "{names:?}");

    let dump = |args: &[&str]| sample.source.pg_dump(args);
    let full = dump(&[]);
    let shapes = [
        ("COPY", dump(&["-a"]), false),
        ("column inserts", dump(&["-a", "--column-inserts"]), false),
        (
            "many rows",
            dump(&["-a", "--column-inserts", "--rows-per-insert=50"]),
            false,
        ),
        ("inserts", dump(&["-a", "--inserts"]), false),
        ("full", full.clone(), true),
        ("full, column inserts", dump(&["--column-inserts"]), true),
        ("pg_restore", restored_archive(&sample.source), true),
        ("gzip", gzip(&full), true),
    ];
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("dump");
    let mut counts = None;
    for (name, dump, is_full) in &shapes {
        std::fs::write(&file, dump).unwrap();
        for style in STYLES {
            let context = format!("{name}, {style:?}");
            // A full dump needs no schema.
            let options = if *is_full {
                Options::new().with_style(style)
            } else {
                sample.options(style)
            };
            let plan = options.with_exclude_demo().build().unwrap();
            let (mut script, mut from_file) = (Vec::new(), Vec::new());
            let report = convert(&dump[..], &mut script, &plan).unwrap();
            // Whatever the shape, the same rows go for the same reasons.
            let sums = sums(&report);
            assert_eq!(*counts.get_or_insert(sums), sums, "{context}");
            convert_file(&file, &mut from_file, &plan).unwrap();
            assert!(script == from_file, "{context}: another script from a file");
            if *name != "gzip" {
                reads_as_well_in_pieces(dump, &plan, &script, &context);
            }
            // The tables of a full dump come by name.
            sample.restores(&script, *is_full && style != Style::Staged, &context);
        }
    }
    let (rule, cascade, changed) = counts.unwrap();
    assert!(rule > 1000 && cascade > 1000 && changed == 0, "{counts:?}");
}

/// The whole data, and through the program.
#[test]
fn the_whole_from_a_pipe() {
    let source = Source::get("demo");
    let copy = source.full();
    copy.execute_file(&demo_file("without-demo.sql"), &[]);
    let expected = copy.snapshot().without(LEFT_OUT);
    let dump = source.db.pg_dump(&[]);
    let target = source.empty();
    let script = piped_script(&dump, &["--style=staged", "--exclude-demo", "-q"]);
    target.psql(&script).expect_success();
    assert_eq!(
        expected.diff_rows(&target.snapshot().without(LEFT_OUT)),
        Vec::<String>::new()
    );
}

/// Tables and rows of a dump with COPY, the last first.
fn backwards(dump: &[u8]) -> Vec<u8> {
    let text = std::str::from_utf8(dump).unwrap();
    let mut blocks = Vec::new();
    let mut rest = text;
    let start = rest.find("\nCOPY public.").unwrap();
    while let Some(at) = rest.find("\nCOPY public.") {
        let block = &rest[at..];
        let head = block[1..].find('\n').unwrap() + 2;
        let end = block.find("\n\\.\n").unwrap();
        let rows = block.get(head..=end).unwrap_or_default();
        let rows: String = rows.split_inclusive('\n').rev().collect();
        blocks.push(format!("{}{rows}\\.\n", &block[..head]));
        rest = &block[end + 3..];
    }
    blocks.reverse();
    format!("{}{}{rest}", &text[..start], blocks.concat()).into_bytes()
}

#[test]
fn hostile_orders() {
    let sample = Sample::shared();
    let mut random = Random(4);
    let rows = sample.source.pg_dump(&["-a", "--column-inserts"]);
    let copy = sample.source.pg_dump(&["-a"]);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("dump.sql");
    for (name, dump) in [
        ("shuffled", shuffled(&rows, &mut random)),
        ("shuffled otherwise", shuffled(&rows, &mut random)),
        ("backwards", backwards(&copy)),
    ] {
        assert!(dump != rows && dump != copy);
        for style in [Style::Rows, Style::Staged] {
            let context = format!("{name}, {style:?}");
            let plan = sample.options(style).with_exclude_demo().build().unwrap();
            let mut script = Vec::new();
            convert(&dump[..], &mut script, &plan).unwrap();
            std::fs::write(&file, &dump).unwrap();
            let mut from_file = Vec::new();
            convert_file(&file, &mut from_file, &plan).unwrap();
            assert!(script == from_file, "{context}: another script from a file");
            reads_as_well_in_pieces(&dump, &plan, &script, &context);
            sample.restores(&script, style != Style::Staged, &context);
            // One reading cannot do it, and says so instead of leaving rows that reference nothing.
            let mut rewriter = dumpsert::Rewriter::new(&plan);
            let error = rewriter.write(&dump, &mut Vec::new()).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::UnsupportedShape, "{context}: {error}");
        }
    }
}

/// Businesses marked by a column go, although their ids do not tell; what holds their id without a foreign key stays.
#[test]
fn a_flag_marks_demo_businesses() {
    let before = format!("{SMALLER} UPDATE businesses SET \"isDemo\" = id = 'democracy' OR id = 'demo';");
    let sample = Sample::new(&before, |copy| {
        copy.execute_file(&demo_file("without-demo.sql"), &[]);
        // The keys yield from now on.
        copy.execute("DELETE FROM businesses WHERE \"isDemo\"");
    });
    let logs = sample.expected.rows("public.audit_logs");
    assert!(logs.iter().any(|row| row["businessId"].as_deref() == Some("democracy")));
    let dump = sample.source.pg_dump(&["-a"]);
    for style in [Style::Rows, Style::Staged] {
        let plan = sample
            .options(style)
            .with_demo_flag("\"isDemo\"")
            .unwrap()
            .build()
            .unwrap();
        let mut script = Vec::new();
        convert(&dump[..], &mut script, &plan).unwrap();
        sample.restores(&script, false, "a flag");
    }
    let error = sample
        .options(Style::Staged)
        .with_demo_flag("\"isDem\"")
        .unwrap()
        .build()
        .unwrap_err();
    assert!(error.hint().unwrap().contains("isDemo"), "{error}");
}

/// Ids elsewhere than by default, and nowhere else.
#[test]
fn other_columns_hold_the_ids() {
    let sample = Sample::new(SMALLER, |copy| {
        copy.execute_file(&demo_file("yielding.sql"), &[]);
        copy.execute("DELETE FROM businesses WHERE slug ~ '(^demo(-|$))|-demo$|-demo-business'");
    });
    let logs = sample.expected.rows("public.audit_logs");
    assert!(
        logs.iter()
            .any(|row| row["businessId"].as_deref() == Some("demo-pizzeria"))
    );
    let dump = sample.source.pg_dump(&["-a", "--column-inserts"]);
    for style in [Style::Rows, Style::Staged] {
        let options = sample.options(style).with_demo_column("businesses.slug").unwrap();
        let mut script = Vec::new();
        convert(&dump[..], &mut script, &options.build().unwrap()).unwrap();
        sample.restores(&script, false, "another column");
    }
}

/// Foreign keys that the source does not have are given by hand, as for Prisma's `relationMode = "prisma"`.
#[test]
fn foreign_keys_given_by_hand() {
    let with_keys = Sample::shared();
    let keys = with_keys.source.query(
        "SELECT conrelid::regclass || regexp_replace(regexp_replace(pg_get_constraintdef(oid), '^FOREIGN KEY | ON UPDATE CASCADE', '', 'g'),
                'RESTRICT$', 'CASCADE') FROM pg_constraint WHERE contype = 'f'",
    );
    assert_eq!(keys.len(), 20);
    let source = Cluster::shared().copy_of(&with_keys.source);
    source.execute(DROP_FOREIGN_KEYS);
    let catalog = Catalog::from_schema_sql(source.pg_dump(&["--schema-only"])).unwrap();
    for (args, style) in [
        (&["-a"][..], Style::Staged),
        (&["-a", "--column-inserts"], Style::Rows),
        (&[], Style::Staged),
    ] {
        let dump = source.pg_dump(args);
        let mut options = Options::new().with_style(style).with_exclude_demo();
        if !args.is_empty() {
            options = options.with_catalog(catalog.clone()).unwrap();
        }
        let without = options.clone().build().unwrap();
        for key in keys.iter().flatten().flatten() {
            options = options.with_foreign_key(key).unwrap();
        }
        let mut script = Vec::new();
        let report = convert(&dump[..], &mut script, &options.build().unwrap()).unwrap();
        // Without foreign keys pg_dump orders tables by name.
        let any_order = style != Style::Staged;
        with_keys.restores(&script, any_order, &format!("{args:?}"));
        // The keys are what makes the difference.
        let alone = convert(&dump[..], &mut Vec::new(), &without).unwrap();
        assert!(sums(&report).1 > 1000 && sums(&alone).1 == 0);
    }
}

/// Without the source's foreign keys nobody can tell what hangs off a demo business.
#[test]
fn without_a_catalog_it_is_refused() {
    let sample = Sample::shared();
    let dump = sample.source.pg_dump(&["-a"]);
    let target = Cluster::shared().copy_of(&sample.empty);
    let before = target.snapshot();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("dump.sql"), &dump).unwrap();
    let program = |args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dumpsert"));
        command.arg("convert").args(args).current_dir(folder.path());
        command.output().unwrap()
    };
    for style in ["rows", "batches", "staged"] {
        let output = program(&["--style", style, "--exclude-demo", "dump.sql"]);
        let message = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{style}: {message}");
        assert!(
            message.contains("--schema") && message.contains("--no-cascade"),
            "{message}"
        );
        // What psql gets, in a pipe, makes it fail.
        assert!(!output.stdout.is_empty());
        assert_eq!(target.psql(&output.stdout).status, 3);
        let output = program(&["--style", style, "--exclude-demo", "dump.sql", "-o", "out.sql"]);
        assert_eq!(output.status.code(), Some(2));
        assert!(!folder.path().join("out.sql").exists());
    }
    assert_eq!(before.diff(&target.snapshot()), Vec::<String>::new());
    target.drop();
    // Rows that reference a demo business otherwise than by its id are kept then, and nothing else.
    let copy = Cluster::shared().copy_of(&sample.source);
    copy.execute(DROP_FOREIGN_KEYS);
    copy.execute_file(&demo_file("without-demo.sql"), &[]);
    let expected = copy.snapshot().without(LEFT_OUT);
    let output = program(&["--style=staged", "--exclude-demo", "--no-cascade", "dump.sql"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let target = Cluster::shared().copy_of(&sample.loose);
    target.psql(&output.stdout).expect_success();
    assert_eq!(
        expected.diff_rows(&target.snapshot().without(LEFT_OUT)),
        Vec::<String>::new()
    );
    assert!(!sample.schema.is_empty());
}
