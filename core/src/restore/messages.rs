//! What the programs say, and how much of it may be passed on.

/// The lines of PostgreSQL that may hold whole rows of a table.
const WITH_VALUES: [&str; 4] = ["DETAIL:", "CONTEXT:", "STATEMENT:", "QUERY:"];

/// Lines that begin a message.
const OTHERS: [&str; 10] = [
    "psql:",
    "pg_dump:",
    "pg_restore:",
    "ERROR:",
    "FATAL:",
    "PANIC:",
    "WARNING:",
    "NOTICE:",
    "HINT:",
    "connection",
];

/// What a program has said, as one line, without what holds the values of rows.
pub(super) fn without_values(said: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let mut is_shown = true;
    for line in said.lines() {
        if WITH_VALUES.iter().any(|start| line.starts_with(start)) {
            is_shown = false;
        } else if OTHERS.iter().any(|start| line.starts_with(start)) {
            is_shown = true;
        }
        // psql marks the place in a statement, which may be a row.
        if is_shown && !line.starts_with("LINE ") && !line.trim().is_empty() && line.trim() != "^" {
            kept.push(line.trim());
        }
    }
    let text = kept.join("; ");
    match text.char_indices().nth(2000) {
        Some((at, _)) => format!("{} …", text.get(..at).unwrap_or_default()),
        None if text.is_empty() => "it says nothing".to_owned(),
        None => text,
    }
}

/// How the rest of pg_dump's warning of circles begins; up to version 13 its lines have no mark.
const OF_CIRCLES: [&str; 5] = [
    "pg_dump: detail:",
    "pg_dump: hint:",
    "pg_dump:   ",
    "pg_dump: You might not be able to restore",
    "pg_dump: Consider using a full dump",
];

/// What pg_dump warns of although it does not matter here: the order of rows is the merge's own affair.
pub(super) fn of_pg_dump(said: &str) -> String {
    let mut kept = String::new();
    let mut is_shown = true;
    for line in said.lines() {
        if line.starts_with("pg_dump: warning: there are circular foreign-key constraints") {
            is_shown = false;
        } else if !OF_CIRCLES.iter().any(|start| line.starts_with(start)) {
            is_shown = true;
        }
        if is_shown {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_not_passed_on() {
        let said = "ERROR:  null value in column \"a\"\nDETAIL:  Failing row contains (1, secret\nmore secret).\n\
                    HINT:  do it\nLINE 1: secret\n        ^\nCONTEXT:  COPY t, line 1: \"secret\"\n";
        assert_eq!(without_values(said), "ERROR:  null value in column \"a\"; HINT:  do it");
        assert_eq!(without_values(" \n"), "it says nothing");
        assert!(without_values(&"x".repeat(5000)).len() < 2100);
    }

    #[test]
    fn circles_do_not_matter() {
        let said = "pg_dump: warning: there are circular foreign-key constraints on this table:\npg_dump: detail: t\n\
                    pg_dump: hint: You might not be able\npg_dump: hint: Consider\npg_dump: warning: other\n";
        assert_eq!(of_pg_dump(said), "pg_dump: warning: other\n");
        let said = "pg_dump: warning: there are circular foreign-key constraints on this table:\npg_dump:   parent\n\
                    pg_dump: You might not be able to restore the dump\npg_dump: Consider using a full dump instead\n\
                    pg_dump: warning: other\n";
        assert_eq!(of_pg_dump(said), "pg_dump: warning: other\n");
    }
}
