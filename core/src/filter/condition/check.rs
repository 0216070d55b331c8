//! From what was written to what is evaluated: columns are looked up, types are decided as PostgreSQL decides them, and
//! what it would refuse, or what cannot be done exactly, is an error.

use std::sync::Arc;

use super::collation::{Collation, Locale};
use super::like::{EndsWithEscape, Like};
use super::literal::{canonical, suggest};
use super::regex::Regex;
use super::tree::{Row, Scalar, Test};
use super::types::{EnumType, Type};
use super::value::{Kind, Read};
use crate::ast::condition::{CompareOp, Expr, Is, Place, refuse};
use crate::catalog::{Catalog, Column, Table, quote_ident};
use crate::error::{Error, Result};

/// The state of a check.
pub(super) struct Checker<'a> {
    pub(super) table: &'a Table,
    pub(super) catalog: &'a Catalog,
    /// The columns that were met, in order.
    pub(super) columns: Vec<String>,
}

/// An expression with its type, not yet read as a [`Kind`].
#[derive(Clone, Debug)]
struct Typed {
    ty: Type,
    collation: Collation,
    draft: Draft,
}

#[derive(Clone, Debug)]
enum Draft {
    Null,
    /// The text of a literal, canonical unless the type is unknown.
    Literal(String),
    Column(usize),
    Test(Test),
    Scalar(Scalar),
    Length {
        of: Scalar,
        characters: bool,
    },
    /// A cast to text.
    Text(Box<Typed>),
    Coalesce(Vec<Typed>),
}

impl Typed {
    fn new(ty: Type, draft: Draft) -> Self {
        Self {
            ty,
            collation: Collation::Default,
            draft,
        }
    }

    fn has_column(&self) -> bool {
        match &self.draft {
            Draft::Null | Draft::Literal(_) => false,
            Draft::Text(inner) => inner.has_column(),
            Draft::Coalesce(args) => args.iter().any(Self::has_column),
            Draft::Column(_) | Draft::Test(_) | Draft::Scalar(_) | Draft::Length { .. } => true,
        }
    }

    /// A literal of unknown type takes the type.
    fn assume(self, ty: &Type) -> Result<Self> {
        match (&self.ty, &self.draft) {
            (Type::Unknown, Draft::Literal(text)) => {
                let draft = Draft::Literal(canonical(ty, text)?);
                Ok(Self {
                    ty: ty.clone(),
                    draft,
                    ..self
                })
            }
            (Type::Unknown, _) => Ok(Self { ty: ty.clone(), ..self }),
            _ => Ok(self),
        }
    }

    /// A literal takes the type that it is cast to implicitly; others are read as that type where they are compared.
    fn coerce(self, ty: &Type) -> Result<Self> {
        match &self.draft {
            Draft::Literal(text) if self.ty != *ty => {
                let text = coerced_literal(&self.ty, ty, text)?;
                Ok(Self {
                    ty: ty.clone(),
                    draft: Draft::Literal(text),
                    ..self
                })
            }
            _ => self.assume(ty),
        }
    }

    /// As what is evaluated, where a kind is wanted.
    fn finish(self, kind: Kind) -> Result<Scalar> {
        let read = || Read::of(&self.ty, kind).ok_or_else(|| refuse(format!("a {} cannot be used here", self.ty)));
        match self.draft {
            Draft::Null => Ok(Scalar::Null),
            Draft::Literal(text) => {
                let value = read()?
                    .value(text.as_bytes())
                    .map_err(|why| refuse(format!("the literal '{text}' {why}")))?;
                Ok(Scalar::Literal(value.into_owned()))
            }
            Draft::Column(slot) => Ok(Scalar::Column { slot, read: read()? }),
            Draft::Test(test) if kind == Kind::Bool => Ok(Scalar::Test(Box::new(test))),
            Draft::Test(_) => Err(refuse("the text of a comparison's result is not supported")),
            Draft::Scalar(scalar) => Ok(scalar),
            Draft::Length { of, characters } if kind != Kind::Text && kind != Kind::Raw => Ok(Scalar::Length {
                of: Box::new(of),
                characters,
                kind,
            }),
            Draft::Length { .. } => Err(refuse("the text of a length is not supported")),
            Draft::Text(inner) => inner.finish(Kind::Text),
            Draft::Coalesce(args) => {
                let args = args.into_iter().map(|arg| arg.finish(kind));
                Ok(Scalar::Coalesce(args.collect::<Result<_>>()?))
            }
        }
    }
}

/// The text of a literal of one type as a literal of another one.
fn coerced_literal(from: &Type, to: &Type, text: &str) -> Result<String> {
    match (from, to) {
        (Type::Int4, Type::Oid) => match text.parse::<i32>() {
            #[allow(clippy::cast_sign_loss, reason = "PostgreSQL takes the same bits")]
            Ok(value) => Ok((value as u32).to_string()),
            Err(_) => canonical(to, text),
        },
        (Type::Date, Type::Timestamp) if !text.ends_with("infinity") => canonical(to, text),
        (Type::Bpchar, _) => Ok(text.trim_end_matches(' ').to_owned()),
        _ => canonical(to, text),
    }
}

fn no_operator(left: &Type, name: &str, right: &Type) -> Error {
    let error = refuse(format!("operator does not exist: {left} {name} {right}"));
    match (left, right) {
        (Type::Timestamptz, Type::Date | Type::Timestamp) | (Type::Date | Type::Timestamp, Type::Timestamptz) => {
            refuse(format!("{left} {name} {right} depends on the time zone of the session"))
                .with_hint("write TIMESTAMPTZ '2024-01-01 00:00:00+00'")
        }
        (Type::Other(_), _) | (_, Type::Other(_)) => {
            let ty = if matches!(left, Type::Other(_)) { left } else { right };
            refuse(format!("values of type {ty} cannot be compared"))
                .with_hint("only IS NULL and IS NOT NULL are supported for this type")
        }
        (left, _) if left.is_string() => error.with_hint("put the literal in quotes"),
        _ => error.with_hint("cast the column to text, or write a literal of its type"),
    }
}

fn op_name(op: CompareOp) -> &'static str {
    match op {
        CompareOp::Equal => "=",
        CompareOp::NotEqual => "<>",
        CompareOp::Less => "<",
        CompareOp::LessOrEqual => "<=",
        CompareOp::Greater => ">",
        CompareOp::GreaterOrEqual => ">=",
    }
}

const ORDERED_BY_BYTES: &str = "write COLLATE \"C\" behind the operand";

impl Checker<'_> {
    /// A condition or a part of one: something that is true, false or unknown.
    pub(super) fn test(&mut self, expr: &Expr) -> Result<Test> {
        Ok(match expr {
            Expr::Boolean(value) => Test::Constant(Some(*value)),
            Expr::Null => Test::Constant(None),
            Expr::Not(inner) => Test::Not(Box::new(self.test(inner)?)),
            Expr::And(operands) => Test::All(operands.iter().map(|own| self.test(own)).collect::<Result<_>>()?),
            Expr::Or(operands) => Test::Any(operands.iter().map(|own| self.test(own)).collect::<Result<_>>()?),
            Expr::Compare { op, left, right } => {
                let (left, right) = (self.typed(left)?, self.typed(right)?);
                compare(*op, left, right)?
            }
            Expr::Distinct { left, right, negated } => {
                let (left, right) = (self.typed(left)?, self.typed(right)?);
                not_if(*negated, distinct(left, right)?)
            }
            Expr::In { operand, list, negated } => not_if(*negated, self.within(operand, list)?),
            Expr::Between {
                operand,
                low,
                high,
                negated,
            } => {
                let (operand, low, high) = (self.typed(operand)?, self.typed(low)?, self.typed(high)?);
                let above = compare(CompareOp::GreaterOrEqual, operand.clone(), low)?;
                let below = compare(CompareOp::LessOrEqual, operand, high)?;
                not_if(*negated, Test::All(vec![above, below]))
            }
            Expr::Match { negated, .. } => not_if(*negated, self.matching(expr)?),
            Expr::Is { operand, what, negated } => not_if(*negated, self.is(operand, *what)?),
            _ => truth(self.typed(expr)?)?,
        })
    }

    fn is(&mut self, operand: &Expr, what: Is) -> Result<Test> {
        let wanted = match what {
            Is::Null => {
                let typed = self.typed(operand)?;
                return Ok(Test::IsNull(present(typed)?));
            }
            Is::True => Some(true),
            Is::False => Some(false),
            Is::Unknown => None,
        };
        Ok(Test::Is(Box::new(self.test(operand)?), wanted))
    }

    fn typed(&mut self, expr: &Expr) -> Result<Typed> {
        Ok(match expr {
            Expr::Column { name, place } => self.column(name, *place)?,
            Expr::Number(text) => number(text, false)?,
            Expr::Minus(inner) => match inner.as_ref() {
                Expr::Number(text) => number(text, true)?,
                _ => return Err(refuse("a minus sign stands before something that is no number")),
            },
            Expr::String(text) => Typed::new(Type::Unknown, Draft::Literal(text.clone())),
            Expr::Bits(text) => Typed::new(Type::Bit, Draft::Literal(canonical(&Type::Bit, text)?)),
            Expr::Boolean(value) => Typed::new(Type::Bool, Draft::Literal(value.to_string())),
            Expr::Null => Typed::new(Type::Unknown, Draft::Null),
            Expr::Call { name, args } => self.call(name, args)?,
            Expr::Cast { operand, to } => self.cast(operand, to)?,
            Expr::Collate { operand, collation } => {
                let typed = self.typed(operand)?;
                if !typed.ty.is_string() && typed.ty != Type::Unknown {
                    return Err(refuse(format!("collations are not supported by type {}", typed.ty)));
                }
                let locale = Locale::explicit(collation).ok_or_else(|| {
                    let name = Locale::display(collation);
                    refuse(format!("the order of the collation {name} is not known here"))
                        .with_hint("COLLATE \"C\", in quotes, is supported")
                })?;
                Typed {
                    collation: Collation::Explicit(locale),
                    ..typed
                }
            }
            _ => Typed::new(Type::Bool, Draft::Test(self.test(expr)?)),
        })
    }

    fn column(&mut self, name: &[String], place: Place) -> Result<Typed> {
        let (column, qualifiers) = match name.split_last() {
            Some(split) => split,
            None => return Err(refuse("a column has no name")),
        };
        let own = [self.table.schema.as_str(), self.table.name.as_str()];
        let fits = own
            .get(2 - qualifiers.len().min(2)..)
            .is_some_and(|own| qualifiers.iter().eq(own));
        if !fits {
            let message = format!(
                "{} is not the table {}",
                Locale::display(qualifiers),
                self.table.table_name()
            );
            return Err(refuse(place.of(&message)).with_hint("a condition sees the row of its own table only"));
        }
        let Some(found) = self.table.column(column) else {
            let message = format!(
                "the table {} has no column {}",
                self.table.table_name(),
                quote_ident(column)
            );
            let names = self.table.columns.iter().map(|own| quote_ident(&own.name).into_owned());
            return Err(suggest(refuse(place.of(&message)), column, names));
        };
        let (ty, collation) = self.column_type(found);
        let slot = match self.columns.iter().position(|own| own == column) {
            Some(slot) => slot,
            None => {
                self.columns.push(column.clone());
                self.columns.len() - 1
            }
        };
        Ok(Typed {
            ty,
            collation,
            draft: Draft::Column(slot),
        })
    }

    fn column_type(&self, column: &Column) -> (Type, Collation) {
        let ty = self.named_type(&column.type_name);
        let collation = match &column.collation {
            Some(name) => Collation::Implicit(Locale::of_column(name)),
            None if ty == Type::Name => Collation::Implicit(Locale::C),
            None => Collation::Default,
        };
        (ty, collation)
    }

    fn named_type(&self, name: &str) -> Type {
        let base = self.catalog.base_type(name);
        if let Some(labels) = self.catalog.enum_labels(base) {
            return Type::Enum(Arc::new(EnumType {
                name: base.to_owned(),
                labels: labels.to_vec(),
            }));
        }
        match Type::builtin(base) {
            Some(ty) => ty,
            None if base.ends_with(".citext") => Type::Citext,
            None => Type::Other(name.to_owned()),
        }
    }

    fn call(&mut self, name: &str, args: &[Expr]) -> Result<Typed> {
        if name == "coalesce" {
            return self.coalesce(args);
        }
        let [arg] = args else {
            return Err(refuse(format!("{name}() takes one argument")));
        };
        let arg = self.typed(arg)?;
        let missing =
            |ty: &Type| refuse(format!("function {name}({ty}) does not exist")).with_hint("cast the argument to text");
        if name == "length" {
            let (kind, characters) = match &arg.ty {
                ty if ty.is_string() => (Kind::Text, true),
                Type::Bytea => (Kind::Bytes, false),
                Type::Bit => (Kind::Bits, false),
                ty => return Err(missing(ty)),
            };
            let of = arg.finish(kind)?;
            return Ok(Typed::new(Type::Int4, Draft::Length { of, characters }));
        }
        let arg = arg.assume(&Type::Text)?;
        if !arg.ty.is_string() {
            return Err(missing(&arg.ty));
        }
        let collation = arg.collation.clone();
        case_is_known(&collation)?;
        let draft = Draft::Scalar(Scalar::Case {
            of: Box::new(arg.finish(Kind::Text)?),
            upper: name == "upper",
            ascii: !collation.is_c(),
        });
        let typed = constant(Typed::new(Type::Text, draft))?;
        Ok(Typed { collation, ..typed })
    }

    fn coalesce(&mut self, args: &[Expr]) -> Result<Typed> {
        let args = args.iter().map(|arg| self.typed(arg)).collect::<Result<Vec<_>>>()?;
        if args.is_empty() {
            return Err(refuse("coalesce() takes at least one argument"));
        }
        let common = Type::common(args.iter().map(|arg| &arg.ty)).ok_or_else(|| {
            let types: Vec<_> = args.iter().map(|arg| arg.ty.to_string()).collect();
            refuse(format!(
                "the types in coalesce() cannot be matched: {}",
                types.join(", ")
            ))
        })?;
        let collation = args
            .iter()
            .fold(Collation::Default, |merged, arg| merged.merge(&arg.collation));
        let args = args
            .into_iter()
            .map(|arg| arg.coerce(&common))
            .collect::<Result<Vec<_>>>()?;
        // A column would have to be rounded to `real` first.
        if common == Type::Float4 && args.iter().any(|arg| arg.ty != common) {
            return Err(refuse("coalesce() of real and other numbers is not supported"));
        }
        Ok(Typed {
            ty: common,
            collation,
            draft: Draft::Coalesce(args),
        })
    }

    fn cast(&mut self, operand: &Expr, to: &[String]) -> Result<Typed> {
        let typed = self.typed(operand)?;
        let name = Locale::display(to);
        let ty = match to {
            [single] => Type::builtin(single),
            [schema, single] if schema == "pg_catalog" => Type::builtin(single),
            _ => None,
        };
        let ty = match ty {
            Some(ty) => ty,
            None => self.enum_of_column(to).ok_or_else(|| {
                refuse(format!("a cast to {name} is not supported")).with_hint("columns can be cast to text only")
            })?,
        };
        // A cast to "char(1)" is a truncation.
        if ty == Type::Bpchar && to.last().is_some_and(|name| name != "bpchar") {
            return Err(refuse("a cast to character is a cast to character(1)").with_hint("cast to text"));
        }
        match &typed.draft {
            Draft::Null => return Ok(Typed { ty, ..typed }),
            Draft::Literal(_) if typed.ty == Type::Unknown => return typed.assume(&ty),
            _ if typed.ty == ty => return Ok(typed),
            Draft::Literal(text) if ty.comparison(&typed.ty).is_some() && !ty.is_string() => {
                // Rounding to fewer digits is what is not done here.
                let text = coerced_literal(&typed.ty, &ty, text)?;
                return Ok(Typed::new(ty, Draft::Literal(text)));
            }
            _ => {}
        }
        if !matches!(ty, Type::Text | Type::Varchar) {
            let error = refuse(format!("a cast from {} to {name} is not supported", typed.ty));
            return Err(error.with_hint("columns can be cast to text only"));
        }
        self.cast_to_text(typed, ty)
    }

    fn cast_to_text(&self, typed: Typed, ty: Type) -> Result<Typed> {
        if Read::of(&typed.ty, Kind::Text).is_none() {
            let error = refuse(format!("the text of a {} depends on the session", typed.ty));
            return Err(error.with_hint("compare it with a literal of its type"));
        }
        if !typed.has_column()
            && matches!(
                typed.ty,
                Type::Float4 | Type::Float8 | Type::Date | Type::Timestamp | Type::Time | Type::Uuid
            )
        {
            return Err(refuse(format!("a literal of type {} cannot be cast to text", typed.ty)));
        }
        let collation = typed.collation.clone();
        let draft = match typed.draft {
            Draft::Scalar(_) => typed.draft,
            _ => Draft::Text(Box::new(typed)),
        };
        let typed = constant(Typed::new(ty, draft))?;
        Ok(Typed { collation, ..typed })
    }

    /// The enum of a column of this table, by its name.
    fn enum_of_column(&self, name: &[String]) -> Option<Type> {
        let full = Locale::display(name);
        let types = self
            .table
            .columns
            .iter()
            .map(|column| self.named_type(&column.type_name));
        types.filter(|ty| matches!(ty, Type::Enum(_))).find(|ty| match name {
            [_] => ty.to_string().rsplit('.').next() == Some(&full),
            _ => ty.to_string() == full,
        })
    }

    /// `IN`: values that depend on no column become one type together, the others are compared one by one
    /// (`transformAExprIn()` in src/backend/parser/parse_expr.c).
    fn within(&mut self, operand: &Expr, list: &[Expr]) -> Result<Test> {
        let operand = self.typed(operand)?;
        let list = list.iter().map(|item| self.typed(item)).collect::<Result<Vec<_>>>()?;
        let (with_column, mut constant): (Vec<_>, Vec<_>) = list.into_iter().partition(Typed::has_column);
        let types = std::iter::once(&operand.ty).chain(constant.iter().map(|item| &item.ty));
        if constant.len() > 1
            && let Some(common) = Type::common(types)
        {
            constant = constant
                .into_iter()
                .map(|item| item.coerce(&common))
                .collect::<Result<_>>()?;
        }
        let mut tests = Vec::new();
        if !constant.is_empty() {
            tests.push(within_constants(operand.clone(), constant)?);
        }
        for item in with_column {
            tests.push(compare(CompareOp::Equal, operand.clone(), item)?);
        }
        Ok(Test::Any(tests))
    }

    fn matching(&mut self, expr: &Expr) -> Result<Test> {
        let Expr::Match {
            operand,
            pattern,
            escape,
            regex,
            ignore_case,
            ..
        } = expr
        else {
            return Err(refuse("not a pattern"));
        };
        let operand = self.typed(operand)?.assume(&Type::Text)?;
        let pattern = self.typed(pattern)?;
        let name = match (regex, ignore_case) {
            (true, true) => "~*",
            (true, false) => "~",
            (false, true) => "~~*",
            (false, false) => "~~",
        };
        let types_fit = operand.ty.is_string() && matches!(pattern.ty, Type::Unknown | Type::Text | Type::Varchar);
        if !types_fit {
            return Err(no_operator(&operand.ty, name, &pattern.ty).with_hint("cast the operand to text"));
        }
        let collation = operand.collation.merge(&pattern.collation);
        let ignore_case = *ignore_case || operand.ty == Type::Citext;
        if let Some(problem) = collation.equality_problem() {
            return Err(refuse(format!("{problem}, so that patterns are not exact")).with_hint(ORDERED_BY_BYTES));
        }
        if ignore_case {
            case_is_known(&collation)?;
        }
        let pattern = match pattern.draft {
            Draft::Null => None,
            Draft::Literal(text) => Some(text),
            _ => return Err(refuse("a pattern has to be a literal")),
        };
        let escape = match escape {
            None => Some(Some('\\')),
            Some(escape) => self.escape(escape)?,
        };
        let (Some(pattern), Some(escape)) = (pattern, escape) else {
            return Ok(Test::Constant(None));
        };
        let kind = if operand.ty == Type::Bpchar {
            Kind::Raw
        } else {
            Kind::Text
        };
        let scalar = operand.finish(kind)?;
        if *regex {
            let regex = Regex::new(&pattern, ignore_case, collation.is_c())
                .map_err(|why| refuse(format!("the regular expression '{pattern}': {why}")))?;
            return Ok(Test::Regex(scalar, regex));
        }
        like(scalar, &pattern, escape, ignore_case, &collation)
    }

    /// The escape character of `LIKE … ESCAPE`: `None` for NULL, `Some(None)` for none.
    fn escape(&mut self, expr: &Expr) -> Result<Option<Option<char>>> {
        match self.typed(expr)?.draft {
            Draft::Null => Ok(None),
            Draft::Literal(text) => {
                let mut characters = text.chars();
                match (characters.next(), characters.next()) {
                    (character, None) => Ok(Some(character)),
                    _ => Err(refuse("ESCAPE takes one character or none")),
                }
            }
            _ => Err(refuse("ESCAPE takes a literal")),
        }
    }
}

fn like(scalar: Scalar, pattern: &str, escape: Option<char>, ignore_case: bool, collation: &Collation) -> Result<Test> {
    if ignore_case && !collation.is_c() && !pattern.is_ascii() {
        let error = refuse(format!(
            "the pattern '{pattern}' is not ASCII, and its letters' cases are the locale's"
        ));
        return Err(error.with_hint(ORDERED_BY_BYTES));
    }
    let compiled = Like::new(pattern, escape, ignore_case)
        .map_err(|EndsWithEscape| refuse(format!("the pattern '{pattern}' ends with its escape character")))?;
    let scalar = match ignore_case {
        false => scalar,
        true => Scalar::Case {
            of: Box::new(scalar),
            upper: false,
            ascii: !collation.is_c(),
        },
    };
    Ok(Test::Like(scalar, compiled))
}

fn case_is_known(collation: &Collation) -> Result<()> {
    match collation.case_problem() {
        Some(problem) => Err(refuse(problem).with_hint(ORDERED_BY_BYTES)),
        None => Ok(()),
    }
}

fn not_if(negated: bool, test: Test) -> Test {
    match negated {
        true => Test::Not(Box::new(test)),
        false => test,
    }
}

/// A number literal: the smallest of integer and bigint that holds it, else numeric (`make_const()` in parse_node.c).
fn number(text: &str, negative: bool) -> Result<Typed> {
    let invalid = || refuse(format!("{text} is not a number"));
    let canonical_text = super::number::canonical_numeric(text).ok_or_else(invalid)?;
    let is_integer = text.bytes().all(|byte| byte.is_ascii_digit());
    let ty = match canonical_text.parse::<i64>() {
        Ok(value) if is_integer && i32::try_from(value).is_ok() => Type::Int4,
        Ok(_) if is_integer => Type::Int8,
        _ => Type::Numeric,
    };
    let canonical_text = match negative {
        true => super::number::canonical_numeric(&format!("-{canonical_text}")).ok_or_else(invalid)?,
        false => canonical_text,
    };
    Ok(Typed::new(ty, Draft::Literal(canonical_text)))
}

fn truth(typed: Typed) -> Result<Test> {
    let typed = typed.assume(&Type::Bool)?;
    match typed {
        Typed {
            ty: Type::Bool,
            draft: Draft::Test(test),
            ..
        } => Ok(test),
        Typed { ty: Type::Bool, .. } => Ok(Test::Truth(typed.finish(Kind::Bool)?)),
        Typed { ty, .. } => Err(refuse(format!("a condition must be of type boolean, not of type {ty}"))),
    }
}

/// What can be asked for NULL: any type.
fn present(typed: Typed) -> Result<Scalar> {
    match typed.draft {
        Draft::Column(slot) => Ok(Scalar::Column { slot, read: Read::Raw }),
        Draft::Literal(_) => Ok(Scalar::Literal(super::value::Value::Bool(true))),
        Draft::Null => Ok(Scalar::Null),
        Draft::Test(test) => Ok(Scalar::Test(Box::new(test))),
        Draft::Scalar(scalar) | Draft::Length { of: scalar, .. } => Ok(scalar),
        Draft::Text(inner) => present(*inner),
        Draft::Coalesce(args) => Ok(Scalar::Coalesce(args.into_iter().map(present).collect::<Result<_>>()?)),
    }
}

/// Calls of which no part is a column are replaced by what they say.
fn constant(typed: Typed) -> Result<Typed> {
    let scalar = match &typed.draft {
        Draft::Text(inner) if !inner.has_column() => inner.as_ref().clone().finish(Kind::Text)?,
        Draft::Scalar(scalar @ Scalar::Case { of, .. }) if matches!(**of, Scalar::Literal(_)) => scalar.clone(),
        _ => return Ok(typed),
    };
    let nothing = Row {
        columns: &[],
        values: &[],
    };
    let draft = match scalar.value(nothing)? {
        None => Draft::Null,
        Some(super::value::Value::Bytes(bytes)) => Draft::Literal(String::from_utf8_lossy(&bytes).into_owned()),
        Some(_) => return Ok(typed),
    };
    Ok(Typed { draft, ..typed })
}

/// Gives a literal of unknown type the type of the other side, two of them `text`.
fn assume_each_other(left: Typed, right: Typed) -> Result<(Typed, Typed)> {
    match (&left.ty, &right.ty) {
        (Type::Unknown, Type::Unknown) => Ok((left.assume(&Type::Text)?, right.assume(&Type::Text)?)),
        (Type::Unknown, other) => {
            let other = other.clone();
            Ok((left.assume(&other)?, right))
        }
        (own, _) => {
            let own = own.clone();
            Ok((left, right.assume(&own)?))
        }
    }
}

/// How two sides are compared, and whether their collation allows it.
fn comparison(name: &str, ordered: bool, left: &Typed, right: &Typed) -> Result<Kind> {
    let kind = left
        .ty
        .comparison(&right.ty)
        .ok_or_else(|| no_operator(&left.ty, name, &right.ty))?;
    if kind.is_collated() {
        let collation = left.collation.merge(&right.collation);
        if let Some(problem) = collation.equality_problem() {
            return Err(refuse(format!("{problem}, so that {name} is not known here")).with_hint(ORDERED_BY_BYTES));
        }
        if ordered && (!collation.is_c() || kind == Kind::Citext) {
            let error = refuse(format!(
                "text has an order ({name}) that depends on the source's locale"
            ));
            return Err(error.with_hint(ORDERED_BY_BYTES));
        }
    }
    Ok(kind)
}

fn compare(op: CompareOp, left: Typed, right: Typed) -> Result<Test> {
    let ordered = !matches!(op, CompareOp::Equal | CompareOp::NotEqual);
    let (left, right) = assume_each_other(left, right)?;
    let kind = comparison(op_name(op), ordered, &left, &right)?;
    Ok(Test::Compare(op, left.finish(kind)?, right.finish(kind)?))
}

fn distinct(left: Typed, right: Typed) -> Result<Test> {
    // Such a comparison with NULL needs no operator (transformAExprDistinct()).
    let is_null = |typed: &Typed| matches!(typed.draft, Draft::Null) && typed.ty == Type::Unknown;
    if is_null(&right) {
        return Ok(Test::Not(Box::new(Test::IsNull(present(left)?))));
    }
    if is_null(&left) {
        return Ok(Test::Not(Box::new(Test::IsNull(present(right)?))));
    }
    let (left, right) = assume_each_other(left, right)?;
    let kind = comparison("=", false, &left, &right)?;
    Ok(Test::Distinct(left.finish(kind)?, right.finish(kind)?))
}

/// `IN` with values that depend on no column.
fn within_constants(operand: Typed, items: Vec<Typed>) -> Result<Test> {
    let mut pairs = Vec::with_capacity(items.len());
    for item in items {
        let (operand, item) = assume_each_other(operand.clone(), item)?;
        let kind = comparison("=", false, &operand, &item)?;
        pairs.push((kind, operand, item));
    }
    let first = pairs.first().map(|(kind, operand, _)| (*kind, operand.clone()));
    let Some((kind, operand)) = first.filter(|(kind, _)| pairs.iter().all(|(own, ..)| own == kind)) else {
        let each = pairs.into_iter().map(|(kind, operand, item)| {
            Ok(Test::Compare(
                CompareOp::Equal,
                operand.finish(kind)?,
                item.finish(kind)?,
            ))
        });
        return Ok(Test::Any(each.collect::<Result<_>>()?));
    };
    let (mut values, mut with_null) = (Vec::new(), false);
    for (kind, _, item) in pairs {
        match item.finish(kind)? {
            Scalar::Literal(value) => values.push(value),
            Scalar::Null => with_null = true,
            _ => return Err(refuse("a value of IN is no literal").with_hint("write x = … OR x = …")),
        }
    }
    values.sort_by(|left, right| left.compare(right).unwrap_or(std::cmp::Ordering::Equal));
    Ok(Test::In {
        operand: operand.finish(kind)?,
        values,
        with_null,
    })
}
