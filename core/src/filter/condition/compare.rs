//! Comparisons: which operator PostgreSQL finds for two types, and whether it can be done here.

use super::collation::ORDERED_BY_BYTES;
use super::kind::Kind;
use super::tree::{Scalar, Test};
use super::typed::{Draft, Typed, present};
use super::types::Type;
use super::value::Value;
use crate::ast::condition::{CompareOp, refuse};
use crate::error::{Error, Result};

pub(super) fn no_operator(left: &Type, name: &str, right: &Type) -> Error {
    let error = refuse(format!("operator does not exist: {left} {name} {right}"));
    match (left, right) {
        (Type::Timestamptz, Type::Date | Type::Timestamp) | (Type::Date | Type::Timestamp, Type::Timestamptz) => {
            refuse(format!("{left} {name} {right} depends on the time zone of the session"))
                .with_hint("write TIMESTAMPTZ '2024-01-01 00:00:00+00'")
        }
        (Type::EnumDomain(own, _), _) | (_, Type::EnumDomain(own, _)) => {
            error.with_hint(format!("cast the column to {}", own.name))
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

pub(super) fn cannot_be_matched<'a>(construct: &str, types: impl Iterator<Item = &'a Type>) -> Error {
    let types: Vec<_> = types.map(Type::to_string).collect();
    refuse(format!(
        "the types in {construct} cannot be matched: {}",
        types.join(", ")
    ))
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

pub(super) fn compare(op: CompareOp, left: Typed, right: Typed) -> Result<Test> {
    let ordered = !matches!(op, CompareOp::Equal | CompareOp::NotEqual);
    let (left, right) = assume_each_other(left, right)?;
    let kind = comparison(op_name(op), ordered, &left, &right)?;
    let (left, right) = with_ascii(left.finish(kind)?, right.finish(kind)?);
    Ok(Test::Compare(op, left, right))
}

/// Two sides that are compared for equality, told if the other one is ASCII.
fn with_ascii(mut left: Scalar, mut right: Scalar) -> (Scalar, Scalar) {
    if right.is_ascii() {
        left.against_ascii();
    }
    if left.is_ascii() {
        right.against_ascii();
    }
    (left, right)
}

pub(super) fn distinct(left: Typed, right: Typed) -> Result<Test> {
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
    let (left, right) = with_ascii(left.finish(kind)?, right.finish(kind)?);
    Ok(Test::Distinct(left, right))
}

/// `IN` with values that depend on no column.
pub(super) fn within_constants(operand: Typed, items: Vec<Typed>) -> Result<Test> {
    let known = items.iter().map(|item| &item.ty).find(|ty| **ty != Type::Unknown);
    let operand = operand.assume(known.unwrap_or(&Type::Text))?;
    let items = items.into_iter().map(|item| item.assume(&operand.ty));
    let items = items.collect::<Result<Vec<_>>>()?;
    let kinds = items.iter().map(|item| comparison("=", false, &operand, item));
    let kinds = kinds.collect::<Result<Vec<_>>>()?;
    let Some(&kind) = kinds.first().filter(|first| kinds.iter().all(|kind| kind == *first)) else {
        return Err(refuse("the values of IN are of several types").with_hint("write x = … OR x = …"));
    };
    let (mut values, mut with_null) = (Vec::new(), false);
    for item in items {
        match item.finish(kind)? {
            Scalar::Literal(value) => values.push(value),
            Scalar::Null => with_null = true,
            _ => return Err(refuse("a value of IN is no literal").with_hint("write x = … OR x = …")),
        }
    }
    let mut operand = operand.finish(kind)?;
    let is_ascii = |value: &Value<'_>| matches!(value, Value::Bytes(text) if text.is_ascii());
    if values.iter().all(is_ascii) {
        operand.against_ascii();
    }
    values.sort_by(|left, right| left.compare(right).unwrap_or(std::cmp::Ordering::Equal));
    Ok(Test::In {
        operand,
        values,
        with_null,
    })
}
