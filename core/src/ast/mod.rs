//! The only folder that knows sqlparser. Its types stay in here, so that its releases are not ours.
//!
//! This file reads the head of an `INSERT` into an AST, gives it its `ON CONFLICT` clause and prints it.

pub(crate) mod condition;

use sqlparser::ast::{
    Assignment, AssignmentTarget, BinaryOperator, CaseWhen, CastKind, ConflictTarget, DataType, DoUpdate, Expr,
    Function, FunctionArg, FunctionArgExpr, FunctionArgumentList, FunctionArguments, Ident, Insert, ObjectName,
    ObjectNamePart, OnConflict, OnConflictAction, OnInsert, Statement, TableAliasWithoutColumns, TableObject, Value,
    helpers::attached_token::AttachedToken,
};
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::parser::Parser;

use crate::catalog::quote_ident;
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
    /// Rows of the target with another value in this column are refused.
    pub(crate) guard: Option<String>,
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
            .map(|conflict| on_conflict(conflict, &[schema, name]).to_string())
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

fn on_conflict(conflict: &Conflict, table: &[&str]) -> OnInsert {
    let action = if conflict.set.is_empty() {
        OnConflictAction::DoNothing
    } else {
        let assignments = conflict.set.iter().map(|column| Assignment {
            target: AssignmentTarget::ColumnName(ObjectName::from(vec![quoted(column)])),
            value: Expr::CompoundIdentifier(vec![Ident::new("EXCLUDED"), quoted(column)]),
        });
        OnConflictAction::DoUpdate(DoUpdate {
            assignments: assignments.collect(),
            selection: match &conflict.guard {
                None => selection(conflict),
                Some(guard) => Some(guarded(conflict, guard, table)),
            },
        })
    };
    let target = conflict.target.iter().map(|column| quoted(column)).collect();
    OnInsert::OnConflict(OnConflict {
        conflict_target: Some(ConflictTarget::Columns(target)),
        action,
    })
}

fn column(of: &str, name: &str) -> Expr {
    Expr::CompoundIdentifier(vec![Ident::new(of), quoted(name)])
}

fn selection(conflict: &Conflict) -> Option<Expr> {
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

/// The condition with a guard before it. `=` on records takes each type's own equality, as the catalog has it, and two
/// NULLs for equal (record_eq() in src/backend/utils/adt/rowtypes.c). CASE is what PostgreSQL evaluates in order.
fn guarded(conflict: &Conflict, guard: &str, table: &[&str]) -> Expr {
    let of = |of: &str, names: &[String]| record(names.iter().map(|name| column(of, name)));
    let owner = [guard.to_owned()];
    let arguments = [
        literal(&table.iter().map(|name| quote_ident(name)).collect::<Vec<_>>().join(".")),
        literal(
            &conflict
                .target
                .iter()
                .map(|name| quote_ident(name))
                .collect::<Vec<_>>()
                .join(", "),
        ),
        cast(of(TARGET_ALIAS, &conflict.target), "text"),
        literal(&quote_ident(guard)),
        cast(of(TARGET_ALIAS, &owner), "text"),
        cast(of("EXCLUDED", &owner), "text"),
    ];
    let refuse = vec![Ident::new("pg_temp"), Ident::new("dumpsert_refuse")];
    Expr::Case {
        case_token: AttachedToken::empty(),
        end_token: AttachedToken::empty(),
        operand: None,
        conditions: vec![CaseWhen {
            condition: operator(of(TARGET_ALIAS, &owner), "=", of("EXCLUDED", &owner)),
            result: selection(conflict).unwrap_or(Expr::value(Value::Boolean(true))),
        }],
        else_result: Some(Box::new(call(refuse, arguments.into_iter()))),
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
    cast(call(vec![Ident::new("ROW")], columns), "record")
}

fn call(name: Vec<Ident>, arguments: impl Iterator<Item = Expr>) -> Expr {
    Expr::Function(Function {
        name: ObjectName::from(name),
        uses_odbc_syntax: false,
        parameters: FunctionArguments::None,
        args: FunctionArguments::List(FunctionArgumentList {
            duplicate_treatment: None,
            args: arguments
                .map(|argument| FunctionArg::Unnamed(FunctionArgExpr::Expr(argument)))
                .collect(),
            clauses: Vec::new(),
        }),
        filter: None,
        null_treatment: None,
        over: None,
        within_group: Vec::new(),
    })
}

/// A cast to a type of PostgreSQL itself.
fn cast(value: Expr, to: &str) -> Expr {
    let name = ObjectName::from(vec![Ident::new("pg_catalog"), Ident::new(to)]);
    Expr::Cast {
        kind: CastKind::DoubleColon,
        expr: Box::new(value),
        data_type: DataType::Custom(name, Vec::new()),
        format: None,
    }
}

/// A string literal for `standard_conforming_strings = on`; for its quotes see [`quoted`].
fn literal(text: &str) -> Expr {
    Expr::value(Value::SingleQuotedString(text.replace('\'', "''")))
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
            guard: None,
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

    fn guarded(target: &[&str], when: When, guard: &str) -> String {
        let own = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let conflict = Conflict {
            target: own(target),
            set: own(&["b"]),
            when,
            guard: Some(guard.to_owned()),
        };
        let head = parse_head("INSERT INTO public.t (a, b) VALUES (NULL)").unwrap();
        String::from_utf8(head.upsert("public", "T", false, Some(&conflict)).after).unwrap()
    }

    #[test]
    fn prints_a_guard() {
        let expected = r#") ON CONFLICT("a", "K") DO UPDATE SET "b" = EXCLUDED."b" WHERE CASE WHEN ROW(_t."g")::pg_catalog.record OPERATOR(pg_catalog.=) ROW(EXCLUDED."g")::pg_catalog.record THEN true ELSE pg_temp.dumpsert_refuse('public."T"', 'a, "K"', ROW(_t."a", _t."K")::pg_catalog.record::pg_catalog.text, 'g', ROW(_t."g")::pg_catalog.record::pg_catalog.text, ROW(EXCLUDED."g")::pg_catalog.record::pg_catalog.text) END;"#;
        assert_eq!(guarded(&["a", "K"], When::Always, "g"), expected);
        let newer = guarded(&["a"], When::Newer("c".to_owned()), "g");
        assert!(newer.contains(r#" THEN _t."c" IS NULL OR _t."c" OPERATOR(pg_catalog.<) EXCLUDED."c" ELSE pg_temp."#));
    }

    proptest! {
        /// Names stand in literals as well; each is a literal of its own, whatever it holds.
        #[test]
        fn names_survive_in_literals(name in "[^\0]{1,20}|[\"\\\\' ;a]{1,8}") {
            let mut expected = Vec::new();
            emit::literal(&mut expected, quote_ident(&name).as_bytes());
            let expected = format!(", {}, ROW", String::from_utf8(expected).unwrap());
            let printed = guarded(&[&name], When::Always, &name);
            prop_assert_eq!(printed.matches(&expected).count(), 2, "{}", printed);
        }

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
