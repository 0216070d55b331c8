//! Every option, once: its name, what it takes, its default, and what is said of it.
//!
//! Configuration files, the command line, the packages of other languages and the documentation all read this table; a test
//! writes what has to stand in files (`core/tests/options_everywhere.rs`). An option is named in texts as a configuration file
//! writes it, `` `style = rows` ``, which [`in_language`](super::wording::in_language) translates.

use serde_json::Value;

use super::entry::{Entry, Kind, Setter, find};
use super::exclude::Cascade;
use super::place::parse_duration;
use super::table_of_matches;
use super::table_of_one::{TABLE_OPTIONS, with_key};
use crate::limits::{Limit, parse_size};

const UNKNOWN: Kind = Kind::Choice(&[
    ("error", "It is an error before the first row of the table"),
    (
        "drop",
        "It is left out and counted; styles rows and batches need the catalog of the target",
    ),
]);

/// Every option of the library.
pub(super) const OPTIONS: &[Entry<Setter>] = &[
    Entry {
        name: "style",
        kind: Kind::Choice(&[
            (
                "rows",
                "One readable upsert a row; needs the keys, in the schema or by --key",
            ),
            ("batches", "As rows, with many rows in one statement"),
            (
                "staged",
                "COPY into temporary tables; the script asks the target for keys and foreign keys",
            ),
        ]),
        default: "staged, or batches with `client = driver`",
        help: "How rows are written",
        more: "",
        set: |options, place, value| Ok(options.with_style(place.word(value)?)),
    },
    Entry {
        name: "keys",
        kind: Kind::Keys,
        default: "",
        help: "The key of one table, as public.users=id or 'public.\"OrderItem\"=a,b'",
        more: "It overrides the schema. In style staged it goes before the keys of the target, which needs no index for it: two \
               rows of the dump or of the target under one key are an error, and a row with a NULL in it has none.",
        set: |mut options, place, value| {
            for (table, columns) in place.table(value)? {
                options = with_key(options, &place.inner(table), table, columns)?;
            }
            Ok(options)
        },
    },
    table_of_matches::MATCH_ON,
    table_of_matches::MATCH_WHERE,
    table_of_matches::MATCH_NULLS,
    table_of_matches::ON_AMBIGUOUS,
    table_of_matches::ON_UNMATCHED_REFERENCE,
    table_of_matches::ON_TAKEN_KEY,
    table_of_matches::MAPPING_TABLE,
    table_of_matches::MAPPING_ROWS,
    Entry {
        name: "no_key",
        kind: Kind::Choice(&[
            ("error", "It is an error"),
            ("insert", "They are inserted; a second run inserts them again"),
            ("skip", "They are left out and counted"),
            (
                "match",
                "Whole rows are compared, only missing copies inserted (style staged)",
            ),
        ]),
        default: "match in style staged, else error",
        help: "What happens to rows of a table without a key",
        more: "",
        set: |options, place, value| Ok(options.with_no_key(place.word(value)?)),
    },
    Entry {
        name: "update",
        kind: Kind::PerTable("POLICY"),
        default: "always",
        help: "What happens to rows that the target has already: always, changed, nothing or newer(column)",
        more: "",
        set: |options, place, value| Ok(options.with_update(place.update(value)?)),
    },
    Entry {
        name: "update_only",
        kind: Kind::Columns("[TABLE=]COLUMNS"),
        default: "all columns",
        help: "The only columns that are updated; of all tables, or with TABLE= of one",
        more: "New rows are inserted with all their columns.",
        set: |options, place, value| place.each(value, options, |options, columns| options.with_update_only(columns)),
    },
    Entry {
        name: "update_never",
        kind: Kind::Columns("[TABLE=]COLUMNS"),
        default: "none",
        help: "Columns that are never updated; of all tables, or with TABLE= of one",
        more: "",
        set: |options, place, value| place.each(value, options, |options, columns| options.with_update_never(columns)),
    },
    Entry {
        name: "guard",
        kind: Kind::PerTable("COLUMN"),
        default: "none",
        help: "A column, such as a tenant's, that must be equal in both rows, or the row of the target is not taken over",
        more: "It holds for all tables that have the column, or for one, which must have it. Where the target has it and the \
               dump does not bring it, that is an error. With `update = nothing` no row is taken over anyway.",
        set: |options, place, value| {
            let options = options.with_guard(place.text(value)?);
            options.map_err(|error| place.blame(error))
        },
    },
    Entry {
        name: "on_guard",
        kind: Kind::Choice(&[
            ("error", "The run fails and names the row"),
            ("skip", "They are left out and counted in the script's result"),
        ]),
        default: "error",
        help: "What happens to rows that the guard refuses",
        more: "Of rows without the guard's column, skip takes only those that are new.",
        set: |options, place, value| Ok(options.with_on_guard(place.word(value)?)),
    },
    Entry {
        name: "exclude_tables",
        kind: Kind::List("PATTERN"),
        default: "tables of migration tools",
        help: "Tables whose rows are left out, by a pattern as for pg_dump --exclude-table",
        more: "A pattern without a schema means public. Partitions follow their table.",
        set: |options, place, value| {
            place.each(value, options, |options, pattern| options.with_excluded_table(pattern))
        },
    },
    Entry {
        name: "only_tables",
        kind: Kind::List("PATTERN"),
        default: "all",
        help: "The only tables whose rows are taken, by such a pattern",
        more: "Their partitions are taken as the catalog that is given tells them, not as the dump does. \
               What is excluded stays out.",
        set: |options, place, value| place.each(value, options, |options, pattern| options.with_only_table(pattern)),
    },
    Entry {
        name: "only_schemas",
        kind: Kind::List("SCHEMA"),
        default: "all but PostgreSQL's own",
        help: "A schema whose tables and sequences are taken",
        more: "",
        set: |options, place, value| place.each(value, options, |options, schema| options.with_only_schema(schema)),
    },
    Entry {
        name: "unselected",
        kind: Kind::Choice(&[
            ("drop", "They are left out and counted"),
            ("error", "They are an error"),
        ]),
        default: "drop",
        help: "What happens to rows of tables that are not selected",
        more: "",
        set: |options, place, value| Ok(options.with_unselected(place.word(value)?)),
    },
    Entry {
        name: "exclude",
        kind: Kind::List("TABLE: CONDITION"),
        default: "none",
        help: "Rows that are left out: a table (a pattern as for pg_dump -t), a colon, and an SQL condition, as in \
               \"public.businesses: id LIKE 'demo-%'\"",
        more: "What references them goes too, or changes: see `cascade = on_delete`.",
        set: |options, place, value| place.each(value, options, |options, text| options.with_excluded_rows(text)),
    },
    Entry {
        name: "exclude_demo",
        kind: Kind::Flag,
        default: "false",
        help: "Leave out demo businesses: ids that are demo, begin with demo-, end with -demo or contain -demo-business",
        more: "",
        set: |options, place, value| {
            Ok(if place.boolean(value)? {
                options.with_exclude_demo()
            } else {
                options
            })
        },
    },
    Entry {
        name: "demo_columns",
        kind: Kind::List("COLUMN"),
        default: "businesses.id, \"businessId\", business_id",
        help: "Where ids of businesses stand: COLUMN in every table, TABLE.COLUMN in one",
        more: "",
        set: |options, place, value| place.each(value, options, |options, column| options.with_demo_column(column)),
    },
    Entry {
        name: "demo_flag",
        kind: Kind::Text("COLUMN"),
        default: "none",
        help: "A boolean column that marks a business as demo; quote names with capitals: '\"isDemo\"'",
        more: "",
        set: |options, place, value| {
            let options = options.with_demo_flag(place.text(value)?);
            options.map_err(|error| place.blame(error))
        },
    },
    Entry {
        name: "cascade",
        kind: Kind::ChoiceOrFlag(&[
            (
                "on_delete",
                "They go too, or change, as ON DELETE of the foreign key says",
            ),
            ("delete", "They go too, whatever it says"),
            ("off", "They are kept and counted"),
        ]),
        default: "on_delete",
        help: "What happens to rows that reference what is left out",
        more: "All but off needs the foreign keys of the source: those of a full dump, or of a schema that is given.",
        set: |options, place, value| {
            Ok(match value {
                Value::Bool(true) => options.with_cascade(Cascade::OnDelete),
                Value::Bool(false) => options.without_cascade(),
                _ => options.with_cascade(place.word(value)?),
            })
        },
    },
    Entry {
        name: "foreign_keys",
        kind: Kind::List("KEY"),
        default: "none",
        help: "A foreign key that the source does not declare, as in 'public.orders(\"businessId\") REFERENCES \
               public.businesses ON DELETE SET NULL'",
        more: "With WHERE and a condition at its end it holds only for the rows for which that is true: \
               \"public.comments(subject_id) REFERENCES public.posts(id) WHERE subject_type = 'Post'\".",
        set: |options, place, value| place.each(value, options, |options, text| options.with_foreign_key(text)),
    },
    Entry {
        name: "case",
        kind: Kind::Choice(&[
            ("unicode", "As Unicode says, and nearly every locale"),
            ("turkish", "The same, but i belongs to İ and ı to I"),
        ]),
        default: "a value that needs to know is an error",
        help: "How upper and lower case go together beyond ASCII in the source's locale, for conditions with lower, upper, \
               ILIKE and ~*",
        more: "",
        set: |options, place, value| Ok(options.with_case(place.word(value)?)),
    },
    Entry {
        name: "unknown_columns",
        kind: UNKNOWN,
        default: "error",
        help: "What happens to columns of the dump that the target has not",
        more: "",
        set: |options, place, value| Ok(options.with_unknown_columns(place.word(value)?)),
    },
    Entry {
        name: "unknown_tables",
        kind: UNKNOWN,
        default: "error",
        help: "What happens to tables of the dump that the target has not",
        more: "",
        set: |options, place, value| Ok(options.with_unknown_tables(place.word(value)?)),
    },
    Entry {
        name: "triggers",
        kind: Kind::Choice(&[
            (
                "off",
                "Off during the transaction; needs ownership of the tables that have some",
            ),
            ("fire", "They fire, on every run"),
        ]),
        default: "off",
        help: "What happens to the user triggers of the target",
        more: "Style staged switches them off when the dump has arrived, for the tables that differ; the other styles from the \
               first row of a table on, and block its other writers until the end.",
        set: |options, place, value| Ok(options.with_triggers(place.word(value)?)),
    },
    Entry {
        name: "constraint_triggers",
        kind: Kind::Choice(&[
            ("fire", "They fire: they are the target's rules"),
            (
                "off",
                "Off during the transaction: for those that do work whose result the dump brings",
            ),
        ]),
        default: "fire",
        help: "What happens to constraint triggers of the target",
        more: "",
        set: |options, place, value| Ok(options.with_constraint_triggers(place.word(value)?)),
    },
    Entry {
        name: "rounding",
        kind: Kind::Choice(&[
            ("error", "An error that names the column, the value and the row"),
            ("accept", "They are rounded, and counted"),
        ]),
        default: "error in style staged",
        help: "What happens to values that a column of the target cannot hold in full (style staged)",
        more: "Such values are 1.2345 in a numeric(10,2), or fractions of a second in a timestamp(0). The other styles leave them \
               to PostgreSQL, which rounds without a message, and refuse `rounding = error`.",
        set: |options, place, value| Ok(options.with_rounding(place.word(value)?)),
    },
    Entry {
        name: "sequences",
        kind: Kind::Choice(&[
            (
                "forward",
                "Forward to the values of the dump, and to the last values of their columns",
            ),
            ("dump", "Forward to the values of the dump"),
            ("keep", "They stay as they are"),
        ]),
        default: "forward",
        help: "What happens to sequences",
        more: "None ever moves back.",
        set: |options, place, value| Ok(options.with_sequences(place.word(value)?)),
    },
    Entry {
        name: "lock_timeout",
        kind: Kind::Time,
        default: "for ever",
        help: "How long the script waits for a lock: 500ms, 30s, 2min",
        more: "A number without a unit is milliseconds.",
        set: |options, place, value| {
            let text = match value {
                Value::Number(number) => number.to_string(),
                _ => place.text(value)?.to_owned(),
            };
            Ok(options.with_lock_timeout(parse_duration(&text).map_err(|error| place.blame(error))?))
        },
    },
    Entry {
        name: "allow_extension_tables",
        kind: Kind::List("TABLE"),
        default: "none",
        help: "A table of an extension that may be written to",
        more: "",
        set: |options, place, value| {
            place.each(value, options, |options, table| {
                options.with_allow_extension_table(table)
            })
        },
    },
    Entry {
        name: "allow_relations",
        kind: Kind::List("NAME"),
        default: "none",
        help: "A view or foreign table that may be written to",
        more: "",
        set: |options, place, value| place.each(value, options, |options, name| options.with_allow_relation(name)),
    },
    Entry {
        name: "limits",
        kind: Kind::Sizes,
        default: "",
        help: "Another value for a limit, such as row_bytes=1GB",
        more: "The limits bound how large a row, a statement or the dump may be.",
        set: |options, place, value| {
            place.table(value)?.iter().try_fold(options, |options, (name, value)| {
                let size = match value {
                    Value::Number(number) => parse_size(&number.to_string()),
                    _ => parse_size(place.inner(name).text(value)?),
                };
                let limit = Limit::from_name(name).map_err(|error| place.blame(error))?;
                options.with_limit(limit, size.map_err(|error| place.inner(name).blame(error))?)
            })
        },
    },
    Entry {
        name: "database",
        kind: Kind::Text("NAME"),
        default: "the only one that has rows",
        help: "The database to take of a dump that has several (pg_dumpall)",
        more: "",
        set: |options, place, value| Ok(options.with_database(place.text(value)?)),
    },
    Entry {
        name: "client",
        kind: Kind::Choice(&[
            ("psql", "psql 10 or later"),
            (
                "driver",
                "A program: one JSON object {\"sql\": …} a line, to be run one by one in a transaction of its own",
            ),
        ]),
        default: "psql",
        help: "Who runs the script",
        more: "",
        set: |options, place, value| Ok(options.with_client(place.word(value)?)),
    },
    Entry {
        name: "losses",
        kind: Kind::Choice(&[("warn", "It is counted, with a warning"), ("error", "It is an error")]),
        default: "warn",
        help: "What happens where the dump holds something that no upsert can carry: large objects, statistics, materialized \
               views",
        more: "",
        set: |options, place, value| Ok(options.with_losses(place.word(value)?)),
    },
    Entry {
        name: "crlf",
        kind: Kind::Choice(&[
            (
                "refuse",
                "It is an error: whether the value has the carriage return cannot be told",
            ),
            ("strip", "It becomes a line feed"),
        ]),
        default: "refuse",
        help: "What happens to CRLF inside of literals in a dump whose lines end in CRLF, as > of Windows' cmd.exe makes them",
        more: "At line ends and in COPY data it is always read.",
        set: |options, place, value| Ok(options.with_crlf(place.word(value)?)),
    },
    Entry {
        name: "batch_rows",
        kind: Kind::Number("ROWS"),
        default: "1000",
        help: "Most rows in one statement of style batches",
        more: "",
        set: |options, place, value| Ok(options.with_batch_rows(place.number(value)?)),
    },
    Entry {
        name: "batch_bytes",
        kind: Kind::Number("BYTES"),
        default: "1048576",
        help: "Most bytes of rows in one statement of style batches",
        more: "A longer row stands alone.",
        set: |options, place, value| Ok(options.with_batch_bytes(place.number(value)?)),
    },
    Entry {
        name: "tables",
        kind: Kind::Tables,
        default: "",
        help: "Options of single tables",
        more: "",
        set: |mut options, place, value| {
            for (table, value) in place.table(value)? {
                let place = place.inner(table);
                for (name, value) in place.table(value)? {
                    let entry = find(TABLE_OPTIONS, name, &place, &[])?;
                    options = entry.read(options, &place.inner(name), table, value)?;
                }
            }
            Ok(options)
        },
    },
    #[cfg(feature = "no-op-option")]
    Entry {
        name: "no_op",
        kind: Kind::Flag,
        default: "false",
        help: "Nothing: what one entry of this table brings about is counted by a test",
        more: "",
        set: |options, place, value| place.boolean(value).map(|_| options),
    },
];
