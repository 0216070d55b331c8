//! `dumpsert inspect`: what is in a dump, for a person or a program.

use std::io::{self, BufWriter, Write};

use dumpsert::catalog::{OrderProblem, OrderProblemKind, TableName};
use dumpsert::{Error, Inspection, Problem, RowForm, Shape, Style, TableReport, inspect_file, inspect_with};
use indicatif::{HumanBytes, HumanCount};

use super::args::Inspect;
use super::convert::note_dump;
use super::output::note_stdout;
use super::progress::ProgressBar;
use super::settings::Settings;
use super::summary::{self, counted};
use super::{Failure, input_length, is_std, name_of, shown};
use crate::text::printable;

/// Runs the command.
pub(super) fn run(args: &Inspect) -> Result<(), Failure> {
    let settings = Settings::read(&args.planning)?;
    let quiet = args.quiet || settings.quiet;
    let mut files = settings.files();
    note_dump(&mut files, &args.dump);
    note_stdout(&mut files, "what is said of the dump")?;
    let plan = &settings.plan(&args.planning)?;
    let name = name_of(&args.dump);
    let length = input_length(&args.dump, &name)?;
    let bar = ProgressBar::new(length, quiet);
    let result = if is_std(&args.dump) {
        inspect_with(io::stdin().lock(), plan, |progress| bar.show(progress))
    } else {
        inspect_file(&args.dump, plan, |progress| bar.show(progress))
    };
    bar.clear();
    let inspection = result.map_err(|error: Error| Failure::Library(name, error))?;
    let mut to = BufWriter::new(io::stdout().lock());
    let written = if args.json {
        writeln!(to, "{}", inspection.to_json())
    } else {
        print(&mut to, &inspection, plan.style())
    };
    let fail = |error| Failure::File("standard output".to_owned(), error);
    written.and_then(|()| to.flush()).map_err(fail)
}

fn print(to: &mut impl Write, inspection: &Inspection, style: Style) -> io::Result<()> {
    print_shape(to, inspection)?;
    print_tables(to, inspection)?;
    let report = &inspection.report;
    if !report.sequences.is_empty() {
        writeln!(to, "\nsequences: {}", printable(&report.sequences.join(", ")))?;
    }
    if !report.skipped.is_empty() {
        let kinds = report.skipped.iter().map(|(kind, count)| format!("{count} {kind}"));
        let kinds: Vec<String> = kinds.collect();
        writeln!(
            to,
            "\nstatements without rows, not copied: {}",
            printable(&kinds.join(", "))
        )?;
    }
    let mut left_out = Vec::new();
    summary::left_out(&mut left_out, report)?;
    if !left_out.is_empty() {
        writeln!(to)?;
        to.write_all(&left_out)?;
    }
    print_order(to, inspection.order_problems.as_deref(), style)?;
    if !report.warnings.is_empty() {
        writeln!(to, "\nwarnings:")?;
    }
    for warning in &report.warnings {
        writeln!(to, "  {}", shown(&warning.message))?;
    }
    if report.warnings_dropped > 0 {
        writeln!(to, "  and {} more", HumanCount(report.warnings_dropped))?;
    }
    if !inspection.problems.is_empty() {
        writeln!(to, "\nconvert with these options would stop at:")?;
    }
    let mut hinted = Vec::new();
    for Problem {
        kind, message, hint, ..
    } in &inspection.problems
    {
        // The hints of one kind say the same of each table.
        let hint = hint.as_ref().filter(|_| !hinted.contains(kind));
        hinted.push(*kind);
        let hint = hint.map(|hint| format!(" ({hint})")).unwrap_or_default();
        writeln!(to, "  {}", shown(&format!("{message}{hint}")))?;
    }
    Ok(())
}

/// Writes one line on how the dump was made, and one for each database.
fn print_shape(to: &mut impl Write, inspection: &Inspection) -> io::Result<()> {
    let shape = &inspection.shape;
    let kind = match shape {
        Shape { cluster: true, .. } => "dump of a cluster",
        Shape { full: true, .. } => "full dump",
        _ => "data only",
    };
    let mut parts = vec![kind.to_owned()];
    parts.extend(shape.rows.iter().map(|form| match form {
        RowForm::Copy => "COPY".to_owned(),
        RowForm::ColumnInserts => "column inserts".to_owned(),
        _ => "inserts without columns".to_owned(),
    }));
    if shape.rows_per_insert > 1 {
        parts.push(format!("up to {} rows an INSERT", HumanCount(shape.rows_per_insert)));
    }
    if shape.on_conflict_do_nothing {
        parts.push("ON CONFLICT DO NOTHING".to_owned());
    }
    parts.extend(shape.client_encodings.iter().map(|name| format!("encoding {name}")));
    if !shape.standard_conforming_strings {
        parts.push("standard_conforming_strings = off".to_owned());
    }
    for (name, version) in [("server", &shape.server_version), ("pg_dump", &shape.pg_dump_version)] {
        parts.extend(version.iter().map(|version| format!("{name} {version}")));
    }
    writeln!(
        to,
        "{}; {}",
        printable(&parts.join(", ")),
        HumanBytes(inspection.report.bytes_read)
    )?;
    for database in &inspection.databases {
        let (rows, sequences) = (counted(database.rows, "row"), counted(database.sequences, "sequence"));
        let name = printable(&database.name);
        writeln!(to, "database {name}: {rows}, {sequences}")?;
    }
    Ok(())
}

/// Writes a line for each table, in columns.
fn print_tables(to: &mut impl Write, inspection: &Inspection) -> io::Result<()> {
    let tables = &inspection.report.tables;
    if tables.is_empty() {
        return writeln!(to, "\nno rows");
    }
    let mut lines = vec![["table", "rows", "bytes", "columns", "key"].map(str::to_owned)];
    lines.extend(tables.iter().map(|table| {
        let columns = inspection.columns.get(&table.table);
        [
            printable(&table.table).into_owned(),
            HumanCount(table.rows_read).to_string(),
            HumanBytes(table.bytes).to_string(),
            columns.map_or_else(|| "?".to_owned(), |columns| columns.len().to_string()),
            key(table, &inspection.problems),
        ]
    }));
    let width = |at: usize| {
        lines
            .iter()
            .filter_map(|line| line.get(at))
            .map(|cell| cell.chars().count())
            .max()
    };
    let [name, rows, bytes, columns] = [0, 1, 2, 3].map(|at| width(at).unwrap_or_default());
    writeln!(to)?;
    for [a, b, c, d, e] in &lines {
        writeln!(to, "{a:name$}  {b:>rows$}  {c:>bytes$}  {d:>columns$}  {e}")?;
    }
    Ok(())
}

/// The key of a table and where it is known from.
fn key(table: &TableReport, problems: &[Problem]) -> String {
    let columns = printable(&table.key.join(", ")).into_owned();
    match table.key_source {
        Some("target") => "the target is asked".to_owned(),
        Some("fallback") => format!("{columns} (guessed)"),
        Some(source) => format!("{columns} ({source})"),
        None if problems
            .iter()
            .any(|problem| problem.table.as_ref() == Some(&table.table)) =>
        {
            "MISSING, see below".to_owned()
        }
        None => "none".to_owned(),
    }
}

/// Writes for which tables the order of rows may not do.
fn print_order(to: &mut impl Write, problems: Option<&[OrderProblem]>, style: Style) -> io::Result<()> {
    let Some(problems) = problems else {
        return writeln!(to, "\nforeign keys: nothing is known of them; give --schema FILE");
    };
    if problems.is_empty() {
        return writeln!(to, "\nforeign keys: no table references itself, there are no cycles");
    }
    writeln!(to, "\nforeign keys:")?;
    for problem in problems {
        let names: Vec<String> = problem.tables.iter().map(TableName::to_string).collect();
        let names = printable(&names.join(", ")).into_owned();
        let what = match problem.kind {
            OrderProblemKind::SelfReference => format!("{names} references itself"),
            OrderProblemKind::Cycle => format!("{names} reference each other"),
            _ => format!("{names}: pg_dump does not order by foreign keys of partitioned tables"),
        };
        let advice = match (style, problem.deferrable) {
            (Style::Staged, _) => "any order will do",
            (_, true) => "checked at the end",
            (_, false) => {
                "checked at the end, for which the script must own the tables and locks them; --style staged takes any order without that"
            }
        };
        writeln!(to, "  {what} ({advice})")?;
    }
    Ok(())
}
