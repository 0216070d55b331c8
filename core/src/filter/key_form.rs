//! When two key values are equal: a foreign key compares by the type's equality, and equal values of some types print
//! differently (the numerics 1.0 and 1.00). Before they are hashed they get one form.

use super::keys::Hash;
use crate::catalog::Catalog;
use crate::error::{Error, ErrorKind, Result};

/// How a value of a key becomes the bytes that are hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyForm {
    /// As it prints.
    Exact,
    /// `character(n)`: blanks at the end do not count.
    Blanks,
    /// Integers and numerics.
    Number,
    /// `real`.
    Float4,
    /// `double precision`.
    Float8,
    Boolean,
    Uuid,
    /// `citext`: ASCII without regard to case; of other text nobody but the server knows what is equal.
    Citext,
}

/// Types of which equal values always print alike, and may be compared only with themselves. Date and time types print
/// by the settings of one session, which are the same for a whole dump.
const EXACT: [&str; 18] = [
    "date",
    "timestamp without time zone",
    "timestamp with time zone",
    "time without time zone",
    "time with time zone",
    "bytea",
    "inet",
    "cidr",
    "macaddr",
    "macaddr8",
    "\"char\"",
    "money",
    "pg_lsn",
    "xid8",
    "int4range",
    "int8range",
    "daterange",
    "bit",
];

/// The type without its modifier: `timestamp(3) without time zone` is `timestamp without time zone`.
fn without_modifier(name: &str) -> String {
    match (name.find('('), name.find(')')) {
        (Some(open), Some(close)) if open < close && !name.contains('"') => {
            let before = name.get(..open).unwrap_or_default().trim_end();
            let after = name.get(close + 1..).unwrap_or_default();
            format!("{before}{after}")
        }
        _ => name.to_owned(),
    }
}

/// What can be compared with what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    Text,
    Number,
    Float,
    Same(String),
}

pub(crate) fn family(type_name: &str, catalog: &Catalog) -> Option<(Family, KeyForm)> {
    let name = without_modifier(catalog.base_type(type_name));
    let family = match name.as_str() {
        "text" | "character varying" | "name" => (Family::Text, KeyForm::Exact),
        "character" => (Family::Text, KeyForm::Blanks),
        "smallint" | "integer" | "bigint" | "numeric" | "oid" => (Family::Number, KeyForm::Number),
        "real" => (Family::Float, KeyForm::Float4),
        "double precision" => (Family::Float, KeyForm::Float8),
        "boolean" => (Family::Same(name), KeyForm::Boolean),
        "uuid" => (Family::Same(name), KeyForm::Uuid),
        "bit varying" => (Family::Same("bit".to_owned()), KeyForm::Exact),
        other if EXACT.contains(&other) => (Family::Same(name), KeyForm::Exact),
        other if other == "citext" || other.ends_with(".citext") => (Family::Same(name), KeyForm::Citext),
        other if catalog.enum_labels(other).is_some() => (Family::Same(name), KeyForm::Exact),
        other => match other.strip_suffix("[]") {
            Some("smallint" | "integer" | "bigint" | "text" | "character varying" | "uuid" | "boolean" | "date") => {
                (Family::Same(name), KeyForm::Exact)
            }
            _ => return None,
        },
    };
    Some(family)
}

/// The forms of a referencing and a referenced column, or why they cannot be compared here as the server does.
pub(crate) fn forms(child: &str, parent: &str, catalog: &Catalog) -> Result<(KeyForm, KeyForm), String> {
    let unknown = |name: &str| format!("equal values of type {name} may print differently");
    let (child_family, child_form) = family(child, catalog).ok_or_else(|| unknown(child))?;
    let (parent_family, parent_form) = family(parent, catalog).ok_or_else(|| unknown(parent))?;
    if child_family != parent_family {
        return Err(format!("values of type {child} and {parent} print differently"));
    }
    // With a referenced `character` column the comparison is its own, without blanks on either side.
    match (child_form, parent_form) {
        (_, KeyForm::Blanks) => Ok((KeyForm::Blanks, KeyForm::Blanks)),
        forms => Ok(forms),
    }
}

/// Whether a column holds text, of a length that is limited or not.
pub(crate) fn is_text(type_name: &str, catalog: &Catalog) -> bool {
    matches!(family(type_name, catalog), Some((Family::Text, _)))
}

impl KeyForm {
    /// Adds a value to a hash.
    #[inline]
    pub(crate) fn add(self, text: &[u8], hash: &mut Hash) -> Result<()> {
        match self {
            Self::Exact => whole(text, hash),
            Self::Blanks => {
                let end = text.iter().rposition(|&byte| byte != b' ').map_or(0, |last| last + 1);
                whole(text.get(..end).unwrap_or_default(), hash);
            }
            Self::Number => number(text, hash),
            Self::Float4 => float(text, hash, |text| text.parse::<f32>().ok().map(f64::from)),
            Self::Float8 => float(text, hash, |text| text.parse::<f64>().ok()),
            Self::Boolean => whole(if matches!(text, b"t" | b"true") { b"t" } else { b"f" }, hash),
            Self::Uuid => {
                let digits = text.iter().filter(|byte| byte.is_ascii_hexdigit());
                let lower: Vec<u8> = digits.map(u8::to_ascii_lowercase).collect();
                whole(&lower, hash);
            }
            Self::Citext if text.is_ascii() => whole(&text.to_ascii_lowercase(), hash),
            Self::Citext => {
                let message =
                    "a citext key with characters beyond ASCII: which others are equal to it, only the server knows";
                return Err(Error::new(ErrorKind::Condition, message));
            }
        }
        Ok(())
    }
}

#[inline]
fn whole(text: &[u8], hash: &mut Hash) {
    hash.part(text);
    hash.end_value(text.len());
}

/// Hashes sign, significant digits, and the place of the decimal point. What is no number stands for itself (`NaN`).
fn number(text: &[u8], hash: &mut Hash) {
    let text = text.trim_ascii();
    // Nearly all are integers as they print.
    if text.len() < 20
        && text.first().is_some_and(|first| matches!(first, b'1'..=b'9'))
        && text.iter().all(u8::is_ascii_digit)
    {
        let end = text.iter().rposition(|&byte| byte != b'0').map_or(0, |last| last + 1);
        return digits(false, text.get(..end).unwrap_or_default(), text.len() as i64, hash);
    }
    let (negative, rest) = match text.strip_prefix(b"-") {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix(b"+").unwrap_or(text)),
    };
    let (mantissa, exponent) = match rest.iter().position(|byte| matches!(byte, b'e' | b'E')) {
        Some(at) => {
            let (mantissa, exponent) = rest.split_at(at);
            let exponent = exponent.get(1..).and_then(|digits| std::str::from_utf8(digits).ok());
            (mantissa, exponent.and_then(|digits| digits.parse::<i64>().ok()))
        }
        None => (rest, Some(0)),
    };
    let point = mantissa.iter().position(|&byte| byte == b'.').unwrap_or(mantissa.len());
    let plain: Vec<u8> = mantissa.iter().copied().filter(|&byte| byte != b'.').collect();
    let (Some(exponent), true) = (exponent, plain.iter().all(u8::is_ascii_digit) && !plain.is_empty()) else {
        return whole(text, hash);
    };
    let Some(first) = plain.iter().position(|&byte| byte != b'0') else {
        return digits(false, b"", 0, hash);
    };
    let last = plain.iter().rposition(|&byte| byte != b'0').unwrap_or(first);
    let place = exponent.saturating_add(point as i64).saturating_sub(first as i64);
    digits(negative, plain.get(first..=last).unwrap_or_default(), place, hash);
}

fn digits(negative: bool, digits: &[u8], place: i64, hash: &mut Hash) {
    hash.part(if negative { b"-" } else { b"+" });
    hash.part(&place.to_le_bytes());
    whole(digits, hash);
}

fn float(text: &[u8], hash: &mut Hash, parse: impl Fn(&str) -> Option<f64>) {
    match std::str::from_utf8(text.trim_ascii()).ok().and_then(parse) {
        Some(value) if value.is_nan() => whole(b"NaN", hash),
        // The two zeros are equal.
        Some(value) => whole(&(value + 0.0).to_bits().to_le_bytes(), hash),
        None => whole(text, hash),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filter::keys::KeyHasher;

    #[test]
    fn equal_values_have_one_hash() {
        let hasher = KeyHasher::random();
        let hash = |form: KeyForm, text: &str| {
            let mut hash = hasher.begin(0);
            form.add(text.as_bytes(), &mut hash).unwrap();
            hash.finish()
        };
        let equal: &[(KeyForm, &[&str])] = &[
            (
                KeyForm::Number,
                &["10", "10.0", "10.00", "1e1", "+10", "010", " 10", "1.0e+01", "100e-1"],
            ),
            (KeyForm::Number, &["0", "0.00", "-0", "0e5"]),
            (KeyForm::Number, &["-1.5", "-1.50"]),
            (KeyForm::Number, &["123000", "123e3", "123000.0"]),
            (KeyForm::Number, &["0.001", "1e-3", ".001", "0.0010"]),
            (KeyForm::Float8, &["0", "-0", "0.0"]),
            (KeyForm::Float8, &["1e+15", "1000000000000000"]),
            (KeyForm::Float8, &["NaN", "nan"]),
            (KeyForm::Boolean, &["t", "true"]),
            (KeyForm::Blanks, &["a", "a  "]),
            (
                KeyForm::Uuid,
                &[
                    "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11",
                    "{a0eebc999c0b4ef8bb6d6bb9bd380a11}",
                ],
            ),
            (KeyForm::Citext, &["Ab", "aB"]),
        ];
        for (form, texts) in equal {
            for text in *texts {
                assert_eq!(hash(*form, texts[0]), hash(*form, text), "{text}");
            }
        }
        for (form, a, b) in [
            (KeyForm::Number, "1", "10"),
            (KeyForm::Number, "1", "-1"),
            (KeyForm::Number, "1", "0.1"),
            (KeyForm::Number, "NaN", "0"),
            (KeyForm::Number, "9007199254740993", "9007199254740992"),
            (KeyForm::Exact, "a", "a "),
            (KeyForm::Boolean, "t", "f"),
        ] {
            assert_ne!(hash(form, a), hash(form, b), "{a} {b}");
        }
        // 0.1 as real is another number than as double precision, although both print so.
        assert_ne!(hash(KeyForm::Float4, "0.1"), hash(KeyForm::Float8, "0.1"));
        assert_eq!(hash(KeyForm::Float4, "0.5"), hash(KeyForm::Float8, "0.5"));
        assert!(KeyForm::Citext.add("é".as_bytes(), &mut hasher.begin(0)).is_err());
    }

    #[test]
    fn what_can_be_compared() {
        let catalog = Catalog::from_schema_sql("CREATE TYPE public.mood AS ENUM ('sad', 'ok');").unwrap();
        let forms = |child, parent| forms(child, parent, &catalog).ok();
        assert_eq!(forms("integer", "bigint"), Some((KeyForm::Number, KeyForm::Number)));
        assert_eq!(
            forms("integer", "numeric(10,2)"),
            Some((KeyForm::Number, KeyForm::Number))
        );
        assert_eq!(
            forms("character varying(30)", "text"),
            Some((KeyForm::Exact, KeyForm::Exact))
        );
        assert_eq!(forms("text", "character(3)"), Some((KeyForm::Blanks, KeyForm::Blanks)));
        assert_eq!(forms("character(3)", "text"), Some((KeyForm::Blanks, KeyForm::Exact)));
        assert_eq!(
            forms("timestamp(3) without time zone", "timestamp without time zone"),
            Some((KeyForm::Exact, KeyForm::Exact))
        );
        assert_eq!(
            forms("public.mood", "public.mood"),
            Some((KeyForm::Exact, KeyForm::Exact))
        );
        assert_eq!(
            forms("bit(3)", "bit varying(5)"),
            Some((KeyForm::Exact, KeyForm::Exact))
        );
        assert_eq!(forms("date", "timestamp without time zone"), None);
        assert_eq!(forms("interval", "interval"), None);
        assert_eq!(forms("jsonb", "jsonb"), None);
        assert_eq!(forms("numeric[]", "numeric[]"), None);
    }
}
