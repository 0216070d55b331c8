//! A rewriter that reads a dump once leaves out the same rows as `convert`, which reads it twice, or refuses.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

mod cases;

use cases::run;
use dumpsert::{Catalog, ErrorKind, NoKey, Options, Plan, convert};

const SCHEMA: &str = "
    CREATE TABLE public.p (id int PRIMARY KEY, v text);
    CREATE TABLE public.m (id int UNIQUE, p int REFERENCES public.p);
    CREATE TABLE public.c (id int PRIMARY KEY, m int REFERENCES public.m (id), p int REFERENCES public.p);
    CREATE TABLE hidden.log (id int PRIMARY KEY, p int REFERENCES public.p);
    CREATE TABLE public.d (id int PRIMARY KEY, log int REFERENCES hidden.log ON DELETE SET NULL);";

const P: &str = "INSERT INTO public.p (id, v) VALUES (1, 'a'), (2, 'b');\n";
const M: &str = "COPY public.m (id, p) FROM stdin;\n10\t1\n20\t2\n\\.\n";
const C: &str = "INSERT INTO public.c (id, m, p) VALUES (100, 10, 2), (200, 20, 2), (300, 20, 1);\n";
const LOG: &str = "INSERT INTO hidden.log VALUES (7, 1), (8, 2);\n";
const D: &str = "INSERT INTO public.d (id, log) VALUES (1, 7), (2, 8);\n";

fn plans() -> Vec<(&'static str, Plan)> {
    let options = || {
        let schema = Catalog::from_schema_sql(SCHEMA).unwrap();
        let options = Options::new().with_catalog(schema).unwrap();
        options.with_excluded_rows("public.p: id = 1").unwrap()
    };
    let plan = |options: Options| options.build().unwrap();
    vec![
        ("nothing else", plan(options().with_no_key(NoKey::Insert))),
        (
            "tables left out",
            plan(
                options()
                    .with_excluded_table("public.p")
                    .unwrap()
                    .with_excluded_table("public.m")
                    .unwrap()
                    .with_excluded_table("hidden.*")
                    .unwrap(),
            ),
        ),
        (
            "tables not taken",
            plan(options().with_only_table("public.[cd]").unwrap()),
        ),
        ("tables without a key", plan(options().with_no_key(NoKey::Skip))),
    ]
}

#[test]
fn what_is_left_out_as_a_whole_is_judged_all_the_same() {
    let ordered = [P, M, C, LOG, D].concat();
    let mut same = 0;
    for (name, plan) in plans() {
        for (order, dump) in [
            ("parents first", ordered.clone()),
            ("children first", [D, LOG, C, M, P].concat()),
            ("in between", [M, P, LOG, C, D].concat()),
        ] {
            let mut expected = Vec::new();
            let report = convert(dump.as_bytes(), &mut expected, &plan).unwrap();
            let expected = String::from_utf8(expected).unwrap();
            assert!(
                !expected.contains("100,") && !expected.contains("300,"),
                "{name}, {order}"
            );
            for chunks in [vec![dump.as_bytes()], dump.as_bytes().chunks(1).collect()] {
                let outcome = run(&plan, chunks);
                match outcome.result {
                    Ok(own) => {
                        assert_eq!(String::from_utf8(outcome.script).unwrap(), expected, "{name}, {order}");
                        assert_eq!(own.tables, report.tables, "{name}, {order}");
                        same += 1;
                    }
                    Err(fault) => {
                        let kind = serde_json::to_value(ErrorKind::UnsupportedShape).unwrap();
                        assert_eq!(fault.facts["kind"], kind, "{name}, {order}: {}", fault.text);
                        assert!(order != "parents first", "{name}: {}", fault.text);
                    }
                }
            }
        }
    }
    assert!(same >= 8, "{same}");
}
