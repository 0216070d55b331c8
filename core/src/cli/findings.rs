//! What a check has found, and rows that differ, for the person at the terminal.

use std::io::{self, Write};

use dumpsert::restore::{Change, Deletions, Differences, Finding, Severity};

use super::{shown, summary};
use crate::text::printable;

/// Prints each finding with what can be done, the worst first.
pub(super) fn findings(to: &mut impl Write, findings: &[Finding]) -> io::Result<()> {
    let mut sorted: Vec<&Finding> = findings.iter().collect();
    sorted.sort_by_key(|finding| finding.severity);
    for finding in sorted {
        let severity = match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            _ => "info",
        };
        let table = finding
            .table
            .as_ref()
            .map_or_else(String::new, |table| format!("{table}: "));
        let rows = finding
            .rows
            .map_or_else(String::new, |rows| format!("{}: ", summary::counted(rows, "row")));
        writeln!(
            to,
            "{severity}: {}",
            printable(&format!("{table}{rows}{}", finding.message))
        )?;
        for example in finding.examples.iter().flatten() {
            writeln!(to, "    {}", printable(example))?;
        }
        if let Some(hint) = &finding.hint {
            writeln!(to, "    {}", shown(hint))?;
        }
    }
    Ok(())
}

fn value(value: &Option<String>) -> String {
    value
        .as_ref()
        .map_or_else(|| "NULL".to_owned(), |value| format!("'{}'", printable(value)))
}

fn pairs(columns: &[(String, Option<String>)]) -> String {
    let pairs = columns
        .iter()
        .map(|(name, own)| format!("{} = {}", printable(name), value(own)));
    pairs.collect::<Vec<_>>().join(", ")
}

/// Tells how many rows are not shown.
fn more(to: &mut impl Write, rows: u64, shown: usize) -> io::Result<()> {
    match rows.saturating_sub(shown as u64) {
        0 => Ok(()),
        rest => writeln!(to, "  and {rest} more"),
    }
}

/// Prints the rows that differ, one column a line.
pub(super) fn differences(to: &mut impl Write, differences: &[Differences]) -> io::Result<()> {
    for table in differences {
        let rows = summary::counted(table.rows, "changed row");
        writeln!(to, "{}: {rows}", printable(&table.table))?;
        for row in &table.shown {
            writeln!(to, "  {}", pairs(&row.key))?;
            for (name, change) in &row.columns {
                match change {
                    Change::Values(here, dumped) => {
                        writeln!(to, "    {}: {} -> {}", printable(name), value(here), value(dumped))?;
                    }
                    _ => writeln!(to, "    {}: differs (hidden)", printable(name))?,
                }
            }
        }
        more(to, table.rows, table.shown.len())?;
    }
    Ok(())
}

/// Prints the rows that are deleted, one a line.
pub(super) fn deletions(to: &mut impl Write, deletions: &[Deletions]) -> io::Result<()> {
    for table in deletions {
        let rows = summary::counted(table.rows, "deleted row");
        writeln!(to, "{}: {rows}", printable(&table.table))?;
        for row in &table.shown {
            writeln!(to, "  {}", pairs(row))?;
        }
        more(to, table.rows, table.shown.len())?;
    }
    Ok(())
}
