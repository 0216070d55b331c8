//! Every option that a single table can have.

use serde_json::Value;

use super::Options;
use super::entry::{Entry, Kind, TableSetter};
use super::place::Place;
use super::table_of_matches;
use crate::error::Result;

/// The options in `tables."schema.table"`.
pub(super) const TABLE_OPTIONS: &[Entry<TableSetter>] = &[
    Entry {
        name: "key",
        kind: Kind::Columns("COLUMNS"),
        default: "",
        help: "Its key; it overrides the schema, and in style staged the target, which needs no index for it",
        more: "",
        set: with_key,
    },
    table_of_matches::MATCH_ON_OF_ONE,
    table_of_matches::MATCH_WHERE_OF_ONE,
    table_of_matches::MATCH_NULLS_OF_ONE,
    table_of_matches::ON_AMBIGUOUS_OF_ONE,
    table_of_matches::ON_UNMATCHED_REFERENCE_OF_ONE,
    table_of_matches::ON_TAKEN_KEY_OF_ONE,
    Entry {
        name: "exclude",
        kind: Kind::List("CONDITION"),
        default: "none",
        help: "Conditions on rows that are left out",
        more: "",
        set: |options, place, table, value| {
            place.each(value, options, |options, condition| {
                options.with_excluded_rows_of(table, condition)
            })
        },
    },
    Entry {
        name: "update",
        kind: Kind::PerTable("POLICY"),
        default: "",
        help: "What happens to rows that the target has already",
        more: "",
        set: |options, place, table, value| {
            let options = options.with_table_update(table, place.update(value)?);
            options.map_err(|error| place.blame(error))
        },
    },
    Entry {
        name: "update_only",
        kind: Kind::Columns("COLUMNS"),
        default: "",
        help: "The only columns that are updated",
        more: "",
        set: |options, place, table, value| {
            place.each(value, options, |options, columns| {
                options.with_update_only(&format!("{table}={columns}"))
            })
        },
    },
    Entry {
        name: "update_never",
        kind: Kind::Columns("COLUMNS"),
        default: "",
        help: "Columns that are never updated",
        more: "",
        set: |options, place, table, value| {
            place.each(value, options, |options, columns| {
                options.with_update_never(&format!("{table}={columns}"))
            })
        },
    },
    Entry {
        name: "guard",
        kind: Kind::PerTable("COLUMN"),
        default: "",
        help: "A column that must be equal in both rows, or the row of the target is not taken over",
        more: "",
        set: |options, place, table, value| {
            let options = options.with_guard(&format!("{table}={}", place.text(value)?));
            options.map_err(|error| place.blame(error))
        },
    },
];

pub(super) fn with_key(options: Options, place: &Place<'_>, table: &str, columns: &Value) -> Result<Options> {
    let columns = place.texts(columns)?.join(",");
    let options = options.with_key(&format!("{table}={columns}"));
    options.map_err(|error| place.blame(error))
}
