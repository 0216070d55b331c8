//! Soft references: columns that hold the key of a row that is left out, but are under no foreign key that is followed.
//! Their rows stay; the report names them, since they are likely to be forgotten foreign keys.
//!
//! Two columns with the same text or UUID hardly have it by chance. Numbers do, so that among those only columns count
//! whose name says what they reference.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::compile::FilterPlan;
use super::key_form::{Family, KeyForm, family};
use super::key_names::plain;
use super::keys::KeySet;
use super::row::{Row, Values};
use crate::catalog::{Catalog, Column, Table, TableName};
use crate::error::Result;
use crate::limits::Limits;
use crate::report::{Report, SoftReference};
use crate::text::counted;

/// A text that is shorter proves nothing, unless the column's name does.
const TELLING_BYTES: usize = 8;
/// Most keys that are remembered for this only.
const KEYS_MAX: u64 = 250_000;
/// Most keys of tables that columns are compared with.
pub(super) const TRACKED_MAX: usize = 256;
/// Bits of the filter that most values do not pass.
const FILTER_BITS: usize = 1 << 22;

/// A column that may hold such keys.
#[derive(Debug)]
pub(crate) struct SoftColumn {
    pub(crate) name: String,
    /// Its place among the values that are read for this.
    pub(crate) at: usize,
    pub(crate) candidates: Vec<Candidate>,
}

impl SoftColumn {
    pub(crate) fn bytes(&self) -> usize {
        size_of::<Self>() + self.candidates.len() * size_of::<Candidate>()
    }
}

/// Of what a column may hold keys.
#[derive(Debug)]
pub(crate) struct Candidate {
    tracked: usize,
    form: KeyForm,
    /// Whether the names say so, and not only equal values.
    is_named: bool,
}

/// The columns of a head that may hold keys of rows left out, and their places in the row.
pub(crate) fn soft_columns(
    plan: &FilterPlan,
    table: &Table,
    columns: &[String],
    covered: &[&String],
    catalog: &Catalog,
) -> Vec<(usize, SoftColumn)> {
    let mut found = Vec::new();
    let covered: HashSet<&String> = covered.iter().copied().collect();
    let known: HashMap<&str, &Column> = table.columns.iter().map(|own| (own.name.as_str(), own)).collect();
    let table_name = table.table_name();
    for (place, name) in columns.iter().enumerate() {
        let column = known.get(name.as_str()).filter(|_| !covered.contains(name));
        let Some(column) = column else {
            continue;
        };
        let Some((own, form)) = family(&column.type_name, catalog) else {
            continue;
        };
        let plain_name = plain(name);
        let candidates = plan.tracked.iter().enumerate().filter_map(|(number, tracked)| {
            // A table does not reference itself by its own key.
            let is_own_key = tracked.column == *name && tracked.tables.contains(&table_name);
            let is_named = tracked.names.name(&plain_name);
            let is_telling = own == Family::Text || own == Family::Same("uuid".to_owned());
            (!is_own_key && own == tracked.family && (is_named || is_telling)).then_some(Candidate {
                tracked: number,
                form: if tracked.form == KeyForm::Blanks {
                    KeyForm::Blanks
                } else {
                    form
                },
                is_named,
            })
        });
        let candidates: Vec<Candidate> = candidates.collect();
        if !candidates.is_empty() {
            let name = name.clone();
            found.push((
                place,
                SoftColumn {
                    name,
                    at: 0,
                    candidates,
                },
            ));
        }
    }
    found
}

/// Watches the values of rows that are kept.
pub(crate) struct SoftWatch {
    /// Keys that are remembered for this only.
    keys: KeySet,
    is_full: bool,
    /// Which lengths remembered texts have; the last bit stands for all longer ones.
    lengths: u64,
    bits: Vec<u64>,
    has_keys: bool,
    values: Values,
    counts: BTreeMap<(TableName, String, usize), u64>,
}

impl SoftWatch {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            keys: KeySet::new(*limits),
            is_full: false,
            lengths: 0,
            bits: Vec::new(),
            has_keys: false,
            values: Values::default(),
            counts: BTreeMap::new(),
        }
    }

    /// Whether there is anything to watch for.
    #[inline]
    pub(crate) fn is_awake(&self) -> bool {
        self.has_keys
    }

    /// A row with this key is left out. `own` says that it is remembered nowhere else.
    pub(crate) fn add(&mut self, key: u128, value: &[u8], own: bool) -> Result<()> {
        if own {
            if self.keys.len() >= KEYS_MAX {
                self.is_full = true;
                return Ok(());
            }
            self.keys.insert(key)?;
        }
        self.has_keys = true;
        self.lengths |= length_bit(value);
        if self.bits.is_empty() {
            self.bits = vec![0; FILTER_BITS / 64];
        }
        for bit in bits_of(value) {
            if let Some(word) = self.bits.get_mut(bit / 64) {
                *word |= 1 << (bit % 64);
            }
        }
        Ok(())
    }

    /// Whether a key is remembered for this only.
    pub(crate) fn holds(&self, key: u128) -> bool {
        self.keys.contains(key)
    }

    #[inline]
    fn may_hold(&self, value: &[u8]) -> bool {
        self.lengths & length_bit(value) != 0
            && bits_of(value).into_iter().all(|bit| {
                self.bits
                    .get(bit / 64)
                    .is_some_and(|word| word & (1 << (bit % 64)) != 0)
            })
    }

    /// Looks at a row that is kept.
    pub(crate) fn look(
        &mut self,
        plan: &FilterPlan,
        (table, reads, columns): (&TableName, &[usize], &[SoftColumn]),
        row: Row<'_>,
        is_gone: impl Fn(&Self, u128) -> bool,
    ) -> Result<()> {
        let mut values = std::mem::take(&mut self.values);
        values.read(row, reads)?;
        for column in columns {
            let Some(value) = values.get(column.at) else { continue };
            for candidate in &column.candidates {
                let Some(tracked) = plan.tracked.get(candidate.tracked) else {
                    continue;
                };
                // The filter knows values as they print, which for numbers is not all there is.
                let is_exact = candidate.form != KeyForm::Number;
                if (is_exact && !self.may_hold(value.trim_ascii_end()))
                    || (!candidate.is_named && value.len() < TELLING_BYTES)
                {
                    continue;
                }
                let mut hash = plan.hasher.begin(tracked.set);
                // What has no form here is no key either.
                if candidate.form.add(value, &mut hash).is_ok() && is_gone(self, hash.finish()) {
                    let place = (table.clone(), column.name.clone(), candidate.tracked);
                    *self.counts.entry(place).or_default() += 1;
                    break;
                }
            }
        }
        self.values = values;
        Ok(())
    }

    /// Puts what was found into the report.
    pub(crate) fn report(&self, plan: &FilterPlan, report: &mut Report) {
        for ((table, column, number), rows) in &self.counts {
            let Some(tracked) = plan.tracked.get(*number) else {
                continue;
            };
            let name = |table: &TableName, column: &str| format!("{table}({})", crate::catalog::quote_ident(column));
            let foreign_key = format!(
                "{} REFERENCES {}",
                name(table, column),
                name(&tracked.table, &tracked.column)
            );
            let advice = if plan.cascades {
                format!("to leave them out too, say `foreign_keys = {foreign_key}`")
            } else {
                "they are kept, since cascade is off".to_owned()
            };
            report.warn(format!(
                "column {} of table {table} is under no foreign key and holds the key of a row of {} that is left out, in {}: {advice}",
                crate::catalog::quote_ident(column),
                tracked.table,
                counted(*rows, "row")
            ));
            report.soft_references.push(SoftReference {
                table: table.to_string(),
                column: column.clone(),
                references: tracked.table.to_string(),
                referenced_column: tracked.column.clone(),
                rows: *rows,
                foreign_key,
            });
        }
        if plan.untracked > 0 {
            report.warn(format!(
                "soft references were looked for only to {TRACKED_MAX} keys: {} keys of tables of which rows can be left out were not looked at",
                plan.untracked
            ));
        }
        if self.is_full {
            report.warn(format!(
                "soft references were looked for only to the first {KEYS_MAX} keys of tables that no foreign key references"
            ));
        }
    }
}

fn length_bit(value: &[u8]) -> u64 {
    1 << value.len().min(63)
}

/// Two places in the filter, by a hash that is quick and need not be more.
#[inline]
fn bits_of(value: &[u8]) -> [usize; 2] {
    const MIX: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut hash = value.len() as u64;
    for part in value.chunks(8) {
        let mut word = [0; 8];
        word.iter_mut().zip(part).for_each(|(to, from)| *to = *from);
        hash = (hash.rotate_left(23) ^ u64::from_le_bytes(word)).wrapping_mul(MIX);
    }
    let place = |hash: u64| (hash >> 42) as usize & (FILTER_BITS - 1);
    [place(hash), place(hash.wrapping_mul(MIX) ^ hash >> 7)]
}

#[cfg(test)]
mod tests {
    use super::super::key_names::KeyNames;
    use super::*;

    #[test]
    fn names_that_tell_what_they_reference() {
        let is_named = |column: &str, table: &str, key: &str| {
            KeyNames::new(table, key, ["tenant"].into_iter()).name(&plain(column))
        };
        for (column, table, key) in [
            ("businessId", "businesses", "id"),
            ("parent_business_id", "businesses", "id"),
            ("business", "businesses", "id"),
            ("category_id", "categories", "id"),
            ("boxId", "boxes", "id"),
            ("users_id", "users", "id"),
            ("tenantId", "tenants", "tenantId"),
            ("Tenant", "other", "id"),
        ] {
            assert!(is_named(column, table, key), "{column}");
        }
        for (column, table, key) in [
            ("id", "businesses", "id"),
            ("quantity", "businesses", "id"),
            ("paid", "aids", "id"),
            ("code", "items", "code"),
        ] {
            assert!(!is_named(column, table, key), "{column}");
        }
    }
}
