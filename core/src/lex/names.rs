//! How long a name can be, and how many columns a table can have.
//!
//! PostgreSQL keeps 63 bytes of a name, in the encoding of the database. A dump may be in another one, in which the same
//! name takes up to four bytes a character; the target decides about those that are longer in its own encoding.

/// Most characters of a name, and most bytes of one in any encoding.
const CHARACTERS_MAX: usize = 63;
const BYTES_MAX: usize = 4 * CHARACTERS_MAX;

/// Most bytes of a quoted name as it is written, of which every one may be a doubled quote.
pub(crate) const QUOTED_BYTES_MAX: usize = 2 * BYTES_MAX + 2;

/// Most columns of a table: `MaxHeapAttributeNumber` of PostgreSQL.
pub(crate) const COLUMNS_MAX: usize = 1600;

/// Why a name is too long, if it is.
pub(crate) fn too_long(name: &[u8]) -> Option<String> {
    if name.len() <= CHARACTERS_MAX {
        return None;
    }
    // In encodings that are not known here a character takes up to four bytes.
    let characters = std::str::from_utf8(name).map_or(name.len().div_ceil(4), |name| name.chars().count());
    if name.len() > BYTES_MAX || characters > CHARACTERS_MAX {
        return Some(message());
    }
    None
}

/// What is said of a table with more columns.
pub(crate) fn too_many_columns() -> String {
    format!("a table has more than {COLUMNS_MAX} columns, which is PostgreSQL's limit")
}

/// What is said of a name that is too long.
pub(crate) fn message() -> String {
    format!(
        "a name is longer than {CHARACTERS_MAX} characters or {BYTES_MAX} bytes, which is more than PostgreSQL keeps of one"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths() {
        for (name, fits) in [
            ("x".repeat(63), true),
            ("x".repeat(64), false),
            ("я".repeat(63), true),
            ("я".repeat(64), false),
            ("🐘".repeat(63), true),
            ("🐘".repeat(64), false),
        ] {
            assert_eq!(too_long(name.as_bytes()).is_none(), fits, "{name}");
        }
        assert!(too_long(&[0xff; 252]).is_none());
        assert!(too_long(&[0xff; 253]).is_some());
    }
}
