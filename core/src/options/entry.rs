//! What an option is made of.

use serde_json::Value;

use super::Options;
use super::place::{Place, invalid, suggest};
use crate::error::Result;

pub(super) type Setter = fn(Options, &Place<'_>, &Value) -> Result<Options>;
pub(super) type TableSetter = fn(Options, &Place<'_>, &str, &Value) -> Result<Options>;

/// An option; `T` is what sets it.
pub(super) struct Entry<T: 'static> {
    /// Its name in files and in Python; with capitals in JavaScript.
    pub(super) name: &'static str,
    /// What it takes.
    pub(super) kind: Kind,
    /// What holds without it, in words; empty if nothing does.
    pub(super) default: &'static str,
    /// One line, without the full stop at its end.
    pub(super) help: &'static str,
    /// What else there is to say, in sentences.
    pub(super) more: &'static str,
    pub(super) set: T,
}

/// What an option takes. A word in capitals stands for the value in help texts.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Kind {
    /// One of a few words, each with what it means.
    Choice(&'static [(&'static str, &'static str)]),
    /// The same; `true` is short for the first word and `false` for the last.
    ChoiceOrFlag(&'static [(&'static str, &'static str)]),
    /// `true` or `false`.
    Flag,
    /// A text.
    Text(&'static str),
    /// A whole number, at least 1.
    Number(&'static str),
    /// A time with its unit.
    Time,
    /// A text or a list of texts; typed several times.
    List(&'static str),
    /// The same, where each text is a list of columns.
    Columns(&'static str),
    /// A text, for all tables or for one; typed several times, with `TABLE=` for one.
    PerTable(&'static str),
    /// One of a few words, for all tables or for one; typed several times, with `TABLE=` for one.
    ChoicePerTable(&'static [(&'static str, &'static str)]),
    /// Names and sizes.
    Sizes,
    /// Tables and their columns.
    Keys,
    /// Tables and their options.
    Tables,
}

/// What is said of an option, for help texts and documentation. An option is named in texts as a configuration file writes it,
/// `` `style = rows` ``, which [`in_language`](crate::config::in_language) translates.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct OptionInfo {
    /// Its name in files and in Python.
    pub name: &'static str,
    /// What it takes.
    pub kind: Kind,
    /// What holds without it, in words; empty if nothing does.
    pub default: &'static str,
    /// One line, without the full stop at its end.
    pub help: &'static str,
    /// What else there is to say, in sentences.
    pub more: &'static str,
}

impl OptionInfo {
    /// All that is said of it, as sentences.
    pub fn sentences(&self) -> String {
        match self.more {
            "" => format!("{}.", self.help),
            more => format!("{}. {more}", self.help),
        }
    }

    /// What holds without it, as a sentence; empty if nothing does.
    pub fn default_sentence(&self) -> String {
        match self.default {
            "" => String::new(),
            default => format!("Default: {default}."),
        }
    }

    /// Whether it is typed once for each item.
    pub fn is_typed_often(&self) -> bool {
        matches!(
            self.kind,
            Kind::List(_) | Kind::Columns(_) | Kind::PerTable(_) | Kind::ChoicePerTable(_) | Kind::Keys | Kind::Sizes
        )
    }
}

impl<T> Entry<T> {
    pub(super) fn info(&self) -> OptionInfo {
        OptionInfo {
            name: self.name,
            kind: self.kind,
            default: self.default,
            help: self.help,
            more: self.more,
        }
    }
}

impl Entry<Setter> {
    /// Reads the value of this option in a file.
    pub(super) fn read(&self, options: Options, place: &Place<'_>, value: &Value) -> Result<Options> {
        self.kind.check(place, value)?;
        (self.set)(options, place, value)
    }
}

impl Entry<TableSetter> {
    /// The same for an option of one table.
    pub(super) fn read(&self, options: Options, place: &Place<'_>, table: &str, value: &Value) -> Result<Options> {
        self.kind.check(place, value)?;
        (self.set)(options, place, table, value)
    }
}

impl Kind {
    /// Checks a word, where only a few are known.
    fn check(self, place: &Place<'_>, value: &Value) -> Result<()> {
        match self {
            Self::Choice(words) | Self::ChoicePerTable(words) => place.check_word(value, words),
            Self::ChoiceOrFlag(words) if !value.is_boolean() => place.check_word(value, words),
            _ => Ok(()),
        }
    }
}

/// The option of a name; `others` are names that stand beside those of the table.
pub(super) fn find<T>(
    known: &'static [Entry<T>],
    name: &str,
    place: &Place<'_>,
    others: &[&str],
) -> Result<&'static Entry<T>> {
    if let Some(entry) = known.iter().find(|entry| entry.name == name) {
        return Ok(entry);
    }
    let error = invalid(format!("`{}` is no option", place.inner(name)));
    let names = known.iter().map(|entry| entry.name).chain(others.iter().copied());
    Err(suggest(error, name, names.map(str::to_owned)))
}
