//! Dates and times in the ISO form in which `pg_dump` writes them, whatever the server's `DateStyle`.

/// A point in time: days since 1970-01-01 and microseconds of the day. The infinities are the first and the last day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Moment {
    days: i64,
    micros: i64,
}

const DAY: i64 = 86_400_000_000;

/// What stands behind the time of day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Zone {
    /// `timestamp without time zone`: none.
    None,
    /// `timestamp with time zone`: an offset from UTC.
    Offset,
}

/// Reads `2024-01-31`, `0044-03-15 BC`, `infinity`.
pub(super) fn date(text: &[u8]) -> Option<Moment> {
    if let Some(infinite) = infinity(text) {
        return Some(infinite);
    }
    let mut scan = Scan(text);
    let date = scan.date()?;
    let days = date.days(scan.era()?)?;
    scan.0.is_empty().then_some(Moment { days, micros: 0 })
}

/// Reads `2024-01-31 12:00:00.5`, for [`Zone::Offset`] with `+01`, `-03:30` or `+00:19:32` behind it; then ` BC`.
pub(super) fn timestamp(text: &[u8], zone: Zone) -> Option<Moment> {
    if let Some(infinite) = infinity(text) {
        return Some(infinite);
    }
    let mut scan = Scan(text);
    let date = scan.date()?;
    scan.byte(b' ').or_else(|| scan.byte(b'T'))?;
    let micros = scan.time()?;
    let offset = match zone {
        Zone::None => 0,
        Zone::Offset => scan.offset()?,
    };
    let days = date.days(scan.era()?)?;
    if !scan.0.is_empty() {
        return None;
    }
    let micros = micros - offset;
    Some(Moment {
        days: days + micros.div_euclid(DAY),
        micros: micros.rem_euclid(DAY),
    })
}

/// Reads `12:00:00.5`; `24:00:00` is the largest.
pub(super) fn time(text: &[u8]) -> Option<i64> {
    let mut scan = Scan(text);
    let micros = scan.time()?;
    scan.0.is_empty().then_some(micros)
}

fn infinity(text: &[u8]) -> Option<Moment> {
    let days = match text {
        b"infinity" => i64::MAX,
        b"-infinity" => i64::MIN,
        _ => return None,
    };
    Some(Moment { days, micros: 0 })
}

struct Scan<'a>(&'a [u8]);

struct Date {
    year: i64,
    month: i64,
    day: i64,
}

impl Scan<'_> {
    fn byte(&mut self, wanted: u8) -> Option<()> {
        let (first, rest) = self.0.split_first()?;
        (*first == wanted).then(|| self.0 = rest)
    }

    /// A number of that many digits.
    fn number(&mut self, digits: std::ops::RangeInclusive<usize>) -> Option<i64> {
        let found = self.0.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if !digits.contains(&found) {
            return None;
        }
        let (number, rest) = self.0.split_at_checked(found)?;
        self.0 = rest;
        Some(number.iter().fold(0, |value, byte| value * 10 + i64::from(byte - b'0')))
    }

    fn date(&mut self) -> Option<Date> {
        let year = self.number(4..=7)?;
        self.byte(b'-')?;
        let month = self.number(2..=2)?;
        self.byte(b'-')?;
        let day = self.number(2..=2)?;
        Some(Date { year, month, day })
    }

    fn time(&mut self) -> Option<i64> {
        let hour = self.number(2..=2)?;
        self.byte(b':')?;
        let minute = self.number(2..=2)?;
        let second = match self.byte(b':') {
            Some(()) => self.number(2..=2)?,
            None => 0,
        };
        let mut micros = 0;
        if self.byte(b'.').is_some() {
            let before = self.0.len();
            micros = self.number(1..=6)?;
            for _ in before - self.0.len()..6 {
                micros *= 10;
            }
        }
        let total = ((hour * 60 + minute) * 60 + second) * 1_000_000 + micros;
        (minute < 60 && second < 60 && total <= DAY).then_some(total)
    }

    fn offset(&mut self) -> Option<i64> {
        let sign = match self.byte(b'+') {
            Some(()) => 1,
            None => self.byte(b'-').map(|()| -1)?,
        };
        let mut seconds = self.number(2..=2)? * 3600;
        for unit in [60, 1] {
            if self.byte(b':').is_some() {
                seconds += self.number(2..=2)? * unit;
            }
        }
        Some(sign * seconds * 1_000_000)
    }

    /// Whether ` BC` follows; anything else is left to the caller.
    fn era(&mut self) -> Option<bool> {
        match self.0.strip_prefix(b" BC") {
            Some(rest) => {
                self.0 = rest;
                Some(true)
            }
            None => Some(false),
        }
    }
}

impl Date {
    /// Days since 1970-01-01 in the Gregorian calendar, which PostgreSQL uses for all times.
    fn days(&self, before_christ: bool) -> Option<i64> {
        let Self { year, month, day } = *self;
        if year < 1 || !(1..=12).contains(&month) || day < 1 {
            return None;
        }
        let year = if before_christ { 1 - year } else { year };
        let leap = year.rem_euclid(4) == 0 && (year.rem_euclid(100) != 0 || year.rem_euclid(400) == 0);
        let length = match month {
            2 if leap => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        };
        if day > length {
            return None;
        }
        // Years that begin in March end with the leap day.
        let (year, month) = if month > 2 {
            (year, month - 3)
        } else {
            (year - 1, month + 9)
        };
        let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
        Some(year * 365 + leap_days + (month * 153 + 2) / 5 + day - 1 - 719_468)
    }
}

/// A literal in the form that [`date`] reads; `None` if it is not in ISO form, or out of PostgreSQL's range.
pub(super) fn canonical_date(text: &str) -> Option<String> {
    let text = canonical(text)?;
    let first = date(b"4714-11-24 BC")?;
    let last = date(b"5874897-12-31")?;
    let moment = date(text.as_bytes())?;
    (infinity(text.as_bytes()).is_some() || (first..=last).contains(&moment)).then_some(text)
}

/// A literal in the form that [`timestamp`] reads; a date is midnight, for [`Zone::Offset`] with an offset too.
pub(super) fn canonical_timestamp(text: &str, zone: Zone) -> Option<String> {
    let mut text = canonical(text)?;
    if zone == Zone::None && date(text.as_bytes()).is_some() && infinity(text.as_bytes()).is_none() {
        let end = text.strip_suffix(" BC").unwrap_or(&text).len();
        text.insert_str(end, " 00:00:00");
    }
    if zone == Zone::Offset
        && let Some(utc) = text.strip_suffix('Z')
    {
        text = format!("{utc}+00");
    }
    let first = timestamp(b"4714-11-24 00:00:00 BC", Zone::None)?;
    let end = timestamp(b"294277-01-01 00:00:00", Zone::None)?;
    let moment = timestamp(text.as_bytes(), zone)?;
    // Offsets of 16 hours and more are refused by PostgreSQL (MAX_TZDISP_HOUR).
    let offset = text.rfind(['+', '-']).and_then(|sign| text.get(sign + 1..sign + 3));
    if zone == Zone::Offset && infinity(text.as_bytes()).is_none() && offset? > "15" {
        return None;
    }
    (infinity(text.as_bytes()).is_some() || (first..end).contains(&moment)).then_some(text)
}

pub(super) fn canonical_time(text: &str) -> Option<String> {
    let text = canonical(text)?;
    time(text.as_bytes()).map(|_| text)
}

fn canonical(text: &str) -> Option<String> {
    let text = text.trim_matches(super::number::is_space);
    let lower = text.to_ascii_lowercase();
    if matches!(lower.as_str(), "infinity" | "-infinity") {
        return Some(lower);
    }
    // PostgreSQL also takes a space before the offset.
    let mut bytes = text.to_owned();
    for sign in [" +", " -"] {
        bytes = bytes.replace(sign, sign.trim_start());
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_of_the_calendar() {
        for (text, days) in [
            ("1970-01-01", 0),
            ("2000-02-29", 11_016),
            ("2000-03-01", 11_017),
            ("1969-12-31", -1),
            // The others by subtraction on PostgreSQL 15.
            ("0001-01-01 BC", -719_528),
            ("4714-11-24 BC", -2_440_588),
            ("5874897-12-31", 2_145_042_905),
        ] {
            assert_eq!(date(text.as_bytes()), Some(Moment { days, micros: 0 }), "{text}");
        }
        for wrong in [
            "2023-02-29",
            "2024-13-01",
            "2024-00-01",
            "0000-01-01",
            "24-01-01",
            "2024-1-1",
            "2024-01-01 AD",
        ] {
            assert_eq!(date(wrong.as_bytes()), None, "{wrong}");
        }
    }

    #[test]
    fn offsets_are_subtracted() {
        let utc = timestamp(b"2024-01-01 00:30:00", Zone::None);
        for text in [
            "2024-01-01 06:00:00+05:30",
            "2023-12-31 20:30:00-04",
            "2024-01-01 00:30:00+00",
        ] {
            assert_eq!(timestamp(text.as_bytes(), Zone::Offset), utc, "{text}");
        }
        assert_eq!(timestamp(b"2024-01-01 00:00:00", Zone::Offset), None);
        assert_eq!(
            timestamp(b"2024-01-01 24:00:00", Zone::None),
            timestamp(b"2024-01-02 00:00:00", Zone::None)
        );
        assert_eq!(time(b"24:00:00.000001"), None);
    }

    #[test]
    fn literals_that_depend_on_the_session_are_none() {
        for wrong in [
            "now",
            "today",
            "01/02/2024",
            "2024-01-01 10:00 Europe/Berlin",
            "epoch",
            "2024-01-01 10:00+01",
        ] {
            assert_eq!(canonical_timestamp(wrong, Zone::None), None, "{wrong}");
        }
        assert_eq!(canonical_timestamp("2024-01-01 10:00", Zone::Offset), None);
        assert!(canonical_timestamp("2024-01-01T10:00Z", Zone::Offset).is_some());
        assert!(canonical_timestamp("2024-01-01", Zone::None).is_some());
        assert_eq!(canonical_date("2024-01-01 10:00"), None);
    }
}
