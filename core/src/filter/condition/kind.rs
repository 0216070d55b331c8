//! As what values are compared.

/// As what two values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Bool,
    Int,
    Oid,
    Numeric,
    Float,
    /// Text of any type but `character`, and `character` without its blanks, as in a cast to `text`.
    Text,
    /// Text as it is, the blanks of `character` included, as `LIKE` and `~` see it.
    Raw,
    Bpchar,
    Citext,
    Uuid,
    Moment,
    Instant,
    Time,
    Bytes,
    Bits,
    Enum,
}

impl Kind {
    /// Whether the order of values is that of a collation.
    pub(super) fn is_collated(self) -> bool {
        matches!(self, Self::Text | Self::Raw | Self::Bpchar | Self::Citext)
    }
}
