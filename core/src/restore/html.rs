//! The account of a run as a page of its own: no script, no other file, nothing that is loaded. It is made to be mailed, and
//! like the JSON it holds names and numbers, and no value of a row.

use std::fmt::{self, Display, Write as _};
use std::time::{Duration, UNIX_EPOCH};

use super::database::Database;
use super::findings::{Finding, Severity};
use super::mapping::Mapping;
use super::outcome::{Ending, Origin, Outcome, TableOutcome};
use crate::text::printable;

/// Colours follow the reader's system.
const STYLE: &str = include_str!("report.css");

/// A text in HTML, in which nothing is markup and control characters are shown.
struct Text<'a>(&'a str);

impl Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        printable(self.0).chars().try_for_each(|char| match char {
            '&' => f.write_str("&amp;"),
            '<' => f.write_str("&lt;"),
            '>' => f.write_str("&gt;"),
            '"' => f.write_str("&quot;"),
            '\'' => f.write_str("&#39;"),
            char => f.write_char(char),
        })
    }
}

/// A number with thin spaces between thousands, or a dash where nothing is known.
struct Count(Option<u64>);

impl Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(count) = self.0 else { return f.write_str("–") };
        let digits = count.to_string();
        digits.chars().enumerate().try_for_each(|(at, digit)| {
            if at > 0 && (digits.len() - at).is_multiple_of(3) {
                f.write_char('\u{2009}')?;
            }
            f.write_char(digit)
        })
    }
}

/// What has become of it: a class for the colour, and words.
fn ending(outcome: &Outcome) -> (&'static str, &'static str) {
    match outcome.ending {
        Ending::Committed => ("good", "Committed"),
        Ending::RolledBack if outcome.stopped_by.is_none() && outcome.dry_run => {
            ("good", "Dry run: all of it was done and rolled back")
        }
        Ending::RolledBack if outcome.stopped_by.is_none() && outcome.check => match outcome.has_errors() {
            true => ("bad", "Checked: a run would fail; nothing was changed"),
            false => ("good", "Checked: nothing stands in the way; nothing was changed"),
        },
        Ending::Unknown => (
            "bad",
            "Unknown: the target has not said whether it has committed; it is safe to run it again",
        ),
        _ => ("bad", "Failed: nothing was changed"),
    }
}

fn place(database: &Database) -> String {
    let Database {
        host,
        port,
        database,
        user,
        server_version,
        ..
    } = database;
    format!("{database} on {host}:{port} as {user}, PostgreSQL {server_version}")
}

/// Parts of the rows of a table, as wide as they are many.
fn bar(out: &mut String, table: &TableOutcome) -> fmt::Result {
    let parts = [
        ("inserted", table.inserted.unwrap_or(0)),
        ("updated", table.updated.unwrap_or(0)),
        ("unchanged", table.unchanged.unwrap_or(0)),
        ("left-out", table.left_out),
    ];
    let all = parts.iter().map(|(_, rows)| rows).sum::<u64>().max(1);
    out.push_str("<span class=\"bar\" aria-hidden=\"true\">");
    for (class, rows) in parts.into_iter().filter(|(_, rows)| *rows > 0) {
        let width = 100.0 * rows as f64 / all as f64;
        write!(out, "<i class=\"{class}\" style=\"width:{width:.2}%\"></i>")?;
    }
    out.push_str("</span>");
    Ok(())
}

fn tables(out: &mut String, outcome: &Outcome) -> fmt::Result {
    let prunes = outcome.deleted().is_some();
    let deleted_head = if prunes { "<th scope=\"col\">Deleted" } else { "" };
    let deleted = |rows: Option<u64>| match prunes {
        true => format!("<td>{}", Count(rows)),
        false => String::new(),
    };
    write!(
        out,
        "<table>\n<thead><tr><th scope=\"col\">Table<th scope=\"col\">Read<th scope=\"col\">Inserted<th scope=\"col\">Updated\
         <th scope=\"col\">Unchanged{deleted_head}<th scope=\"col\">Left out<th scope=\"col\"><span class=\"unseen\">Share</span></tr></thead>\n<tbody>\n",
    )?;
    for table in &outcome.tables {
        write!(
            out,
            "<tr><th scope=\"row\">{}<td>{}<td>{}<td>{}<td>{}{}<td>{}<td>",
            Text(&table.table),
            Count(Some(table.read)),
            Count(table.inserted),
            Count(table.updated),
            Count(table.unchanged),
            deleted(table.deleted),
            Count(Some(table.left_out)),
        )?;
        bar(out, table)?;
        out.push_str("</tr>\n");
    }
    let [inserted, updated, unchanged, left_out] = outcome.totals().map(|rows| Count(Some(rows)));
    let read = Count(Some(outcome.tables.iter().map(|table| table.read).sum()));
    writeln!(
        out,
        "</tbody>\n<tfoot><tr><th scope=\"row\">All<td>{read}<td>{inserted}<td>{updated}<td>{unchanged}{}<td>{left_out}<td></tr></tfoot>\n</table>",
        deleted(outcome.deleted())
    )
}

fn list(out: &mut String, title: &str, items: &[String]) -> fmt::Result {
    if items.is_empty() {
        return Ok(());
    }
    writeln!(out, "<h2>{title}</h2>\n<ul>")?;
    for item in items {
        writeln!(out, "<li>{}", Text(item))?;
    }
    out.push_str("</ul>\n");
    Ok(())
}

/// How many rows were left out of which table, and why.
fn reasons(outcome: &Outcome) -> Vec<String> {
    let tables = &outcome.dump.tables;
    let lefts = tables
        .iter()
        .flat_map(|table| table.left_out.iter().map(|left| (&table.table, left)));
    lefts
        .map(|(table, (reason, rows))| format!("{} of {table}: {reason}", Count(Some(*rows))))
        .collect()
}

/// How many rows of which table the dump does not have and stay, and why.
fn kept(outcome: &Outcome) -> Vec<String> {
    let tables = outcome.tables.iter();
    let kept = tables.flat_map(|table| table.kept.iter().map(move |kept| (&table.table, kept)));
    kept.map(|(table, (reason, rows))| format!("{} of {table}: {reason}", Count(Some(*rows))))
        .collect()
}

/// How many rows of which table have other keys in the target. Keys are values, and are not here.
fn mapped(outcome: &Outcome) -> Vec<String> {
    let text = |table: &Mapping| {
        let counts = table
            .counts()
            .map(|(rows, what)| format!("{} {what}", Count(Some(rows))));
        format!("{}: {}", table.table, counts.collect::<Vec<_>>().join(", "))
    };
    outcome
        .mapping
        .iter()
        .filter(|table| table.is_any())
        .map(text)
        .collect()
}

/// What a check has found, the worst first.
fn found(outcome: &Outcome) -> Vec<String> {
    let mut findings: Vec<_> = outcome.findings.iter().collect();
    findings.sort_by_key(|finding| finding.severity);
    let text = |finding: &Finding| {
        let severity = match finding.severity {
            Severity::Error => "Error",
            Severity::Warning => "Warning",
            Severity::Info => "Info",
        };
        let table = finding
            .table
            .as_ref()
            .map_or_else(String::new, |table| format!(" {table}:"));
        let rows = finding
            .rows
            .map_or_else(String::new, |rows| format!(" {} rows:", Count(Some(rows))));
        let hint = finding.hint.as_deref().unwrap_or_default();
        format!("{severity}:{table}{rows} {}. {hint}", finding.message)
            .trim_end()
            .to_owned()
    };
    findings.into_iter().map(text).collect()
}

/// What is known of the run beside its rows.
fn facts(outcome: &Outcome) -> Vec<(&'static str, String)> {
    let mut facts = vec![(
        "Source",
        match &outcome.source {
            Origin::Reader => "a stream".to_owned(),
            Origin::File(path) => path.clone(),
            Origin::Database(database) => place(database),
        },
    )];
    facts.extend(outcome.target.as_ref().map(|target| ("Target", place(target))));
    let started = UNIX_EPOCH + Duration::from_secs(outcome.started_at);
    facts.push(("Started", humantime::format_rfc3339_seconds(started).to_string()));
    let timings = &outcome.timings;
    facts.push((
        "Seconds",
        format!(
            "{:.1} in all: {:.1} checking, {:.1} reading, {:.1} merging",
            timings.total.as_secs_f64(),
            timings.check.as_secs_f64(),
            timings.read.as_secs_f64(),
            timings.merge.as_secs_f64(),
        ),
    ));
    if let Some(stop) = &outcome.stopped_by {
        let kind = serde_json::to_value(stop.kind).unwrap_or_default();
        facts.push(("Stopped by", kind.as_str().unwrap_or_default().replace('_', " ")));
    }
    facts.extend(outcome.transaction_id.clone().map(|id| ("Transaction", id)));
    facts.push(("Bytes read", Count(Some(outcome.input_bytes)).to_string()));
    facts.extend(outcome.input_sha256.clone().map(|digest| ("SHA-256", digest)));
    let programs = outcome
        .programs
        .iter()
        .map(|(name, version)| format!("{name} {version}"));
    let programs = std::iter::once(format!("dumpsert {}", outcome.dumpsert)).chain(programs);
    facts.push(("Programs", programs.collect::<Vec<_>>().join(", ")));
    facts
}

fn page(out: &mut String, outcome: &Outcome) -> fmt::Result {
    let (class, words) = ending(outcome);
    write!(
        out,
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>dumpsert: {words}</title>\n<style>\n{STYLE}</style>\n\
         <h1 class=\"{class}\">{words}</h1>\n"
    )?;
    let [inserted, updated, unchanged, left_out] = outcome.totals().map(|rows| Count(Some(rows)));
    let deleted = outcome.deleted().map_or_else(String::new, |rows| {
        format!("<b class=\"left-out\">{}</b> deleted ", Count(Some(rows)))
    });
    writeln!(
        out,
        "<p class=\"totals\"><b class=\"inserted\">{inserted}</b> inserted <b class=\"updated\">{updated}</b> updated \
         <b class=\"unchanged\">{unchanged}</b> unchanged {deleted}<b class=\"left-out\">{left_out}</b> left out</p>"
    )?;
    if !outcome.tables.is_empty() {
        tables(out, outcome)?;
    }
    list(out, "Found", &found(outcome))?;
    list(out, "Matched by other columns than the key", &mapped(outcome))?;
    list(out, "Left out", &reasons(outcome))?;
    list(out, "Not in the dump, and kept", &kept(outcome))?;
    let warnings = outcome.dump.warnings.iter().map(|warning| warning.message.clone());
    list(out, "Warnings", &warnings.collect::<Vec<_>>())?;
    list(out, "Notes", &outcome.notes)?;
    list(out, "Not dumped", &outcome.not_dumped)?;
    out.push_str("<h2>The run</h2>\n<dl>\n");
    for (name, value) in facts(outcome) {
        writeln!(out, "<dt>{name}<dd>{}", Text(&value))?;
    }
    out.push_str("</dl>\n</html>\n");
    Ok(())
}

impl Outcome {
    /// The account as an HTML page that needs no other file, in light or dark as the reader's system is. It has what
    /// [`to_json`](Outcome::to_json) has of tables, notes and the run, and no value of a row: of the mapping the counts.
    pub fn to_html(&self) -> String {
        let mut out = String::new();
        // To write to a String does not fail.
        let _ = page(&mut out, self);
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_no_markup_and_numbers_have_groups() {
        let mut outcome = Outcome::default();
        outcome.tables.push(TableOutcome {
            table: "public.\"<script>&'\u{1b}\"".to_owned(),
            read: 1_234_567,
            left_out: 1,
            inserted: Some(1_000),
            updated: None,
            unchanged: Some(0),
            ..TableOutcome::default()
        });
        outcome.notes.push("<img src=x>".to_owned());
        outcome.dump.tables.push(crate::report::TableReport {
            table: "public.t".to_owned(),
            left_out: [("<demo>".to_owned(), 1_000)].into(),
            ..Default::default()
        });
        outcome.source = Origin::File("a\"><b".to_owned());
        let html = outcome.to_html();
        assert!(
            html.contains("public.&quot;&lt;script&gt;&amp;&#39;\\u{1b}&quot;"),
            "{html}"
        );
        assert!(html.contains("<li>&lt;img src=x&gt;"), "{html}");
        assert!(html.contains("<dd>a&quot;&gt;&lt;b"), "{html}");
        assert!(html.contains("<li>1\u{2009}000 of public.t: &lt;demo&gt;"), "{html}");
        assert!(
            html.contains("<td>1\u{2009}234\u{2009}567<td>1\u{2009}000<td>–<td>0<td>1<td>"),
            "{html}"
        );
        assert!(html.contains("width:99.90%"), "{html}");
        assert!(html.contains("1970-01-01T00:00:00Z"), "{html}");
        assert!(!html.contains("<script"), "{html}");
    }

    #[test]
    fn the_ending_is_said_in_words() {
        let said = |ending, dry_run| {
            Outcome {
                ending,
                dry_run,
                ..Outcome::default()
            }
            .to_html()
        };
        for (ending, dry_run, words) in [
            (Ending::Committed, false, "<h1 class=\"good\">Committed"),
            (Ending::RolledBack, true, "<h1 class=\"good\">Dry run"),
            (
                Ending::RolledBack,
                false,
                "<h1 class=\"bad\">Failed: nothing was changed",
            ),
            (Ending::NotBegun, true, "<h1 class=\"bad\">Failed"),
            (Ending::Unknown, false, "<h1 class=\"bad\">Unknown"),
        ] {
            assert!(said(ending, dry_run).contains(words), "{ending:?}");
        }
    }
}
