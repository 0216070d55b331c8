//! Rows that stand in the target under other keys: recognised by match_on, references rewritten.

use dumpsert::{MatchNulls, OnAmbiguous, OnTakenKey, OnUnmatchedReference, Options};

use crate::support::{Target, inserts};

mod columns;
mod keys;
mod races;
mod random;

/// A target where rows of these tables are recognised by these columns.
fn target(schema: &str, match_on: &[&str]) -> Target {
    let mut target = Target::new(schema);
    for columns in match_on {
        target.options = target.options.with_match_on(columns).unwrap();
    }
    target
}

impl Target {
    fn with(mut self, change: impl FnOnce(Options) -> Options) -> Self {
        self.options = change(self.options);
        self
    }
}

const SHOP: &str = "CREATE TABLE categories (id integer PRIMARY KEY, name text NOT NULL UNIQUE, note text);
    CREATE TABLE products (id integer PRIMARY KEY, category integer NOT NULL REFERENCES categories, other integer REFERENCES categories, name text);
    INSERT INTO categories VALUES (2, 'tea', 'old'), (1, 'oil', 'same'), (9, 'only here', 'extra');
    INSERT INTO products VALUES (1, 9, 9, 'old'), (5, 1, NULL, 'only here');";

fn shop_dump() -> String {
    inserts(
        "public.categories",
        "id, name, note",
        &["1, 'tea', 'new'", "2, 'oil', 'same'", "3, 'salt', 'more'"],
    ) + &inserts(
        "public.products",
        "id, category, other, name",
        &["1, 1, 2, 'a'", "2, 2, 1, 'b'", "3, 3, NULL, 'c'"],
    )
}

#[test]
fn rows_keep_the_key_of_the_target_and_references_follow() {
    let target = target(SHOP, &["public.categories=name"]);
    let run = target.run(&shop_dump()).expect_success();
    let told = r#""mapping": [{"key": ["id"], "rows": [{"to": ["2"], "from": ["1"]}, {"to": ["1"], "from": ["2"]}], "table": "public.categories", "rewritten": 0, "recognised": 2, "renumbered": 0}]"#;
    assert!(run.stdout.contains(told), "{}", run.stdout);
    let expected = ["1|oil|same", "2|tea|new", "3|salt|more", "9|only here|extra"];
    assert_eq!(target.rows("TABLE public.categories ORDER BY id"), expected);
    assert_eq!(
        target.rows("TABLE public.products ORDER BY id"),
        ["1|2|1|a", "2|1|2|b", "3|3||c", "5|1||only here"]
    );
    target.merge(&shop_dump());
    // Diverged: both sides have changed since.
    target.db.execute(
        "UPDATE categories SET note = 'changed here' WHERE id = 2;
         INSERT INTO categories VALUES (4, 'rice', 'made here'); UPDATE products SET category = 4 WHERE id = 2;",
    );
    let dump = shop_dump()
        + &inserts(
            "public.categories",
            "id, name, note",
            &["4, 'flour', 'new'", "8, 'rice', 'new'"],
        );
    let message = target.refuses(&dump, "23505");
    assert!(
        message.contains("the first (id) = (4)") && message.contains("on_taken_key"),
        "{message}"
    );
    let dump = dump.replace("4, 'flour'", "6, 'flour'");
    target.merge(&dump);
    assert_eq!(
        target.rows("SELECT * FROM categories WHERE id IN (2, 4, 6, 8) ORDER BY id"),
        ["2|tea|new", "4|rice|new", "6|flour|new"]
    );
    assert_eq!(target.rows("SELECT category FROM products WHERE id = 2"), ["1"]);
}

#[test]
fn without_it_the_error_names_the_option() {
    let message = Target::new(SHOP).refuses(
        &shop_dump()
            .replace("1, 'tea'", "7, 'tea'")
            .replace("1, 2, 'a'", "7, 2, 'a'")
            .replace("2, 1, 'b'", "2, 7, 'b'"),
        "23505",
    );
    assert!(
        message.contains("option match_on (--match-on 'public.categories=name')"),
        "{message}"
    );
}

#[test]
fn columns_are_rewritten_once_and_at_the_same_time() {
    // A composite key that shares its tenant, two references to one table, and one to itself.
    let target = target(
        "CREATE TABLE tenants (id integer PRIMARY KEY, slug text UNIQUE NOT NULL);
         CREATE TABLE groups (tenant integer REFERENCES tenants, id integer, name text, up integer, PRIMARY KEY (tenant, id),
           FOREIGN KEY (tenant, up) REFERENCES groups DEFERRABLE INITIALLY DEFERRED);
         CREATE TABLE members (id integer PRIMARY KEY, tenant integer REFERENCES tenants, main integer, spare integer,
           FOREIGN KEY (tenant, main) REFERENCES groups, FOREIGN KEY (tenant, spare) REFERENCES groups);
         INSERT INTO tenants VALUES (1, 'b'), (2, 'a'); INSERT INTO groups VALUES (1, 1, 'y', NULL), (2, 2, 'x', NULL), (2, 1, 'z', 2);",
        &["public.tenants=slug", "public.groups=tenant,name"],
    );
    let dump = inserts("public.tenants", "id, slug", &["1, 'a'", "2, 'b'"])
        + &inserts(
            "public.groups",
            "tenant, id, name, up",
            &["1, 1, 'x', 2", "1, 2, 'z', NULL", "2, 1, 'y', 1"],
        )
        + &inserts(
            "public.members",
            "id, tenant, main, spare",
            &["1, 1, 1, 2", "2, 1, 2, 1", "3, 2, 1, NULL", "4, 2, NULL, 1"],
        );
    target.merge(&dump);
    assert_eq!(
        target.rows("TABLE groups ORDER BY 1, 2"),
        ["1|1|y|1", "2|1|z|", "2|2|x|1"]
    );
    assert_eq!(
        target.rows("TABLE members ORDER BY 1"),
        ["1|2|2|1", "2|2|1|2", "3|1|1|", "4|1||1"]
    );
}

#[test]
fn keys_that_contain_a_rewritten_reference_are_rewritten_and_followed() {
    let target = target(
        "CREATE TABLE orders (id integer PRIMARY KEY, number text UNIQUE NOT NULL);
         CREATE TABLE lines (\"order\" integer REFERENCES orders, no integer, what text, PRIMARY KEY (\"order\", no));
         CREATE TABLE shipments (id integer PRIMARY KEY, \"order\" integer, line integer, FOREIGN KEY (\"order\", line) REFERENCES lines);
         INSERT INTO orders VALUES (1, 'B'), (2, 'A'); INSERT INTO lines VALUES (1, 1, 'of B'), (2, 1, 'old');",
        &["public.orders=number"],
    );
    let dump = inserts("public.orders", "id, number", &["1, 'A'"])
        + &inserts("public.lines", "\"order\", no, what", &["1, 1, 'new'", "1, 2, 'more'"])
        + &inserts("public.shipments", "id, \"order\", line", &["1, 1, 1", "2, 1, 2"]);
    let run = target.run(&dump).expect_success();
    assert!(run.stdout.contains(r#""rewritten": 2"#), "{}", run.stdout);
    target.merge(&dump);
    assert_eq!(
        target.rows("TABLE lines ORDER BY 1, 2"),
        ["1|1|of B", "2|1|new", "2|2|more"]
    );
    assert_eq!(target.rows("TABLE shipments ORDER BY 1"), ["1|2|1", "2|2|2"]);
}

#[test]
fn references_to_other_unique_keys_get_what_the_row_holds_afterwards() {
    let schema =
        "CREATE TABLE units (id integer PRIMARY KEY, name text UNIQUE NOT NULL, code text UNIQUE, seen integer);
        CREATE TABLE goods (id integer PRIMARY KEY, unit text REFERENCES units (code));
        INSERT INTO units VALUES (7, 'litre', 'L', 5), (8, 'metre', 'M', 5);";
    let dump = inserts(
        "public.units",
        "id, name, code, seen",
        &["1, 'litre', 'ltr', 4", "2, 'metre', 'mtr', 6"],
    ) + &inserts("public.goods", "id, unit", &["1, 'ltr'", "2, 'mtr'", "3, NULL"]);
    for (policy, expected) in [
        ("always", ["ltr", "mtr", ""]),
        ("nothing", ["L", "M", ""]),
        ("newer(seen)", ["L", "mtr", ""]),
    ] {
        let units = serde_json::json!({ "match_on": "name", "update": policy });
        let mut target = Target::new(schema);
        target.options =
            Options::from_json(&serde_json::json!({ "tables": { "public.units": units } }).to_string()).unwrap();
        target.merge(&dump);
        assert_eq!(target.rows("SELECT unit FROM goods ORDER BY id"), expected, "{policy}");
    }
    let target = target(schema, &["public.units=name"]).with(|options| options.with_update_never("code").unwrap());
    target.merge(&dump);
    assert_eq!(target.rows("SELECT unit FROM goods ORDER BY id"), ["L", "M", ""]);
}

#[test]
fn references_that_no_dumped_row_answers_are_refused_or_kept() {
    let dump = inserts("public.categories", "id, name, note", &["1, 'tea', 'new'"])
        + &inserts("public.products", "id, category, other, name", &["1, 1, 9, 'a'"]);
    let shop = target(SHOP, &["public.categories=name"]);
    let message = shop.refuses(&dump, "23503");
    assert!(
        message.contains("by (other)") && message.contains("row 1 of public.products"),
        "{message}"
    );
    // A table of which nothing is dumped.
    let message = shop.refuses(
        &inserts("public.products", "id, category, other, name", &["1, 1, 9, 'a'"]),
        "23503",
    );
    assert!(message.contains("on_unmatched_reference"), "{message}");
    let shop = shop.with(|options| {
        options
            .with_on_unmatched_reference(Some("public.categories"), OnUnmatchedReference::Keep)
            .unwrap()
    });
    shop.merge(&dump);
    assert_eq!(shop.rows("SELECT * FROM products WHERE id = 1"), ["1|2|9|a"]);
}

#[test]
fn trees_are_resolved_level_by_level() {
    let schema = "CREATE TABLE folders (id integer PRIMARY KEY, up integer REFERENCES folders, name text NOT NULL);
        INSERT INTO folders VALUES (10, NULL, 'a'), (11, 10, 'b'), (12, 11, 'c'), (13, NULL, 'b');";
    let dump = inserts(
        "public.folders",
        "id, up, name",
        &[
            "1, 2, 'c'",
            "2, 3, 'b'",
            "3, NULL, 'a'",
            "4, NULL, 'b'",
            "5, 4, 'c'",
            "6, 5, 'd'",
        ],
    );
    let tree = target(schema, &["public.folders=up,name"]).with(|options| {
        options
            .with_match_nulls(Some("public.folders"), MatchNulls::NotDistinct)
            .unwrap()
    });
    tree.merge(&dump);
    assert_eq!(
        tree.rows("TABLE folders ORDER BY id"),
        ["5|13|c", "6|5|d", "10||a", "11|10|b", "12|11|c", "13||b"]
    );
    // Rows that wait for each other.
    let message = tree.refuses(
        &inserts(
            "public.folders",
            "id, up, name",
            &["1, 2, 'x'", "2, 1, 'y'", "3, NULL, 'z'"],
        ),
        "22000",
    );
    assert!(
        message.contains("2 rows of public.folders reference each other in a circle"),
        "{message}"
    );
}

#[test]
fn tables_that_are_recognised_by_each_other_are_refused() {
    let target = target(
        "CREATE TABLE a (id integer PRIMARY KEY, b integer, name text); CREATE TABLE b (id integer PRIMARY KEY, a integer REFERENCES a, name text);
         ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES b;",
        &["public.a=b,name", "public.b=a,name"],
    );
    let dump =
        inserts("public.a", "id, b, name", &["1, NULL, 'x'"]) + &inserts("public.b", "id, a, name", &["1, 1, 'x'"]);
    let message = target.refuses(&dump, "0A000");
    assert!(
        message.contains("rows of public.a, public.b are recognised reference each other in a circle"),
        "{message}"
    );
}

#[test]
fn references_that_disagree_are_refused() {
    // The category of the dump's tenant 1 stands here with tenant 9.
    let target = target(
        "CREATE TABLE tenants (id integer PRIMARY KEY, slug text UNIQUE NOT NULL);
         CREATE TABLE categories (tenant integer REFERENCES tenants, id integer, name text UNIQUE, PRIMARY KEY (tenant, id));
         CREATE TABLE goods (id integer PRIMARY KEY, tenant integer REFERENCES tenants, category integer, FOREIGN KEY (tenant, category) REFERENCES categories);
         INSERT INTO tenants VALUES (8, 'a'), (9, 'b'); INSERT INTO categories VALUES (9, 4, 'x');",
        &["public.tenants=slug", "public.categories=name"],
    );
    let dump = inserts("public.tenants", "id, slug", &["1, 'a'"])
        + &inserts("public.categories", "tenant, id, name", &["1, 1, 'x'"])
        + &inserts("public.goods", "id, tenant, category", &["1, 1, 1"]);
    let message = target.refuses(&dump, "23503");
    assert!(
        message.contains("two references want different values of tenant"),
        "{message}"
    );
}

#[test]
fn two_rows_of_one_value_are_refused_or_the_first_is_taken() {
    let schema = "CREATE TABLE t (id integer PRIMARY KEY, name text); CREATE TABLE u (id integer PRIMARY KEY, t integer REFERENCES t);
        INSERT INTO t VALUES (5, 'a'), (4, 'a'), (6, 'b');";
    let twins = target(schema, &["public.t=name"]);
    let message = twins.refuses(&inserts("public.t", "id, name", &["1, 'a'"]), "21000");
    assert!(
        message.contains("the target has more than one row of public.t") && message.contains("(4) and (5)"),
        "{message}"
    );
    let dump =
        inserts("public.t", "id, name", &["2, 'b'", "1, 'b'"]) + &inserts("public.u", "id, t", &["1, 1", "2, 2"]);
    let message = twins.refuses(&dump, "21000");
    assert!(
        message.contains("the dump has more than one row of public.t") && message.contains("(1) and (2)"),
        "{message}"
    );
    let twins = twins.with(|options| options.with_on_ambiguous(None, OnAmbiguous::First).unwrap());
    twins.merge(&(dump + &inserts("public.t", "id, name", &["3, 'a'"])));
    assert_eq!(twins.rows("TABLE t ORDER BY 1"), ["2|b", "4|a", "5|a", "6|b"]);
    assert_eq!(twins.rows("TABLE u ORDER BY 1"), ["1|6", "2|2"]);
}

#[test]
fn taken_keys_are_renumbered_and_found_again() {
    let schema =
        "CREATE TABLE invoices (id integer GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, number text UNIQUE NOT NULL);
        CREATE TABLE lines (id serial PRIMARY KEY, invoice integer REFERENCES invoices, text text);
        CREATE TABLE papers (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), name text UNIQUE);
        INSERT INTO invoices (number) VALUES ('X1'), ('X2'), ('S3');
        INSERT INTO papers VALUES ('00000000-0000-0000-0000-000000000001', 'here');";
    let on = ["public.invoices=number", "public.papers=name"];
    let renumbers =
        || target(schema, &on).with(|options| options.with_on_taken_key(None, OnTakenKey::Renumber).unwrap());
    let dump = inserts(
        "public.invoices",
        "id, number",
        &["1, 'S1'", "2, 'S2'", "3, 'S3'", "4, 'S4'", "5, 'S5'"],
    ) + &inserts(
        "public.lines",
        "id, invoice, text",
        &["1, 1, 'one'", "2, 2, 'two'", "3, 3, 'three'", "4, 4, 'four'"],
    ) + &inserts(
        "public.papers",
        "id, name",
        &["'00000000-0000-0000-0000-000000000001', 'there'"],
    );
    let target = renumbers();
    let run = target.run(&dump).expect_success();
    assert!(run.stdout.contains(r#""renumbered": 2"#), "{}", run.stdout);
    target.merge(&dump);
    // 4 and 5, which the sequence gave, are keys of other dumped rows.
    assert_eq!(
        target.rows("TABLE invoices ORDER BY id"),
        ["1|X1", "2|X2", "3|S3", "4|S4", "5|S5", "6|S1", "7|S2"]
    );
    assert_eq!(
        target.rows("SELECT invoice FROM lines ORDER BY id"),
        ["6", "7", "3", "4"]
    );
    assert_eq!(target.rows("SELECT count(DISTINCT id) FROM papers"), ["2"]);
    assert_eq!(
        target.rows("INSERT INTO invoices (number) VALUES ('next') RETURNING id"),
        ["8"]
    );
    let without = self::target(schema, &on);
    let message = without.refuses(&dump, "23505");
    assert!(
        message.contains("2 rows of public.invoices are matched to none here")
            && message.contains("on_taken_key = renumber"),
        "{message}"
    );
    // Only the database can make new keys of a column with a default.
    let target = self::target("CREATE TABLE t (id text PRIMARY KEY, name text)", &["public.t=name"]).with(|options| {
        options
            .with_on_taken_key(Some("public.t"), OnTakenKey::Renumber)
            .unwrap()
    });
    let message = target.refuses(&inserts("public.t", "id, name", &["'a', 'b'"]), "42P10");
    assert!(message.contains("has no default"), "{message}");
}
