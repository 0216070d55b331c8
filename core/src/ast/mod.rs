//! The only folder that knows sqlparser. Its types stay in here, so that its releases are not ours.
//!
//! This file reads the head of an `INSERT` into an AST, gives it its `ON CONFLICT` clause and prints it.

pub(crate) mod condition;

use sqlparser::ast::{
    Assignment, AssignmentTarget, BinaryOperator, CastKind, ConflictTarget, DataType, DoUpdate, Expr, Function,
    FunctionArg, FunctionArgExpr, FunctionArgumentList, FunctionArguments, Ident, Insert, ObjectName, ObjectNamePart,
    OnConflict, OnConflictAction, OnInsert, Statement, TableAliasWithoutColumns, TableObject,
};
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::parser::Parser;

use crate::error::{Error, ErrorKind, Result};

/// The alias of the target in every upsert: a table may itself be called `excluded`, and then only an alias tells the
/// two apart (42P09 otherwise).
pub(crate) const TARGET_ALIAS: &str = "_t";

/// What happens when the row is already there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Conflict {
    /// The columns of `ON CONFLICT (…)`.
    pub(crate) target: Vec<String>,
    /// The columns of `SET`; none means `DO NOTHING`.
    pub(crate) set: Vec<String>,
    /// Which rows are updated.
    pub(crate) when: When,
}

/// The `WHERE` of an upsert.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum When {
    /// None: every row is updated.
    #[default]
    Always,
    /// Rows of which a column that is set differs.
    Changed,
    /// Rows whose value in this column is larger than the target's, or where the target has none.
    Newer(String),
}

/// An upsert without its values: they go between the two parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct UpsertText {
    /// Up to and including `VALUES (`, or up to the place of `DEFAULT VALUES`.
    pub(crate) before: Vec<u8>,
    /// From `)` to `;`.
    pub(crate) after: Vec<u8>,
}

/// Reads `INSERT INTO name (columns) VALUES (NULL)` and returns the name and the columns as they are stored.
pub(crate) fn parse_head(sql: &str) -> Result<InsertHead> {
    let refuse = || Error::new(ErrorKind::UnexpectedToken, "this INSERT cannot be read");
    let mut statements =
        Parser::parse_sql(&PostgreSqlDialect {}, sql).map_err(|source| refuse().with_source(source))?;
    match (statements.pop(), statements.is_empty()) {
        (Some(Statement::Insert(insert)), true) => InsertHead::new(insert).ok_or_else(refuse),
        _ => Err(refuse()),
    }
}

/// The head of one `INSERT`.
#[derive(Clone, Debug)]
pub(crate) struct InsertHead {
    insert: Insert,
    table: Vec<String>,
    columns: Vec<String>,
}

impl InsertHead {
    fn new(insert: Insert) -> Option<Self> {
        let TableObject::TableName(name) = &insert.table else {
            return None;
        };
        let table = name.0.iter().map(part).collect::<Option<Vec<_>>>()?;
        let columns = insert
            .columns
            .iter()
            .map(|column| match column.0.as_slice() {
                [only] => part(only),
                _ => None,
            })
            .collect::<Option<Vec<_>>>()?;
        Some(Self { insert, table, columns })
    }

    /// The parts of the table's name.
    pub(crate) fn table(&self) -> &[String] {
        &self.table
    }

    /// The columns in order; empty if the statement names none.
    pub(crate) fn columns(&self) -> &[String] {
        &self.columns
    }

    /// Prints the head as an upsert into `schema.name`: every identifier quoted anew, the clause built as AST.
    pub(crate) fn upsert(
        mut self,
        schema: &str,
        name: &str,
        overriding: bool,
        conflict: Option<&Conflict>,
    ) -> UpsertText {
        self.insert.table = TableObject::TableName(ObjectName::from(vec![quoted(schema), quoted(name)]));
        self.insert.table_alias = Some(TableAliasWithoutColumns {
            explicit: true,
            alias: Ident::new(TARGET_ALIAS),
        });
        self.insert.columns = self
            .columns
            .iter()
            .map(|column| ObjectName::from(vec![quoted(column)]))
            .collect();
        self.insert.on = None;
        let printed = self.insert.to_string();
        let before = printed.strip_suffix("VALUES (NULL)").unwrap_or(&printed);
        let clause = conflict
            .map(|conflict| on_conflict(conflict).to_string())
            .unwrap_or_default();
        UpsertText {
            before: format!(
                "{before}{}",
                if overriding {
                    "OVERRIDING SYSTEM VALUE VALUES ("
                } else {
                    "VALUES ("
                }
            )
            .into(),
            after: format!("){clause};").into(),
        }
    }
}

/// The stored form of one part of a name: PostgreSQL folds what is not quoted, in ASCII only for UTF-8 databases
/// (downcase_identifier() in src/backend/parser/scansup.c).
fn part(part: &ObjectNamePart) -> Option<String> {
    let ObjectNamePart::Identifier(ident) = part else {
        return None;
    };
    Some(match ident.quote_style {
        Some(_) => ident.value.clone(),
        None => ident.value.to_ascii_lowercase(),
    })
}

fn on_conflict(conflict: &Conflict) -> OnInsert {
    let action = if conflict.set.is_empty() {
        OnConflictAction::DoNothing
    } else {
        let assignments = conflict.set.iter().map(|column| Assignment {
            target: AssignmentTarget::ColumnName(ObjectName::from(vec![quoted(column)])),
            value: Expr::CompoundIdentifier(vec![Ident::new("EXCLUDED"), quoted(column)]),
        });
        OnConflictAction::DoUpdate(DoUpdate {
            assignments: assignments.collect(),
            selection: selection(conflict),
        })
    };
    let target = conflict.target.iter().map(|column| quoted(column)).collect();
    OnInsert::OnConflict(OnConflict {
        conflict_target: Some(ConflictTarget::Columns(target)),
        action,
    })
}

fn selection(conflict: &Conflict) -> Option<Expr> {
    let column = |of: &str, name: &str| Expr::CompoundIdentifier(vec![Ident::new(of), quoted(name)]);
    match &conflict.when {
        When::Always => None,
        When::Changed => {
            let record = |of: &str| record(conflict.set.iter().map(|name| column(of, name)));
            Some(operator(record(TARGET_ALIAS), "*<>", record("EXCLUDED")))
        }
        When::Newer(name) => Some(Expr::BinaryOp {
            left: Box::new(Expr::IsNull(Box::new(column(TARGET_ALIAS, name)))),
            op: BinaryOperator::Or,
            right: Box::new(operator(column(TARGET_ALIAS, name), "<", column("EXCLUDED", name))),
        }),
    }
}

/// An operator of PostgreSQL itself, whatever the search path finds under its name.
fn operator(left: Expr, name: &str, right: Expr) -> Expr {
    let op = BinaryOperator::PGCustomBinaryOperator(vec!["pg_catalog".to_owned(), name.to_owned()]);
    Expr::BinaryOp {
        left: Box::new(left),
        op,
        right: Box::new(right),
    }
}

/// `ROW(…)::pg_catalog.record`. Without the cast PostgreSQL compares column by column, by operators that json, xml and
/// others lack; `*<>` on records compares their images (record_image_ne() in src/backend/utils/adt/rowtypes.c).
fn record(columns: impl Iterator<Item = Expr>) -> Expr {
    let row = Function {
        name: ObjectName::from(vec![Ident::new("ROW")]),
        uses_odbc_syntax: false,
        parameters: FunctionArguments::None,
        args: FunctionArguments::List(FunctionArgumentList {
            duplicate_treatment: None,
            args: columns
                .map(|column| FunctionArg::Unnamed(FunctionArgExpr::Expr(column)))
                .collect(),
            clauses: Vec::new(),
        }),
        filter: None,
        null_treatment: None,
        over: None,
        within_group: Vec::new(),
    };
    let record = ObjectName::from(vec![Ident::new("pg_catalog"), Ident::new("record")]);
    Expr::Cast {
        kind: CastKind::DoubleColon,
        expr: Box::new(Expr::Function(row)),
        data_type: DataType::Custom(record, Vec::new()),
        format: None,
    }
}

/// A quoted identifier. sqlparser prints doubled quotes as they are (`EscapeQuotedString`), but would also take two
/// quotes that belong to the name for one that is escaped already; so they are doubled here, always.
fn quoted(name: &str) -> Ident {
    Ident::with_quote('"', name.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rewrite::emit;
    use proptest::prelude::*;

    fn upsert(sql: &str, overriding: bool, target: &[&str], set: &[&str], when: When) -> (String, String) {
        let own = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let conflict = Conflict {
            target: own(target),
            set: own(set),
            when,
        };
        let text = parse_head(sql)
            .unwrap()
            .upsert("public", "t", overriding, Some(&conflict));
        (
            String::from_utf8(text.before).unwrap(),
            String::from_utf8(text.after).unwrap(),
        )
    }

    #[test]
    fn prints_an_upsert() {
        let head = r#"INSERT INTO public.t (id, "Name") VALUES (NULL)"#;
        assert_eq!(
            upsert(head, true, &["id"], &["Name"], When::Always),
            (
                r#"INSERT INTO "public"."t" AS _t ("id", "Name") OVERRIDING SYSTEM VALUE VALUES ("#.to_owned(),
                r#") ON CONFLICT("id") DO UPDATE SET "Name" = EXCLUDED."Name";"#.to_owned()
            )
        );
        assert_eq!(
            upsert(head, false, &["id", "Name"], &[], When::Changed).1,
            r#") ON CONFLICT("id", "Name") DO NOTHING;"#
        );
    }

    #[test]
    fn prints_conditions() {
        let head = r#"INSERT INTO public.t (id, a, b) VALUES (NULL)"#;
        let (_, changed) = upsert(head, false, &["id"], &["a", "b"], When::Changed);
        let expected = r#" WHERE ROW(_t."a", _t."b")::pg_catalog.record OPERATOR(pg_catalog.*<>) ROW(EXCLUDED."a", EXCLUDED."b")::pg_catalog.record;"#;
        assert!(changed.ends_with(expected), "{changed}");
        let (_, newer) = upsert(head, false, &["id"], &["a"], When::Newer("b".to_owned()));
        assert!(
            newer.ends_with(r#" WHERE _t."b" IS NULL OR _t."b" OPERATOR(pg_catalog.<) EXCLUDED."b";"#),
            "{newer}"
        );
    }

    proptest! {
        /// Whatever a column is called, sqlparser reads the name that we print, and prints it as we do.
        #[test]
        fn names_survive(name in "[^\0]{1,20}|[\"\\\\' ;a]{1,8}") {
            let mut text = Vec::new();
            emit::identifier(&mut text, name.as_bytes());
            let text = String::from_utf8(text).unwrap();
            let head = parse_head(&format!("INSERT INTO public.t ({text}) VALUES (NULL)")).unwrap();
            prop_assert_eq!(head.columns(), std::slice::from_ref(&name));
            let printed = head.upsert("public", &name, false, None);
            let expected = format!("INSERT INTO \"public\".{text} AS _t ({text}) VALUES (");
            prop_assert_eq!(String::from_utf8(printed.before).unwrap(), expected);
        }
    }
}
