//! `LIKE`, `ILIKE` and regular expressions.

use super::case;
use super::check::Checker;
use super::collation::Collation;
use super::collation::{ORDERED_BY_BYTES, case_is_known};
use super::compare::no_operator;
use super::kind::Kind;
use super::like::{EndsWithEscape, Like};
use super::regex::Regex;
use super::tree::{Scalar, Test};
use super::typed::Draft;
use super::types::Type;
use crate::ast::condition::{Expr, refuse};
use crate::error::Result;
use crate::options::Case;

impl Checker<'_> {
    pub(super) fn matching(&mut self, expr: &Expr) -> Result<Test> {
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
        if !matches!(pattern.draft, Draft::Null | Draft::Literal(_)) {
            return Err(refuse("a pattern has to be a literal"));
        }
        let types_fit = operand.ty.is_string() && matches!(pattern.ty, Type::Unknown | Type::Text | Type::Varchar);
        if !types_fit {
            return Err(no_operator(&operand.ty, name, &pattern.ty).with_hint("cast the operand to text"));
        }
        let collation = operand.collation.merge(&pattern.collation);
        let ignore_case = *ignore_case || operand.ty == Type::Citext;
        if let Some(problem) = collation.equality_problem() {
            return Err(refuse(format!("{problem}, so that patterns are not exact")).with_hint(ORDERED_BY_BYTES));
        }
        let case = match ignore_case {
            true => case_is_known(&collation, self.case)?,
            false => None,
        };
        let pattern = match pattern.draft {
            Draft::Literal(text) => Some(text),
            _ => None,
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
            let regex = Regex::new(&pattern, ignore_case, collation.is_c(), case.is_some())
                .map_err(|why| refuse(format!("the regular expression '{pattern}': {why}")))?;
            return Ok(Test::Regex(scalar, regex));
        }
        like(scalar, &pattern, escape, ignore_case, &collation, case)
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

fn like(
    scalar: Scalar,
    pattern: &str,
    escape: Option<char>,
    ignore_case: bool,
    collation: &Collation,
    case: Option<Case>,
) -> Result<Test> {
    let case = case.filter(|_| !collation.is_c());
    let fold = |character: char| match (ignore_case, case) {
        (false, _) => Some(character),
        (true, Some(case)) => case.fold(character),
        (true, None) => Some(character.to_ascii_lowercase()),
    };
    if ignore_case && !collation.is_c() && !pattern.is_ascii() && case.is_none() {
        let error = refuse(format!(
            "the pattern '{pattern}' is not ASCII, and its letters' cases are the locale's"
        ));
        return Err(error.with_hint(case::HINT));
    }
    if !pattern.chars().all(|character| fold(character).is_some()) {
        let message = format!("the pattern '{pattern}' has a letter whose other case hangs on the source's locale");
        return Err(refuse(message));
    }
    let compiled = Like::new(pattern, escape, |character| fold(character).unwrap_or(character))
        .map_err(|EndsWithEscape| refuse(format!("the pattern '{pattern}' ends with its escape character")))?;
    let mut scalar = match ignore_case {
        false => scalar,
        true => Scalar::Case {
            of: Box::new(scalar),
            upper: false,
            ascii: !collation.is_c(),
            case,
            against_ascii: false,
        },
    };
    if pattern.is_ascii() {
        scalar.against_ascii();
    }
    Ok(Test::Like(scalar, compiled))
}
