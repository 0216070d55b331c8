//! A database, dumps for it, and what an application does to it meanwhile.
//!
//! The rows are in groups of ten. A transaction keeps to one group, so that two of them never meet, and only their order to
//! the scripts counts. In each group of `p`:
//! 1 and 2 exchange their codes; 3 has another value; 4 is equal; 5 has another code; 6 another code and value;
//! 7 is equal and 8 has another value, both without children; 9 is only here; 0 is only in the dump.

use std::fmt::Write;

use crate::support::Random;

/// Groups of ten rows.
pub(crate) const GROUPS: usize = 3;

const TABLES: &str = "
CREATE TABLE q (id integer PRIMARY KEY, v integer);
CREATE TABLE p (id serial PRIMARY KEY, code text UNIQUE, v integer);
CREATE TABLE c (id integer PRIMARY KEY, p_id integer REFERENCES p, q_id integer REFERENCES q,
  code text REFERENCES p (code) ON UPDATE CASCADE, v integer);
CREATE TABLE seats (id integer PRIMARY KEY, pos integer NOT NULL UNIQUE);
CREATE TABLE log (a integer, b text);
CREATE TABLE part (id integer PRIMARY KEY, v integer) PARTITION BY RANGE (id);
CREATE TABLE part_1 PARTITION OF part FOR VALUES FROM (0) TO (15);
CREATE TABLE part_2 PARTITION OF part FOR VALUES FROM (15) TO (100);
CREATE TABLE part_3 (id integer PRIMARY KEY, v integer);
CREATE TABLE own (id integer PRIMARY KEY, p_id integer REFERENCES p ON UPDATE CASCADE ON DELETE CASCADE,
  code text REFERENCES p (code) ON UPDATE CASCADE, strict text REFERENCES p (code));
CREATE TABLE fired (what text);
CREATE FUNCTION fire() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN INSERT INTO public.fired VALUES (TG_NAME || ' ' || NEW.id); RETURN NEW; END $$;
CREATE TRIGGER seen BEFORE INSERT OR UPDATE ON c FOR EACH ROW EXECUTE FUNCTION fire();
";

/// The database without rows.
pub(crate) fn empty() -> String {
    TABLES.to_owned()
}

/// The database with rows that differ from those of the dump.
pub(crate) fn lived_in() -> String {
    format!(
        "{TABLES}
INSERT INTO q SELECT n, n FROM generate_series(1, {last}) AS n;
INSERT INTO p SELECT n, 'k' || n, n FROM generate_series(1, {last}) AS n WHERE n % 10 <> 0;
ALTER TABLE c DISABLE TRIGGER seen;
INSERT INTO c SELECT n, n, n, 'k' || n, n FROM generate_series(1, {last}) AS n WHERE n % 10 BETWEEN 1 AND 6;
ALTER TABLE c ENABLE TRIGGER seen;
INSERT INTO seats SELECT n, n FROM generate_series(1, {last}) AS n WHERE n % 10 <> 0;
INSERT INTO log SELECT n, 'here' FROM generate_series(1, {last}) AS n WHERE n % 2 = 0;
INSERT INTO part SELECT n, n FROM generate_series(1, {last}) AS n WHERE n % 10 <> 0;
INSERT INTO own SELECT n, n, 'k' || n, NULL FROM generate_series(1, {last}) AS n WHERE n % 10 = 5;
SELECT setval('p_id_seq', {last});",
        last = GROUPS * 10,
    )
}

/// A dump; another `version` has other values in `v`, and `backwards` its tables in the other order.
pub(crate) fn dump(version: i64, backwards: bool) -> String {
    let numbers = || 1..=(GROUPS * 10) as i64;
    let code = |n: i64| match n % 10 {
        1 => format!("k{}", n + 1),
        2 => format!("k{}", n - 1),
        5 | 6 | 0 => format!("n{n}"),
        _ => format!("k{n}"),
    };
    let value = |n: i64| {
        if matches!(n % 10, 3 | 6 | 8 | 0) {
            n + 1000 * version
        } else {
            n
        }
    };
    let mut blocks = [
        block("q (id, v)", numbers().map(|n| format!("{n}\t{n}"))),
        block(
            "p (id, code, v)",
            numbers()
                .filter(|n| n % 10 != 9)
                .map(|n| format!("{n}\t{}\t{}", code(n), value(n))),
        ),
        block(
            "c (id, p_id, q_id, code, v)",
            numbers()
                .filter(|n| n % 10 < 7)
                .map(|n| format!("{n}\t{n}\t{n}\t{}\t{}", code(n), value(n))),
        ),
        block(
            "seats (id, pos)",
            numbers().map(|n| {
                let pos = match n % 10 {
                    // 1 → 2 → 3 → 1, and a chain from 4 to 7, whose place 0 takes.
                    1 | 2 | 4 | 5 | 6 => n + 1,
                    3 => n - 2,
                    7 => n + 3,
                    0 => n - 6,
                    _ => n,
                };
                format!("{n}\t{pos}")
            }),
        ),
        block("log (a, b)", numbers().map(|n| format!("{n}\there"))),
        block(
            "part_1 (id, v)",
            numbers().filter(|n| *n < 15).map(|n| format!("{n}\t{}", value(n))),
        ),
        block(
            "part_2 (id, v)",
            numbers().filter(|n| *n >= 15).map(|n| format!("{n}\t{}", value(n))),
        ),
        block("part_3 (id, v)", (100..110).map(|n| format!("{n}\t{}", value(n)))),
    ];
    if backwards {
        blocks.reverse();
    }
    blocks.concat() + "SELECT pg_catalog.setval('public.p_id_seq', 900, true);\n"
}

fn block(head: &str, rows: impl Iterator<Item = String>) -> String {
    let mut text = format!("COPY public.{head} FROM stdin;\n");
    for row in rows {
        writeln!(text, "{row}").unwrap();
    }
    text + "\\.\n\n"
}

/// A transaction of an application, on the rows of one group.
pub(crate) fn transaction(group: usize, random: &mut Random) -> Vec<String> {
    let number = random.below(TRANSACTIONS.len());
    fill(TRANSACTIONS[number], group, random)
}

/// Something that an application does to the schema, on its own.
pub(crate) fn change_of_schema(random: &mut Random) -> Vec<String> {
    let number = random.below(CHANGES.len());
    fill(CHANGES[number], 0, random)
}

/// Something that waits until the script has ended and that the script has to wait for, if they meet at a bad time.
pub(crate) fn in_the_way(random: &mut Random) -> Vec<String> {
    let number = random.below(IN_THE_WAY.len());
    fill(IN_THE_WAY[number], 0, random)
}

/// `$1` to `$9` are rows of the group, `$0` the one that only the dump has, `$a` any of the first nine, `$n` a number beyond all.
fn fill(text: &str, group: usize, random: &mut Random) -> Vec<String> {
    let base = group * 10;
    let any = base + 1 + random.below(9);
    let mut text = text
        .replace("$a", &any.to_string())
        .replace("$n", &(2000 + base).to_string())
        .replace("$0", &(base + 10).to_string());
    for row in 1..=9 {
        text = text.replace(&format!("${row}"), &(base + row).to_string());
    }
    text.split(';').map(|statement| statement.trim().to_owned()).collect()
}

const TRANSACTIONS: &[&str] = &[
    // Writers, of rows that differ, are equal, or only here.
    "BEGIN; UPDATE p SET v = v + 5 WHERE id = $a; COMMIT",
    "BEGIN; UPDATE p SET code = 'app' || id WHERE id = $a; COMMIT",
    "BEGIN; UPDATE c SET v = v + 5 WHERE id = $a; COMMIT",
    "BEGIN; UPDATE q SET v = v + 5 WHERE id = $a; COMMIT",
    "BEGIN; UPDATE part SET v = v + 5 WHERE id = $a; COMMIT",
    // Several tables, in both orders; an equal one together with one that differs.
    "BEGIN; UPDATE c SET v = 1 WHERE id = $3; UPDATE p SET v = 1 WHERE id = $3; COMMIT",
    "BEGIN; UPDATE p SET v = 1 WHERE id = $3; UPDATE c SET v = 1 WHERE id = $3; COMMIT",
    "BEGIN; UPDATE q SET v = 1 WHERE id = $4; UPDATE p SET v = 1 WHERE id = $4; COMMIT",
    "BEGIN; UPDATE p SET v = 1 WHERE id = $4; UPDATE q SET v = 1 WHERE id = $4; COMMIT",
    "BEGIN; UPDATE log SET b = 'app' WHERE a = $2; UPDATE seats SET pos = $n WHERE id = $2; UPDATE p SET v = 2 WHERE id = $2;
     UPDATE c SET v = 2 WHERE id = $2; UPDATE q SET v = 2 WHERE id = $2; COMMIT",
    "BEGIN; UPDATE q SET v = 2 WHERE id = $2; UPDATE c SET v = 2 WHERE id = $2; UPDATE p SET v = 2 WHERE id = $2;
     UPDATE seats SET pos = $n WHERE id = $2; UPDATE log SET b = 'app' WHERE a = $2; COMMIT",
    // Deleters.
    "BEGIN; DELETE FROM p WHERE id = $7; COMMIT",
    "BEGIN; DELETE FROM p WHERE id = $8; DELETE FROM q WHERE id = $8; COMMIT",
    "BEGIN; DELETE FROM c WHERE id = $3; DELETE FROM p WHERE id = $3; COMMIT",
    "BEGIN; DELETE FROM c WHERE id = $1; DELETE FROM p WHERE id = $1; COMMIT",
    "BEGIN; DELETE FROM seats WHERE id = $4; COMMIT",
    "BEGIN; DELETE FROM log WHERE a = $a; COMMIT",
    "BEGIN; DELETE FROM part WHERE id = $3; COMMIT",
    // Of a row that is equal, and that a row of the dump is going to reference.
    "BEGIN; DELETE FROM q WHERE id = $0; COMMIT",
    "BEGIN; DELETE FROM q WHERE id = $0; UPDATE p SET v = 3 WHERE id = $3; COMMIT",
    // Re-keyers: away from a key of the dump, and onto one.
    "BEGIN; UPDATE p SET id = $n WHERE id = $7; COMMIT",
    "BEGIN; UPDATE p SET id = $n WHERE id = $8; COMMIT",
    "BEGIN; UPDATE p SET id = $0 WHERE id = $9; COMMIT",
    "BEGIN; UPDATE c SET id = $n WHERE id = $6; COMMIT",
    "BEGIN; UPDATE seats SET id = $n WHERE id = $1; COMMIT",
    "BEGIN; UPDATE part SET id = $0 WHERE id = $9; COMMIT",
    // Inserts, of keys and of unique values that the dump brings.
    "BEGIN; INSERT INTO p VALUES ($0, 'app$0', 0); COMMIT",
    "BEGIN; INSERT INTO p VALUES ($n, 'n$5', 0); COMMIT",
    "BEGIN; INSERT INTO q VALUES ($n, 0); INSERT INTO c VALUES ($0, $9, $n, 'k$9', 0); COMMIT",
    "BEGIN; INSERT INTO seats VALUES ($n, $0); COMMIT",
    "BEGIN; INSERT INTO log VALUES ($3, 'here'); COMMIT",
    "BEGIN; INSERT INTO part VALUES ($0, 0); COMMIT",
    "BEGIN; INSERT INTO p VALUES ($0, 'app$0', 0) ON CONFLICT (id) DO UPDATE SET v = p.v + 1; COMMIT",
    // Rows that are locked first and written then.
    "BEGIN; SELECT FROM p WHERE id = $3 FOR UPDATE; UPDATE p SET v = v + 5 WHERE id = $3; COMMIT",
    "BEGIN; SELECT FROM p WHERE id = $5 FOR UPDATE; UPDATE c SET v = v + 5 WHERE id = $5; UPDATE p SET v = v + 5 WHERE id = $5; COMMIT",
    "BEGIN; SELECT FROM c WHERE id = $6 FOR NO KEY UPDATE; UPDATE p SET v = v + 5 WHERE id = $6; UPDATE c SET v = 7 WHERE id = $6; COMMIT",
    "BEGIN; SELECT FROM p WHERE id = $5 FOR SHARE; INSERT INTO own VALUES ($n, $5, NULL, NULL); UPDATE p SET v = 4 WHERE id = $5; COMMIT",
    "BEGIN; SELECT FROM q WHERE id = $0 FOR UPDATE; UPDATE p SET v = 9 WHERE id = $3; UPDATE q SET v = 9 WHERE id = $0; COMMIT",
    // Foreign keys of tables that the dump does not bring.
    "BEGIN; INSERT INTO own VALUES ($n, $3, NULL, NULL); COMMIT",
    "BEGIN; INSERT INTO own VALUES ($n, NULL, 'k$5', NULL); COMMIT",
    "BEGIN; INSERT INTO own VALUES ($n, NULL, NULL, 'k$5'); COMMIT",
    "BEGIN; INSERT INTO own VALUES ($n, $0, 'n$6', 'n$0'); COMMIT",
    "BEGIN; UPDATE own SET strict = 'k$4' WHERE id = $5; UPDATE p SET v = 8 WHERE id = $8; COMMIT",
    "BEGIN; DELETE FROM own WHERE id = $5; UPDATE p SET v = 8 WHERE id = $8; UPDATE own SET code = 'k$9' WHERE id = $a; COMMIT",
    // Numbers drawn before they are used.
    "BEGIN; SELECT nextval('p_id_seq'); INSERT INTO p VALUES ($n, 'drawn$n', 1); COMMIT",
    "BEGIN; INSERT INTO own VALUES ($n, $3, NULL, NULL); SELECT nextval('p_id_seq'); UPDATE p SET v = 6 WHERE id = $3; COMMIT",
    // An application that locks by itself.
    "BEGIN; LOCK TABLE p IN SHARE ROW EXCLUSIVE MODE; UPDATE c SET v = 9 WHERE id = $3; UPDATE p SET v = 9 WHERE id = $3; COMMIT",
    "BEGIN; LOCK TABLE c IN SHARE MODE; UPDATE p SET v = 9 WHERE id = $3; COMMIT",
];

const CHANGES: &[&str] = &[
    "CREATE TRIGGER late BEFORE INSERT OR UPDATE ON p FOR EACH ROW EXECUTE FUNCTION fire()",
    "BEGIN; CREATE TRIGGER late AFTER INSERT OR UPDATE ON seats FOR EACH ROW EXECUTE FUNCTION fire(); UPDATE seats SET pos = $n WHERE id = $9; COMMIT",
    "ALTER TABLE c DISABLE TRIGGER seen",
    "CREATE UNIQUE INDEX ON p (v)",
    "CREATE UNIQUE INDEX ON c (code)",
    "CREATE UNIQUE INDEX ON c (p_id, v)",
    "ALTER TABLE log ADD PRIMARY KEY (a)",
    "ALTER TABLE seats ADD FOREIGN KEY (pos) REFERENCES q ON UPDATE CASCADE",
    "ALTER TABLE seats ADD FOREIGN KEY (id) REFERENCES p",
    "ALTER TABLE part_3 ADD FOREIGN KEY (id) REFERENCES q",
    "ALTER TABLE p ADD CHECK (v < 1000) NOT VALID",
    "ALTER TABLE part ATTACH PARTITION part_3 FOR VALUES FROM (100) TO (200)",
    "ALTER TABLE part DETACH PARTITION part_2",
    "ALTER TABLE p ADD COLUMN more integer DEFAULT 1",
    "ALTER TABLE c ALTER COLUMN v TYPE bigint",
    "ALTER TABLE seats DROP CONSTRAINT seats_pos_key",
    "TRUNCATE own",
    "VACUUM p",
    "ANALYZE p",
];

const IN_THE_WAY: &[&str] = &[
    "BEGIN; UPDATE p SET v = 0 WHERE id = $9; TRUNCATE log; COMMIT",
    "BEGIN; TRUNCATE log; UPDATE p SET v = 0 WHERE id = $9; COMMIT",
    "BEGIN; ALTER TABLE log ADD COLUMN more text; ALTER TABLE p ADD COLUMN more text; COMMIT",
    "BEGIN; ALTER TABLE p ADD COLUMN more text; ALTER TABLE log ADD COLUMN more text; COMMIT",
    "BEGIN; UPDATE c SET v = 0 WHERE id = $3; LOCK TABLE p IN ACCESS EXCLUSIVE MODE; COMMIT",
    "CREATE INDEX CONCURRENTLY ON p (v)",
    "ALTER TABLE part DETACH PARTITION part_2 CONCURRENTLY",
];
