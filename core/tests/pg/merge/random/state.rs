//! Rows of a schema: random ones that fulfil all constraints, and what does not fulfil them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::schema::{FLAG, ForeignKey, Schema, Table, Unique, UniqueKind, V, Value};
use crate::support::Random;

/// The rows of each table by their number.
pub(super) type State = Vec<BTreeMap<u32, Vec<Value>>>;

/// What a row holds in a unique key, if it can conflict with another row at all.
pub(super) fn place(unique: &Unique, row: &[Value]) -> Option<Vec<Value>> {
    if unique.kind == UniqueKind::Partial && row[FLAG] != Some(1) {
        return None;
    }
    let mut values: Vec<Value> = unique.columns.iter().map(|&column| row[column]).collect();
    if unique.kind != UniqueKind::NotDistinct && values.contains(&None) {
        return None;
    }
    if matches!(unique.kind, UniqueKind::Lower | UniqueKind::Generated) {
        let last = values.last_mut().unwrap();
        *last = last.map(|value| value / 2);
    }
    Some(values)
}

/// What a row references by a foreign key, if anything.
pub(super) fn reference(key: &ForeignKey, row: &[Value]) -> Option<Vec<Value>> {
    let values: Vec<Value> = key.columns.iter().map(|&column| row[column]).collect();
    (!values.contains(&None)).then_some(values)
}

/// What a row can be referenced by.
pub(super) fn referenced(schema: &Schema, key: &ForeignKey, id: u32, row: &[Value]) -> Vec<Value> {
    match key.unique {
        Some(unique) => schema.tables[key.parent].uniques[unique]
            .columns
            .iter()
            .map(|&column| row[column])
            .collect(),
        None => key
            .columns
            .iter()
            .enumerate()
            .map(|(place, _)| {
                if place > 0 && schema.tables[key.parent].is_partitioned {
                    Some(Table::partition(id))
                } else {
                    Some(id)
                }
            })
            .collect(),
    }
}

/// The row that holds a referenced value.
pub(super) fn parent_of(schema: &Schema, state: &State, key: &ForeignKey, values: &[Value]) -> Option<u32> {
    let mut rows = state[key.parent].iter();
    rows.find(|&(&id, row)| referenced(schema, key, id, row) == values)
        .map(|(&id, _)| id)
}

/// Every constraint that is not fulfilled, in words.
pub(super) fn violations(schema: &Schema, state: &State) -> Vec<String> {
    let mut found = Vec::new();
    for (at, table) in schema.tables.iter().enumerate() {
        let name = &table.name;
        for (number, unique) in table.uniques.iter().enumerate() {
            let mut held = HashMap::new();
            for (id, row) in &state[at] {
                if let Some(other) = place(unique, row).and_then(|place| held.insert(place, id)) {
                    found.push(format!(
                        "{name}: rows {other} and {id} have one place in unique key {number}"
                    ));
                }
            }
        }
        for (number, key) in table.foreign_keys.iter().enumerate() {
            let parents: BTreeSet<Vec<Value>> = state[key.parent]
                .iter()
                .map(|(&id, row)| referenced(schema, key, id, row))
                .collect();
            for (id, row) in &state[at] {
                if reference(key, row).is_some_and(|values| !parents.contains(&values)) {
                    found.push(format!("{name}: row {id} references nothing by f{number}"));
                }
            }
        }
        for (id, row) in &state[at] {
            if table
                .columns
                .iter()
                .zip(row)
                .any(|(column, value)| !column.is_nullable && value.is_none())
            {
                found.push(format!("{name}: row {id} has a NULL where none may be"));
            }
            if table
                .check
                .is_some_and(|column| row[column].is_none() && row[V].is_none())
            {
                found.push(format!("{name}: row {id} does not pass the check"));
            }
        }
    }
    found
}

/// How many values a column can have.
const POOL: usize = 14;

fn draw(table: &Table, column: usize, random: &mut Random) -> Value {
    let definition = &table.columns[column];
    if definition.is_nullable && random.below(5) == 0 {
        return None;
    }
    Some(match column {
        FLAG => random.below(2),
        // The first column of a composite key, which lists share.
        _ if definition.name.starts_with('l') => random.below(3),
        _ => random.below(POOL),
    } as u32)
}

/// Rows of these numbers, similar to those of another state if one is given.
pub(super) fn random_state(
    schema: &Schema,
    ids: &[Vec<u32>],
    base: Option<&State>,
    random: &mut Random,
) -> Option<State> {
    let mut state: State = Vec::new();
    for (at, table) in schema.tables.iter().enumerate() {
        let rows = ids[at].iter().map(|&id| {
            let old = base.and_then(|base| base[at].get(&id));
            let is_same = random.below(4) > 0;
            let row: Vec<Value> = (0..table.columns.len())
                .map(|column| match old {
                    _ if table.partition_column() == Some(column) => Some(Table::partition(id)),
                    Some(old) if is_same || random.below(3) > 0 => old[column],
                    _ => draw(table, column, random),
                })
                .collect();
            (id, row)
        });
        let mut rows: BTreeMap<u32, Vec<Value>> = rows.collect();
        if base.is_some() {
            permute(table, &mut rows, random);
        }
        settle(table, &mut rows, random)?;
        state.push(rows);
    }
    for (at, table) in schema.tables.iter().enumerate() {
        for number in 0..table.foreign_keys.len() {
            refer(schema, &mut state, at, number, base, random)?;
        }
        if let Some(column) = table.check {
            for row in state[at]
                .values_mut()
                .filter(|row| row[column].is_none() && row[V].is_none())
            {
                row[V] = Some(random.below(POOL) as u32);
            }
        }
    }
    violations(schema, &state).is_empty().then_some(state)
}

/// Exchanges the values of a column between some rows, once or twice.
fn permute(table: &Table, rows: &mut BTreeMap<u32, Vec<Value>>, random: &mut Random) {
    for unique in &table.uniques {
        let column = unique.columns[unique.columns.len() - 1];
        if table.is_reference(column) || random.below(4) == 0 {
            continue;
        }
        let mut some: Vec<u32> = rows.keys().copied().filter(|_| random.below(2) == 0).collect();
        random.shuffle(&mut some);
        let mut values: Vec<Value> = some.iter().map(|id| rows[id][column]).collect();
        if values.len() > 1 {
            values.rotate_left(1);
        }
        for (id, value) in some.into_iter().zip(values) {
            rows.get_mut(&id).unwrap()[column] = value;
        }
    }
}

/// Draws values anew until no two rows have one place.
fn settle(table: &Table, rows: &mut BTreeMap<u32, Vec<Value>>, random: &mut Random) -> Option<()> {
    for _ in 0..400 {
        let mut clash = None;
        for unique in table
            .uniques
            .iter()
            .filter(|unique| !unique.columns.iter().any(|&column| table.is_reference(column)))
        {
            let mut held = BTreeSet::new();
            for (&id, row) in rows.iter() {
                if place(unique, row).is_some_and(|place| !held.insert(place)) {
                    clash = Some((id, unique.columns[unique.columns.len() - 1]));
                }
            }
        }
        let Some((id, column)) = clash else { return Some(()) };
        rows.get_mut(&id)?[column] = draw(table, column, random);
    }
    None
}

/// Chooses what the rows of a table reference by one of its foreign keys.
fn refer(
    schema: &Schema,
    state: &mut State,
    at: usize,
    number: usize,
    base: Option<&State>,
    random: &mut Random,
) -> Option<()> {
    let table = &schema.tables[at];
    let key = &table.foreign_keys[number];
    let mut parents: Vec<(u32, Vec<Value>)> = state[key.parent]
        .iter()
        .map(|(&id, row)| (id, referenced(schema, key, id, row)))
        .filter(|(_, values)| !values.contains(&None))
        .collect();
    let is_nullable = key.columns.iter().all(|&column| table.columns[column].is_nullable);
    let uniques: Vec<&Unique> = table
        .uniques
        .iter()
        .filter(|unique| unique.columns == key.columns)
        .collect();
    let mut taken: BTreeSet<Vec<Value>> = BTreeSet::new();
    let ids: Vec<u32> = state[at].keys().copied().collect();
    for id in ids {
        random.shuffle(&mut parents);
        let old = base.and_then(|base| Some((base, base[at].get(&id)?)));
        let same_values = old.and_then(|(_, row)| reference(key, row));
        let same_parent = same_values
            .as_ref()
            .and_then(|values| parent_of(schema, old?.0, key, values));
        let wanted = [0, 0, 0, 1, 2][random.below(5)];
        let rank = |parent: &&(u32, Vec<Value>)| match wanted {
            0 => Some(&parent.1) != same_values.as_ref(),
            1 => Some(parent.0) != same_parent,
            _ => false,
        };
        let chosen = parents
            .iter()
            .filter(|parent| uniques.is_empty() || !taken.contains(&parent.1))
            .min_by_key(rank)
            .filter(|_| !is_nullable || random.below(6) > 0);
        let row = state[at].get_mut(&id)?;
        match chosen {
            Some((_, values)) => {
                taken.insert(values.clone());
                for (&column, &value) in key.columns.iter().zip(values) {
                    row[column] = value;
                }
            }
            None if is_nullable => key.columns.iter().for_each(|&column| row[column] = None),
            None => return None,
        }
    }
    Some(())
}
