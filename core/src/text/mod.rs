//! What no text of PostgreSQL can be, and what no terminal should get.

pub(crate) mod nearest;

use std::borrow::Cow;

/// What is said of a NUL byte. psql drops the rest of its line, so that quotes behind it would turn inside out.
pub(crate) const NUL: &str = "a NUL byte, which no text of PostgreSQL can hold";

/// Whether a name is that of a database and not of a file. It may hold a password, and is not repeated.
#[cfg(feature = "restore")]
pub(crate) fn is_url(name: &str) -> bool {
    ["postgres://", "postgresql://"]
        .iter()
        .any(|scheme| name.starts_with(scheme))
}

/// A text of which a terminal makes nothing but what can be read: control characters, which could move its cursor or
/// change its state, and those that turn the direction of writing are shown as escapes.
pub(crate) fn printable(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_control) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    for char in text.chars() {
        if is_control(char) {
            shown.extend(char.escape_default());
        } else {
            shown.push(char);
        }
    }
    Cow::Owned(shown)
}

/// The same for JSON, in which such characters stand only inside of strings: it says the same to whoever reads it.
pub(crate) fn printable_json(json: String) -> String {
    let is_shown = |char: char| char == '\n' || !is_control(char);
    if json.chars().all(is_shown) {
        return json;
    }
    let mut shown = String::with_capacity(json.len());
    for char in json.chars() {
        match is_shown(char) {
            true => shown.push(char),
            false => shown.extend(
                char.encode_utf16(&mut [0; 2])
                    .iter()
                    .map(|unit| format!("\\u{unit:04x}")),
            ),
        }
    }
    shown
}

/// A number of things, in words.
pub(crate) fn counted(number: u64, thing: &str) -> String {
    format!("{number} {thing}{}", if number == 1 { "" } else { "s" })
}

fn is_control(char: char) -> bool {
    let is_format = matches!(
        char,
        '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
    );
    char.is_control() || is_format
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_windows_are_no_urls() {
        for path in [
            r"C:\dump.sql",
            "C:/dump.sql",
            r"\\server\share\dump.sql",
            r"\\?\C:\dump.sql",
            "postgres:dump.sql",
        ] {
            assert!(!is_url(path), "{path}");
        }
        assert!(is_url("postgresql://h/d"));
    }

    #[test]
    fn json_says_the_same_without_controls() {
        let texts = [
            "Zoë 表 \\u{1d11e}",
            "\u{1b}[2J\n\t\u{7f}\u{9b}\u{202e}\u{2066}\u{2028}\u{feff}\u{61c}",
        ];
        let json = serde_json::to_string_pretty(&texts).unwrap();
        let shown = printable_json(json);
        assert!(shown.chars().all(|char| char == '\n' || !is_control(char)), "{shown}");
        assert!(shown.contains("\\u009b\\u202e\\u2066\\u2028\\ufeff"), "{shown}");
        assert_eq!(serde_json::from_str::<Vec<String>>(&shown).unwrap(), texts);
        assert_eq!(printable_json("{\n}".to_owned()), "{\n}");
    }

    #[test]
    fn controls_are_escaped_and_all_else_is_kept() {
        assert_eq!(printable("public.\"Zoë 表 \\ '\""), "public.\"Zoë 表 \\ '\"");
        assert_eq!(
            printable("a\u{1b}[2J\n\u{9b}\u{202e}\u{7f}"),
            "a\\u{1b}[2J\\n\\u{9b}\\u{202e}\\u{7f}"
        );
        // Every kind: C0, DEL, C1, what turns the direction, separators of lines.
        let kinds = ('\0'..' ').chain('\u{7f}'..='\u{9f}').chain('\u{202a}'..='\u{202e}');
        for char in kinds
            .chain('\u{2066}'..='\u{2069}')
            .chain(['\u{2028}', '\u{2029}', '\u{61c}', '\u{200f}'])
        {
            let shown = printable(&String::from(char)).into_owned();
            assert!(shown.starts_with('\\') && shown.is_ascii(), "{shown}");
        }
    }
}
