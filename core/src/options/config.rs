//! Options by name, as TOML or JSON: the same names in configuration files and in every language.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::{Map, Value};

use super::Options;
use super::entry::{Entry, find};
pub use super::entry::{Kind, OptionInfo};
pub use super::place::parse_duration;
use super::place::{Place, invalid};
use super::table::OPTIONS;
use super::table_of_one::TABLE_OPTIONS;
pub use super::wording::{Language, in_language, switch};
use crate::error::{Error, Result};
pub use crate::limits::{limit_names, parse_size};
use crate::text::nearest::nearest;

/// The most similar of `names`, where one is similar enough to be meant; for packages that have options of their own.
pub fn nearest_name<'a>(wanted: &str, names: impl IntoIterator<Item = &'a str>) -> Option<String> {
    nearest(wanted, names.into_iter().map(str::to_owned))
}

/// What a configuration file can say beside the options of the library.
const FILES: [&str; 5] = ["schema", "catalog", "output", "report", "quiet"];

/// Every option of the library, in the order in which help texts show them.
pub fn all_options() -> impl Iterator<Item = OptionInfo> {
    OPTIONS.iter().map(Entry::info)
}

/// Every option of a single table.
pub fn all_table_options() -> impl Iterator<Item = OptionInfo> {
    TABLE_OPTIONS.iter().map(Entry::info)
}

/// The names of all options of the library, as in [`Options::from_json`].
pub fn option_names() -> impl Iterator<Item = &'static str> {
    OPTIONS.iter().map(|entry| entry.name)
}

/// The names of all options of a single table, as in `tables` of [`Options::from_json`].
pub fn table_option_names() -> impl Iterator<Item = &'static str> {
    TABLE_OPTIONS.iter().map(|entry| entry.name)
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

    /// The same as TOML. Feature `toml`, which is on by default.
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
    #[cfg(feature = "toml")]
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
    /// and `quiet`. Paths are as they stand there. Feature `toml`.
    ///
    /// # Errors
    /// As [`Options::from_toml`].
    #[cfg(feature = "toml")]
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

fn json_table(text: &str) -> Result<Map<String, Value>> {
    let value: Value =
        serde_json::from_str(text).map_err(|error| invalid("the options are not JSON").with_source(error))?;
    Place::root().table(&value).cloned()
}

#[cfg(feature = "toml")]
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
        let entry = find(OPTIONS, name, &place, others)?;
        options = entry.read(options, &place.inner(name), value)?;
    }
    Ok(options)
}

#[cfg(test)]
mod tests;
