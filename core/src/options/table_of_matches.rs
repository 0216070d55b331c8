//! The options of natural keys, for the tables of options.

use serde_json::Value;

use super::Options;
use super::entry::{Entry, Kind, Setter, TableSetter};
use super::names::split_unquoted;
use super::place::{Place, invalid};
use crate::error::Result;

type Words = &'static [(&'static str, &'static str)];

const NULLS: Words = &[
    ("distinct", "Rows with a NULL in them are recognised by their key"),
    ("not_distinct", "Two NULLs are the same"),
];
const AMBIGUOUS: Words = &[
    ("error", "The run fails and names both keys"),
    ("first", "The one with the lowest key is meant; not with `prune = true`"),
];
const UNMATCHED: Words = &[
    ("error", "The run fails: the target may hold another row under that key"),
    ("keep", "It stays as it is in the dump"),
];
const TAKEN: Words = &[
    ("error", "The run fails and names the row"),
    (
        "renumber",
        "It gets a new key from the column's default or identity, and references follow",
    ),
];

const ON_HELP: &str = "The columns by which rows of one table are matched with the target's, instead of its key, as \
                       'public.categories=\"businessId\",name' (style staged)";
const WHERE_HELP: &str = "The rows that are matched so, as an SQL condition; others are recognised by their key";
const NULLS_HELP: &str = "Whether two NULLs in the columns by which rows are matched are one value";
const AMBIGUOUS_HELP: &str = "What happens where two rows of the dump, or two of the target, match the same";
const UNMATCHED_HELP: &str =
    "What happens to a reference to a table whose rows are matched, if no row of the dump answers it";
const TAKEN_HELP: &str = "What happens to a new row whose key the target holds for another one";
const OF_ALL: &str = "Without a table it holds for all whose rows are matched.";

pub(super) const MATCH_ON: Entry<Setter> = Entry {
    name: "match_on",
    kind: Kind::Keys,
    default: "none",
    help: ON_HELP,
    more: "A row that the target has under another key keeps that key, and every reference to it is rewritten.",
    set: |mut options, place, value| {
        for (table, columns) in place.table(value)? {
            options = with_match_on(options, &place.inner(table), table, columns)?;
        }
        Ok(options)
    },
};

pub(super) const MATCH_WHERE: Entry<Setter> = Entry {
    name: "match_where",
    kind: Kind::List("TABLE=CONDITION"),
    default: "all rows",
    help: WHERE_HELP,
    more: "For rows that are deleted softly and may have twins: 'public.users=deleted_at IS NULL'.",
    set: |options, place, value| {
        place.each(value, options, |options, text| match split_unquoted(text) {
            Some((table, condition)) => options.with_match_where(table, condition),
            None => Err(invalid(format!("`{text}` does not say for which table")).with_hint("write TABLE=CONDITION")),
        })
    },
};

pub(super) const MATCH_NULLS: Entry<Setter> = Entry {
    name: "match_nulls",
    kind: Kind::ChoicePerTable(NULLS),
    default: "distinct",
    help: NULLS_HELP,
    more: OF_ALL,
    set: |options, place, value| options.with_match_nulls(None, place.word(value)?),
};

pub(super) const ON_AMBIGUOUS: Entry<Setter> = Entry {
    name: "on_ambiguous",
    kind: Kind::ChoicePerTable(AMBIGUOUS),
    default: "error",
    help: AMBIGUOUS_HELP,
    more: OF_ALL,
    set: |options, place, value| options.with_on_ambiguous(None, place.word(value)?),
};

pub(super) const ON_UNMATCHED_REFERENCE: Entry<Setter> = Entry {
    name: "on_unmatched_reference",
    kind: Kind::ChoicePerTable(UNMATCHED),
    default: "error",
    help: UNMATCHED_HELP,
    more: "Without a table it holds for all whose rows are matched; it can also be said of a table whose key contains a \
           reference that is rewritten.",
    set: |options, place, value| options.with_on_unmatched_reference(None, place.word(value)?),
};

pub(super) const ON_TAKEN_KEY: Entry<Setter> = Entry {
    name: "on_taken_key",
    kind: Kind::ChoicePerTable(TAKEN),
    default: "error",
    help: TAKEN_HELP,
    more: OF_ALL,
    set: |options, place, value| options.with_on_taken_key(None, place.word(value)?),
};

pub(super) const MAPPING_TABLE: Entry<Setter> = Entry {
    name: "mapping_table",
    kind: Kind::Text("TABLE"),
    default: "none",
    help: "A table of the target that keeps which key of the dump is which there, such as app.id_map",
    more: "It is read before rows are matched, so that those that were renamed since are found again.",
    set: |options, place, value| {
        let options = options.with_mapping_table(place.text(value)?);
        options.map_err(|error| place.blame(error))
    },
};

pub(super) const MAPPING_ROWS: Entry<Setter> = Entry {
    name: "mapping_rows",
    kind: Kind::Choice(&[
        ("first", "The first ten rows of each table"),
        (
            "all",
            "All rows, which are as many as were recognised under another key",
        ),
    ]),
    default: "first",
    help: "How much of the mapping of keys the result has",
    more: "",
    set: |options, place, value| Ok(options.with_mapping_rows(place.word(value)?)),
};

pub(super) const MATCH_ON_OF_ONE: Entry<TableSetter> = Entry {
    name: "match_on",
    kind: Kind::Columns("COLUMNS"),
    default: "",
    help: "The columns by which its rows are matched with the target's, instead of the key",
    more: "",
    set: with_match_on,
};

pub(super) const MATCH_WHERE_OF_ONE: Entry<TableSetter> = Entry {
    name: "match_where",
    kind: Kind::Text("CONDITION"),
    default: "",
    help: WHERE_HELP,
    more: "",
    set: |options, place, table, value| {
        let options = options.with_match_where(table, place.text(value)?);
        options.map_err(|error| place.blame(error))
    },
};

pub(super) const MATCH_NULLS_OF_ONE: Entry<TableSetter> = Entry {
    name: "match_nulls",
    kind: Kind::Choice(NULLS),
    default: "",
    help: NULLS_HELP,
    more: "",
    set: |options, place, table, value| options.with_match_nulls(Some(table), place.word(value)?),
};

pub(super) const ON_AMBIGUOUS_OF_ONE: Entry<TableSetter> = Entry {
    name: "on_ambiguous",
    kind: Kind::Choice(AMBIGUOUS),
    default: "",
    help: AMBIGUOUS_HELP,
    more: "",
    set: |options, place, table, value| options.with_on_ambiguous(Some(table), place.word(value)?),
};

pub(super) const ON_UNMATCHED_REFERENCE_OF_ONE: Entry<TableSetter> = Entry {
    name: "on_unmatched_reference",
    kind: Kind::Choice(UNMATCHED),
    default: "",
    help: "What happens to a reference to a row of it that the dump does not have, where its keys are mapped",
    more: "",
    set: |options, place, table, value| options.with_on_unmatched_reference(Some(table), place.word(value)?),
};

pub(super) const ON_TAKEN_KEY_OF_ONE: Entry<TableSetter> = Entry {
    name: "on_taken_key",
    kind: Kind::Choice(TAKEN),
    default: "",
    help: TAKEN_HELP,
    more: "",
    set: |options, place, table, value| options.with_on_taken_key(Some(table), place.word(value)?),
};

fn with_match_on(options: Options, place: &Place<'_>, table: &str, columns: &Value) -> Result<Options> {
    let columns = place.texts(columns)?.join(",");
    let options = options.with_match_on(&format!("{table}={columns}"));
    options.map_err(|error| place.blame(error))
}
