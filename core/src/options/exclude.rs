//! Which rows are left out, as the user says it.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::names::check_option;
use super::names::{invalid, names, table_name};
use super::pattern::TablePattern;
use super::{Case, Options};
use crate::catalog::{Action, TableName, quote_ident};
use crate::error::{Error, ErrorKind, Result};
use crate::lex::identifiers::{self, Cursor, Stop, parse_columns, parse_dotted};
use crate::lex::tokens::decode_name;

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
}

impl Exclusions {
    /// Whether any row may be left out.
    pub(crate) fn is_any(&self) -> bool {
        !self.conditions.is_empty() || self.demo.is_some()
    }
}

impl Options {
    /// Rows to leave out: `TABLE: CONDITION`. The table is a pattern as for `pg_dump -t`; partitions of it and tables that
    /// inherit from it are meant too. The condition is SQL; rows for which it is true are left out. Rows that reference
    /// them go as well, or change, as if the excluded ones had been deleted in the source, unless
    /// [`with_cascade`](Options::with_cascade) says otherwise. Several calls add up. Default: none.
    ///
    /// A catalog must tell the types of columns and the foreign keys: that of the dump itself, if it is a full one, or one
    /// that is given.
    ///
    /// # Errors
    /// If `text` is not of this form.
    pub fn with_excluded_rows(mut self, text: &str) -> Result<Self> {
        self.exclusions.conditions.push(Exclude::parse(text)?);
        Ok(self)
    }

    /// As [`with_excluded_rows`](Options::with_excluded_rows), with the pattern and the condition apart.
    ///
    /// # Errors
    /// If `tables` is no pattern.
    pub fn with_excluded_rows_of(mut self, tables: &str, condition: &str) -> Result<Self> {
        self.exclusions.conditions.push(Exclude::new(tables, condition)?);
        Ok(self)
    }

    /// Leaves out demo businesses: rows with an id of a business that, in lower case, contains `-demo-business`, ends with
    /// `-demo`, begins with `demo-`, or is `demo`. See [`with_demo_column`](Options::with_demo_column) for where such
    /// ids stand. Default: they are not left out.
    #[must_use]
    pub fn with_exclude_demo(mut self) -> Self {
        self.exclusions.demo.get_or_insert_default();
        self
    }

    /// Where ids of businesses stand: `column` in every table that has it, `table.column` in tables of this name, or
    /// `schema.table.column`. Several calls add up. Implies [`with_exclude_demo`](Options::with_exclude_demo). Default:
    /// `businesses.id`, `"businessId"` and `business_id`.
    ///
    /// # Errors
    /// If `column` is not of this form.
    pub fn with_demo_column(mut self, column: &str) -> Result<Self> {
        let column = DemoColumn::parse(column)?;
        self.exclusions.demo.get_or_insert_default().columns.push(column);
        Ok(self)
    }

    /// A boolean column, as an SQL identifier, that marks a business as demo, in the tables that
    /// [`with_demo_column`](Options::with_demo_column) names (`businesses`). Implies
    /// [`with_exclude_demo`](Options::with_exclude_demo). Default: only ids are looked at.
    ///
    /// # Errors
    /// If `column` is no SQL identifier.
    pub fn with_demo_flag(mut self, column: &str) -> Result<Self> {
        let name = match parse_columns(column.as_bytes()).as_deref() {
            Some([name]) => decode_name(name).into_owned(),
            _ => {
                let message = format!("`{column}` is no name of a column");
                return Err(invalid(message).with_hint("quote names with capitals: \"isDemo\""));
            }
        };
        self.exclusions.demo.get_or_insert_default().flag = Some(name);
        Ok(self)
    }

    /// What happens to rows that reference what is left out. Default: [`Cascade::OnDelete`].
    ///
    /// ```
    /// use dumpsert::{Cascade, Options};
    ///
    /// let options = Options::new().with_cascade(Cascade::Delete);
    /// ```
    #[must_use]
    pub fn with_cascade(mut self, cascade: Cascade) -> Self {
        self.exclusions.cascade = cascade;
        self
    }

    /// Keeps rows that reference what is left out; the report counts them: [`Cascade::Off`].
    #[must_use]
    pub fn without_cascade(self) -> Self {
        self.with_cascade(Cascade::Off)
    }

    /// A foreign key that the source does not declare, to be followed by exclusions: `public.orders("businessId")
    /// REFERENCES public.businesses(id) ON DELETE SET NULL`. Without columns the primary key is referenced; without an
    /// action it is `CASCADE`. Several calls add up. Default: none.
    ///
    /// With `WHERE` and an SQL condition at its end it holds only for rows for which that is true: one column of Rails'
    /// polymorphic associations references several tables, each by a foreign key of its own, as in
    /// `public.comments(subject_id) REFERENCES public.posts(id) WHERE subject_type = 'Post'`.
    ///
    /// # Errors
    /// If `text` is not of this form.
    pub fn with_foreign_key(mut self, text: &str) -> Result<Self> {
        self.exclusions.foreign_keys.push(VirtualKey::parse(text)?);
        Ok(self)
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
        let parts = parse_dotted(text.as_bytes()).ok_or_else(wrong)?;
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
        let mut only = None;
        let (table, columns, references, referenced_columns, on_delete) = identifiers::whole(text, |cursor| {
            let table = cursor.relation()?;
            let columns = cursor.columns()?;
            cursor.expect_word(b"REFERENCES")?;
            let references = cursor.relation()?;
            let referenced_columns = cursor.columns()?.unwrap_or_default();
            let on_delete = Self::read_action(cursor)?;
            if cursor.word(b"WHERE")? {
                only = Some(text.get(cursor.at..).unwrap_or_default());
                cursor.at = text.len();
            }
            cursor.next()?;
            Ok((table, columns, references, referenced_columns, on_delete))
        })?;
        let only = match only {
            Some(condition) => match std::str::from_utf8(condition).ok()?.trim() {
                "" => return None,
                condition => Some(condition.to_owned()),
            },
            None => None,
        };
        Some(Self {
            table: table_name(table),
            columns: names(&columns?),
            references: table_name(references),
            referenced_columns: names(&referenced_columns),
            on_delete,
            only,
        })
    }

    fn read_action(cursor: &mut Cursor<'_>) -> std::result::Result<Action, Stop> {
        if !cursor.word(b"ON")? {
            return Ok(Action::Cascade);
        }
        cursor.expect_word(b"DELETE")?;
        if !cursor.word(b"SET")? {
            cursor.expect_word(b"CASCADE")?;
            Ok(Action::Cascade)
        } else if cursor.word(b"NULL")? {
            Ok(Action::SetNull)
        } else {
            cursor.expect_word(b"DEFAULT")?;
            Ok(Action::SetDefault)
        }
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
