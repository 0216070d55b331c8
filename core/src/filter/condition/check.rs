//! From what was written to what is evaluated: columns are looked up, types are decided as PostgreSQL decides them, and
//! what it would refuse, or what cannot be done exactly, is an error.

use std::sync::Arc;

use super::collation::case_is_known;
use super::collation::{Collation, Locale};
use super::compare::{cannot_be_matched, compare, distinct, within_constants};
use super::kind::Kind;
use super::literal::{canonical, suggest};
use super::tree::{Scalar, Test};
use super::typed::{Draft, Typed, cast_literal, constant, number, present, truth};
use super::types::{EnumType, Type};
use super::value::Read;
use crate::ast::condition::{CompareOp, Expr, Is, Place, refuse};
use crate::catalog::{self, Catalog, Column, Table, quote_ident};
use crate::error::{Error, ErrorKind, Result};
use crate::options::Case;

/// The state of a check.
pub(super) struct Checker<'a> {
    pub(super) table: &'a Table,
    pub(super) catalog: &'a Catalog,
    /// The rule for upper and lower case beyond ASCII.
    pub(super) case: Option<Case>,
    /// The columns that were met, in order.
    pub(super) columns: Vec<String>,
}

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

    pub(super) fn typed(&mut self, expr: &Expr) -> Result<Typed> {
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
            let error = Error::new(ErrorKind::UnknownName, place.of(&message));
            return Err(suggest(error, column, names));
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
        let collation = match column
            .collation
            .as_deref()
            .or_else(|| self.catalog.domain_collation(&column.type_name))
        {
            Some(name) => Collation::Implicit(Locale::of_column(name)),
            None if ty == Type::Name => Collation::of_names(),
            None => Collation::Default,
        };
        (ty, collation)
    }

    fn named_type(&self, name: &str) -> Type {
        let base = self.catalog.base_type(name);
        if let Some(labels) = self.catalog.enum_ranks(base) {
            let own = Arc::new(EnumType {
                name: base.to_owned(),
                labels: Arc::clone(labels),
            });
            return match base == name {
                true => Type::Enum(own),
                false => Type::EnumDomain(own, name.to_owned()),
            };
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
                Type::Unknown => return Err(refuse("the length of a literal is not supported")),
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
        let case = case_is_known(&collation, self.case)?;
        let draft = Draft::Scalar(Scalar::Case {
            of: Box::new(arg.finish(Kind::Text)?),
            upper: name == "upper",
            ascii: !collation.is_c(),
            case,
            against_ascii: false,
        });
        let typed = constant(Typed::new(Type::Text, draft))?;
        Ok(Typed { collation, ..typed })
    }

    fn coalesce(&mut self, args: &[Expr]) -> Result<Typed> {
        let args = args.iter().map(|arg| self.typed(arg)).collect::<Result<Vec<_>>>()?;
        if args.is_empty() {
            return Err(refuse("coalesce() takes at least one argument"));
        }
        let types = args.iter().map(|arg| &arg.ty);
        let common = Type::common(types.clone()).ok_or_else(|| cannot_be_matched("coalesce()", types))?;
        let collation = args
            .iter()
            .fold(Collation::Default, |merged, arg| merged.merge(&arg.collation));
        let args = args
            .into_iter()
            .map(|arg| arg.coerce(&common))
            .collect::<Result<Vec<_>>>()?;
        // A column would have to be rounded to `real` first, or checked to be in the range of timestamps.
        if matches!(common, Type::Float4 | Type::Timestamp) && args.iter().any(|arg| arg.ty != common) {
            return Err(refuse(format!(
                "coalesce() of {common} and other types is not supported"
            )));
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
            None => self.enum_type(to).ok_or_else(|| {
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
            Draft::Literal(text) if !ty.is_string() => {
                let text = cast_literal(&typed.ty, &ty, text)?;
                return Ok(Typed::new(ty, Draft::Literal(text)));
            }
            Draft::Column(_) if matches!((&typed.ty, &ty), (Type::EnumDomain(own, _), Type::Enum(other)) if own == other) =>
            {
                return Ok(Typed { ty, ..typed });
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
            let error = refuse(format!("the text of type {} is not known here", typed.ty));
            return Err(error.with_hint("it may depend on the session; compare it with a literal of its type"));
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

    /// The enum that a cast names; without its schema, if there is one of this name only.
    fn enum_type(&self, name: &[String]) -> Option<Type> {
        let (own, schema) = name.split_last()?;
        let fits = |ty: &&catalog::Type| ty.name == *own && schema.iter().all(|schema| ty.schema == *schema);
        let mut types = self.catalog.types().iter().filter(fits);
        let only = types.next().filter(|_| types.next().is_none() && schema.len() < 2)?;
        match self.named_type(&only.type_name().to_string()) {
            found @ Type::Enum(_) => Some(found),
            _ => None,
        }
    }

    /// `IN`: values that depend on no column become one type together, the others are compared one by one
    /// (`transformAExprIn()` in src/backend/parser/parse_expr.c).
    fn within(&mut self, operand: &Expr, list: &[Expr]) -> Result<Test> {
        let operand = self.typed(operand)?;
        let list = list.iter().map(|item| self.typed(item)).collect::<Result<Vec<_>>>()?;
        let (with_column, mut constant): (Vec<_>, Vec<_>) = list.into_iter().partition(Typed::has_column);
        let types = std::iter::once(&operand.ty).chain(constant.iter().map(|item| &item.ty));
        if constant.len() > 1 {
            let common = Type::common(types.clone()).ok_or_else(|| cannot_be_matched("IN", types))?;
            let coerced = constant.into_iter().map(|item| item.coerce(&common));
            constant = coerced.collect::<Result<_>>()?;
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
}

fn not_if(negated: bool, test: Test) -> Test {
    match negated {
        true => Test::Not(Box::new(test)),
        false => test,
    }
}
