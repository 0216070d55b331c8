//! Decides, once for every head, what becomes of its rows.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use super::conflict::{Decision, decide};
use super::head_text::HeadText;
use super::place::Place;
use super::records::{is_record, is_schema_of_records};
use super::tables::{
    Action, Announcement, Checks, FirstRow, HeadState, Lookup, OTHER_DATABASE, OTHER_SHAPE, TableState, UNSELECTED,
    Upsert, check_default,
};
use super::writer::Writer;
use crate::ast::{Conflict, Guard};
use crate::catalog::dump_names::{is_system_schema, user_schemas};
use crate::catalog::lineage;
use crate::catalog::{Table, TableKind, TableName};
use crate::dump::Target;
use crate::dump::head::{Head, Rows};
use crate::error::{Error, ErrorKind, Result};
use crate::lex::literal::Field;
use crate::options::selection::EXCLUDED;
use crate::options::selection::NOT_WANTED;
use crate::options::update::OnGuard;
use crate::rewrite::rewriter::OUTPUT_BYTES;

/// Rows of tables that the target has not are counted under this.
const UNKNOWN_TABLE: &str = "unknown table";

/// What is trusted where nothing in the dump says it.
const POSITIONAL: &str = "INSERTs name no columns (pg_dump --inserts): their values are taken in the order of the \
                          catalog's, which must be that of the source; with another order they would end in wrong columns";

/// The columns of a head: in the bytes of the dump, and as text.
struct Columns {
    raw: Vec<Vec<u8>>,
    shown: Vec<String>,
}

impl Writer {
    /// Decides for a head that was not seen before.
    pub(super) fn decide(&mut self, head: &Head, search_path: Option<&[Vec<u8>]>) -> Result<Target> {
        self.reading = None;
        let place = self.place(&head.relation, search_path)?;
        let schema = place.schema;
        let mut kept_bytes = 0;
        if place.lookup.is_some() {
            for schema in search_path.map(user_schemas).into_iter().flatten() {
                let meaning = self.names.table(schema, &head.relation.name)?;
                // Here, and in the path that is kept with the stage.
                kept_bytes += 2 * (meaning.schema.len() + meaning.name.len() + size_of::<TableName>());
                self.tables.meanings.insert(meaning);
            }
        }
        let table = self.tables.table(schema, &head.relation.name, &place.name);
        self.reading = Some(table);
        if head.rows != Rows::Copy {
            return self.decide_in(head, table, place, kept_bytes);
        }
        let warnings = self.report.warnings.len();
        let decided = self.decide_in(head, table, place, kept_bytes);
        let warnings = self.report.warnings.split_off(warnings);
        let (target, refusal) = match decided {
            Ok(target) => (target, None),
            Err(error) if error.is_about_plan() => (self.leave_out_refused(head, table), Some(error)),
            Err(error) => return Err(error),
        };
        if let Some(head) = self.tables.heads.get_mut(target.id) {
            head.first_row = FirstRow {
                warnings: warnings.into_iter().map(|warning| warning.message).collect(),
                refusal,
            };
        }
        Ok(target)
    }

    /// The same for a table whose name is known.
    fn decide_in(&mut self, head: &Head, table: usize, place: Place<'_>, mut kept_bytes: usize) -> Result<Target> {
        let Place { schema, name, lookup } = place;
        if is_system_schema(&name.schema) {
            let message = format!("table {name} belongs to PostgreSQL itself, no dump may write to it");
            return Err(Error::new(ErrorKind::TableNotAllowed, message));
        }
        if !self.is_other && head.rows != Rows::Copy {
            self.take_database()?;
        }
        if self.is_full && !self.is_other && self.plan.needs_catalog() {
            let message = "in a full dump the keys come behind the rows, so it has to be read twice";
            return Err(Error::new(ErrorKind::UnsupportedShape, message).with_hint(
                "read the catalog of it first (Catalog::from_schema_sql), use convert(), or choose `style = staged`",
            ));
        }
        let (action, columns) = if let Some(reason) = self.table_left_out(&name)? {
            (Action::LeaveOut(reason), head.columns.as_ref().map(Vec::len))
        } else {
            self.check_kind(&name)?;
            let columns = self.columns(head, &name)?;
            let columns = Columns {
                shown: self.names.read_all(&columns)?,
                raw: columns,
            };
            let is_positional = head.columns.is_none() && !columns.raw.is_empty();
            if is_positional && !self.has_own_catalog() {
                self.warn_once(match head.rows {
                    Rows::Copy => {
                        POSITIONAL.replace("INSERTs name no columns (pg_dump --inserts)", "a COPY names no columns")
                    }
                    _ => POSITIONAL.to_owned(),
                });
            }
            self.meet_demo_columns(&name, &columns.shown);
            let action = if self.is_staged() {
                self.stage(head, &name, table, &columns, lookup)
            } else {
                self.action(head, &name, table, schema, &columns)?
            };
            kept_bytes += action_bytes(&action, &columns.raw);
            (action, Some(columns.raw.len()))
        };
        let filter = self.filter_of(head, &name, &action)?;
        let columns = columns.or(filter.as_ref().map(|filter| filter.columns));
        let lines_max = if filter.is_some() { 1 } else { lines_max(&action) };
        kept_bytes += filter.as_ref().map_or(0, |filter| filter.bytes());
        self.tables.heads.push(HeadState {
            table,
            columns: columns.unwrap_or_default(),
            action,
            filter,
            first_row: FirstRow::default(),
        });
        Ok(Target {
            id: self.tables.heads.len() - 1,
            columns,
            lines_max,
            kept_bytes: kept_bytes as u64,
        })
    }

    /// A foreign table, or one of an extension, is no target unless asked for; the target is asked as well.
    fn check_kind(&self, name: &TableName) -> Result<()> {
        let Some(table) = self.plan.table(name) else {
            return Ok(());
        };
        let (message, option) = if table.extension && !self.plan.allows_extension_table(name) {
            let message = format!("table {name} belongs to an extension, and its rows can be more than data");
            (message, "allow_extension_tables")
        } else if table.kind == TableKind::Foreign && !self.plan.allows_relation(name) {
            let message = format!("{name} is a foreign table, whose rows belong to another database");
            (message, "allow_relations")
        } else {
            return Ok(());
        };
        Err(Error::new(ErrorKind::TableNotAllowed, message).with_hint(format!(
            "leave it out with `exclude_tables = {name}`, or allow it with `{option} = {name}`"
        )))
    }

    /// Leaves out what follows if it belongs to another database than what was taken.
    pub(crate) fn keep_to_one_database(&mut self) {
        self.is_other |= self.taken.as_ref().is_some_and(|taken| *taken != self.database);
    }

    /// Why all rows of a table are left out, if they are.
    fn table_left_out(&mut self, name: &TableName) -> Result<Option<&'static str>> {
        if self.is_other {
            return Ok(Some(OTHER_DATABASE));
        }
        if !self.plan.selects(&name.schema, name)? {
            return Ok(Some(UNSELECTED));
        }
        let selection = self.plan.selection();
        let chosen = match selection.is_empty() {
            true => None,
            false => selection.reason(&self.plan.lineage(name), &self.with_claimed_roots(name)),
        };
        if chosen != Some(EXCLUDED) && self.is_left_out_by_default(name) {
            self.warn_once(format!(
                "table {name} is left out: it is the target's own record of its migrations"
            ));
            return Ok(Some("default"));
        }
        if chosen == Some(NOT_WANTED) {
            self.plan.leave_unselected(name, "only_tables")?;
            if let Some(root) = selection.root_that_is_wanted(&self.with_claimed_roots(name)) {
                self.warn_once(format!(
                    "table {name} is left out: that it is a partition of {root} is only what the dump says; select it by its \
                     name, or give the catalog of the target"
                ));
            }
        }
        if chosen == Some(EXCLUDED) && self.is_staged() {
            self.excluded.insert(name.clone());
        }
        Ok(chosen)
    }

    /// Whether a table is the target's own record, which nobody has asked for.
    pub(super) fn is_left_out_by_default(&self, name: &TableName) -> bool {
        let is_wanted = self.plan.selection().wants_exactly(name)
            || (is_schema_of_records(&name.schema) && self.plan.selects_schema_by_name(&name.schema));
        is_record(name) && !is_wanted
    }

    /// A table and the tables that it is a partition of by any account, also the dump's own: enough to leave it out, and
    /// never enough to permit anything.
    pub(super) fn with_claimed_roots(&self, name: &TableName) -> Vec<TableName> {
        lineage(name, |name| match &self.made {
            Some(made) => made.parent(name),
            None => self.plan.table(name)?.partition_of.clone(),
        })
    }

    /// What is taken belongs to one database: rows of two would end up in one target.
    pub(super) fn take_database(&mut self) -> Result<()> {
        match &self.taken {
            None => self.taken = Some(self.database.clone()),
            Some(taken) if *taken == self.database => {}
            Some(taken) => {
                let name = |database: &Option<String>| database.clone().unwrap_or_else(|| "?".to_owned());
                return Err(several_databases(&[&name(taken), &name(&self.database)]));
            }
        }
        Ok(())
    }

    /// The dump has ended: the database that is wanted must have been there.
    pub(crate) fn check_database(&self) -> Result<()> {
        match self.plan.database() {
            Some(wanted) if !self.has_wanted => {
                let message = format!("the dump does not name a database `{wanted}`");
                let hint = "dumpsert inspect lists the databases of a dump; one of pg_dump without --create names none";
                Err(Error::new(ErrorKind::UnknownName, message).with_hint(hint))
            }
            _ => Ok(()),
        }
    }

    /// The columns of a head: its own list, or that of the catalog.
    fn columns(&self, head: &Head, name: &TableName) -> Result<Vec<Vec<u8>>> {
        let Some(columns) = &head.columns else {
            return self.columns_of_catalog(head, name);
        };
        let mut seen = HashSet::new();
        match columns.iter().find(|column| !seen.insert(*column)) {
            None => Ok(columns.clone()),
            Some(twice) => {
                let message = format!(
                    "column `{}` stands twice in the list of columns",
                    self.names.read(twice)?
                );
                Err(Error::new(ErrorKind::UnexpectedToken, message))
            }
        }
    }

    /// Whether the dump itself has made the tables whose columns are known.
    fn has_own_catalog(&self) -> bool {
        self.made.is_some() || self.plan.is_catalog_of_dump()
    }

    /// What is known of a table, by the plan or by the dump itself.
    pub(super) fn known(&self, name: &TableName) -> Option<Cow<'_, Table>> {
        match &self.made {
            Some(made) => made.table(name).map(Cow::Owned),
            None => self.plan.table(name).map(Cow::Borrowed),
        }
    }

    /// The columns of a head that names none, in the order of the table, where that order is certain. A `COPY` has no
    /// generated ones, and of a table that is not known pg_dump means one without columns.
    pub(super) fn columns_of_catalog(&self, head: &Head, name: &TableName) -> Result<Vec<Vec<u8>>> {
        let what = match head.rows {
            Rows::Values => "INSERT",
            Rows::Copy if self.known(name).is_some() => "COPY",
            Rows::Copy | Rows::Default => return Ok(Vec::new()),
        };
        let refuse = |message: String| Err(Error::new(ErrorKind::UnsupportedShape, message).with_hint(OTHER_SHAPE));
        let Some(table) = self.known(name) else {
            let message = format!("the INSERT into {name} names no columns, and the table is not in the catalog");
            let hint = format!(
                "give the schema of the source with `schema = FILE` (pg_dump --schema-only), which tells their order; or {OTHER_SHAPE}"
            );
            return Err(Error::new(ErrorKind::UnsupportedShape, message).with_hint(hint));
        };
        // Rows that pg_dump loads through a partition's root have the order of the partition they come from; and a
        // column added to a parent later stands elsewhere in its child than a new server would put it.
        if table.kind == TableKind::Partitioned || !table.inherits.is_empty() {
            return refuse(format!(
                "the {what} into {name} names no columns, and their order in the source is not certain"
            ));
        }
        let columns = table.columns.iter();
        columns
            .filter(|column| head.rows == Rows::Values || !column.generated)
            .map(|column| Ok(self.names.write(&column.name)?.into_owned()))
            .collect()
    }

    fn action(
        &mut self,
        head: &Head,
        name: &TableName,
        table: usize,
        schema: &[u8],
        columns: &Columns,
    ) -> Result<Action> {
        let is_unknown = self.plan.has_catalog() && self.plan.table(name).is_none() && self.plan.key(name).is_none();
        if is_unknown && self.plan.drops_unknown_tables() {
            self.warn_once(format!("table {name} is not in the catalog: its rows are left out"));
            return Ok(Action::LeaveOut(UNKNOWN_TABLE));
        }
        let keep = self.writable(head, name, table, &columns.shown);
        let dumped = columns;
        let columns = Columns {
            shown: kept(&dumped.shown, keep.as_deref()),
            raw: kept(&dumped.raw, keep.as_deref()),
        };
        let by_name = self.is_full;
        let order = self.order.as_mut().map(|order| order.meet(name, by_name));
        for warning in order.unwrap_or_default() {
            self.warn_once(warning);
        }
        let Some(decision) = decide(&self.plan, name, &columns.shown)? else {
            return Ok(Action::LeaveOut("no_key"));
        };
        self.tell_key(name, table, &decision);
        let conflict = decision.conflict;
        let target = conflict.iter().flat_map(|conflict| &conflict.target);
        let places: HashMap<&String, usize> = dumped.shown.iter().zip(0..).collect();
        let key = target.filter_map(|key| places.get(key).copied()).collect();
        // A column may be GENERATED ALWAYS AS IDENTITY on the target alone, and PostgreSQL accepts OVERRIDING for every
        // table, but not with DEFAULT VALUES (insert_rest in src/backend/parser/gram.y).
        let overriding = head.rows != Rows::Default && !columns.raw.is_empty();
        let raw: HashMap<&String, &Vec<u8>> = columns.shown.iter().zip(&columns.raw).collect();
        let written = |name: &String| match raw.get(name) {
            Some(raw) => Ok((*raw).clone()),
            None => Ok(self.names.write(name)?.into_owned()),
        };
        let conflict = conflict.map(|conflict| conflict.try_map(written)).transpose()?;
        let head = HeadText::of(schema, &head.relation.name, &columns.raw, conflict.as_ref())?;
        Ok(Action::Upsert(Upsert {
            text: head.upsert(overriding)?,
            key,
            keeps_none: keep.as_ref().is_some_and(|keep| !keep.contains(&true)),
            keep,
            checks: self.checks(name, conflict.as_ref())?,
            unannounced: Some(Announcement {
                columns: columns.raw,
                set: conflict.map(|conflict| conflict.set).unwrap_or_default(),
            }),
        }))
    }

    /// Says how rows are recognised, and what is not as it should be.
    fn tell_key(&mut self, name: &TableName, table: usize, decision: &Decision) {
        let Decision { conflict, source, .. } = decision;
        if let Some(Guard::Absent(column)) = conflict.as_ref().and_then(|conflict| conflict.guard.as_ref()) {
            self.warn_once(format!(
                "the rows of table {name} are not guarded: the dump has no column `{column}` there; where the target has it, {}",
                match self.plan.on_guard() {
                    OnGuard::Error => "the script ends with an error",
                    OnGuard::Skip => "rows that are there already are left out",
                }
            ));
        }
        match (conflict, source) {
            (Some(conflict), Some(source)) => self.set_key(table, &conflict.target, source),
            _ => self.warn_once(format!("table {name} has no key: a second run inserts its rows again")),
        }
        if *source == Some("fallback") {
            self.warn_once(format!(
                "the key of table {name} is not known; its column `id` is taken for it"
            ));
        }
    }

    /// What the target has to be asked of a table, beside its columns.
    fn checks(&self, name: &TableName, conflict: Option<&Conflict<Vec<u8>>>) -> Result<Option<Checks>> {
        let unguarded = match conflict.and_then(|conflict| conflict.guard.as_ref()) {
            Some(Guard::Absent(column)) => Some(column.clone()),
            _ => None,
        };
        if unguarded.is_none() && !self.plan.asks_for_lineage() {
            return Ok(None);
        }
        let ruled = self.plan.ruled(name);
        let written = |name: &String| Ok(self.names.write(name)?.into_owned());
        Ok(Some(Checks {
            ruled_schemas: ruled.iter().map(|name| written(&name.schema)).collect::<Result<_>>()?,
            ruled_names: ruled.iter().map(|name| written(&name.name)).collect::<Result<_>>()?,
            unguarded,
        }))
    }

    /// Which values can be written, by the catalog, where that is not all: no generated ones, and those of columns that it
    /// does not have only if they are not to be dropped.
    fn writable(&mut self, head: &Head, name: &TableName, table: usize, columns: &[String]) -> Option<Vec<bool>> {
        let known = &self.plan.table(name)?.columns;
        let known: HashMap<&str, bool> = known
            .iter()
            .map(|column| (column.name.as_str(), column.generated))
            .collect();
        let is_generated = |column: &String| known.get(column.as_str()) == Some(&true);
        let is_dropped = |column: &String| !known.contains_key(column.as_str()) && self.plan.drops_unknown_columns();
        // pg_dump writes VALUES (DEFAULT) for a table of which all columns are generated.
        let has_others = !columns.iter().all(is_generated);
        let keep: Vec<bool> = columns
            .iter()
            .map(|column| !(is_dropped(column) || is_generated(column) && has_others))
            .collect();
        let left_out = columns.iter().zip(&keep).filter(|(_, keep)| !**keep);
        let (generated, unknown): (Vec<&String>, Vec<&String>) = left_out
            .map(|(column, _)| column)
            .partition(|column| is_generated(column));
        let generated: Vec<String> = generated.into_iter().cloned().collect();
        let TableState { report, dropped, .. } = self.tables.tables.get_mut(table)?;
        for column in unknown {
            if dropped.insert(column.clone()) {
                report.columns_dropped.push(column.clone());
            }
        }
        // Without a list of columns pg_dump writes DEFAULT for them.
        for column in generated.iter().filter(|_| head.columns.is_some()) {
            self.warn_once(format!(
                "column `{column}` of table {name} is generated: the dumped values are left out"
            ));
        }
        keep.contains(&false).then_some(keep)
    }

    /// A stage takes the columns that can be written; `pg_dump --inserts` also names generated ones, as DEFAULT.
    fn stage(
        &mut self,
        head: &Head,
        name: &TableName,
        table: usize,
        columns: &Columns,
        lookup: Option<Lookup>,
    ) -> Action {
        let declared = self
            .plan
            .lineage(name)
            .into_iter()
            .find_map(|name| self.plan.key(&name).map(<[_]>::to_vec));
        match declared {
            Some(key) => self.set_key(table, &key, "option"),
            None => self.set_key(table, &[], "target"),
        }
        // Only an INSERT without a list of columns, for which there was a table, can name a generated one.
        let known = if head.columns.is_none() { self.known(name) } else { None };
        let generated = known.iter().flat_map(|table| &table.columns);
        let generated: HashSet<&str> = generated
            .filter(|column| column.generated)
            .map(|column| column.name.as_str())
            .collect();
        let shown = columns.shown.iter();
        let keep: Vec<bool> = shown.map(|column| !generated.contains(column.as_str())).collect();
        let stage = self.tables.stage(table, &kept(&columns.raw, Some(&keep)), lookup);
        Action::Stage {
            stage,
            keep: keep.contains(&false).then_some(keep),
        }
    }

    /// Warns of a table; several heads of one table say the same only once.
    pub(super) fn warn_once(&mut self, message: String) {
        if !self.report.warnings.iter().any(|warning| warning.message == message) {
            self.report.warn(message);
        }
    }

    fn set_key(&mut self, table: usize, key: &[String], source: &'static str) {
        if let Some(table) = self.tables.tables.get_mut(table) {
            table.report.key = key.to_vec();
            table.report.key_source = Some(source);
        }
    }

    /// DEFAULT may stand only where a column is not staged, and a value only where it is.
    pub(super) fn check_defaults(&self, id: usize, fields: &[Field]) -> Result<()> {
        let keep = match self.tables.heads.get(id).map(|head| &head.action) {
            Some(Action::Stage { keep, .. }) => keep.as_deref(),
            _ => return Ok(()),
        };
        for (at, field) in fields.iter().enumerate() {
            check_default(keep, at, field.form)?;
        }
        Ok(())
    }
}

/// What is read belongs to more than one database.
pub(crate) fn several_databases(names: &[&str]) -> Error {
    let message = format!(
        "the dump has rows or sequences of several databases: {}",
        names.join(", ")
    );
    Error::new(ErrorKind::UnsupportedShape, message).with_hint("choose one with `database = NAME`")
}

/// How many lines of COPY data make so little of the script that it does not matter when they are written at once.
fn lines_max(action: &Action) -> u64 {
    match action {
        Action::Upsert(upsert) => {
            let line = upsert.text.before.len() + upsert.text.after.len() + 1;
            (OUTPUT_BYTES / 8 / line).max(1) as u64
        }
        Action::Stage { .. } | Action::LeaveOut(_) => u64::MAX,
    }
}

/// What is kept for a head: the text of its upsert, and the columns three times, by which the target is told of them once.
fn action_bytes(action: &Action, columns: &[Vec<u8>]) -> usize {
    let text = match action {
        Action::Upsert(upsert) => upsert.text.before.len() + upsert.text.after.len(),
        Action::Stage { .. } => 0,
        Action::LeaveOut(_) => return 0,
    };
    let columns = columns.iter().map(|column| 3 * (column.len() + size_of::<Vec<u8>>()));
    text + columns.sum::<usize>()
}

/// The columns that are kept.
fn kept<T: Clone>(columns: &[T], keep: Option<&[bool]>) -> Vec<T> {
    let is_kept = |at: usize| keep.is_none_or(|keep| keep.get(at) == Some(&true));
    let kept = columns.iter().enumerate().filter(|(at, _)| is_kept(*at));
    kept.map(|(_, column)| column.clone()).collect()
}
