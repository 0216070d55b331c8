//! Defaults of columns: whether they are constants, and which.

use super::columns::ColumnState;
use super::cursor::{Cursor, Parse};
use super::types::{ColumnType, parse_type};
use crate::lex::tokens::TokenKind;

/// What a `DEFAULT` clause says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum DefaultValue {
    /// A bare `NULL`.
    Null,
    /// A constant, as text.
    Constant(String),
    /// Anything else, `NULL::text` too.
    Expression,
}

impl DefaultValue {
    pub(super) fn value(&self) -> Option<String> {
        match self {
            Self::Constant(value) => Some(value.clone()),
            Self::Null | Self::Expression => None,
        }
    }
}

impl ColumnState {
    /// Gives the column a default; `kept` says whether a bare `NULL` is stored as one.
    pub(super) fn set_default(&mut self, default: &DefaultValue, kept: bool) {
        self.column.has_default = *default != DefaultValue::Null || kept;
        self.column.default_value = default.value();
        // What such words mean is fixed when the server reads the definition.
        let is_relative = |value: &mut String| {
            let type_name = self.column.type_name.as_str();
            let is_time = type_name.starts_with("time") || type_name.starts_with("date");
            let word = value.trim().to_ascii_lowercase();
            is_time && ["now", "today", "tomorrow", "yesterday", "allballs"].contains(&word.as_str())
        };
        self.column.default_value = self.column.default_value.take_if(|value| !is_relative(value));
    }

    pub(super) fn drop_default(&mut self) {
        self.column.has_default = false;
        self.column.default_value = None;
    }
}

/// Takes the expression behind `DEFAULT`.
pub(super) fn parse_default(cursor: &mut Cursor<'_>) -> Parse<DefaultValue> {
    let start = cursor.position();
    cursor.skip_default()?;
    let end = cursor.position();
    cursor.set_position(start);
    let is_null = cursor.word("null") && cursor.position() == end;
    cursor.set_position(start);
    let constant = parse_constant(cursor).filter(|_| cursor.position() == end);
    cursor.set_position(end);
    if is_null {
        return Ok(DefaultValue::Null);
    }
    Ok(constant.map_or(DefaultValue::Expression, |constant| {
        DefaultValue::Constant(constant.text)
    }))
}

struct Constant {
    text: String,
    may_be_cast: bool,
}

/// What a constant stands in.
enum Around {
    Parentheses,
    Cast,
}

/// Takes a constant with its parentheses and at most one cast. No recursion: any number of parentheses may stand there.
fn parse_constant(cursor: &mut Cursor<'_>) -> Option<Constant> {
    let mut around = Vec::new();
    loop {
        if cursor.punct(b'(') {
            around.push(Around::Parentheses);
        } else if cursor.is_word("cast") {
            cursor.advance();
            cursor.punct(b'(').then_some(())?;
            around.push(Around::Cast);
        } else {
            break;
        }
    }
    let mut constant = parse_primary(cursor)?;
    loop {
        if matches!(
            (cursor.kind(), cursor.kind_at(1)),
            (Some(TokenKind::Punct(b':')), Some(TokenKind::Punct(b':')))
        ) {
            cursor.advance();
            cursor.advance();
            cast(cursor, &mut constant)?;
        }
        match around.pop() {
            None => return Some(constant),
            Some(Around::Parentheses) => {}
            Some(Around::Cast) => {
                cursor.word("as").then_some(())?;
                cast(cursor, &mut constant)?;
            }
        }
        cursor.punct(b')').then_some(())?;
    }
}

/// Takes the type that a constant is cast to.
fn cast(cursor: &mut Cursor<'_>, constant: &mut Constant) -> Option<()> {
    parse_type(cursor).ok().filter(|data_type| !changes_value(data_type))?;
    std::mem::replace(&mut constant.may_be_cast, false).then_some(())
}

/// A length or precision cuts or rounds.
fn changes_value(data_type: &ColumnType) -> bool {
    data_type.has_modifier() || data_type.serial
}

fn parse_primary(cursor: &mut Cursor<'_>) -> Option<Constant> {
    match cursor.kind()? {
        TokenKind::String => parse_string(cursor),
        TokenKind::Number => parse_number(cursor, ""),
        TokenKind::Punct(b'-') => {
            cursor.advance();
            parse_number(cursor, "-")
        }
        TokenKind::Word(word) if matches!(word.as_ref(), "true" | "false") => {
            let text = word.to_string();
            cursor.advance();
            Some(Constant {
                text,
                may_be_cast: false,
            })
        }
        TokenKind::Word(word) if word != "null" => {
            // `interval '1 day'`
            parse_type(cursor).ok().filter(|data_type| !changes_value(data_type))?;
            let mut constant = parse_string(cursor)?;
            constant.may_be_cast = false;
            Some(constant)
        }
        _ => None,
    }
}

/// Takes `'…'`, `$…$`, `B'…'`, or `E'…'` without numeric escapes.
fn parse_string(cursor: &mut Cursor<'_>) -> Option<Constant> {
    let text = cursor.text();
    let is_read_exactly = match text.first()? {
        b'\'' | b'$' | b'b' | b'B' => true,
        b'e' | b'E' => !text
            .windows(2)
            .any(|pair| matches!(pair, [b'\\', b'0'..=b'9' | b'x' | b'u' | b'U'])),
        _ => false,
    };
    let text = cursor.string().ok().filter(|_| is_read_exactly)?;
    Some(Constant {
        text,
        may_be_cast: true,
    })
}

/// Takes a decimal number; a cast may round one with a point, and the server sees a cast in a negative one already.
fn parse_number(cursor: &mut Cursor<'_>, sign: &str) -> Option<Constant> {
    let text = std::str::from_utf8(cursor.text()).ok()?;
    let is_decimal = text
        .bytes()
        .all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-'))
        && text.bytes().any(|byte| byte.is_ascii_digit());
    if cursor.kind() != Some(TokenKind::Number) || !is_decimal {
        return None;
    }
    let constant = Constant {
        text: format!("{sign}{text}"),
        may_be_cast: sign.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()),
    };
    cursor.advance();
    Some(constant)
}
