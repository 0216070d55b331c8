//! How much of anything is held in memory. No dump of a real database meets the defaults.

use std::fmt;

use crate::error::{Error, ErrorKind, Result};
use crate::text::nearest::nearest;

/// What is limited: the buffers and sets that a dump could make grow. See
/// [`Options::with_limit`](crate::Options::with_limit).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Limit {
    /// Bytes of the head of one `INSERT` or `COPY`. Default: 1 MiB; 1600 columns with names of 63 quotes take 210 kB.
    HeadBytes,
    /// Bytes of all different heads of a dump, each counted as 512 bytes more than its text and what is written for it;
    /// by themselves, what the names of sequences take, and those of databases in [`inspect`](crate::inspect). Default:
    /// 256 MiB.
    HeadsBytes,
    /// Bytes of one statement that is read as a whole. Default: 16 MiB. Functions and comments may be longer: they are
    /// skipped in pieces.
    StatementBytes,
    /// Bytes of all statements that are shown to the catalog; by itself, what the tables take that they make, with all
    /// that these have from others. Default: 512 MiB.
    CatalogBytes,
    /// Bytes of one row. Default: 4 GiB; PostgreSQL takes 1 GiB, and a dump can double quotes and backslashes.
    RowBytes,
    /// Bytes of white space within a statement, of a `/* */` comment, and of a line for psql. Default: 1 MiB.
    GapBytes,
    /// Number of sequences. Default: 1,000,000.
    Sequences,
    /// Bytes of the dump, decompressed. Default: 1 PiB.
    DumpBytes,
    /// Number of keys of rows that are left out; each takes up to 40 bytes. Default: 100,000,000.
    ExcludedKeys,
}

/// Every limit with its name, its default, and what is said when it is met.
const LIMITS: [(Limit, &str, u64, &str); 9] = [
    (
        Limit::HeadBytes,
        "head_bytes",
        1 << 20,
        "the head of a statement is longer than",
    ),
    (
        Limit::HeadsBytes,
        "heads_bytes",
        256 << 20,
        "the heads of all statements (or the names of all sequences, or of all databases) together are longer than",
    ),
    (
        Limit::StatementBytes,
        "statement_bytes",
        16 << 20,
        "a statement is longer than",
    ),
    (
        Limit::CatalogBytes,
        "catalog_bytes",
        512 << 20,
        "the statements about the schema together are longer than",
    ),
    (Limit::RowBytes, "row_bytes", 4 << 30, "a row is longer than"),
    (
        Limit::GapBytes,
        "gap_bytes",
        1 << 20,
        "a comment, white space or a line for psql is longer than",
    ),
    (
        Limit::Sequences,
        "sequences",
        1_000_000,
        "the dump sets more sequences than",
    ),
    (Limit::DumpBytes, "dump_bytes", 1 << 50, "the dump is longer than"),
    (
        Limit::ExcludedKeys,
        "excluded_keys",
        100_000_000,
        "the keys of rows that are left out are more than",
    ),
];

/// What each head takes in memory beside its text, about.
pub(crate) const HEAD_OVERHEAD_BYTES: u64 = 512;
/// Most warnings that are kept; the rest is counted.
pub(crate) const WARNINGS_MAX: usize = 1000;

/// The names of all limits, as in `limits` of [`Options::from_json`](crate::Options::from_json).
pub fn limit_names() -> impl Iterator<Item = &'static str> {
    LIMITS.iter().map(|entry| entry.1)
}

impl Limit {
    /// Its name, as in a configuration file.
    pub fn name(self) -> &'static str {
        self.entry().1
    }

    fn entry(self) -> &'static (Limit, &'static str, u64, &'static str) {
        // The order of the table is that of the enumeration, which a test checks.
        LIMITS.get(self as usize).unwrap_or(&LIMITS[0])
    }

    /// The limit of this name.
    ///
    /// # Errors
    /// If there is none; the error names the nearest.
    pub fn from_name(name: &str) -> Result<Self> {
        if let Some((limit, ..)) = LIMITS.iter().find(|entry| entry.1 == name) {
            return Ok(*limit);
        }
        let error = Error::new(ErrorKind::InvalidOption, format!("`{name}` is no limit"));
        Err(match nearest(name, LIMITS.iter().map(|entry| entry.1.to_owned())) {
            Some(name) => error.with_hint(format!("did you mean {name}?")),
            None => error,
        })
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The limits of a plan.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limits([u64; LIMITS.len()]);

impl Default for Limits {
    fn default() -> Self {
        Self(LIMITS.map(|entry| entry.2))
    }
}

impl fmt::Debug for Limits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map()
            .entries(LIMITS.iter().map(|entry| entry.1).zip(self.0))
            .finish()
    }
}

impl Limits {
    pub(crate) fn set(&mut self, limit: Limit, value: u64) {
        if let Some(slot) = self.0.get_mut(limit as usize) {
            *slot = value;
        }
    }

    pub(crate) fn get(&self, limit: Limit) -> u64 {
        self.0.get(limit as usize).copied().unwrap_or(0)
    }

    /// A limit of bytes as the length of a buffer.
    pub(crate) fn bytes(&self, limit: Limit) -> usize {
        usize::try_from(self.get(limit)).unwrap_or(usize::MAX)
    }

    /// The error of a limit that is met.
    pub(crate) fn error(&self, limit: Limit) -> Error {
        let is_number = matches!(limit, Limit::Sequences | Limit::ExcludedKeys);
        let unit = if is_number { "" } else { " bytes" };
        let message = format!("{} {}{unit}", limit.entry().3, self.get(limit));
        Error::new(ErrorKind::TooLarge, message).with_hint(format!(
            "no dump of a real database meets this; if yours does, raise the limit with `limits = {limit}=SIZE`"
        ))
    }
}

/// Reads a number with one of PostgreSQL's units of size, `kB`, `MB`, `GB` or `TB`, which are powers of 1024.
///
/// # Errors
/// If it is no such number, or 0.
pub fn parse_size(text: &str) -> Result<u64> {
    let digits = text.trim_end_matches(|char: char| char.is_ascii_alphabetic());
    let shift = match text.get(digits.len()..) {
        Some("" | "B") => Some(0),
        Some("kB") => Some(10),
        Some("MB") => Some(20),
        Some("GB") => Some(30),
        Some("TB") => Some(40),
        _ => None,
    };
    let number = digits.trim().parse::<u64>().ok();
    shift
        .zip(number)
        .and_then(|(shift, number)| number.checked_mul(1 << shift))
        .filter(|&size| size > 0)
        .ok_or_else(|| {
            let message = format!("`{text}` is no size: write a positive whole number and maybe kB, MB, GB or TB");
            Error::new(ErrorKind::InvalidOption, message)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_order() {
        for (at, (limit, name, default, _)) in LIMITS.iter().enumerate() {
            assert_eq!(*limit as usize, at);
            assert_eq!(Limit::from_name(name).unwrap(), *limit);
            assert_eq!(Limits::default().get(*limit), *default);
        }
        assert!(
            Limit::from_name("row_byte")
                .unwrap_err()
                .to_string()
                .contains("row_bytes")
        );
    }

    #[test]
    fn the_documentation_shows_the_limits() {
        let document = include_str!("untrusted_input.md");
        for (_, name, default, _) in LIMITS {
            assert!(
                document.contains(&format!("| `{name}` | {default} |")),
                "`{name}` | {default}"
            );
        }
    }

    #[test]
    fn sizes() {
        for (text, size) in [
            ("7", 7),
            ("7B", 7),
            ("2kB", 2048),
            ("3 MB", 3 << 20),
            ("1GB", 1 << 30),
            ("1TB", 1 << 40),
        ] {
            assert_eq!(parse_size(text).unwrap(), size, "{text}");
        }
        for text in ["", "0", "-1", "1.5MB", "1kb", "1 PB", "99999999999TB"] {
            assert!(parse_size(text).is_err(), "{text}");
        }
    }
}
