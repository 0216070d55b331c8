//! The types of PostgreSQL as far as conditions know them, and which of them can be compared, and how.
//!
//! "Type Conversion" in the manual; `oper()` in src/backend/parser/parse_oper.c and `select_common_type()` in
//! parse_coerce.c.

use std::fmt;
use std::sync::Arc;

use super::kind::Kind;
use crate::catalog::Ranks;

/// The type of an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Type {
    /// A literal in quotes, or `NULL`, that takes the type of what it is compared with.
    Unknown,
    Bool,
    Int2,
    Int4,
    Int8,
    Oid,
    Numeric,
    Float4,
    Float8,
    Text,
    Varchar,
    Bpchar,
    Name,
    Citext,
    Uuid,
    Date,
    Timestamp,
    Timestamptz,
    Time,
    Bytea,
    /// `bit(n)` and `bit varying(n)`.
    Bit,
    Enum(Arc<EnumType>),
    /// A domain over an enum: PostgreSQL finds no operator for it and a literal, but casts it to the enum and to text.
    EnumDomain(Arc<EnumType>, String),
    /// Any other; it can only be asked whether it is NULL.
    Other(String),
}

/// An enum with its labels in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct EnumType {
    pub(super) name: String,
    pub(super) labels: Arc<Ranks>,
}

impl Type {
    /// A type of PostgreSQL itself, by the name that `format_type()` prints or that a cast can use.
    pub(super) fn builtin(name: &str) -> Option<Self> {
        let mut plain = name.to_owned();
        if let (Some(open), Some(close)) = (name.find('('), name.find(')')) {
            plain.replace_range(open..=close, "");
        }
        let plain = plain.strip_prefix("pg_catalog.").unwrap_or(&plain);
        Some(match plain {
            "boolean" | "bool" => Self::Bool,
            "smallint" | "int2" => Self::Int2,
            "integer" | "int" | "int4" => Self::Int4,
            "bigint" | "int8" => Self::Int8,
            "oid" => Self::Oid,
            "numeric" | "decimal" | "dec" => Self::Numeric,
            "real" | "float4" => Self::Float4,
            "double precision" | "float8" | "float" => Self::Float8,
            "text" => Self::Text,
            "character varying" | "varchar" | "char varying" => Self::Varchar,
            "character" | "bpchar" => Self::Bpchar,
            "name" => Self::Name,
            "uuid" => Self::Uuid,
            "date" => Self::Date,
            "timestamp without time zone" | "timestamp" => Self::Timestamp,
            "timestamp with time zone" | "timestamptz" => Self::Timestamptz,
            "time without time zone" | "time" => Self::Time,
            "bytea" => Self::Bytea,
            "bit" | "bit varying" | "varbit" => Self::Bit,
            _ => return None,
        })
    }

    pub(super) fn is_string(&self) -> bool {
        matches!(
            self,
            Self::Text | Self::Varchar | Self::Bpchar | Self::Name | Self::Citext
        )
    }

    fn is_integer(&self) -> bool {
        matches!(self, Self::Int2 | Self::Int4 | Self::Int8)
    }

    /// How far a number goes by implicit casts: from the smaller to the larger, never back.
    fn number_rank(&self) -> Option<u8> {
        Some(match self {
            Self::Int2 => 0,
            Self::Int4 => 1,
            Self::Int8 => 2,
            Self::Numeric => 3,
            Self::Float4 => 4,
            Self::Float8 => 5,
            _ => return None,
        })
    }

    /// How values of two types are compared, if PostgreSQL compares them and what it does can be done here.
    pub(super) fn comparison(&self, other: &Self) -> Option<Kind> {
        use Type::*;
        Some(match (self, other) {
            (Bool, Bool) => Kind::Bool,
            (Oid, Oid) => Kind::Oid,
            (Oid, integer) | (integer, Oid) if integer.is_integer() => Kind::Oid,
            (left, right) if left.number_rank().is_some() && right.number_rank().is_some() => {
                match left.number_rank().max(right.number_rank()) {
                    Some(0..=2) => Kind::Int,
                    Some(3) => Kind::Numeric,
                    // real and numeric, or real and integer, meet as double precision.
                    _ => Kind::Float,
                }
            }
            (Bpchar, Bpchar | Varchar) | (Varchar, Bpchar) => Kind::Bpchar,
            (Citext, Citext) => Kind::Citext,
            (Bpchar, Text) | (Text, Bpchar) => Kind::Text,
            (Citext | Name | Text | Varchar, Text | Varchar) | (Text | Varchar, Citext | Name) | (Name, Name) => {
                Kind::Text
            }
            (Uuid, Uuid) => Kind::Uuid,
            (Date | Timestamp, Date | Timestamp) => Kind::Moment,
            (Timestamptz, Timestamptz) => Kind::Instant,
            (Time, Time) => Kind::Time,
            (Bytea, Bytea) => Kind::Bytes,
            (Bit, Bit) => Kind::Bits,
            (Enum(left), Enum(right)) if left == right => Kind::Enum,
            _ => return None,
        })
    }

    /// The type that values of several types become in `IN (…)` and `coalesce(…)`; `None` if PostgreSQL knows none, or
    /// if it is not known here.
    pub(super) fn common<'a>(types: impl IntoIterator<Item = &'a Self>) -> Option<Self> {
        let mut common: Option<&Self> = None;
        for next in types.into_iter().filter(|ty| **ty != Self::Unknown) {
            common = Some(match common {
                None => next,
                Some(own) => own.common_with(next)?,
            });
        }
        Some(common.cloned().unwrap_or(Self::Text))
    }

    fn common_with<'a>(&'a self, next: &'a Self) -> Option<&'a Self> {
        use Type::*;
        if self == next {
            return Some(self);
        }
        match (self, next) {
            (Oid, integer) | (integer, Oid) if integer.is_integer() => Some(&Oid),
            (Text | Varchar, Text | Varchar) | (Citext, Text) | (Text, Citext) => Some(&Text),
            (Date | Timestamp, Date | Timestamp) => Some(&Timestamp),
            _ => match (self.number_rank()?, next.number_rank()?) {
                (own, other) if own < other => Some(next),
                _ => Some(self),
            },
        }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unknown => "unknown",
            Self::Bool => "boolean",
            Self::Int2 => "smallint",
            Self::Int4 => "integer",
            Self::Int8 => "bigint",
            Self::Oid => "oid",
            Self::Numeric => "numeric",
            Self::Float4 => "real",
            Self::Float8 => "double precision",
            Self::Text => "text",
            Self::Varchar => "character varying",
            Self::Bpchar => "character",
            Self::Name => "name",
            Self::Citext => "citext",
            Self::Uuid => "uuid",
            Self::Date => "date",
            Self::Timestamp => "timestamp without time zone",
            Self::Timestamptz => "timestamp with time zone",
            Self::Time => "time without time zone",
            Self::Bytea => "bytea",
            Self::Bit => "bit",
            Self::Enum(own) => &own.name,
            Self::EnumDomain(_, name) | Self::Other(name) => name,
        })
    }
}
