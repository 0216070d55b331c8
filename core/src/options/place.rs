//! Where in the options a value stands, and reading values there.

use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::de::value::StrDeserializer;
use serde_json::{Map, Value};

use super::Options;
use super::names::check_option;
use super::update::Update;
use crate::error::{Error, ErrorKind, Result};
use crate::text::nearest::nearest;

/// Reads a time with one of PostgreSQL's units, `ms`, `s` or `min`; a bare number is milliseconds, as in PostgreSQL.
///
/// # Errors
/// If it is no such time, or not one of 1 ms to 24 days.
pub fn parse_duration(text: &str) -> Result<Duration> {
    let digits = text.trim_end_matches(|char: char| char.is_ascii_alphabetic());
    let unit = match text.get(digits.len()..) {
        Some("" | "ms") => 1,
        Some("s") => 1000,
        Some("min") => 60_000,
        _ => return Err(invalid("write a number and ms, s or min, such as 30s")),
    };
    let number = digits.trim().parse::<u64>();
    let number = number.map_err(|_| invalid("write a whole number and a unit, such as 30s"))?;
    match number.checked_mul(unit) {
        Some(milliseconds @ 1..=0x7fff_ffff) => Ok(Duration::from_millis(milliseconds)),
        _ => Err(invalid("PostgreSQL takes 1 ms to 24 days")),
    }
}

/// Adds the most similar of `names` as a hint, if one is similar.
pub(super) fn suggest(error: Error, wanted: &str, names: impl Iterator<Item = String>) -> Error {
    match nearest(wanted, names) {
        Some(name) => error.with_hint(format!("did you mean {name}?")),
        None => error,
    }
}

pub(super) fn invalid(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidOption, message)
}

/// Where in the options a value stands, such as `tables."public.t".update`.
pub(super) struct Place<'a> {
    outer: Option<&'a Place<'a>>,
    name: &'a str,
}

impl std::fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(outer) = self.outer.filter(|outer| outer.outer.is_some()) {
            write!(f, "{outer}.")?;
        }
        let is_plain = |char: char| char.is_ascii_alphanumeric() || matches!(char, '_' | '-');
        if !self.name.is_empty() && self.name.chars().all(is_plain) {
            f.write_str(self.name)
        } else {
            write!(f, "{:?}", self.name)
        }
    }
}

impl<'a> Place<'a> {
    pub(super) fn root() -> Self {
        Self {
            outer: None,
            name: "options",
        }
    }

    /// What is typed: errors quote it, and need not say where it stands.
    pub(super) fn typed() -> Self {
        Self { outer: None, name: "" }
    }

    fn is_typed(&self) -> bool {
        match self.outer {
            None => self.name.is_empty(),
            Some(outer) => outer.is_typed(),
        }
    }

    pub(super) fn inner(&'a self, name: &'a str) -> Self {
        Self {
            outer: Some(self),
            name,
        }
    }

    pub(super) fn wanted(&self, what: &str) -> Error {
        invalid(format!("`{self}`: {what} is wanted"))
    }

    /// Says that an error is about this place.
    pub(super) fn blame(&self, error: Error) -> Error {
        if self.is_typed() {
            return error;
        }
        let own = invalid(format!("`{self}`: {}", error.message()));
        match error.hint() {
            Some(hint) => own.with_hint(hint.to_owned()),
            None => own,
        }
    }

    pub(super) fn text<'v>(&self, value: &'v Value) -> Result<&'v str> {
        let text = value.as_str().ok_or_else(|| self.wanted("a string"))?;
        check_option(text, "the text").map_err(|error| self.blame(error))?;
        Ok(text)
    }

    pub(super) fn number(&self, value: &Value) -> Result<usize> {
        let number = value.as_u64().and_then(|number| usize::try_from(number).ok());
        number
            .filter(|&number| number > 0)
            .ok_or_else(|| self.wanted("a positive whole number"))
    }

    pub(super) fn boolean(&self, value: &Value) -> Result<bool> {
        value.as_bool().ok_or_else(|| self.wanted("true or false"))
    }

    pub(super) fn table<'v>(&self, value: &'v Value) -> Result<&'v Map<String, Value>> {
        value
            .as_object()
            .ok_or_else(|| self.wanted("a table of names and values"))
    }

    /// A string, or a list of strings that is not empty.
    pub(super) fn texts<'v>(&self, value: &'v Value) -> Result<Vec<&'v str>> {
        let texts = match value {
            Value::Array(values) => values.iter().map(Value::as_str).collect(),
            value => value.as_str().map(|text| vec![text]),
        };
        texts
            .filter(|texts| !texts.is_empty())
            .ok_or_else(|| self.wanted("a string or a list of strings"))
    }

    pub(super) fn each(
        &self,
        value: &Value,
        options: Options,
        set: impl Fn(Options, &str) -> Result<Options>,
    ) -> Result<Options> {
        let mut texts = self.texts(value)?.into_iter();
        texts.try_fold(options, |options, text| {
            set(options, text).map_err(|error| self.blame(error))
        })
    }

    pub(super) fn update(&self, value: &Value) -> Result<Update> {
        self.text(value)?.parse().map_err(|error| self.blame(error))
    }

    /// One of a few words, which the type knows.
    pub(super) fn word<T: DeserializeOwned>(&self, value: &Value) -> Result<T> {
        let text = self.text(value)?;
        T::deserialize(StrDeserializer::<serde::de::value::Error>::new(text)).map_err(|_| self.wanted("another word"))
    }

    /// Checks that a word is one of these.
    pub(super) fn check_word(&self, value: &Value, words: &[(&str, &str)]) -> Result<()> {
        let text = self.text(value)?;
        let names = || words.iter().map(|(name, _)| *name);
        if names().any(|name| name == text) {
            return Ok(());
        }
        let error = invalid(format!(
            "`{self}`: `{text}` is none of {}",
            names().collect::<Vec<_>>().join(", ")
        ));
        Err(suggest(error, text, names().map(str::to_owned)))
    }
}
