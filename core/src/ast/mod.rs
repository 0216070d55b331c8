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

use crate::error::{Error, ErrorKind, Result};

/// The alias of the target in every upsert: a table may itself be called `excluded`, and then only an alias tells the
/// two apart (42P09 otherwise).
pub(crate) const TARGET_ALIAS: &str = "_t";

/// An identifier or a literal as the script has it. Only [`rewrite::emit`](crate::rewrite::emit), the one door for names
/// and values, makes them: here they are put together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sql(String);

impl Sql {
    pub(crate) fn new(text: String) -> Self {
        Self(text)
    }

    fn ident(&self) -> Ident {
        Ident::new(&self.0)
    }
}

/// What happens when the row is already there, with names as they are stored, or as they are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Conflict<N = String> {
    /// The columns of `ON CONFLICT (…)`.
    pub(crate) target: Vec<N>,
    /// The columns of `SET`; none means `DO NOTHING`.
    pub(crate) set: Vec<N>,
    /// Which rows are updated.
    pub(crate) when: When<N>,
    /// Rows of the target with another owner are refused.
    pub(crate) guard: Option<Guard<N>>,
}

/// By what the owner of a row is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Guard<N = String> {
    /// Rows with another value in this column belong to somebody else.
    Column(N),
    /// The dump does not bring this column: where the target has it, every row there may belong to somebody else.
    Absent(N),
}

/// The `WHERE` of an upsert.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum When<N = String> {
    /// None: every row is updated.
    #[default]
    Always,
    /// Rows of which a column that is set differs.
    Changed,
    /// Rows whose value in this column is larger than the target's, or where the target has none.
    Newer(N),
}

impl<N> Conflict<N> {
    /// Every name in it.
    pub(crate) fn names(&self) -> impl Iterator<Item = &N> {
        let newer = match &self.when {
            When::Newer(column) => Some(column),
            When::Always | When::Changed => None,
        };
        let guard = self
            .guard
            .as_ref()
            .map(|(Guard::Column(column) | Guard::Absent(column))| column);
        self.target.iter().chain(&self.set).chain(newer).chain(guard)
    }

    /// The same with other names.
    pub(crate) fn try_map<M>(&self, name: impl Fn(&N) -> Result<M>) -> Result<Conflict<M>> {
        let names = |names: &[N]| names.iter().map(&name).collect::<Result<Vec<M>>>();
        Ok(Conflict {
            target: names(&self.target)?,
            set: names(&self.set)?,
            when: match &self.when {
                When::Always => When::Always,
                When::Changed => When::Changed,
                When::Newer(column) => When::Newer(name(column)?),
            },
            guard: match &self.guard {
                None => None,
                Some(Guard::Column(column)) => Some(Guard::Column(name(column)?)),
                Some(Guard::Absent(column)) => Some(Guard::Absent(name(column)?)),
            },
        })
    }
}

/// What is put into a head.
#[derive(Clone, Debug)]
pub(crate) struct Upsert {
    pub(crate) schema: Sql,
    pub(crate) name: Sql,
    pub(crate) columns: Vec<Sql>,
    pub(crate) overriding: bool,
    pub(crate) conflict: Option<Conflict<Sql>>,
    /// For a guard: the table, the columns of the key and the guard's, as literals for the message.
    pub(crate) guarded: Option<[Sql; 3]>,
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

    /// Prints the head as an upsert: every name as it was made, the clause built as AST.
    pub(crate) fn upsert(mut self, upsert: &Upsert) -> UpsertText {
        let names = |names: &[&Sql]| ObjectName::from(names.iter().map(|name| name.ident()).collect::<Vec<_>>());
        self.insert.table = TableObject::TableName(names(&[&upsert.schema, &upsert.name]));
        self.insert.table_alias = Some(TableAliasWithoutColumns {
            explicit: true,
            alias: Ident::new(TARGET_ALIAS),
        });
        self.insert.columns = upsert.columns.iter().map(|column| names(&[column])).collect();
        self.insert.on = None;
        let printed = self.insert.to_string();
        let before = printed.strip_suffix("VALUES (NULL)").unwrap_or(&printed);
        let clause = upsert
            .conflict
            .as_ref()
            .map(|conflict| on_conflict(conflict, upsert.guarded.as_ref()).to_string())
            .unwrap_or_default();
        let values = match upsert.overriding {
            true => "OVERRIDING SYSTEM VALUE VALUES (",
            false => "VALUES (",
        };
        UpsertText {
            before: format!("{before}{values}").into(),
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

fn on_conflict(conflict: &Conflict<Sql>, guarded: Option<&[Sql; 3]>) -> OnInsert {
    let action = if conflict.set.is_empty() {
        OnConflictAction::DoNothing
    } else {
        let assignments = conflict.set.iter().map(|column| Assignment {
            target: AssignmentTarget::ColumnName(ObjectName::from(vec![column.ident()])),
            value: Expr::CompoundIdentifier(vec![Ident::new("EXCLUDED"), column.ident()]),
        });
        OnConflictAction::DoUpdate(DoUpdate {
            assignments: assignments.collect(),
            selection: match (&conflict.guard, guarded) {
                (Some(guard), Some(texts)) => Some(self::guarded(conflict, guard, texts)),
                _ => selection(conflict),
            },
        })
    };
    OnInsert::OnConflict(OnConflict {
        conflict_target: Some(ConflictTarget::Columns(
            conflict.target.iter().map(Sql::ident).collect(),
        )),
        action,
    })
}

fn column(of: &str, name: &Sql) -> Expr {
    Expr::CompoundIdentifier(vec![Ident::new(of), name.ident()])
}

fn selection(conflict: &Conflict<Sql>) -> Option<Expr> {
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
///
/// Where the dump does not bring the column, the script asks the target whether there is one.
fn guarded(conflict: &Conflict<Sql>, guard: &Guard<Sql>, texts: &[Sql; 3]) -> Expr {
    let of = |of: &str, names: &[Sql]| record(names.iter().map(|name| column(of, name)));
    let [table, key, name] = texts.each_ref().map(|text| Expr::Identifier(text.ident()));
    let row = cast(of(TARGET_ALIAS, &conflict.target), "text");
    let function = |name| vec![Ident::new("pg_temp"), Ident::new(name)];
    let (condition, otherwise) = match guard {
        Guard::Column(column) => {
            let owner = std::slice::from_ref(column);
            let value = |side| cast(of(side, owner), "text");
            let arguments = [table, key, row, name, value(TARGET_ALIAS), value("EXCLUDED")];
            (
                operator(of(TARGET_ALIAS, owner), "=", of("EXCLUDED", owner)),
                call(function("dumpsert_refuse"), arguments.into_iter()),
            )
        }
        Guard::Absent(_) => (
            call(function("dumpsert_unowned"), [table, key, row, name].into_iter()),
            Expr::value(Value::Boolean(false)),
        ),
    };
    Expr::Case {
        case_token: AttachedToken::empty(),
        end_token: AttachedToken::empty(),
        operand: None,
        conditions: vec![CaseWhen {
            condition,
            result: selection(conflict).unwrap_or(Expr::value(Value::Boolean(true))),
        }],
        else_result: Some(Box::new(otherwise)),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::quote_ident;
    use crate::rewrite::emit;
    use proptest::prelude::*;

    fn own(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    /// Prints an upsert into `public.name` with the columns of a head.
    fn print(sql: &str, name: &str, overriding: bool, conflict: Option<Conflict>) -> (String, String) {
        let head = parse_head(sql).unwrap();
        let columns = head
            .columns()
            .iter()
            .map(|column| emit::ast_identifier(column).unwrap());
        let conflict = conflict.map(|conflict| conflict.try_map(|name| emit::ast_identifier(name)).unwrap());
        let upsert = Upsert {
            schema: emit::ast_identifier("public").unwrap(),
            name: emit::ast_identifier(name).unwrap(),
            columns: columns.collect(),
            overriding,
            conflict,
            guarded: Some(["'table'", "'key'", "'guard'"].map(|text| Sql::new(text.to_owned()))),
        };
        let text = head.upsert(&upsert);
        (
            String::from_utf8(text.before).unwrap(),
            String::from_utf8(text.after).unwrap(),
        )
    }

    fn upsert(sql: &str, overriding: bool, target: &[&str], set: &[&str], when: When) -> (String, String) {
        let conflict = Conflict {
            target: own(target),
            set: own(set),
            when,
            guard: None,
        };
        print(sql, "t", overriding, Some(conflict))
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

    fn guarded(target: &[&str], when: When, guard: Guard) -> String {
        let conflict = Conflict {
            target: own(target),
            set: own(&["b"]),
            when,
            guard: Some(guard),
        };
        print("INSERT INTO public.t (a, b) VALUES (NULL)", "T", false, Some(conflict)).1
    }

    #[test]
    fn prints_a_guard() {
        let column = || Guard::Column("g".to_owned());
        let expected = r#") ON CONFLICT("a", "K") DO UPDATE SET "b" = EXCLUDED."b" WHERE CASE WHEN ROW(_t."g")::pg_catalog.record OPERATOR(pg_catalog.=) ROW(EXCLUDED."g")::pg_catalog.record THEN true ELSE pg_temp.dumpsert_refuse('table', 'key', ROW(_t."a", _t."K")::pg_catalog.record::pg_catalog.text, 'guard', ROW(_t."g")::pg_catalog.record::pg_catalog.text, ROW(EXCLUDED."g")::pg_catalog.record::pg_catalog.text) END;"#;
        assert_eq!(guarded(&["a", "K"], When::Always, column()), expected);
        let newer = guarded(&["a"], When::Newer("c".to_owned()), column());
        assert!(newer.contains(r#" THEN _t."c" IS NULL OR _t."c" OPERATOR(pg_catalog.<) EXCLUDED."c" ELSE pg_temp."#));
        let absent = guarded(&["a"], When::Always, Guard::Absent("g".to_owned()));
        let expected = r#" WHERE CASE WHEN pg_temp.dumpsert_unowned('table', 'key', ROW(_t."a")::pg_catalog.record::pg_catalog.text, 'guard') THEN true ELSE false END;"#;
        assert!(absent.ends_with(expected), "{absent}");
    }

    proptest! {
        /// Names stand in literals as well; each is a literal of its own, whatever it holds.
        #[test]
        fn names_survive_in_literals(name in "[^\0]{1,20}|[\"\\\\' ;a]{1,8}") {
            let mut expected = Vec::new();
            emit::literal(&mut expected, quote_ident(&name).as_bytes()).unwrap();
            let made = emit::ast_literal(&quote_ident(&name)).unwrap();
            prop_assert_eq!(Expr::Identifier(made.ident()).to_string().into_bytes(), expected);
        }

        /// Whatever a column is called, sqlparser reads the name that we print, and prints it as we do.
        #[test]
        fn names_survive(name in "[^\0]{1,20}|[\"\\\\' ;a]{1,8}") {
            let mut text = Vec::new();
            emit::identifier(&mut text, name.as_bytes()).unwrap();
            let text = String::from_utf8(text).unwrap();
            let sql = format!("INSERT INTO public.t ({text}) VALUES (NULL)");
            let head = parse_head(&sql).unwrap();
            prop_assert_eq!(head.columns(), std::slice::from_ref(&name));
            let (before, _) = print(&sql, &name, false, None);
            let expected = format!("INSERT INTO \"public\".{text} AS _t ({text}) VALUES (");
            prop_assert_eq!(before, expected);
        }
    }
}
