//! Warns of orders of rows that immediate foreign keys may refuse, in styles `rows` and `batches`, and of what it takes that they do not.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::catalog::{Catalog, OrderProblem, OrderProblemKind, Table, TableKind, TableName};

/// What is known of the order in which a dump brings its tables. Of partitions, the root stands for all.
pub(crate) struct OrderWatch {
    problems: Vec<OrderProblem>,
    /// By table: the problems that it is in.
    problems_of: HashMap<TableName, Vec<usize>>,
    /// By referenced table: the tables that reference it, by foreign keys that are checked row by row.
    children: HashMap<TableName, BTreeSet<TableName>>,
    /// The root of every partition.
    roots: HashMap<TableName, TableName>,
    /// The partitioned tables, by whose foreign keys `pg_dump` does not sort.
    partitioned: HashSet<TableName>,
    met: HashSet<TableName>,
    warned: HashSet<TableName>,
}

/// Where the target makes the foreign keys wait (`waiting.sql`).
const WAITS: &str = "a row may come before one that it references, so that foreign keys wait until all rows are there: the script \
                     must own the tables, and nobody else can read them until it ends; `style = staged` takes any order without that";

/// Where the target cannot know that it has to.
const ADVICE: &str = "where a row comes before one that it references, the script ends with error 23503 and changes \
                      nothing; `style = staged` takes any order";

impl OrderWatch {
    pub(crate) fn new(catalog: &Catalog) -> Self {
        let mut roots = HashMap::new();
        for table in catalog.tables().iter().filter(|table| table.partition_of.is_some()) {
            let name = table.table_name();
            roots.insert(name.clone(), root(catalog, name));
        }
        let root_of = |name: TableName| roots.get(&name).cloned().unwrap_or(name);
        let mut children: HashMap<TableName, BTreeSet<TableName>> = HashMap::new();
        for table in catalog.tables() {
            for key in table.foreign_keys.iter().filter(|key| key.enforced && !key.deferrable) {
                let (child, parent) = (root_of(table.table_name()), root_of(key.references.clone()));
                if child != parent {
                    children.entry(parent).or_default().insert(child);
                }
            }
        }
        let tables = catalog.tables().iter();
        let partitioned = tables.filter(|table| table.kind == TableKind::Partitioned);
        let partitioned = partitioned.map(Table::table_name).collect();
        let mut problems = catalog.order_problems();
        problems.retain(|problem| !problem.deferrable && problem.kind != OrderProblemKind::Partitioned);
        let mut problems_of: HashMap<TableName, Vec<usize>> = HashMap::new();
        for (at, problem) in problems.iter().enumerate() {
            for table in &problem.tables {
                problems_of.entry(table.clone()).or_default().push(at);
            }
        }
        Self {
            problems,
            problems_of,
            children,
            roots,
            partitioned,
            met: HashSet::new(),
            warned: HashSet::new(),
        }
    }

    /// Whether a foreign key between two tables is checked row by row.
    pub(crate) fn has_references(&self) -> bool {
        !self.children.is_empty()
    }

    /// A table whose rows come now, by name or behind those that it references; returns what to warn of.
    pub(crate) fn meet(&mut self, table: &TableName, by_name: bool) -> Vec<String> {
        let root = self.roots.get(table).unwrap_or(table).clone();
        if !self.met.insert(root.clone()) {
            return Vec::new();
        }
        let mut warnings = Vec::new();
        let known = self.problems_of.get(&root).into_iter().flatten();
        for problem in known.filter_map(|&at| self.problems.get(at)) {
            if self.warned.contains(&root) {
                break;
            }
            self.warned.extend(problem.tables.iter().cloned());
            let names: Vec<String> = problem.tables.iter().map(TableName::to_string).collect();
            warnings.push(match problem.kind {
                OrderProblemKind::SelfReference => format!("table {} references itself: {WAITS}", names.join(", ")),
                _ => format!("tables {} reference each other: {WAITS}", names.join(", ")),
            });
        }
        for child in self.children.get(&root).into_iter().flatten() {
            if self.met.contains(child) && self.warned.insert(child.clone()) {
                let waits = by_name || self.partitioned.contains(child) || self.partitioned.contains(&root);
                let advice = if waits { WAITS } else { ADVICE };
                warnings.push(format!(
                    "the rows of {child} come before those of {root}, which they reference: {advice}"
                ));
            }
        }
        warnings
    }
}

/// The partitioned table at the root of a partition; any other table itself.
fn root(catalog: &Catalog, table: TableName) -> TableName {
    let mut root = table;
    // A catalog from JSON could hold a loop; no real tree is that deep.
    for _ in 0..64 {
        match catalog
            .table(&root.schema, &root.name)
            .and_then(|table| table.partition_of.clone())
        {
            Some(parent) => root = parent,
            None => break,
        }
    }
    root
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn children_before_parents_loops_and_cycles() {
        let catalog = Catalog::from_schema_sql(
            "CREATE TABLE parent (id int PRIMARY KEY);
             CREATE TABLE child (id int PRIMARY KEY, p int REFERENCES parent);
             CREATE TABLE tree (id int PRIMARY KEY, up int REFERENCES tree);
             CREATE TABLE late (id int PRIMARY KEY, p int REFERENCES parent DEFERRABLE);
             CREATE TABLE a (id int PRIMARY KEY, b int);
             CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a);
             ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES b;",
        )
        .unwrap();
        let name = |name: &str| TableName {
            schema: "public".into(),
            name: name.into(),
        };
        let mut watch = OrderWatch::new(&catalog);
        assert!(watch.has_references());
        let mut meet = |table: &str, by_name: bool| watch.meet(&name(table), by_name).join(" | ");
        assert_eq!(meet("late", false), "");
        let tree = meet("tree", false);
        assert!(tree.contains("table public.tree references itself: a row may come before one that it references, so that foreign keys wait"));
        assert_eq!(meet("child", false), "");
        let parent = meet("parent", false);
        assert!(parent.contains("the rows of public.child come before those of public.parent"));
        assert!(parent.contains("23503") && !parent.contains("wait"));
        assert!(meet("b", false).contains("tables public.a, public.b reference each other: a row may come"));
        assert_eq!(meet("a", false), "");
        let mut watch = OrderWatch::new(&catalog);
        let mut meet = |table: &str| watch.meet(&name(table), true).join(" | ");
        assert_eq!(meet("child"), "");
        let parent = meet("parent");
        assert!(parent.contains("come before those of public.parent") && parent.contains("foreign keys wait"));
    }
}
