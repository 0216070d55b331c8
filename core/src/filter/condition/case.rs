//! Upper and lower case of letters beyond ASCII, by the rule that the user says the source's locale has.

use crate::options::Case;

/// What to do where no rule is said.
pub(super) const HINT: &str = "say which rule the source's locale has: `case = unicode` or `case = turkish`";

impl Case {
    /// The character in the other case; `None` where that hangs on its neighbours or is several.
    fn of(self, character: char, upper: bool) -> Option<char> {
        match (self, upper, character) {
            // At the end of a word it is another letter, in some locales.
            (_, false, 'Σ') => return None,
            (Self::Turkish, false, 'I') => return Some('ı'),
            (Self::Turkish, false, 'İ') => return Some('i'),
            (Self::Turkish, true, 'i') => return Some('İ'),
            _ => {}
        }
        let single = |mut other: std::char::ToLowercase| other.next().filter(|_| other.next().is_none());
        match upper {
            false => single(character.to_lowercase()),
            true => {
                let mut other = character.to_uppercase();
                other.next().filter(|_| other.next().is_none())
            }
        }
    }

    /// Text in upper or lower case. Where it is certain that nothing hangs on them, letters that have no one other case stay
    /// as they are.
    pub(super) fn change(self, text: &[u8], upper: bool, is_certain: bool) -> Option<String> {
        let text = std::str::from_utf8(text).ok()?;
        let other = |character: char| self.of(character, upper).or(is_certain.then_some(character));
        text.chars().map(other).collect()
    }

    /// A letter of a pattern in lower case.
    pub(super) fn fold(self, character: char) -> Option<char> {
        self.of(character, false)
    }
}

/// Both cases of a letter beyond ASCII in a regular expression, in which the rule for the letters I is another.
pub(super) fn both(literal: char) -> Option<[char; 2]> {
    let is_known = !matches!(literal, 'İ' | 'ı');
    let lower = literal
        .to_lowercase()
        .next()
        .filter(|_| literal.to_lowercase().len() == 1);
    let upper = literal
        .to_uppercase()
        .next()
        .filter(|_| literal.to_uppercase().len() == 1);
    Some([lower?, upper?]).filter(|_| is_known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_cases() {
        for (case, text, upper, expected) in [
            (Case::Unicode, "BJÖRK, 椎名林檎", false, Some("björk, 椎名林檎")),
            (Case::Unicode, "björk", true, Some("BJÖRK")),
            (Case::Unicode, "\u{212a}", false, Some("k")),
            (Case::Unicode, "straße", true, None),
            (Case::Unicode, "ΟΔΟΣ", false, None),
            (Case::Unicode, "İ", false, None),
            (Case::Turkish, "DIYARBAKIR, İzmir", false, Some("dıyarbakır, izmir")),
            (Case::Turkish, "izmir, ı", true, Some("İZMİR, I")),
        ] {
            assert_eq!(
                case.change(text.as_bytes(), upper, false).as_deref(),
                expected,
                "{text}"
            );
        }
        assert_eq!(both('é'), Some(['é', 'É']));
        assert_eq!([both('ß'), both('ı')], [None, None]);
    }
}
