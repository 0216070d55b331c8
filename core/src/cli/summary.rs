//! The few lines a person reads after a run.

use std::io::{self, Write};

use dumpsert::Report;
use indicatif::{HumanBytes, HumanCount};

use super::shown;
use crate::text::printable;

/// Warnings shown here; the report has all.
const WARNINGS_SHOWN: usize = 10;

/// Writes the summary of a run.
pub(super) fn print(to: &mut impl Write, report: &Report) -> io::Result<()> {
    let (rows, tables) = (
        report.rows_kept(),
        report.tables.iter().filter(|table| table.rows_kept > 0).count(),
    );
    writeln!(
        to,
        "dumpsert: {} of {} and {}; {} read, {} written",
        counted(rows, "row"),
        counted(tables as u64, "table"),
        counted(report.sequences.len() as u64, "sequence"),
        HumanBytes(report.bytes_read),
        HumanBytes(report.bytes_written),
    )?;
    left_out(to, report)?;
    for table in report.tables.iter().filter(|table| !table.columns_dropped.is_empty()) {
        writeln!(
            to,
            "  left out: {} of {} (unknown column)",
            printable(&table.columns_dropped.join(", ")),
            printable(&table.table)
        )?;
    }
    warnings(to, report)
}

/// A number of things, in words.
pub(super) fn counted(number: u64, thing: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {thing}{plural}", HumanCount(number))
}

/// Writes the warnings.
pub(super) fn warnings(to: &mut impl Write, report: &Report) -> io::Result<()> {
    for warning in report.warnings.iter().take(WARNINGS_SHOWN) {
        writeln!(to, "  warning: {}", shown(&warning.message))?;
    }
    let more = (report.warnings.len().saturating_sub(WARNINGS_SHOWN)) as u64 + report.warnings_dropped;
    if more > 0 {
        writeln!(to, "  {} more: see --report", counted(more, "warning"))?;
    }
    Ok(())
}

/// Writes which rows are left out or changed, and why.
pub(super) fn left_out(to: &mut impl Write, report: &Report) -> io::Result<()> {
    for table in &report.tables {
        for (reason, rows) in &table.left_out {
            let (rows, table) = (counted(*rows, "row"), printable(&table.table));
            writeln!(to, "  left out: {rows} of {table} ({})", printable(reason))?;
        }
        if table.references_changed > 0 {
            let (rows, table) = (counted(table.references_changed, "row"), printable(&table.table));
            writeln!(
                to,
                "  changed: {rows} of {table} (a foreign key set to NULL or its default)"
            )?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_dump_reaches_the_terminal_raw() {
        let evil = "\u{1b}[2J\u{9b}\u{7f}\u{202e}";
        let report = Report {
            tables: vec![dumpsert::TableReport {
                table: format!("public.{evil}"),
                rows_kept: 1,
                columns_dropped: vec![evil.to_owned()],
                references_changed: 1,
                left_out: [(format!("cascade: {evil}"), 1)].into(),
                ..dumpsert::TableReport::default()
            }],
            warnings: vec![dumpsert::Warning {
                message: evil.to_owned(),
                position: None,
            }],
            ..Report::default()
        };
        let mut shown = Vec::new();
        print(&mut shown, &report).unwrap();
        let shown = String::from_utf8(shown).unwrap();
        assert!(
            shown.chars().all(|char| char == '\n' || (' '..='~').contains(&char)),
            "{shown:?}"
        );
        assert_eq!(shown.matches("\\u{9b}").count(), 6, "{shown}");
    }
}
