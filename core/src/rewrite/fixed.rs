//! The fixed texts of the script, without what only their readers need.

pub(super) const PROLOGUE: &str = include_str!("sql/prologue.sql");
pub(super) const NAMES: &str = include_str!("sql/names.sql");
pub(super) const CAUSES: &str = include_str!("sql/causes.sql");
pub(super) const FOUND: &str = include_str!("sql/found.sql");
pub(super) const SELECTED: &str = include_str!("sql/selected.sql");
pub(super) const WAITING: &str = include_str!("sql/waiting.sql");
/// In this order: a function in SQL is checked when it is made, so what it calls comes first.
pub(super) const STAGED: [&str; 13] = [
    include_str!("sql/rounding.sql"),
    include_str!("sql/stages.sql"),
    include_str!("sql/rules.sql"),
    include_str!("sql/keys.sql"),
    include_str!("sql/declared.sql"),
    include_str!("sql/plan.sql"),
    include_str!("sql/compare.sql"),
    include_str!("sql/locks.sql"),
    include_str!("sql/places.sql"),
    include_str!("sql/stepwise.sql"),
    include_str!("sql/write.sql"),
    include_str!("sql/errors.sql"),
    include_str!("sql/merge.sql"),
];
pub(super) const CHECK: &str = include_str!("sql/check.sql");
pub(super) const DIFFERENCES: &str = include_str!("sql/differences.sql");
pub(super) const PRUNE: &str = concat!(
    include_str!("sql/prune.sql"),
    include_str!("sql/prune_find.sql"),
    include_str!("sql/prune_delete.sql")
);
/// In this order, as above.
pub(super) const MAP: &str = concat!(
    include_str!("sql/map.sql"),
    include_str!("sql/map_match.sql"),
    include_str!("sql/map_find.sql"),
    include_str!("sql/map_rewrite.sql"),
    include_str!("sql/map_told.sql")
);
pub(super) const EPILOGUE: &str = include_str!("sql/epilogue.sql");
pub(super) const LONG_ROWS: &str = include_str!("sql/long_rows.sql");

/// Writes a text without its comments and indentation, which are a fifth of it. No literal of it spans two lines.
pub(super) fn write(out: &mut Vec<u8>, text: &str) {
    for line in lines(text) {
        out.extend_from_slice(line.as_bytes());
        out.push(b'\n');
    }
}

pub(super) fn lines(text: &str) -> impl Iterator<Item = &str> {
    let lines = text.lines().map(str::trim_start);
    lines.filter(|line| !line.is_empty() && !line.starts_with("--"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_literal_spans_two_lines() {
        let texts = [
            PROLOGUE,
            NAMES,
            CAUSES,
            FOUND,
            SELECTED,
            WAITING,
            CHECK,
            DIFFERENCES,
            PRUNE,
            MAP,
            EPILOGUE,
            LONG_ROWS,
        ];
        for line in texts.into_iter().chain(STAGED).flat_map(lines) {
            let (mut is_quoted, mut rest) = (None, line.chars().peekable());
            while let Some(char) = rest.next() {
                match (is_quoted, char) {
                    (None, '-') if rest.peek() == Some(&'-') => break,
                    (None, '\'' | '"') => is_quoted = Some(char),
                    (Some(quote), char) if quote == char => is_quoted = None,
                    _ => {}
                }
            }
            assert_eq!(is_quoted, None, "{line}");
            assert!(!line.contains(" E'") && !line.contains("/*"), "{line}");
        }
    }
}
