//! Type names, as they are written and as `format_type()` prints them.

use super::cursor::{Cursor, Parse};
use crate::catalog::names::quote_ident;
use crate::lex::tokens::{TokenKind, decode_name};

/// Types of `pg_catalog` that a column can have, in any of PostgreSQL 12 to 18, sorted.
#[rustfmt::skip]
const BUILTIN: &[&str] = &[
    "aclitem", "bit", "bool", "box", "bpchar", "bytea", "char", "cid", "cidr", "circle", "date", "datemultirange",
    "daterange", "float4", "float8", "gtsvector", "inet", "int2", "int2vector", "int4", "int4multirange",
    "int4range", "int8", "int8multirange", "int8range", "interval", "json", "jsonb", "jsonpath", "line", "lseg",
    "macaddr", "macaddr8", "money", "name", "numeric", "nummultirange", "numrange", "oid", "oidvector", "path",
    "pg_brin_bloom_summary", "pg_brin_minmax_multi_summary", "pg_dependencies", "pg_lsn", "pg_mcv_list",
    "pg_ndistinct", "pg_node_tree", "pg_snapshot", "point", "polygon", "refcursor", "regclass", "regcollation",
    "regconfig", "regdictionary", "regnamespace", "regoper", "regoperator", "regproc", "regprocedure", "regrole",
    "regtype", "text", "tid", "time", "timestamp", "timestamptz", "timetz", "tsmultirange", "tsquery", "tsrange",
    "tstzmultirange", "tstzrange", "tsvector", "txid_snapshot", "uuid", "varbit", "varchar", "xid", "xid8", "xml",
];

/// A type as a column definition writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum RawType {
    /// A type of `pg_catalog`, as `format_type()` prints it.
    Builtin(String),
    /// Any other, with its modifier as written, such as `(Point,4326)`.
    User {
        schema: Option<String>,
        name: String,
        modifier: String,
    },
}

/// A type with what its notation says beyond the type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ColumnType {
    pub(super) base: RawType,
    pub(super) array: bool,
    /// Whether it is `serial` or one of its kin: an integer with a sequence as default.
    pub(super) serial: bool,
}

impl ColumnType {
    /// Whether a length or precision is coerced to, which makes even `DEFAULT NULL` an expression.
    pub(super) fn has_modifier(&self) -> bool {
        match &self.base {
            RawType::Builtin(text) => text.contains('('),
            RawType::User { modifier, .. } => !modifier.is_empty(),
        }
    }
}

/// Takes a type, with array bounds.
pub(super) fn parse_type(cursor: &mut Cursor<'_>) -> Parse<ColumnType> {
    let (base, serial) = parse_base(cursor)?;
    let mut array = false;
    if cursor.word("array") {
        array = true;
    }
    while cursor.is_punct(b'[') {
        cursor.skip_group()?;
        array = true;
    }
    Ok(ColumnType { base, array, serial })
}

fn parse_base(cursor: &mut Cursor<'_>) -> Parse<(RawType, bool)> {
    if !matches!(cursor.kind_at(1), Some(TokenKind::Punct(b'.'))) {
        if let Some(text) = parse_keyword_type(cursor)? {
            return Ok((RawType::Builtin(text), false));
        }
        for (serial, integer) in [
            (["serial", "serial4"], "integer"),
            (["bigserial", "serial8"], "bigint"),
            (["smallserial", "serial2"], "smallint"),
        ] {
            if serial.iter().any(|name| cursor.word(name)) {
                return Ok((RawType::Builtin(integer.to_owned()), true));
            }
        }
    }
    let name = cursor.qualified_name()?;
    let modifiers = parse_modifiers(cursor)?;
    let in_catalog = name.schema.as_deref().is_none_or(|schema| schema == "pg_catalog");
    if in_catalog && BUILTIN.binary_search(&name.name.as_str()).is_ok() {
        return Ok((RawType::Builtin(format_builtin(&name.name, &modifiers)), false));
    }
    let modifier = if modifiers.is_empty() {
        String::new()
    } else {
        format!("({})", modifiers.join(","))
    };
    Ok((
        RawType::User {
            schema: name.schema,
            name: name.name,
            modifier,
        },
        false,
    ))
}

/// Takes the types whose names are keywords of the grammar (`SimpleTypename` in `gram.y`).
fn parse_keyword_type(cursor: &mut Cursor<'_>) -> Parse<Option<String>> {
    let Some(TokenKind::Word(word)) = cursor.kind() else {
        return Ok(None);
    };
    let word = word.to_string();
    let start = cursor.position();
    cursor.advance();
    let name = match word.as_str() {
        "int" | "integer" => "int4",
        "smallint" => "int2",
        "bigint" => "int8",
        "real" => "float4",
        "boolean" => "bool",
        "dec" | "decimal" => "numeric",
        "double" => {
            cursor.expect_word("precision")?;
            "float8"
        }
        "float" => match parse_modifiers(cursor)?
            .first()
            .and_then(|digits| digits.parse::<u32>().ok())
        {
            Some(..=24) => "float4",
            _ => "float8",
        },
        "bit" => return parse_sized(cursor, "varbit", "bit").map(Some),
        "national" => {
            let _ = cursor.word("character") || cursor.word("char");
            return parse_sized(cursor, "varchar", "bpchar").map(Some);
        }
        "character" | "char" | "nchar" => return parse_sized(cursor, "varchar", "bpchar").map(Some),
        "time" | "timestamp" => return parse_time(cursor, &word).map(Some),
        "interval" => return parse_interval(cursor).map(Some),
        _ => {
            cursor.set_position(start);
            return Ok(None);
        }
    };
    let modifiers = parse_modifiers(cursor)?;
    Ok(Some(format_builtin(name, &modifiers)))
}

/// `[VARYING] [(n)]`: without a length the fixed one is of length 1.
fn parse_sized(cursor: &mut Cursor<'_>, varying: &str, fixed: &str) -> Parse<String> {
    let name = if cursor.word("varying") { varying } else { fixed };
    let mut modifiers = parse_modifiers(cursor)?;
    if modifiers.is_empty() && name == fixed {
        modifiers.push("1".to_owned());
    }
    Ok(format_builtin(name, &modifiers))
}

fn parse_time(cursor: &mut Cursor<'_>, word: &str) -> Parse<String> {
    let modifiers = parse_modifiers(cursor)?;
    let with_zone = cursor.words(&["with", "time", "zone"]);
    if !with_zone {
        cursor.words(&["without", "time", "zone"]);
    }
    let name = if with_zone {
        format!("{word}tz")
    } else {
        word.to_owned()
    };
    Ok(format_builtin(&name, &modifiers))
}

fn parse_interval(cursor: &mut Cursor<'_>) -> Parse<String> {
    let mut text = "interval".to_owned();
    let mut modifiers = parse_modifiers(cursor)?;
    while let Some(field) = ["year", "month", "day", "hour", "minute", "second", "to"]
        .iter()
        .find(|f| cursor.is_word(f))
    {
        cursor.advance();
        text.push(' ');
        text.push_str(field);
        if modifiers.is_empty() {
            modifiers = parse_modifiers(cursor)?;
        }
    }
    Ok(format!("{text}{}", parenthesised(&modifiers)))
}

/// Takes `(…, …)` if it comes next, each modifier as written.
fn parse_modifiers(cursor: &mut Cursor<'_>) -> Parse<Vec<String>> {
    if !cursor.punct(b'(') {
        return Ok(Vec::new());
    }
    let mut modifiers = vec![String::new()];
    while !cursor.is_punct(b')') {
        if cursor.at_end() {
            return cursor.fault("the list of type modifiers does not end");
        }
        if cursor.is_punct(b',') {
            modifiers.push(String::new());
        } else if let Some(last) = modifiers.last_mut() {
            last.push_str(&decode_name(cursor.text()));
        }
        cursor.advance();
    }
    cursor.advance();
    Ok(modifiers)
}

fn parenthesised(modifiers: &[String]) -> String {
    if modifiers.is_empty() {
        String::new()
    } else {
        format!("({})", modifiers.join(","))
    }
}

/// What `format_type()` of `src/backend/utils/adt/format_type.c` prints for a type of `pg_catalog`.
fn format_builtin(name: &str, modifiers: &[String]) -> String {
    let size = parenthesised(modifiers);
    match name {
        "bool" => "boolean".to_owned(),
        "int2" => "smallint".to_owned(),
        "int4" => "integer".to_owned(),
        "int8" => "bigint".to_owned(),
        "float4" => "real".to_owned(),
        "float8" => "double precision".to_owned(),
        "bit" if !modifiers.is_empty() => format!("bit{size}"),
        "varbit" => format!("bit varying{size}"),
        "bpchar" if !modifiers.is_empty() => format!("character{size}"),
        "varchar" => format!("character varying{size}"),
        "time" => format!("time{size} without time zone"),
        "timetz" => format!("time{size} with time zone"),
        "timestamp" => format!("timestamp{size} without time zone"),
        "timestamptz" => format!("timestamp{size} with time zone"),
        "numeric" if modifiers.len() == 1 => format!("numeric({},0)", modifiers.concat()),
        // Keywords that format_type() prints without quotes all the same.
        "numeric" | "interval" | "json" => format!("{name}{size}"),
        _ => format!("{}{size}", quote_ident(name)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn formatted(sql: &str) -> String {
        let mut cursor = Cursor::new(sql.as_bytes(), true).unwrap();
        let parsed = parse_type(&mut cursor).unwrap();
        assert!(cursor.at_end(), "{sql} is not read to its end");
        let base = match parsed.base {
            RawType::Builtin(text) => text,
            RawType::User { schema, name, modifier } => format!("<{}.{name}>{modifier}", schema.unwrap_or_default()),
        };
        format!(
            "{base}{}{}",
            if parsed.array { "[]" } else { "" },
            if parsed.serial { " serial" } else { "" }
        )
    }

    // Expected texts are those of format_type() on PostgreSQL 15 and 18.
    #[test]
    fn types_are_printed_as_by_format_type() {
        for (written, printed) in [
            ("int", "integer"),
            ("INT8", "bigint"),
            ("int4 [3][]", "integer[]"),
            ("integer ARRAY[4]", "integer[]"),
            ("integer array", "integer[]"),
            ("varchar(30)", "character varying(30)"),
            ("character varying", "character varying"),
            ("char", "character(1)"),
            ("\"char\"", "\"char\""),
            ("char(5)", "character(5)"),
            ("national character varying(7)", "character varying(7)"),
            ("nchar(3)", "character(3)"),
            ("bpchar", "bpchar"),
            ("pg_catalog.bpchar(4)", "character(4)"),
            ("bit", "bit(1)"),
            ("\"bit\"", "\"bit\""),
            ("bit varying(9)", "bit varying(9)"),
            ("decimal(10,2)", "numeric(10,2)"),
            ("numeric(10)", "numeric(10,0)"),
            ("numeric(3, -2)", "numeric(3,-2)"),
            ("dec", "numeric"),
            ("TEXT", "text"),
            ("float8", "double precision"),
            ("double precision", "double precision"),
            ("float(24)", "real"),
            ("float", "double precision"),
            ("TIMESTAMP(3)", "timestamp(3) without time zone"),
            ("timestamptz(3)", "timestamp(3) with time zone"),
            ("timestamp with time zone", "timestamp with time zone"),
            ("time(2) with time zone", "time(2) with time zone"),
            ("timetz", "time with time zone"),
            ("time", "time without time zone"),
            ("interval", "interval"),
            ("interval(3)", "interval(3)"),
            ("interval year to month", "interval year to month"),
            ("interval day to second(3)", "interval day to second(3)"),
            ("bigserial", "bigint serial"),
            ("\"name\"[]", "name[]"),
            ("jsonb", "jsonb"),
            ("public.mood[]", "<public.mood>[]"),
            ("public.geometry(Point, 4326)", "<public.geometry>(Point,4326)"),
            ("\"Role\"", "<.Role>"),
        ] {
            assert_eq!(formatted(written), printed, "{written}");
        }
    }
}
