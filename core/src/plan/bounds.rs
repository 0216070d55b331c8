//! Where the rows of a dump may go, and how large it may be.

use super::Plan;
use crate::catalog::TableName;
use crate::dump::Crlf;
use crate::error::{Error, ErrorKind, Result};
use crate::limits::Limits;
use crate::options::bounds::Unselected;
use crate::options::drift::Unknown;
use crate::options::list::OptionList;

impl Plan {
    pub(crate) fn crlf(&self) -> Crlf {
        self.options().crlf
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.bounds().limits
    }

    /// Whether a schema is selected; an error where that has to be said.
    pub(crate) fn selects(&self, schema: &str, what: &TableName) -> Result<bool> {
        let bounds = self.bounds();
        let only = bounds.only_schemas.items();
        if only.is_empty() || only.iter().any(|only| only == schema) {
            return Ok(true);
        }
        self.leave_unselected(what, "only_schemas").map(|()| false)
    }

    /// Whether a schema was named as one of those that are selected.
    pub(crate) fn selects_schema_by_name(&self, schema: &str) -> bool {
        self.bounds().only_schemas.items().iter().any(|only| only == schema)
    }

    /// Whether only some schemas are selected.
    pub(crate) fn selects_schemas(&self) -> bool {
        !self.bounds().only_schemas.items().is_empty()
    }

    /// What is not selected by this option is left out; an error where that has to be said.
    pub(crate) fn leave_unselected(&self, what: &TableName, option: &str) -> Result<()> {
        if self.bounds().unselected == Unselected::Drop {
            return Ok(());
        }
        let message = format!("{what} is not selected");
        Err(Error::new(ErrorKind::TableNotAllowed, message).with_hint(format!(
            "leave it out of the dump, select it with `{option} = NAME`, or choose `unselected = drop`"
        )))
    }

    /// Whether a view or foreign table may be written to.
    pub(crate) fn allows_relation(&self, name: &TableName) -> bool {
        self.bounds().relations.items().contains(name)
    }

    /// Whether a table of an extension may be written to.
    pub(crate) fn allows_extension_table(&self, name: &TableName) -> bool {
        self.bounds().extension_tables.items().contains(name)
    }

    /// The names for the script, which `to_regclass()` reads.
    pub(crate) fn allowed_names(&self) -> (Vec<String>, Vec<String>) {
        let names = |list: &OptionList<TableName>| list.items().iter().map(TableName::to_string).collect();
        let bounds = self.bounds();
        (names(&bounds.extension_tables), names(&bounds.relations))
    }

    pub(crate) fn drops_unknown_columns(&self) -> bool {
        self.drift().columns == Unknown::Drop
    }

    pub(crate) fn drops_unknown_tables(&self) -> bool {
        self.drift().tables == Unknown::Drop
    }

    /// What of it is not the default, for the script.
    pub(crate) fn drift_options(&self) -> impl Iterator<Item = (&'static str, Unknown)> {
        let drift = self.drift();
        let options = [("unknown_columns", drift.columns), ("unknown_tables", drift.tables)];
        options.into_iter().filter(|(_, unknown)| *unknown != Unknown::Error)
    }
}
