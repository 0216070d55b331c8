//! What must become of a target, reasoned out without a server and without knowing how the merge is done.
//!
//! A row that is dumped ends as in the dump. A row that only the target has changes by nothing but the foreign keys'
//! ON UPDATE actions. What a referenced row passes through in between counts too: an action cannot be undone by
//! bringing its cause back. Where that leaves more than one end, or where the documented limits lie, the merge may
//! refuse, and each such reason has a name.

use std::collections::{BTreeMap, BTreeSet};

use super::schema::{Action, ForeignKey, Schema, UniqueKind, V, Value};
use super::state::{State, parent_of, place, reference, referenced, violations};

/// Why a merge may refuse although the end would be fine. The merge need not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Doubt {
    /// Unique values in a circle, of which no row has a spare place: children that bear no change, or columns that are
    /// foreign keys.
    CircleWithoutPlace,
    /// A dumped child still holds a value that must not change below it (RESTRICT).
    RestrictedDumpedChild,
    /// A child that bears no change (NO ACTION, RESTRICT) hangs on a value that another action changes, or may be held again
    /// only by a row that another action changes.
    NoActionBelowAnAction,
    /// SET NULL, SET DEFAULT, or CASCADE from a value that becomes NULL, makes of a dumped row for a moment what a constraint
    /// forbids.
    ForbiddenInBetween,
    /// SET DEFAULT, where the row with the default value comes, goes or changes in the same merge.
    DefaultThatMoves,
    /// Actions write into unique keys of tables that have to be written by one statement.
    ActionInOneStatement,
    /// An action fires or not, depending on the order.
    DependsOnOrder,
}

/// What must come of a merge.
#[derive(Debug)]
pub(super) struct Verdict {
    /// Why it must be refused; empty: it need not.
    pub(super) refused: Vec<String>,
    pub(super) doubts: BTreeSet<Doubt>,
    /// The values that each column of each row may have at the end.
    pub(super) finals: Vec<BTreeMap<u32, Vec<Vec<Value>>>>,
    /// The rows that an action may have written to.
    pub(super) touched: BTreeSet<(usize, u32)>,
}

/// What happens to the columns of one row before the merge writes to it.
#[derive(Debug, Clone, PartialEq)]
struct Course {
    /// The values after the actions of other rows' changes; several where it depends on the order.
    after: Vec<Vec<Value>>,
    /// Columns that are NULL in between.
    through_null: BTreeSet<usize>,
    /// Columns that an action writes to.
    touched: BTreeSet<usize>,
}

struct Model<'a> {
    schema: &'a Schema,
    before: &'a State,
    dump: &'a State,
    courses: Vec<BTreeMap<u32, Course>>,
    /// Tables that need one statement together, by a number.
    components: Vec<usize>,
    doubts: BTreeSet<Doubt>,
    refused: Vec<String>,
}

pub(super) fn judge(schema: &Schema, before: &State, dump: &State) -> Verdict {
    let start = |row: &Vec<Value>| Course {
        after: row.iter().map(|&value| vec![value]).collect(),
        through_null: BTreeSet::new(),
        touched: BTreeSet::new(),
    };
    let courses = before
        .iter()
        .map(|rows| rows.iter().map(|(&id, row)| (id, start(row))).collect())
        .collect();
    let mut model = Model {
        schema,
        before,
        dump,
        courses,
        components: components(schema),
        doubts: BTreeSet::new(),
        refused: Vec::new(),
    };
    for _ in 0..32 {
        if !model.step() {
            break;
        }
    }
    model.look_for_doubts();
    model.look_for_circles();
    model.verdict()
}

impl Model<'_> {
    /// All references of rows of the target to others: the child's table and number, the foreign key, the parent's number.
    fn references(&self) -> Vec<(usize, u32, usize, u32)> {
        let mut found = Vec::new();
        for (at, table) in self.schema.tables.iter().enumerate() {
            for (number, key) in table
                .foreign_keys
                .iter()
                .enumerate()
                .filter(|(_, key)| key.unique.is_some())
            {
                for (&id, row) in &self.before[at] {
                    let parent =
                        reference(key, row).and_then(|values| parent_of(self.schema, self.before, key, &values));
                    found.extend(parent.map(|parent| (at, id, number, parent)));
                }
            }
        }
        found
    }

    /// The columns that a foreign key references.
    fn watched<'k>(&'k self, key: &ForeignKey) -> &'k [usize] {
        key.unique
            .map_or(&[], |unique| &self.schema.tables[key.parent].uniques[unique].columns)
    }

    /// The values that a row may have at the end, column by column.
    fn finals(&self, at: usize, id: u32) -> Vec<Vec<Value>> {
        match self.dump[at].get(&id) {
            Some(row) => row.iter().map(|&value| vec![value]).collect(),
            None => self.courses[at][&id].after.clone(),
        }
    }

    /// Whether a referenced value changes for good, and whether it changes at all.
    fn changes(&self, key: &ForeignKey, parent: u32) -> (bool, bool) {
        let old = &self.before[key.parent][&parent];
        let finals = self.finals(key.parent, parent);
        let columns = self.watched(key);
        let moves = columns.iter().any(|&column| finals[column] != [old[column]]);
        let course = &self.courses[key.parent][&parent];
        (
            moves,
            moves || columns.iter().any(|column| course.touched.contains(column)),
        )
    }

    /// One round of actions; whether anything came of it.
    fn step(&mut self) -> bool {
        let mut any = false;
        for (at, id, number, parent) in self.references() {
            let key = &self.schema.tables[at].foreign_keys[number];
            let (moves, touches) = self.changes(key, parent);
            if !touches || !key.on_update.writes() {
                continue;
            }
            let finals = self.finals(key.parent, parent);
            let watched = self.watched(key).to_vec();
            let lost = watched
                .iter()
                .any(|column| self.courses[key.parent][&parent].through_null.contains(column));
            let old = self.courses[at][&id].clone();
            let mut new = old.clone();
            for (&column, &source) in key.columns.iter().zip(&watched) {
                let same = self.before[at][&id][column];
                let mut values: Vec<Value> = match key.on_update {
                    Action::Cascade => finals[source].clone(),
                    Action::SetNull => vec![None],
                    _ => vec![self.schema.tables[at].columns[column].default],
                };
                if key.on_update == Action::Cascade && lost {
                    values.push(None);
                }
                if key.on_update != Action::Cascade && !moves {
                    values.push(same);
                }
                if values.contains(&None) {
                    new.through_null.insert(column);
                }
                values.sort_unstable();
                values.dedup();
                new.touched.insert(column);
                new.after[column] = values;
            }
            any |= new != old;
            self.courses[at].insert(id, new);
        }
        any
    }

    fn is_dumped(&self, at: usize, id: u32) -> bool {
        self.dump[at].contains_key(&id)
    }

    fn look_for_doubts(&mut self) {
        for (at, id, number, parent) in self.references() {
            let table = &self.schema.tables[at];
            let key = &table.foreign_keys[number];
            let (_, touches) = self.changes(key, parent);
            if !touches {
                continue;
            }
            let (old, finals) = (&self.before[key.parent][&parent], self.finals(key.parent, parent));
            let surely = self
                .watched(key)
                .iter()
                .any(|&column| !finals[column].contains(&old[column]));
            let finals_become_null = self.watched(key).iter().any(|&column| finals[column].contains(&None));
            match key.on_update {
                Action::Restrict if surely && !self.is_dumped(at, id) => {
                    self.refused
                        .push(format!("RESTRICT: row {id} of {} by f{number}", table.name));
                }
                Action::Restrict if self.is_dumped(at, id) => {
                    self.doubts.insert(Doubt::RestrictedDumpedChild);
                }
                Action::Nothing | Action::Restrict => self.doubt_no_action(at, id, key, parent),
                Action::SetNull => self.doubt_set_null(at, id, key),
                Action::SetDefault => self.doubt_set_default(at, id, key),
                Action::Cascade if finals_become_null => self.doubt_set_null(at, id, key),
                Action::Cascade => {}
            }
            if key.on_update.writes() && self.is_one_statement(at, key) {
                self.doubts.insert(Doubt::ActionInOneStatement);
            }
        }
        for (at, rows) in self.before.iter().enumerate() {
            let is_open = |&id: &u32| self.courses[at][&id].after.iter().any(|values| values.len() > 1);
            if rows.keys().filter(|&&id| !self.is_dumped(at, id)).any(is_open) {
                self.doubts.insert(Doubt::DependsOnOrder);
            }
        }
    }

    /// Whether an action writes to a unique key of a table that goes into one statement with its parent.
    fn is_one_statement(&self, at: usize, key: &ForeignKey) -> bool {
        let is_unique = |column: &usize| {
            self.schema.tables[at]
                .uniques
                .iter()
                .any(|unique| unique.columns.contains(column))
        };
        self.components[at] == self.components[key.parent] && key.columns.iter().any(is_unique)
    }

    fn doubt_no_action(&mut self, at: usize, id: u32, key: &ForeignKey, parent: u32) {
        if key.is_deferrable && key.on_update == Action::Nothing {
            return;
        }
        let watched = self.watched(key);
        let is_touched = |row: u32| {
            let course = self.courses[key.parent].get(&row);
            course.is_some_and(|course| watched.iter().any(|column| course.touched.contains(column)))
        };
        // Who holds at the end what the child holds at the end.
        let finals = self.finals(at, id);
        let wanted: Vec<Value> = key.columns.iter().map(|&column| finals[column][0]).collect();
        let holders = self.dump[key.parent]
            .iter()
            .filter(|&(&id, row)| referenced(self.schema, key, id, row) == wanted);
        let is_held = wanted.contains(&None) || holders.into_iter().any(|(&row, _)| !is_touched(row));
        if is_touched(parent) || !is_held {
            self.doubts.insert(Doubt::NoActionBelowAnAction);
        }
    }

    fn doubt_set_null(&mut self, at: usize, id: u32, key: &ForeignKey) {
        let table = &self.schema.tables[at];
        let row = &self.before[at][&id];
        let forbids = |&column: &usize| {
            !table.columns[column].is_nullable
                || table.check == Some(column) && row[V].is_none()
                || table
                    .uniques
                    .iter()
                    .any(|unique| unique.kind == UniqueKind::NotDistinct && unique.columns.contains(&column))
        };
        if key.columns.iter().any(forbids) {
            self.doubts.insert(Doubt::ForbiddenInBetween);
        }
    }

    fn doubt_set_default(&mut self, at: usize, id: u32, key: &ForeignKey) {
        let table = &self.schema.tables[at];
        let defaults: Vec<Value> = key
            .columns
            .iter()
            .map(|&column| table.columns[column].default)
            .collect();
        if defaults.contains(&None) {
            return self.doubt_set_null(at, id, key);
        }
        let is_unique = |column: &usize| table.uniques.iter().any(|unique| unique.columns.contains(column));
        if key.columns.iter().any(is_unique) {
            self.doubts.insert(Doubt::ForbiddenInBetween);
        }
        let holder = parent_of(self.schema, self.before, key, &defaults);
        if holder.is_none_or(|holder| self.changes(key, holder).1) {
            self.doubts.insert(Doubt::DefaultThatMoves);
        }
    }

    /// Unique values that change places in a circle, no row of which can give way.
    fn look_for_circles(&mut self) {
        for (at, table) in self.schema.tables.iter().enumerate() {
            // Rows as the actions leave them, before the merge writes to them.
            let now: BTreeMap<u32, Vec<Value>> = self.courses[at]
                .iter()
                .map(|(&id, course)| (id, course.after.iter().map(|values| values[values.len() - 1]).collect()))
                .collect();
            let mut edges: BTreeMap<u32, BTreeSet<u32>> = BTreeMap::new();
            let mut is_stuck = BTreeSet::new();
            for (number, unique) in table
                .uniques
                .iter()
                .enumerate()
                .filter(|(_, unique)| unique.is_immediate())
            {
                let held: BTreeMap<Vec<Value>, u32> = now
                    .iter()
                    .filter_map(|(&id, row)| Some((place(unique, row)?, id)))
                    .collect();
                for (&id, row) in &self.dump[at] {
                    let blocker = place(unique, row).and_then(|place| held.get(&place));
                    if let Some(&blocker) = blocker.filter(|&&blocker| blocker != id) {
                        edges.entry(id).or_default().insert(blocker);
                        if !self.can_give_way(at, number, blocker, &now[&blocker]) {
                            is_stuck.insert(blocker);
                        }
                    }
                }
            }
            if has_circle(&edges, &is_stuck) {
                self.doubts.insert(Doubt::CircleWithoutPlace);
            }
        }
    }

    /// Whether a row can leave its place in a unique key without harm to anybody.
    fn can_give_way(&self, at: usize, number: usize, id: u32, row: &[Value]) -> bool {
        let table = &self.schema.tables[at];
        let unique = &table.uniques[number];
        unique.columns.iter().any(|&column| {
            let definition = &table.columns[column];
            if table.partition_column() == Some(column) {
                return false;
            }
            let mut watchers = self.schema.tables.iter().enumerate().flat_map(|(child, other)| {
                let keys = other.foreign_keys.iter().filter(move |key| key.parent == at);
                keys.filter(|key| self.watched(key).contains(&column))
                    .map(move |key| (child, key))
            });
            if table.is_reference(column) {
                return definition.is_nullable
                    && unique.kind != UniqueKind::NotDistinct
                    && !(table.check == Some(column) && row[V].is_none())
                    && watchers.next().is_none();
            }
            watchers.all(|(child, key)| {
                let held = referenced(self.schema, key, id, &self.before[at][&id]);
                let has_child = self.before[child]
                    .values()
                    .any(|row| reference(key, row).as_ref() == Some(&held));
                !has_child
                    || match key.on_update {
                        Action::Cascade => true,
                        Action::SetNull | Action::SetDefault => self.changes(key, id).0,
                        Action::Nothing => key.is_deferrable,
                        Action::Restrict => false,
                    }
            })
        })
    }

    fn verdict(self) -> Verdict {
        let mut finals: Vec<BTreeMap<u32, Vec<Vec<Value>>>> = Vec::new();
        let mut end: State = Vec::new();
        for at in 0..self.schema.tables.len() {
            let ids: BTreeSet<u32> = self.before[at].keys().chain(self.dump[at].keys()).copied().collect();
            let rows: BTreeMap<u32, Vec<Vec<Value>>> = ids.into_iter().map(|id| (id, self.finals(at, id))).collect();
            let first = |values: &Vec<Vec<Value>>| values.iter().map(|values| values[0]).collect();
            end.push(rows.iter().map(|(&id, values)| (id, first(values))).collect());
            finals.push(rows);
        }
        let mut refused = self.refused;
        if !self.doubts.contains(&Doubt::DependsOnOrder) {
            refused.extend(violations(self.schema, &end));
        }
        let touched = self.courses.iter().enumerate().flat_map(|(at, rows)| {
            let rows = rows.iter().filter(|(_, course)| !course.touched.is_empty());
            rows.map(move |(&id, _)| (at, id))
        });
        Verdict {
            refused,
            doubts: self.doubts,
            finals,
            touched: touched.collect(),
        }
    }
}

/// Whether some of these nodes wait for each other in a circle.
fn has_circle(edges: &BTreeMap<u32, BTreeSet<u32>>, nodes: &BTreeSet<u32>) -> bool {
    let mut left = nodes.clone();
    loop {
        let free: Vec<u32> = left
            .iter()
            .copied()
            .filter(|node| edges.get(node).is_none_or(|next| next.is_disjoint(&left)))
            .collect();
        if free.is_empty() {
            return !left.is_empty();
        }
        for node in free {
            left.remove(&node);
        }
    }
}

/// Tables that reach each other: by foreign keys from child to parent, and back where the child bears no change of what it
/// references.
fn components(schema: &Schema) -> Vec<usize> {
    let count = schema.tables.len();
    let mut reach = vec![vec![false; count]; count];
    for (at, table) in schema.tables.iter().enumerate() {
        reach[at][at] = true;
        for key in &table.foreign_keys {
            reach[at][key.parent] = true;
            if key.unique.is_some() && !key.on_update.writes() {
                reach[key.parent][at] = true;
            }
        }
    }
    for middle in 0..count {
        for from in 0..count {
            for to in 0..count {
                reach[from][to] |= reach[from][middle] && reach[middle][to];
            }
        }
    }
    (0..count)
        .map(|at| {
            (0..=at)
                .find(|&first| reach[at][first] && reach[first][at])
                .unwrap_or(at)
        })
        .collect()
}
