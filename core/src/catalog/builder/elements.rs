//! Column definitions and constraints, the parts that `CREATE TABLE` and `ALTER TABLE … ADD` share (syntax only).

use super::cursor::{Cursor, Parse, RawName};
use super::defaults::{DefaultValue, parse_default};
use super::types::{ColumnType, parse_type};
use crate::catalog::{Action, Identity};
use crate::lex::tokens::TokenKind;

/// One element of a table definition.
#[derive(Clone, Debug)]
pub(super) enum Element {
    Column(ColumnDef),
    Constraint(Constraint),
    Like(Like),
}

/// `LIKE source INCLUDING …`.
#[derive(Clone, Debug)]
pub(super) struct Like {
    pub(super) source: RawName,
    pub(super) defaults: bool,
    pub(super) identity: bool,
    pub(super) generated: bool,
    pub(super) indexes: bool,
}

/// A column definition; the type is absent in typed tables and partitions.
#[derive(Clone, Debug)]
pub(super) struct ColumnDef {
    pub(super) name: String,
    pub(super) offset: usize,
    pub(super) data_type: Option<ColumnType>,
    pub(super) collation: Option<RawName>,
    pub(super) not_null: Option<NotNull>,
    pub(super) default: Option<DefaultValue>,
    pub(super) identity: Option<Identity>,
    pub(super) generated: bool,
    /// The sequence named for an identity column.
    pub(super) sequence: Option<RawName>,
    pub(super) constraints: Vec<Constraint>,
}

/// A `NOT NULL` constraint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NotNull {
    /// False for `NO INHERIT`.
    pub(super) inherited: bool,
}

/// A key, a foreign key, or another constraint.
#[derive(Clone, Debug)]
pub(super) struct Constraint {
    pub(super) name: Option<String>,
    pub(super) offset: usize,
    pub(super) body: Body,
    pub(super) deferrable: bool,
    pub(super) initially_deferred: bool,
    pub(super) enforced: bool,
    /// Whether something in it is not understood.
    pub(super) unsure: bool,
}

#[derive(Clone, Debug)]
pub(super) enum Body {
    Key(KeyDef),
    Foreign(ForeignDef),
    NotNull { column: String, not_null: NotNull },
    Other,
}

#[derive(Clone, Debug, Default)]
pub(super) struct KeyDef {
    pub(super) primary: bool,
    pub(super) columns: Vec<String>,
    pub(super) included: Vec<String>,
    pub(super) nulls_not_distinct: bool,
    pub(super) without_overlaps: bool,
    /// `USING INDEX name`: the key takes over that index.
    pub(super) using_index: Option<String>,
}

#[derive(Clone, Debug)]
pub(super) struct ForeignDef {
    pub(super) columns: Vec<String>,
    pub(super) references: RawName,
    pub(super) referenced_columns: Vec<String>,
    pub(super) match_full: bool,
    pub(super) on_delete: Action,
    pub(super) on_delete_columns: Vec<String>,
    pub(super) on_update: Action,
}

/// Takes `(element, …)`; `typed` means that columns come without a type.
pub(super) fn parse_elements(cursor: &mut Cursor<'_>, typed: bool) -> Parse<Vec<Element>> {
    let mut elements = Vec::new();
    cursor.expect_punct(b'(')?;
    if cursor.punct(b')') {
        return Ok(elements);
    }
    loop {
        elements.push(parse_element(cursor, typed)?);
        if !cursor.punct(b',') {
            break;
        }
    }
    cursor.expect_punct(b')')?;
    Ok(elements)
}

fn parse_element(cursor: &mut Cursor<'_>, typed: bool) -> Parse<Element> {
    if let Some(constraint) = parse_table_constraint(cursor)? {
        return Ok(Element::Constraint(constraint));
    }
    if cursor.word("like") {
        return parse_like(cursor).map(Element::Like);
    }
    parse_column(cursor, typed).map(Element::Column)
}

fn parse_like(cursor: &mut Cursor<'_>) -> Parse<Like> {
    let source = cursor.qualified_name()?;
    let mut like = Like {
        source,
        defaults: false,
        identity: false,
        generated: false,
        indexes: false,
    };
    loop {
        let including = cursor.word("including");
        if !including && !cursor.word("excluding") {
            return Ok(like);
        }
        match cursor.any_word().as_deref() {
            Some("all") => {
                (like.defaults, like.identity, like.generated, like.indexes) =
                    (including, including, including, including);
            }
            Some("defaults") => like.defaults = including,
            Some("identity") => like.identity = including,
            Some("generated") => like.generated = including,
            Some("indexes") => like.indexes = including,
            _ => {}
        }
    }
}

/// Takes a column definition up to its end.
pub(super) fn parse_column(cursor: &mut Cursor<'_>, typed: bool) -> Parse<ColumnDef> {
    let offset = cursor.offset();
    let name = cursor.name()?;
    let data_type = if typed {
        cursor.words(&["with", "options"]);
        None
    } else {
        Some(parse_type(cursor)?)
    };
    let mut column = ColumnDef {
        name,
        offset,
        data_type,
        collation: None,
        not_null: None,
        default: None,
        identity: None,
        generated: false,
        sequence: None,
        constraints: Vec::new(),
    };
    while !cursor.at_element_end() {
        parse_column_constraint(cursor, &mut column)?;
    }
    Ok(column)
}

fn parse_column_constraint(cursor: &mut Cursor<'_>, column: &mut ColumnDef) -> Parse<()> {
    let offset = cursor.offset();
    let name = if cursor.word("constraint") {
        Some(cursor.name()?)
    } else {
        None
    };
    if cursor.words(&["not", "null"]) {
        column.not_null = Some(NotNull {
            inherited: !cursor.words(&["no", "inherit"]),
        });
        cursor.words(&["not", "valid"]);
    } else if cursor.word("null") {
    } else if cursor.word("default") {
        column.default = Some(parse_default(cursor)?);
    } else if cursor.word("generated") {
        parse_generated(cursor, column)?;
    } else if cursor.word("collate") {
        column.collation = Some(cursor.qualified_name()?);
    } else if cursor.word("check") {
        cursor.skip_group()?;
        cursor.words(&["no", "inherit"]);
        column.constraints.push(attributes(cursor, name, offset, Body::Other)?);
    } else if cursor.words(&["primary", "key"]) || cursor.word("unique") {
        let primary = cursor.is_word_behind("key");
        let mut key = KeyDef {
            primary,
            columns: vec![column.name.clone()],
            ..KeyDef::default()
        };
        key.nulls_not_distinct = parse_nulls_distinct(cursor);
        skip_index_parameters(cursor, &mut key)?;
        column
            .constraints
            .push(attributes(cursor, name, offset, Body::Key(key))?);
    } else if cursor.word("references") {
        let foreign = parse_references(cursor, vec![column.name.clone()])?;
        column
            .constraints
            .push(attributes(cursor, name, offset, Body::Foreign(foreign))?);
    } else {
        cursor.skip_one()?;
    }
    Ok(())
}

fn parse_generated(cursor: &mut Cursor<'_>, column: &mut ColumnDef) -> Parse<()> {
    let identity = match cursor.word("always") {
        true => Identity::Always,
        false => {
            cursor.expect_word("by")?;
            cursor.expect_word("default")?;
            Identity::ByDefault
        }
    };
    cursor.expect_word("as")?;
    if cursor.word("identity") {
        column.identity = Some(identity);
        column.sequence = parse_sequence_name(cursor)?;
    } else {
        column.generated = true;
        if !cursor.skip_group()? {
            return cursor.fault("the expression of a generated column is expected here");
        }
        let _ = cursor.word("stored") || cursor.word("virtual");
    }
    Ok(())
}

/// Takes the options of an identity column; returns its `SEQUENCE NAME`.
pub(super) fn parse_sequence_name(cursor: &mut Cursor<'_>) -> Parse<Option<RawName>> {
    let start = cursor.position();
    let Ok(true) = cursor.skip_group() else { return Ok(None) };
    let end = cursor.position();
    cursor.set_position(start + 1);
    let mut name = None;
    while cursor.position() < end {
        if cursor.words(&["sequence", "name"]) {
            name = Some(cursor.qualified_name()?);
        } else {
            cursor.advance();
        }
    }
    cursor.set_position(end);
    Ok(name)
}

/// Takes a table constraint, if one comes next.
pub(super) fn parse_table_constraint(cursor: &mut Cursor<'_>) -> Parse<Option<Constraint>> {
    let offset = cursor.offset();
    let name = if cursor.word("constraint") {
        Some(cursor.name()?)
    } else {
        None
    };
    let body = if cursor.words(&["primary", "key"]) || cursor.word("unique") {
        let primary = cursor.is_word_behind("key");
        Body::Key(parse_key(cursor, primary)?)
    } else if cursor.words(&["foreign", "key"]) {
        let columns = parse_period_list(cursor)?;
        cursor.expect_word("references")?;
        Body::Foreign(parse_references(cursor, columns)?)
    } else if cursor.words(&["not", "null"]) {
        let column = cursor.name()?;
        Body::NotNull {
            column,
            not_null: NotNull {
                inherited: !cursor.words(&["no", "inherit"]),
            },
        }
    } else if cursor.word("check") || is_exclusion(cursor) || name.is_some() {
        cursor.skip_element()?;
        Body::Other
    } else {
        return Ok(None);
    };
    let mut constraint = attributes(cursor, name, offset, body)?;
    if !cursor.at_element_end() {
        constraint.unsure = true;
        cursor.skip_element()?;
    }
    Ok(Some(constraint))
}

/// `EXCLUDE` is also a possible name of a column.
fn is_exclusion(cursor: &Cursor<'_>) -> bool {
    cursor.is_word("exclude")
        && (cursor.is_word_at(1, "using") || matches!(cursor.kind_at(1), Some(TokenKind::Punct(b'('))))
}

fn parse_key(cursor: &mut Cursor<'_>, primary: bool) -> Parse<KeyDef> {
    let mut key = KeyDef {
        primary,
        ..KeyDef::default()
    };
    if cursor.words(&["using", "index"]) {
        key.using_index = Some(cursor.name()?);
        return Ok(key);
    }
    key.nulls_not_distinct = parse_nulls_distinct(cursor);
    cursor.expect_punct(b'(')?;
    loop {
        key.columns.push(cursor.name()?);
        key.without_overlaps |= cursor.words(&["without", "overlaps"]);
        if !cursor.punct(b',') {
            break;
        }
    }
    cursor.expect_punct(b')')?;
    skip_index_parameters(cursor, &mut key)?;
    Ok(key)
}

fn parse_nulls_distinct(cursor: &mut Cursor<'_>) -> bool {
    let not_distinct = cursor.words(&["nulls", "not", "distinct"]);
    if !not_distinct {
        cursor.words(&["nulls", "distinct"]);
    }
    not_distinct
}

fn skip_index_parameters(cursor: &mut Cursor<'_>, key: &mut KeyDef) -> Parse<()> {
    loop {
        if cursor.word("include") {
            key.included = cursor.name_list()?;
        } else if cursor.word("with") {
            cursor.skip_group()?;
        } else if cursor.words(&["using", "index", "tablespace"]) {
            cursor.name()?;
        } else {
            return Ok(());
        }
    }
}

/// Takes `(column, …, PERIOD column)`.
fn parse_period_list(cursor: &mut Cursor<'_>) -> Parse<Vec<String>> {
    let mut columns = Vec::new();
    cursor.expect_punct(b'(')?;
    loop {
        if cursor.is_word("period") && !matches!(cursor.kind_at(1), Some(TokenKind::Punct(_))) {
            cursor.advance();
        }
        columns.push(cursor.name()?);
        if !cursor.punct(b',') {
            break;
        }
    }
    cursor.expect_punct(b')')?;
    Ok(columns)
}

/// Takes what follows `REFERENCES`, up to the constraint's attributes.
fn parse_references(cursor: &mut Cursor<'_>, columns: Vec<String>) -> Parse<ForeignDef> {
    let references = cursor.qualified_name()?;
    let mut foreign = ForeignDef {
        columns,
        references,
        referenced_columns: Vec::new(),
        match_full: false,
        on_delete: Action::NoAction,
        on_delete_columns: Vec::new(),
        on_update: Action::NoAction,
    };
    if cursor.is_punct(b'(') {
        foreign.referenced_columns = parse_period_list(cursor)?;
    }
    loop {
        if cursor.word("match") {
            foreign.match_full = cursor.any_word().as_deref() == Some("full");
        } else if cursor.words(&["on", "delete"]) {
            foreign.on_delete = parse_action(cursor)?;
            if cursor.is_punct(b'(') {
                foreign.on_delete_columns = cursor.name_list()?;
            }
        } else if cursor.words(&["on", "update"]) {
            foreign.on_update = parse_action(cursor)?;
        } else {
            return Ok(foreign);
        }
    }
}

fn parse_action(cursor: &mut Cursor<'_>) -> Parse<Action> {
    for (words, action) in [
        (&["no", "action"][..], Action::NoAction),
        (&["restrict"], Action::Restrict),
        (&["cascade"], Action::Cascade),
        (&["set", "null"], Action::SetNull),
        (&["set", "default"], Action::SetDefault),
    ] {
        if cursor.words(words) {
            return Ok(action);
        }
    }
    cursor.fault("a referential action (NO ACTION, RESTRICT, CASCADE, SET NULL, SET DEFAULT) is expected here")
}

/// Takes the attributes behind a constraint; what else stands there makes it unsure.
fn attributes(cursor: &mut Cursor<'_>, name: Option<String>, offset: usize, body: Body) -> Parse<Constraint> {
    let mut constraint = Constraint {
        name,
        offset,
        body,
        deferrable: false,
        initially_deferred: false,
        enforced: true,
        unsure: false,
    };
    while !cursor.at_element_end() && parse_attribute(cursor, &mut constraint) {}
    // In a column definition another column constraint may follow; a word that begins none is not understood.
    let next_constraint = [
        "constraint",
        "not",
        "null",
        "default",
        "generated",
        "unique",
        "primary",
        "check",
        "references",
        "collate",
        "storage",
        "compression",
        "options",
    ];
    if !cursor.at_element_end() && !next_constraint.iter().any(|word| cursor.is_word(word)) {
        constraint.unsure = true;
        cursor.skip_element()?;
    }
    Ok(constraint)
}

/// Takes one of the attributes that `ALTER CONSTRAINT` can also set.
pub(super) fn parse_attribute(cursor: &mut Cursor<'_>, constraint: &mut Constraint) -> bool {
    if cursor.words(&["not", "deferrable"]) {
        (constraint.deferrable, constraint.initially_deferred) = (false, false);
    } else if cursor.word("deferrable") {
        constraint.deferrable = true;
    } else if cursor.words(&["initially", "deferred"]) {
        (constraint.deferrable, constraint.initially_deferred) = (true, true);
    } else if cursor.words(&["initially", "immediate"]) {
        constraint.initially_deferred = false;
    } else if cursor.words(&["not", "enforced"]) {
        constraint.enforced = false;
    } else if cursor.word("enforced") {
        constraint.enforced = true;
    } else {
        return cursor.words(&["not", "valid"]) || cursor.words(&["no", "inherit"]);
    }
    true
}
