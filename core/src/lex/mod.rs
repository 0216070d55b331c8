//! Bytes → strings, identifiers, comments, statements.
//!
//! Everything here looks at bytes only and never decides what a statement means.

pub(crate) mod identifiers;
pub(crate) mod literal;
pub(crate) mod names;
pub(crate) mod split;
pub(crate) mod tokens;

use crate::error::ErrorKind;
use crate::text::printable;

/// What a scanner found wrong, and at which offset of the bytes it was given.
///
/// It is turned into an [`Error`](crate::Error) by the one place that knows where those bytes stand in the dump.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LexError {
    pub(crate) at: usize,
    pub(crate) kind: ErrorKind,
    pub(crate) message: String,
}

impl LexError {
    pub(crate) fn new(at: usize, kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            at,
            kind,
            message: message.into(),
        }
    }
}

/// The bytes from `start` to `end`; empty if that is no range of `bytes`, so that no arithmetic mistake can panic.
#[inline]
pub(crate) fn slice(bytes: &[u8], start: usize, end: usize) -> &[u8] {
    debug_assert!(start <= end && end <= bytes.len());
    bytes.get(start..end).unwrap_or_default()
}

/// The bytes from `start` on; empty past the end.
#[inline]
pub(crate) fn tail(bytes: &[u8], start: usize) -> &[u8] {
    bytes.get(start..).unwrap_or_default()
}

/// White space of PostgreSQL's lexer: `space` in src/backend/parser/scan.l.
#[inline]
pub(crate) fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | b'\x0c')
}

/// The longest excerpt.
const EXCERPT_BYTES: usize = 40;

/// Whether `bytes` hold enough for their excerpt to be the same whatever follows.
pub(crate) fn has_excerpt(bytes: &[u8]) -> bool {
    bytes.len() > EXCERPT_BYTES || bytes.contains(&b'\n')
}

/// A short printable form of what stands at the start of `bytes`, for error messages.
pub(crate) fn excerpt(bytes: &[u8]) -> String {
    let line = bytes.split(|&b| b == b'\n').next().unwrap_or_default();
    let shown = line.get(..EXCERPT_BYTES).unwrap_or(line);
    let dots = if shown.len() < line.len() { "…" } else { "" };
    let shown = String::from_utf8_lossy(shown);
    // A character that was cut in two.
    let shown = if dots.is_empty() {
        &shown
    } else {
        shown.trim_end_matches(char::REPLACEMENT_CHARACTER)
    };
    format!("{}{dots}", printable(shown))
}
