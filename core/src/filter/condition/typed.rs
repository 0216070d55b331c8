//! Expressions with their types, and the types that literals take.

use super::collation::Collation;
use super::kind::Kind;
use super::literal::canonical;
use super::number;
use super::tree::{Row, Scalar, Test};
use super::types::Type;
use super::value::{Read, Value};
use crate::ast::condition::refuse;
use crate::error::Result;

/// An expression with its type, not yet read as a [`Kind`].
#[derive(Clone, Debug)]
pub(super) struct Typed {
    pub(super) ty: Type,
    pub(super) collation: Collation,
    pub(super) draft: Draft,
}

#[derive(Clone, Debug)]
pub(super) enum Draft {
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
    pub(super) fn new(ty: Type, draft: Draft) -> Self {
        Self {
            ty,
            collation: Collation::Default,
            draft,
        }
    }

    pub(super) fn has_column(&self) -> bool {
        match &self.draft {
            Draft::Null | Draft::Literal(_) => false,
            Draft::Text(inner) => inner.has_column(),
            Draft::Coalesce(args) => args.iter().any(Self::has_column),
            Draft::Column(_) | Draft::Test(_) | Draft::Scalar(_) | Draft::Length { .. } => true,
        }
    }

    /// A literal of unknown type takes the type.
    pub(super) fn assume(mut self, ty: &Type) -> Result<Self> {
        if (&self.ty, ty, &self.collation) == (&Type::Unknown, &Type::Name, &Collation::Default) {
            self.collation = Collation::of_names();
        }
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
    pub(super) fn coerce(self, ty: &Type) -> Result<Self> {
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
    pub(super) fn finish(self, kind: Kind) -> Result<Scalar> {
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
pub(super) fn coerced_literal(from: &Type, to: &Type, text: &str) -> Result<String> {
    match (from, to) {
        (Type::Int4, Type::Oid) => match text.parse::<i32>() {
            #[allow(clippy::cast_sign_loss, reason = "PostgreSQL takes the same bits")]
            Ok(value) => Ok((value as u32).to_string()),
            Err(_) => canonical(to, text),
        },
        (Type::Date, Type::Timestamp) if !text.ends_with("infinity") => canonical(to, text),
        (Type::Bpchar, _) => Ok(text.trim_end_matches(' ').to_owned()),
        (Type::Float4, Type::Float8) => number::float4(text.as_bytes())
            .map(|value| value.to_string())
            .ok_or_else(|| refuse(format!("{text} is out of range for type real"))),
        _ => canonical(to, text),
    }
}

/// A cast that is written. What rounds or cuts is not done here.
pub(super) fn cast_literal(from: &Type, to: &Type, text: &str) -> Result<String> {
    let exact = match from {
        Type::Float8 => false,
        Type::Float4 => *to == Type::Float8,
        _ => !to.is_string() && to.comparison(from).is_some(),
    };
    exact
        .then(|| coerced_literal(from, to, text).ok())
        .flatten()
        .ok_or_else(|| refuse(format!("a cast of {text} from {from} to {to} is not supported")))
}

/// A number literal: the smallest of integer and bigint that holds it, else numeric (`make_const()` in parse_node.c).
pub(super) fn number(text: &str, negative: bool) -> Result<Typed> {
    let invalid = || refuse(format!("{text} is not a number"));
    let canonical_text = number::canonical_numeric(text).ok_or_else(invalid)?;
    let is_integer = text.bytes().all(|byte| byte.is_ascii_digit());
    let ty = match canonical_text.parse::<i64>() {
        Ok(value) if is_integer && i32::try_from(value).is_ok() => Type::Int4,
        Ok(_) if is_integer => Type::Int8,
        _ => Type::Numeric,
    };
    let canonical_text = match negative {
        true => number::canonical_numeric(&format!("-{canonical_text}")).ok_or_else(invalid)?,
        false => canonical_text,
    };
    Ok(Typed::new(ty, Draft::Literal(canonical_text)))
}

pub(super) fn truth(typed: Typed) -> Result<Test> {
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
pub(super) fn present(typed: Typed) -> Result<Scalar> {
    match typed.draft {
        Draft::Column(slot) => Ok(Scalar::Column { slot, read: Read::Raw }),
        Draft::Literal(_) => Ok(Scalar::Literal(Value::Bool(true))),
        Draft::Null => Ok(Scalar::Null),
        Draft::Test(test) => Ok(Scalar::Test(Box::new(test))),
        Draft::Scalar(scalar) | Draft::Length { of: scalar, .. } => Ok(scalar),
        Draft::Text(inner) => present(*inner),
        Draft::Coalesce(args) => Ok(Scalar::Coalesce(args.into_iter().map(present).collect::<Result<_>>()?)),
    }
}

/// Calls of which no part is a column are replaced by what they say.
pub(super) fn constant(typed: Typed) -> Result<Typed> {
    let scalar = match &typed.draft {
        Draft::Text(inner) if !inner.has_column() => inner.as_ref().clone().finish(Kind::Text)?,
        Draft::Scalar(scalar @ Scalar::Case { of, .. }) if matches!(**of, Scalar::Literal(_)) => scalar.clone(),
        _ => return Ok(typed),
    };
    let nothing = Row {
        columns: &[],
        values: &[],
    };
    let value = scalar.value(nothing).map_err(|error| refuse(error.message()))?;
    let draft = match value {
        None => Draft::Null,
        Some(Value::Bytes(bytes)) => Draft::Literal(String::from_utf8_lossy(&bytes).into_owned()),
        Some(_) => return Ok(typed),
    };
    Ok(Typed { draft, ..typed })
}
