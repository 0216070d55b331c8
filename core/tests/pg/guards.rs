//! A row of the target that belongs to somebody else is not taken over.

use dumpsert::{Catalog, Client, NoKey, OnGuard, Options, Style, Update, convert, statements};
use dumpsert_testkit::{Cluster, Db};
use serde_json::{Value, json};

use crate::support::{Target, inserts, psql, rows, script, sqlstate};

/// Every style with every client that can run it.
const WAYS: [(Style, Client); 5] = [
    (Style::Rows, Client::Psql),
    (Style::Batches, Client::Psql),
    (Style::Staged, Client::Psql),
    (Style::Rows, Client::Driver),
    (Style::Batches, Client::Driver),
];

/// Merges a dump and commits. Returns the script's result, or the SQLSTATE and the message of the error.
fn merge(db: &Db, dump: &str, options: &Options, way: (Style, Client)) -> Result<Value, (String, String)> {
    let options = options.clone().with_style(way.0).with_client(way.1);
    if way.1 == Client::Psql {
        let run = psql(db, "postgres", &script(dump.as_bytes(), options));
        return match sqlstate(&run) {
            None => Ok(serde_json::from_str(run.expect_success().stdout.trim()).unwrap()),
            Some(state) => Err((state.to_owned(), run.stderr)),
        };
    }
    let mut client = db.client();
    let mut transaction = client.transaction().unwrap();
    let mut result = None;
    for statement in statements(dump.as_bytes(), &options.build().unwrap()).unwrap() {
        let statement = statement.unwrap();
        if statement.starts_with("SELECT") {
            result = Some(transaction.query_one(
                &format!("SELECT r::text FROM ({}) AS r(r)", statement.trim_end_matches(';')),
                &[],
            ));
        } else if let Err(error) = transaction.batch_execute(&statement) {
            let error = error.as_db_error().unwrap();
            let text = format!("{} {}", error.message(), error.hint().unwrap_or_default());
            return Err((error.code().code().to_owned(), text));
        }
    }
    transaction.commit().unwrap();
    let result: String = result.unwrap().unwrap().get(0);
    Ok(serde_json::from_str(&result).unwrap())
}

/// Merges a dump in every way, each time into a target of its own.
fn in_every_way(
    sql: &str,
    dump: &str,
    options: &Options,
    check: impl Fn(&Target, (Style, Client), Result<Value, (String, String)>),
) {
    for way in WAYS {
        let target = Target::new(sql);
        let before = target.db.snapshot();
        let result = merge(&target.db, dump, options, way);
        if result.is_err() {
            assert_eq!(before.diff(&target.db.snapshot()), Vec::<String>::new(), "{way:?}");
        }
        check(&target, way, result);
    }
}

const ORDERS: &str = "CREATE TABLE orders (id integer PRIMARY KEY, \"businessId\" text, total numeric);";

fn orders(rows: &[&str]) -> String {
    inserts("public.orders", "id, \"businessId\", total", rows)
}

/// A demo row that reuses the key of a real row, and a real row that meets a demo row.
#[test]
fn takeover_in_both_orders() {
    let options = Options::new().with_guard("\"businessId\"").unwrap();
    for (here, dumped) in [("biz-1", "demo-pizza"), ("demo-pizza", "biz-1")] {
        let sql = format!("{ORDERS} INSERT INTO orders VALUES (1, 'biz-1', 1), (2, '{here}', 2);");
        let dump = orders(&["1, 'biz-1', 10", &format!("2, '{dumped}', 20"), "3, 'demo-pizza', 30"]);
        in_every_way(&sql, &dump, &options, |target, way, result| {
            let (state, message) = result.unwrap_err();
            assert_eq!(state, "23000", "{way:?} {message}");
            for part in [
                "row (id) = (2) of public.orders",
                "(\"businessId\")",
                here,
                dumped,
                "nothing was changed",
                "on_guard = skip",
            ] {
                assert!(message.contains(part), "{way:?}: no {part:?} in {message}");
            }
            let again = merge(&target.db, &dump, &options, way);
            assert_eq!(again.unwrap_err().0, "23000");
        });
        in_every_way(
            &sql,
            &dump,
            &options.clone().with_on_guard(OnGuard::Skip),
            |target, way, result| {
                let expected = json!([{"target": "public.orders", "rows": 1, "examples": [
                {"key": "(id) = (2)", "here": format!("(\"businessId\") = ({here})"), "dumped": format!("({dumped})")}]}]);
                let result = result.unwrap();
                assert_eq!(result["refused"], expected, "{way:?}");
                if way.0 == Style::Staged {
                    let counts =
                        json!([{"target": "public.orders", "inserted": 1, "updated": 1, "unchanged": 0, "refused": 1}]);
                    assert_eq!(result["tables"], counts);
                }
                let rows = rows(&target.db, "SELECT * FROM orders ORDER BY id");
                assert_eq!(
                    rows,
                    ["1|biz-1|10", &format!("2|{here}|2"), "3|demo-pizza|30"],
                    "{way:?}"
                );
            },
        );
    }
}

/// Without a guard it is as it was: the test above tests something.
#[test]
fn takeover_without_a_guard() {
    let sql = format!("{ORDERS} INSERT INTO orders VALUES (2, 'biz-1', 2);");
    in_every_way(
        &sql,
        &orders(&["2, 'demo-pizza', 20"]),
        &Options::new(),
        |target, way, result| {
            assert_eq!(result.unwrap()["refused"], Value::Null);
            assert_eq!(rows(&target.db, "SELECT * FROM orders"), ["2|demo-pizza|20"], "{way:?}");
        },
    );
}

/// Many refused rows are counted, and some of them named.
#[test]
fn many_refused_rows() {
    let sql = format!("{ORDERS} INSERT INTO orders SELECT g, 'real', g FROM generate_series(1, 25) AS g;");
    let lines: Vec<String> = (1..=30).map(|id| format!("{id}, 'demo', 0")).collect();
    let dump = orders(&lines.iter().map(String::as_str).collect::<Vec<_>>());
    let options = Options::new()
        .with_guard("orders=\"businessId\"")
        .unwrap()
        .with_on_guard(OnGuard::Skip);
    in_every_way(&sql, &dump, &options, |target, way, result| {
        let result = result.unwrap();
        assert_eq!(result["refused"][0]["rows"], 25, "{way:?}");
        assert_eq!(
            result["refused"][0]["examples"].as_array().unwrap().len(),
            10,
            "{way:?}"
        );
        let sums = rows(
            &target.db,
            "SELECT \"businessId\", count(*), sum(total) FROM orders GROUP BY 1 ORDER BY 1",
        );
        assert_eq!(sums, ["demo|5|0", "real|25|325"], "{way:?}");
    });
}

/// NULL is an owner like any other; values are compared by the equality of their type.
#[test]
fn what_is_the_same() {
    let refused = |here: &str, dumped: &str, kind: &str| {
        let sql = format!(
            "CREATE EXTENSION citext; CREATE TABLE t (id integer PRIMARY KEY, owner {kind}, v text); INSERT INTO t VALUES (1, {here}, 'old');"
        );
        let options = Options::new().with_guard("t=owner").unwrap();
        let dump = inserts("public.t", "id, owner, v", &[&format!("1, {dumped}, 'new'")]);
        let states = WAYS.map(|way| {
            let target = Target::new(&sql);
            let state = merge(&target.db, &dump, &options, way).err().map(|(state, _)| state);
            let changed = rows(&target.db, "SELECT v FROM t") == ["new"];
            assert_eq!(changed, state.is_none(), "{way:?}");
            state
        });
        assert!(states.iter().all(|state| *state == states[0]), "{states:?}");
        states[0].clone()
    };
    let no = Some("23000".to_owned());
    assert_eq!(refused("NULL", "NULL", "text"), None);
    assert_eq!(refused("NULL", "'a'", "text"), no);
    assert_eq!(refused("'a'", "NULL", "text"), no);
    assert_eq!(refused("''", "NULL", "text"), no);
    assert_eq!(refused("'a'", "'A'", "text"), no);
    assert_eq!(refused("'a'", "'A'", "citext"), None);
    assert_eq!(refused("1.0", "1.00", "numeric"), None);
    // A type without equality cannot tell owners apart.
    assert_eq!(refused("'1'", "'1'", "json"), Some("42883".to_owned()));
}

/// Names and values with everything that has a meaning in SQL, and a key of two columns.
#[test]
fn names_that_need_quotes() {
    let table = r#""it's \ ""T""""#;
    let (key, guard) = (r#""k'\""""#, r#""o'w\n%er""#);
    let sql = format!(
        "CREATE TABLE {table} (a integer, {key} text, {guard} text, v text, PRIMARY KEY (a, {key}));
         INSERT INTO {table} VALUES (1, 'x''\\%s', 'own''er\\', 'old'), (1, 'y', 'own', 'old');"
    );
    let dump = inserts(
        &format!("public.{table}"),
        &format!("a, {key}, {guard}, v"),
        &["1, 'y', 'own', 'new'", "1, 'x''\\%s', 'o''ther', 'new'"],
    );
    let catalog = Cluster::shared().create_unique("names");
    catalog.execute(&sql);
    let options = Options::new()
        .with_catalog(Catalog::from_schema_sql(catalog.pg_dump(&["--schema-only"])).unwrap())
        .unwrap()
        .with_guard(guard)
        .unwrap();
    in_every_way(&sql, &dump, &options, |_, way, result| {
        let (state, message) = result.unwrap_err();
        assert_eq!(state, "23000", "{way:?} {message}");
        for part in [
            table,
            &format!("(a, {key}) = (1,\"x'\\\\%s\")"),
            &format!("({guard}) = (\"own'er\\\\\")"),
            "(o'ther)",
        ] {
            assert!(message.contains(part), "{way:?}: no {part:?} in {message}");
        }
    });
}

/// A guard for all tables leaves those alone that have no such column, and says so; for one table it must have it.
#[test]
fn tables_without_the_column() {
    let sql = "CREATE TABLE t (id integer PRIMARY KEY, tenant text); CREATE TABLE u (id integer PRIMARY KEY, v text);
               CREATE TABLE v (v text); INSERT INTO t VALUES (1, 'a'); INSERT INTO u VALUES (1, 'a');";
    let dump = [
        inserts("public.u", "id, v", &["1, 'b'"]),
        inserts("public.t", "id, tenant", &["2, 'b'"]),
    ]
    .concat();
    let all = Options::new().with_guard("tenant").unwrap();
    in_every_way(sql, &dump, &all, |target, way, result| {
        let notes = result.unwrap()["notes"].to_string();
        assert_eq!(
            notes.contains("not guarded, for want of the column tenant: public.u\""),
            way.0 == Style::Staged,
            "{notes}"
        );
        assert_eq!(rows(&target.db, "SELECT v FROM u"), ["b"]);
    });
    let report = convert(
        dump.as_bytes(),
        Vec::new(),
        &all.clone().with_style(Style::Rows).build().unwrap(),
    )
    .unwrap();
    let warnings: Vec<&str> = report.warnings.iter().map(|warning| warning.message.as_str()).collect();
    assert!(
        warnings
            .iter()
            .any(|text| text.contains("public.u are not guarded") && text.contains("`tenant`")),
        "{warnings:?}"
    );
    assert!(
        !warnings.iter().any(|text| text.contains("public.t are")),
        "{warnings:?}"
    );

    let one = Options::new().with_guard("u=tenant").unwrap();
    let error = convert(
        dump.as_bytes(),
        Vec::new(),
        &one.clone().with_style(Style::Rows).build().unwrap(),
    )
    .unwrap_err();
    assert!(
        error.to_string().contains("no column `tenant` of table public.u"),
        "{error}"
    );
    let mut target = Target::new(sql);
    target.options = one.with_style(Style::Staged);
    let message = target.refuses(&dump, "42703");
    assert!(message.contains("tenant, which public.u has not"), "{message}");
    // The target has the column and the dump has not.
    target.db.execute("ALTER TABLE u ADD tenant text");
    let message = target.refuses(&dump, "42703");
    assert!(
        message.contains("public.u is guarded by tenant, which the dump does not bring"),
        "{message}"
    );
    // Rows of a table without a key are inserted: there is nothing to take over.
    target.options = Options::new()
        .with_style(Style::Staged)
        .with_no_key(NoKey::Insert)
        .with_guard("tenant")
        .unwrap();
    target.run(&inserts("public.v", "v", &["'a'"])).expect_success();
}

/// The guard goes before the update policy, unless that updates nothing.
#[test]
fn with_update_policies() {
    let sql = "CREATE TABLE t (id integer PRIMARY KEY, tenant text, v text, at integer);
               INSERT INTO t VALUES (1, 'a', 'old', 5), (2, 'b', 'old', 5), (3, 'a', 'same', 5);";
    let dump = inserts(
        "public.t",
        "id, tenant, v, at",
        &[
            "1, 'a', 'new', 6",
            "2, 'demo', 'late', 4",
            "3, 'a', 'same', 5",
            "4, 'demo', 'added', 1",
        ],
    );
    let skip = || {
        Options::new()
            .with_guard("tenant")
            .unwrap()
            .with_on_guard(OnGuard::Skip)
    };
    let newer = Update::Newer("at".to_owned());
    for (options, refused, first) in [
        (skip(), 1, "1|a|new|6"),
        (skip().with_update(Update::Changed), 1, "1|a|new|6"),
        (skip().with_update(newer.clone()), 1, "1|a|new|6"),
        (skip().with_update(Update::Nothing), 0, "1|a|old|5"),
        (skip().with_update_only("v").unwrap(), 1, "1|a|new|5"),
        (
            skip().with_update_never("tenant, v").unwrap().with_update(newer),
            1,
            "1|a|old|6",
        ),
        (skip().with_update_never("id,tenant,v,at").unwrap(), 0, "1|a|old|5"),
    ] {
        in_every_way(sql, &dump, &options, |target, way, result| {
            let result = result.unwrap();
            let count = result["refused"][0]["rows"].as_u64().unwrap_or(0);
            assert_eq!(count, refused, "{way:?} {options:?}");
            let expected = [first, "2|b|old|5", "3|a|same|5", "4|demo|added|1"];
            assert_eq!(
                rows(&target.db, "SELECT * FROM t ORDER BY id"),
                expected,
                "{way:?} {options:?}"
            );
        });
    }
    // With the policy nothing, a row of another owner is no error either: it stays as it is.
    let nothing = Options::new()
        .with_guard("tenant")
        .unwrap()
        .with_update(Update::Nothing);
    in_every_way(sql, &dump, &nothing, |_, way, result| {
        assert!(result.is_ok(), "{way:?}")
    });
}

/// The guard of a partitioned table holds for the partitions that a dump names instead.
#[test]
fn partitions() {
    let sql = "CREATE TABLE p (id integer PRIMARY KEY, tenant text) PARTITION BY RANGE (id);
               CREATE TABLE p_low PARTITION OF p FOR VALUES FROM (0) TO (10); INSERT INTO p VALUES (1, 'a');";
    let db = Cluster::shared().create_unique("partitions");
    db.execute(sql);
    let catalog = Catalog::from_schema_sql(db.pg_dump(&["--schema-only"])).unwrap();
    let options = Options::new()
        .with_catalog(catalog)
        .unwrap()
        .with_guard("p=tenant")
        .unwrap();
    for table in ["public.p_low", "public.p"] {
        let dump = inserts(table, "id, tenant", &["1, 'demo'"]);
        in_every_way(sql, &dump, &options, |_, way, result| {
            assert_eq!(result.unwrap_err().0, "23000", "{way:?} {table}")
        });
    }
}

/// Values of another unique key change places beside a refused row, which keeps its own. A guard column that is part of
/// the key is not set to NULL on the way.
#[test]
fn exchanges() {
    let options = || {
        Options::new()
            .with_style(Style::Staged)
            .with_guard("tenant")
            .unwrap()
            .with_on_guard(OnGuard::Skip)
    };
    let mut target = Target::new(
        "CREATE TABLE t (id integer PRIMARY KEY, tenant text, slot integer, v text, UNIQUE (tenant, slot), UNIQUE (slot));
         INSERT INTO t VALUES (1, 'a', 10, 'old'), (2, 'a', 20, 'old'), (3, 'b', 30, 'old');",
    );
    target.options = options();
    let dump = inserts(
        "public.t",
        "id, tenant, slot, v",
        &["1, 'a', 20, 'new'", "2, 'a', 10, 'new'", "3, 'demo', 31, 'new'"],
    );
    target.merge(&dump);
    assert_eq!(
        target.rows("SELECT * FROM t ORDER BY id"),
        ["1|a|20|new", "2|a|10|new", "3|b|30|old"]
    );
    // Only the guard column may be NULL: it is none of the places, so that the chain is moved in rounds.
    let mut target = Target::new(
        "CREATE TABLE t (id integer PRIMARY KEY, tenant text, slot integer NOT NULL, UNIQUE (tenant, slot));
         INSERT INTO t VALUES (1, 'a', 10), (2, 'a', 20);",
    );
    target.options = options();
    target.merge(&inserts("public.t", "id, tenant, slot", &["1, 'a', 20", "2, 'a', 30"]));
    assert_eq!(target.rows("SELECT * FROM t ORDER BY id"), ["1|a|20", "2|a|30"]);
}

/// A row that somebody else inserts after the rows were compared.
#[test]
fn a_row_that_comes_in_between() {
    for (on_guard, expected) in [(OnGuard::Error, Some("23000")), (OnGuard::Skip, None)] {
        let mut target = Target::new(&format!("{ORDERS} INSERT INTO orders VALUES (1, 'a', 1);"));
        target.options = target
            .options
            .with_guard("\"businessId\"")
            .unwrap()
            .with_on_guard(on_guard);
        let mut other = target.db.client();
        let mut transaction = other.transaction().unwrap();
        transaction
            .batch_execute("INSERT INTO orders VALUES (2, 'theirs', 2)")
            .unwrap();
        let run = std::thread::scope(|scope| {
            let run = scope.spawn(|| target.run(&orders(&["2, 'ours', 20"])));
            let waits = "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'relation'";
            while target.db.query(waits).is_empty() {
                std::thread::sleep(std::time::Duration::from_millis(20));
                assert!(!run.is_finished(), "the script has not waited");
            }
            transaction.commit().unwrap();
            run.join().unwrap()
        });
        assert_eq!(sqlstate(&run), expected, "{}", run.stderr);
        assert_eq!(target.rows("SELECT * FROM orders ORDER BY id"), ["1|a|1", "2|theirs|2"]);
        assert_eq!(run.stdout.contains("(2)"), on_guard == OnGuard::Skip, "{}", run.stdout);
    }
}
