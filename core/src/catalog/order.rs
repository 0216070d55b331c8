//! In which order rows can arrive, where foreign keys are checked row by row.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::{Serialize, Serializer};

use super::{Catalog, ForeignKey, LEVELS_MAX, TableKind, TableName};

/// Why no order of rows, table by table, fulfils the foreign keys at every moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum OrderProblemKind {
    /// The table references itself: a row may come before the one it references.
    SelfReference,
    /// The tables reference each other in a cycle.
    Cycle,
    /// A foreign key from or to a partitioned table, by which `pg_dump` does not order its data.
    Partitioned,
}

/// Tables whose rows may break a foreign key that is checked row by row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct OrderProblem {
    /// What the problem is.
    pub kind: OrderProblemKind,
    /// The tables, by name; of partitions, the partitioned table at their root.
    #[serde(serialize_with = "as_texts")]
    pub tables: Vec<TableName>,
    /// Whether `SET CONSTRAINTS ALL DEFERRED` would do: enough of the foreign keys are `DEFERRABLE`.
    pub deferrable: bool,
}

/// Tables are `schema.table` in every report.
fn as_texts<S: Serializer>(tables: &[TableName], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(tables.iter().map(TableName::to_string))
}

/// An enforced foreign key between the roots of two tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Edge {
    from: usize,
    to: usize,
    deferrable: bool,
    partitioned: bool,
}

impl Catalog {
    /// The tables for which the order of a dump may not do, in the order of kinds and names.
    pub fn order_problems(&self) -> Vec<OrderProblem> {
        let names: Vec<TableName> = self.tables().iter().map(|table| table.table_name()).collect();
        let edges = self.edges();
        let problem = |kind, tables: &[usize], deferrable| OrderProblem {
            kind,
            tables: tables.iter().filter_map(|&table| names.get(table).cloned()).collect(),
            deferrable,
        };
        let (loops, between): (Vec<Edge>, Vec<Edge>) = edges.into_iter().partition(|edge| edge.from == edge.to);
        let mut problems = Vec::new();
        let mut loops_of: BTreeMap<usize, bool> = BTreeMap::new();
        for edge in &loops {
            *loops_of.entry(edge.from).or_insert(true) &= edge.deferrable;
        }
        for (table, deferrable) in loops_of {
            problems.push(problem(OrderProblemKind::SelfReference, &[table], deferrable));
        }
        let strict: Vec<Edge> = between.iter().filter(|edge| !edge.deferrable).copied().collect();
        let strict: BTreeSet<usize> = cycles(names.len(), &strict).into_iter().flatten().collect();
        let all = cycles(names.len(), &between);
        for cycle in &all {
            let deferrable = !cycle.iter().any(|table| strict.contains(table));
            problems.push(problem(OrderProblemKind::Cycle, cycle, deferrable));
        }
        let cycle_of: HashMap<usize, usize> = all
            .iter()
            .enumerate()
            .flat_map(|(number, cycle)| cycle.iter().map(move |&table| (table, number)))
            .collect();
        for edge in between.iter().filter(|edge| edge.partitioned) {
            let (from, to) = (cycle_of.get(&edge.from), cycle_of.get(&edge.to));
            if from.is_none() || from != to {
                problems.push(problem(
                    OrderProblemKind::Partitioned,
                    &[edge.from, edge.to],
                    edge.deferrable,
                ));
            }
        }
        problems.dedup();
        problems
    }

    fn position(&self, name: &TableName) -> Option<usize> {
        self.tables()
            .binary_search_by(|table| (&table.schema, &table.name).cmp(&(&name.schema, &name.name)))
            .ok()
    }

    /// The place of the table, or of the partitioned table whose rows it holds.
    fn root(&self, name: &TableName) -> Option<usize> {
        let mut root = self.position(name)?;
        for _ in 0..LEVELS_MAX {
            match self
                .tables()
                .get(root)
                .and_then(|table| self.position(table.partition_of.as_ref()?))
            {
                Some(parent) => root = parent,
                None => break,
            }
        }
        Some(root)
    }

    fn edges(&self) -> BTreeSet<Edge> {
        let is_partitioned = |at: usize| {
            self.tables()
                .get(at)
                .is_some_and(|table| table.kind == TableKind::Partitioned)
        };
        let edge = |from: usize, key: &ForeignKey| {
            let to = self.root(&key.references)?;
            let partitioned = is_partitioned(from) || is_partitioned(to);
            Some(Edge {
                from,
                to,
                deferrable: key.deferrable,
                partitioned,
            })
        };
        let tables = self
            .tables()
            .iter()
            .filter_map(|table| Some((self.root(&table.table_name())?, table)));
        tables
            .flat_map(|(from, table)| {
                table
                    .foreign_keys
                    .iter()
                    .filter(|key| key.enforced)
                    .filter_map(move |key| edge(from, key))
            })
            .collect()
    }
}

/// The strongly connected components of more than one node, each sorted, in the order of their first nodes.
fn cycles(nodes: usize, edges: &[Edge]) -> Vec<Vec<usize>> {
    let mut next = vec![Vec::new(); nodes];
    for edge in edges {
        if let Some(out) = next.get_mut(edge.from) {
            out.push(edge.to);
        }
    }
    let mut members: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (node, component) in components(&next).into_iter().enumerate() {
        members.entry(component).or_default().push(node);
    }
    let mut cycles: Vec<Vec<usize>> = members.into_values().filter(|cycle| cycle.len() > 1).collect();
    cycles.sort_unstable();
    cycles
}

/// The number of the strongly connected component of each node, by Kosaraju's algorithm without recursion.
pub(crate) fn components(next: &[Vec<usize>]) -> Vec<usize> {
    let mut backward = vec![Vec::new(); next.len()];
    for (node, out) in next.iter().enumerate() {
        for &to in out {
            if let Some(back) = backward.get_mut(to) {
                back.push(node);
            }
        }
    }
    let mut seen = vec![false; next.len()];
    let mut finished = Vec::with_capacity(next.len());
    for node in 0..next.len() {
        visit(node, next, &mut seen, &mut finished);
    }
    let mut seen = vec![false; next.len()];
    let mut numbers = vec![0; next.len()];
    for (number, &node) in finished.iter().rev().enumerate() {
        let mut component = Vec::new();
        visit(node, &backward, &mut seen, &mut component);
        for node in component {
            if let Some(own) = numbers.get_mut(node) {
                *own = number;
            }
        }
    }
    numbers
}

/// Depth-first search from a node not seen yet; appends the nodes as they are left.
fn visit(start: usize, next: &[Vec<usize>], seen: &mut [bool], left: &mut Vec<usize>) {
    let mut is_new = |node: usize| seen.get_mut(node).is_some_and(|seen| !std::mem::replace(seen, true));
    if !is_new(start) {
        return;
    }
    let mut path = vec![(start, 0)];
    while let Some((node, at)) = path.last_mut() {
        match next.get(*node).and_then(|nodes| nodes.get(*at)) {
            Some(&child) => {
                *at += 1;
                if is_new(child) {
                    path.push((child, 0));
                }
            }
            None => {
                left.push(*node);
                path.pop();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(sql: &str) -> Vec<String> {
        let catalog = Catalog::from_schema_sql(sql).unwrap();
        let show = |problem: &OrderProblem| {
            let tables: Vec<_> = problem.tables.iter().map(|table| table.name.as_str()).collect();
            let deferrable = if problem.deferrable { " deferrable" } else { "" };
            format!("{:?} {}{deferrable}", problem.kind, tables.join(" "))
        };
        catalog.order_problems().iter().map(show).collect()
    }

    #[test]
    fn a_tree_of_tables_has_no_problem() {
        let sql = "CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY REFERENCES a);
            CREATE TABLE c (a int REFERENCES a, b int REFERENCES b);";
        assert!(problems(sql).is_empty());
    }

    #[test]
    fn loops_and_cycles_are_found() {
        let sql = "CREATE TABLE tree (id int PRIMARY KEY, up int REFERENCES tree);
            CREATE TABLE late (id int PRIMARY KEY, up int REFERENCES late DEFERRABLE);
            CREATE TABLE a (id int PRIMARY KEY, n int); CREATE TABLE b (id int PRIMARY KEY, n int REFERENCES a);
            CREATE TABLE c (id int PRIMARY KEY, n int REFERENCES b); CREATE TABLE d (n int REFERENCES c);
            ALTER TABLE a ADD FOREIGN KEY (n) REFERENCES c;
            CREATE TABLE x (id int PRIMARY KEY, n int); CREATE TABLE y (id int PRIMARY KEY, n int REFERENCES x);
            ALTER TABLE x ADD FOREIGN KEY (n) REFERENCES y INITIALLY DEFERRED;
            CREATE TABLE free (id int PRIMARY KEY, n int REFERENCES free NOT ENFORCED);";
        let expected = [
            "SelfReference late deferrable",
            "SelfReference tree",
            "Cycle a b c",
            "Cycle x y deferrable",
        ];
        assert_eq!(problems(sql), expected);
    }

    #[test]
    fn partitions_count_as_their_root() {
        let sql = "CREATE TABLE p (id int PRIMARY KEY, q int) PARTITION BY HASH (id);
            CREATE TABLE p0 PARTITION OF p FOR VALUES WITH (MODULUS 1, REMAINDER 0);
            CREATE TABLE q (id int PRIMARY KEY); ALTER TABLE p ADD FOREIGN KEY (q) REFERENCES q;
            CREATE TABLE r (id int PRIMARY KEY, p int REFERENCES p);
            CREATE TABLE s (id int PRIMARY KEY, p int REFERENCES p); ALTER TABLE p ADD FOREIGN KEY (q) REFERENCES s;";
        assert_eq!(problems(sql), ["Cycle p s", "Partitioned p q", "Partitioned r p"]);
    }
}
