//! Conditions on rows, as they are written: sqlparser's tree, cut down to what is supported.
//!
//! sqlparser takes some texts that PostgreSQL does not, and ranks a few operators otherwise. So an operand of a
//! comparison must be a column, a literal, a call, a cast, or stand in parentheses: then ranks do not matter.

use sqlparser::ast::{
    BinaryOperator, CastKind, DataType, Expr as Sql, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Ident,
    ObjectName, ObjectNamePart, UnaryOperator, Value, ValueWithSpan,
};
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::keywords::Keyword;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::{Location, Token, Tokenizer};

use crate::catalog::quote_ident;
use crate::error::{Error, ErrorKind, Result};

/// Longest condition.
const CONDITION_BYTES_MAX: usize = 1 << 20;
/// Most keywords and operators of a condition; values of `IN` do not count.
const CONDITION_WORDS_MAX: usize = 1000;
/// How deep a condition can be nested.
const CONDITION_DEPTH_MAX: usize = 64;

/// Where something stands in a condition; 0 means that it is not known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) line: u64,
    pub(crate) column: u64,
}

/// An expression as it was written, before names and types are looked up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Expr {
    /// `column`, `table.column` or `schema.table.column`, as PostgreSQL stores names.
    Column {
        name: Vec<String>,
        place: Place,
    },
    /// A number without sign, as written.
    Number(String),
    /// `'…'`, decoded.
    String(String),
    /// `B'…'`.
    Bits(String),
    Boolean(bool),
    Null,
    /// `-` before a number.
    Minus(Box<Expr>),
    Not(Box<Expr>),
    And(Vec<Expr>),
    Or(Vec<Expr>),
    Compare {
        op: CompareOp,
        left: Box<Expr>,
        right: Box<Expr>,
    },
    Distinct {
        left: Box<Expr>,
        right: Box<Expr>,
        negated: bool,
    },
    In {
        operand: Box<Expr>,
        list: Vec<Expr>,
        negated: bool,
    },
    Between {
        operand: Box<Expr>,
        low: Box<Expr>,
        high: Box<Expr>,
        negated: bool,
    },
    /// `LIKE`, `ILIKE`, `~`, `~*` and their negations.
    Match {
        operand: Box<Expr>,
        pattern: Box<Expr>,
        escape: Option<Box<Expr>>,
        regex: bool,
        ignore_case: bool,
        negated: bool,
    },
    Is {
        operand: Box<Expr>,
        what: Is,
        negated: bool,
    },
    Call {
        name: String,
        args: Vec<Expr>,
    },
    /// A cast to a type, named as written, in lower case where it was not quoted.
    Cast {
        operand: Box<Expr>,
        to: Vec<String>,
    },
    Collate {
        operand: Box<Expr>,
        collation: Vec<String>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CompareOp {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Is {
    Null,
    True,
    False,
    Unknown,
}

/// The error of a condition that is not supported.
pub(crate) fn refuse(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidOption, message)
}

/// Reads a condition.
pub(crate) fn parse_condition(sql: &str) -> Result<Expr> {
    if sql.len() > CONDITION_BYTES_MAX {
        let message = format!("the condition is longer than {CONDITION_BYTES_MAX} bytes");
        return Err(Error::new(ErrorKind::TooLarge, message));
    }
    if sql.contains('\0') {
        return Err(refuse("a condition cannot hold a NUL byte"));
    }
    let dialect = PostgreSqlDialect {};
    let tokens = Tokenizer::new(&dialect, sql)
        .tokenize_with_location()
        .map_err(|error| unreadable(error.into()))?;
    // sqlparser drops its trees by recursion: what can make one deep is counted before.
    let mut previous = &Token::Comma;
    let mut words = 0;
    for token in tokens.iter().map(|token| &token.token) {
        words += usize::from(deepens(token, previous));
        if !matches!(token, Token::Whitespace(_)) {
            previous = token;
        }
    }
    if words > CONDITION_WORDS_MAX {
        let message = format!("the condition has more than {CONDITION_WORDS_MAX} keywords and operators");
        return Err(Error::new(ErrorKind::TooLarge, message).with_hint("write x IN (…) instead of x = … OR x = …"));
    }
    let mut parser = Parser::new(&dialect).with_tokens_with_locations(tokens);
    let parsed = parser.parse_expr().map_err(unreadable)?;
    let next = parser.peek_token();
    if next.token != Token::EOF {
        let found = next.token.to_string();
        return Err(at(
            next.span.start,
            refuse(format!("the condition ends before `{found}`")),
        ));
    }
    translate(&parsed, 0)
}

fn unreadable(error: ParserError) -> Error {
    let why = match error {
        ParserError::TokenizerError(why) | ParserError::ParserError(why) => why,
        ParserError::RecursionLimitExceeded => {
            return Error::new(ErrorKind::TooLarge, "the condition is nested too deep");
        }
    };
    // sqlparser reads COLLATE behind a column, a literal, a call or parentheses only.
    match why.split_once("COLLATE") {
        Some(_) => refuse("COLLATE cannot be read here").with_hint("put its operand in parentheses"),
        None => refuse(format!("the condition cannot be read: {why}")),
    }
}

fn deepens(token: &Token, previous: &Token) -> bool {
    match token {
        Token::Word(word) => word.keyword != Keyword::NoKeyword,
        Token::Minus => *previous != Token::Comma,
        Token::Comma | Token::Whitespace(_) | Token::Number(..) | Token::SingleQuotedString(_) => false,
        _ => true,
    }
}

fn place(location: Location) -> Place {
    Place {
        line: location.line,
        column: location.column,
    }
}

impl Place {
    /// `message` with this place behind it.
    pub(crate) fn of(self, message: &str) -> String {
        match self.line {
            0 => message.to_owned(),
            line => format!("{message}, at line {line}, column {} of the condition", self.column),
        }
    }
}

fn at(location: Location, error: Error) -> Error {
    let message = place(location).of(error.message());
    let hint = error.hint().map(str::to_owned);
    match hint {
        Some(hint) => refuse(message).with_hint(hint),
        None => refuse(message),
    }
}

fn unsupported(expr: &Sql, what: &str) -> Error {
    const HELP: &str = "supported are comparisons, IN, BETWEEN, LIKE, ILIKE, ~, IS, AND, OR, NOT, lower, upper, length, \
                        coalesce and casts to text";
    at(
        start(expr),
        refuse(format!("{what} is not supported in a condition")).with_hint(HELP),
    )
}

/// Where an expression begins, as far as its first leaf knows. No recursion: chains of operators are deep to the left.
fn start(mut expr: &Sql) -> Location {
    loop {
        expr = match expr {
            Sql::Identifier(ident) => return ident.span.start,
            Sql::CompoundIdentifier(idents) => return idents.first().map_or_else(nowhere, |ident| ident.span.start),
            Sql::Value(value) => return value.span.start,
            Sql::TypedString(typed) => return typed.value.span.start,
            Sql::Function(function) => {
                return match function.name.0.first() {
                    Some(ObjectNamePart::Identifier(ident)) => ident.span.start,
                    _ => nowhere(),
                };
            }
            Sql::BinaryOp { left, .. } | Sql::IsDistinctFrom(left, _) | Sql::IsNotDistinctFrom(left, _) => left,
            Sql::IsNull(inner)
            | Sql::IsNotNull(inner)
            | Sql::IsTrue(inner)
            | Sql::IsNotTrue(inner)
            | Sql::IsFalse(inner)
            | Sql::IsNotFalse(inner)
            | Sql::IsUnknown(inner)
            | Sql::IsNotUnknown(inner)
            | Sql::Nested(inner) => inner,
            Sql::UnaryOp { expr, .. }
            | Sql::Cast { expr, .. }
            | Sql::Collate { expr, .. }
            | Sql::Like { expr, .. }
            | Sql::ILike { expr, .. }
            | Sql::SimilarTo { expr, .. }
            | Sql::RLike { expr, .. }
            | Sql::InList { expr, .. }
            | Sql::InSubquery { expr, .. }
            | Sql::Between { expr, .. } => expr,
            Sql::AnyOp { left, .. } | Sql::AllOp { left, .. } => left,
            Sql::CompoundFieldAccess { root, .. } => root,
            _ => return nowhere(),
        };
    }
}

fn nowhere() -> Location {
    Location { line: 0, column: 0 }
}

fn translate(expr: &Sql, depth: usize) -> Result<Expr> {
    let depth = depth + 1;
    if depth > CONDITION_DEPTH_MAX {
        let message = format!("the condition is nested more than {CONDITION_DEPTH_MAX} deep");
        return Err(Error::new(ErrorKind::TooLarge, message));
    }
    let inner = |expr: &Sql| translate(expr, depth).map(Box::new);
    let is = |expr: &Sql, what, negated| {
        Ok(Expr::Is {
            operand: inner(expr)?,
            what,
            negated,
        })
    };
    match expr {
        Sql::Nested(expr) => translate(expr, depth),
        Sql::BinaryOp { left, op, right } => binary(expr, left, op, right, depth),
        Sql::UnaryOp {
            op: UnaryOperator::Not,
            expr,
        } => Ok(Expr::Not(inner(expr)?)),
        Sql::IsNull(expr) => is(expr, Is::Null, false),
        Sql::IsNotNull(expr) => is(expr, Is::Null, true),
        Sql::IsTrue(expr) => is(expr, Is::True, false),
        Sql::IsNotTrue(expr) => is(expr, Is::True, true),
        Sql::IsFalse(expr) => is(expr, Is::False, false),
        Sql::IsNotFalse(expr) => is(expr, Is::False, true),
        Sql::IsUnknown(expr) => is(expr, Is::Unknown, false),
        Sql::IsNotUnknown(expr) => is(expr, Is::Unknown, true),
        Sql::IsDistinctFrom(left, right) | Sql::IsNotDistinctFrom(left, right) => Ok(Expr::Distinct {
            left: operand(left, depth)?,
            right: operand(right, depth)?,
            negated: matches!(expr, Sql::IsNotDistinctFrom(..)),
        }),
        Sql::InList { expr, list, negated } => Ok(Expr::In {
            operand: operand(expr, depth)?,
            list: list.iter().map(|item| translate(item, depth)).collect::<Result<_>>()?,
            negated: *negated,
        }),
        Sql::Between {
            expr,
            negated,
            low,
            high,
        } => Ok(Expr::Between {
            operand: operand(expr, depth)?,
            low: operand(low, depth)?,
            high: operand(high, depth)?,
            negated: *negated,
        }),
        Sql::Like {
            negated,
            any: false,
            expr: subject,
            pattern,
            escape_char,
        }
        | Sql::ILike {
            negated,
            any: false,
            expr: subject,
            pattern,
            escape_char,
        } => Ok(Expr::Match {
            operand: operand(subject, depth)?,
            pattern: operand(pattern, depth)?,
            escape: escape_char
                .as_deref()
                .map(|escape| operand(escape, depth))
                .transpose()?,
            regex: false,
            ignore_case: matches!(expr, Sql::ILike { .. }),
            negated: *negated,
        }),
        _ => primary(expr, depth),
    }
}

/// An operand of a comparison: only what stands for itself, whatever the ranks of the operators around it.
fn operand(expr: &Sql, depth: usize) -> Result<Box<Expr>> {
    match expr {
        Sql::BinaryOp { op, .. } if arithmetic(op) => Err(unsupported(expr, &format!("the operator {op}"))),
        Sql::BinaryOp { .. }
        | Sql::UnaryOp {
            op: UnaryOperator::Not, ..
        }
        | Sql::IsNull(_)
        | Sql::IsNotNull(_)
        | Sql::IsTrue(_)
        | Sql::IsNotTrue(_)
        | Sql::IsFalse(_)
        | Sql::IsNotFalse(_)
        | Sql::IsUnknown(_)
        | Sql::IsNotUnknown(_)
        | Sql::IsDistinctFrom(..)
        | Sql::IsNotDistinctFrom(..)
        | Sql::InList { .. }
        | Sql::Between { .. }
        | Sql::Like { .. }
        | Sql::ILike { .. } => {
            let error = refuse("an operator is an operand of another one");
            Err(at(start(expr), error.with_hint("put the operand in parentheses")))
        }
        _ => translate(expr, depth).map(Box::new),
    }
}

fn arithmetic(op: &BinaryOperator) -> bool {
    use BinaryOperator::*;
    matches!(
        op,
        Plus | Minus | Multiply | Divide | Modulo | StringConcat | PGExp | Arrow | LongArrow
    )
}

fn binary(expr: &Sql, left: &Sql, op: &BinaryOperator, right: &Sql, depth: usize) -> Result<Expr> {
    use BinaryOperator as B;
    let compare = |op| {
        Ok(Expr::Compare {
            op,
            left: operand(left, depth)?,
            right: operand(right, depth)?,
        })
    };
    let matches = |regex, ignore_case, negated| {
        Ok(Expr::Match {
            operand: operand(left, depth)?,
            pattern: operand(right, depth)?,
            escape: None,
            regex,
            ignore_case,
            negated,
        })
    };
    match op {
        B::And => chain(expr, &B::And, depth).map(Expr::And),
        B::Or => chain(expr, &B::Or, depth).map(Expr::Or),
        B::Eq => compare(CompareOp::Equal),
        B::NotEq => compare(CompareOp::NotEqual),
        B::Lt => compare(CompareOp::Less),
        B::LtEq => compare(CompareOp::LessOrEqual),
        B::Gt => compare(CompareOp::Greater),
        B::GtEq => compare(CompareOp::GreaterOrEqual),
        B::PGRegexMatch => matches(true, false, false),
        B::PGRegexIMatch => matches(true, true, false),
        B::PGRegexNotMatch => matches(true, false, true),
        B::PGRegexNotIMatch => matches(true, true, true),
        B::PGLikeMatch => matches(false, false, false),
        B::PGILikeMatch => matches(false, true, false),
        B::PGNotLikeMatch => matches(false, false, true),
        B::PGNotILikeMatch => matches(false, true, true),
        _ => Err(unsupported(expr, &format!("the operator {op}"))),
    }
}

/// The operands of a chain of `AND` or of `OR`, which leans to the left.
fn chain(mut expr: &Sql, chained: &BinaryOperator, depth: usize) -> Result<Vec<Expr>> {
    let mut operands = Vec::new();
    while let Sql::BinaryOp { left, op, right } = expr
        && op == chained
    {
        operands.push(right.as_ref());
        expr = left;
    }
    operands.push(expr);
    operands.iter().rev().map(|operand| translate(operand, depth)).collect()
}

fn primary(expr: &Sql, depth: usize) -> Result<Expr> {
    match expr {
        Sql::Identifier(ident) => column(std::slice::from_ref(ident)),
        Sql::CompoundIdentifier(idents) => column(idents),
        Sql::Value(value) => literal(value),
        Sql::UnaryOp {
            op: UnaryOperator::Minus,
            expr: number,
        } => match translate(number, depth)? {
            number @ Expr::Number(_) => Ok(Expr::Minus(Box::new(number))),
            _ => Err(unsupported(expr, "a minus sign before anything but a number")),
        },
        Sql::Cast {
            kind: CastKind::Cast | CastKind::DoubleColon,
            expr: inner,
            data_type,
            format: None,
        } => Ok(Expr::Cast {
            operand: operand(inner, depth)?,
            to: type_name(expr, data_type)?,
        }),
        Sql::TypedString(typed) if !typed.uses_odbc_syntax => Ok(Expr::Cast {
            operand: Box::new(literal(&typed.value)?),
            to: type_name(expr, &typed.data_type)?,
        }),
        Sql::Collate { expr: inner, collation } => Ok(Expr::Collate {
            operand: operand(inner, depth)?,
            collation: object_name(collation).ok_or_else(|| unsupported(expr, "this collation"))?,
        }),
        Sql::Function(function) => call(expr, function, depth),
        Sql::InSubquery { .. } | Sql::Exists { .. } | Sql::Subquery(_) => Err(unsupported(expr, "a subquery")),
        Sql::AnyOp { .. } | Sql::AllOp { .. } => {
            let error = refuse("ANY and ALL are not supported in a condition");
            Err(at(start(expr), error.with_hint("write IN (…)")))
        }
        Sql::SimilarTo { .. } => {
            let error = refuse("SIMILAR TO is not supported in a condition");
            Err(at(start(expr), error.with_hint("write LIKE or ~")))
        }
        Sql::Case { .. } => Err(unsupported(expr, "CASE")),
        _ => Err(unsupported(expr, "this expression")),
    }
}

fn call(expr: &Sql, function: &Function, depth: usize) -> Result<Expr> {
    // `current_date`, `user` and their like: sqlparser takes the keywords for calls.
    if let (FunctionArguments::None, [ObjectNamePart::Identifier(ident)]) = (&function.args, function.name.0.as_slice())
    {
        return column(std::slice::from_ref(ident));
    }
    let name = match object_name(&function.name) {
        Some(mut name) if name.len() == 1 || (name.len() == 2 && name.first().is_some_and(|s| s == "pg_catalog")) => {
            name.pop().unwrap_or_default()
        }
        _ => return Err(unsupported(expr, "a function of another schema")),
    };
    if !matches!(name.as_str(), "lower" | "upper" | "length" | "coalesce") {
        return Err(unsupported(expr, &format!("the function {name}()")));
    }
    let plain = function.over.is_none()
        && function.filter.is_none()
        && function.null_treatment.is_none()
        && function.within_group.is_empty()
        && !function.uses_odbc_syntax
        && matches!(function.parameters, FunctionArguments::None);
    let FunctionArguments::List(list) = &function.args else {
        return Err(unsupported(expr, "this call"));
    };
    if !plain || list.duplicate_treatment.is_some() || !list.clauses.is_empty() {
        return Err(unsupported(expr, "this call"));
    }
    let args = list.args.iter().map(|arg| match arg {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(arg)) => translate(arg, depth),
        _ => Err(unsupported(expr, "this argument")),
    });
    Ok(Expr::Call {
        name,
        args: args.collect::<Result<_>>()?,
    })
}

fn literal(value: &ValueWithSpan) -> Result<Expr> {
    let refused = |what: &str, hint: &str| {
        let error = refuse(format!("{what} is not supported in a condition"));
        Err(at(value.span.start, error.with_hint(hint)))
    };
    match &value.value {
        Value::Number(text, false) if text.bytes().all(|b| b.is_ascii_digit() || b".eE+-".contains(&b)) => {
            Ok(Expr::Number(text.clone()))
        }
        Value::SingleQuotedString(text) => Ok(Expr::String(text.clone())),
        Value::DollarQuotedString(text) => Ok(Expr::String(text.value.clone())),
        Value::SingleQuotedByteStringLiteral(bits) => Ok(Expr::Bits(bits.clone())),
        Value::Boolean(value) => Ok(Expr::Boolean(*value)),
        Value::Null => Ok(Expr::Null),
        Value::Placeholder(name) => refused(&format!("the parameter {name}"), "write the value itself"),
        Value::Number(..) => refused("this form of a number", "write digits"),
        _ => refused("this form of a literal", "write '…'"),
    }
}

fn column(idents: &[Ident]) -> Result<Expr> {
    let place = idents.first().map(|ident| place(ident.span.start)).unwrap_or_default();
    let mut name = Vec::with_capacity(idents.len());
    for ident in idents {
        let folded = fold(ident).ok_or_else(|| refuse(place.of("these quotes are not PostgreSQL's")))?;
        // A keyword such as `user` means something else to PostgreSQL unless it is quoted.
        if ident.quote_style.is_none() && is_keyword(&folded) {
            let error = refuse(place.of(&format!("{folded} is a keyword")));
            return Err(error.with_hint(format!("write \"{folded}\" if it is a column")));
        }
        name.push(folded);
    }
    Ok(Expr::Column { name, place })
}

fn is_keyword(folded: &str) -> bool {
    folded.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_') && quote_ident(folded) != folded
}

fn fold(ident: &Ident) -> Option<String> {
    match ident.quote_style {
        None => Some(ident.value.to_ascii_lowercase()),
        Some('"') => Some(ident.value.clone()),
        Some(_) => None,
    }
}

fn object_name(name: &ObjectName) -> Option<Vec<String>> {
    let part = |part: &ObjectNamePart| match part {
        ObjectNamePart::Identifier(ident) => fold(ident),
        ObjectNamePart::Function(_) => None,
    };
    name.0.iter().map(part).collect()
}

/// A type without modifiers. Those sqlparser has a variant for print as PostgreSQL spells them, in capitals.
fn type_name(expr: &Sql, data_type: &DataType) -> Result<Vec<String>> {
    match data_type {
        DataType::Custom(name, modifiers) if modifiers.is_empty() => {
            object_name(name).ok_or_else(|| unsupported(expr, "this type"))
        }
        other => {
            let text = other.to_string().to_ascii_lowercase();
            if text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b' ') {
                return Ok(vec![text]);
            }
            let error = refuse(format!("a cast to {text} is not supported in a condition"));
            Err(at(
                start(expr),
                error.with_hint("write the type without length or precision"),
            ))
        }
    }
}
