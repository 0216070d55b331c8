//! Which rows of the target are deleted because the dump does not have them.

use serde_json::{Value, json};

use crate::catalog::TableName;
use crate::error::{Error, ErrorKind, Result};
use crate::options::parse_table;
use crate::plan::Plan;
use crate::rewrite::records::is_record;

/// Rows of the dumped tables that the dump does not have are deleted, in the transaction of the run, those that reference before
/// those that are referenced.
///
/// Never deleted are rows that an exclusion covers, in the dump or in the target, with what hangs on them; tables that the dump
/// does not bring; tables of which no row has come, and tables without a key, unless they are named here. More rows of a table than the
/// limit fail the run, and so do rows of other tables that reference what is to be deleted.
///
/// ```
/// use dumpsert::restore::Prune;
///
/// let prune = Prune::new().with_max("10%")?.with_empty("public.carts")?.with_cascade(true);
/// # Ok::<(), dumpsert::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Prune {
    max: Option<Max>,
    cascade: bool,
    empty: Vec<TableName>,
    keyless: Vec<TableName>,
}

#[derive(Clone, Copy, Debug)]
enum Max {
    Rows(u64),
    Percent(f64),
}

impl Prune {
    /// With the limit of 100 rows or 5 % of the rows of each table, whichever is more.
    pub fn new() -> Self {
        Self::default()
    }

    /// All of it as users type it: what [`with_max`](Self::with_max), [`with_empty`](Self::with_empty) and
    /// [`with_keyless`](Self::with_keyless) take.
    ///
    /// # Errors
    /// As theirs.
    pub fn parse(max: Option<&str>, empty: &[String], keyless: &[String], cascade: bool) -> Result<Self> {
        let mut prune = Self::new().with_cascade(cascade);
        if let Some(max) = max {
            prune = prune.with_max(max)?;
        }
        for table in empty {
            prune = prune.with_empty(table)?;
        }
        for table in keyless {
            prune = prune.with_keyless(table)?;
        }
        Ok(prune)
    }

    /// How many rows of each table may be deleted: `N` rows, or `N%` of those that it has before. What `cascade` deletes counts
    /// as rows of its table.
    ///
    /// # Errors
    /// If it is neither.
    pub fn with_max(mut self, max: &str) -> Result<Self> {
        let wrong = || {
            let message = format!("`prune_max = {max}` is no limit");
            Error::new(ErrorKind::InvalidOption, message)
                .with_hint("write a number of rows, or a percentage of each table: 500, 10%")
        };
        let is_number = |text: &str| text.starts_with(|char: char| char.is_ascii_digit()) && text.len() <= 18;
        self.max = Some(match max.strip_suffix('%') {
            Some(percent) if is_number(percent) => {
                let percent: f64 = percent.parse().map_err(|_| wrong())?;
                Max::Percent(Some(percent).filter(|percent| *percent <= 100.0).ok_or_else(wrong)?)
            }
            None if is_number(max) => Max::Rows(max.parse().map_err(|_| wrong())?),
            _ => return Err(wrong()),
        });
        Ok(self)
    }

    /// Permits that `ON DELETE` actions of the target delete or change rows of tables that the dump does not bring. Default: that
    /// fails the run.
    #[must_use]
    pub fn with_cascade(mut self, cascade: bool) -> Self {
        self.cascade = cascade;
        self
    }

    /// All rows of this table may be deleted if none has come: the dump has it, and it is empty there. A dump of `INSERT`s does
    /// not show empty tables, and nothing tells one from a table that was not dumped. May be repeated.
    ///
    /// # Errors
    /// If it is no name of a table.
    pub fn with_empty(mut self, table: &str) -> Result<Self> {
        self.empty.push(parse_table(table)?);
        Ok(self)
    }

    /// This table has no key, and its rows are compared whole: of rows that are alike as many stay as the dump has. May be repeated.
    ///
    /// # Errors
    /// If it is no name of a table.
    pub fn with_keyless(mut self, table: &str) -> Result<Self> {
        self.keyless.push(parse_table(table)?);
        Ok(self)
    }

    /// What no target needs to be asked.
    pub(super) fn check(&self, plan: &Plan) -> Result<()> {
        let mut records = self.empty.iter().filter(|name| is_record(name));
        match records.find(|name| !plan.selection().wants_exactly(name)) {
            None => Ok(()),
            Some(name) => Err(Error::new(
                ErrorKind::InvalidOption,
                format!("`prune_empty = {name}` names a table of a migration tool, which is left out"),
            )),
        }
    }

    /// As the script has it.
    pub(super) fn to_json(&self) -> Value {
        let names = |names: &[TableName]| -> Value {
            let names = names
                .iter()
                .map(|name| json!({ "schema": name.schema, "name": name.name }));
            names.collect()
        };
        let (rows, percent) = match self.max {
            None => (Some(100), Some(5.0)),
            Some(Max::Rows(rows)) => (Some(rows), None),
            Some(Max::Percent(percent)) => (None, Some(percent)),
        };
        json!({
            "max_rows": rows,
            "max_percent": percent,
            "cascade": self.cascade,
            "empty": names(&self.empty),
            "keyless": names(&self.keyless),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits() {
        for good in ["0", "100", "5%", "0.5%", "100%", "0%"] {
            assert!(Prune::new().with_max(good).is_ok(), "{good}");
        }
        for wrong in [
            "",
            "%",
            "-1",
            "1.5",
            "101%",
            "1e3",
            "5 %",
            "+1",
            "NaN%",
            "inf%",
            "99999999999999999999",
        ] {
            assert!(Prune::new().with_max(wrong).is_err(), "{wrong}");
        }
        assert_eq!(Prune::new().to_json()["max_rows"], 100);
        assert_eq!(Prune::new().to_json()["max_percent"], 5.0);
        assert_eq!(
            Prune::new().with_max("0.5%").unwrap().to_json()["max_rows"],
            Value::Null
        );
        assert!(Prune::new().with_empty("a.b.c.d").is_err());
    }
}
