//! Names and messages of a dump on their way to a terminal.

use std::borrow::Cow;

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

fn is_control(char: char) -> bool {
    let is_format =
        matches!(char, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    char.is_control() || is_format
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn controls_are_escaped_and_all_else_is_kept() {
        assert_eq!(printable("public.\"Zoë 表 \\ '\""), "public.\"Zoë 表 \\ '\"");
        assert_eq!(
            printable("a\u{1b}[2J\n\u{9b}\u{202e}\u{7f}"),
            "a\\u{1b}[2J\\n\\u{9b}\\u{202e}\\u{7f}"
        );
    }
}
