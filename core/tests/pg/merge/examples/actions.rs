//! Referential actions of the target fire while the merge writes: dumped rows end as in the dump all the same, and rows
//! that only the target has follow their parents.

use super::super::case::Case;

/// Two tables of which one references a unique column that is no key.
fn parent_and_child(action: &str) -> String {
    format!(
        "CREATE TABLE p (id integer PRIMARY KEY, code text UNIQUE NOT NULL);
         CREATE TABLE c (id integer PRIMARY KEY, code text DEFAULT 'D' REFERENCES p (code) ON UPDATE {action}, v text);"
    )
}

const ACTIONS: [&str; 3] = ["CASCADE", "SET NULL", "SET DEFAULT"];

#[test]
fn a_child_that_is_the_same() {
    for action in ACTIONS {
        Case::new(
            &parent_and_child(action),
            "INSERT INTO p VALUES (1, 'A'), (9, 'D'); INSERT INTO c VALUES (1, 'A');",
            "INSERT INTO p VALUES (1, 'B'), (2, 'A'); INSERT INTO c VALUES (1, 'A');",
        )
        .passes();
    }
}

#[test]
fn children_of_every_kind() {
    // New, changed with the parent, changed otherwise, the same, from and to NULL, moved to another parent.
    for (action, follows) in [("CASCADE", "B"), ("SET NULL", ""), ("SET DEFAULT", "D")] {
        Case::new(
            &parent_and_child(action),
            "INSERT INTO p VALUES (1, 'A'), (3, 'C'), (9, 'D');
             INSERT INTO c VALUES (10, 'A', 'same'), (11, 'A', 'follows'), (12, 'C', 'moves'), (13, NULL, 'from null'), (14, 'A', 'to null'),
               (15, 'A', 'old'), (30, 'A', 'own'), (31, 'C', 'own'), (32, NULL, 'own');",
            "INSERT INTO p VALUES (1, 'B'), (2, 'A'), (3, 'C'), (4, 'E');
             INSERT INTO c VALUES (10, 'A', 'same'), (11, 'B', 'follows'), (12, 'A', 'moves'), (13, 'A', 'from null'), (14, NULL, 'to null'),
               (15, 'A', 'new'), (20, 'A', 'is new'), (21, 'B', 'is new'), (22, 'E', 'is new'), (23, NULL, 'is new');",
        )
        .then(
            "SELECT id, code FROM c WHERE id >= 30 ORDER BY id",
            &[&format!("30|{follows}"), "31|C", "32|"],
        )
        .passes();
    }
}

#[test]
fn values_change_places_below_children() {
    for nullable in ["", "NOT NULL"] {
        for (action, one, two) in [("CASCADE", "B", "A"), ("SET NULL", "", ""), ("SET DEFAULT", "D", "D")] {
            Case::new(
                &format!(
                    "CREATE TABLE p (id integer PRIMARY KEY, code text UNIQUE {nullable});
                     CREATE TABLE c (id integer PRIMARY KEY, code text DEFAULT 'D' REFERENCES p (code) ON UPDATE {action});"
                ),
                "INSERT INTO p VALUES (1, 'A'), (2, 'B'), (9, 'D'); INSERT INTO c VALUES (1, 'A'), (3, 'A'), (4, 'B');",
                "INSERT INTO p VALUES (1, 'B'), (2, 'A'); INSERT INTO c VALUES (1, 'A'), (2, 'B');",
            )
            .then(
                "SELECT id, code FROM c WHERE id >= 3 ORDER BY id",
                &[&format!("3|{one}"), &format!("4|{two}")],
            )
            .passes();
        }
    }
}

#[test]
fn a_tree_by_a_unique_column() {
    for (action, own) in [("CASCADE", "B"), ("SET NULL", ""), ("SET DEFAULT", "R")] {
        Case::new(
            &format!(
                "CREATE TABLE t (id integer PRIMARY KEY, code text UNIQUE NOT NULL,
                   parent text DEFAULT 'R' REFERENCES t (code) ON UPDATE {action});"
            ),
            "INSERT INTO t VALUES (1, 'R', NULL), (2, 'A', 'R'), (3, 'C', 'A'), (4, 'E', 'A'), (30, 'own', 'A'), (31, 'own too', 'own');",
            "INSERT INTO t VALUES (1, 'R', NULL), (2, 'B', 'R'), (3, 'C', 'A'), (4, 'E', 'B'), (5, 'A', 'B'), (6, 'F', 'A');",
        )
        .then(
            "SELECT id, code, parent FROM t WHERE id >= 30 ORDER BY id",
            &[&format!("30|own|{own}"), "31|own too|own"],
        )
        .passes();
    }
}

#[test]
fn a_row_that_references_itself() {
    Case::new(
        "CREATE TABLE t (id integer PRIMARY KEY, code text UNIQUE NOT NULL, head text NOT NULL REFERENCES t (code) ON UPDATE CASCADE);",
        "INSERT INTO t VALUES (1, 'A', 'A'), (2, 'B', 'B'), (3, 'own', 'own'), (4, 'own too', 'A');",
        "INSERT INTO t VALUES (1, 'B', 'A'), (2, 'A', 'A'), (5, 'C', 'B');",
    )
    .then("SELECT head FROM t WHERE id IN (3, 4) ORDER BY id", &["own", "B"])
    .passes();
}

#[test]
fn composite_references() {
    for (action, own) in [("CASCADE", "1|y"), ("SET NULL", "|"), ("SET DEFAULT", "9|d")] {
        Case::new(
            &format!(
                "CREATE TABLE p (id integer PRIMARY KEY, a integer NOT NULL, b text NOT NULL, UNIQUE (a, b));
                 CREATE TABLE c (id integer PRIMARY KEY, a integer DEFAULT 9, b text DEFAULT 'd',
                   FOREIGN KEY (a, b) REFERENCES p (a, b) ON UPDATE {action});"
            ),
            "INSERT INTO p VALUES (1, 1, 'x'), (2, 2, 'x'), (9, 9, 'd'); INSERT INTO c VALUES (1, 1, 'x'), (2, 2, 'x'), (3, NULL, 'x'), (30, 1, 'x');",
            "INSERT INTO p VALUES (1, 1, 'y'), (2, 2, 'x'), (3, 1, 'x'); INSERT INTO c VALUES (1, 1, 'x'), (2, 1, 'y'), (3, NULL, 'x'), (4, 2, 'x');",
        )
        .then("SELECT a, b FROM c WHERE id = 30", &[own])
        .passes();
    }
}

#[test]
fn a_tenant_shared_by_two_references() {
    // The first column stands in both foreign keys, as where every table has the tenant.
    Case::new(
        "CREATE TABLE p (id integer PRIMARY KEY, tenant integer NOT NULL, code text NOT NULL, UNIQUE (tenant, code));
         CREATE TABLE q (id integer PRIMARY KEY, tenant integer NOT NULL, code text NOT NULL, UNIQUE (tenant, code));
         CREATE TABLE c (id integer PRIMARY KEY, tenant integer NOT NULL, p text, q text,
           FOREIGN KEY (tenant, p) REFERENCES p (tenant, code) ON UPDATE CASCADE,
           FOREIGN KEY (tenant, q) REFERENCES q (tenant, code) ON UPDATE CASCADE);",
        "INSERT INTO p VALUES (1, 1, 'A'), (2, 1, 'B'); INSERT INTO q VALUES (1, 1, 'A'), (2, 1, 'B');
         INSERT INTO c VALUES (1, 1, 'A', 'A'), (2, 1, 'B', 'B'), (30, 1, 'A', 'B');",
        "INSERT INTO p VALUES (1, 1, 'B'), (2, 1, 'A'), (3, 2, 'A'); INSERT INTO q VALUES (1, 1, 'C'), (2, 1, 'A'), (3, 2, 'A');
         INSERT INTO c VALUES (1, 1, 'A', 'A'), (2, 1, 'B', 'C'), (3, 2, 'A', 'A');",
    )
    .then("SELECT tenant, p, q FROM c WHERE id = 30", &["1|B|A"])
    .passes();
}

#[test]
fn three_tables_in_a_chain() {
    for (action, own_c, own_g) in [("CASCADE", "B", "B"), ("SET NULL", "", "")] {
        Case::new(
            &format!(
                "CREATE TABLE p (id integer PRIMARY KEY, code text UNIQUE NOT NULL);
                 CREATE TABLE c (id integer PRIMARY KEY, code text UNIQUE REFERENCES p (code) ON UPDATE {action});
                 CREATE TABLE g (id integer PRIMARY KEY, code text REFERENCES c (code) ON UPDATE {action});"
            ),
            "INSERT INTO p VALUES (1, 'A'), (2, 'X'); INSERT INTO c VALUES (2, 'X'), (30, 'A'); INSERT INTO g VALUES (1, 'X'), (30, 'A');",
            "INSERT INTO p VALUES (1, 'B'), (2, 'Y'), (3, 'X'), (4, 'A'); INSERT INTO c VALUES (1, 'A'), (2, 'Y'), (3, 'X');
             INSERT INTO g VALUES (1, 'X'), (2, 'Y'), (3, 'A');",
        )
        .then("SELECT code FROM c WHERE id = 30", &[own_c])
        .then("SELECT code FROM g WHERE id = 30", &[own_g])
        .passes();
    }
}

#[test]
fn a_key_below_a_unique_column() {
    // The child's key is the reference: a cascade gives its row another key.
    Case::new(
        "CREATE TABLE p (id integer PRIMARY KEY, code text UNIQUE NOT NULL);
         CREATE TABLE detail (code text PRIMARY KEY REFERENCES p (code) ON UPDATE CASCADE, v text);
         CREATE TABLE line (code text, n integer, v text, PRIMARY KEY (code, n), FOREIGN KEY (code) REFERENCES detail ON UPDATE CASCADE);",
        "INSERT INTO p VALUES (1, 'A'), (2, 'X'); INSERT INTO detail VALUES ('X', 'own'), ('A', 'old');
         INSERT INTO line VALUES ('X', 1, 'own'), ('A', 1, 'old'), ('A', 7, 'own');",
        "INSERT INTO p VALUES (1, 'B'), (3, 'A'); INSERT INTO detail VALUES ('A', 'a'), ('B', 'b'); INSERT INTO line VALUES ('A', 1, 'a1'), ('B', 1, 'b1');",
    )
    .then("SELECT * FROM line WHERE v = 'own' ORDER BY code", &["B|7|own", "X|1|own"])
    .passes();
}

#[test]
fn two_ways_to_one_child() {
    Case::new(
        "CREATE TABLE a (id integer PRIMARY KEY, code text UNIQUE NOT NULL);
         CREATE TABLE b (id integer PRIMARY KEY, code text UNIQUE NOT NULL);
         CREATE TABLE c (id integer PRIMARY KEY, a text REFERENCES a (code) ON UPDATE CASCADE, b text REFERENCES b (code) ON UPDATE SET NULL);",
        "INSERT INTO a VALUES (1, 'A'), (2, 'B'); INSERT INTO b VALUES (1, 'A'), (2, 'B'); INSERT INTO c VALUES (1, 'A', 'A'), (2, 'B', 'A'), (30, 'A', 'A');",
        "INSERT INTO a VALUES (1, 'B'), (2, 'A'); INSERT INTO b VALUES (1, 'C'), (2, 'A'); INSERT INTO c VALUES (1, 'A', 'A'), (2, 'B', 'C');",
    )
    .then("SELECT a, b FROM c WHERE id = 30", &["B|"])
    .passes();
}

#[test]
fn tables_in_a_circle() {
    Case::new(
        "CREATE TABLE a (id integer PRIMARY KEY, code text UNIQUE NOT NULL, b text);
         CREATE TABLE b (id integer PRIMARY KEY, code text UNIQUE NOT NULL, a text REFERENCES a (code) ON UPDATE CASCADE);
         ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES b (code) ON UPDATE CASCADE;",
        "INSERT INTO a VALUES (1, 'A'), (2, 'X'); INSERT INTO b VALUES (1, 'A', 'A'), (2, 'X', 'X'), (30, 'own', 'A');
         UPDATE a SET b = 'A' WHERE id = 1; UPDATE a SET b = 'X' WHERE id = 2;",
        "INSERT INTO a VALUES (1, 'B'), (3, 'A'); INSERT INTO b VALUES (1, 'C', 'A'), (3, 'A', 'B'); UPDATE a SET b = 'A' WHERE id = 1; UPDATE a SET b = 'C' WHERE id = 3;",
    )
    .then("SELECT a FROM b WHERE id = 30", &["B"])
    .then("SELECT a FROM b WHERE id = 2", &["X"])
    .passes();
}

#[test]
fn every_relation_as_prisma_declares_it() {
    Case::new(
        r#"CREATE TABLE "User" (id text PRIMARY KEY, email text NOT NULL, "updatedAt" timestamp(3) NOT NULL);
         CREATE UNIQUE INDEX "User_email_key" ON "User" (email);
         CREATE TABLE "Post" (id text PRIMARY KEY, title text NOT NULL, "authorId" text NOT NULL, "reviewerEmail" text,
           CONSTRAINT "Post_authorId_fkey" FOREIGN KEY ("authorId") REFERENCES "User" (id) ON DELETE RESTRICT ON UPDATE CASCADE,
           CONSTRAINT "Post_reviewerEmail_fkey" FOREIGN KEY ("reviewerEmail") REFERENCES "User" (email) ON DELETE SET NULL ON UPDATE CASCADE);
         CREATE TABLE "Comment" (id text PRIMARY KEY, "postId" text NOT NULL REFERENCES "Post" (id) ON DELETE CASCADE ON UPDATE CASCADE,
           "authorEmail" text NOT NULL REFERENCES "User" (email) ON DELETE RESTRICT ON UPDATE CASCADE);"#,
        r#"INSERT INTO "User" VALUES ('u1', 'ann@x', '2024-01-01'), ('u2', 'bob@x', '2024-01-01'), ('u9', 'own@x', '2024-01-01');
         INSERT INTO "Post" VALUES ('p1', 'old', 'u1', 'ann@x'), ('p9', 'own', 'u1', 'bob@x'); INSERT INTO "Comment" VALUES ('c1', 'p1', 'ann@x'), ('c9', 'p9', 'ann@x');"#,
        r#"INSERT INTO "User" VALUES ('u1', 'bob@x', '2024-02-01'), ('u2', 'ann@x', '2024-02-01'), ('u3', 'cy@x', '2024-02-01');
         INSERT INTO "Post" VALUES ('p1', 'new', 'u1', 'ann@x'), ('p2', 'new', 'u3', 'cy@x'); INSERT INTO "Comment" VALUES ('c1', 'p1', 'ann@x'), ('c2', 'p2', 'bob@x');"#,
    )
    .then(r#"SELECT "reviewerEmail" FROM "Post" WHERE id = 'p9'"#, &["ann@x"])
    .then(r#"SELECT "authorEmail" FROM "Comment" WHERE id = 'c9'"#, &["bob@x"])
    .passes();
}

/// Hash partitions of one table.
fn hashed(table: &str, column: &str, columns: &str, key: &str) -> String {
    format!(
        "CREATE TABLE {table} ({columns}) PARTITION BY HASH ({column});
         CREATE TABLE {table}_0 PARTITION OF {table} FOR VALUES WITH (MODULUS 2, REMAINDER 0);
         CREATE TABLE {table}_1 PARTITION OF {table} FOR VALUES WITH (MODULUS 2, REMAINDER 1); {key}"
    )
}

#[test]
fn partitioned_parents_and_children() {
    let parent = hashed("p", "code", "id integer NOT NULL, code text NOT NULL UNIQUE", "");
    let plain_parent = "CREATE TABLE p (id integer PRIMARY KEY, code text NOT NULL UNIQUE);";
    let plain_child =
        "CREATE TABLE c (id integer PRIMARY KEY, code text REFERENCES p (code) ON UPDATE CASCADE, v text);";
    let child = hashed(
        "c",
        "id",
        "id integer PRIMARY KEY, code text REFERENCES p (code) ON UPDATE CASCADE, v text",
        "",
    );
    let here = "INSERT INTO p SELECT g, 'A' || g FROM generate_series(1, 8) AS g;
         INSERT INTO c SELECT g, 'A' || g, 'same' FROM generate_series(1, 8) AS g; INSERT INTO c SELECT 30 + g, 'A' || g, 'own' FROM generate_series(1, 8) AS g;";
    let there = "INSERT INTO p SELECT g, 'A' || g % 8 + 1 FROM generate_series(1, 8) AS g;
         INSERT INTO c SELECT g, 'A' || g, 'same' FROM generate_series(1, 8) AS g; INSERT INTO c SELECT 20 + g, 'A' || g, 'new' FROM generate_series(1, 8) AS g;";
    let followed: Vec<String> = (1..=8).map(|g| format!("{}|A{}", 30 + g, g % 8 + 1)).collect();
    let followed: Vec<&str> = followed.iter().map(String::as_str).collect();
    Case::new(&format!("{plain_parent} {child}"), here, there)
        .then("SELECT id, code FROM c WHERE id > 30 ORDER BY id", &followed)
        .passes();
    // A partitioned table whose only unique key is the partition key recognises its rows by it: no row changes its code.
    let there = "INSERT INTO p SELECT g + 100, 'A' || g FROM generate_series(1, 12) AS g;
         INSERT INTO c SELECT g, 'A' || g + 1, 'same' FROM generate_series(1, 8) AS g;";
    let own: Vec<String> = (1..=8).map(|g| format!("{}|A{g}", 30 + g)).collect();
    let own: Vec<&str> = own.iter().map(String::as_str).collect();
    for child in [plain_child, &child] {
        Case::new(&format!("{parent} {child}"), here, there)
            .then("SELECT id, code FROM c WHERE id > 30 ORDER BY id", &own)
            .passes();
    }
}

#[test]
fn a_partitioned_parent_whose_referenced_value_moves() {
    let schema = format!(
        "{} CREATE TABLE c (id integer PRIMARY KEY, tenant integer, code text, FOREIGN KEY (tenant, code) REFERENCES p (tenant, code) ON UPDATE CASCADE);",
        hashed(
            "p",
            "tenant",
            "id integer NOT NULL, tenant integer NOT NULL, code text NOT NULL, PRIMARY KEY (tenant, id), UNIQUE (tenant, code)",
            ""
        )
    );
    Case::new(
        &schema,
        "INSERT INTO p SELECT i, t, 'A' || i FROM generate_series(1, 3) AS i, generate_series(1, 3) AS t;
         INSERT INTO c SELECT t * 10 + i, t, 'A' || i FROM generate_series(1, 3) AS i, generate_series(1, 3) AS t;
         INSERT INTO c SELECT 100 + t * 10 + i, t, 'A' || i FROM generate_series(1, 3) AS i, generate_series(1, 3) AS t;",
        "INSERT INTO p SELECT i, t, 'A' || i % 3 + 1 FROM generate_series(1, 3) AS i, generate_series(1, 2) AS t;
         INSERT INTO c SELECT t * 10 + i, t, 'A' || i FROM generate_series(1, 3) AS i, generate_series(1, 2) AS t;",
    )
    .then(
        "SELECT id, code FROM c WHERE id > 100 ORDER BY id",
        &["111|A2", "112|A3", "113|A1", "121|A2", "122|A3", "123|A1", "131|A1", "132|A2", "133|A3"],
    )
    .passes();
}

#[test]
fn triggers_do_not_see_what_actions_write() {
    // A trigger on the child would be seen if it fired for the cascade.
    Case::new(
        &format!(
            "{} CREATE TABLE fired (n integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, what text);
             CREATE FUNCTION fire() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO fired (what) VALUES (TG_TABLE_NAME || ' ' || TG_OP); RETURN NEW; END $$;
             CREATE TRIGGER fire AFTER INSERT OR UPDATE ON p FOR EACH ROW EXECUTE FUNCTION fire();
             CREATE TRIGGER fire BEFORE INSERT OR UPDATE ON c FOR EACH ROW EXECUTE FUNCTION fire();",
            parent_and_child("CASCADE")
        ),
        "INSERT INTO p VALUES (1, 'A'); INSERT INTO c VALUES (1, 'A', 'x'), (30, 'A', 'own'); TRUNCATE fired;",
        "INSERT INTO p VALUES (1, 'B'), (2, 'A'); INSERT INTO c VALUES (1, 'A', 'x'); TRUNCATE fired;",
    )
    .then("SELECT * FROM fired", &[])
    .then("SELECT code FROM c WHERE id = 30", &["B"])
    .passes();
}

#[test]
fn the_child_is_not_in_the_dump() {
    // Tables of which the dump has no row are the target's alone; their triggers do not fire for a cascade either.
    for (action, follows) in [
        ("CASCADE", ["B", "A"]),
        ("SET NULL", ["", ""]),
        ("SET DEFAULT", ["D", "D"]),
    ] {
        Case::new(
            &parent_and_child(action),
            "INSERT INTO p VALUES (1, 'A'), (2, 'B'), (9, 'D'); INSERT INTO c VALUES (30, 'A', 'own'), (31, 'B', 'own');",
            "INSERT INTO p VALUES (1, 'B'), (2, 'A');",
        )
        .then("SELECT code FROM c ORDER BY id", &follows)
        .passes();
    }
}

#[test]
fn what_the_targets_rules_refuse() {
    // SET NULL on NOT NULL, for a row that only the target has.
    Case::new(
        "CREATE TABLE p (id integer PRIMARY KEY, code text UNIQUE NOT NULL);
         CREATE TABLE c (id integer PRIMARY KEY, code text NOT NULL REFERENCES p (code) ON UPDATE SET NULL);",
        "INSERT INTO p VALUES (1, 'A'); INSERT INTO c VALUES (4711, 'A');",
        "INSERT INTO p VALUES (1, 'B');",
    )
    .refused(&["nothing was changed"]);
    // SET DEFAULT to a value that no parent has.
    Case::new(
        &parent_and_child("SET DEFAULT"),
        "INSERT INTO p VALUES (1, 'A'); INSERT INTO c VALUES (4711, 'A');",
        "INSERT INTO p VALUES (1, 'B');",
    )
    .refused(&["nothing was changed"]);
    // RESTRICT, although another row has the value at the end.
    Case::new(
        &parent_and_child("RESTRICT"),
        "INSERT INTO p VALUES (1, 'A'); INSERT INTO c VALUES (4711, 'A');",
        "INSERT INTO p VALUES (1, 'B'), (2, 'A');",
    )
    .refused(&["nothing was changed"]);
    // NO ACTION with nobody who has the value at the end.
    Case::new(
        &parent_and_child("NO ACTION"),
        "INSERT INTO p VALUES (1, 'A'); INSERT INTO c VALUES (4711, 'A');",
        "INSERT INTO p VALUES (1, 'B'), (2, 'C');",
    )
    .refused(&["nothing was changed"]);
    // A cascade that a CHECK of the child refuses.
    Case::new(
        "CREATE TABLE p (id integer PRIMARY KEY, code text UNIQUE NOT NULL);
         CREATE TABLE d (code text PRIMARY KEY CHECK (code < 'M') REFERENCES p (code) ON UPDATE CASCADE);",
        "INSERT INTO p VALUES (1, 'A'); INSERT INTO d VALUES ('A');",
        "INSERT INTO p VALUES (1, 'Z');",
    )
    .refused(&["nothing was changed"]);
}

#[test]
fn no_action_is_content_with_another_row() {
    Case::new(
        &parent_and_child("NO ACTION"),
        "INSERT INTO p VALUES (1, 'A'), (2, 'B'); INSERT INTO c VALUES (1, 'A', NULL), (30, 'A', 'own'), (31, 'B', 'own');",
        "INSERT INTO p VALUES (1, 'B'), (2, 'C'), (3, 'A'); INSERT INTO c VALUES (1, 'A'), (2, 'C');",
    )
    .then("SELECT code FROM c WHERE id >= 30 ORDER BY id", &["A", "B"])
    .passes();
    // Deferred, in a circle, below rows of the target.
    Case::new(
        "CREATE TABLE p (id integer PRIMARY KEY, code text NOT NULL UNIQUE DEFERRABLE);
         CREATE TABLE q (id integer PRIMARY KEY, code text UNIQUE);
         CREATE TABLE c (id integer PRIMARY KEY, code text REFERENCES q (code) DEFERRABLE);",
        "INSERT INTO p VALUES (1, 'A'), (2, 'B'); INSERT INTO q VALUES (1, 'A'), (2, 'B'); INSERT INTO c VALUES (30, 'A'), (31, 'B');",
        "INSERT INTO p VALUES (1, 'B'), (2, 'A'); INSERT INTO q VALUES (1, 'B'), (2, 'A'); INSERT INTO c VALUES (1, 'A');",
    )
    .then("SELECT code FROM c WHERE id >= 30 ORDER BY id", &["A", "B"])
    .passes();
}

#[test]
fn restrict_lets_go_of_children_that_move_away() {
    Case::new(
        &parent_and_child("RESTRICT"),
        "INSERT INTO p VALUES (1, 'A'), (2, 'X'); INSERT INTO c VALUES (1, 'A', NULL), (30, 'X', 'own');",
        "INSERT INTO p VALUES (1, 'B'), (3, 'A'); INSERT INTO c VALUES (1, 'B');",
    )
    .then("SELECT code FROM c WHERE id = 30", &["X"])
    .passes_or_says(&["nothing was changed"]);
}

#[test]
fn deletions_are_none_of_its_business() {
    // Whatever hangs on a row by ON DELETE stays: rows are never deleted and written again.
    Case::new(
        "CREATE TABLE p (id integer PRIMARY KEY, code text UNIQUE NOT NULL);
         CREATE TABLE c (id integer PRIMARY KEY, p integer NOT NULL REFERENCES p ON DELETE CASCADE);
         CREATE TABLE d (id integer PRIMARY KEY, p integer REFERENCES p ON DELETE SET NULL);",
        "INSERT INTO p VALUES (1, 'A'), (2, 'B'); INSERT INTO c VALUES (30, 1), (31, 2); INSERT INTO d VALUES (30, 1), (31, 2);",
        "INSERT INTO p VALUES (1, 'B'), (2, 'A');",
    )
    .then("SELECT c.p, d.p FROM c JOIN d USING (id) ORDER BY id", &["1|1", "2|2"])
    .passes();
}

/// The value goes from an old row to a new one, and rows that are new reference it. RESTRICT looks for rows with the value of
/// the old row at the end of a statement, whatever else has that value by then.
#[test]
fn restrict_where_a_value_moves_to_a_new_row() {
    for (parents_first, action) in [
        (true, "RESTRICT"),
        (false, "RESTRICT"),
        (true, "NO ACTION"),
        (false, "NO ACTION"),
    ] {
        let parent = "CREATE TABLE p (id integer PRIMARY KEY, code text UNIQUE NOT NULL);";
        let child = "CREATE TABLE c (id integer PRIMARY KEY, code text);";
        let (first, second) = if parents_first {
            (parent, child)
        } else {
            (child, parent)
        };
        Case::new(
            &format!("{first} {second} ALTER TABLE c ADD FOREIGN KEY (code) REFERENCES p (code) ON UPDATE {action};"),
            "INSERT INTO p VALUES (1, 'A'), (9, 'D'); INSERT INTO c VALUES (30, 'D');",
            "INSERT INTO p VALUES (1, 'B'), (2, 'A'), (3, 'C'); INSERT INTO c VALUES (10, 'A'), (11, 'B'), (12, 'C');",
        )
        .passes();
        // The same behind values that change places.
        Case::new(
            &format!("{first} {second} ALTER TABLE c ADD FOREIGN KEY (code) REFERENCES p (code) ON UPDATE {action};"),
            "INSERT INTO p VALUES (1, 'A'), (2, 'B'), (3, 'C'); INSERT INTO c VALUES (10, NULL);",
            "INSERT INTO p VALUES (1, 'B'), (2, 'A'), (3, 'D'), (4, 'C'); INSERT INTO c VALUES (10, 'C'), (11, 'A'), (12, 'C');",
        )
        .passes();
    }
}
