//! Collations: which one a comparison uses, and what can be known of it.
//!
//! "Collation Support" in the manual; `assign_collations_walker()` in src/backend/parser/parse_collate.c.

use crate::ast::condition::refuse;
use crate::catalog::quote_ident;
use crate::error::Result;
use crate::options::Case;

/// The remedy where a collation is in the way.
pub(super) const ORDERED_BY_BYTES: &str = "write COLLATE \"C\" behind the operand";

/// The collation of an expression, and how strongly it holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Collation {
    /// The database's own, which gives way to any other.
    #[default]
    Default,
    /// That of a column.
    Implicit(Locale),
    /// `COLLATE`.
    Explicit(Locale),
    /// Two columns whose collations differ.
    Conflict,
    /// Two `COLLATE` that differ.
    ExplicitConflict,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Locale {
    /// Bytes, ASCII letters: `C`, `POSIX` and `ucs_basic`, which are not the same to PostgreSQL.
    C(String),
    /// Another one that PostgreSQL made: equal means the same bytes.
    System(String),
    /// One that a user made: it may be nondeterministic.
    User(String),
}

impl Locale {
    /// The collation of a column, as the catalog names it.
    pub(super) fn of_column(name: &str) -> Self {
        match name.strip_prefix("pg_catalog.") {
            Some(name) => {
                let name = name.trim_matches('"');
                Self::known(name).unwrap_or_else(|| Self::System(name.to_owned()))
            }
            None => Self::User(name.to_owned()),
        }
    }

    /// The collation that `COLLATE` names, if it is one whose order is known.
    pub(super) fn explicit(name: &[String]) -> Option<Self> {
        let name = match name {
            [name] => name,
            [schema, name] if schema == "pg_catalog" => name,
            _ => return None,
        };
        Self::known(name)
    }

    fn known(name: &str) -> Option<Self> {
        matches!(name, "C" | "POSIX" | "ucs_basic").then(|| Self::C(name.to_owned()))
    }

    pub(super) fn display(name: &[String]) -> String {
        let parts: Vec<_> = name.iter().map(|part| quote_ident(part)).collect();
        parts.join(".")
    }
}

impl Collation {
    /// That of the type `name`.
    pub(super) fn of_names() -> Self {
        Self::Implicit(Locale::C("C".to_owned()))
    }

    pub(super) fn merge(&self, other: &Self) -> Self {
        use Collation::*;
        match (self, other) {
            (ExplicitConflict, _) | (_, ExplicitConflict) => ExplicitConflict,
            (Explicit(left), Explicit(right)) if left != right => ExplicitConflict,
            (Explicit(own), _) | (_, Explicit(own)) => Explicit(own.clone()),
            (Conflict, _) | (_, Conflict) => Conflict,
            (Implicit(left), Implicit(right)) if left != right => Conflict,
            (Implicit(own), _) | (_, Implicit(own)) => Implicit(own.clone()),
            (Default, Default) => Default,
        }
    }

    fn locale(&self) -> Option<&Locale> {
        match self {
            Self::Implicit(locale) | Self::Explicit(locale) => Some(locale),
            _ => None,
        }
    }

    /// Whether order and case are those of bytes and ASCII letters.
    pub(super) fn is_c(&self) -> bool {
        matches!(self.locale(), Some(Locale::C(_)))
    }

    /// Why equal text may differ in its bytes, if it may.
    pub(super) fn equality_problem(&self) -> Option<String> {
        match self {
            Self::Conflict | Self::ExplicitConflict => Some("the two sides have different collations".to_owned()),
            _ => match self.locale()? {
                Locale::User(name) => Some(format!("the collation {name} may be nondeterministic")),
                Locale::C(_) | Locale::System(_) => None,
            },
        }
    }

    /// Why upper and lower case cannot be told even for ASCII letters, if so. In the Turkic languages the lower case of
    /// `I` is not `i`. That the database's own locale is none of them cannot be seen in a dump, and is taken for granted.
    pub(super) fn case_problem(&self, case: Option<Case>) -> Option<String> {
        const TURKIC: &[&str] = &["tr", "az", "crh", "ku", "tt", "ber"];
        self.equality_problem().or_else(|| match self.locale()? {
            Locale::System(name) => {
                let language = language(name);
                let is_said = case == Some(Case::Turkish) && matches!(language, "tr" | "az");
                (TURKIC.contains(&language) && !is_said)
                    .then(|| format!("upper and lower case have rules of their own in the collation {name}"))
            }
            Locale::C(_) | Locale::User(_) => None,
        })
    }

    /// Whether letters beyond ASCII have rules of their own in it: Greek capitals lose their accents, Lithuanian letters keep
    /// their dots.
    pub(super) fn has_own_case(&self) -> bool {
        matches!(self.locale(), Some(Locale::System(name)) if matches!(language(name), "el" | "lt" | "hy"))
    }
}

/// The language of a collation.
fn language(name: &str) -> &str {
    name.split(['_', '-', '.']).next().unwrap_or_default()
}

/// The rule for upper and lower case beyond ASCII in a collation, if one is known; an error if not even that of ASCII is.
pub(super) fn case_is_known(collation: &Collation, case: Option<Case>) -> Result<Option<Case>> {
    match collation.case_problem(case) {
        Some(problem) => Err(refuse(problem).with_hint(ORDERED_BY_BYTES)),
        None => Ok(case.filter(|_| !collation.has_own_case())),
    }
}
