//! Patterns of table names, as `pg_dump -t` takes them.

use std::fmt;

use super::names::check_option;
use crate::catalog::{Catalog, Table, TableName};
use crate::error::{Error, ErrorKind, Result};
use crate::text::nearest::nearest;

/// A pattern of table names with the meaning it has for `pg_dump -t` (`processSQLNamePattern()` in
/// `src/fe_utils/string_utils.c`):
///
/// - `*` is any number of characters, `?` is one, `[a-z_]` is one of these and `[^0-9]` one of the others;
/// - a dot separates schema and table; the schema may be a pattern too;
/// - unquoted letters fold to lower case; in double quotes every character stands for itself, `""` for a quote;
/// - `$` stands for itself.
///
/// Where this differs: a pattern without a schema means schema `public`, since a dump has no search path. The other
/// characters of regular expressions (`|`, `+`, `(`, `)`, `{`, `}`, `^`, `\`) are refused outside of quotes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TablePattern {
    typed: String,
    schema: Part,
    name: Part,
}

/// The pattern of one name.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Part(Vec<Element>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Element {
    Char(char),
    AnyChar,
    AnyNumber,
    /// Whether the characters outside of the ranges are meant, and the ranges.
    Class(bool, Vec<(char, char)>),
}

impl TablePattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// If it is empty, has more than one dot outside of quotes, a quote or bracket that is not closed, or a character
    /// of regular expressions that is not supported.
    pub(crate) fn parse(typed: &str) -> Result<Self> {
        check_option(typed, "the pattern")?;
        let wrong = |message: &str| {
            Error::new(
                ErrorKind::InvalidOption,
                format!("`{typed}` is no pattern of table names: {message}"),
            )
        };
        let mut parts = vec![Vec::new()];
        let mut is_quoted = false;
        let mut rest = typed.chars().peekable();
        while let Some(char) = rest.next() {
            let element = match char {
                '"' if is_quoted && rest.next_if_eq(&'"').is_some() => Element::Char('"'),
                '"' => {
                    is_quoted = !is_quoted;
                    continue;
                }
                char if is_quoted => Element::Char(char),
                '.' => {
                    parts.push(Vec::new());
                    continue;
                }
                '*' => Element::AnyNumber,
                '?' => Element::AnyChar,
                '[' => class(&mut rest)
                    .ok_or_else(|| wrong("between [ and ] stand letters, digits, _ and ranges such as a-z"))?,
                '|' | '+' | '(' | ')' | '{' | '}' | ']' | '^' | '\\' => {
                    let error = wrong(&format!("{char} is not supported"));
                    return Err(error.with_hint("put the name in double quotes if the character is part of it"));
                }
                char => Element::Char(char.to_ascii_lowercase()),
            };
            if let Some(part) = parts.last_mut() {
                part.push(element);
            }
        }
        if is_quoted {
            return Err(wrong("a double quote is not closed"));
        }
        if parts.iter().any(Vec::is_empty) {
            return Err(wrong("a name is empty"));
        }
        let mut parts = parts.into_iter().map(Part);
        let (schema, name) = match (parts.next(), parts.next(), parts.next()) {
            (Some(schema), Some(name), None) => (schema, name),
            (Some(name), None, None) => (Part("public".chars().map(Element::Char).collect()), name),
            _ => return Err(wrong("write schema.table")),
        };
        Ok(Self {
            typed: typed.to_owned(),
            schema,
            name,
        })
    }

    /// Whether it can match only one name.
    pub(crate) fn is_exact(&self) -> bool {
        self.exact_name().is_some()
    }

    /// The one name that it can match.
    pub(crate) fn exact_name(&self) -> Option<TableName> {
        let text = |part: &Part| {
            let char = |element: &Element| match element {
                Element::Char(char) => Some(*char),
                _ => None,
            };
            part.0.iter().map(char).collect::<Option<String>>()
        };
        Some(TableName {
            schema: text(&self.schema)?,
            name: text(&self.name)?,
        })
    }

    /// The pattern as regular expressions of PostgreSQL for schema and name, of the few constructs that mean the same
    /// everywhere; to be matched with `COLLATE "C"`, by which ranges go by code.
    pub(crate) fn to_regexes(&self) -> (String, String) {
        (self.schema.to_regex(), self.name.to_regex())
    }

    /// Whether the table is meant.
    pub(crate) fn matches(&self, table: &TableName) -> bool {
        self.schema.matches(&table.schema) && self.name.matches(&table.name)
    }

    /// The tables of the catalog that are meant, in its order: one or more. Wildcards do not mean tables of extensions.
    ///
    /// # Errors
    /// If there is none; the error names the nearest.
    pub(crate) fn tables<'a>(&self, catalog: &'a Catalog) -> Result<Vec<&'a Table>> {
        let is_meant = |table: &&Table| self.schema.matches(&table.schema) && self.name.matches(&table.name);
        let tables = catalog.tables().iter().filter(is_meant);
        let tables: Vec<&Table> = tables.filter(|table| !table.extension || self.is_exact()).collect();
        match tables.is_empty() {
            false => Ok(tables),
            true => Err(self.no_match(catalog.tables().iter().map(Table::table_name))),
        }
    }

    /// The error for a pattern that matches none of these tables.
    pub(crate) fn no_match(&self, tables: impl Iterator<Item = TableName>) -> Error {
        let error = Error::new(ErrorKind::InvalidOption, format!("pattern `{self}` matches no table"));
        let tables: Vec<TableName> = tables.collect();
        // The same name in another schema, or with capitals, is nearer than a similar one.
        let twin = tables.iter().find(|table| {
            self.name.matches(&table.name) || self.schema.matches(&table.schema) && self.name.is_folded(&table.name)
        });
        let similar = || match self.typed.contains('.') {
            true => nearest(&self.typed, tables.iter().map(TableName::to_string)),
            false => {
                let name = nearest(&self.typed, tables.iter().map(|table| table.name.clone()))?;
                Some(tables.iter().find(|table| table.name == name)?.to_string())
            }
        };
        match twin.map(TableName::to_string).or_else(similar) {
            Some(name) => error.with_hint(format!("did you mean {name}?")),
            None => error,
        }
    }
}

impl fmt::Display for TablePattern {
    /// The pattern as it was typed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.typed)
    }
}

/// Reads what follows a `[`, up to its `]`.
fn class(rest: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Option<Element> {
    let is_plain = |char: &char| char.is_alphanumeric() || *char == '_';
    let is_negated = rest.next_if_eq(&'^').is_some();
    let mut ranges = Vec::new();
    loop {
        let first = match rest.next()? {
            ']' if !ranges.is_empty() => return Some(Element::Class(is_negated, ranges)),
            char => Some(char).filter(is_plain)?.to_ascii_lowercase(),
        };
        let last = match rest.next_if_eq(&'-') {
            Some(_) => rest.next().filter(is_plain)?.to_ascii_lowercase(),
            None => first,
        };
        if first > last {
            return None;
        }
        ranges.push((first, last));
    }
}

impl Element {
    fn matches(&self, char: char) -> bool {
        match self {
            Self::Char(own) => *own == char,
            Self::AnyChar | Self::AnyNumber => true,
            Self::Class(is_negated, ranges) => {
                ranges.iter().any(|(first, last)| (*first..=*last).contains(&char)) != *is_negated
            }
        }
    }
}

impl Part {
    /// Walks both once; after a mismatch the last `*` takes one character more.
    fn matches(&self, name: &str) -> bool {
        let mut elements = self.0.as_slice();
        let mut chars = name.chars();
        let mut last_star = None;
        loop {
            let here = chars.clone();
            match (elements.split_first(), chars.next()) {
                (Some((Element::AnyNumber, rest)), _) => {
                    elements = rest;
                    chars = here.clone();
                    last_star = Some((rest, here));
                }
                (Some((element, rest)), Some(char)) if element.matches(char) => elements = rest,
                (None, None) => return true,
                _ => {
                    let Some((rest, star)) = &mut last_star else {
                        return false;
                    };
                    if star.next().is_none() {
                        return false;
                    }
                    elements = rest;
                    chars = star.clone();
                }
            }
        }
    }

    fn to_regex(&self) -> String {
        let mut regex = "^(?:".to_owned();
        for element in &self.0 {
            match element {
                Element::AnyNumber => regex.push_str(".*"),
                Element::AnyChar => regex.push('.'),
                Element::Char(char) => {
                    if char.is_ascii() && !char.is_ascii_alphanumeric() && *char != '_' {
                        regex.push('\\');
                    }
                    regex.push(*char);
                }
                Element::Class(is_negated, ranges) => {
                    regex.push_str(if *is_negated { "[^" } else { "[" });
                    for (first, last) in ranges {
                        regex.extend([*first, '-', *last]);
                    }
                    regex.push(']');
                }
            }
        }
        regex.push_str(")$");
        regex
    }

    /// Whether the name is the pattern's but for capitals.
    fn is_folded(&self, name: &str) -> bool {
        let fold = |element: &Element| match element {
            Element::Char(char) => Element::Char(char.to_ascii_lowercase()),
            element => element.clone(),
        };
        Self(self.0.iter().map(fold).collect()).matches(&name.to_ascii_lowercase())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_those_of_pg_dump() {
        for (pattern, schema, name, wanted) in [
            ("orders", "public", "orders", true),
            ("orders", "app", "orders", false),
            ("orders", "public", "orders2", false),
            ("Orders", "public", "orders", true),
            ("Orders", "public", "Orders", false),
            ("\"Orders\"", "public", "Orders", true),
            ("\"Orders\"", "public", "orders", false),
            ("app.orders", "app", "orders", true),
            ("*.orders", "app", "orders", true),
            ("*.orders", "public", "orders", true),
            ("*.*", "a", "b", true),
            ("*", "public", "", true),
            ("*", "app", "orders", false),
            ("a?p.*s", "app", "orders", true),
            ("sync*", "public", "sync", true),
            ("sync*", "public", "sync_nodes", true),
            ("sync*", "public", "resync", false),
            ("*sync*", "public", "resynced", true),
            ("*a*b*c", "public", "xxaxbxbxc", true),
            ("*a*b*c", "public", "xxaxcxc", false),
            ("*aab", "public", "aaaab", true),
            ("t?", "public", "t1", true),
            ("t?", "public", "t", false),
            ("t?", "public", "té", true),
            ("t[0-9]", "public", "t7", true),
            ("t[0-9]", "public", "tx", false),
            ("t[^0-9a]", "public", "tx", true),
            ("t[^0-9a]", "public", "ta", false),
            ("t[^0-9a]", "public", "t", false),
            ("\"*\"", "public", "*", true),
            ("\"*\"", "public", "a", false),
            ("\"A\"\"b\"*", "public", "A\"bC", true),
            ("\"a.b\".\"c|d\"", "a.b", "c|d", true),
            ("\"Sync\"N*", "public", "Syncnode", true),
            ("a$b", "public", "a$b", true),
            ("\"a b\"", "public", "a b", true),
        ] {
            let parsed = TablePattern::parse(pattern).unwrap();
            let table = TableName {
                schema: schema.to_owned(),
                name: name.to_owned(),
            };
            assert_eq!(parsed.matches(&table), wanted, "{pattern} and {table}");
            assert_eq!(parsed.to_string(), pattern);
        }
    }

    #[test]
    fn what_is_no_pattern_is_refused() {
        for (pattern, message) in [
            ("", "a name is empty"),
            (".t", "a name is empty"),
            ("s.", "a name is empty"),
            ("\"\"", "a name is empty"),
            ("db.s.t", "write schema.table"),
            ("\"t", "not closed"),
            ("a|b", "| is not supported (put the name in double quotes"),
            ("a+", "+ is not supported"),
            ("a\\b", "\\ is not supported"),
            ("a]", "] is not supported"),
            ("[", "between [ and ]"),
            ("[]", "between [ and ]"),
            ("[a", "between [ and ]"),
            ("[z-a]", "between [ and ]"),
            ("[a-", "between [ and ]"),
            ("[[:alpha:]]", "between [ and ]"),
        ] {
            let error = TablePattern::parse(pattern).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidOption);
            assert!(error.to_string().contains(message), "{pattern}: {error}");
        }
    }

    #[test]
    fn a_pattern_without_a_table_names_the_nearest() {
        let catalog = Catalog::from_schema_sql(
            "CREATE TABLE app.orders (id int); CREATE TABLE public.\"SyncNodes\" (id int);
             CREATE TABLE public.users (id int); CREATE TABLE public.o2 (id int);",
        )
        .unwrap();
        for (pattern, hint) in [
            ("orders", Some("did you mean app.orders?")),
            ("order*", Some("did you mean app.orders?")),
            ("syncnodes", Some("did you mean public.\"SyncNodes\"?")),
            ("Sync*", Some("did you mean public.\"SyncNodes\"?")),
            ("\"syncNodes\"", Some("did you mean public.\"SyncNodes\"?")),
            ("user", Some("did you mean public.users?")),
            ("ordes", Some("did you mean app.orders?")),
            ("pubic.users", Some("did you mean public.users?")),
            ("nothing_of_the_kind", None),
        ] {
            let error = TablePattern::parse(pattern).unwrap().tables(&catalog).unwrap_err();
            assert_eq!(error.message(), format!("pattern `{pattern}` matches no table"));
            assert_eq!(error.hint(), hint, "{pattern}");
        }
        let tables = TablePattern::parse("[ou]*").unwrap().tables(&catalog).unwrap();
        let names: Vec<&str> = tables.iter().map(|table| table.name.as_str()).collect();
        assert_eq!(names, ["o2", "users"]);
    }
}
