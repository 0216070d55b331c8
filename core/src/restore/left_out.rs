//! Tables of the source that need not be dumped, because none of their rows would be taken.

use super::database::Side;
use super::programs::Program;
use crate::catalog::lineage;
use crate::catalog::{CATALOG_QUERY, Catalog, TableName};
use crate::error::{Error, Result};
use crate::os;
use crate::plan::Plan;
use crate::rewrite::records::{is_record, is_schema_of_records};

/// Most bytes of the names of tables, which are arguments of a program.
const NAMES_BYTES_MAX: usize = 512 * 1024;

/// Asks a database for its catalog.
pub(super) fn catalog(side: &Side<'_>) -> Result<Catalog> {
    let sql = format!("BEGIN READ ONLY;\nSET LOCAL client_encoding = 'UTF8';\n{CATALOG_QUERY};\nROLLBACK;\n");
    let answer = side.ask(&sql)?;
    Catalog::from_json(answer.trim()).map_err(|error: Error| {
        let message = format!("{}: {}", side.what, error.message());
        error.with_message(message)
    })
}

/// The tables that are not dumped. None where the plan wants to be told of each that is not selected; and a table that may
/// decide what becomes of rows of others is always dumped.
pub(super) fn tables(plan: &Plan, source: &Catalog) -> Vec<TableName> {
    let mut left_out = Vec::new();
    for table in source.tables() {
        let name = table.table_name();
        let parent = |name: &TableName| source.table(&name.schema, &name.name)?.partition_of.clone();
        let names = lineage(&name, parent);
        match is_left_out(plan, &name, &names) {
            // One that cannot be named to pg_dump is dumped, and its rows are left out here.
            Ok(true) if os::ARGUMENTS_ARE_BYTES || pattern(&name).is_ascii() => left_out.push(name),
            Ok(_) => {}
            Err(_) => return Vec::new(),
        }
    }
    // A table is dumped with those that inherit from it, where they are dumped: names stand for themselves.
    match left_out.iter().map(|name| pattern(name).len() + 3).sum::<usize>() {
        0..=NAMES_BYTES_MAX => left_out,
        _ => Vec::new(),
    }
}

fn is_left_out(plan: &Plan, name: &TableName, names: &[TableName]) -> Result<bool> {
    let filter = plan.filter();
    if filter.is_some_and(|filter| names.iter().any(|name| filter.tables.contains_key(name))) {
        return Ok(false);
    }
    if !plan.selects(&name.schema, name)? {
        return Ok(true);
    }
    let selection = plan.selection();
    // A partition is excluded with any of its roots, and taken with any: the target decides by what it knows itself.
    let is_wanted = match selection.reason(names, names) {
        Some(crate::options::selection::NOT_WANTED) => {
            plan.leave_unselected(name, "only_tables")?;
            false
        }
        Some(_) => false,
        None => true,
    };
    let is_wanted_record = selection.wants_exactly(name)
        || is_schema_of_records(&name.schema) && plan.selects_schema_by_name(&name.schema);
    Ok(!is_wanted || is_record(name) && !is_wanted_record)
}

/// A name that pg_dump takes for itself, and for no pattern.
fn pattern(name: &TableName) -> String {
    let quoted = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
    format!("{}.{}", quoted(&name.schema), quoted(&name.name))
}

/// pg_dump, told to write the rows of a database and nothing else.
pub(super) fn pg_dump(side: &Side<'_>, program: &Program, left_out: &[TableName]) -> std::process::Command {
    let mut command = side.command(&program.path);
    command.args(["--data-only", "--no-owner", "--no-privileges"]);
    command.stdin(std::process::Stdio::null());
    for name in left_out {
        // It is not even locked, so that no privilege on it is needed.
        command.arg("-T").arg(pattern(name));
    }
    command
}
