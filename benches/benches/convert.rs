//! Throughput by layer: how fast memory is, how fast bytes are looked at, and what each stage of the engine adds.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, reason = "a benchmark")]

use std::hint::black_box;

use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main, measurement::WallTime};
use dumpsert::{Catalog, NoKey, Options, Plan, Report, Rewriter, Style};
use dumpsert_benches::{Rows, SCHEMA, ddl, dump};
use sqlparser::ast::{OnConflict, OnConflictAction, OnInsert, Statement};
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::parser::Parser;

const BYTES: u64 = 64 << 20;
/// sqlparser is two orders of magnitude slower; the rate does not depend on the length.
const REFERENCE_BYTES: u64 = 1 << 20;
const CHUNK: usize = 256 << 10;

/// What a caller does: feed a chunk, take the output away, feed the next.
fn convert(dump: &[u8], plan: &Plan, out: &mut Vec<u8>) -> Report {
    let mut rewriter = Rewriter::new(plan);
    for chunk in dump.chunks(CHUNK) {
        out.clear();
        rewriter.write(chunk, out).unwrap();
        black_box(&*out);
    }
    out.clear();
    rewriter.finish(out).unwrap()
}

fn options() -> Options {
    Options::new()
        .with_style(Style::Rows)
        .with_catalog(Catalog::from_schema_sql(SCHEMA).unwrap())
        .unwrap()
}

fn layer(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, dump: &[u8], mut run: impl FnMut(&[u8])) {
    group.throughput(Throughput::Bytes(dump.len() as u64));
    group.bench_function(name, |bencher| bencher.iter(|| run(dump)));
}

/// Every row of `dump` must be in the script before its time counts.
fn check(dump: &[u8], plan: &Plan, is_row: impl Fn(&[u8]) -> bool) {
    let mut out = Vec::new();
    let mut rewriter = Rewriter::new(plan);
    rewriter.write(dump, &mut out).unwrap();
    let report = rewriter.finish(&mut out).unwrap();
    assert_eq!(report.tables.len(), 2);
    assert_eq!(report.rows_read(), report.rows_kept());
    let rows = out.split(|&byte| byte == b'\n').filter(|line| is_row(line)).count() as u64;
    assert_eq!(rows, report.rows_kept());
    assert!(rows > dump.len() as u64 / 1000, "{rows}");
}

/// Whole statements as AST, the conflict clause too: what the engine would be without its scanner.
fn reference(sql: &str) -> usize {
    let mut length = 0;
    for mut statement in Parser::parse_sql(&PostgreSqlDialect {}, sql).unwrap() {
        if let Statement::Insert(insert) = &mut statement {
            let action = OnConflictAction::DoNothing;
            insert.on = Some(OnInsert::OnConflict(OnConflict {
                conflict_target: None,
                action,
            }));
        }
        length += statement.to_string().len();
    }
    length
}

fn layers(criterion: &mut Criterion) {
    let (inserts, copy) = (dump(BYTES, Rows::Inserts), dump(BYTES, Rows::Copy));
    let ddl = ddl(8 << 20);
    let rows = options().build().unwrap();
    let staged = Options::new().with_style(Style::Staged).build().unwrap();
    let skip = "CREATE TABLE public.products (id text, \"businessId\" text, name text, description text, price numeric, \
                attributes jsonb, \"isActive\" boolean, \"updatedAt\" timestamp); CREATE TABLE public.stock_movements (id \
                integer, \"productId\" text, quantity integer, reason text, \"createdAt\" timestamp);";
    let skip = Catalog::from_schema_sql(skip).unwrap();
    let skip = Options::new()
        .with_style(Style::Rows)
        .with_no_key(NoKey::Skip)
        .with_catalog(skip)
        .unwrap()
        .build()
        .unwrap();
    check(&inserts, &rows, |line| line.starts_with(b"INSERT INTO \"public\"."));
    check(&inserts, &staged, |line| {
        line.starts_with(b"prod-") || line.first().is_some_and(u8::is_ascii_digit)
    });
    check(&copy, &staged, |line| {
        line.starts_with(b"prod-") || line.first().is_some_and(u8::is_ascii_digit)
    });
    let mut out = Vec::with_capacity(4 << 20);
    assert_eq!(convert(&inserts, &skip, &mut out).rows_kept(), 0);
    assert!(convert(&ddl, &rows, &mut out).skipped.values().sum::<u64>() > 10_000);

    let mut group = criterion.benchmark_group("layers");
    group.sample_size(10);
    layer(&mut group, "memcpy", &inserts, |dump| {
        for chunk in dump.chunks(CHUNK) {
            out.clear();
            out.extend_from_slice(chunk);
            black_box(&out);
        }
    });
    layer(&mut group, "count line feeds", &inserts, |dump| {
        black_box(memchr::memchr_iter(b'\n', dump).count());
    });
    layer(&mut group, "split and recognise schema statements", &ddl, |dump| {
        convert(dump, &rows, &mut out);
    });
    layer(&mut group, "recognise and scan rows", &inserts, |dump| {
        convert(dump, &skip, &mut out);
    });
    layer(&mut group, "rows", &inserts, |dump| {
        convert(dump, &rows, &mut out);
    });
    layer(&mut group, "staged from inserts", &inserts, |dump| {
        convert(dump, &staged, &mut out);
    });
    layer(&mut group, "staged from copy", &copy, |dump| {
        convert(dump, &staged, &mut out);
    });
    let small = dump(REFERENCE_BYTES, Rows::Inserts);
    let small = String::from_utf8(small).unwrap();
    layer(&mut group, "sqlparser reference", small.as_bytes(), |_| {
        black_box(reference(&small));
    });
    group.finish();
}

criterion_group!(benches, layers);
criterion_main!(benches);
