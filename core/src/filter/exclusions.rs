//! Which rows are left out, as the user says it.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::compile::FilterPlan;
use super::condition::case::Case;
use super::head::no_foreign_keys;
use super::learned::{Learned, Learning};
use super::pattern::TablePattern;
use crate::catalog::{Action, Catalog, TableName, quote_ident};
use crate::dump::head::{self, Cursor, Relation};
use crate::error::{Error, ErrorKind, Result};
use crate::lex::tokens::decode_name;
use crate::text::check_option;

/// What happens to rows that reference one that is left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Cascade {
    /// What the foreign key's `ON DELETE` says: the row goes too, or its columns are set to NULL or the default. Where
    /// PostgreSQL would refuse the deletion, it goes.
    #[default]
    OnDelete,
    /// They are left out too, whatever `ON DELETE` says.
    Delete,
    /// They are kept and counted.
    Off,
}

/// Everything that is said of rows to be left out, and what was made of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Exclusions {
    pub(crate) conditions: Vec<Exclude>,
    pub(crate) demo: Option<Demo>,
    pub(crate) cascade: Cascade,
    pub(crate) foreign_keys: Vec<VirtualKey>,
    /// The rule for upper and lower case beyond ASCII.
    pub(crate) case: Option<Case>,
    /// Made of all this and the catalog, once there is one.
    pub(crate) compiled: Option<Arc<FilterPlan>>,
    /// What readings of the dump have found, and what the next has to heed.
    pub(crate) learned: Option<Arc<Learned>>,
    pub(crate) learning: Option<Arc<Learning>>,
    /// Whether the dump was asked for its catalog and has none.
    pub(crate) has_no_catalog: bool,
}

impl Exclusions {
    /// Whether any row may be left out.
    pub(crate) fn is_any(&self) -> bool {
        !self.conditions.is_empty() || self.demo.is_some()
    }

    /// Makes the filter, if there is a catalog, or if it is known that there is none.
    ///
    /// # Errors
    /// If the exclusions do not fit the catalog, or need one.
    pub(crate) fn compile(&mut self, catalog: Option<&Catalog>) -> Result<()> {
        if !self.is_any() || (catalog.is_none() && !self.has_no_catalog) {
            return Ok(());
        }
        if catalog.is_none() && self.cascade != Cascade::Off {
            return Err(no_foreign_keys("the source"));
        }
        self.compiled = FilterPlan::compile(self, catalog)?.map(Arc::new);
        self.learned = None;
        self.learning = None;
        Ok(())
    }
}

/// Rows of the tables of a pattern for which a condition is true.
#[derive(Clone, Debug)]
pub(crate) struct Exclude {
    pub(crate) tables: TablePattern,
    pub(crate) condition: String,
}

impl Exclude {
    /// Reads `TABLE: CONDITION`.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let mut is_quoted = false;
        let colon = text.char_indices().find_map(|(at, char)| {
            is_quoted ^= char == '"';
            (char == ':' && !is_quoted).then_some(at)
        });
        let parts = colon.and_then(|at| Some((text.get(..at)?, text.get(at + 1..)?)));
        match parts {
            Some((tables, condition)) if !condition.trim().is_empty() => Self::new(tables.trim(), condition.trim()),
            _ => {
                let message = format!("`{text}` does not say which rows are left out");
                Err(Error::new(ErrorKind::InvalidOption, message).with_hint(
                    "write a table, a colon and a condition: public.businesses: \"isDemo\" OR id LIKE 'demo-%'",
                ))
            }
        }
    }

    pub(crate) fn new(tables: &str, condition: &str) -> Result<Self> {
        check_option(condition, "the condition")?;
        Ok(Self {
            tables: TablePattern::parse(tables)?,
            condition: condition.to_owned(),
        })
    }
}

/// The preset for demo businesses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Demo {
    /// Where ids of businesses stand; none means the default.
    pub(crate) columns: Vec<DemoColumn>,
    /// A boolean column of the tables named in `columns` that marks a business as demo.
    pub(crate) flag: Option<String>,
}

/// A column that holds the id of a business: of one table, or of all that have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DemoColumn {
    /// The table; without a schema, one of this name in any.
    pub(crate) table: Option<(Option<String>, String)>,
    pub(crate) column: String,
}

impl DemoColumn {
    /// Reads `column`, `table.column` or `schema.table.column`, all SQL identifiers.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let wrong = || {
            let message = format!("`{text}` names no column");
            Error::new(ErrorKind::InvalidOption, message)
                .with_hint("write column, table.column or schema.table.column, and quote names with capitals")
        };
        check_option(text, "the column")?;
        let parts = head::parse_dotted(text.as_bytes()).ok_or_else(wrong)?;
        let mut parts: Vec<String> = parts.iter().map(|part| decode_name(part).into_owned()).collect();
        let column = parts.pop().ok_or_else(wrong)?;
        let table = parts.pop();
        let schema = parts.pop();
        if !parts.is_empty() {
            return Err(wrong());
        }
        Ok(Self {
            table: table.map(|table| (schema, table)),
            column,
        })
    }

    pub(crate) fn is_of(&self, name: &TableName) -> bool {
        match &self.table {
            None => true,
            Some((schema, table)) => *table == name.name && schema.as_ref().is_none_or(|schema| *schema == name.schema),
        }
    }
}

impl fmt::Display for DemoColumn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((schema, table)) = &self.table {
            for name in schema.iter().chain([table]) {
                write!(f, "{}.", quote_ident(name))?;
            }
        }
        f.write_str(&quote_ident(&self.column))
    }
}

impl Demo {
    /// The columns of the application that the preset is made for.
    pub(crate) fn columns(&self) -> Vec<DemoColumn> {
        if !self.columns.is_empty() {
            return self.columns.clone();
        }
        let column = |table: Option<&str>, column: &str| DemoColumn {
            table: table.map(|table| (None, table.to_owned())),
            column: column.to_owned(),
        };
        vec![
            column(Some("businesses"), "id"),
            column(None, "businessId"),
            column(None, "business_id"),
        ]
    }
}

/// What is said where the preset for demo businesses finds none of its own columns.
pub(crate) fn no_demo_columns(place: &str, columns: &str) -> String {
    format!(
        "`exclude_demo = true` leaves nothing out: {place} has no column of text of those where ids of businesses stand \
         ({columns}); name yours with `demo_columns = TABLE.COLUMN`"
    )
}

/// Whether an id is that of a demo business: in lower case it contains `-demo-business`, ends with `-demo`, begins with
/// `demo-`, or is `demo`. No character beyond ASCII has one of these letters as its lower case without more.
pub(crate) fn is_demo_id(id: &[u8]) -> bool {
    const INSIDE: &[u8] = b"-demo-business";
    let starts = |text: &[u8], with: &[u8]| {
        text.get(..with.len())
            .is_some_and(|part| part.eq_ignore_ascii_case(with))
    };
    if id.len() < 4 {
        return false;
    }
    let ends = |with: &[u8]| {
        let start = id.len().checked_sub(with.len());
        start
            .and_then(|start| id.get(start..))
            .is_some_and(|part| part.eq_ignore_ascii_case(with))
    };
    id.eq_ignore_ascii_case(b"demo")
        || starts(id, b"demo-")
        || ends(b"-demo")
        || memchr::memchr_iter(b'-', id).any(|at| id.get(at..).is_some_and(|rest| starts(rest, INSIDE)))
}

/// A foreign key that the database does not have, or that its catalog does not tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct VirtualKey {
    pub(crate) table: TableName,
    pub(crate) columns: Vec<String>,
    pub(crate) references: TableName,
    /// None means the primary key.
    pub(crate) referenced_columns: Vec<String>,
    pub(crate) on_delete: Action,
    /// The rows for which it holds; none means all.
    pub(crate) only: Option<String>,
}

impl VirtualKey {
    /// Reads `table (columns) REFERENCES table [(columns)] [ON DELETE action] [WHERE condition]`.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let wrong = || {
            let message = format!("`{text}` is no foreign key");
            Error::new(ErrorKind::InvalidOption, message).with_hint(
                "write public.orders(\"businessId\") REFERENCES public.businesses(id) [ON DELETE CASCADE] [WHERE CONDITION]; \
                 actions are CASCADE (the default), SET NULL and SET DEFAULT",
            )
        };
        check_option(text, "the foreign key")?;
        let key = Self::read(text.as_bytes()).ok_or_else(wrong)?;
        if !key.referenced_columns.is_empty() && key.referenced_columns.len() != key.columns.len() {
            return Err(wrong());
        }
        Ok(key)
    }

    fn read(text: &[u8]) -> Option<Self> {
        let mut terminated = text.to_vec();
        terminated.push(b';');
        let mut cursor = Cursor {
            bytes: &terminated,
            at: 0,
        };
        let table = cursor.relation().ok()?;
        let columns = cursor.columns().ok()??;
        cursor.expect_word(b"REFERENCES").ok()?;
        let references = cursor.relation().ok()?;
        let referenced_columns = cursor.columns().ok()?.unwrap_or_default();
        let mut on_delete = Action::Cascade;
        if cursor.word(b"ON").ok()? {
            cursor.expect_word(b"DELETE").ok()?;
            if cursor.word(b"SET").ok()? {
                on_delete = if cursor.word(b"NULL").ok()? {
                    Action::SetNull
                } else {
                    cursor.expect_word(b"DEFAULT").ok()?;
                    Action::SetDefault
                };
            } else {
                cursor.expect_word(b"CASCADE").ok()?;
            }
        }
        let only = if cursor.word(b"WHERE").ok()? {
            let condition = std::str::from_utf8(text.get(cursor.at..)?).ok()?.trim();
            cursor.at = text.len();
            Some(Some(condition.to_owned()).filter(|condition| !condition.is_empty())?)
        } else {
            None
        };
        if cursor.next().ok()? != b';' || cursor.at != text.len() {
            return None;
        }
        let table_name = |relation: &Relation| TableName {
            schema: decode_name(relation.schema.as_deref().unwrap_or(b"public")).into_owned(),
            name: decode_name(&relation.name).into_owned(),
        };
        let names = |names: &[Vec<u8>]| names.iter().map(|name| decode_name(name).into_owned()).collect();
        Some(Self {
            table: table_name(&table),
            columns: names(&columns),
            references: table_name(&references),
            referenced_columns: names(&referenced_columns),
            on_delete,
            only,
        })
    }
}

impl fmt::Display for VirtualKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} ({}) REFERENCES {}",
            self.table,
            self.columns.join(", "),
            self.references
        )?;
        match &self.only {
            Some(condition) => write!(f, " WHERE {condition}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn demo_ids() {
        for demo in [
            "demo",
            "DEMO",
            "demo-1",
            "Demo-Pizza",
            "my-demo",
            "x-demo-business-7",
            "a-DEMO-Business",
        ] {
            assert!(is_demo_id(demo.as_bytes()), "{demo}");
        }
        for real in [
            "demolition-co",
            "my-demos-shop",
            "democracy",
            "demo_1",
            "x-demo-busines",
            "mydemo",
            "dem",
            "",
            "x-demo-",
            "é-demox",
        ] {
            assert!(!is_demo_id(real.as_bytes()), "{real}");
        }
    }

    #[test]
    fn what_is_typed() {
        let exclude = Exclude::parse("public.\"a:b\": x::text = 'y'").unwrap();
        assert_eq!(exclude.condition, "x::text = 'y'");
        assert_eq!(exclude.tables.to_string(), "public.\"a:b\"");
        assert!(Exclude::parse("public.t").is_err());
        assert!(Exclude::parse("public.t:  ").is_err());
        let column = DemoColumn::parse("\"Tenants\".\"tenantId\"").unwrap();
        assert_eq!(column.table, Some((None, "Tenants".to_owned())));
        assert_eq!(column.column, "tenantId");
        assert!(DemoColumn::parse("a.b.c.d").is_err());
    }

    #[test]
    fn virtual_foreign_keys() {
        let key = VirtualKey::parse("orders(\"businessId\", b) references app.businesses (id, c) on delete set null")
            .unwrap();
        assert_eq!(key.table.to_string(), "public.orders");
        assert_eq!(key.columns, ["businessId", "b"]);
        assert_eq!(key.references.to_string(), "app.businesses");
        assert_eq!(key.referenced_columns, ["id", "c"]);
        assert_eq!(key.on_delete, Action::SetNull);
        let key = VirtualKey::parse("a(b) REFERENCES c").unwrap();
        assert_eq!((key.referenced_columns.len(), key.on_delete), (0, Action::Cascade));
        let key = VirtualKey::parse("a(b) REFERENCES c ON DELETE SET NULL WHERE \"type\" = 'x;y' ").unwrap();
        assert_eq!(key.only.as_deref(), Some("\"type\" = 'x;y'"));
        assert_eq!(
            key.to_string(),
            "public.a (b) REFERENCES public.c WHERE \"type\" = 'x;y'"
        );
        for wrong in [
            "",
            "a(b) REFERENCES c WHERE",
            "a(b) REFERENCES c WHERE ",
            "a(b)",
            "a REFERENCES c",
            "a(b) REFERENCES c(d) ON DELETE",
            "a(b) REFERENCES c(d, e)",
            "a(b) REFERENCES c; x",
        ] {
            assert!(VirtualKey::parse(wrong).is_err(), "{wrong}");
        }
    }
}
