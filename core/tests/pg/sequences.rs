//! Where sequences end, by the option of this name.

use dumpsert::{Options, Sequences, Style};

use crate::support::{Target, inserts};

const SCHEMA: &str = "
CREATE TABLE serial (id serial PRIMARY KEY, v text); SELECT setval('serial_id_seq', 3);
CREATE TABLE identity (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, v text);
CREATE TABLE down (id integer PRIMARY KEY, v text); CREATE SEQUENCE down_seq INCREMENT BY -1 OWNED BY down.id;
CREATE TABLE renamed (id integer PRIMARY KEY, v text); CREATE SEQUENCE other_name OWNED BY renamed.id; ALTER TABLE renamed ALTER id SET DEFAULT nextval('other_name');
CREATE TABLE ahead (id serial PRIMARY KEY, v text); SELECT setval('ahead_id_seq', 100);
CREATE TABLE untouched (id serial PRIMARY KEY); INSERT INTO untouched VALUES (50);
INSERT INTO serial VALUES (9, 'own');";

fn dump(values: bool) -> String {
    let rows = [
        inserts("public.serial", "id, v", &["1, 'a'", "7, 'b'"]),
        "INSERT INTO public.identity (id, v) OVERRIDING SYSTEM VALUE VALUES (5, 'a');\n".to_owned(),
        inserts("public.down", "id, v", &["-8, 'a'"]),
        inserts("public.renamed", "id, v", &["4, 'a'"]),
        inserts("public.ahead", "id, v", &["6, 'a'"]),
    ];
    let moved = "SELECT pg_catalog.setval('public.serial_id_seq', 7, true);\nSELECT pg_catalog.setval('public.renamed_id_seq', 4, true);\n";
    format!("{}{}", rows.concat(), if values { moved } else { "" })
}

const STATE: &str = "SELECT last_value FROM serial_id_seq UNION ALL SELECT last_value FROM identity_id_seq UNION ALL SELECT last_value FROM down_seq
    UNION ALL SELECT last_value FROM other_name UNION ALL SELECT last_value FROM ahead_id_seq UNION ALL SELECT last_value FROM untouched_id_seq";

fn ends(style: Style, sequences: Option<Sequences>, values: bool) -> (Vec<String>, String) {
    let mut target = Target::new(SCHEMA);
    target.options = Options::new().with_style(style);
    if let Some(sequences) = sequences {
        target.options = target.options.with_sequences(sequences);
    }
    let run = target.run(&dump(values));
    let run = run.expect_success();
    let state = target.rows(&format!("SET search_path = public; {STATE}"));
    // Once more: nothing moves.
    target.run(&dump(values)).expect_success();
    assert_eq!(target.rows(&format!("SET search_path = public; {STATE}")), state);
    if !matches!(sequences, Some(Sequences::Dump | Sequences::Keep)) {
        target.db.execute(
            "INSERT INTO public.serial (v) VALUES ('next'); INSERT INTO public.identity (v) VALUES ('next'); INSERT INTO public.renamed (v) VALUES ('next')",
        );
    }
    (state, run.stdout)
}

#[test]
fn forward_dump_or_keep() {
    for style in [Style::Rows, Style::Batches, Style::Staged] {
        for sequences in [None, Some(Sequences::Forward)] {
            for values in [true, false] {
                // The last values of the columns, also of rows that only the target has.
                let (state, told) = ends(style, sequences, values);
                assert_eq!(state, ["9", "5", "-8", "4", "100", "1"], "{style:?}");
                assert!(
                    told.contains("\"outcome\": \"moved\"") && told.contains("other_name"),
                    "{told}"
                );
            }
        }
        let (state, told) = ends(style, Some(Sequences::Dump), true);
        assert_eq!(state, ["7", "1", "-1", "1", "100", "1"], "{style:?}");
        assert!(
            told.contains("skipped: no such sequence here") && !told.contains("other_name"),
            "{told}"
        );
        assert_eq!(
            ends(style, Some(Sequences::Dump), false).0,
            ["3", "1", "-1", "1", "100", "1"]
        );
        let (state, told) = ends(style, Some(Sequences::Keep), true);
        assert_eq!(state, ["3", "1", "-1", "1", "100", "1"], "{style:?}");
        assert!(told.contains("kept: sequences = keep"), "{told}");
    }
}
