//! Options by name, as TOML or JSON: the same names in configuration files and in every language.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Map, Value};

use crate::drift::Unknown;
use crate::dump::Crlf;
use crate::error::{Error, ErrorKind, Result};
use crate::filter::Case;
use crate::filter::exclusions::Cascade;
use crate::limits::Limit;
pub use crate::limits::{limit_names, parse_size};
use crate::nearest::nearest;
use crate::options::{Client, ConstraintTriggers, Losses, NoKey, Options, Rounding, Sequences, Style, Triggers};
use crate::permits::Unselected;
use crate::text::check_option;
use crate::update::{OnGuard, Update};
pub use crate::wording::{Language, in_language};

type Setter = fn(Options, &Place<'_>, &Value) -> Result<Options>;

/// Every option of the library, by name.
const OPTIONS: [(&str, Setter); 36] = [
    ("style", |options, place, value| {
        Ok(options.with_style(place.choice(
            value,
            &[
                ("rows", Style::Rows),
                ("batches", Style::Batches),
                ("staged", Style::Staged),
            ],
        )?))
    }),
    ("no_key", |options, place, value| {
        Ok(options.with_no_key(place.choice(
            value,
            &[
                ("error", NoKey::Error),
                ("insert", NoKey::Insert),
                ("skip", NoKey::Skip),
                ("match", NoKey::Match),
            ],
        )?))
    }),
    ("triggers", |options, place, value| {
        let choices = [("off", Triggers::Off), ("fire", Triggers::Fire)];
        Ok(options.with_triggers(place.choice(value, &choices)?))
    }),
    ("constraint_triggers", |options, place, value| {
        let choices = [("fire", ConstraintTriggers::Fire), ("off", ConstraintTriggers::Off)];
        Ok(options.with_constraint_triggers(place.choice(value, &choices)?))
    }),
    ("rounding", |options, place, value| {
        let choices = [("error", Rounding::Error), ("accept", Rounding::Accept)];
        Ok(options.with_rounding(place.choice(value, &choices)?))
    }),
    ("sequences", |options, place, value| {
        Ok(options.with_sequences(place.choice(
            value,
            &[
                ("forward", Sequences::Forward),
                ("dump", Sequences::Dump),
                ("keep", Sequences::Keep),
            ],
        )?))
    }),
    ("client", |options, place, value| {
        let choices = [("psql", Client::Psql), ("driver", Client::Driver)];
        Ok(options.with_client(place.choice(value, &choices)?))
    }),
    ("losses", |options, place, value| {
        let choices = [("warn", Losses::Warn), ("error", Losses::Error)];
        Ok(options.with_losses(place.choice(value, &choices)?))
    }),
    ("crlf", |options, place, value| {
        let choices = [("refuse", Crlf::Refuse), ("strip", Crlf::Strip)];
        Ok(options.with_crlf(place.choice(value, &choices)?))
    }),
    ("database", |options, place, value| {
        Ok(options.with_database(place.text(value)?))
    }),
    ("batch_rows", |options, place, value| {
        Ok(options.with_batch_rows(place.number(value)?))
    }),
    ("batch_bytes", |options, place, value| {
        Ok(options.with_batch_bytes(place.number(value)?))
    }),
    ("lock_timeout", |options, place, value| {
        let text = match value {
            Value::Number(number) => number.to_string(),
            _ => place.text(value)?.to_owned(),
        };
        Ok(options.with_lock_timeout(parse_duration(&text).map_err(|error| place.blame(error))?))
    }),
    ("update", |options, place, value| {
        Ok(options.with_update(place.update(value)?))
    }),
    ("update_only", |options, place, value| {
        place.each(value, options, |options, columns| options.with_update_only(columns))
    }),
    ("update_never", |options, place, value| {
        place.each(value, options, |options, columns| options.with_update_never(columns))
    }),
    ("guard", |options, place, value| {
        let options = options.with_guard(place.text(value)?);
        options.map_err(|error| place.blame(error))
    }),
    ("on_guard", |options, place, value| {
        let choices = [("error", OnGuard::Error), ("skip", OnGuard::Skip)];
        Ok(options.with_on_guard(place.choice(value, &choices)?))
    }),
    ("only_schemas", |options, place, value| {
        place.each(value, options, |options, schema| options.with_only_schema(schema))
    }),
    ("unselected", |options, place, value| {
        let choices = [("drop", Unselected::Drop), ("error", Unselected::Error)];
        Ok(options.with_unselected(place.choice(value, &choices)?))
    }),
    ("allow_extension_tables", |options, place, value| {
        place.each(value, options, |options, table| {
            options.with_allow_extension_table(table)
        })
    }),
    ("allow_relations", |options, place, value| {
        place.each(value, options, |options, name| options.with_allow_relation(name))
    }),
    ("limits", |options, place, value| {
        place.table(value)?.iter().try_fold(options, |options, (name, value)| {
            let size = match value {
                Value::Number(number) => parse_size(&number.to_string()),
                _ => parse_size(place.inner(name).text(value)?),
            };
            let limit = Limit::from_name(name).map_err(|error| place.blame(error))?;
            options.with_limit(limit, size.map_err(|error| place.inner(name).blame(error))?)
        })
    }),
    ("exclude_tables", |options, place, value| {
        place.each(value, options, |options, pattern| options.with_exclude_table(pattern))
    }),
    ("only_tables", |options, place, value| {
        place.each(value, options, |options, pattern| options.with_only_table(pattern))
    }),
    ("exclude", |options, place, value| {
        place.each(value, options, |options, text| options.with_exclude(text))
    }),
    ("exclude_demo", |options, place, value| {
        Ok(if place.boolean(value)? {
            options.with_exclude_demo()
        } else {
            options
        })
    }),
    ("demo_columns", |options, place, value| {
        place.each(value, options, |options, column| options.with_demo_column(column))
    }),
    ("demo_flag", |options, place, value| {
        let options = options.with_demo_flag(place.text(value)?);
        options.map_err(|error| place.blame(error))
    }),
    ("case", |options, place, value| {
        let choices = [("unicode", Case::Unicode), ("turkish", Case::Turkish)];
        Ok(options.with_case(place.choice(value, &choices)?))
    }),
    ("cascade", |options, place, value| {
        let choices = [
            ("on_delete", Cascade::OnDelete),
            ("delete", Cascade::Delete),
            ("off", Cascade::Off),
        ];
        Ok(options.with_cascade(match value {
            Value::Bool(true) => Cascade::OnDelete,
            Value::Bool(false) => Cascade::Off,
            // Beside the words, what this option was at first.
            _ => place.choice(value, &choices)?,
        }))
    }),
    ("foreign_keys", |options, place, value| {
        place.each(value, options, |options, text| options.with_foreign_key(text))
    }),
    ("unknown_columns", |options, place, value| {
        Ok(options.with_unknown_columns(place.choice(value, &UNKNOWN)?))
    }),
    ("unknown_tables", |options, place, value| {
        Ok(options.with_unknown_tables(place.choice(value, &UNKNOWN)?))
    }),
    ("keys", |mut options, place, value| {
        for (table, columns) in place.table(value)? {
            options = with_key(options, &place.inner(table), table, columns)?;
        }
        Ok(options)
    }),
    ("tables", |mut options, place, value| {
        for (table, value) in place.table(value)? {
            let place = place.inner(table);
            for (name, value) in place.table(value)? {
                let set = find(&TABLE_OPTIONS, name, &place, &[])?;
                options = set(options, &place.inner(name), table, value)?;
            }
        }
        Ok(options)
    }),
];

const UNKNOWN: [(&str, Unknown); 2] = [("error", Unknown::Error), ("drop", Unknown::Drop)];

type TableSetter = fn(Options, &Place<'_>, &str, &Value) -> Result<Options>;

/// The options in `tables."schema.table"`.
const TABLE_OPTIONS: [(&str, TableSetter); 6] = [
    ("key", with_key),
    ("exclude", |options, place, table, value| {
        place.each(value, options, |options, condition| {
            options.with_table_exclude(table, condition)
        })
    }),
    ("update", |options, place, table, value| {
        let options = options.with_table_update(table, place.update(value)?);
        options.map_err(|error| place.blame(error))
    }),
    ("update_only", |options, place, table, value| {
        place.each(value, options, |options, columns| {
            options.with_update_only(&format!("{table}={columns}"))
        })
    }),
    ("update_never", |options, place, table, value| {
        place.each(value, options, |options, columns| {
            options.with_update_never(&format!("{table}={columns}"))
        })
    }),
    ("guard", |options, place, table, value| {
        let options = options.with_guard(&format!("{table}={}", place.text(value)?));
        options.map_err(|error| place.blame(error))
    }),
];

/// The most similar of `names`, where one is similar enough to be meant; for packages that have options of their own.
pub fn nearest_name<'a>(wanted: &str, names: impl IntoIterator<Item = &'a str>) -> Option<String> {
    nearest(wanted, names.into_iter().map(str::to_owned))
}

/// What a configuration file can say beside the options of the library.
const FILES: [&str; 5] = ["schema", "catalog", "output", "report", "quiet"];

/// The names of all options of the library, as in [`Options::from_json`].
pub fn option_names() -> impl Iterator<Item = &'static str> {
    OPTIONS.iter().map(|(name, _)| *name)
}

/// The names of all options of a single table, as in `tables` of [`Options::from_json`].
pub fn table_option_names() -> impl Iterator<Item = &'static str> {
    TABLE_OPTIONS.iter().map(|(name, _)| *name)
}

/// The names that a [`Config`] has beside those of the library.
pub fn file_option_names() -> impl Iterator<Item = &'static str> {
    FILES.into_iter()
}

impl Options {
    /// Options by their names in snake_case, as a JSON object.
    ///
    /// ```
    /// use dumpsert::Options;
    ///
    /// let options = Options::from_json(r#"{"style": "batches", "keys": {"public.t": ["a", "b"]}}"#)?;
    /// # Ok::<(), dumpsert::Error>(())
    /// ```
    ///
    /// # Errors
    /// If a name is not known or a value cannot be used; the error names the place and the nearest right name.
    pub fn from_json(text: &str) -> Result<Self> {
        options(&json_table(text)?, &[])
    }

    /// The same as TOML.
    ///
    /// ```
    /// use dumpsert::Options;
    ///
    /// let options = Options::from_toml("style = 'rows'\n[tables.'public.t']\nupdate = 'newer(changed_at)'\n")?;
    /// # Ok::<(), dumpsert::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`from_json`](Options::from_json).
    pub fn from_toml(text: &str) -> Result<Self> {
        options(&toml_table(text)?, &[])
    }
}

/// A configuration file of the command line: options of the library, and files.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Config {
    /// The options of the library. They are defaults: a key or a list of columns that is given afterwards replaces the
    /// one of the same table, and does not add to it.
    pub options: Options,
    /// Files with schema SQL.
    pub schema: Vec<PathBuf>,
    /// Files with a catalog as JSON.
    pub catalog: Vec<PathBuf>,
    /// Where the script goes.
    pub output: Option<PathBuf>,
    /// Where the report goes.
    pub report: Option<PathBuf>,
    /// Whether there is neither progress nor summary.
    pub quiet: Option<bool>,
}

impl Config {
    /// Reads TOML: every name of [`Options::from_toml`], and `schema`, `catalog` (a file or a list), `output`, `report`
    /// and `quiet`. Paths are as they stand there.
    ///
    /// # Errors
    /// As [`Options::from_toml`].
    pub fn from_toml(text: &str) -> Result<Self> {
        Self::from_values(toml_table(text)?)
    }

    /// The same as JSON.
    ///
    /// # Errors
    /// As [`Options::from_json`].
    pub fn from_json(text: &str) -> Result<Self> {
        Self::from_values(json_table(text)?)
    }

    fn from_values(mut table: Map<String, Value>) -> Result<Self> {
        let mut files: BTreeMap<&str, Value> = BTreeMap::new();
        for name in FILES {
            files.extend(table.remove(name).map(|value| (name, value)));
        }
        let options = options(&table, &FILES)?;
        let paths = |name: &str| {
            let place = Place::root();
            let place = place.inner(name);
            let value = files.get(name).map(|value| place.texts(value)).transpose()?;
            let paths: Vec<PathBuf> = value.unwrap_or_default().into_iter().map(PathBuf::from).collect();
            Ok::<_, Error>(paths)
        };
        let path = |name: &str| {
            let place = Place::root();
            let place = place.inner(name);
            files
                .get(name)
                .map(|value| place.text(value).map(PathBuf::from))
                .transpose()
        };
        let quiet = match files.get("quiet") {
            None => None,
            Some(Value::Bool(quiet)) => Some(*quiet),
            Some(_) => return Err(invalid("`quiet`: true or false is wanted")),
        };
        Ok(Self {
            schema: paths("schema")?,
            catalog: paths("catalog")?,
            output: path("output")?,
            report: path("report")?,
            quiet,
            options: options.into_defaults(),
        })
    }
}

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

fn json_table(text: &str) -> Result<Map<String, Value>> {
    let value: Value =
        serde_json::from_str(text).map_err(|error| invalid("the options are not JSON").with_source(error))?;
    Place::root().table(&value).cloned()
}

fn toml_table(text: &str) -> Result<Map<String, Value>> {
    toml::from_str(text).map_err(|error| {
        let line = error.span().map(|span| {
            let before = text.as_bytes().get(..span.start).unwrap_or_default();
            format!(", line {}", before.iter().filter(|&&byte| byte == b'\n').count() + 1)
        });
        let place = line.unwrap_or_default();
        invalid(format!("the configuration is not TOML{place}: {}", error.message()))
    })
}

/// `others` are names that stand beside those of the library.
fn options(values: &Map<String, Value>, others: &[&str]) -> Result<Options> {
    let place = Place::root();
    let mut options = Options::new();
    for (name, value) in values {
        let set = find(&OPTIONS, name, &place, others)?;
        options = set(options, &place.inner(name), value)?;
    }
    Ok(options)
}

fn find<T: Copy>(known: &[(&str, T)], name: &str, place: &Place<'_>, others: &[&str]) -> Result<T> {
    if let Some((_, set)) = known.iter().find(|(known, _)| *known == name) {
        return Ok(*set);
    }
    let error = invalid(format!("`{}` is no option", place.inner(name)));
    let names = known.iter().map(|(known, _)| *known).chain(others.iter().copied());
    Err(suggest(error, name, names.map(str::to_owned)))
}

fn with_key(options: Options, place: &Place<'_>, table: &str, columns: &Value) -> Result<Options> {
    let columns = place.texts(columns)?.join(",");
    let options = options.with_key(&format!("{table}={columns}"));
    options.map_err(|error| place.blame(error))
}

/// Adds the most similar of `names` as a hint, if one is similar.
fn suggest(error: Error, wanted: &str, names: impl Iterator<Item = String>) -> Error {
    match nearest(wanted, names) {
        Some(name) => error.with_hint(format!("did you mean {name}?")),
        None => error,
    }
}

fn invalid(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidOption, message)
}

/// Where in the options a value stands, such as `tables."public.t".update`.
struct Place<'a> {
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
    fn root() -> Self {
        Self {
            outer: None,
            name: "options",
        }
    }

    fn inner(&'a self, name: &'a str) -> Self {
        Self {
            outer: Some(self),
            name,
        }
    }

    fn wanted(&self, what: &str) -> Error {
        invalid(format!("`{self}`: {what} is wanted"))
    }

    /// Says that an error is about this place.
    fn blame(&self, error: Error) -> Error {
        let own = invalid(format!("`{self}`: {}", error.message()));
        match error.hint() {
            Some(hint) => own.with_hint(hint.to_owned()),
            None => own,
        }
    }

    fn text<'v>(&self, value: &'v Value) -> Result<&'v str> {
        let text = value.as_str().ok_or_else(|| self.wanted("a string"))?;
        check_option(text, "the text").map_err(|error| self.blame(error))?;
        Ok(text)
    }

    fn number(&self, value: &Value) -> Result<usize> {
        let number = value.as_u64().and_then(|number| usize::try_from(number).ok());
        number
            .filter(|&number| number > 0)
            .ok_or_else(|| self.wanted("a positive whole number"))
    }

    fn boolean(&self, value: &Value) -> Result<bool> {
        value.as_bool().ok_or_else(|| self.wanted("true or false"))
    }

    fn table<'v>(&self, value: &'v Value) -> Result<&'v Map<String, Value>> {
        value
            .as_object()
            .ok_or_else(|| self.wanted("a table of names and values"))
    }

    /// A string, or a list of strings that is not empty.
    fn texts<'v>(&self, value: &'v Value) -> Result<Vec<&'v str>> {
        let texts = match value {
            Value::Array(values) => values.iter().map(Value::as_str).collect(),
            value => value.as_str().map(|text| vec![text]),
        };
        texts
            .filter(|texts| !texts.is_empty())
            .ok_or_else(|| self.wanted("a string or a list of strings"))
    }

    fn each(&self, value: &Value, options: Options, set: impl Fn(Options, &str) -> Result<Options>) -> Result<Options> {
        let mut texts = self.texts(value)?.into_iter();
        texts.try_fold(options, |options, text| {
            set(options, text).map_err(|error| self.blame(error))
        })
    }

    fn update(&self, value: &Value) -> Result<Update> {
        self.text(value)?.parse().map_err(|error| self.blame(error))
    }

    fn choice<T: Copy>(&self, value: &Value, choices: &[(&str, T)]) -> Result<T> {
        let text = self.text(value)?;
        if let Some((_, choice)) = choices.iter().find(|(name, _)| *name == text) {
            return Ok(*choice);
        }
        let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
        let error = invalid(format!("`{self}`: `{text}` is none of {}", names.join(", ")));
        Err(suggest(error, text, names.into_iter().map(str::to_owned)))
    }
}

#[cfg(test)]
mod tests;
