//! Rows that come without the column of their guard, and guards that only the target knows to be in force.

use dumpsert::{Catalog, ErrorKind, OnGuard, Options, Style, Update, convert};
use serde_json::{Value, json};

use crate::support::{Target, inserts, psql, script, sqlstate};

const STYLES: [Style; 3] = [Style::Rows, Style::Batches, Style::Staged];

const SQL: &str = "CREATE TABLE t (id integer PRIMARY KEY, v text, tenant text DEFAULT 'nobody', \"businessId\" text);
    INSERT INTO t VALUES (1, 'theirs', 'acme', 'acme');";

/// Merges and commits; the SQLSTATE and the message if the target refuses.
fn merge(target: &Target, dump: &str, options: Options) -> Result<Value, (String, String)> {
    let before = target.db.snapshot();
    let run = psql(&target.db, "postgres", &script(dump.as_bytes(), options));
    match sqlstate(&run) {
        None => Ok(serde_json::from_str(run.expect_success().stdout.trim()).unwrap()),
        Some(state) => {
            assert_eq!(before.diff(&target.db.snapshot()), Vec::<String>::new());
            Err((state.to_owned(), run.stderr))
        }
    }
}

fn guarded(style: Style, column: &str) -> Options {
    Options::new().with_style(style).with_guard(column).unwrap()
}

#[test]
fn rows_without_the_column_are_an_error() {
    let dump = inserts("public.t", "id, v", &["1, 'mine'", "2, 'new'"]);
    for column in ["tenant", "\"businessId\""] {
        for style in STYLES {
            let target = Target::new(SQL);
            let (state, message) = merge(&target, &dump, guarded(style, column)).unwrap_err();
            assert_eq!(state, "42703", "{style:?} {message}");
            let name = format!("is guarded by {column}, which the dump does not bring");
            assert!(message.contains(&name), "{style:?} {message}");
            // Even if no row of the dump is there yet: the next run would meet them.
            let new = inserts("public.t", "id, v", &["3, 'new'"]);
            assert_eq!(merge(&target, &new, guarded(style, column)).unwrap_err().0, "42703");
            // Who updates nothing takes nothing over.
            let nothing = guarded(style, column).with_update(Update::Nothing);
            merge(&target, &dump, nothing).unwrap();
            assert_eq!(target.rows("SELECT v FROM t ORDER BY id"), ["theirs", "new"]);
        }
    }
}

/// A catalog tells it before the target is asked.
#[test]
fn the_catalog_tells_it_first() {
    let dump = inserts("public.t", "id, v", &["1, 'mine'"]);
    for style in [Style::Rows, Style::Batches] {
        let catalog = Catalog::from_schema_sql(SQL).unwrap();
        let options = guarded(style, "tenant").with_catalog(catalog).unwrap();
        let error = convert(dump.as_bytes(), Vec::new(), &options.clone().build().unwrap()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidOption);
        assert!(
            error
                .to_string()
                .contains("`tenant` of table public.t, by which it is guarded"),
            "{error}"
        );
        // A catalog that is older than the target does not know.
        let old =
            Catalog::from_schema_sql("CREATE TABLE t (id int PRIMARY KEY, v text); CREATE TABLE u (tenant text);");
        let options = guarded(style, "tenant").with_catalog(old.unwrap()).unwrap();
        assert_eq!(merge(&Target::new(SQL), &dump, options).unwrap_err().0, "42703");
    }
}

#[test]
fn with_skip_only_new_rows_pass() {
    let dump = inserts("public.t", "id, v", &["1, 'mine'", "2, 'new'"]);
    for style in STYLES {
        for options in [
            guarded(style, "tenant"),
            guarded(style, "public.t=tenant"),
            guarded(style, "\"businessId\""),
        ] {
            let target = Target::new(SQL);
            for expected in [json!(["(id) = (1)"]), json!(["(id) = (1)", "(id) = (2)"])] {
                let options = options.clone().with_on_guard(OnGuard::Skip);
                let result = merge(&target, &dump, options).unwrap();
                let refused = &result["refused"][0];
                assert_eq!(refused["target"], "public.t", "{style:?} {result}");
                assert_eq!(
                    refused["rows"],
                    expected.as_array().unwrap().len(),
                    "{style:?} {result}"
                );
                let keys: Vec<&Value> = refused["examples"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|row| &row["key"])
                    .collect();
                assert_eq!(json!(keys), expected, "{style:?} {result}");
                assert_eq!(
                    target.rows("SELECT v || ' ' || tenant FROM t ORDER BY id"),
                    ["theirs acme", "new nobody"]
                );
            }
        }
        // A table without such a column has no owners.
        let target = Target::new(
            "CREATE TABLE t (id integer PRIMARY KEY, v text); INSERT INTO t VALUES (1, 'old'); CREATE TABLE u (tenant text);",
        );
        let result = merge(&target, &dump, guarded(style, "tenant").with_on_guard(OnGuard::Skip)).unwrap();
        assert_eq!(result["refused"], Value::Null, "{style:?}");
        assert_eq!(target.rows("SELECT v FROM t ORDER BY id"), ["mine", "new"]);
    }
}

const PARTS: &str = "CREATE TABLE r (id integer PRIMARY KEY, tenant text, v text) PARTITION BY RANGE (id);
    CREATE TABLE r_1 PARTITION OF r FOR VALUES FROM (0) TO (100);
    INSERT INTO r VALUES (1, 'acme', 'theirs');";

/// A policy or guard of the root holds for its partitions, whether or not the dump or a catalog tells what they are.
#[test]
fn rules_of_what_a_table_is_a_partition_of() {
    let takes_over = inserts("public.r_1", "id, tenant, v", &["1, 'evil', 'mine'"]);
    let catalog = || Catalog::from_schema_sql(PARTS).unwrap();
    for style in STYLES {
        for rule in ["guard", "update", "never"] {
            let options = Options::new().with_style(style);
            let options = match rule {
                "guard" => options.with_guard("public.r=tenant").unwrap(),
                "update" => options.with_table_update("public.r", Update::Nothing).unwrap(),
                _ => options.with_update_never("public.r=tenant,v").unwrap(),
            };
            let target = Target::new(PARTS);
            let result = merge(&target, &takes_over, options.clone());
            match (style, rule) {
                (Style::Staged, "guard") => assert_eq!(result.unwrap_err().0, "23000"),
                (Style::Staged, _) => drop(result.unwrap()),
                _ => {
                    let (state, message) = result.unwrap_err();
                    assert_eq!(state, "22023", "{message}");
                    assert!(
                        message.contains("public.r_1 is a partition of public.r here"),
                        "{message}"
                    );
                }
            }
            let with_catalog = options.with_catalog(catalog()).unwrap();
            let result = merge(&target, &takes_over, with_catalog);
            assert_eq!(
                result.err().map(|(state, _)| state),
                (rule == "guard").then(|| "23000".to_owned()),
                "{style:?} {rule}"
            );
            assert_eq!(
                target.rows("SELECT tenant || ' ' || v FROM r"),
                ["acme theirs"],
                "{style:?} {rule}"
            );
        }
    }
}

/// In a full dump the dump itself says what is a partition of what. That is not believed.
#[test]
fn what_a_full_dump_says_of_itself() {
    let claims = "CREATE TABLE public.lax (id integer, tenant text, v text) PARTITION BY LIST (id);
        CREATE TABLE public.t (id integer PRIMARY KEY, tenant text, v text);
        ALTER TABLE ONLY public.lax ATTACH PARTITION public.t DEFAULT;\n";
    let dump = format!(
        "{claims}{}",
        inserts("public.t", "id, tenant, v", &["1, 'evil', 'mine'"])
    );
    for style in STYLES {
        let target = Target::new(
            "CREATE TABLE lax (id integer PRIMARY KEY, tenant text, v text);
            CREATE TABLE t (id integer PRIMARY KEY, tenant text, v text); INSERT INTO t VALUES (1, 'acme', 'theirs');",
        );
        let nothing = Options::new().with_style(style).with_update(Update::Nothing);
        merge(
            &target,
            &dump,
            nothing.with_table_update("public.lax", Update::Always).unwrap(),
        )
        .unwrap();
        let guarded = guarded(style, "tenant").with_guard("public.lax=v").unwrap();
        let own = format!(
            "{claims}{}",
            inserts("public.t", "id, tenant, v", &["1, 'evil', 'theirs'"])
        );
        assert_eq!(merge(&target, &own, guarded).unwrap_err().0, "23000", "{style:?}");
        let only = Options::new().with_style(style).with_only_table("public.lax").unwrap();
        merge(&target, &dump, only).unwrap();
        assert_eq!(
            target.rows("SELECT tenant || ' ' || v FROM t"),
            ["acme theirs"],
            "{style:?}"
        );
    }
}
