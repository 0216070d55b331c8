//! Configuration files and JSON.

use std::time::Duration;

use super::*;
use crate::{
    Cascade, Case, Client, ConstraintTriggers, Crlf, ErrorKind, Limit, Losses, NoKey, OnGuard, Rounding, Sequences,
    Style, Triggers, Unknown, Unselected, Update,
};

#[track_caller]
fn assert_wrong(toml: &str, parts: &[&str]) {
    let error = Config::from_toml(toml).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidOption);
    for part in parts {
        assert!(error.to_string().contains(part), "{error}");
    }
}

#[test]
fn toml_and_json_say_what_the_methods_say() {
    let toml = Options::from_toml(
        "style = 'batches'\nno_key = 'skip'\ntriggers = 'fire'\nconstraint_triggers = 'off'\nsequences = 'dump'\nrounding = 'accept'\ncascade = 'delete'\nlosses = 'error'\ncrlf = 'strip'\ncase = 'turkish'\nclient = 'driver'\n\
         database = 'shop'\nbatch_rows = 7\nbatch_bytes = 700\nlock_timeout = '30s'\nupdate = 'changed'\n\
         update_only = ['a', 'b']\nupdate_never = 'c'\nguard = 'g'\non_guard = 'skip'\nonly_schemas = ['app', '\"B\"']\nunselected = 'error'\n\
         allow_extension_tables = 'cron.job'\nallow_relations = ['a.v', 'a.w']\n\
         unknown_columns = 'drop'\nunknown_tables = 'drop'\n\
         exclude_tables = ['log*', 'app.x']\nonly_tables = 'app.*'\n[limits]\nrow_bytes = '2MB'\nsequences = 9\n[keys]\n'public.t' = ['a', 'b']\n\
         [tables.'public.\"U\"']\nkey = 'id'\nupdate = 'newer(at)'\nupdate_only = 'x,y'\nupdate_never = ['z']\nguard = 'o'\n",
    );
    let json = Options::from_json(
        r#"{"style": "batches", "no_key": "skip", "triggers": "fire", "constraint_triggers": "off", "sequences": "dump", "rounding": "accept", "cascade": "delete", "losses": "error", "crlf": "strip", "case": "turkish", "client": "driver",
            "database": "shop", "batch_rows": 7, "batch_bytes": 700, "lock_timeout": 30000, "update": "changed",
            "update_only": "a,b", "update_never": ["c"], "guard": "g", "on_guard": "skip", "only_schemas": ["app", "\"B\""], "unselected": "error",
            "allow_extension_tables": ["cron.job"], "allow_relations": ["a.v", "a.w"],
            "unknown_columns": "drop", "unknown_tables": "drop",
            "exclude_tables": ["log*", "app.x"], "only_tables": "app.*", "limits": {"row_bytes": 2097152, "sequences": 9}, "keys": {"public.t": "a,b"}, "tables": {"public.\"U\"":
            {"key": ["id"], "update": "newer(at)", "update_only": ["x", "y"], "update_never": "z", "guard": "o"}}}"#,
    );
    let methods = (|| {
        Options::new()
            .with_style(Style::Batches)
            .with_no_key(NoKey::Skip)
            .with_triggers(Triggers::Fire)
            .with_constraint_triggers(ConstraintTriggers::Off)
            .with_sequences(Sequences::Dump)
            .with_rounding(Rounding::Accept)
            .with_cascade(Cascade::Delete)
            .with_losses(Losses::Error)
            .with_crlf(Crlf::Strip)
            .with_case(Case::Turkish)
            .with_client(Client::Driver)
            .with_database("shop")
            .with_batch_rows(7)
            .with_batch_bytes(700)
            .with_lock_timeout(Duration::from_secs(30))
            .with_update(Update::Changed)
            .with_update_only("a,b")?
            .with_update_never("c")?
            .with_only_schema("app")?
            .with_only_schema("\"B\"")?
            .with_unselected(Unselected::Error)
            .with_allow_extension_table("cron.job")?
            .with_allow_relation("a.v")?
            .with_allow_relation("a.w")?
            .with_limit(Limit::RowBytes, 2 << 20)?
            .with_limit(Limit::Sequences, 9)?
            .with_unknown_columns(Unknown::Drop)
            .with_unknown_tables(Unknown::Drop)
            .with_excluded_table("log*")?
            .with_excluded_table("app.x")?
            .with_only_table("app.*")?
            .with_guard("g")?
            .with_on_guard(OnGuard::Skip)
            .with_key("public.t=a,b")?
            .with_key("public.\"U\"=id")?
            .with_table_update("public.\"U\"", Update::Newer("at".into()))?
            .with_update_only("public.\"U\"=x,y")?
            .with_update_never("public.\"U\"=z")?
            .with_guard("public.\"U\"=o")
    })();
    let methods = format!("{:?}", methods.unwrap());
    assert_eq!(format!("{:?}", toml.unwrap()), methods);
    assert_eq!(format!("{:?}", json.unwrap()), methods);
}

#[test]
fn errors_name_the_place_and_the_right_name() {
    assert_wrong("stile = 'rows'", &["`stile` is no option", "did you mean style?"]);
    assert_wrong("shema = 'a.sql'", &["`shema`", "did you mean schema?"]);
    assert_wrong(
        "style = 'row'",
        &["`style`", "rows, batches, staged", "did you mean rows?"],
    );
    assert_wrong("style = 1", &["`style`: a string is wanted"]);
    assert_wrong("batch_rows = 0", &["`batch_rows`: a positive whole number"]);
    assert_wrong("batch_rows = -1", &["`batch_rows`: a positive whole number"]);
    assert_wrong("guard = 'a,b'", &["`guard`", "a guard is one column"]);
    assert_wrong("on_guard = 'fail'", &["`on_guard`", "error, skip"]);
    assert_wrong("update_only = []", &["`update_only`: a string or a list"]);
    assert_wrong(
        "lock_timeout = '3h'",
        &["`lock_timeout`: write a number and ms, s or min"],
    );
    assert_wrong(
        "lock_timeout = 0",
        &["`lock_timeout`: PostgreSQL takes 1 ms to 24 days"],
    );
    assert_wrong(
        "only_schemas = 'a.b'",
        &["`only_schemas`: `a.b` is no name of a schema"],
    );
    assert_wrong(
        "[limits]\nrow_byte = 1",
        &["`limits`: `row_byte` is no limit", "did you mean row_bytes?"],
    );
    assert_wrong(
        "[limits]\nrow_bytes = '1 PB'",
        &["`limits.row_bytes`: `1 PB` is no size"],
    );
    assert_wrong("[limits]\nrow_bytes = 0", &["`limits.row_bytes`: `0` is no size"]);
    assert_wrong("keys = 'id'", &["`keys`: a table"]);
    assert_wrong("[keys]\nt = 'a b'", &["`keys.t`"]);
    assert_wrong(
        "[tables.'public.t']\nupdat = 'changed'",
        &["`tables.\"public.t\".updat` is no option", "did you mean update?"],
    );
    assert_wrong(
        "[tables.t]\nupdate = 'newest'",
        &["`tables.t.update`", "no update policy"],
    );
    assert_wrong("quiet = 'yes'", &["`quiet`: true or false"]);
    assert_wrong("style = 'rows'\nstyle = ", &["line 2"]);
    let error = Options::from_toml("schema = 'a.sql'").unwrap_err();
    assert!(error.to_string().contains("`schema` is no option"), "{error}");
}

#[test]
fn files_of_a_configuration() {
    let config = Config::from_toml("schema = ['a.sql', 'b.sql']\ncatalog = 'c.json'\noutput = 'o'\nquiet = true\n");
    let config = config.unwrap();
    assert_eq!(config.schema, [PathBuf::from("a.sql"), PathBuf::from("b.sql")]);
    assert_eq!(config.catalog, [PathBuf::from("c.json")]);
    assert_eq!((config.output, config.report), (Some(PathBuf::from("o")), None));
    assert_eq!(config.quiet, Some(true));
    let json = Config::from_json(r#"{"schema": "a.sql", "report": "r", "style": "staged"}"#).unwrap();
    assert_eq!(json.schema, [PathBuf::from("a.sql")]);
    assert_eq!(json.report, Some(PathBuf::from("r")));
    assert!(Config::from_json("[]").is_err());
}

#[test]
fn names_are_told() {
    for names in [
        option_names().collect::<Vec<_>>(),
        table_option_names().collect(),
        file_option_names().collect(),
    ] {
        // Every name is taken as one: what is wrong is the value.
        for name in names {
            let toml = match name {
                name if option_names().chain(file_option_names()).any(|known| known == name) => {
                    format!("{name} = 1.5")
                }
                name => format!("[tables.t]\n{name} = 1.5"),
            };
            let error = Config::from_toml(&toml).unwrap_err().to_string();
            assert!(!error.contains("is no option"), "{error}");
        }
    }
}

#[test]
fn durations() {
    for (text, milliseconds) in [
        ("500ms", 500),
        ("30s", 30_000),
        ("2min", 120_000),
        ("7", 7),
        ("3 s", 3000),
    ] {
        assert_eq!(
            parse_duration(text).unwrap(),
            Duration::from_millis(milliseconds),
            "{text}"
        );
    }
    for text in [
        "",
        "s",
        "0",
        "-1s",
        "1.5s",
        "3h",
        "25000000min",
        "99999999999999999999s",
    ] {
        assert!(parse_duration(text).is_err(), "{text}");
    }
}
