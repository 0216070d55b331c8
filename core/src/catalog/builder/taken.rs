//! The names that are taken, and those that the server would choose.
//!
//! It takes the first of `name`, `name1`, `name2`, … that is free (`ChooseRelationName()`). What was passed over once is
//! not tried again, so that many keys of one table take no time by the square of their number.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::catalog::TableName;
use crate::catalog::names::object_name;

/// Which names are in the way of a new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    /// Tables, indexes, sequences, views: an index, or a sequence.
    Relation,
    /// These and constraints: the index of a constraint.
    Both,
    /// Constraints: a foreign key.
    Constraint,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Base {
    kind: Kind,
    schema: String,
    name1: String,
    name2: String,
    label: &'static str,
}

/// How far the names of a base were tried.
#[derive(Clone, Debug, Default)]
struct Tried {
    /// The first pass that was not tried yet.
    next: u32,
    /// Passes before that whose names became free since.
    freed: BTreeSet<u32>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Taken {
    relations: HashSet<TableName>,
    constraints: HashSet<TableName>,
    numbers: HashMap<Base, usize>,
    tried: Vec<Tried>,
    /// The bases, by number, that have passed over a name, and in which pass.
    passed: HashMap<TableName, Vec<(usize, u32)>>,
}

impl Taken {
    pub(super) fn has_relation(&self, name: &TableName) -> bool {
        self.relations.contains(name)
    }

    pub(super) fn add_relation(&mut self, name: TableName) {
        self.relations.insert(name);
    }

    pub(super) fn remove_relation(&mut self, name: &TableName) -> bool {
        let was_there = self.relations.remove(name);
        if was_there {
            self.free(name);
        }
        was_there
    }

    pub(super) fn add_constraint(&mut self, name: TableName) {
        self.constraints.insert(name);
    }

    pub(super) fn remove_constraint(&mut self, name: &TableName) {
        if self.constraints.remove(name) {
            self.free(name);
        }
    }

    fn free(&mut self, name: &TableName) {
        for (number, pass) in self.passed.remove(name).unwrap_or_default() {
            if let Some(tried) = self.tried.get_mut(number) {
                tried.freed.insert(pass);
            }
        }
    }

    fn is_taken(&self, kind: Kind, name: &TableName) -> bool {
        let relation = kind != Kind::Constraint && self.relations.contains(name);
        relation || (kind != Kind::Relation && self.constraints.contains(name))
    }

    /// The first free name of the form `name1[_name2]_label`, `…_label1`, `…_label2`, …
    pub(super) fn choose(&mut self, kind: Kind, schema: &str, name1: &str, name2: &str, label: &'static str) -> String {
        let base = Base {
            kind,
            schema: schema.to_owned(),
            name1: name1.to_owned(),
            name2: name2.to_owned(),
            label,
        };
        let next_number = self.tried.len();
        let number = *self.numbers.entry(base).or_insert(next_number);
        if number == next_number {
            self.tried.push(Tried::default());
        }
        loop {
            let Some(tried) = self.tried.get_mut(number) else {
                return object_name(name1, name2, label);
            };
            let pass = tried.freed.pop_first().unwrap_or_else(|| {
                tried.next += 1;
                tried.next - 1
            });
            let label = match pass {
                0 => label.to_owned(),
                _ => format!("{label}{pass}"),
            };
            let name = TableName {
                schema: schema.to_owned(),
                name: object_name(name1, name2, &label),
            };
            let is_taken = self.is_taken(kind, &name);
            // Whoever takes it may set it free again.
            self.passed.entry(name.clone()).or_default().push((number, pass));
            if !is_taken {
                if let Some(tried) = self.tried.get_mut(number) {
                    tried.freed.insert(pass);
                }
                self.unpass(&name, number, pass);
                return name.name;
            }
        }
    }

    /// A name that was found to be free is tried again the next time.
    fn unpass(&mut self, name: &TableName, number: usize, pass: u32) {
        if let Some(passed) = self.passed.get_mut(name) {
            passed.retain(|known| *known != (number, pass));
            if passed.is_empty() {
                self.passed.remove(name);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_free_name_is_chosen() {
        let mut taken = Taken::default();
        let name = |name: &str| TableName {
            schema: "s".to_owned(),
            name: name.to_owned(),
        };
        let choose = |taken: &mut Taken, kind| {
            let chosen = taken.choose(kind, "s", "t", "a", "key");
            if kind != Kind::Constraint {
                taken.add_relation(name(&chosen));
            }
            if kind != Kind::Relation {
                taken.add_constraint(name(&chosen));
            }
            chosen
        };
        taken.add_relation(name("t_a_key2"));
        for expected in ["t_a_key", "t_a_key1", "t_a_key3", "t_a_key4"] {
            assert_eq!(choose(&mut taken, Kind::Both), expected);
        }
        taken.remove_relation(&name("t_a_key1"));
        // Its constraint is still there.
        assert_eq!(choose(&mut taken, Kind::Both), "t_a_key5");
        assert_eq!(choose(&mut taken, Kind::Relation), "t_a_key1");
        assert_eq!(choose(&mut taken, Kind::Constraint), "t_a_key2");
        for gone in ["t_a_key", "t_a_key3"] {
            taken.remove_relation(&name(gone));
            taken.remove_constraint(&name(gone));
        }
        for expected in ["t_a_key", "t_a_key3", "t_a_key6"] {
            assert_eq!(choose(&mut taken, Kind::Both), expected);
        }
        // A name that was chosen and not taken is chosen again.
        assert_eq!(taken.choose(Kind::Both, "s", "u", "", "pkey"), "u_pkey");
        assert_eq!(taken.choose(Kind::Both, "s", "u", "", "pkey"), "u_pkey");
        assert_eq!(taken.choose(Kind::Both, "r", "t", "a", "key"), "t_a_key");
    }
}
