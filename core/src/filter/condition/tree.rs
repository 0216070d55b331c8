//! A checked condition, and its evaluation on one row.

use std::borrow::Cow;
use std::cmp::Ordering;

use super::case;
use super::kind::Kind;
use super::like::Like;
use super::regex::Regex;
use super::value::{self, Read, Value};
use crate::ast::condition::CompareOp;
use crate::error::{Error, ErrorKind, Result};
use crate::lex::excerpt;
use crate::options::Case;

/// An expression that is true, false or unknown.
#[derive(Clone, Debug)]
pub(super) enum Test {
    Constant(Option<bool>),
    Truth(Scalar),
    Not(Box<Test>),
    All(Vec<Test>),
    Any(Vec<Test>),
    IsNull(Scalar),
    /// `IS TRUE`, `IS FALSE`, `IS UNKNOWN`.
    Is(Box<Test>, Option<bool>),
    Compare(CompareOp, Scalar, Scalar),
    Distinct(Scalar, Scalar),
    /// `IN` with values that do not depend on the row, sorted.
    In {
        operand: Scalar,
        values: Vec<Value<'static>>,
        with_null: bool,
    },
    Like(Scalar, Like),
    Regex(Scalar, Regex),
}

/// An expression that has a value.
#[derive(Clone, Debug)]
pub(super) enum Scalar {
    Null,
    Literal(Value<'static>),
    Column {
        slot: usize,
        read: Read,
    },
    Test(Box<Test>),
    /// `lower(…)`, `upper(…)`; `ascii` if other letters than those of ASCII have cases too, and `against_ascii` if that does
    /// not matter because the result is only compared with ASCII text.
    Case {
        of: Box<Scalar>,
        upper: bool,
        ascii: bool,
        /// The rule for those others, if it is known.
        case: Option<Case>,
        against_ascii: bool,
    },
    /// `length(…)` in characters or in bytes, as a number of a kind.
    Length {
        of: Box<Scalar>,
        characters: bool,
        kind: Kind,
    },
    Coalesce(Vec<Scalar>),
}

/// One row: the columns that the condition reads.
#[derive(Clone, Copy)]
pub(super) struct Row<'r> {
    pub(super) columns: &'r [String],
    pub(super) values: &'r [Option<&'r [u8]>],
}

fn internal(what: &str) -> Error {
    Error::new(ErrorKind::Internal, format!("evaluating a condition: {what}"))
}

impl Test {
    pub(super) fn evaluate(&self, row: Row<'_>) -> Result<Option<bool>> {
        Ok(match self {
            Self::Constant(value) => *value,
            Self::Truth(scalar) => match scalar.value(row)? {
                None => None,
                Some(Value::Bool(value)) => Some(value),
                Some(_) => return Err(internal("not a boolean")),
            },
            Self::Not(test) => test.evaluate(row)?.map(|value| !value),
            Self::All(tests) => return connect(tests, row, false),
            Self::Any(tests) => return connect(tests, row, true),
            Self::IsNull(scalar) => Some(scalar.is_null(row)?),
            Self::Is(test, wanted) => Some(test.evaluate(row)? == *wanted),
            Self::Compare(op, left, right) => {
                let (Some(left), Some(right)) = (left.value(row)?, right.value(row)?) else {
                    return Ok(None);
                };
                Some(compare(*op, &left, &right).ok_or_else(|| internal("values of two kinds"))?)
            }
            Self::Distinct(left, right) => Some(match (left.value(row)?, right.value(row)?) {
                (Some(left), Some(right)) => !left.equals(&right).ok_or_else(|| internal("values of two kinds"))?,
                (left, right) => left.is_some() != right.is_some(),
            }),
            Self::In {
                operand,
                values,
                with_null,
            } => {
                let Some(value) = operand.value(row)? else {
                    return Ok(None);
                };
                let order = |own: &Value<'_>| own.compare(&value).unwrap_or(Ordering::Less);
                match values.binary_search_by(order) {
                    Ok(_) => Some(true),
                    Err(_) => (!with_null).then_some(false),
                }
            }
            Self::Like(scalar, like) => match scalar.bytes(row)? {
                None => None,
                Some(text) => Some(
                    like.matches(&text)
                        .ok_or_else(|| scalar.error(row, &text, "is not UTF-8"))?,
                ),
            },
            Self::Regex(scalar, regex) => match scalar.bytes(row)? {
                None => None,
                Some(text) => Some(regex.matches(&text).map_err(|why| scalar.error(row, &text, why))?),
            },
        })
    }
}

/// `AND` (decided by false) and `OR` (decided by true): what decides does so whatever the others are, even if they
/// cannot be evaluated.
fn connect(tests: &[Test], row: Row<'_>, decisive: bool) -> Result<Option<bool>> {
    let mut result = Ok(Some(!decisive));
    for test in tests {
        match test.evaluate(row) {
            Ok(Some(value)) if value == decisive => return Ok(Some(decisive)),
            Ok(Some(_)) => {}
            Ok(None) => result = result.map(|_| None),
            Err(error) => result = result.and(Err(error)),
        }
    }
    result
}

fn compare(op: CompareOp, left: &Value<'_>, right: &Value<'_>) -> Option<bool> {
    Some(match op {
        CompareOp::Equal => left.equals(right)?,
        CompareOp::NotEqual => !left.equals(right)?,
        CompareOp::Less => left.compare(right)?.is_lt(),
        CompareOp::LessOrEqual => left.compare(right)?.is_le(),
        CompareOp::Greater => left.compare(right)?.is_gt(),
        CompareOp::GreaterOrEqual => left.compare(right)?.is_ge(),
    })
}

impl Scalar {
    pub(super) fn value<'a>(&'a self, row: Row<'a>) -> Result<Option<Value<'a>>> {
        Ok(match self {
            Self::Null => None,
            Self::Literal(value) => Some(value.reborrow()),
            Self::Column { slot, read } => match column(row, *slot)? {
                None => None,
                Some(text) => Some(read.value(text).map_err(|why| self.error(row, text, why))?),
            },
            Self::Test(test) => test.evaluate(row)?.map(Value::Bool),
            Self::Case { .. } => self.bytes(row)?.map(Value::Bytes),
            Self::Length { of, characters, kind } => match of.bytes(row)? {
                None => None,
                Some(text) => Some(length(of, row, &text, *characters, *kind)?),
            },
            Self::Coalesce(args) => {
                for arg in args {
                    if let Some(value) = arg.value(row)? {
                        return Ok(Some(value));
                    }
                }
                None
            }
        })
    }

    fn is_null(&self, row: Row<'_>) -> Result<bool> {
        match self {
            Self::Column { slot, .. } => Ok(column(row, *slot)?.is_none()),
            Self::Case { of, .. } | Self::Length { of, .. } => of.is_null(row),
            Self::Coalesce(args) => {
                for arg in args {
                    if !arg.is_null(row)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Self::Null | Self::Literal(_) | Self::Test(_) => Ok(self.value(row)?.is_none()),
        }
    }

    /// The value is only compared with ASCII text: whatever the case of other letters is, they are none of those.
    pub(super) fn against_ascii(&mut self) {
        match self {
            Self::Case { of, against_ascii, .. } => {
                *against_ascii = true;
                of.against_ascii();
            }
            Self::Coalesce(args) => args.iter_mut().for_each(Self::against_ascii),
            _ => {}
        }
    }

    /// Whether it is a literal that holds ASCII text, or NULL.
    pub(super) fn is_ascii(&self) -> bool {
        match self {
            Self::Null => true,
            Self::Literal(Value::Bytes(text)) => text.is_ascii(),
            _ => false,
        }
    }

    fn bytes<'a>(&'a self, row: Row<'a>) -> Result<Option<Cow<'a, [u8]>>> {
        if let Self::Case {
            of,
            upper,
            ascii,
            case,
            against_ascii,
        } = self
        {
            let Some(text) = of.bytes(row)? else {
                return Ok(None);
            };
            let is_certain = *against_ascii && value::stays_beyond_ascii(&text, *upper);
            if let Some(case) = case.filter(|case| *ascii && (*case == Case::Turkish || !text.is_ascii())) {
                let changed = case.change(&text, *upper, false);
                return match changed.or_else(|| case.change(&text, *upper, true).filter(|_| is_certain)) {
                    Some(changed) => Ok(Some(Cow::Owned(changed.into_bytes()))),
                    None => Err(of.error(row, &text, value::NO_ONE_CASE)),
                };
            }
            if *ascii && !text.is_ascii() && !is_certain {
                return Err(of.error(row, &text, value::NOT_ASCII).with_hint(case::HINT));
            }
            let change = if *upper { value::upper } else { value::lower };
            return Ok(Some(match text {
                Cow::Borrowed(text) => change(text),
                Cow::Owned(text) => Cow::Owned(change(&text).into_owned()),
            }));
        }
        match self.value(row)? {
            None => Ok(None),
            Some(Value::Bytes(text)) => Ok(Some(text)),
            Some(_) => Err(internal("not text")),
        }
    }

    /// The error of a value that cannot be evaluated.
    fn error(&self, row: Row<'_>, text: &[u8], why: &str) -> Error {
        let of = match self.column() {
            Some(slot) => format!(" of the column {}", row.columns.get(slot).map_or("", String::as_str)),
            None => String::new(),
        };
        let message = format!(
            "a condition cannot be evaluated: the value `{}`{of} {why}",
            excerpt(text)
        );
        Error::new(ErrorKind::Condition, message)
    }

    /// The first column that the value comes from.
    fn column(&self) -> Option<usize> {
        match self {
            Self::Column { slot, .. } => Some(*slot),
            Self::Case { of, .. } | Self::Length { of, .. } => of.column(),
            Self::Coalesce(args) => args.iter().find_map(Self::column),
            Self::Null | Self::Literal(_) | Self::Test(_) => None,
        }
    }
}

fn column<'a>(row: Row<'a>, slot: usize) -> Result<Option<&'a [u8]>> {
    match row.values.get(slot) {
        Some(value) => Ok(*value),
        None => Err(internal("too few values")),
    }
}

fn length<'a>(of: &Scalar, row: Row<'_>, text: &[u8], characters: bool, kind: Kind) -> Result<Value<'a>> {
    let count = match characters {
        false => text.len(),
        true if text.is_ascii() => text.len(),
        true => match std::str::from_utf8(text) {
            Ok(text) => text.chars().count(),
            Err(_) => return Err(of.error(row, text, "is not UTF-8")),
        },
    };
    match kind {
        Kind::Int | Kind::Oid => Ok(Value::Int(i64::try_from(count).unwrap_or(i64::MAX))),
        _ => {
            let digits = count.to_string();
            let ty = match kind {
                Kind::Numeric => Read::Numeric,
                _ => Read::IntFloat,
            };
            let value = ty.value(digits.as_bytes()).map_err(internal)?;
            Ok(value.into_owned())
        }
    }
}
