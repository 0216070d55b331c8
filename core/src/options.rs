//! What a user can choose, and the plan that comes of it.

mod plan;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::catalog::{Catalog, TableName};
use crate::drift::Drift;
use crate::dump::Crlf;
use crate::dump::head::{self, Relation};
use crate::error::{Error, ErrorKind, Result};
use crate::filter::exclusions::{Cascade, DemoColumn, Exclude, Exclusions, VirtualKey};
use crate::filter::{Selection, TablePattern};
use crate::lex::tokens::decode_name;
use crate::listed::Listed;
use crate::nearest::known_column;
use crate::permits::Permits;
use crate::text::{check_option, check_option_name};
use crate::update::{OnGuard, Rules, Update};

pub use self::plan::Plan;

/// Levels of partitions; a catalog by hand may hold a circle.
pub(crate) const LEVELS_MAX: usize = 64;

/// A table and those that it is a partition of, the nearest first.
pub(crate) fn lineage(name: &TableName, partition_of: impl Fn(&TableName) -> Option<TableName>) -> Vec<TableName> {
    let names = std::iter::successors(Some(name.clone()), partition_of);
    names.take(LEVELS_MAX).collect()
}

/// How the script writes rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Style {
    /// One upsert a row, with the dump's literals byte for byte: easy to read and to compare. The keys must be known
    /// (catalog, option, or a column `id`), and parents must come before children, as in `pg_dump --data-only`.
    Rows,
    /// As `Rows`, but with many rows in one upsert: faster, and still plain SQL.
    Batches,
    /// Rows go into temporary tables by `COPY` and from there into the tables; the script asks the target for keys and
    /// foreign keys while it runs. Needs psql.
    Staged,
}

/// What happens to rows of a table that has no key for an upsert.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum NoKey {
    /// It is an error.
    #[default]
    Error,
    /// They are inserted; a second run inserts them again.
    Insert,
    /// They are left out and counted.
    Skip,
    /// Whole rows are compared, and only the missing copies inserted. Only in style [`Style::Staged`].
    Match,
}

/// What happens to the user triggers of the target.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Triggers {
    /// They are switched off for the transaction, as a fresh restore does not fire them either. Needs ownership of the
    /// tables that have some, and blocks other writers of those until the end. Constraint triggers stay on.
    #[default]
    Off,
    /// They fire, on every run.
    Fire,
}

/// What happens to constraint triggers (`CREATE CONSTRAINT TRIGGER`) of the target, which are meant for checks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ConstraintTriggers {
    /// They fire: they are the target's rules.
    #[default]
    Fire,
    /// They are switched off as [`Triggers::Off`] does it with others: for triggers that do work, such as keeping sums,
    /// whose result the dump brings. Foreign keys and unique keys are checked all the same.
    Off,
}

/// What happens to sequences.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Sequences {
    /// They move forward to the values of the dump, and those that belong to a column of a table that gets rows at least
    /// to its last value, so that the next row of the application collides with none.
    #[default]
    Forward,
    /// They move forward to the values of the dump, and no further.
    Dump,
    /// They stay as they are.
    Keep,
}

/// What happens to values that a column of the target cannot hold in full: `1.2345` in a `numeric(10,2)`, fractions of a second
/// in a `timestamp(0)`. PostgreSQL rounds them without a word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Rounding {
    /// It is an error, which names the column, the value and the row.
    #[default]
    Error,
    /// They are rounded, and counted in a note.
    Accept,
}

/// What happens where a dump holds something that no upsert can carry: large objects, statistics, materialized views.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Losses {
    /// It is counted in the report, with a warning.
    #[default]
    Warn,
    /// It is an error.
    Error,
}

/// Who runs the script.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Client {
    /// psql, from version 10 on.
    #[default]
    Psql,
    /// A program, through its driver: single statements without psql's commands and without `BEGIN` and `COMMIT`, to be
    /// run one by one in a transaction of its own. See [`statements`](crate::statements), and for
    /// [`Style::Staged`] [`steps`](crate::steps).
    Driver,
}

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
    style: Option<Style>,
    catalog: Option<Catalog>,
    is_catalog_of_dump: bool,
    keys: BTreeMap<TableName, Listed<String>>,
    no_key: Option<NoKey>,
    triggers: Triggers,
    constraint_triggers: ConstraintTriggers,
    sequences: Sequences,
    rounding: Option<Rounding>,
    lock_timeout: Option<Duration>,
    rules: Rules,
    client: Client,
    losses: Losses,
    pub(crate) crlf: Crlf,
    database: Option<String>,
    batch_rows: Option<usize>,
    batch_bytes: Option<usize>,
    pub(crate) permits: Permits,
    selection: Selection,
    pub(crate) exclusions: Exclusions,
    pub(crate) drift: Drift,
    view: View,
}

/// What a run tells of the rows beside its result. It is of one run and has no name among the options.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct View {
    /// Whether nothing is written, and everything that stands in the way is told.
    pub(crate) check: bool,
    /// How many changed rows of each table are shown, and which columns are not.
    pub(crate) differences: Option<(u32, Vec<String>)>,
    /// Whether a column that a trigger has changed is an error.
    pub(crate) strict: bool,
    /// The word by which lines of progress are known among what the server says.
    pub(crate) progress: Option<String>,
    /// What is said of rows that the dump does not have, where they are deleted; as the script has it.
    pub(crate) prune: Option<serde_json::Value>,
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

    /// What happens to rows that the target has already. Default: [`Update::Always`].
    #[must_use]
    pub fn with_update(mut self, update: Update) -> Self {
        self.rules.all.update = Some(update);
        self
    }

    /// The same for one table, given as an SQL name such as `public."User"`.
    ///
    /// # Errors
    /// If `table` is no name of a table.
    pub fn with_table_update(mut self, table: &str, update: Update) -> Result<Self> {
        self.rules.of(Some(parse_table(table)?)).update = Some(update);
        Ok(self)
    }

    /// The only columns that are updated: `column,column` for all tables, `schema.table=column,column` for one. New
    /// rows are inserted with all their columns. Default: all columns.
    ///
    /// # Errors
    /// If `columns` is not of this form.
    pub fn with_update_only(mut self, columns: &str) -> Result<Self> {
        let (table, columns) = maybe_table_columns(columns)?;
        self.rules.of(table).only.get_or_insert_default().extend(columns);
        Ok(self)
    }

    /// Columns that are never updated: `column,column` for all tables, `schema.table=column,column` for one. Default:
    /// none.
    ///
    /// # Errors
    /// If `columns` is not of this form.
    pub fn with_update_never(mut self, columns: &str) -> Result<Self> {
        let (table, columns) = maybe_table_columns(columns)?;
        self.rules.of(table).never.get_or_insert_default().extend(columns);
        Ok(self)
    }

    /// The guard: where the target has a row with another value in this column under the key of a row of the dump, it is
    /// not taken over. `column` for all tables that have it, `schema.table=column` for one, which must have it. Two NULLs
    /// are the same; other values are compared by the equality of their type. Rows without the column, where the target
    /// has it, are an error; with [`OnGuard::Skip`] those whose key the target has are left out. Default: no guard.
    ///
    /// The guard goes before [`Update`], except that with [`Update::Nothing`] no row is taken over anyway.
    ///
    /// ```
    /// use dumpsert::{OnGuard, Options};
    ///
    /// let options = Options::new().with_guard("\"businessId\"")?.with_on_guard(OnGuard::Skip);
    /// # Ok::<(), dumpsert::Error>(())
    /// ```
    ///
    /// # Errors
    /// If `column` is not of this form.
    pub fn with_guard(mut self, column: &str) -> Result<Self> {
        let (table, columns) = maybe_table_columns(column)?;
        match <[String; 1]>::try_from(columns) {
            Ok([guard]) => self.rules.of(table).guard = Some(guard),
            Err(_) => return Err(invalid(format!("`{column}`: a guard is one column"))),
        }
        Ok(self)
    }

    /// What happens to rows that the guard refuses. Default: [`OnGuard::Error`].
    #[must_use]
    pub fn with_on_guard(mut self, on_guard: OnGuard) -> Self {
        self.rules.on_guard = on_guard;
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
        self.keys.values_mut().for_each(Listed::make_default);
        self.selection.make_default();
        self.rules.make_defaults();
        self.permits.make_defaults();
        self
    }

    /// Tables whose rows are left out, by a pattern as `pg_dump --exclude-table` takes it: `app.log*`, `*.Sessions`
    /// with capitals in quotes. A pattern without a schema means `public`. Partitions follow their table where the
    /// catalog or the dump tells whose they are; sequences are moved only for tables that rows come for. Several calls
    /// add up. Default: none but the tables in which migration tools keep what they have done: `_prisma_migrations`,
    /// `schema_migrations`, `alembic_version`, `django_migrations`, `flyway_schema_history` and their like.
    ///
    /// # Errors
    /// If it is no pattern. One that matches no table, neither of the catalog nor of the dump, is an error of the end of the
    /// dump.
    pub fn with_exclude_table(mut self, pattern: &str) -> Result<Self> {
        self.selection.exclude.extend([TablePattern::parse(pattern)?]);
        Ok(self)
    }

    /// The only tables whose rows are taken, by a pattern as for [`with_exclude_table`](Options::with_exclude_table),
    /// which goes before. Partitions of them are taken where the catalog that is given says what they are; a dump that says
    /// it of its own tables is not believed. Tables of migration tools (`_prisma_migrations`, …) are taken where they are
    /// named without wildcards. Default: all.
    ///
    /// # Errors
    /// If it is no pattern. One that matches no table is an error of [`build`](Options::build) with a catalog, and of
    /// the end of the dump without one.
    pub fn with_only_table(mut self, pattern: &str) -> Result<Self> {
        self.selection.only.extend([TablePattern::parse(pattern)?]);
        Ok(self)
    }

    /// Rows to leave out: `TABLE: CONDITION`. The table is a pattern as for `pg_dump -t`; partitions of it and tables that
    /// inherit from it are meant too. The condition is SQL; rows for which it is true are left out. Rows that reference
    /// them go as well, or change, as if the excluded ones had been deleted in the source, unless
    /// [`with_cascade`](Options::with_cascade) says otherwise. Several calls add up. Default: none.
    ///
    /// A catalog must tell the types of columns and the foreign keys: that of the dump itself, if it is a full one, or one
    /// that is given.
    ///
    /// # Errors
    /// If `text` is not of this form.
    pub fn with_exclude(mut self, text: &str) -> Result<Self> {
        self.exclusions.conditions.push(Exclude::parse(text)?);
        Ok(self)
    }

    /// As [`with_exclude`](Options::with_exclude), with the pattern and the condition apart.
    ///
    /// # Errors
    /// If `tables` is no pattern.
    pub fn with_table_exclude(mut self, tables: &str, condition: &str) -> Result<Self> {
        self.exclusions.conditions.push(Exclude::new(tables, condition)?);
        Ok(self)
    }

    /// Leaves out demo businesses: rows with an id of a business that, in lower case, contains `-demo-business`, ends with
    /// `-demo`, begins with `demo-`, or is `demo`. See [`with_demo_column`](Options::with_demo_column) for where such
    /// ids stand. Default: they are not left out.
    #[must_use]
    pub fn with_exclude_demo(mut self) -> Self {
        self.exclusions.demo.get_or_insert_default();
        self
    }

    /// Where ids of businesses stand: `column` in every table that has it, `table.column` in tables of this name, or
    /// `schema.table.column`. Several calls add up. Implies [`with_exclude_demo`](Options::with_exclude_demo). Default:
    /// `businesses.id`, `"businessId"` and `business_id`.
    ///
    /// # Errors
    /// If `column` is not of this form.
    pub fn with_demo_column(mut self, column: &str) -> Result<Self> {
        let column = DemoColumn::parse(column)?;
        self.exclusions.demo.get_or_insert_default().columns.push(column);
        Ok(self)
    }

    /// A boolean column, as an SQL identifier, that marks a business as demo, in the tables that
    /// [`with_demo_column`](Options::with_demo_column) names (`businesses`). Implies
    /// [`with_exclude_demo`](Options::with_exclude_demo). Default: only ids are looked at.
    ///
    /// # Errors
    /// If `column` is no SQL identifier.
    pub fn with_demo_flag(mut self, column: &str) -> Result<Self> {
        let name = match head::parse_columns(column.as_bytes()).as_deref() {
            Some([name]) => decode_name(name).into_owned(),
            _ => {
                let message = format!("`{column}` is no name of a column");
                return Err(invalid(message).with_hint("quote names with capitals: \"isDemo\""));
            }
        };
        self.exclusions.demo.get_or_insert_default().flag = Some(name);
        Ok(self)
    }

    /// What happens to rows that reference what is left out. Default: [`Cascade::OnDelete`].
    ///
    /// ```
    /// use dumpsert::{Cascade, Options};
    ///
    /// let options = Options::new().with_cascade(Cascade::Delete);
    /// ```
    #[must_use]
    pub fn with_cascade(mut self, cascade: Cascade) -> Self {
        self.exclusions.cascade = cascade;
        self
    }

    /// Keeps rows that reference what is left out; the report counts them: [`Cascade::Off`].
    #[must_use]
    pub fn without_cascade(self) -> Self {
        self.with_cascade(Cascade::Off)
    }

    /// A foreign key that the source does not declare, to be followed by exclusions: `public.orders("businessId")
    /// REFERENCES public.businesses(id) ON DELETE SET NULL`. Without columns the primary key is referenced; without an
    /// action it is `CASCADE`. Several calls add up. Default: none.
    ///
    /// With `WHERE` and an SQL condition at its end it holds only for rows for which that is true: one column of Rails'
    /// polymorphic associations references several tables, each by a foreign key of its own, as in
    /// `public.comments(subject_id) REFERENCES public.posts(id) WHERE subject_type = 'Post'`.
    ///
    /// # Errors
    /// If `text` is not of this form.
    pub fn with_foreign_key(mut self, text: &str) -> Result<Self> {
        self.exclusions.foreign_keys.push(VirtualKey::parse(text)?);
        Ok(self)
    }

    pub(crate) fn style(&self) -> Style {
        self.style.unwrap_or(match self.client {
            Client::Psql => Style::Staged,
            Client::Driver => Style::Batches,
        })
    }

    pub(crate) fn has_catalog(&self) -> bool {
        self.catalog.is_some()
    }

    /// Checks that the options fit together.
    ///
    /// # Errors
    /// If they do not: a key of a column that its table has not in the catalog, or an option that the style cannot keep.
    pub fn build(mut self) -> Result<Plan> {
        if self.no_key == Some(NoKey::Match) && self.style() != Style::Staged {
            let message = "`no_key = match` works only with `style = staged`";
            return Err(Error::new(ErrorKind::InvalidOption, message));
        }
        if self.rounding == Some(Rounding::Error) && self.style() != Style::Staged {
            let message =
                "`rounding = error` works only with `style = staged`: elsewhere the target rounds without a word";
            return Err(Error::new(ErrorKind::InvalidOption, message));
        }
        if self.batch_rows == Some(0) || self.batch_bytes == Some(0) {
            return Err(Error::new(
                ErrorKind::InvalidOption,
                "a batch must take at least one row and one byte",
            ));
        }
        self.check_drift()?;
        self.check_texts()?;
        if let Some(catalog) = &self.catalog {
            self.selection.check(catalog)?;
            self.rules.check(catalog)?;
            self.permits.check(catalog)?;
            for (name, columns) in &self.keys {
                // A table that only the dump has is met there, or the end of the dump tells.
                if let Some(table) = catalog.table(&name.schema, &name.name) {
                    let known = |column| known_column(table, column, "a key");
                    columns.items().iter().try_for_each(known)?;
                }
            }
        }
        self.exclusions.compile(self.catalog.as_ref())?;
        Ok(Plan(Arc::new(self)))
    }

    /// What setters took as it came; the others have read theirs as SQL names.
    fn check_texts(&self) -> Result<()> {
        let database = self.database.iter().map(|name| (name, "the name of a database"));
        let flag = self.exclusions.demo.iter().filter_map(|demo| demo.flag.as_ref());
        let flag = flag.map(|column| (column, "the column that marks a business as demo"));
        let newer = self
            .rules
            .newer_columns()
            .map(|column| (column, "the column of the policy `newer`"));
        let mut names = database.chain(flag).chain(newer);
        names.try_for_each(|(name, of)| check_option_name(name, of))
    }
}

fn invalid(message: String) -> Error {
    Error::new(ErrorKind::InvalidOption, message)
}

fn table_name(relation: Relation) -> TableName {
    let schema = relation.schema.unwrap_or_else(|| b"public".to_vec());
    TableName {
        schema: decode_name(&schema).into_owned(),
        name: decode_name(&relation.name).into_owned(),
    }
}

/// Reads `schema.table`.
pub(crate) fn parse_table(table: &str) -> Result<TableName> {
    check_option(table, "the name")?;
    head::parse_relation(table.as_bytes()).map(table_name).ok_or_else(|| {
        invalid(format!("`{table}` is no name of a table"))
            .with_hint("write it as schema.table, and quote names with capitals: public.\"User\"")
    })
}

fn names(columns: &[Vec<u8>]) -> Vec<String> {
    columns.iter().map(|column| decode_name(column).into_owned()).collect()
}

/// Reads `schema.table=column,column`.
fn table_columns(text: &str) -> Result<(TableName, Vec<String>)> {
    check_option(text, "the list of columns")?;
    let (relation, columns) = head::parse_key(text.as_bytes()).ok_or_else(|| {
        invalid(format!("`{text}` names no columns of a table"))
            .with_hint("write schema.table=column,column, and quote names with capitals: public.\"User\"=id")
    })?;
    Ok((table_name(relation), names(&columns)))
}

/// Reads `column,column` or `schema.table=column,column`.
fn maybe_table_columns(text: &str) -> Result<(Option<TableName>, Vec<String>)> {
    check_option(text, "the list of columns")?;
    match head::parse_columns(text.as_bytes()) {
        Some(columns) => Ok((None, names(&columns))),
        None => table_columns(text).map(|(table, columns)| (Some(table), columns)),
    }
}
