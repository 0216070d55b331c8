//! Triggers of every kind and state, style staged.

use dumpsert::Triggers;

use crate::support::{Target, inserts};

/// A plain table and a partitioned one with triggers of every kind in every state; each firing leaves a row.
const SCHEMA: &str = r#"
CREATE TABLE fired (what text);
CREATE FUNCTION fire() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO fired VALUES (TG_TABLE_NAME || ' ' || TG_NAME);
  RETURN NEW;
END $$;
CREATE TABLE t (id integer PRIMARY KEY, v text);
CREATE TABLE p (id integer PRIMARY KEY, v text) PARTITION BY RANGE (id);
CREATE TABLE p_1 PARTITION OF p FOR VALUES FROM (0) TO (10);
CREATE TABLE p_2 PARTITION OF p FOR VALUES FROM (10) TO (100) PARTITION BY LIST (id);
CREATE TABLE "p 2 Leaf" PARTITION OF p_2 DEFAULT;
DO $$
DECLARE
  _table text; _time text; _level text; _state text; _name text;
BEGIN
  FOREACH _table IN ARRAY ARRAY['t', 'p', '"p 2 Leaf"'] LOOP
    FOREACH _time IN ARRAY ARRAY['BEFORE', 'AFTER'] LOOP
      FOREACH _level IN ARRAY ARRAY['ROW', 'STATEMENT'] LOOP
        FOREACH _state IN ARRAY ARRAY['ENABLE', 'DISABLE', 'ENABLE REPLICA', 'ENABLE ALWAYS'] LOOP
          _name := format('%s %s %s %s', _table, _time, _level, _state);
          EXECUTE format('CREATE TRIGGER %I %s INSERT OR UPDATE ON %s FOR EACH %s EXECUTE FUNCTION fire()', _name, _time, _table, _level);
          EXECUTE format('ALTER TABLE %s %s TRIGGER %I', _table, _state, _name);
        END LOOP;
      END LOOP;
    END LOOP;
    FOREACH _state IN ARRAY ARRAY['ENABLE', 'DISABLE', 'ENABLE REPLICA', 'ENABLE ALWAYS'] LOOP
      _name := format('%s constraint %s', _table, _state);
      CONTINUE WHEN _table = 'p';
      EXECUTE format('CREATE CONSTRAINT TRIGGER %I AFTER INSERT OR UPDATE ON %s %s FOR EACH ROW EXECUTE FUNCTION fire()', _name, _table,
                     CASE WHEN _state = 'ENABLE' THEN 'DEFERRABLE INITIALLY DEFERRED' ELSE '' END);
      EXECUTE format('ALTER TABLE %s %s TRIGGER %I', _table, _state, _name);
    END LOOP;
  END LOOP;
END $$;
CREATE TRIGGER "of truncate" BEFORE TRUNCATE ON t EXECUTE FUNCTION fire();
CREATE TRIGGER "of delete" BEFORE DELETE ON t FOR EACH ROW EXECUTE FUNCTION fire();
CREATE TRIGGER "of a column" BEFORE UPDATE OF v ON t FOR EACH ROW WHEN (OLD.v <> NEW.v) EXECUTE FUNCTION fire();
CREATE TRIGGER "with rows" AFTER INSERT ON t REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION fire();
-- Off and on in single partitions, against what the partitioned table says.
ALTER TABLE ONLY p_1 DISABLE TRIGGER "p BEFORE ROW ENABLE";
ALTER TABLE ONLY p_1 ENABLE ALWAYS TRIGGER "p AFTER ROW DISABLE";
ALTER TABLE ONLY "p 2 Leaf" ENABLE REPLICA TRIGGER "p AFTER ROW ENABLE";
SET session_replication_role = replica;
INSERT INTO t VALUES (1, 'old'), (9, 'extra');
INSERT INTO p VALUES (1, 'old'), (11, 'old');
TRUNCATE fired;
"#;

fn dump() -> String {
    [
        inserts("public.t", "id, v", &["1, 'one'", "2, 'two'"]),
        inserts("public.p_1", "id, v", &["1, 'one'", "2, 'two'"]),
        inserts("public.\"p 2 Leaf\"", "id, v", &["11, 'one'", "12, 'two'"]),
    ]
    .concat()
}

#[test]
fn only_constraints_fire() {
    let target = Target::new(SCHEMA);
    let before = target.db.snapshot();
    target.merge(&dump());
    let after = target.db.snapshot();
    assert_eq!(before.triggers(), after.triggers());
    assert!(before.triggers().len() > 80);
    let fired = target.rows("SELECT what, count(*) FROM public.fired GROUP BY 1 ORDER BY 1");
    let expected = [
        "p 2 Leaf \"p 2 Leaf\" constraint ENABLE|2",
        "p 2 Leaf \"p 2 Leaf\" constraint ENABLE ALWAYS|2",
        "t t constraint ENABLE|2",
        "t t constraint ENABLE ALWAYS|2",
    ];
    assert_eq!(fired, expected);
    assert_eq!(
        target.rows("SELECT * FROM public.t ORDER BY id"),
        ["1|one", "2|two", "9|extra"]
    );
}

#[test]
fn by_the_partitioned_table() {
    let target = Target::new(SCHEMA);
    let before = target.db.snapshot();
    target.merge(&inserts(
        "public.p",
        "id, v",
        &["1, 'one'", "2, 'two'", "11, 'one'", "12, 'two'"],
    ));
    assert_eq!(before.triggers(), target.db.snapshot().triggers());
    let fired = target.rows("SELECT DISTINCT what FROM public.fired ORDER BY 1");
    assert_eq!(
        fired,
        [
            "p 2 Leaf \"p 2 Leaf\" constraint ENABLE",
            "p 2 Leaf \"p 2 Leaf\" constraint ENABLE ALWAYS"
        ]
    );
}

#[test]
fn all_fire_if_wanted() {
    let mut target = Target::new(SCHEMA);
    target.options = target.options.with_triggers(Triggers::Fire);
    let before = target.db.snapshot();
    target.run(&dump()).expect_success();
    assert_eq!(before.triggers(), target.db.snapshot().triggers());
    let fired = target.rows("SELECT DISTINCT what FROM public.fired WHERE what LIKE 't t %' ORDER BY 1");
    let expected = [
        "t t AFTER ROW ENABLE",
        "t t AFTER ROW ENABLE ALWAYS",
        "t t AFTER STATEMENT ENABLE",
        "t t AFTER STATEMENT ENABLE ALWAYS",
        "t t BEFORE ROW ENABLE",
        "t t BEFORE ROW ENABLE ALWAYS",
        "t t BEFORE STATEMENT ENABLE",
        "t t BEFORE STATEMENT ENABLE ALWAYS",
        "t t constraint ENABLE",
        "t t constraint ENABLE ALWAYS",
    ];
    assert_eq!(fired, expected);
}

#[test]
fn states_come_back_after_an_error() {
    let target = Target::new(SCHEMA);
    let before = target.db.snapshot();
    let bad = [dump(), inserts("public.t", "id, v", &["1, 'twice'"])].concat();
    target.refuses(&bad, "21000");
    assert_eq!(before.triggers(), target.db.snapshot().triggers());
}

#[test]
fn a_constraint_trigger_refuses() {
    let target = Target::new(
        "CREATE TABLE t (id integer PRIMARY KEY, v text);
         CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
         BEGIN RAISE EXCEPTION 'v must not be bad' USING ERRCODE = '23514'; END $$;
         CREATE CONSTRAINT TRIGGER refuse AFTER INSERT OR UPDATE ON t DEFERRABLE INITIALLY DEFERRED
         FOR EACH ROW WHEN (NEW.v = 'bad') EXECUTE FUNCTION refuse();",
    );
    target.merge(&inserts("public.t", "id, v", &["1, 'good'"]));
    let message = target.refuses(&inserts("public.t", "id, v", &["1, 'bad'"]), "23514");
    assert!(
        message.contains("v must not be bad") && message.contains("nothing was changed"),
        "{message}"
    );
}
