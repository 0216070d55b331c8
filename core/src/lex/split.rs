//! Finds where a statement ends, resumable at any byte.
//!
//! The rules are those of psql (src/fe_utils/psqlscan.l), because psql is what a dump is written for: a statement ends
//! at a `;` outside of quotes, comments and parentheses and outside of the `BEGIN … END` body of a `CREATE FUNCTION`.
//! Nothing that is split here is ever copied into a script, so a dump that fools this file can only fool itself.

use memchr::{memchr, memchr_iter, memchr2};

use super::tail;

/// The longest dollar-quote tag that is remembered; identifiers of PostgreSQL are at most 63 bytes.
const TAG_BYTES_MAX: usize = 64;
/// Words longer than this cannot be one of the keywords that matter.
const WORD_BYTES_MAX: usize = 9;

/// The state of the lexer between two bytes of a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Outside of everything.
    Plain,
    /// Behind one `-` or `/` that may begin a comment.
    Dash,
    Slash,
    LineComment,
    BlockComment,
    /// In a block comment behind a `*` or `/` that may end it or open a nested one.
    BlockStar,
    BlockSlash,
    /// In a word; `E` before a quote changes the string.
    Word,
    /// In `'…'`; `escapes` if backslashes escape.
    Quote {
        escapes: bool,
    },
    QuoteEscape,
    /// In `"…"`.
    Identifier,
    /// Behind a `$` that may begin a dollar quote; the tag so far is in `tag`.
    DollarTag,
    /// In a dollar-quoted string, looking for `tag`.
    Dollar,
}

/// Splits a stream of SQL into statements.
///
/// Feed it the bytes of one statement, in pieces of any size, until [`scan`](Splitter::scan) tells where it ends.
#[derive(Clone, Debug)]
pub(crate) struct Splitter {
    state: State,
    /// `standard_conforming_strings`.
    scs: bool,
    parens: u32,
    comments: u32,
    /// Open `BEGIN` and `CASE` of a function body.
    blocks: u32,
    words: u32,
    /// First letters of the first four words where they are those of `CREATE OR REPLACE FUNCTION|PROCEDURE`.
    opening: [u8; 4],
    word: Vec<u8>,
    tag: Vec<u8>,
    /// How many bytes of `tag` the text just before the next byte matches.
    tag_matched: usize,
}

impl Splitter {
    pub(crate) fn new(scs: bool) -> Self {
        Self {
            state: State::Plain,
            scs,
            parens: 0,
            comments: 0,
            blocks: 0,
            words: 0,
            opening: [0; 4],
            word: Vec::new(),
            tag: Vec::new(),
            tag_matched: 0,
        }
    }

    /// Reads `bytes`; returns the offset behind the `;` that ends the statement, or `None` if all of it belongs to it.
    pub(crate) fn scan(&mut self, bytes: &[u8]) -> Option<usize> {
        let mut at = 0;
        while at < bytes.len() {
            at = match self.state {
                State::Plain | State::Dash | State::Slash | State::Word => {
                    let byte = *bytes.get(at)?;
                    if self.plain(byte) {
                        return Some(at + 1);
                    }
                    at + 1
                }
                _ => self.inside(bytes, at),
            };
        }
        None
    }

    /// Whether the statement is inside of a quote or a comment: what an end of input here would cut.
    pub(crate) fn open_token(&self) -> Option<&'static str> {
        match self.state {
            State::Quote { .. } | State::QuoteEscape => Some("a quoted string"),
            State::Identifier => Some("a quoted identifier"),
            State::BlockComment | State::BlockStar | State::BlockSlash => Some("a comment"),
            State::Dollar => Some("a dollar-quoted string"),
            _ if self.parens > 0 => Some("parentheses"),
            _ => None,
        }
    }

    /// Whether what was read ends inside of something quoted.
    pub(crate) fn is_in_literal(&self) -> bool {
        matches!(
            self.state,
            State::Quote { .. } | State::QuoteEscape | State::Identifier | State::Dollar
        )
    }

    /// One byte outside of quotes and comments; true if it ends the statement.
    fn plain(&mut self, byte: u8) -> bool {
        match (self.state, byte) {
            (State::Dash, b'-') => {
                self.state = State::LineComment;
                return false;
            }
            (State::Slash, b'*') => {
                self.state = State::BlockComment;
                self.comments = 1;
                return false;
            }
            (State::Word, b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'$' | 0x80..) => {
                if self.word.len() <= WORD_BYTES_MAX {
                    self.word.push(byte.to_ascii_lowercase());
                }
                return false;
            }
            (State::Word, _) => {
                let escapes = byte == b'\'' && self.word == b"e";
                self.end_word();
                if escapes {
                    self.state = State::Quote { escapes: true };
                    return false;
                }
            }
            _ => {}
        }
        self.state = match byte {
            b'-' => State::Dash,
            b'/' => State::Slash,
            b'\'' => State::Quote { escapes: !self.scs },
            b'"' => State::Identifier,
            b'$' => {
                self.tag.clear();
                self.tag.push(b'$');
                State::DollarTag
            }
            b'a'..=b'z' | b'A'..=b'Z' | b'_' | 0x80.. => {
                self.word.clear();
                self.word.push(byte.to_ascii_lowercase());
                State::Word
            }
            b'(' => {
                self.parens = self.parens.saturating_add(1);
                State::Plain
            }
            b')' => {
                self.parens = self.parens.saturating_sub(1);
                State::Plain
            }
            b';' if self.parens == 0 && self.blocks == 0 => return true,
            _ => State::Plain,
        };
        false
    }

    /// Follows psql's heuristic for SQL-standard function bodies.
    fn end_word(&mut self) {
        let word = self.word.as_slice();
        if let (Some(slot), Some(&first), b"create" | b"or" | b"replace" | b"function" | b"procedure") =
            (self.opening.get_mut(self.words as usize), word.first(), word)
        {
            *slot = first;
        }
        self.words = self.words.wrapping_add(1);
        let is_function =
            matches!(self.opening, [b'c', b'f' | b'p', ..]) || matches!(self.opening, [b'c', b'o', b'r', b'f' | b'p']);
        if is_function && self.parens == 0 {
            match word {
                b"begin" => self.blocks = self.blocks.saturating_add(1),
                b"case" if self.blocks > 0 => self.blocks = self.blocks.saturating_add(1),
                b"end" => self.blocks = self.blocks.saturating_sub(1),
                _ => {}
            }
        }
    }

    /// Reads on inside of a quote or a comment; returns the offset of the first byte not read.
    fn inside(&mut self, bytes: &[u8], at: usize) -> usize {
        let rest = tail(bytes, at);
        let end = bytes.len();
        match self.state {
            State::LineComment => match memchr2(b'\n', b'\r', rest) {
                Some(found) => self.enter(State::Plain, at + found + 1),
                None => end,
            },
            State::BlockComment => match memchr2(b'*', b'/', rest) {
                Some(found) => {
                    let star = rest.get(found) == Some(&b'*');
                    self.enter(if star { State::BlockStar } else { State::BlockSlash }, at + found + 1)
                }
                None => end,
            },
            State::BlockStar | State::BlockSlash => self.in_comment(rest.first().copied(), at),
            State::Quote { escapes: false } => match memchr(b'\'', rest) {
                // A doubled quote closes the string and opens it again, which comes to the same.
                Some(found) => self.enter(State::Plain, at + found + 1),
                None => end,
            },
            State::Quote { escapes: true } => match memchr2(b'\'', b'\\', rest) {
                Some(found) if rest.get(found) == Some(&b'\\') => self.enter(State::QuoteEscape, at + found + 1),
                Some(found) => self.enter_after_escape_string(at + found + 1),
                None => end,
            },
            State::QuoteEscape => self.enter(State::Quote { escapes: true }, at + 1),
            State::Identifier => match memchr(b'"', rest) {
                Some(found) => self.enter(State::Plain, at + found + 1),
                None => end,
            },
            State::DollarTag => self.in_dollar_tag(rest.first().copied(), at),
            State::Dollar => self.in_dollar(bytes, at),
            State::Plain | State::Dash | State::Slash | State::Word => at,
        }
    }

    fn enter(&mut self, state: State, at: usize) -> usize {
        self.state = state;
        at
    }

    /// Behind the quote that ends an `E'…'`: if it is doubled the string goes on and still has escapes, which is the
    /// state of a word `e` before a quote.
    fn enter_after_escape_string(&mut self, at: usize) -> usize {
        self.word.clear();
        self.word.push(b'e');
        self.state = State::Word;
        // The pseudo word must not count as a word of the statement.
        self.words = self.words.wrapping_sub(1);
        at
    }

    fn in_comment(&mut self, byte: Option<u8>, at: usize) -> usize {
        match (self.state, byte) {
            (State::BlockStar, Some(b'/')) => {
                self.comments = self.comments.saturating_sub(1);
                let state = if self.comments == 0 {
                    State::Plain
                } else {
                    State::BlockComment
                };
                self.enter(state, at + 1)
            }
            (State::BlockSlash, Some(b'*')) => {
                self.comments = self.comments.saturating_add(1);
                self.enter(State::BlockComment, at + 1)
            }
            (State::BlockStar, Some(b'*')) | (State::BlockSlash, Some(b'/')) => at + 1,
            (State::BlockStar, _) | (State::BlockSlash, _) => self.enter(State::BlockComment, at),
            _ => at,
        }
    }

    fn in_dollar_tag(&mut self, byte: Option<u8>, at: usize) -> usize {
        match byte {
            Some(b'$') => {
                self.tag.push(b'$');
                self.tag_matched = 0;
                self.enter(State::Dollar, at + 1)
            }
            Some(byte @ (b'a'..=b'z' | b'A'..=b'Z' | b'_' | 0x80..)) if self.tag.len() < TAG_BYTES_MAX => {
                self.tag.push(byte);
                at + 1
            }
            Some(byte @ b'0'..=b'9') if self.tag.len() > 1 && self.tag.len() < TAG_BYTES_MAX => {
                self.tag.push(byte);
                at + 1
            }
            // Not a dollar quote (a parameter such as $1): the byte is read again as a plain one.
            _ => self.enter(State::Plain, at),
        }
    }

    fn in_dollar(&mut self, bytes: &[u8], at: usize) -> usize {
        let mut at = at;
        while let Some(&byte) = bytes.get(at) {
            if self.tag_matched == 0 {
                match memchr(b'$', tail(bytes, at)) {
                    Some(found) => at += found,
                    None => return bytes.len(),
                }
                self.tag_matched = 1;
                at += 1;
            } else if self.tag.get(self.tag_matched) == Some(&byte) {
                self.tag_matched += 1;
                at += 1;
                if self.tag_matched == self.tag.len() {
                    return self.enter(State::Plain, at);
                }
            } else {
                // A tag holds `$` only at its ends, so a mismatch can only start anew at this very byte.
                self.tag_matched = 0;
            }
        }
        at
    }
}

/// Counts line feeds, for positions.
pub(crate) fn count_lines(bytes: &[u8]) -> u64 {
    memchr_iter(b'\n', bytes).count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The ends of the statements in `sql`, read in pieces that end at `cuts`.
    fn ends(sql: &[u8], scs: bool, cuts: impl Fn(usize) -> bool) -> Vec<usize> {
        let (mut splitter, mut ends, mut at) = (Splitter::new(scs), Vec::new(), 0);
        while at < sql.len() {
            let cut = (at + 1..sql.len()).find(|&at| cuts(at)).unwrap_or(sql.len());
            match splitter.scan(&sql[at..cut]) {
                Some(length) => {
                    at += length;
                    ends.push(at);
                    splitter = Splitter::new(scs);
                }
                None => at = cut,
            }
        }
        ends
    }

    fn assert_resumable(sql: &[u8], scs: bool) -> Vec<usize> {
        let whole = ends(sql, scs, |_| false);
        assert_eq!(ends(sql, scs, |_| true), whole, "byte by byte: {}", sql.escape_ascii());
        for cut in 1..sql.len() {
            assert_eq!(
                ends(sql, scs, |at| at == cut),
                whole,
                "cut at {cut}: {}",
                sql.escape_ascii()
            );
        }
        whole
    }

    #[test]
    fn each_is_one_statement() {
        for (sql, scs) in [
            ("SELECT 'a;''b;';", true),
            (r"SELECT 'a\';", true),
            (r"SELECT 'a\';';", false),
            (r"SELECT E'a\';'';b';", true),
            (r"SELECT e'\\', 'a;';", true),
            ("SELECT \"a;\"\"b;\", 1;", true),
            ("SELECT 1 -- ; '\n + 2;", true),
            ("SELECT 1 -- ; '\r + 2;", true),
            ("SELECT /* ; /* ; ' */ ; */ 1;", true),
            ("SELECT /*/ ; */ /**/ 1 /***/;", true),
            ("SELECT 1 - 2 / 3 -/* ; */ 4;", true),
            ("SELECT $$a;'b;$$, $_1$ ; $$ ; $_1 $_1$;", true),
            ("SELECT $a$ $b$; $a$;", true),
            ("SELECT $1, a$b$c;", true),
            ("CREATE RULE r AS ON DELETE TO t DO (SELECT 1; SELECT 2;);", true),
            (
                "CREATE FUNCTION f() BEGIN ATOMIC SELECT CASE WHEN a THEN 1 END; SELECT 2; END;",
                true,
            ),
            ("CREATE OR REPLACE PROCEDURE f() BEGIN ATOMIC SELECT 1; END;", true),
            ("create function f() as 'begin; end;';", true),
        ] {
            assert_eq!(assert_resumable(sql.as_bytes(), scs), [sql.len()], "{sql}");
        }
        for sql in [
            "BEGIN;COMMIT;",
            "SELECT 1 AS begin;SELECT 2;",
            "SELECT ');';SELECT (1);",
        ] {
            assert_eq!(assert_resumable(sql.as_bytes(), true).len(), 2, "{sql}");
        }
    }

    proptest! {
        #[test]
        fn resumable(
            pieces in prop::collection::vec(prop::sample::select(vec![
                "'", "\"", "\\", ";", "-", "--", "/*", "*/", "/", "*", "$", "$$", "$a$", "e", "E'", "(", ")", "\n", "\r", " ", "1",
                "CREATE ", "FUNCTION ", "BEGIN ", "END ", "CASE ", "é",
            ]), 0..24),
            scs in any::<bool>(),
        ) {
            assert_resumable(pieces.concat().as_bytes(), scs);
        }
    }
}
