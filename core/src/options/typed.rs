//! Options as they are typed on a command line.

use serde_json::Value;

use super::Options;
use super::entry::{Entry, Kind, Setter, find};
use super::names::{split_unquoted, table_columns};
use super::place::Place;
use super::table::OPTIONS;
use super::table_of_one::TABLE_OPTIONS;
use crate::error::Result;
use crate::limits::{Limit, parse_size};

impl Options {
    /// Adds what was typed on a command line for the option of this name: `typed` has a text for each time. A list is replaced
    /// where it is the default that a [`Config`](crate::Config) gave, and else added to.
    ///
    /// ```
    /// use dumpsert::Options;
    ///
    /// let options = Options::new().with_typed("update", &["public.t=newer(changed_at)".to_owned()])?;
    /// # Ok::<(), dumpsert::Error>(())
    /// ```
    ///
    /// # Errors
    /// If a name is not known or a value cannot be used.
    pub fn with_typed(self, name: &str, typed: &[String]) -> Result<Self> {
        find(OPTIONS, name, &Place::root(), &[])?.type_in(self, typed)
    }
}

impl Entry<Setter> {
    /// Takes what was typed for this option, once for each time.
    pub(super) fn type_in(&self, options: Options, typed: &[String]) -> Result<Options> {
        let place = Place::typed();
        let mut texts = typed.iter();
        match self.kind {
            Kind::Flag => self.read(options, &place, &Value::Bool(true)),
            Kind::List(_) | Kind::Columns(_) => self.read(options, &place, &typed.into()),
            Kind::PerTable(_) => texts.try_fold(options, |options, text| match split_unquoted(text) {
                Some((table, value)) => {
                    let entry = find(TABLE_OPTIONS, self.name, &place, &[])?;
                    (entry.set)(options, &place, table, &value.into())
                }
                None => self.read(options, &place, &text.as_str().into()),
            }),
            Kind::ChoicePerTable(_) => texts.try_fold(options, |options, text| match split_unquoted(text) {
                Some((table, word)) => {
                    let entry = find(TABLE_OPTIONS, self.name, &place, &[])?;
                    entry.read(options, &place.inner(self.name), table, &word.replace('-', "_").into())
                }
                None => self.read(options, &place.inner(self.name), &text.replace('-', "_").into()),
            }),
            Kind::Keys => texts.try_fold(options, |options, text| {
                // It says what is wrong with all that was typed.
                table_columns(text)?;
                let (table, columns) = split_unquoted(text).unwrap_or((text, ""));
                self.read(options, &place, &serde_json::json!({ table: columns }))
            }),
            Kind::Sizes => texts.try_fold(options, |options, text| {
                let (name, size) = text.split_once('=').unwrap_or((text, ""));
                options.with_limit(Limit::from_name(name)?, parse_size(size)?)
            }),
            Kind::Number(_) => texts.try_fold(options, |options, text| {
                let number: Option<u64> = text.parse().ok();
                self.read(options, &place, &number.into())
            }),
            Kind::Choice(_) | Kind::ChoiceOrFlag(_) => texts.try_fold(options, |options, text| {
                self.read(options, &place, &text.replace('-', "_").into())
            }),
            Kind::Text(_) | Kind::Time | Kind::Tables => texts.try_fold(options, |options, text| {
                self.read(options, &place, &text.as_str().into())
            }),
        }
    }
}
