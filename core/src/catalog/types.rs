//! Types that the schema defines: what values they have.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Catalog, TableName};

/// An enum or a domain; other types are not in a catalog.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
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

/// What is beneath a domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Beneath {
    /// The place of the last domain on the way down.
    last: usize,
    /// The place of the first that has a collation.
    collated: Option<usize>,
}

/// The labels of an enum, which are many where the source says so.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Ranks {
    labels: Vec<String>,
    ranks: HashMap<String, usize>,
}

impl Ranks {
    fn new(labels: &[String]) -> Self {
        let mut ranks = HashMap::new();
        for (rank, label) in labels.iter().enumerate() {
            ranks.entry(label.clone()).or_insert(rank);
        }
        let labels = labels.to_vec();
        Self { labels, ranks }
    }

    /// The labels in the order by which they compare.
    pub(crate) fn labels(&self) -> &[String] {
        &self.labels
    }

    /// The place of a label among them.
    pub(crate) fn rank(&self, label: &[u8]) -> Option<usize> {
        self.ranks.get(std::str::from_utf8(label).ok()?).copied()
    }
}

/// The name at the start of a text, as `quote_ident()` prints it, without its quotes; and the rest.
fn unquoted(text: &str) -> Option<(Cow<'_, str>, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find('.').unwrap_or(text.len());
        return Some((Cow::Borrowed(text.get(..end)?), text.get(end..)?));
    };
    let mut end = 0;
    loop {
        end += quoted.get(end..)?.find('"')?;
        if !quoted.get(end + 1..)?.starts_with('"') {
            break;
        }
        end += 2;
    }
    let name = quoted.get(..end)?.replace("\"\"", "\"");
    Some((Cow::Owned(name), quoted.get(end + 1..)?))
}

impl Catalog {
    /// The enums and domains in the order of their schemas and names.
    pub fn types(&self) -> &[Type] {
        &self.types
    }

    /// The enum or domain of this name, written as a column's `type_name` is.
    pub fn user_type(&self, type_name: &str) -> Option<&Type> {
        self.types.get(self.type_at(type_name)?)
    }

    pub(super) fn found_type(&self, schema: &str, name: &str) -> Option<&Type> {
        self.types.get(self.place_of_type(schema, name)?)
    }

    fn place_of_type(&self, schema: &str, name: &str) -> Option<usize> {
        self.types
            .binary_search_by(|own| (&*own.schema, &*own.name).cmp(&(schema, name)))
            .ok()
    }

    /// The place of the type that prints so.
    fn type_at(&self, type_name: &str) -> Option<usize> {
        let (schema, rest) = unquoted(type_name)?;
        let (name, rest) = unquoted(rest.strip_prefix('.')?)?;
        let at = self.place_of_type(&schema, &name).filter(|_| rest.is_empty())?;
        // Nothing but its own spelling is its name.
        let own = self.types.get(at)?.type_name().to_string();
        (own == type_name).then_some(at)
    }

    /// Follows every domain once, however many there are upon each other.
    pub(super) fn look_beneath(&mut self) {
        let domain = |at: usize| match self.types.get(at).map(|own| &own.kind) {
            Some(TypeKind::Domain {
                base_type, collation, ..
            }) => Some((base_type, collation.is_some())),
            _ => None,
        };
        let mut beneath: Vec<Option<Beneath>> = vec![None; self.types.len()];
        for first in 0..self.types.len() {
            let (mut path, mut next) = (Vec::new(), Some(first));
            let mut end = None;
            while let Some(at) = next.filter(|&at| domain(at).is_some()) {
                end = beneath.get(at).copied().flatten();
                if end.is_some() {
                    break;
                }
                path.push(at);
                let last = Beneath {
                    last: at,
                    collated: None,
                };
                if let Some(slot) = beneath.get_mut(at) {
                    // A catalog from JSON may hold a circle of domains, which no server has: it ends where it closes.
                    *slot = Some(last);
                }
                next = domain(at).and_then(|(base_type, _)| self.type_at(base_type));
            }
            let end = end.or_else(|| path.last().map(|&last| Beneath { last, collated: None }));
            let Some(mut end) = end else { continue };
            for at in path.into_iter().rev() {
                if domain(at).is_some_and(|(_, is_collated)| is_collated) {
                    end.collated = Some(at);
                }
                if let Some(slot) = beneath.get_mut(at) {
                    *slot = Some(end);
                }
            }
        }
        self.beneath = beneath;
        let ranks = self.types.iter().map(|own| match &own.kind {
            TypeKind::Enum { labels } => Some(Arc::new(Ranks::new(labels))),
            TypeKind::Domain { .. } => None,
        });
        self.ranks = ranks.collect();
    }

    fn beneath(&self, type_name: &str) -> Option<Beneath> {
        self.beneath.get(self.type_at(type_name)?).copied().flatten()
    }

    /// The collation that a domain brings, or a domain beneath it.
    pub(crate) fn domain_collation(&self, type_name: &str) -> Option<&str> {
        match &self.types.get(self.beneath(type_name)?.collated?)?.kind {
            TypeKind::Domain { collation, .. } => collation.as_deref(),
            TypeKind::Enum { .. } => None,
        }
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
        let last = self.beneath(type_name).and_then(|beneath| self.types.get(beneath.last));
        match last.map(|last| &last.kind) {
            Some(TypeKind::Domain { base_type, .. }) => base_type,
            Some(TypeKind::Enum { .. }) | None => type_name,
        }
    }

    /// As [`enum_labels`](Catalog::enum_labels), to look for one.
    pub(crate) fn enum_ranks(&self, type_name: &str) -> Option<&Arc<Ranks>> {
        self.ranks.get(self.type_at(self.base_type(type_name))?)?.as_ref()
    }

    /// The labels of an enum, or of a domain over one, in the order by which they compare.
    pub fn enum_labels(&self, type_name: &str) -> Option<&[String]> {
        match &self.user_type(self.base_type(type_name))?.kind {
            TypeKind::Enum { labels } => Some(labels),
            TypeKind::Domain { .. } => None,
        }
    }
}
