//! What `--prune` makes of a target: tables, rows of both sides, options, and the end.

/// Two databases with the same tables, and what a run makes of the target.
pub(super) struct Case {
    pub(super) name: &'static str,
    pub(super) schema: &'static str,
    pub(super) source: &'static str,
    pub(super) target: &'static str,
    pub(super) options: &'static [&'static str],
    pub(super) wanted: Wanted,
}

pub(super) enum Wanted {
    /// As the source, where this was said as well; and so many rows were deleted of each table.
    Source(&'static str, &'static [(&'static str, u64)]),
    /// The run fails and says this.
    Refused(&'static str),
}
use Wanted::{Refused, Source};

fn case(
    name: &'static str,
    schema: &'static str,
    source: &'static str,
    target: &'static str,
    options: &'static [&'static str],
    wanted: Wanted,
) -> Case {
    Case {
        name,
        schema,
        source,
        target,
        options,
        wanted,
    }
}

pub(super) const T: &str = "CREATE TABLE t (id integer PRIMARY KEY, v text);";
pub(super) const PC: &str = "CREATE TABLE p (id integer PRIMARY KEY, v text UNIQUE);
    CREATE TABLE c (id integer PRIMARY KEY, p_id integer REFERENCES p ACTION, v text);";

pub(super) fn cases() -> Vec<Case> {
    let mut cases = vec![
        case("nothing to delete", T, "INSERT INTO t VALUES (1)", "", &[], Source("", &[("public.t", 0)])),
        case(
            "new, changed, equal and gone rows",
            T,
            "INSERT INTO t VALUES (1, 'new'), (2, 'changed'), (3, 'same')",
            "INSERT INTO t VALUES (2, 'old'), (3, 'same'), (4, 'gone'), (5, 'gone')",
            &[],
            Source("", &[("public.t", 2)]),
        ),
        case(
            "gone rows only",
            T,
            "INSERT INTO t VALUES (1)",
            "INSERT INTO t SELECT generate_series(1, 100)",
            &[],
            Source("", &[("public.t", 99)]),
        ),
        case(
            "more than 100 rows and 5 %",
            T,
            "INSERT INTO t SELECT generate_series(1, 1000)",
            "INSERT INTO t SELECT generate_series(1, 1101)",
            &[],
            Refused("101 rows of public.t are not in the dump and would be deleted of 1101, and prune_max permits 100"),
        ),
        case(
            "more than 100 rows, and 5 %",
            T,
            "INSERT INTO t SELECT generate_series(1, 1900)",
            "INSERT INTO t SELECT generate_series(1, 2000)",
            &[],
            Source("", &[("public.t", 100)]),
        ),
        case(
            "101 of 2020 rows",
            T,
            "INSERT INTO t SELECT generate_series(1, 1919)",
            "INSERT INTO t SELECT generate_series(1, 2020)",
            &[],
            Source("", &[("public.t", 101)]),
        ),
        case(
            "102 of 2020 rows",
            T,
            "INSERT INTO t SELECT generate_series(1, 1918)",
            "INSERT INTO t SELECT generate_series(1, 2020)",
            &[],
            Refused("102 rows of public.t are not in the dump and would be deleted of 2020, and prune_max permits 101"),
        ),
        case(
            "a limit of rows",
            T,
            "INSERT INTO t VALUES (1)",
            "INSERT INTO t VALUES (2), (3)",
            &["--prune-max", "1"],
            Refused("2 rows of public.t are not in the dump and would be deleted, and prune_max permits 1"),
        ),
        case(
            "a limit in percent",
            T,
            "INSERT INTO t VALUES (1)",
            "INSERT INTO t VALUES (1), (2), (3)",
            &["--prune-max", "67%"],
            Source("", &[("public.t", 2)]),
        ),
        case(
            "a limit in percent that is too low",
            T,
            "INSERT INTO t VALUES (1)",
            "INSERT INTO t VALUES (1), (2), (3)",
            &["--prune-max", "66%"],
            Refused("2 rows of public.t are not in the dump and would be deleted of 3, and prune_max permits 1"),
        ),
        case(
            "numeric keys that are spelt differently, and collations that ignore case",
            "CREATE COLLATION IF NOT EXISTS public.nocase (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
             CREATE TABLE n (id numeric PRIMARY KEY); CREATE TABLE k (id text COLLATE nocase PRIMARY KEY);",
            "INSERT INTO n VALUES (1.00), (2); INSERT INTO k VALUES ('ABC')",
            "INSERT INTO n VALUES (1.0), (3); INSERT INTO k VALUES ('abc'), ('x')",
            &[],
            Source("", &[("public.n", 1), ("public.k", 1)]),
        ),
        case(
            "a circle, a self-reference, and a composite key",
            "CREATE TABLE a (id integer PRIMARY KEY, b_id integer); CREATE TABLE b (x integer, y integer, a_id integer REFERENCES a ON DELETE RESTRICT, PRIMARY KEY (x, y));
             CREATE TABLE s (id integer PRIMARY KEY, up integer REFERENCES s ON DELETE RESTRICT);
             ALTER TABLE a ADD y integer, ADD FOREIGN KEY (b_id, y) REFERENCES b;",
            "INSERT INTO a VALUES (1); INSERT INTO b VALUES (1, 1, 1); UPDATE a SET b_id = 1, y = 1; INSERT INTO s VALUES (1, 1)",
            "INSERT INTO a VALUES (2), (3); INSERT INTO b VALUES (1, 2, 2), (2, 2, 3); UPDATE a SET b_id = id - 1, y = 2; INSERT INTO s VALUES (4, 4), (5, 4), (6, 5)",
            &[],
            Source("", &[("public.a", 2), ("public.b", 2), ("public.s", 3)]),
        ),
        case(
            "a dumped row takes the unique value of one that goes",
            "CREATE TABLE t (id integer PRIMARY KEY, v text UNIQUE, r int4range, EXCLUDE USING gist (r WITH &&));",
            "INSERT INTO t VALUES (1, 'a', '[1,5)'), (2, 'b', '[5,9)')",
            "INSERT INTO t VALUES (1, 'x', '[20,21)'), (9, 'a', '[4,6)'), (10, 'b', NULL)",
            &[],
            Source("", &[("public.t", 2)]),
        ),
        case(
            "a dumped row takes the unique value of one that dumped rows still reference",
            "CREATE TABLE p (id integer PRIMARY KEY, v text NOT NULL UNIQUE); CREATE TABLE c (id integer PRIMARY KEY, p_id integer NOT NULL REFERENCES p ON DELETE CASCADE);",
            "INSERT INTO p VALUES (1, 'one'); INSERT INTO c VALUES (7, 1), (8, 1)",
            "INSERT INTO p VALUES (5, 'one'); INSERT INTO c VALUES (7, 5), (8, 5), (9, 5)",
            &[],
            Source("", &[("public.p", 1), ("public.c", 1)]),
        ),
        case(
            "rows of two partitions, and one of which no row came",
            "CREATE TABLE m (id integer, k integer, PRIMARY KEY (id, k)) PARTITION BY LIST (k);
             CREATE TABLE m1 PARTITION OF m FOR VALUES IN (1); CREATE TABLE m2 PARTITION OF m FOR VALUES IN (2); CREATE TABLE m3 PARTITION OF m FOR VALUES IN (3);",
            "INSERT INTO m VALUES (1, 1), (2, 2)",
            "INSERT INTO m VALUES (2, 1), (2, 2), (3, 2), (4, 3)",
            &[],
            Source("INSERT INTO m VALUES (4, 3)", &[("public.m1", 1), ("public.m2", 1)]),
        ),
        case(
            "a table of which no row came",
            "CREATE TABLE t (id integer PRIMARY KEY); CREATE TABLE e (id integer PRIMARY KEY);",
            "INSERT INTO t VALUES (1)",
            "INSERT INTO t VALUES (2); INSERT INTO e VALUES (1), (2)",
            &[],
            Source("INSERT INTO e VALUES (1), (2)", &[("public.t", 1)]),
        ),
        case(
            "a table of which no row came, named",
            "CREATE TABLE t (id integer PRIMARY KEY); CREATE TABLE e (id integer PRIMARY KEY, g integer GENERATED ALWAYS AS (id + 1) STORED, t_id integer REFERENCES t);",
            "INSERT INTO t VALUES (1)",
            "INSERT INTO t VALUES (1), (2); INSERT INTO e (id, t_id) VALUES (1, 1), (2, 2)",
            &["--prune-empty", "e"],
            Source("", &[("public.t", 1), ("public.e", 2)]),
        ),
        case(
            "a table of which no row came, named, and nothing else differs",
            "CREATE TABLE t (id integer PRIMARY KEY); CREATE TABLE e (id integer PRIMARY KEY);",
            "INSERT INTO t VALUES (1)",
            "INSERT INTO t VALUES (1); INSERT INTO e VALUES (1)",
            &["--prune-empty", "public.e", "--prune-empty", "t"],
            Source("", &[("public.t", 0), ("public.e", 1)]),
        ),
        case("a name of no table", T, "INSERT INTO t VALUES (1)", "", &["--prune-empty", "gone"], Refused("prune_empty names public.gone, which does not exist here")),
        case(
            "a table that is left out",
            "CREATE TABLE t (id integer PRIMARY KEY); CREATE TABLE e (id integer PRIMARY KEY);",
            "INSERT INTO t VALUES (1)",
            "INSERT INTO e VALUES (1)",
            &["--exclude-table", "e", "--prune-empty", "e"],
            Refused("prune_empty names public.e, which is left out"),
        ),
        case(
            "a table without a key",
            "CREATE TABLE t (id integer PRIMARY KEY); CREATE TABLE n (a integer, b text);",
            "INSERT INTO t VALUES (1); INSERT INTO n VALUES (1, 'one'), (1, 'one'), (2, NULL)",
            "INSERT INTO t VALUES (2); INSERT INTO n VALUES (1, 'one'), (2, NULL), (2, NULL), (3, 'x')",
            &[],
            Source("INSERT INTO n VALUES (2, NULL), (3, 'x')", &[("public.t", 1)]),
        ),
        case(
            "a table without a key, named",
            "CREATE TABLE n (a integer, b text); CREATE TABLE u (a integer UNIQUE, b text);",
            "INSERT INTO n VALUES (1, 'one'), (1, 'one'), (2, NULL); INSERT INTO u VALUES (1, 'x'), (NULL, 'y')",
            "INSERT INTO n VALUES (1, 'one'), (2, NULL), (2, NULL), (3, 'x'); INSERT INTO u VALUES (1, 'old'), (2, 'x'), (NULL, 'y'), (NULL, 'y'), (NULL, 'z')",
            &["--prune-keyless", "n", "--prune-keyless", "public.u"],
            Source("", &[("public.n", 2), ("public.u", 3)]),
        ),
        case(
            "a keyless table that is not in the dump",
            "CREATE TABLE t (id integer PRIMARY KEY); CREATE TABLE n (a integer);",
            "INSERT INTO t VALUES (1)",
            "INSERT INTO n VALUES (1)",
            &["--prune-keyless", "n"],
            Refused("prune_keyless names public.n, which has no rows in the dump"),
        ),
        case(
            "a policy that leaves what is here",
            "CREATE TABLE t (id integer PRIMARY KEY); CREATE TABLE u (id integer PRIMARY KEY, v text);",
            "INSERT INTO t VALUES (1); INSERT INTO u VALUES (1, 'x')",
            "INSERT INTO t VALUES (2); INSERT INTO u VALUES (2, 'y')",
            &["--update", "u=nothing"],
            Source("INSERT INTO u VALUES (2, 'y')", &[("public.t", 1)]),
        ),
        case("a policy that leaves all", T, "INSERT INTO t VALUES (1)", "", &["--update", "nothing"], Refused("`update` says that rows stay")),
        case("owners", T, "INSERT INTO t VALUES (1)", "", &["--guard", "v"], Refused("may belong to others than the dump")),
    ];
    cases.extend(references());
    cases.extend(exclusions());
    cases
}

/// Other tables that reference what goes: of the dump, and not.
fn references() -> Vec<Case> {
    let mut cases = Vec::new();
    for action in [
        "",
        "ON DELETE CASCADE",
        "ON DELETE RESTRICT",
        "ON DELETE SET NULL",
        "ON DELETE SET DEFAULT",
        "DEFERRABLE INITIALLY DEFERRED",
    ] {
        let schema: &'static str = PC.replace("ACTION", action).leak();
        cases.push(case(
            action,
            schema,
            "INSERT INTO p VALUES (1, 'a'), (2, 'b'); INSERT INTO c VALUES (1, 1), (2, 2)",
            "INSERT INTO p VALUES (1, 'b'), (3, 'a'), (4, 'c'); INSERT INTO c VALUES (1, 3), (2, 4), (3, 3), (4, 1), (5, NULL)",
            &[],
            Source("", &[("public.p", 2), ("public.c", 3)]),
        ));
        let is_free = action.contains("CASCADE") || action.contains("SET");
        let left_out = &["--exclude-table", "c"];
        let refused = match action {
            "ON DELETE CASCADE" => {
                "2 rows of public.c would be deleted with rows of public.p, by ON DELETE CASCADE of c_p_id_fkey"
            }
            "ON DELETE SET NULL" => {
                "2 rows of public.c would be changed with rows of public.p, by ON DELETE SET NULL of c_p_id_fkey"
            }
            "ON DELETE SET DEFAULT" => {
                "2 rows of public.c would be changed with rows of public.p, by ON DELETE SET DEFAULT of c_p_id_fkey"
            }
            _ => "2 rows of public.c reference rows of public.p that are to be deleted, by c_p_id_fkey",
        };
        let rows = "INSERT INTO p VALUES (1, 'a'), (3, 'c'), (4, 'd'); INSERT INTO c VALUES (1, 3), (2, 3), (3, 1)";
        cases.push(case(
            action,
            schema,
            "INSERT INTO p VALUES (1, 'a')",
            rows,
            left_out,
            Refused(refused),
        ));
        let wanted = match action {
            "ON DELETE CASCADE" => Source("INSERT INTO c VALUES (3, 1)", &[("public.p", 2), ("public.c", 2)]),
            _ if is_free => Source(
                "INSERT INTO c (id) VALUES (1), (2); INSERT INTO c VALUES (3, 1)",
                &[("public.p", 2)],
            ),
            _ => Refused(refused),
        };
        cases.push(case(
            action,
            schema,
            "INSERT INTO p VALUES (1, 'a')",
            rows,
            &["--exclude-table", "c", "--prune-cascade"],
            wanted,
        ));
    }
    cases.push(case(
        "CASCADE counts as rows of its own table",
        "CREATE TABLE p (id integer PRIMARY KEY); CREATE TABLE c (id integer PRIMARY KEY, p_id integer REFERENCES p ON DELETE CASCADE);
         CREATE TABLE d (id integer PRIMARY KEY, c_id integer REFERENCES c ON DELETE CASCADE);",
        "INSERT INTO p VALUES (1)",
        "INSERT INTO p VALUES (2); INSERT INTO c VALUES (1, 2); INSERT INTO d SELECT i, 1 FROM generate_series(1, 101) AS i",
        &["--exclude-table", "c", "--exclude-table", "d", "--prune-cascade"],
        Refused("101 rows of public.d are not in the dump and would be deleted of 101, and prune_max permits 100"),
    ));
    cases.push(case(
        "CASCADE that would reach a row of the dump",
        "CREATE TABLE p (id integer PRIMARY KEY); CREATE TABLE c (id integer PRIMARY KEY, p_id integer REFERENCES p ON DELETE CASCADE);
         CREATE TABLE d (id integer PRIMARY KEY, c_id integer REFERENCES c ON DELETE CASCADE, v text);",
        "INSERT INTO p VALUES (1); INSERT INTO d VALUES (1, NULL, 'x')",
        "INSERT INTO p VALUES (2); INSERT INTO c VALUES (1, 2); INSERT INTO d VALUES (1, 1, 'y'), (2, 1, 'z')",
        &["--exclude-table", "c", "--prune-cascade"],
        Source("", &[("public.p", 1), ("public.c", 1), ("public.d", 1)]),
    ));
    cases
}

/// Rows that an exclusion covers stay, on either side.
fn exclusions() -> Vec<Case> {
    const TENANTS: &str = "CREATE TABLE businesses (id text PRIMARY KEY, name text); CREATE TABLE places (id integer PRIMARY KEY, \"businessId\" text REFERENCES businesses ON DELETE CASCADE);
        CREATE TABLE orders (id integer PRIMARY KEY, place_id integer NOT NULL REFERENCES places, product_id integer);
        CREATE TABLE products (id integer PRIMARY KEY); ALTER TABLE orders ADD FOREIGN KEY (product_id) REFERENCES products;";
    const SOURCE: &str = "INSERT INTO businesses VALUES ('acme', 'Acme'), ('demo-1', 'Demo'); INSERT INTO places VALUES (1, 'acme'), (2, 'demo-1');
        INSERT INTO products VALUES (1); INSERT INTO orders VALUES (1, 1, 1), (2, 2, 1)";
    const TARGET: &str = "INSERT INTO businesses VALUES ('acme', 'Old'), ('gone', 'Gone'), ('demo-9', 'Its own'), ('demo-1', 'Old demo');
        INSERT INTO places VALUES (1, 'acme'), (3, 'gone'), (9, 'demo-9'), (2, 'acme'), (10, 'acme'); INSERT INTO products VALUES (5), (6);
        INSERT INTO orders VALUES (9, 9, 5), (3, 3, 6), (11, 10, NULL), (12, 2, NULL)";
    // The place 2 is one that was left out of the dump; whatever it is here, it stays, with its orders.
    const KEPT: &str = "DELETE FROM orders WHERE id = 2; DELETE FROM places WHERE id = 2; DELETE FROM businesses WHERE id = 'demo-1';
        INSERT INTO businesses VALUES ('demo-9', 'Its own'), ('demo-1', 'Old demo'); INSERT INTO places VALUES (9, 'demo-9'), (2, 'acme'); INSERT INTO products VALUES (5);
        INSERT INTO orders VALUES (9, 9, 5), (12, 2, NULL)";
    const DELETED: &[(&str, u64)] = &[
        ("public.businesses", 1),
        ("public.places", 2),
        ("public.products", 1),
        ("public.orders", 2),
    ];
    vec![
        case(
            "demo tenants",
            TENANTS,
            SOURCE,
            TARGET,
            &["--exclude-demo"],
            Source(KEPT, DELETED),
        ),
        case(
            "a rule",
            TENANTS,
            SOURCE,
            TARGET,
            &["--exclude", "businesses: id LIKE 'demo-%' -- all"],
            Source(KEPT, DELETED),
        ),
        case(
            "rows that reference what is left out stay in the dump",
            "CREATE TABLE p (id integer PRIMARY KEY, hidden boolean); CREATE TABLE c (id integer PRIMARY KEY, p_id integer REFERENCES p);",
            "INSERT INTO p VALUES (1, true), (2, false); INSERT INTO c VALUES (1, 1), (2, 2)",
            "INSERT INTO p VALUES (1, false), (3, true), (4, false); INSERT INTO c VALUES (3, 3), (4, 4)",
            &["--exclude", "p: hidden", "--no-cascade"],
            // A row that nothing of the dump covers goes; what it references stays for itself.
            Source(
                "DELETE FROM c WHERE id = 1; DELETE FROM p WHERE id = 1; INSERT INTO p VALUES (1, false), (3, true); INSERT INTO c VALUES (1, 1)",
                &[("public.p", 1), ("public.c", 2)],
            ),
        ),
        case(
            "what a reference with SET NULL hangs on",
            "CREATE TABLE p (id integer PRIMARY KEY, hidden boolean); CREATE TABLE c (id integer PRIMARY KEY, p_id integer REFERENCES p ON DELETE SET NULL);",
            "INSERT INTO p VALUES (1, false); INSERT INTO c VALUES (1, 1)",
            "INSERT INTO p VALUES (3, true); INSERT INTO c VALUES (3, 3)",
            &["--exclude", "p: hidden"],
            Source("INSERT INTO p VALUES (3, true)", &[("public.c", 1)]),
        ),
        case(
            "foreign keys that are given by hand",
            "CREATE TABLE p (id integer PRIMARY KEY, hidden boolean); CREATE TABLE c (id integer PRIMARY KEY, p_id integer);",
            "INSERT INTO p VALUES (1, false); INSERT INTO c VALUES (1, 1)",
            "INSERT INTO p VALUES (3, true); INSERT INTO c VALUES (3, 3)",
            &["--exclude", "p: hidden", "--foreign-key", "c(p_id) REFERENCES p(id)"],
            Refused("`foreign_keys` are not followed in the target"),
        ),
    ]
}
