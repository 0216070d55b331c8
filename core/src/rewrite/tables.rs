//! The tables of a dump and their heads, as the writer keeps them.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use crate::ast::UpsertText;
use crate::catalog::TableName;
use crate::error::{Error, ErrorKind, Result, with_nearest};
use crate::filter::HeadFilter;
use crate::lex::literal::Form;
use crate::report::TableReport;

/// What is left out of a dump of several databases is counted under this.
pub(super) const OTHER_DATABASE: &str = "other database";
/// What is left out because its schema is not selected is counted under this.
pub(super) const UNSELECTED: &str = "not selected";

/// What to do where the shape of the dump does not say enough.
pub(super) const OTHER_SHAPE: &str = "dump with --column-inserts instead of --inserts, or without both (COPY)";

/// One table of the dump.
pub(crate) struct TableState {
    /// Schema and name in the bytes of the dump.
    pub(crate) schema: Vec<u8>,
    pub(crate) name: Vec<u8>,
    /// The same as text.
    pub(crate) table_name: TableName,
    pub(crate) report: TableReport,
    /// The lists of columns that the script has announced to the target.
    pub(crate) announced: HashSet<Vec<Vec<u8>>>,
    /// The columns that the report names as dropped.
    pub(crate) dropped: HashSet<String>,
}

/// What becomes of the rows behind a head.
pub(crate) enum Action {
    Upsert(Upsert),
    /// They go into the stage of this number; where not all of their values do, `keep` says which.
    Stage {
        stage: usize,
        keep: Option<Vec<bool>>,
    },
    /// They are left out, for this reason.
    LeaveOut(&'static str),
}

/// How the rows of a head are upserted.
pub(crate) struct Upsert {
    pub(crate) text: UpsertText,
    /// Which values are the key; none where there is no conflict to expect.
    pub(crate) key: Vec<usize>,
    /// Which values are written, where not all are.
    pub(crate) keep: Option<Vec<bool>>,
    /// Whether none is: the target has no column of the dump.
    pub(crate) keeps_none: bool,
    /// What the target has to check before the first row, until it has been told.
    pub(crate) unannounced: Option<Announcement>,
    /// What the target is asked then, if there is anything.
    pub(crate) checks: Option<Checks>,
}

/// What the target checks of a table before its first row.
pub(crate) struct Announcement {
    /// The columns that are written.
    pub(crate) columns: Vec<Vec<u8>>,
    /// Those of them that an update sets.
    pub(crate) set: Vec<Vec<u8>>,
}

/// What only the target knows of a table, and options hang on.
pub(crate) struct Checks {
    /// The tables whose policies and guards are in force: those that it is a partition of have to be among them.
    pub(crate) ruled_schemas: Vec<Vec<u8>>,
    pub(crate) ruled_names: Vec<Vec<u8>>,
    /// The column of its guard, where the dump does not bring it.
    pub(crate) unguarded: Option<Vec<u8>>,
}

/// What is said of a head when its first row comes, and not before: a COPY may have none.
#[derive(Default)]
pub(crate) struct FirstRow {
    pub(crate) warnings: Vec<String>,
    /// Why the rows cannot be written.
    pub(crate) refusal: Option<Error>,
}

/// One head of the dump.
pub(crate) struct HeadState {
    pub(crate) table: usize,
    pub(crate) columns: usize,
    pub(crate) action: Action,
    /// What is looked at to leave out some of its rows.
    pub(crate) filter: Option<Arc<HeadFilter>>,
    pub(crate) first_row: FirstRow,
}

/// How rows of one table with one list of columns go into a temporary table.
pub(crate) struct Stage {
    pub(crate) table: usize,
    pub(crate) columns: Vec<Vec<u8>>,
    /// Where the target looks for the table, if the dump does not name its schema.
    pub(crate) lookup: Option<Lookup>,
    /// The temporary table. Lists that differ in their order alone share one.
    pub(crate) number: usize,
    /// Whether the view that its long rows go through is there.
    pub(crate) has_long_rows: bool,
}

/// Where the target looks for a name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Lookup {
    pub(crate) path: Vec<Vec<u8>>,
    /// The schemas that were chosen; `None` for any.
    pub(crate) allowed: Option<Vec<Vec<u8>>>,
}

impl Lookup {
    fn is_ascii(&self) -> bool {
        let mut schemas = self.path.iter().chain(self.allowed.iter().flatten());
        schemas.all(|schema| schema.is_ascii())
    }
}

#[derive(Default)]
pub(crate) struct Tables {
    pub(crate) tables: Vec<TableState>,
    pub(crate) heads: Vec<HeadState>,
    pub(crate) stages: Vec<Stage>,
    /// What names without a schema could mean beside the tables that they are taken for.
    pub(crate) meanings: HashSet<TableName>,
    ascii: Numbers,
    /// Names with other letters than those of ASCII, which are others in another encoding.
    odd: Numbers,
    pub(crate) created: HashSet<usize>,
}

/// What tells stages apart: the table, its columns, and where it is looked for.
type StageKey = (usize, Vec<Vec<u8>>, Option<Lookup>);

/// The numbers of tables, by schema and name, and of stages, by table and columns.
#[derive(Default)]
struct Numbers {
    tables: HashMap<(Vec<u8>, Vec<u8>), usize>,
    stages: HashMap<StageKey, usize>,
    /// Those of the temporary tables, by table and columns in alphabetical order.
    sets: HashMap<StageKey, usize>,
}

impl Tables {
    /// The number of a table, which is new or not.
    pub(crate) fn table(&mut self, schema: &[u8], name: &[u8], shown: &TableName) -> usize {
        let key = (schema.to_vec(), name.to_vec());
        let is_ascii = schema.is_ascii() && name.is_ascii();
        let numbers = if is_ascii { &mut self.ascii } else { &mut self.odd };
        *numbers.tables.entry(key).or_insert_with(|| {
            let report = TableReport {
                table: shown.to_string(),
                ..TableReport::default()
            };
            self.tables.push(TableState {
                schema: schema.to_vec(),
                name: name.to_vec(),
                table_name: shown.clone(),
                report,
                announced: HashSet::new(),
                dropped: HashSet::new(),
            });
            self.tables.len() - 1
        })
    }

    /// The encoding changes: the same bytes are another name, which the target has not been told of.
    pub(crate) fn forget_names(&mut self) {
        self.odd = Numbers::default();
    }

    /// The number of the stage for these columns of a table, which is new or not.
    pub(crate) fn stage(&mut self, table: usize, columns: &[Vec<u8>], lookup: Option<Lookup>) -> usize {
        let is_ascii = columns.iter().all(|column| column.is_ascii()) && lookup.as_ref().is_none_or(Lookup::is_ascii);
        let numbers = if is_ascii { &mut self.ascii } else { &mut self.odd };
        let key = (table, columns.to_vec(), lookup.clone());
        if let Some(stage) = numbers.stages.get(&key) {
            return *stage;
        }
        let mut set = key.clone();
        set.1.sort();
        // As many as there are lists, at most; one that was forgotten keeps its number.
        let number = *numbers.sets.entry(set).or_insert(self.stages.len());
        self.stages.push(Stage {
            table,
            columns: columns.to_vec(),
            lookup,
            number,
            has_long_rows: false,
        });
        numbers.stages.insert(key, self.stages.len() - 1);
        self.stages.len() - 1
    }
}

/// Checks one value of a row on its way into a stage.
pub(super) fn check_default(keep: Option<&[bool]>, at: usize, form: Form) -> Result<()> {
    let is_kept = keep.is_none_or(|keep| keep.get(at).copied().unwrap_or(true));
    match (is_kept, form == Form::Default) {
        (true, false) | (false, true) => Ok(()),
        (true, true) => {
            Err(Error::new(ErrorKind::UnsupportedShape, "DEFAULT has no place in a COPY").with_hint(OTHER_SHAPE))
        }
        (false, false) => {
            Err(Error::new(ErrorKind::InvalidLiteral, "a value for a generated column").with_hint(OTHER_SHAPE))
        }
    }
}

/// Rows of one stage's table that were left out, and the stages of which the target knows that there are such rows.
#[derive(Default)]
pub(super) struct LeftOut {
    pub(super) stage: usize,
    pub(super) lines: Vec<u8>,
    pub(super) told: BTreeSet<usize>,
}

/// A key is given for a table that neither the catalog nor the dump has.
pub(super) fn unmet_key(what: &str, name: &TableName, known: &BTreeSet<TableName>) -> Error {
    let message = format!("{what} is given for table {name}, which neither the catalog nor the dump has");
    let names = known.iter().map(TableName::to_string);
    with_nearest(Error::new(ErrorKind::InvalidOption, message), &name.to_string(), names)
}
