//! Names: how PostgreSQL quotes them, and which ones it chooses for constraints and indexes that have none.

use std::borrow::Cow;

/// PostgreSQL's longest name in bytes: `NAMEDATALEN - 1`.
pub(crate) const NAME_BYTES_MAX: usize = 63;

/// Keywords that are not unreserved, in any of PostgreSQL 12 to 18 (`pg_get_keywords()`), sorted.
#[rustfmt::skip]
const KEYWORDS: &[&str] = &[
    "all", "analyse", "analyze", "and", "any", "array", "as", "asc", "asymmetric", "authorization", "between",
    "bigint", "binary", "bit", "boolean", "both", "case", "cast", "char", "character", "check", "coalesce",
    "collate", "collation", "column", "concurrently", "constraint", "create", "cross", "current_catalog",
    "current_date", "current_role", "current_schema", "current_time", "current_timestamp", "current_user", "dec",
    "decimal", "default", "deferrable", "desc", "distinct", "do", "else", "end", "except", "exists", "extract",
    "false", "fetch", "float", "for", "foreign", "freeze", "from", "full", "grant", "greatest", "group", "grouping",
    "having", "ilike", "in", "initially", "inner", "inout", "int", "integer", "intersect", "interval", "into", "is",
    "isnull", "join", "json", "json_array", "json_arrayagg", "json_exists", "json_object", "json_objectagg",
    "json_query", "json_scalar", "json_serialize", "json_table", "json_value", "lateral", "leading", "least",
    "left", "like", "limit", "localtime", "localtimestamp", "merge_action", "national", "natural", "nchar", "none",
    "normalize", "not", "notnull", "null", "nullif", "numeric", "offset", "on", "only", "or", "order", "out",
    "outer", "overlaps", "overlay", "placing", "position", "precision", "primary", "real", "references",
    "returning", "right", "row", "select", "session_user", "setof", "similar", "smallint", "some", "substring",
    "symmetric", "system_user", "table", "tablesample", "then", "time", "timestamp", "to", "trailing", "treat",
    "trim", "true", "union", "unique", "user", "using", "values", "varchar", "variadic", "verbose", "when", "where",
    "window", "with", "xmlattributes", "xmlconcat", "xmlelement", "xmlexists", "xmlforest", "xmlnamespaces",
    "xmlparse", "xmlpi", "xmlroot", "xmlserialize", "xmltable",
];

/// The name as an identifier: in quotes only where it needs them, as `quote_ident()` prints it.
pub(crate) fn quote_ident(name: &str) -> Cow<'_, str> {
    let mut bytes = name.bytes();
    let plain = bytes
        .next()
        .is_some_and(|byte| byte.is_ascii_lowercase() || byte == b'_')
        && bytes.all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
        && KEYWORDS.binary_search(&name).is_err();
    match plain {
        true => Cow::Borrowed(name),
        false => Cow::Owned(format!("\"{}\"", name.replace('"', "\"\""))),
    }
}

/// Cuts a name to what PostgreSQL keeps of it, at a character boundary.
pub(crate) fn truncate(name: &str, limit: usize) -> &str {
    let mut end = name.len().min(limit);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    name.get(..end).unwrap_or(name)
}

/// `makeObjectName()` of `src/backend/commands/indexcmds.c`: `name1[_name2]_label`, the longer name cut first.
pub(crate) fn object_name(name1: &str, name2: &str, label: &str) -> String {
    let overhead = 1 + label.len() + usize::from(!name2.is_empty());
    let available = NAME_BYTES_MAX.saturating_sub(overhead);
    let (mut length1, mut length2) = (name1.len(), name2.len());
    while length1 + length2 > available {
        if length1 > length2 {
            length1 -= 1;
        } else {
            length2 -= 1;
        }
    }
    let mut name = truncate(name1, length1).to_owned();
    if !name2.is_empty() {
        name.push('_');
        name.push_str(truncate(name2, length2));
    }
    name.push('_');
    name.push_str(label);
    name
}

/// The column names joined as in `ChooseIndexNameAddition()`, which stops once it has a full name.
pub(crate) fn columns_addition<'a>(columns: impl IntoIterator<Item = &'a str>) -> String {
    let mut addition = String::new();
    for column in columns {
        if !addition.is_empty() {
            addition.push('_');
        }
        addition.push_str(truncate(column, NAME_BYTES_MAX));
        if addition.len() > NAME_BYTES_MAX {
            break;
        }
    }
    addition
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_are_sorted() {
        assert!(KEYWORDS.is_sorted());
    }

    #[test]
    fn identifiers_are_quoted_where_needed() {
        for (name, quoted) in [
            ("orders", "orders"),
            ("_a1", "_a1"),
            ("Orders", "\"Orders\""),
            ("1a", "\"1a\""),
            ("a\"b", "\"a\"\"b\""),
            ("user", "\"user\""),
            ("between", "\"between\""),
            ("name", "name"),
            ("a$", "\"a$\""),
            ("é", "\"é\""),
            ("", "\"\""),
        ] {
            assert_eq!(quote_ident(name), quoted);
        }
    }

    // Expected names as PostgreSQL 15 chose them.
    #[test]
    fn long_names_are_cut_as_by_postgresql() {
        let long = "a_very_long_identifier_that_is_exactly_sixty_three_bytes_long__";
        assert_eq!(
            object_name(long, "", "pkey"),
            "a_very_long_identifier_that_is_exactly_sixty_three_bytes_l_pkey"
        );
        assert_eq!(object_name("t", "a_b", "key"), "t_a_b_key");
        assert_eq!(
            object_name(long, long, "fkey"),
            "a_very_long_identifier_that_i_a_very_long_identifier_that__fkey"
        );
        assert_eq!(truncate("aé", 2), "a");
    }
}
