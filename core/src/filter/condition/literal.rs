//! Literals: from what PostgreSQL takes as input of a type to the one text that it prints, and that rows hold.

use super::moment::{self, Zone};
use super::number;
use super::types::Type;
use crate::ast::condition::refuse;
use crate::catalog::{NAME_BYTES_MAX, truncate};
use crate::error::{Error, Result};
use crate::text::nearest::nearest;

/// The text of a literal as the dump would hold a value of the type.
pub(super) fn canonical(ty: &Type, text: &str) -> Result<String> {
    let invalid = || refuse(format!("invalid input syntax for type {ty}: \"{text}\""));
    let form = |found: Option<String>, hint: &str| found.ok_or_else(|| invalid().with_hint(hint));
    let integer = |range| number::canonical_integer(text, range).ok_or_else(invalid);
    match ty {
        Type::Bool => boolean(text).map(str::to_owned).ok_or_else(invalid),
        Type::Int2 => integer(i64::from(i16::MIN)..=i64::from(i16::MAX)),
        Type::Int4 => integer(i64::from(i32::MIN)..=i64::from(i32::MAX)),
        Type::Int8 => integer(i64::MIN..=i64::MAX),
        // Negative numbers count from the end; that they are taken at all is for backward compatibility (oidin_subr()).
        Type::Oid => integer(0..=i64::from(u32::MAX)),
        Type::Numeric => number::canonical_numeric(text).ok_or_else(invalid),
        Type::Float4 => float(text, |bytes| number::float4(bytes).is_some()).ok_or_else(invalid),
        Type::Float8 => float(text, |bytes| number::float8(bytes).is_some()).ok_or_else(invalid),
        Type::Name => Ok(truncate(text, NAME_BYTES_MAX).to_owned()),
        Type::Date => form(moment::canonical_date(text), "write YYYY-MM-DD"),
        Type::Timestamp => form(
            moment::canonical_timestamp(text, Zone::None),
            "write YYYY-MM-DD HH:MM:SS, without an offset",
        ),
        Type::Timestamptz => form(
            moment::canonical_timestamp(text, Zone::Offset),
            "write YYYY-MM-DD HH:MM:SS+00, with the offset; without it the literal depends on the session",
        ),
        Type::Time => form(moment::canonical_time(text), "write HH:MM:SS"),
        Type::Bit => bits(text).ok_or_else(invalid),
        Type::Enum(own) => match own.labels.rank(text.as_bytes()).is_some() {
            true => Ok(text.to_owned()),
            false => {
                let error = refuse(format!("invalid input value for enum {ty}: \"{text}\""));
                Err(suggest(error, text, own.labels.labels().iter().cloned()))
            }
        },
        Type::Unknown | Type::Text | Type::Varchar | Type::Bpchar | Type::Citext | Type::Uuid | Type::Bytea => {
            Ok(text.to_owned())
        }
        Type::Other(_) | Type::EnumDomain(..) => Err(refuse(format!("values of type {ty} cannot be compared"))
            .with_hint("only IS NULL and IS NOT NULL are supported for this type")),
    }
}

/// The error with the most similar name as its hint, if one is similar.
pub(super) fn suggest(error: Error, wanted: &str, names: impl Iterator<Item = String>) -> Error {
    match nearest(wanted, names) {
        Some(name) => error.with_hint(format!("did you mean {name}?")),
        None => error,
    }
}

/// `parse_bool_with_len()`: the words and their beginnings, in any case.
fn boolean(text: &str) -> Option<&'static str> {
    let text = text.trim_matches(number::is_space).to_ascii_lowercase();
    let begins = |word: &str, least: usize| text.len() >= least && word.starts_with(&text);
    if begins("true", 1) || begins("yes", 1) || text == "on" || text == "1" {
        return Some("true");
    }
    let no = begins("false", 1) || begins("no", 1) || begins("off", 2) || text == "0";
    no.then_some("false")
}

fn float(text: &str, is_float: impl Fn(&[u8]) -> bool) -> Option<String> {
    let text = text.trim_matches(number::is_space);
    is_float(text.as_bytes()).then(|| text.to_owned())
}

fn bits(text: &str) -> Option<String> {
    let digits = text.strip_prefix(['b', 'B']).unwrap_or(text);
    digits
        .bytes()
        .all(|digit| matches!(digit, b'0' | b'1'))
        .then(|| digits.to_owned())
}
