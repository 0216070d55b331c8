//! What goes in beside a dump: schema SQL, catalog JSON, options. Whatever they are, the script holds upserts and moves of
//! sequences and nothing else.

use dumpsert::{Catalog, Limit, Options, Plan, Prescan};

use crate::allowed;
use crate::choices;
use crate::source::Source;

/// What separates the parts of an input; no text holds it.
const SEPARATOR: u8 = 0xff;

/// Two bytes choose options as for the other properties; then come a dump, schema SQL, catalog JSON and options as JSON, a
/// byte 255 between each two. A part that is missing or cannot be read is not there.
pub fn beside(input: &[u8]) {
    let mut source = Source(input);
    let chosen = choices::options(&mut source);
    let mut parts = source.0.split(|&byte| byte == SEPARATOR);
    let dump = parts.next().unwrap_or_default();
    let mut texts = || parts.next().filter(|part| !part.is_empty());
    let (schema, json, options) = (texts(), texts(), texts());
    let mut options = options
        .and_then(|text| std::str::from_utf8(text).ok())
        .and_then(|text| Options::from_json(text).ok())
        .unwrap_or(chosen);
    // The limits of a server that takes what strangers send.
    for (limit, value) in [
        (Limit::HeadBytes, 1 << 16),
        (Limit::HeadsBytes, 4 << 20),
        (Limit::StatementBytes, 1 << 16),
        (Limit::CatalogBytes, 16 << 20),
        (Limit::RowBytes, 1 << 20),
        (Limit::GapBytes, 1 << 16),
        (Limit::Sequences, 10_000),
        (Limit::DumpBytes, 1 << 20),
        (Limit::ExcludedKeys, 10_000),
    ] {
        options = options.with_limit(limit, value).unwrap();
    }
    let catalogs = [
        schema.and_then(|schema| Catalog::from_schema_sql(schema).ok()),
        json.and_then(|json| Catalog::from_json(json).ok()),
    ];
    for catalog in catalogs.into_iter().flatten() {
        options = match options.clone().with_catalog(catalog) {
            Ok(options) => options,
            Err(_) => options,
        };
    }
    let Some(plan) = options.build().ok().and_then(|plan| read_ahead(plan, dump)) else {
        return;
    };
    // With some options not even a dump of nothing is one: a database that has to be there, a pattern that must match.
    if allowed::run(&plan, b"\n").1 {
        allowed::check(&plan, dump, false);
    } else {
        allowed::run(&plan, dump);
    }
}

/// The plan with what the dump itself tells; none where that is an error.
fn read_ahead(mut plan: Plan, dump: &[u8]) -> Option<Plan> {
    while plan.needs_prescan() {
        let mut prescan = Prescan::new(&plan).unwrap();
        prescan.write(dump).ok()?;
        plan = prescan.finish().ok()?;
    }
    Some(plan)
}
