//! Numbers: as PostgreSQL prints them, and as literals may be written.

use std::borrow::Cow;
use std::cmp::Ordering;

/// A decimal number of any size, as its digits: no leading zeros before the point, no trailing ones behind it.
#[derive(Clone, Debug)]
pub(super) struct Numeric<'a> {
    class: Class,
    negative: bool,
    integer: Cow<'a, [u8]>,
    fraction: Cow<'a, [u8]>,
}

/// In the order of `numeric_cmp()`: NaN is the largest, and equal to itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Class {
    MinusInfinity,
    Finite,
    Infinity,
    Nan,
}

impl<'a> Numeric<'a> {
    /// Reads what `numeric_out()` prints, which has no exponent.
    pub(super) fn parse(text: &'a [u8]) -> Option<Self> {
        let special = |class| Self {
            class,
            negative: false,
            integer: Cow::Borrowed(&[]),
            fraction: Cow::Borrowed(&[]),
        };
        match text {
            b"NaN" => return Some(special(Class::Nan)),
            b"Infinity" => return Some(special(Class::Infinity)),
            b"-Infinity" => return Some(special(Class::MinusInfinity)),
            _ => {}
        }
        let (negative, digits) = match text.strip_prefix(b"-") {
            Some(digits) => (true, digits),
            None => (false, text),
        };
        let point = digits.iter().position(|&byte| byte == b'.').unwrap_or(digits.len());
        let (integer, fraction) = digits.split_at_checked(point)?;
        let fraction = fraction.strip_prefix(b".").unwrap_or(fraction);
        let all_digits = |part: &[u8]| part.iter().all(u8::is_ascii_digit);
        if integer.is_empty() && fraction.is_empty() || !all_digits(integer) || !all_digits(fraction) {
            return None;
        }
        let zeros = integer.iter().take_while(|&&byte| byte == b'0').count();
        let end = fraction
            .iter()
            .rposition(|&byte| byte != b'0')
            .map_or(0, |last| last + 1);
        let integer = integer.get(zeros..)?;
        let fraction = fraction.get(..end)?;
        Some(Self {
            class: Class::Finite,
            negative: negative && !(integer.is_empty() && fraction.is_empty()),
            integer: Cow::Borrowed(integer),
            fraction: Cow::Borrowed(fraction),
        })
    }

    pub(super) fn reborrow(&self) -> Numeric<'_> {
        Numeric {
            class: self.class,
            negative: self.negative,
            integer: Cow::Borrowed(&self.integer),
            fraction: Cow::Borrowed(&self.fraction),
        }
    }

    pub(super) fn into_owned(self) -> Numeric<'static> {
        Numeric {
            class: self.class,
            negative: self.negative,
            integer: Cow::Owned(self.integer.into_owned()),
            fraction: Cow::Owned(self.fraction.into_owned()),
        }
    }

    pub(super) fn compare(&self, other: &Numeric<'_>) -> Ordering {
        let magnitude = || {
            let integers = (self.integer.len(), &self.integer).cmp(&(other.integer.len(), &other.integer));
            integers.then_with(|| self.fraction.cmp(&other.fraction))
        };
        self.class
            .cmp(&other.class)
            .then_with(|| match (self.negative, other.negative) {
                (false, false) => magnitude(),
                (true, true) => magnitude().reverse(),
                (false, true) => Ordering::Greater,
                (true, false) => Ordering::Less,
            })
    }
}

/// Reads an integer as PostgreSQL prints it.
pub(super) fn integer(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text.strip_prefix(b"-") {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    if digits.is_empty() {
        return None;
    }
    // Downwards, since the smallest number has no positive counterpart.
    let value = digits.iter().try_fold(0_i64, |value, byte| {
        let digit = byte.is_ascii_digit().then(|| i64::from(byte - b'0'))?;
        value.checked_mul(10)?.checked_sub(digit)
    })?;
    if negative { Some(value) } else { value.checked_neg() }
}

/// Reads a `double precision`, or a number that becomes one: `None` if it is none, or out of range.
pub(super) fn float8(text: &[u8]) -> Option<f64> {
    let text = std::str::from_utf8(text).ok()?;
    let value: f64 = text.parse().ok()?;
    in_range(text, value.is_infinite(), value == 0.0).then_some(value)
}

/// Reads a `real`, which is compared as the `double precision` of the same value.
pub(super) fn float4(text: &[u8]) -> Option<f64> {
    let text = std::str::from_utf8(text).ok()?;
    let value: f32 = text.parse().ok()?;
    in_range(text, value.is_infinite(), value == 0.0).then(|| f64::from(value))
}

/// `strtod()` sets ERANGE where a number becomes infinite or zero without being so; PostgreSQL refuses it then.
fn in_range(text: &str, infinite: bool, zero: bool) -> bool {
    let mantissa = || text.split(['e', 'E']).next().unwrap_or_default();
    if infinite {
        return !text.bytes().any(|byte| byte.is_ascii_digit());
    }
    !zero || !mantissa().bytes().any(|byte| matches!(byte, b'1'..=b'9'))
}

/// The order of `float8_cmp_internal()`: NaN is the largest and equal to itself, and the zeros are equal.
pub(super) fn compare_floats(left: f64, right: f64) -> Ordering {
    left.partial_cmp(&right)
        .unwrap_or_else(|| left.is_nan().cmp(&right.is_nan()))
}

/// Most digits of a number in exponent notation that are written out.
const EXPONENT_MAX: usize = 20_000;

/// A numeric literal as `numeric_out()` would print it, with its scale.
pub(super) fn canonical_numeric(text: &str) -> Option<String> {
    let text = text.trim_matches(is_space);
    let (sign, number) = match text.as_bytes().first()? {
        b'-' => ("-", text.get(1..)?),
        b'+' => ("", text.get(1..)?),
        _ => ("", text),
    };
    match number.to_ascii_lowercase().as_str() {
        "nan" => return (number.len() == text.len()).then(|| "NaN".to_owned()),
        "infinity" | "inf" => return Some(format!("{sign}Infinity")),
        _ => {}
    }
    let (mantissa, exponent) = match number.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (number, 0),
    };
    let (integer, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{integer}{fraction}");
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    if exponent.unsigned_abs() as usize > EXPONENT_MAX {
        return None;
    }
    let point = i64::try_from(integer.len()).ok()? + i64::from(exponent);
    let scale = (i64::try_from(fraction.len()).ok()? - i64::from(exponent)).max(0);
    let digit = |place: i64| {
        usize::try_from(place)
            .ok()
            .and_then(|place| digits.as_bytes().get(place))
            .map_or('0', |&byte| char::from(byte))
    };
    let whole: String = (0..point).map(digit).collect();
    let whole = whole.trim_start_matches('0');
    let rest: String = (point..point + scale).map(digit).collect();
    let zero = whole.is_empty() && rest.bytes().all(|byte| byte == b'0');
    let sign = if zero { "" } else { sign };
    let whole = if whole.is_empty() { "0" } else { whole };
    let separator = if rest.is_empty() { "" } else { "." };
    Some(format!("{sign}{whole}{separator}{rest}"))
}

/// An integer literal as PostgreSQL prints it, if it is within the range.
pub(super) fn canonical_integer(text: &str, range: std::ops::RangeInclusive<i64>) -> Option<String> {
    let text = text.trim_matches(is_space);
    let value = integer(text.strip_prefix('+').unwrap_or(text).as_bytes())?;
    let signs = text.bytes().filter(|byte| matches!(byte, b'+' | b'-')).count();
    (signs <= 1 && range.contains(&value)).then(|| value.to_string())
}

/// `isspace()` in the locale C.
pub(super) fn is_space(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\n' | '\x0b' | '\x0c' | '\r')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numerics_are_compared_whatever_their_scale() {
        let sorted = [
            "-Infinity",
            "-10.5",
            "-10",
            "-0.01",
            "0",
            "0.009",
            "0.1",
            "9.99",
            "10",
            "Infinity",
            "NaN",
        ];
        for (i, left) in sorted.iter().enumerate() {
            for (j, right) in sorted.iter().enumerate() {
                let compared = Numeric::parse(left.as_bytes())
                    .unwrap()
                    .compare(&Numeric::parse(right.as_bytes()).unwrap());
                assert_eq!(compared, i.cmp(&j), "{left} {right}");
            }
        }
        for (left, right) in [("1.0", "1.00"), ("-0.00", "0"), ("007", "7"), (".5", "0.50")] {
            let left = Numeric::parse(left.as_bytes()).unwrap();
            assert_eq!(
                left.compare(&Numeric::parse(right.as_bytes()).unwrap()),
                Ordering::Equal
            );
        }
        for wrong in ["", "-", ".", "1e5", "1.2.3", "+1", " 1", "--1"] {
            assert!(Numeric::parse(wrong.as_bytes()).is_none(), "{wrong}");
        }
    }

    // Expected texts as PostgreSQL 15 printed them.
    #[test]
    fn literals_become_what_postgresql_prints() {
        for (text, canonical) in [
            ("1e3", "1000"),
            (".5", "0.5"),
            ("5.", "5"),
            ("1.50", "1.50"),
            ("1.5e1", "15"),
            ("12.345e-2", "0.12345"),
            ("-0.0", "0.0"),
            (" +7 ", "7"),
            ("007.50", "7.50"),
            ("1e-3", "0.001"),
        ] {
            assert_eq!(canonical_numeric(text).as_deref(), Some(canonical), "{text}");
        }
        assert_eq!(canonical_numeric("1e999999999"), None);
        assert_eq!(canonical_integer(" -5 ", -9..=9).as_deref(), Some("-5"));
        assert_eq!(canonical_integer("+-5", -9..=9), None);
        assert_eq!(canonical_integer("10", -9..=9), None);
    }

    #[test]
    fn integers_of_every_size() {
        assert_eq!(integer(b"-9223372036854775808"), Some(i64::MIN));
        assert_eq!(integer(b"9223372036854775807"), Some(i64::MAX));
        for wrong in [
            &b"9223372036854775808"[..],
            b"-9223372036854775809",
            b"",
            b"-",
            b"1 ",
            b"1.0",
        ] {
            assert_eq!(integer(wrong), None);
        }
    }

    #[test]
    fn floats_out_of_range_are_refused() {
        assert_eq!(float4(b"0.1"), Some(f64::from(0.1_f32)));
        assert_eq!(float4(b"1e40"), None);
        assert_eq!(float8(b"1e400"), None);
        assert_eq!(float8(b"1e-400"), None);
        assert_eq!(float8(b"0e-400"), Some(0.0));
        assert!(float8(b"NaN").is_some_and(f64::is_nan));
        assert_eq!(float8(b"-Infinity"), Some(f64::NEG_INFINITY));
    }
}
