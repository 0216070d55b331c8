//! Conditions without regard to case, beyond ASCII: the rows that PostgreSQL itself would leave out.

use dumpsert::{Case, Catalog, Options, Style};

use crate::support::{Target, psql, try_script};

const VALUES: [&str; 17] = [
    "Björk",
    "BJÖRK",
    "björk",
    "Bjork",
    "椎名林檎",
    "Ærø",
    "ÆRØ",
    "ЗЕМФИРА",
    "Земфира",
    "İzmir",
    "izmir",
    "IZMIR",
    "ızmır",
    "Isparta",
    "ısparta",
    "Kelvin \u{212a}",
    "",
];

const CONDITIONS: [&str; 9] = [
    "lower(v) = 'björk'",
    "upper(v) IN ('BJÖRK', 'ÆRØ')",
    "v ILIKE 'BJÖR_'",
    "v ILIKE '%земф%'",
    "lower(v) LIKE 'ı%'",
    "upper(v) = 'İZMİR'",
    "v ~* '^земфира$'",
    "v ~* 'ØY?$'",
    "lower(v) = 'izmir'",
];

#[test]
fn the_rule_that_is_said_is_that_of_the_server() {
    for (case, collation) in [
        (Case::Unicode, ""),
        (Case::Unicode, "COLLATE \"en-x-icu\""),
        (Case::Turkish, "COLLATE \"tr-x-icu\""),
    ] {
        let schema = format!("CREATE TABLE public.t (id integer PRIMARY KEY, v text {collation});");
        let source = Target::new(&schema);
        if !collation.is_empty()
            && source
                .rows("SELECT 1 FROM pg_collation WHERE collname = 'tr-x-icu'")
                .is_empty()
        {
            continue;
        }
        // By Unicode its lower case is two letters.
        let is_one = |value: &&&str| case == Case::Turkish || !value.contains('İ');
        for (id, value) in VALUES.iter().filter(is_one).enumerate() {
            source
                .db
                .execute(&format!("INSERT INTO public.t VALUES ({id}, '{value}')"));
        }
        let dump = source.db.pg_dump(&["--data-only", "--column-inserts"]);
        for condition in CONDITIONS {
            for style in [Style::Rows, Style::Staged] {
                let options = Options::new()
                    .with_style(style)
                    .with_catalog(Catalog::from_schema_sql(&schema).unwrap())
                    .unwrap()
                    .with_excluded_rows(&format!("public.t: {condition}"))
                    .unwrap();
                let target = Target::new(&schema);
                let (script, result) = try_script(&dump, options.with_case(case));
                result.unwrap_or_else(|error| panic!("{condition}, {collation}: {error}"));
                for _ in 0..2 {
                    psql(&target.db, "postgres", &script).expect_success();
                    let kept = target.rows("SELECT id FROM public.t ORDER BY id");
                    let sql = format!("SELECT id FROM public.t WHERE ({condition}) IS NOT TRUE ORDER BY id");
                    assert_eq!(kept, source.rows(&sql), "{condition} {collation} {case:?}");
                }
            }
        }
    }
}

/// Without a rule the run stops at the value, and says which option helps; and it does.
#[test]
fn the_rule_is_asked_for_and_helps() {
    let schema = "CREATE TABLE public.t (id integer PRIMARY KEY, v text);";
    let dump = "INSERT INTO public.t (id, v) VALUES (1, 'BJÖRK');\nINSERT INTO public.t (id, v) VALUES (2, 'x');\n";
    for condition in ["lower(v) = 'björk'", "v ILIKE 'björk'", "v ~* 'björk'"] {
        let options = Options::new()
            .with_catalog(Catalog::from_schema_sql(schema).unwrap())
            .unwrap()
            .with_excluded_rows(&format!("public.t: {condition}"))
            .unwrap();
        let error = match options.clone().build() {
            Ok(_) => try_script(dump.as_bytes(), options.clone()).1.unwrap_err(),
            Err(error) => error,
        };
        assert!(error.to_string().contains("`case = unicode`"), "{error}");
        let target = Target::new(schema);
        let (script, _) = try_script(dump.as_bytes(), options.with_case(Case::Unicode));
        for _ in 0..2 {
            psql(&target.db, "postgres", &script).expect_success();
            assert_eq!(target.rows("SELECT id FROM public.t"), ["2"]);
        }
    }
}
