//! From what the user says and the catalog to what has to be looked at in each row, once for any number of dumps.
//!
//! The meaning of it all: the rows that are kept are those that the source would hold had the excluded ones been
//! deleted there. Where PostgreSQL would refuse the deletion (`NO ACTION`, `RESTRICT`, `SET NULL` of a column that is
//! NOT NULL) the referencing row goes too.

mod cascade;
mod demo;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::rc::Rc;
use std::sync::Arc;

use super::condition::Condition;
use super::key_form::{Family, KeyForm};
use super::key_names::KeyNames;
use super::keys::KeyHasher;
use super::tree::Tree;
use crate::catalog::{Action, Catalog, ForeignKey, Table, TableName};
use crate::error::{Error, ErrorKind, Result};
use crate::options::Case;
use crate::options::exclude::{Cascade, Demo, DemoColumn, Exclude, Exclusions};
use crate::text::nearest::nearest;

/// What is looked at in the rows of each table.
#[derive(Debug)]
pub(crate) struct FilterPlan {
    pub(crate) hasher: KeyHasher,
    pub(crate) rules: Vec<Rule>,
    pub(crate) references: Vec<Reference>,
    pub(crate) sets: Vec<Set>,
    pub(crate) tables: HashMap<TableName, TableFilter>,
    /// Keys that columns without a foreign key are compared with.
    pub(crate) tracked: Vec<Tracked>,
    /// The preset, for tables that no catalog knows.
    pub(crate) demo: Option<Vec<DemoColumn>>,
    /// Whether foreign keys are followed. Otherwise the rows that reference what is left out are counted.
    pub(crate) cascades: bool,
    /// Why references cannot be counted, where they are not followed.
    pub(crate) uncounted: Vec<String>,
    /// What the user should know before the first row.
    pub(crate) notes: Vec<String>,
    /// How many keys there are beyond those that are tracked.
    pub(crate) untracked: usize,
}

/// Why a row is left out at once.
#[derive(Debug)]
pub(crate) struct Rule {
    /// What it is called in the report.
    pub(crate) label: String,
    /// The condition as SQL, for rows of a target; none of what is told by [`FilterPlan::demo`].
    pub(crate) sql: Option<String>,
    pub(crate) test: Test,
    /// The columns that are looked at.
    pub(crate) columns: Vec<String>,
}

#[derive(Debug)]
pub(crate) enum Test {
    Condition(Condition),
    /// The one column holds the id of a demo business.
    DemoId,
}

/// Keys of rows that are gone or have changed: the values that rows of one table had in some of its columns.
#[derive(Debug)]
pub(crate) struct Set {
    pub(crate) table: TableName,
}

/// A key of one column, by which rows may be referenced without a foreign key.
#[derive(Debug)]
pub(crate) struct Tracked {
    pub(crate) set: usize,
    pub(crate) table: TableName,
    /// The tables whose rows are meant: the table and its partitions.
    pub(crate) tables: Arc<HashSet<TableName>>,
    pub(crate) column: String,
    pub(crate) family: Family,
    pub(crate) form: KeyForm,
    /// What columns are called that reference it.
    pub(crate) names: KeyNames,
}

/// A foreign key of a table, and what happens to its row if the referenced one is gone or has changed.
#[derive(Debug)]
pub(crate) struct Reference {
    /// What it is called in the report.
    pub(crate) label: String,
    pub(crate) name: String,
    pub(crate) table: TableName,
    pub(crate) set: usize,
    pub(crate) columns: Vec<(String, KeyForm)>,
    /// The rows for which it holds; none means all.
    pub(crate) only: Option<Condition>,
    pub(crate) effect: Effect,
    /// Whether the tables reference each other in a circle, so that no order of rows brings all parents first.
    pub(crate) in_cycle: bool,
}

#[derive(Clone, Debug)]
pub(crate) enum Effect {
    /// The row goes too.
    Go,
    /// The row stays as it is and is counted, since foreign keys are not followed.
    Stay,
    /// Columns get these values; `None` is NULL.
    Set {
        values: Vec<(String, Option<String>)>,
        /// The number of this change among the table's events.
        event: usize,
        /// The key that the row references then, where it references one.
        key: Option<Vec<String>>,
    },
}

/// What is looked at in rows of one table.
#[derive(Debug, Default)]
pub(crate) struct TableFilter {
    pub(crate) rules: Vec<usize>,
    pub(crate) references: Vec<usize>,
    /// Where keys of its rows are remembered.
    pub(crate) feeds: Vec<Feed>,
    /// Columns by whose names nothing can be told, since rows come under the name of the root.
    pub(crate) is_ambiguous: bool,
}

/// Keys of rows to which something happens go into a set.
#[derive(Debug)]
pub(crate) struct Feed {
    pub(crate) set: usize,
    /// The number of the event, see [`GONE`].
    pub(crate) event: usize,
    pub(crate) columns: Vec<(String, KeyForm)>,
    /// The number of the key among those that are tracked, if it is one.
    pub(crate) tracked: Option<usize>,
    /// Whether no foreign key needs it.
    pub(crate) is_soft: bool,
}

/// The event that a row is left out; the others are changes.
pub(crate) const GONE: usize = 0;

/// No event: nothing happens to the row.
pub(crate) const NONE: usize = usize::MAX;

/// What happens to rows of a table.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Event {
    Gone,
    Changed(BTreeMap<String, Option<String>>),
}

impl FilterPlan {
    /// Makes the plan; `None` if no row is to be left out.
    ///
    /// # Errors
    /// If a condition cannot be evaluated, a pattern matches no table, or a foreign key cannot be followed.
    pub(crate) fn compile(exclusions: &Exclusions, catalog: Option<&Catalog>) -> Result<Option<Self>> {
        if !exclusions.is_any() {
            return Ok(None);
        }
        let empty = Catalog::default();
        let mut compiler = Compiler {
            catalog: catalog.unwrap_or(&empty),
            tree: Tree::new(catalog.unwrap_or(&empty)),
            case: exclusions.case,
            rules: Vec::new(),
            references: Vec::new(),
            sets: Vec::new(),
            set_numbers: HashMap::new(),
            tables: BTreeMap::new(),
            events: BTreeMap::new(),
            event_numbers: HashMap::new(),
            raised: VecDeque::new(),
            queued: HashSet::new(),
            keys: HashMap::new(),
            gone_feeds: HashMap::new(),
            uncounted: Vec::new(),
            notes: Vec::new(),
            deletes_all: exclusions.cascade == Cascade::Delete,
        };
        for exclude in &exclusions.conditions {
            compiler.exclude(exclude)?;
        }
        if let Some(demo) = &exclusions.demo {
            compiler.demo(demo)?;
            if catalog.is_some() {
                compiler.check_demo(demo)?;
            }
        }
        compiler.collect_keys(exclusions)?;
        if exclusions.cascade == Cascade::Off {
            if catalog.is_none() {
                compiler.uncounted.push("the source".to_owned());
            }
            compiler.watch();
        } else {
            compiler.cascade()?;
            compiler.mark_cycles();
            compiler.mark_ambiguous();
        }
        let (tracked, untracked) = compiler.track();
        let names: Vec<TableName> = compiler.catalog.tables().iter().map(Table::table_name).collect();
        let tables = compiler.tables.into_iter();
        Ok(Some(Self {
            hasher: KeyHasher::random(),
            rules: compiler.rules,
            references: compiler.references,
            sets: compiler.sets,
            tables: tables
                .filter_map(|(at, table)| Some((names.get(at)?.clone(), table)))
                .collect(),
            tracked,
            demo: exclusions.demo.as_ref().map(Demo::columns),
            cascades: exclusions.cascade != Cascade::Off,
            uncounted: compiler.uncounted,
            notes: compiler.notes,
            untracked,
        }))
    }

    /// Whether a dump has to be read once before, because rows can come before those they reference.
    pub(crate) fn needs_learning(&self) -> bool {
        !self.references.is_empty()
    }
}

pub(super) struct Compiler<'a> {
    pub(super) catalog: &'a Catalog,
    pub(super) tree: Tree,
    /// The rule for upper and lower case beyond ASCII.
    case: Option<Case>,
    rules: Vec<Rule>,
    references: Vec<Reference>,
    pub(super) sets: Vec<Set>,
    pub(super) set_numbers: HashMap<(usize, Vec<String>, Event), usize>,
    /// By the place of the table in the catalog.
    pub(super) tables: BTreeMap<usize, TableFilter>,
    /// The events of each table, in the order of their numbers.
    events: BTreeMap<usize, Vec<Event>>,
    event_numbers: HashMap<(usize, Event), usize>,
    raised: VecDeque<(usize, usize)>,
    /// All that was raised until now.
    queued: HashSet<(usize, usize)>,
    /// The foreign keys that reference a table, by its place, grouped by the columns that they reference.
    pub(super) keys: HashMap<usize, Rc<Referenced>>,
    /// By table and set, the feed that takes what is gone.
    pub(super) gone_feeds: HashMap<(usize, usize), usize>,
    /// See [`FilterPlan::uncounted`] and [`FilterPlan::notes`].
    uncounted: Vec<String>,
    notes: Vec<String>,
    /// Whether rows that reference what is left out go, whatever their foreign keys say.
    pub(super) deletes_all: bool,
}

impl Compiler<'_> {
    fn table(&self, at: usize) -> Result<&Table> {
        let missing = || Error::new(ErrorKind::Internal, "a table that the catalog does not have");
        self.catalog.tables().get(at).ok_or_else(missing)
    }

    /// Adds a rule to a table and to all whose rows are also rows of it.
    fn rule(&mut self, at: usize, rule: Rule) -> Result<()> {
        self.rules.push(rule);
        let number = self.rules.len() - 1;
        self.tables.entry(at).or_default().rules.push(number);
        self.raise(at, Event::Gone);
        Ok(())
    }

    fn exclude(&mut self, exclude: &Exclude) -> Result<()> {
        if self.catalog.is_empty() {
            let message = format!("nothing is known of the columns of `{}`", exclude.tables);
            return Err(Error::new(ErrorKind::InvalidOption, message).with_hint(
                "a condition on rows needs the types of the columns: give the schema with `schema = FILE`",
            ));
        }
        let matched: Vec<TableName> = exclude
            .tables
            .tables(self.catalog)?
            .iter()
            .map(|table| table.table_name())
            .collect();
        let matched: Vec<usize> = matched.iter().filter_map(|name| self.tree.position(name)).collect();
        // What is deleted from a table is deleted from its partitions and from those that inherit from it.
        let all: BTreeSet<usize> = self.tree.with_descendants(matched.clone()).into_iter().collect();
        let mut first_error = None;
        let mut is_used = false;
        for &at in &all {
            match Condition::compile_with(&exclude.condition, self.table(at)?, self.catalog, self.case) {
                Ok(condition) => {
                    let columns = condition.columns().to_vec();
                    let rule = Rule {
                        label: format!("rule: {}", exclude.condition),
                        sql: Some(exclude.condition.clone()),
                        test: Test::Condition(condition),
                        columns,
                    };
                    self.rule(at, rule)?;
                    is_used = true;
                }
                // A pattern of many tables means those that have the column.
                Err(error) if matched.len() > 1 && error.kind() == ErrorKind::UnknownName => {
                    first_error.get_or_insert(error);
                }
                Err(error) => return Err(in_exclusion(exclude, error)),
            }
        }
        match first_error {
            Some(error) if !is_used => Err(in_exclusion(exclude, error)),
            _ => Ok(()),
        }
    }

    fn raise(&mut self, at: usize, event: Event) -> usize {
        let events = self.events.entry(at).or_insert_with(|| vec![Event::Gone]);
        let number = match &event {
            Event::Gone => GONE,
            Event::Changed(_) => *self.event_numbers.entry((at, event.clone())).or_insert_with(|| {
                events.push(event);
                events.len() - 1
            }),
        };
        if self.queued.insert((at, number)) {
            self.raised.push_back((at, number));
        }
        number
    }

    /// All foreign keys that are enforced, and those given by hand.
    fn collect_keys(&mut self, exclusions: &Exclusions) -> Result<()> {
        let mut referenced: HashMap<usize, Referenced> = HashMap::new();
        for (at, table) in self.catalog.tables().iter().enumerate() {
            for key in table.foreign_keys.iter().filter(|key| key.enforced) {
                if let Some(parent) = self.tree.position(&key.references) {
                    referenced.entry(parent).or_default().add(at, key.clone(), None);
                }
            }
        }
        for given in &exclusions.foreign_keys {
            let child = self.known(&given.table, &given.columns)?;
            let parent = self.known(&given.references, &given.referenced_columns)?;
            let mut columns = given.referenced_columns.clone();
            if columns.is_empty() {
                let primary = self.table(parent)?.keys.iter().find(|key| key.primary);
                columns = primary.map(|key| key.columns.clone()).unwrap_or_default();
            }
            if columns.len() != given.columns.len() {
                let message = format!("the foreign key {given} does not say which columns it references");
                return Err(
                    Error::new(ErrorKind::InvalidOption, message).with_hint("name as many columns on both sides")
                );
            }
            let names = given.columns.join(", ");
            let key = ForeignKey {
                name: match &given.only {
                    Some(condition) => format!("{names} where {condition}"),
                    None => names,
                },
                columns: given.columns.clone(),
                references: given.references.clone(),
                referenced_columns: columns,
                on_delete: given.on_delete,
                on_delete_columns: Vec::new(),
                on_update: Action::Cascade,
                match_full: false,
                deferrable: false,
                initially_deferred: false,
                enforced: true,
            };
            referenced
                .entry(parent)
                .or_default()
                .add(child, key, given.only.clone());
        }
        self.keys = referenced
            .into_iter()
            .map(|(parent, keys)| (parent, Rc::new(keys)))
            .collect();
        Ok(())
    }

    /// The place of a table that has these columns.
    fn known(&self, name: &TableName, columns: &[String]) -> Result<usize> {
        let Some(at) = self.tree.position(name) else {
            let error = Error::new(
                ErrorKind::InvalidOption,
                format!("a foreign key is given for table {name}, which is not in the catalog"),
            );
            let names = self.catalog.tables().iter().map(|table| table.table_name().to_string());
            return Err(with_nearest(error, &name.to_string(), names));
        };
        let table = self.table(at)?;
        match columns.iter().find(|column| table.column(column).is_none()) {
            None => Ok(at),
            Some(column) => {
                let message = format!("a foreign key is given for column `{column}` of table {name}, which it has not");
                let names = table
                    .columns
                    .iter()
                    .map(|column| crate::catalog::quote_ident(&column.name).into_owned());
                Err(with_nearest(
                    Error::new(ErrorKind::InvalidOption, message),
                    column,
                    names,
                ))
            }
        }
    }
}

/// The foreign keys that reference one table.
#[derive(Debug, Default)]
pub(super) struct Referenced {
    pub(super) groups: Vec<Group>,
    numbers: HashMap<Vec<String>, usize>,
}

/// Those of them that reference the same columns.
#[derive(Debug)]
pub(super) struct Group {
    /// The referenced columns, sorted.
    pub(super) columns: Vec<String>,
    pub(super) keys: Vec<Linked>,
}

/// A foreign key with the place of the table that has it.
#[derive(Debug)]
pub(super) struct Linked {
    pub(super) child: usize,
    pub(super) key: ForeignKey,
    /// The columns with those they reference, in the order of the latter.
    pub(super) pairs: Vec<(String, String)>,
    /// The rows for which it holds; none means all.
    pub(super) only: Option<String>,
}

impl Referenced {
    fn add(&mut self, child: usize, key: ForeignKey, only: Option<String>) {
        let pairs = sorted_pairs(&key);
        let columns: Vec<String> = pairs.iter().map(|(_, referenced)| referenced.clone()).collect();
        let number = *self.numbers.entry(columns.clone()).or_insert_with(|| {
            let keys = Vec::new();
            self.groups.push(Group { columns, keys });
            self.groups.len() - 1
        });
        if let Some(group) = self.groups.get_mut(number) {
            group.keys.push(Linked {
                child,
                key,
                pairs,
                only,
            });
        }
    }

    /// The group of one column.
    pub(super) fn of_column(&self, column: &str) -> Option<&Group> {
        let columns = [column.to_owned()];
        self.groups.get(*self.numbers.get(columns.as_slice())?)
    }
}

/// What a foreign key is called in the report.
fn label(key: &ForeignKey) -> String {
    format!("cascade: {}", key.name)
}

/// The columns of a foreign key with those they reference, by the names of the latter: keys that list the same columns
/// in another order share one set.
fn sorted_pairs(key: &ForeignKey) -> Vec<(String, String)> {
    let pairs = key.columns.iter().cloned().zip(key.referenced_columns.iter().cloned());
    let mut pairs: Vec<(String, String)> = pairs.collect();
    pairs.sort_by(|a, b| a.1.cmp(&b.1));
    pairs
}

fn with_nearest(error: Error, wanted: &str, names: impl Iterator<Item = String>) -> Error {
    match nearest(wanted, names) {
        Some(name) => error.with_hint(format!("did you mean {name}? names with capitals must be quoted")),
        None => error,
    }
}

/// Says which of the exclusions an error is about.
fn in_exclusion(exclude: &Exclude, error: Error) -> Error {
    let message = format!("in `{}: {}`: {}", exclude.tables, exclude.condition, error.message());
    error.with_message(message)
}
