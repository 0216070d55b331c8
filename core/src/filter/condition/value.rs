//! Values as they are compared, and how the text of a row becomes one.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::sync::Arc;

use super::kind::Kind;
use super::moment::{self, Moment, Zone};
use super::number::{self, Numeric};
use super::types::{EnumType, Type};

/// A value that is not NULL.
#[derive(Clone, Debug)]
pub(super) enum Value<'a> {
    Bool(bool),
    Int(i64),
    Numeric(Numeric<'a>),
    Float(f64),
    /// Text, bits and the bytes of `bytea`.
    Bytes(Cow<'a, [u8]>),
    Uuid([u8; 16]),
    Moment(Moment),
    /// The place of a label in its enum.
    Rank(usize),
}

impl Value<'_> {
    pub(super) fn reborrow(&self) -> Value<'_> {
        match self {
            Self::Bool(value) => Value::Bool(*value),
            Self::Int(value) => Value::Int(*value),
            Self::Numeric(value) => Value::Numeric(value.reborrow()),
            Self::Float(value) => Value::Float(*value),
            Self::Bytes(value) => Value::Bytes(Cow::Borrowed(value)),
            Self::Uuid(value) => Value::Uuid(*value),
            Self::Moment(value) => Value::Moment(*value),
            Self::Rank(value) => Value::Rank(*value),
        }
    }

    pub(super) fn into_owned(self) -> Value<'static> {
        match self {
            Self::Bool(value) => Value::Bool(value),
            Self::Int(value) => Value::Int(value),
            Self::Numeric(value) => Value::Numeric(value.into_owned()),
            Self::Float(value) => Value::Float(value),
            Self::Bytes(value) => Value::Bytes(Cow::Owned(value.into_owned())),
            Self::Uuid(value) => Value::Uuid(value),
            Self::Moment(value) => Value::Moment(value),
            Self::Rank(value) => Value::Rank(value),
        }
    }

    /// The order of two values of one kind; `None` for values of different kinds, which never meet.
    #[inline]
    pub(super) fn compare(&self, other: &Value<'_>) -> Option<Ordering> {
        Some(match (self, other) {
            (Self::Bytes(left), Value::Bytes(right)) => left.cmp(right),
            (Self::Int(left), Value::Int(right)) => left.cmp(right),
            (Self::Bool(left), Value::Bool(right)) => left.cmp(right),
            (Self::Numeric(left), Value::Numeric(right)) => left.compare(right),
            (Self::Float(left), Value::Float(right)) => number::compare_floats(*left, *right),
            (Self::Uuid(left), Value::Uuid(right)) => left.cmp(right),
            (Self::Moment(left), Value::Moment(right)) => left.cmp(right),
            (Self::Rank(left), Value::Rank(right)) => left.cmp(right),
            _ => return None,
        })
    }

    /// Whether two values of one kind are equal.
    #[inline]
    pub(super) fn equals(&self, other: &Value<'_>) -> Option<bool> {
        match (self, other) {
            (Self::Bytes(left), Value::Bytes(right)) => Some(left == right),
            _ => self.compare(other).map(Ordering::is_eq),
        }
    }
}

/// How the text of a value is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Read {
    Bool,
    /// `boolean` as text: `true` or `false`, though a dump by `COPY` says `t` or `f`.
    BoolText,
    Int,
    /// An integer where `oid` is wanted: the negative ones of four bytes count from the end.
    Oid,
    Numeric,
    /// An integer where `double precision` is wanted.
    IntFloat,
    Float4,
    Float8,
    Raw,
    /// Without blanks at the end.
    Stripped,
    /// In lower case.
    Citext,
    Uuid,
    Date,
    Timestamp,
    Timestamptz,
    Time,
    Bytea,
    Enum(Arc<EnumType>),
}

impl Read {
    /// How a value of a type is read where a kind is wanted, if that can be.
    pub(super) fn of(ty: &Type, kind: Kind) -> Option<Self> {
        use Type as T;
        Some(match (kind, ty) {
            (Kind::Bool, T::Bool) => Self::Bool,
            (Kind::Int, T::Int2 | T::Int4 | T::Int8) => Self::Int,
            (Kind::Oid, T::Int2 | T::Int4 | T::Int8 | T::Oid) => Self::Oid,
            (Kind::Numeric, T::Int2 | T::Int4 | T::Int8 | T::Numeric) => Self::Numeric,
            (Kind::Float, T::Int2 | T::Int4 | T::Int8) => Self::IntFloat,
            (Kind::Float, T::Float4) => Self::Float4,
            (Kind::Float, T::Numeric | T::Float8) => Self::Float8,
            (Kind::Text | Kind::Raw, T::Bool) => Self::BoolText,
            (Kind::Raw, T::Bpchar) => Self::Raw,
            (Kind::Text | Kind::Bpchar, T::Bpchar) | (Kind::Bpchar, T::Varchar) => Self::Stripped,
            (Kind::Citext, T::Citext) => Self::Citext,
            // The rest of the types whose cast to text says what the dump says.
            (
                Kind::Text | Kind::Raw,
                T::Int2
                | T::Int4
                | T::Int8
                | T::Oid
                | T::Numeric
                | T::Float4
                | T::Float8
                | T::Text
                | T::Varchar
                | T::Name
                | T::Citext
                | T::Uuid
                | T::Date
                | T::Timestamp
                | T::Time
                | T::Bit
                | T::Enum(_)
                | T::EnumDomain(..),
            ) => Self::Raw,
            (Kind::Text | Kind::Raw, T::Other(name)) if name == "json" || name == "jsonb" => Self::Raw,
            (Kind::Uuid, T::Uuid) => Self::Uuid,
            (Kind::Moment, T::Date) => Self::Date,
            (Kind::Moment, T::Timestamp) => Self::Timestamp,
            (Kind::Instant, T::Timestamptz) => Self::Timestamptz,
            (Kind::Time, T::Time) => Self::Time,
            (Kind::Bytes, T::Bytea) => Self::Bytea,
            (Kind::Bits, T::Bit) => Self::Raw,
            (Kind::Enum, T::Enum(own)) => Self::Enum(own.clone()),
            _ => return None,
        })
    }

    /// Reads a value; the error says what the text is not.
    #[inline]
    pub(super) fn value<'a>(&self, text: &'a [u8]) -> Result<Value<'a>, &'static str> {
        match self {
            Self::Raw => Ok(Value::Bytes(Cow::Borrowed(text))),
            Self::Bool => boolean(text).map(Value::Bool),
            Self::Int => number::integer(text).map(Value::Int).ok_or("is not an integer"),
            _ => self.rarer_value(text),
        }
    }

    fn rarer_value<'a>(&self, text: &'a [u8]) -> Result<Value<'a>, &'static str> {
        let bytes = |bytes: &'a [u8]| Value::Bytes(Cow::Borrowed(bytes));
        match self {
            Self::Raw => Ok(bytes(text)),
            Self::Bool => boolean(text).map(Value::Bool),
            Self::BoolText => Ok(bytes(if boolean(text)? { b"true" } else { b"false" })),
            Self::Int => number::integer(text).map(Value::Int).ok_or("is not an integer"),
            Self::Oid => match number::integer(text) {
                Some(value @ 0..=0xffff_ffff) => Ok(Value::Int(value)),
                Some(value @ -0x8000_0000..0) => Ok(Value::Int(value + (1 << 32))),
                Some(_) => Err("is out of range for type oid"),
                None => Err("is not an integer"),
            },
            Self::Numeric => Numeric::parse(text).map(Value::Numeric).ok_or("is not a number"),
            // As an i64 first: its digits may round twice otherwise, and so does PostgreSQL.
            Self::IntFloat => match number::integer(text) {
                #[allow(clippy::cast_precision_loss, reason = "PostgreSQL rounds in the same way")]
                Some(value) => Ok(Value::Float(value as f64)),
                None => Err("is not an integer"),
            },
            Self::Float4 => number::float4(text)
                .map(Value::Float)
                .ok_or("is not a real, or out of range"),
            Self::Float8 => number::float8(text)
                .map(Value::Float)
                .ok_or("is not a double precision, or out of range"),
            Self::Stripped => {
                let end = text.iter().rposition(|&byte| byte != b' ').map_or(0, |last| last + 1);
                Ok(bytes(text.get(..end).unwrap_or(text)))
            }
            Self::Citext => lower_ascii(text).map(Value::Bytes),
            Self::Uuid => uuid(text).map(Value::Uuid).ok_or("is not a uuid"),
            Self::Date => moment::date(text).map(Value::Moment).ok_or("is not a date in ISO form"),
            Self::Timestamp => moment::timestamp(text, Zone::None)
                .map(Value::Moment)
                .ok_or("is not a timestamp in ISO form"),
            Self::Timestamptz => moment::timestamp(text, Zone::Offset)
                .map(Value::Moment)
                .ok_or("is not a timestamp in ISO form with an offset"),
            Self::Time => moment::time(text).map(Value::Int).ok_or("is not a time in ISO form"),
            Self::Bytea => bytea(text)
                .map(|value| Value::Bytes(value.into()))
                .ok_or("is not a bytea"),
            Self::Enum(own) => {
                let rank = own.labels.rank(text);
                rank.map(Value::Rank).ok_or("is not a label of the enum")
            }
        }
    }
}

/// `t` and `f` in COPY data, `true` and `false` in INSERT.
fn boolean(text: &[u8]) -> Result<bool, &'static str> {
    match text {
        b"t" | b"true" => Ok(true),
        b"f" | b"false" => Ok(false),
        _ => Err("is not a boolean"),
    }
}

/// The reason not to change the case of text.
pub(super) const NOT_ASCII: &str =
    "is not ASCII, and which letters are the same in upper and lower case is known to the source's locale alone";

/// The reason not to change the case of text by a rule.
pub(super) const NO_ONE_CASE: &str =
    "has a letter whose other case is several letters, or hangs on its neighbours, by the source's locale";

/// Whether no character beyond ASCII becomes one of ASCII, or more than one, in another case, whatever the locale is. (That
/// of a Turkic language is not looked at: there letters of ASCII have other cases too.)
pub(super) fn stays_beyond_ascii(text: &[u8], upper: bool) -> bool {
    let is_certain = |character: char| match upper {
        // The dotted I, and the sign of kelvin.
        false => !matches!(character, '\u{130}' | '\u{212a}'),
        // The dotless i, the long s, and what has no capital of its own but several letters.
        true => !matches!(
            character,
            '\u{131}' | '\u{17f}' | '\u{df}' | '\u{149}' | '\u{1f0}' | '\u{1e96}'..='\u{1e9a}' | '\u{fb00}'..='\u{fb06}'
        ),
    };
    std::str::from_utf8(text).is_ok_and(|text| text.chars().all(is_certain))
}

/// Text in lower case, if it needs no locale.
pub(super) fn lower_ascii(text: &[u8]) -> Result<Cow<'_, [u8]>, &'static str> {
    if !text.is_ascii() {
        return Err(NOT_ASCII);
    }
    Ok(lower(text))
}

pub(super) fn lower(text: &[u8]) -> Cow<'_, [u8]> {
    match text.iter().any(u8::is_ascii_uppercase) {
        true => Cow::Owned(text.to_ascii_lowercase()),
        false => Cow::Borrowed(text),
    }
}

pub(super) fn upper(text: &[u8]) -> Cow<'_, [u8]> {
    match text.iter().any(u8::is_ascii_lowercase) {
        true => Cow::Owned(text.to_ascii_uppercase()),
        false => Cow::Borrowed(text),
    }
}

/// `string_to_uuid()`: digits in pairs, a hyphen allowed behind every second pair, braces around all.
fn uuid(text: &[u8]) -> Option<[u8; 16]> {
    let mut rest = match text.strip_prefix(b"{") {
        Some(inner) => inner.strip_suffix(b"}")?,
        None => text,
    };
    let mut bytes = [0; 16];
    for (i, byte) in bytes.iter_mut().enumerate() {
        let [high, low, tail @ ..] = rest else {
            return None;
        };
        *byte = hex(*high)? << 4 | hex(*low)?;
        rest = match tail.strip_prefix(b"-") {
            Some(tail) if i % 2 == 1 && i < 15 => tail,
            _ => tail,
        };
    }
    rest.is_empty().then_some(bytes)
}

pub(super) fn hex(digit: u8) -> Option<u8> {
    char::from(digit)
        .to_digit(16)
        .and_then(|value| u8::try_from(value).ok())
}

/// `byteain()`: hex after `\x`, else text with `\\` and octal `\123`.
pub(super) fn bytea(text: &[u8]) -> Option<Vec<u8>> {
    if let Some(digits) = text.strip_prefix(b"\\x") {
        let pair = |pair: &[u8]| match pair {
            [high, low] => Some(hex(*high)? << 4 | hex(*low)?),
            _ => None,
        };
        return digits.chunks(2).map(pair).collect();
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    loop {
        rest = match rest {
            [] => return Some(bytes),
            [b'\\', b'\\', tail @ ..] => {
                bytes.push(b'\\');
                tail
            }
            [b'\\', a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', tail @ ..] => {
                bytes.push((a - b'0') << 6 | (b - b'0') << 3 | (c - b'0'));
                tail
            }
            [b'\\', ..] => return None,
            [byte, tail @ ..] => {
                bytes.push(*byte);
                tail
            }
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uuids_in_every_accepted_form() {
        let plain = uuid(b"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11");
        assert!(plain.is_some());
        for form in [
            "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11",
            "{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}",
            "a0eebc999c0b4ef8bb6d6bb9bd380a11",
            "a0ee-bc99-9c0b-4ef8-bb6d-6bb9-bd38-0a11",
            "{a0eebc99-9c0b4ef8-bb6d6bb9-bd380a11}",
        ] {
            assert_eq!(uuid(form.as_bytes()), plain, "{form}");
        }
        for wrong in [
            "",
            "{",
            "a0",
            "a0eebc999c0b4ef8bb6d6bb9bd380a11-",
            "{a0eebc999c0b4ef8bb6d6bb9bd380a11",
            "a0-eebc999c0b4ef8bb6d6bb9bd380a11",
        ] {
            assert_eq!(uuid(wrong.as_bytes()), None, "{wrong}");
        }
    }

    #[test]
    fn bytea_in_both_forms() {
        assert_eq!(bytea(b"\\x00fF").as_deref(), Some(&[0, 255][..]));
        assert_eq!(bytea(b"a\\\\\\000").as_deref(), Some(&b"a\\\0"[..]));
        assert_eq!(bytea(b"").as_deref(), Some(&b""[..]));
        for wrong in [&b"\\x0"[..], b"\\xzz", b"\\", b"\\9"] {
            assert_eq!(bytea(wrong), None);
        }
    }
}
