//! `LIKE` patterns, compiled once.

use memchr::memmem::Finder;

/// A pattern: what stands between the `%`.
#[derive(Clone, Debug)]
pub(super) struct Like {
    /// The first is bound to the start of the text and the last to its end; with one alone there is no `%`.
    parts: Vec<Part>,
    /// Whether it has a `_`, which is a character, so that the text has to be UTF-8.
    counts_characters: bool,
}

/// A piece of text without `%`.
#[derive(Clone, Debug, Default)]
struct Part {
    steps: Vec<Step>,
    /// Looks for the first step where it is text.
    finder: Option<Finder<'static>>,
    characters: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Text(Vec<u8>),
    /// So many characters, whichever.
    Any(usize),
}

/// Why a pattern is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct EndsWithEscape;

impl Like {
    /// Reads a pattern whose escape character is `escape`, if it has one; `fold` is what the text's characters have become.
    pub(super) fn new(
        pattern: &str,
        escape: Option<char>,
        fold: impl Fn(char) -> char,
    ) -> Result<Self, EndsWithEscape> {
        let mut parts = vec![Part::default()];
        let mut counts_characters = false;
        let mut characters = pattern.chars();
        while let Some(character) = characters.next() {
            let last = parts.last_mut();
            if Some(character) == escape {
                let literal = characters.next().ok_or(EndsWithEscape)?;
                last.into_iter().for_each(|part| part.push(fold(literal)));
            } else if character == '%' {
                parts.push(Part::default());
            } else if character == '_' {
                counts_characters = true;
                last.into_iter().for_each(Part::push_any);
            } else {
                last.into_iter().for_each(|part| part.push(fold(character)));
            }
        }
        for part in &mut parts {
            if let Some(Step::Text(text)) = part.steps.first() {
                part.finder = Some(Finder::new(text).into_owned());
            }
        }
        // `%%` is `%`: an empty part in the middle is found everywhere.
        let end = parts.len() - 1;
        let mut index = 0;
        parts.retain(|part| {
            index += 1;
            index == 1 || index == end + 1 || !part.steps.is_empty()
        });
        Ok(Self {
            parts,
            counts_characters,
        })
    }

    /// Whether the text matches; `None` if it would have to be UTF-8 and is not.
    pub(super) fn matches(&self, text: &[u8]) -> Option<bool> {
        if self.counts_characters && !text.is_ascii() && std::str::from_utf8(text).is_err() {
            return None;
        }
        Some(self.matches_utf8(text).is_some())
    }

    fn matches_utf8(&self, text: &[u8]) -> Option<()> {
        let (first, rest) = self.parts.split_first()?;
        let mut at = first.end_of_match(text)?;
        let Some((last, middle)) = rest.split_last() else {
            return (at == text.len()).then_some(());
        };
        let end = text.len().checked_sub(last.length_at_end(text)?)?;
        if end < at {
            return None;
        }
        last.end_of_match(text.get(end..)?)?;
        // Each part takes the first place where it fits: that leaves the most to those behind it.
        for part in middle {
            at += part.find(text.get(at..end)?)?;
        }
        Some(())
    }
}

impl Part {
    fn push(&mut self, character: char) {
        self.characters += 1;
        let mut buffer = [0; 4];
        let bytes = character.encode_utf8(&mut buffer).as_bytes();
        match self.steps.last_mut() {
            Some(Step::Text(text)) => text.extend_from_slice(bytes),
            _ => self.steps.push(Step::Text(bytes.to_vec())),
        }
    }

    fn push_any(&mut self) {
        self.characters += 1;
        match self.steps.last_mut() {
            Some(Step::Any(count)) => *count += 1,
            _ => self.steps.push(Step::Any(1)),
        }
    }

    /// The length of the match at the start of the text.
    fn end_of_match(&self, text: &[u8]) -> Option<usize> {
        let mut rest = text;
        for step in &self.steps {
            rest = match step {
                Step::Text(wanted) => rest.strip_prefix(wanted.as_slice())?,
                Step::Any(count) => rest.get(skip(rest, *count)?..)?,
            };
        }
        Some(text.len() - rest.len())
    }

    /// How many bytes at the end of the text the part would take.
    fn length_at_end(&self, text: &[u8]) -> Option<usize> {
        if let [Step::Text(only)] = self.steps.as_slice() {
            return Some(only.len());
        }
        let mut start = text.len();
        for _ in 0..self.characters {
            start = start.checked_sub(1)?;
            while text.get(start).is_some_and(|&byte| is_continuation(byte)) {
                start = start.checked_sub(1)?;
            }
        }
        Some(text.len() - start)
    }

    /// The end of the first match.
    fn find(&self, text: &[u8]) -> Option<usize> {
        let mut from = 0;
        loop {
            let rest = text.get(from..)?;
            let start = from
                + match &self.finder {
                    Some(finder) => finder.find(rest)?,
                    None => 0,
                };
            if let Some(length) = text.get(start..).and_then(|rest| self.end_of_match(rest)) {
                return Some(start + length);
            }
            from = start + skip(text.get(start..)?, 1)?;
        }
    }
}

fn is_continuation(byte: u8) -> bool {
    byte & 0xc0 == 0x80
}

/// The bytes of so many characters.
fn skip(text: &[u8], count: usize) -> Option<usize> {
    let mut at = 0;
    for _ in 0..count {
        text.get(at)?;
        at += 1;
        while text.get(at).is_some_and(|&byte| is_continuation(byte)) {
            at += 1;
        }
    }
    Some(at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// `MatchText()` of like_match.c, without its short cuts.
    fn naive(text: &[char], pattern: &[char]) -> bool {
        match pattern {
            [] => text.is_empty(),
            ['%', rest @ ..] => (0..=text.len()).any(|start| naive(&text[start..], rest)),
            ['_', rest @ ..] => !text.is_empty() && naive(&text[1..], rest),
            ['\\', literal, rest @ ..] | [literal, rest @ ..] => {
                text.first() == Some(literal) && naive(&text[1..], rest)
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4000))]
        #[test]
        fn says_what_a_naive_match_says(text in "[abé%_\\\\]{0,8}", pattern in "([abé%_]|%a|\\\\[%_a\\\\]){0,6}") {
            let like = Like::new(&pattern, Some('\\'), |character| character).unwrap();
            let (text_chars, pattern_chars): (Vec<char>, Vec<char>) = (text.chars().collect(), pattern.chars().collect());
            prop_assert_eq!(like.matches(text.as_bytes()), Some(naive(&text_chars, &pattern_chars)));
        }
    }

    #[test]
    fn escapes() {
        assert_eq!(
            Like::new("a\\", Some('\\'), |character| character).unwrap_err(),
            EndsWithEscape
        );
        assert_eq!(
            Like::new("a\\", None, |character| character).unwrap().matches(b"a\\"),
            Some(true)
        );
        assert_eq!(
            Like::new("10#%", Some('#'), |character| character)
                .unwrap()
                .matches(b"10%"),
            Some(true)
        );
        assert_eq!(
            Like::new("_", None, |character| character).unwrap().matches(b"\xff"),
            None
        );
        assert_eq!(
            Like::new("%", None, |character| character).unwrap().matches(b"\xff"),
            Some(true)
        );
    }
}
