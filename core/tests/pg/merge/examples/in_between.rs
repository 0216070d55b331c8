//! What an action of the target sets in between is refused by a NOT NULL, a CHECK or another foreign key, although every row is good at the
//! end: an order of single statements does it, or a row is written in steps.

use super::super::case::Case;

/// What forbids NULL in `c.code`.
const FORBIDDEN: [&str; 2] = ["NOT NULL", "CHECK (code IS NOT NULL OR v IS NOT NULL)"];

#[test]
fn a_value_moves_from_an_old_parent_to_a_new_one_in_a_circle() {
    for forbids in FORBIDDEN {
        for action in ["CASCADE", "SET NULL"] {
            Case::new(
                &format!(
                    "CREATE TABLE p (id integer PRIMARY KEY, code text UNIQUE, c date);
                     CREATE TABLE c (id integer PRIMARY KEY, day date UNIQUE, v text, code text {forbids} REFERENCES p (code) ON UPDATE {action});
                     ALTER TABLE p ADD FOREIGN KEY (c) REFERENCES c (day);"
                ),
                "INSERT INTO p VALUES (1, 'A'), (2, 'B'), (9, 'D'); INSERT INTO c VALUES (10, '2024-01-01', NULL, 'B'), (30, '2024-01-03', 'own', 'D');
                 UPDATE p SET c = '2024-01-01';",
                "INSERT INTO p VALUES (1, NULL), (3, 'A'), (4, 'E'), (2, 'B'); INSERT INTO c VALUES (10, '2024-01-01', NULL, 'A'), (11, '2024-01-02', NULL, 'E');
                 UPDATE p SET c = '2024-01-02' WHERE id <> 1; UPDATE p SET c = '2024-01-01' WHERE id = 1;",
            )
            .then("SELECT code FROM c WHERE id = 30", &["D"])
            .passes();
        }
    }
}

#[test]
fn a_row_leaves_a_value_that_it_then_references() {
    for forbids in FORBIDDEN {
        for action in ["SET NULL", "CASCADE"] {
            Case::new(
                &format!(
                    "CREATE TABLE c (id integer PRIMARY KEY, own text UNIQUE, v text, code text {forbids} REFERENCES c (own) ON UPDATE {action});"
                ),
                "INSERT INTO c VALUES (2, 'A', NULL, 'B'), (3, 'B', NULL, 'B'), (30, 'Z', 'w', 'Z');",
                "INSERT INTO c VALUES (2, NULL, NULL, 'A'), (1, 'A', NULL, 'A');",
            )
            .then("SELECT own, code FROM c WHERE id IN (3, 30) ORDER BY id", &["B|B", "Z|Z"])
            .passes();
        }
    }
}

#[test]
fn new_rows_of_two_tables_reference_each_other() {
    Case::new(
        "CREATE TABLE q (id integer PRIMARY KEY, name text UNIQUE, note text, code text NOT NULL);
         CREATE TABLE p (id integer PRIMARY KEY, code text UNIQUE, note text, q text UNIQUE REFERENCES q (name) ON UPDATE RESTRICT);
         ALTER TABLE q ADD FOREIGN KEY (code) REFERENCES p (code) ON UPDATE CASCADE;",
        "INSERT INTO p VALUES (2, 'B', 'here'), (4, 'A', 'here'); INSERT INTO q VALUES (1, 'one', 'here', 'B'); UPDATE p SET q = 'one' WHERE id = 2;",
        "INSERT INTO p VALUES (2, 'B', 'there'), (3, 'C', 'there'), (1, 'A', 'there'), (4, NULL, 'there');
         INSERT INTO q VALUES (3, 'three', 'there', 'A'), (1, 'one', 'there', 'B'), (2, 'two', 'there', 'C');
         UPDATE p SET q = 'one' WHERE id = 2; UPDATE p SET q = 'three' WHERE id = 3; UPDATE p SET q = 'two' WHERE id = 1;",
    )
    .passes();
}

#[test]
fn values_change_places_before_children_come() {
    for unique in ["UNIQUE", "UNIQUE NOT NULL"] {
        Case::new(
            &format!(
                "CREATE TABLE p (id integer PRIMARY KEY, code text {unique}, c text);
                 CREATE TABLE c (id integer PRIMARY KEY, name text UNIQUE NOT NULL, code text NOT NULL REFERENCES p (code) ON UPDATE SET NULL);
                 ALTER TABLE p ADD FOREIGN KEY (c) REFERENCES c (name) ON UPDATE CASCADE;"
            ),
            "INSERT INTO p VALUES (1, 'A'), (2, 'B'), (3, 'C'); INSERT INTO c VALUES (30, 'own', 'C'); UPDATE p SET c = 'own' WHERE id = 2;",
            "INSERT INTO p VALUES (1, 'B'), (2, 'A'), (4, 'D'); INSERT INTO c VALUES (10, 'x', 'A'), (11, 'y', 'B'); UPDATE p SET c = 'x' WHERE id = 2;",
        )
        .then("SELECT code FROM c WHERE id = 30", &["C"])
        .passes();
    }
}

/// A row takes a value from itself, for which another must come in the same statement.
#[test]
fn a_new_row_takes_the_value_at_once() {
    Case::new(
        "CREATE TABLE c (id integer PRIMARY KEY, own text, held text NOT NULL, code text, v text, CHECK (code IS NOT NULL OR v IS NOT NULL), UNIQUE (own));
         ALTER TABLE c ADD FOREIGN KEY (held) REFERENCES c (own), ADD FOREIGN KEY (code) REFERENCES c (own) ON UPDATE SET NULL;",
        "INSERT INTO c VALUES (2, 'A', 'A', 'B', NULL), (3, 'B', 'A', 'B', 'w');",
        "INSERT INTO c VALUES (2, NULL, 'A', 'A', NULL), (1, 'A', 'A', 'A', 'w');",
    )
    .then("SELECT own, held, code FROM c WHERE id = 3", &["B|A|B"])
    .passes();
}

/// One referenced column has to move before new rows come, the other together with them.
#[test]
fn referenced_columns_of_one_row_move_at_different_times() {
    Case::new(
        "CREATE TABLE c (id integer PRIMARY KEY, a integer UNIQUE, b integer UNIQUE NOT NULL, has_a integer, has_b integer DEFAULT 99 NOT NULL);
         ALTER TABLE c ADD FOREIGN KEY (has_a) REFERENCES c (a), ADD FOREIGN KEY (has_b) REFERENCES c (b) ON UPDATE SET DEFAULT;",
        "INSERT INTO c VALUES (2, 8, 10, 8, 13), (4, 0, 7, 1, 10), (6, 1, 13, 0, 10);",
        "INSERT INTO c VALUES (6, 3, 13, 0, 10), (2, 8, 10, 8, 13), (4, NULL, 6, 0, 6), (3, 5, 7, 8, 10), (5, 0, 4, 3, 7);",
    )
    .passes();
}

/// In a circle over two unique keys, the row steps aside in the one where that is easy.
#[test]
fn a_circle_is_opened_where_no_parent_is_needed() {
    Case::new(
        "CREATE TABLE p (id integer PRIMARY KEY);
         CREATE TABLE c (id integer PRIMARY KEY, f integer UNIQUE REFERENCES p, u text UNIQUE NOT NULL);
         CREATE TABLE d (id integer PRIMARY KEY, f integer REFERENCES c (f) ON UPDATE CASCADE);",
        "INSERT INTO p VALUES (1), (2); INSERT INTO c VALUES (1, 1, 'a'), (2, 2, 'b'), (3, NULL, 'c'); INSERT INTO d VALUES (30, 2);",
        "INSERT INTO p VALUES (1), (2); INSERT INTO c VALUES (1, NULL, 'c'), (2, 1, 'b'), (3, 2, 'a');",
    )
    .then("SELECT f FROM d WHERE id = 30", &["1"])
    .passes();
}

/// Columns that decide whether a row may be written are not written before the rest of it.
#[test]
fn guards_and_newer_rows_hold_for_a_row_in_steps() {
    let schema = "CREATE TABLE c (id integer PRIMARY KEY, own text UNIQUE, code text NOT NULL REFERENCES c (own) ON UPDATE SET NULL, at integer, owner text);";
    let here = "INSERT INTO c VALUES (2, 'A', 'B', 1, 'me'), (3, 'B', 'B', 5, 'me'), (4, 'F', 'F', 1, 'you');";
    let there = "INSERT INTO c VALUES (2, NULL, 'A', 2, 'me'), (1, 'A', 'A', 1, 'me'), (3, 'X', 'X', 4, 'me'), (4, 'G', 'G', 9, 'me');";
    for update in [Some("at"), None] {
        let rows = if update.is_some() {
            ["1|A|A|1", "2||A|2", "3|B|B|5", "4|F|F|1"]
        } else {
            ["1|A|A|1", "2||A|2", "3|X|X|4", "4|F|F|1"]
        };
        Case::new(schema, here, there)
            .with(|options| {
                let options = options
                    .with_guard("owner")
                    .unwrap()
                    .with_on_guard(dumpsert::OnGuard::Skip);
                match update {
                    Some(column) => options.with_update(dumpsert::Update::Newer(column.to_owned())),
                    None => options,
                }
            })
            .respelt()
            .only(&[super::super::case::Shape::Copy, super::super::case::Shape::Inserts])
            .then("SELECT id, own, code, at FROM c ORDER BY id", &rows)
            .passes();
    }
}

#[test]
fn what_no_order_can_do_is_refused() {
    // The action hits a row that only the target has.
    for forbids in FORBIDDEN {
        Case::new(
            &format!(
                "CREATE TABLE p (id integer PRIMARY KEY, code text UNIQUE);
                 CREATE TABLE c (id integer PRIMARY KEY, v text, code text {forbids} REFERENCES p (code) ON UPDATE SET NULL);"
            ),
            "INSERT INTO p VALUES (1, 'A'); INSERT INTO c VALUES (30, NULL, 'A');",
            "INSERT INTO p VALUES (1, 'B'), (2, 'A');",
        )
        .refused(&["nothing was changed", "violates"]);
    }
}
