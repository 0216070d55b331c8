//! Types that the schema defines: what values they have.

use serde::{Deserialize, Serialize};

use super::{Catalog, TableName};

/// An enum or a domain; other types are not in a catalog.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Type {
    /// Its schema.
    pub schema: String,
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: TypeKind,
}

/// What kind of type a [`Type`] is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum TypeKind {
    /// `CREATE TYPE … AS ENUM`.
    Enum {
        /// The labels in the order by which they compare.
        labels: Vec<String>,
    },
    /// `CREATE DOMAIN`.
    Domain {
        /// The type beneath as `format_type()` prints it, which may be a domain again.
        base_type: String,
        /// The collation where it is not that of the type beneath, as `schema.name`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        collation: Option<String>,
        /// Whether the domain itself is declared `NOT NULL`.
        not_null: bool,
    },
}

impl Type {
    /// The type's full name; it prints as the columns' `type_name` does.
    pub fn type_name(&self) -> TableName {
        TableName {
            schema: self.schema.clone(),
            name: self.name.clone(),
        }
    }
}

impl Catalog {
    /// The enums and domains in the order of their schemas and names.
    pub fn types(&self) -> &[Type] {
        &self.types
    }

    /// The enum or domain of this name, written as a column's `type_name` is.
    pub fn user_type(&self, type_name: &str) -> Option<&Type> {
        self.types.iter().find(|own| own.type_name().to_string() == type_name)
    }

    /// The type beneath a domain, through any number of domains; any other type, arrays of domains too, is its own.
    ///
    /// ```
    /// # use dumpsert::Catalog;
    /// let catalog = Catalog::from_schema_sql(
    ///     "CREATE DOMAIN label AS varchar(30); CREATE DOMAIN title AS label NOT NULL; CREATE TABLE t (t title);",
    /// )?;
    /// assert_eq!(catalog.base_type("public.title"), "character varying(30)");
    /// assert_eq!(catalog.base_type("public.title[]"), "public.title[]");
    /// # Ok::<(), dumpsert::Error>(())
    /// ```
    pub fn base_type<'a>(&'a self, type_name: &'a str) -> &'a str {
        let mut name = type_name;
        // A JSON catalog may hold a cycle of domains, which no server has.
        for _ in &self.types {
            match self.user_type(name).map(|found| &found.kind) {
                Some(TypeKind::Domain { base_type, .. }) => name = base_type,
                _ => break,
            }
        }
        name
    }

    /// The labels of an enum, or of a domain over one, in the order by which they compare.
    pub fn enum_labels(&self, type_name: &str) -> Option<&[String]> {
        match &self.user_type(self.base_type(type_name))?.kind {
            TypeKind::Enum { labels } => Some(labels),
            TypeKind::Domain { .. } => None,
        }
    }
}
