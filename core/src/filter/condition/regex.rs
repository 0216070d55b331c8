//! Regular expressions: the common part of PostgreSQL's and of the crate `regex`, compiled once.
//!
//! "POSIX Regular Expressions" in the manual; src/backend/regex/regc_lex.c and regcomp.c. Only whether there is a match
//! is asked, so that greediness and groups do not matter. The text is either ASCII or checked to be UTF-8 before.

use std::fmt::Write;

use regex::bytes::{Regex as Engine, RegexBuilder};

use super::case::both;

/// Most memory of a compiled pattern, in bytes.
const SIZE_MAX: usize = 4 << 20;
/// Deepest groups.
const DEPTH_MAX: usize = 50;
/// `DUPMAX` of src/include/regex/regex.h.
const REPEAT_MAX: u32 = 255;

/// A compiled pattern.
#[derive(Clone, Debug)]
pub(super) struct Regex {
    engine: Engine,
    /// Whether what it says of text beyond ASCII depends on the source's locale.
    ascii_only: bool,
}

/// Why a text cannot be matched.
pub(super) const CLASSES_NOT_ASCII: &str =
    "is not ASCII, and which of its characters are letters is known to the source's locale alone";

impl Regex {
    /// Reads a pattern; `locale_c` if only ASCII letters are letters, `by_rule` if the cases of others are known. The error
    /// says what is not supported.
    pub(super) fn new(pattern: &str, ignore_case: bool, locale_c: bool, by_rule: bool) -> Result<Self, String> {
        if pattern.starts_with("***") {
            return Err("the director *** is not supported".to_owned());
        }
        let mut translation = Translation {
            rest: pattern.chars().collect(),
            out: String::with_capacity(pattern.len() + 16),
            ignore_case,
            locale_c,
            by_rule,
            has_class: false,
            depth: 0,
        };
        translation.rest.reverse();
        translation.alternatives()?;
        if translation.peek().is_some() {
            return Err("a parenthesis is closed that was not opened".to_owned());
        }
        let engine = RegexBuilder::new(&translation.out)
            .dot_matches_new_line(true)
            .size_limit(SIZE_MAX)
            .build()
            .map_err(|error| match error {
                regex::Error::CompiledTooBig(_) => "the pattern is too large".to_owned(),
                _ => "the pattern is not supported".to_owned(),
            })?;
        Ok(Self {
            engine,
            // Letters of ASCII stand for both of their cases, and for nothing beyond ASCII.
            ascii_only: !locale_c && translation.has_class,
        })
    }

    /// Whether the text has a match; the error says what the text is not.
    pub(super) fn matches(&self, text: &[u8]) -> Result<bool, &'static str> {
        if !text.is_ascii() {
            if self.ascii_only {
                return Err(CLASSES_NOT_ASCII);
            }
            if std::str::from_utf8(text).is_err() {
                return Err("is not UTF-8");
            }
        }
        Ok(self.engine.is_match(text))
    }
}

struct Translation {
    /// What is left, the next character last.
    rest: Vec<char>,
    out: String,
    ignore_case: bool,
    locale_c: bool,
    by_rule: bool,
    has_class: bool,
    depth: usize,
}

type Step<T = ()> = Result<T, String>;

impl Translation {
    fn peek(&self) -> Option<char> {
        self.rest.last().copied()
    }

    fn take(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        if found {
            self.rest.pop();
        }
        found
    }

    fn second(&self) -> Option<char> {
        self.rest
            .len()
            .checked_sub(2)
            .and_then(|place| self.rest.get(place))
            .copied()
    }

    fn alternatives(&mut self) -> Step {
        loop {
            while !matches!(self.peek(), None | Some('|' | ')')) {
                self.piece()?;
            }
            if !self.take('|') {
                return Ok(());
            }
            self.out.push('|');
        }
    }

    /// An atom with its quantifier, or an anchor.
    fn piece(&mut self) -> Step {
        let Some(character) = self.rest.pop() else {
            return Ok(());
        };
        let mut is_anchor = false;
        match character {
            '^' | '$' => {
                is_anchor = true;
                self.out.push_str(if character == '^' { "\\A" } else { "\\z" });
            }
            '.' => self.out.push('.'),
            '(' => self.group()?,
            '[' => self.bracket()?,
            '\\' => self.escape()?,
            '*' | '+' | '?' => return Err(format!("nothing stands before the quantifier {character}")),
            '{' if self.peek().is_some_and(|next| next.is_ascii_digit()) => {
                return Err("nothing stands before the quantifier {".to_owned());
            }
            literal => self.literal(literal)?,
        }
        self.quantifier(is_anchor)
    }

    fn group(&mut self) -> Step {
        if self.take('?') && !self.take(':') {
            return Err("look-around and embedded options, (?…), are not supported".to_owned());
        }
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err("the pattern is nested too deep".to_owned());
        }
        self.out.push_str("(?:");
        self.alternatives()?;
        if !self.take(')') {
            return Err("a parenthesis is not closed".to_owned());
        }
        self.depth -= 1;
        self.out.push(')');
        Ok(())
    }

    fn quantifier(&mut self, after_anchor: bool) -> Step {
        let start = self.out.len();
        match self.peek() {
            Some(quantifier @ ('*' | '+' | '?')) => {
                self.rest.pop();
                self.out.push(quantifier);
            }
            Some('{') if self.second().is_some_and(|next| next.is_ascii_digit()) => self.bounds()?,
            _ => return Ok(()),
        }
        if after_anchor {
            return Err("an anchor cannot be repeated".to_owned());
        }
        // A non-greedy quantifier finds a match where a greedy one does.
        self.take('?');
        match self.peek() {
            Some('*' | '+' | '?') => Err("a quantifier follows another one".to_owned()),
            Some('{') if self.second().is_some_and(|next| next.is_ascii_digit()) => {
                Err("a quantifier follows another one".to_owned())
            }
            _ => {
                debug_assert!(self.out.len() > start);
                Ok(())
            }
        }
    }

    fn bounds(&mut self) -> Step {
        self.rest.pop();
        let low = self.bound().ok_or("a bound is larger than 255")?;
        let mut high = Some(low);
        if self.take(',') {
            high = match self.peek() {
                Some('}') => None,
                _ => Some(self.bound().ok_or("a bound is not a number up to 255")?),
            };
        }
        if !self.take('}') {
            return Err("a bound is not closed".to_owned());
        }
        let written = match high {
            None => write!(self.out, "{{{low},}}"),
            Some(high) if high < low => return Err("the upper bound is less than the lower one".to_owned()),
            Some(high) => write!(self.out, "{{{low},{high}}}"),
        };
        written.map_err(|error| error.to_string())
    }

    fn bound(&mut self) -> Option<u32> {
        let mut value = None;
        while let Some(digit) = self.peek().and_then(|next| next.to_digit(10)) {
            self.rest.pop();
            value = Some(value.unwrap_or(0) * 10 + digit).filter(|value| *value <= REPEAT_MAX);
            value?;
        }
        value
    }

    fn escape(&mut self) -> Step {
        let Some(escaped) = self.rest.pop() else {
            return Err("the pattern ends with a backslash".to_owned());
        };
        if let Some(class) = shorthand(escaped) {
            self.has_class = true;
            let negated = if escaped.is_ascii_uppercase() { "^" } else { "" };
            self.out.push_str(&format!("[{negated}{class}]"));
            return Ok(());
        }
        let literal = escaped_literal(escaped)?;
        self.literal(literal)
    }

    fn literal(&mut self, literal: char) -> Step {
        self.check_case(literal)?;
        self.out.push('[');
        self.push_range(literal, literal)?;
        self.out.push(']');
        Ok(())
    }

    /// Beyond ASCII there are characters whose other case is an ASCII letter, such as U+212A.
    fn check_case(&self, literal: char) -> Step {
        if !self.ignore_case || self.locale_c || literal.is_ascii() || (self.by_rule && both(literal).is_some()) {
            return Ok(());
        }
        let hint = if self.by_rule {
            ""
        } else {
            "; say `case = unicode` or `case = turkish`"
        };
        Err(format!(
            "upper and lower case of {literal} are known to the source's locale alone{hint}"
        ))
    }

    fn bracket(&mut self) -> Step {
        if self.rest.len() >= 6 && ["[:<:]]", "[:>:]]"].iter().any(|word| self.starts_with(word)) {
            return Err("[[:<:]] and [[:>:]] are not supported".to_owned());
        }
        self.out.push('[');
        if self.take('^') {
            self.out.push('^');
        }
        let mut is_first = true;
        loop {
            let Some(character) = self.rest.pop() else {
                return Err("a bracket is not closed".to_owned());
            };
            match character {
                ']' if !is_first => break,
                '[' if matches!(self.peek(), Some('.' | '=')) => {
                    return Err("[. .] and [= =] are not supported".to_owned());
                }
                '[' if self.peek() == Some(':') => self.class()?,
                '\\' if self.peek().is_some_and(|next| shorthand(next).is_some()) => {
                    let class = self.rest.pop().unwrap_or_default();
                    if class.is_ascii_uppercase() {
                        return Err(format!("\\{class} is not supported in a bracket"));
                    }
                    self.has_class = true;
                    self.out.push_str(shorthand(class).unwrap_or_default());
                    self.no_range()?;
                }
                '-' if !is_first && self.peek() != Some(']') => {
                    return Err("a hyphen is neither first nor last in a bracket".to_owned());
                }
                literal => self.range(literal)?,
            }
            is_first = false;
        }
        self.out.push(']');
        Ok(())
    }

    fn starts_with(&self, text: &str) -> bool {
        self.rest.iter().rev().copied().take(text.len()).eq(text.chars())
    }

    /// `[:alpha:]`, after its first bracket.
    fn class(&mut self) -> Step {
        self.rest.pop();
        let mut name = String::new();
        while let Some(letter) = self.peek().filter(char::is_ascii_lowercase) {
            self.rest.pop();
            name.push(letter);
        }
        if !(self.take(':') && self.take(']')) {
            return Err("a character class is not closed".to_owned());
        }
        let name = match name.as_str() {
            "lower" | "upper" if self.ignore_case => "alpha",
            name @ ("alnum" | "alpha" | "blank" | "cntrl" | "digit" | "graph" | "lower" | "print" | "punct"
            | "space" | "upper" | "xdigit") => name,
            _ => return Err(format!("[:{name}:] is not supported")),
        };
        self.has_class = true;
        self.out.push_str(&format!("[:{name}:]"));
        self.no_range()
    }

    fn no_range(&self) -> Step {
        match self.peek() {
            Some('-') if self.second() != Some(']') => Err("a character class is no end of a range".to_owned()),
            _ => Ok(()),
        }
    }

    /// A character of a bracket, or a range that begins with it.
    fn range(&mut self, first: char) -> Step {
        let first = self.bracket_literal(first)?;
        let mut last = first;
        if self.peek() == Some('-') && self.second().is_some_and(|next| next != ']') {
            self.rest.pop();
            let end = self.rest.pop().unwrap_or_default();
            if end == '[' && matches!(self.peek(), Some('.' | '=' | ':')) {
                return Err("a character class is no end of a range".to_owned());
            }
            last = self.bracket_literal(end)?;
            if last < first {
                return Err(format!("the range {first}-{last} is empty"));
            }
            if self.ignore_case && !self.locale_c && !last.is_ascii() && first != last {
                return Err(format!(
                    "the range {first}-{last} is not supported without regard to case"
                ));
            }
        }
        self.push_range(first, last)
    }

    fn bracket_literal(&mut self, character: char) -> Step<char> {
        let literal = match character {
            '\\' => {
                let escaped = self.rest.pop().ok_or("a bracket is not closed")?;
                escaped_literal(escaped)?
            }
            literal => literal,
        };
        self.check_case(literal)?;
        Ok(literal)
    }

    fn push_range(&mut self, first: char, last: char) -> Step {
        let mut push = |first: char, last: char| {
            write!(self.out, "\\x{{{:x}}}-\\x{{{:x}}}", u32::from(first), u32::from(last))
                .map_err(|error| error.to_string())
        };
        // PostgreSQL looks for both cases, and not for what is neither of them.
        let cases = both(first).filter(|_| self.ignore_case && !self.locale_c && !first.is_ascii() && first == last);
        if let Some([lower, upper]) = cases.filter(|[lower, upper]| lower != upper) {
            push(lower, lower)?;
            return push(upper, upper);
        }
        push(first, last)?;
        if self.ignore_case {
            for (low, high, turn) in [
                ('a', 'z', char::to_ascii_uppercase as fn(&char) -> char),
                ('A', 'Z', char::to_ascii_lowercase),
            ] {
                let (from, to) = (first.max(low), last.min(high));
                if from <= to {
                    push(turn(&from), turn(&to))?;
                }
            }
        }
        Ok(())
    }
}

/// What the shorthands stand for, in ASCII.
fn shorthand(character: char) -> Option<&'static str> {
    Some(match character {
        'd' | 'D' => "0-9",
        's' | 'S' => "\\x{9}-\\x{d} ",
        'w' | 'W' => "0-9A-Z_a-z",
        _ => return None,
    })
}

fn escaped_literal(escaped: char) -> Step<char> {
    Ok(match escaped {
        'n' => '\n',
        't' => '\t',
        'r' => '\r',
        'f' => '\x0c',
        'v' => '\x0b',
        punctuation if punctuation.is_ascii_punctuation() || punctuation == ' ' => punctuation,
        other => return Err(format!("the escape \\{other} is not supported")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, text: &str) -> bool {
        Regex::new(pattern, false, false, false)
            .unwrap()
            .matches(text.as_bytes())
            .unwrap()
    }

    #[test]
    fn the_common_part_means_the_same() {
        for (pattern, text, expected) in [
            ("^a.c$", "a\nc", true),
            ("^a$", "a\n", false),
            ("a|", "b", true),
            ("^(ab){2,3}$", "ababab", true),
            ("a{b", "a{b", true),
            ("x{,2}", "x{,2}", true),
            ("[]a]", "]", true),
            ("[^]a]", "]", false),
            ("[a-]", "-", true),
            ("[[:digit:]x]", "7", true),
            ("\\d\\.\\d", "1.5", true),
            ("^é.$", "éö", true),
            ("a*?b", "b", true),
            ("[\\]]", "]", true),
            ("&&", "&&", true),
            ("[a&&b]", "&", true),
            ("[~~]#", "~#", true),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn what_is_not_common_is_refused() {
        for pattern in [
            "***:a",
            "(?i)a",
            "a(?=b)",
            "(a)\\1",
            "\\ma",
            "\\y",
            "\\Aa",
            "a\\Z",
            "[[:<:]]a",
            "[[.a.]]",
            "[[=a=]]",
            "*a",
            "a**",
            "a{2}{3}",
            "(a",
            "a)",
            "[a",
            "a\\",
            "a{256}",
            "a{3,2}",
            "[b-a]",
            "^*",
            "[[:word:]]",
            "\\x41",
            "a{1",
            "[\\W]",
            "[a-c-e]",
            "[\\w-a]",
            "{1}",
        ] {
            assert!(Regex::new(pattern, false, false, false).is_err(), "{pattern}");
        }
        assert!(Regex::new("é", true, false, false).is_err());
        let by_rule = Regex::new("^[éß-]$", true, false, true);
        assert!(by_rule.is_err(), "ß has no capital of its own");
        let by_rule = Regex::new("^[éx]$", true, false, true).unwrap();
        for (text, expected) in [("É", true), ("é", true), ("X", true), ("e", false)] {
            assert_eq!(by_rule.matches(text.as_bytes()), Ok(expected), "{text}");
        }
        assert!(Regex::new(&"(".repeat(100_000), false, false, false).is_err());
        assert!(Regex::new("((a{200}){200}){200}", false, false, false).is_err());
    }

    #[test]
    fn text_beyond_ascii() {
        assert_eq!(
            Regex::new("\\w", false, false, false).unwrap().matches("é".as_bytes()),
            Err(CLASSES_NOT_ASCII)
        );
        assert_eq!(
            Regex::new("\\w", false, true, false).unwrap().matches("é".as_bytes()),
            Ok(false)
        );
        assert_eq!(
            Regex::new("E", true, false, false).unwrap().matches("é".as_bytes()),
            Ok(false)
        );
        assert!(Regex::new(".", false, false, false).unwrap().matches(b"\xff").is_err());
    }
}
