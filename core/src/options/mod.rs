//! What a user can say, and nothing that comes of it.

pub(crate) mod bounds;
mod choices;
pub mod config;
pub(crate) mod drift;
mod entry;
pub(crate) mod exclude;
pub(crate) mod list;
pub(crate) mod matching;
mod names;
pub(crate) mod pattern;
mod place;
mod reading;
pub(crate) mod selection;
mod table;
mod table_of_matches;
mod table_of_one;
mod typed;
pub(crate) mod update;
mod wording;

use std::collections::BTreeMap;
use std::time::Duration;

use self::bounds::Bounds;
pub use self::choices::{Case, Client, ConstraintTriggers, Losses, NoKey, Rounding, Sequences, Style, Triggers};
use self::drift::Drift;
use self::exclude::Exclusions;
use self::list::OptionList;
use self::matching::Matching;
use self::names::table_columns;
pub(crate) use self::names::{check_option_name, parse_table};
use self::selection::Selection;
use self::update::Rules;
use crate::catalog::{Catalog, TableName};
use crate::dump::Crlf;
use crate::error::{Error, ErrorKind, Result};

/// Options, to be checked and frozen by [`build`](Options::build).
///
/// ```
/// use dumpsert::{NoKey, Options};
///
/// let plan = Options::new().with_key("public.orders=id")?.with_no_key(NoKey::Insert).build()?;
/// # Ok::<(), dumpsert::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Options {
    pub(crate) style: Option<Style>,
    pub(crate) catalog: Option<Catalog>,
    pub(crate) keys: BTreeMap<TableName, OptionList<String>>,
    pub(crate) matching: Matching,
    pub(crate) no_key: Option<NoKey>,
    pub(crate) triggers: Triggers,
    pub(crate) constraint_triggers: ConstraintTriggers,
    pub(crate) sequences: Sequences,
    pub(crate) rounding: Option<Rounding>,
    pub(crate) lock_timeout: Option<Duration>,
    pub(crate) rules: Rules,
    pub(crate) client: Client,
    pub(crate) losses: Losses,
    pub(crate) crlf: Crlf,
    pub(crate) database: Option<String>,
    pub(crate) batch_rows: Option<usize>,
    pub(crate) batch_bytes: Option<usize>,
    pub(crate) bounds: Bounds,
    pub(crate) selection: Selection,
    pub(crate) exclusions: Exclusions,
    pub(crate) drift: Drift,
}

impl Options {
    /// The defaults: see each `with_…`.
    pub fn new() -> Self {
        Self::default()
    }

    /// How the script writes rows. Default: [`Style::Staged`]; with [`Client::Driver`], [`Style::Batches`].
    #[must_use]
    pub fn with_style(mut self, style: Style) -> Self {
        self.style = Some(style);
        self
    }

    /// What is known of the tables; several calls add up. Default: nothing, and the key of a table is its column `id`.
    ///
    /// # Errors
    /// If a table is in two catalogs, and not the same in both.
    pub fn with_catalog(mut self, catalog: Catalog) -> Result<Self> {
        match &mut self.catalog {
            Some(own) => own.merge(catalog)?,
            None => self.catalog = Some(catalog),
        }
        Ok(self)
    }

    /// The key of one table, as `schema.table=column,column`; it overrides the catalog. Names are SQL identifiers:
    /// quote those with capitals, as in `public."User"=id`. Without a schema, `public` is meant.
    ///
    /// Styles [`Rows`](Style::Rows) and [`Batches`](Style::Batches) need a unique index of the target on these columns. Style
    /// [`Staged`](Style::Staged) does not: rows are compared as such an index would compare them, and two rows of the dump or of
    /// the target under one key are an error. Partitions have the key of their table there. Rows with a NULL in the key have
    /// none, see [`with_no_key`](Options::with_no_key).
    ///
    /// # Errors
    /// If `key` is not of this form, or the table has a key already.
    pub fn with_key(mut self, key: &str) -> Result<Self> {
        let (table, columns) = table_columns(key)?;
        match self.keys.insert(table.clone(), columns.into_iter().collect()) {
            Some(key) if !key.is_default() => Err(Error::new(
                ErrorKind::InvalidOption,
                format!("table {table} is given two keys"),
            )),
            _ => Ok(self),
        }
    }

    /// What happens to rows of a table without a key. Default: [`NoKey::Match`] in style [`Style::Staged`],
    /// [`NoKey::Error`] in the others.
    #[must_use]
    pub fn with_no_key(mut self, no_key: NoKey) -> Self {
        self.no_key = Some(no_key);
        self
    }

    /// What happens to the user triggers of the target. Default: [`Triggers::Off`].
    #[must_use]
    pub fn with_triggers(mut self, triggers: Triggers) -> Self {
        self.triggers = triggers;
        self
    }

    /// What happens to constraint triggers of the target. Default: [`ConstraintTriggers::Fire`].
    #[must_use]
    pub fn with_constraint_triggers(mut self, triggers: ConstraintTriggers) -> Self {
        self.constraint_triggers = triggers;
        self
    }

    /// What happens to sequences. None ever moves back. Default: [`Sequences::Forward`].
    #[must_use]
    pub fn with_sequences(mut self, sequences: Sequences) -> Self {
        self.sequences = sequences;
        self
    }

    /// What happens to values that the target would round. Only style `staged` can tell: there the target compares what it was
    /// sent with what its columns hold; the others refuse [`Rounding::Error`]. Default: [`Rounding::Error`] in style `staged`.
    #[must_use]
    pub fn with_rounding(mut self, rounding: Rounding) -> Self {
        self.rounding = Some(rounding);
        self
    }

    /// How long the script waits for a lock before it gives up. Default: for ever.
    #[must_use]
    pub fn with_lock_timeout(mut self, timeout: Duration) -> Self {
        self.lock_timeout = Some(timeout);
        self
    }

    /// Who runs the script. Default: [`Client::Psql`].
    #[must_use]
    pub fn with_client(mut self, client: Client) -> Self {
        self.client = client;
        self
    }

    /// What happens where the dump holds something that no upsert can carry. Default: [`Losses::Warn`].
    #[must_use]
    pub fn with_losses(mut self, losses: Losses) -> Self {
        self.losses = losses;
        self
    }

    /// The database whose rows are taken, of a dump that has several (`pg_dumpall`). Default: the only one that has rows.
    #[must_use]
    pub fn with_database(mut self, name: impl Into<String>) -> Self {
        self.database = Some(name.into());
        self
    }

    /// Most rows in one statement of style [`Style::Batches`]. Default: 1,000.
    #[must_use]
    pub fn with_batch_rows(mut self, rows: usize) -> Self {
        self.batch_rows = Some(rows);
        self
    }

    /// Most bytes of rows in one statement of style [`Style::Batches`]; a longer row stands alone. Default: 1 MiB.
    #[must_use]
    pub fn with_batch_bytes(mut self, bytes: usize) -> Self {
        self.batch_bytes = Some(bytes);
        self
    }

    /// What adds up otherwise is replaced by the next call: the options of a file under those of the command line.
    pub(crate) fn into_defaults(mut self) -> Self {
        self.keys.values_mut().for_each(OptionList::make_default);
        self.matching.make_defaults();
        self.selection.make_default();
        self.rules.make_defaults();
        self.bounds.make_defaults();
        self
    }

    pub(crate) fn style(&self) -> Style {
        self.style.unwrap_or(match self.client {
            Client::Psql => Style::Staged,
            Client::Driver => Style::Batches,
        })
    }
}
