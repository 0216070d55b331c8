//! Warns of orders of rows that immediate foreign keys may refuse, in styles `rows` and `batches`.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::catalog::{Catalog, OrderProblem, OrderProblemKind, TableName};

/// What is known of the order in which a dump brings its tables. Of partitions, the root stands for all.
pub(crate) struct OrderWatch {
    problems: Vec<OrderProblem>,
    /// By table: the problems that it is in.
    problems_of: HashMap<TableName, Vec<usize>>,
    /// By referenced table: the tables that reference it, by foreign keys that are checked row by row.
    children: HashMap<TableName, BTreeSet<TableName>>,
    /// The root of every partition.
    roots: HashMap<TableName, TableName>,
    /// Whether several rows of a table may share a statement, at whose end their foreign keys are checked.
    in_batches: bool,
    met: HashSet<TableName>,
    warned: HashSet<TableName>,
}

const ADVICE: &str = "where a row comes before one that it references, the script ends with error 23503 and changes \
                      nothing; `style = staged` takes any order";

/// The same within one table in style `batches`.
const ADVICE_IN_BATCHES: &str = "where a row comes in a statement before that of one that it references, the script ends \
                                 with error 23503 and changes nothing; `style = staged` takes any order";

impl OrderWatch {
    pub(crate) fn new(catalog: &Catalog, in_batches: bool) -> Self {
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
            in_batches,
            met: HashSet::new(),
            warned: HashSet::new(),
        }
    }

    /// A table whose rows come now; returns what to warn of.
    pub(crate) fn meet(&mut self, table: &TableName) -> Vec<String> {
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
                OrderProblemKind::SelfReference => {
                    let advice = if self.in_batches { ADVICE_IN_BATCHES } else { ADVICE };
                    format!("table {} references itself: {advice}", names.join(", "))
                }
                _ => format!("tables {} reference each other: {ADVICE}", names.join(", ")),
            });
        }
        for child in self.children.get(&root).into_iter().flatten() {
            if self.met.contains(child) && self.warned.insert(child.clone()) {
                warnings.push(format!(
                    "the rows of {child} come before those of {root}, which they reference: {ADVICE}"
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
        let mut watch = OrderWatch::new(&catalog, false);
        let mut meet = |table: &str| watch.meet(&name(table)).join(" | ");
        assert_eq!(meet("late"), "");
        assert!(meet("tree").contains("table public.tree references itself"));
        assert_eq!(meet("child"), "");
        assert!(meet("parent").contains("the rows of public.child come before those of public.parent"));
        assert!(meet("b").contains("tables public.a, public.b reference each other"));
        assert_eq!(meet("a"), "");
        let mut batches = OrderWatch::new(&catalog, true);
        let mut meet = |table: &str| batches.meet(&name(table)).join(" | ");
        assert!(meet("tree").contains("comes in a statement before that of one"));
        assert!(meet("b").contains("reference each other: where a row comes before one"));
    }
}
