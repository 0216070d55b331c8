use super::*;
use crate::options::exclude::Cascade;
use crate::{MatchNulls, OnTakenKey};

const SCHEMA: &str = "CREATE TABLE businesses (id uuid PRIMARY KEY, slug text UNIQUE, \"deletedAt\" timestamptz);\n\
    CREATE TABLE categories (id uuid PRIMARY KEY, \"businessId\" uuid REFERENCES businesses, name text);\n\
    CREATE TABLE comments (id int PRIMARY KEY, subject_type text, subject_id uuid);\n";

fn with(toml: &str) -> Result<Options> {
    Options::from_toml(toml)
}

fn known(toml: &str) -> Result<Plan> {
    with(toml)?.with_catalog(Catalog::from_schema_sql(SCHEMA)?)?.build()
}

fn options_of(plan: &Plan) -> Value {
    serde_json::from_str(&plan.target_options(false)).unwrap()
}

#[test]
fn the_script_has_what_was_said() {
    let toml = "match_nulls = 'not_distinct'\n\
        on_unmatched_reference = 'keep'\n\
        mapping_table = 'app.id_map'\n\
        mapping_rows = 'all'\n\
        foreign_keys = [\"comments(subject_id) REFERENCES businesses WHERE subject_type = 'Business' -- all\"]\n\
        [tables.'public.categories']\n\
        match_on = ['\"businessId\"', 'name']\n\
        on_taken_key = 'renumber'\n\
        [tables.'public.businesses']\n\
        match_on = 'slug'\n\
        match_where = '\"deletedAt\" IS NULL'\n\
        match_nulls = 'distinct'\n\
        on_ambiguous = 'first'\n\
        [tables.'public.comments']\n\
        on_unmatched_reference = 'error'\n";
    let options = options_of(&known(toml).unwrap());
    let entry = |name: &str, columns: Value| json!({ "schema": "public", "name": name, "columns": columns });
    let with = |mut entry: Value, more: Value| {
        let more = more.as_object().cloned().unwrap();
        entry.as_object_mut().unwrap().extend(more);
        entry
    };
    assert_eq!(
        options["match"],
        json!([
            with(
                entry("businesses", json!(["slug"])),
                json!({ "where": "\"deletedAt\" IS NULL\n", "nulls": "distinct", "ambiguous": "first", "unmatched": "keep",
                    "taken": "error" })
            ),
            with(
                entry("categories", json!(["businessId", "name"])),
                json!({ "where": null, "nulls": "not_distinct", "ambiguous": "error", "unmatched": "keep",
                    "taken": "renumber" })
            ),
            with(
                entry("comments", Value::Null),
                json!({ "where": null, "nulls": "distinct", "ambiguous": "error", "unmatched": "error", "taken": "error" })
            ),
        ])
    );
    assert_eq!(
        options["links"],
        json!([with(
            entry("comments", json!(["subject_id"])),
            json!({ "to_schema": "public", "to_name": "businesses", "to_columns": ["id"],
                "where": "subject_type = 'Business' -- all\n" })
        )])
    );
    assert_eq!(
        options["mapping"],
        json!({ "all": true, "table": { "schema": "app", "name": "id_map" } })
    );
}

#[test]
fn nothing_is_said_without_it() {
    let options = options_of(&known("foreign_keys = 'comments(subject_id) REFERENCES businesses(id)'").unwrap());
    for name in ["match", "links", "mapping"] {
        assert_eq!(options.get(name), None);
    }
    let options = options_of(&known("match_on = { 'public.businesses' = 'slug' }").unwrap());
    assert_eq!(options["match"].as_array().unwrap().len(), 1);
    assert_eq!((options.get("links"), options.get("mapping")), (None, None));
}

#[test]
fn files_lines_and_methods_say_the_same() {
    let typed = |options: Options, name: &str, texts: &[&str]| {
        let texts: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
        options.with_typed(name, &texts).unwrap()
    };
    let lines = Options::new();
    let lines = typed(lines, "match_on", &["public.\"a=b\"=\"x=y\",z", "t=a"]);
    let lines = typed(lines, "match_where", &["public.\"a=b\"=z = 'q=r'"]);
    let lines = typed(lines, "match_nulls", &["not-distinct", "t=distinct"]);
    let lines = typed(lines, "on_taken_key", &["public.t=renumber"]);
    let file = with(
        "match_nulls = 'not_distinct'\n\
        match_where = \"\"\"public.\"a=b\"=z = 'q=r'\"\"\"\n\
        [match_on]\n't' = ['a']\n\
        [tables.'public.\"a=b\"']\nmatch_on = '\"x=y\",z'\n\
        [tables.'public.t']\nmatch_nulls = 'distinct'\non_taken_key = 'renumber'\n",
    );
    let methods = Options::new()
        .with_match_on("public.\"a=b\"=\"x=y\",z")
        .and_then(|options| options.with_match_on("t=a"))
        .and_then(|options| options.with_match_where("public.\"a=b\"", "z = 'q=r'"))
        .and_then(|options| options.with_match_nulls(None, MatchNulls::NotDistinct))
        .and_then(|options| options.with_match_nulls(Some("t"), MatchNulls::Distinct))
        .and_then(|options| options.with_on_taken_key(Some("t"), OnTakenKey::Renumber))
        .unwrap();
    assert_eq!(lines.matching, methods.matching);
    assert_eq!(file.unwrap().matching, methods.matching);
}

#[test]
fn what_is_typed_replaces_the_columns_of_a_file() {
    let config = crate::Config::from_toml("match_on = { t = 'a' }").unwrap();
    let options = config.options.with_match_on("public.t=b").unwrap();
    assert_eq!(
        options
            .matching
            .matched()
            .next()
            .unwrap()
            .1
            .on
            .as_ref()
            .unwrap()
            .items(),
        ["b"]
    );
    let twice = Options::new().with_match_on("t=a").unwrap().with_match_on("public.t=b");
    assert_eq!(
        twice.unwrap_err().to_string(),
        "table public.t is given `match_on` twice"
    );
}

#[track_caller]
fn assert_refused(toml: &str, message: &str) {
    let error = known(toml).unwrap_err();
    assert_eq!(
        (error.kind(), error.to_string().as_str()),
        (ErrorKind::InvalidOption, message)
    );
}

#[test]
fn refused_when_planned() {
    let on = "match_on = { 'public.businesses' = 'slug' }\n";
    let hint = "(say by which columns its rows are recognised: `match_on = public.categories=COLUMNS`)";
    assert_refused(
        &format!("style = 'rows'\n{on}"),
        "`match_on` works only with style staged: the target has to find the rows (choose `style = staged`)",
    );
    assert_refused(
        &format!("client = 'driver'\n{on}"),
        "`match_on` works only with style staged: the target has to find the rows (choose `style = staged`)",
    );
    assert!(known(&format!("client = 'driver'\nstyle = 'staged'\n{on}")).is_ok());
    assert_refused(
        "style = 'batches'\nmapping_table = 'm'\n",
        "`mapping_table` works only with style staged: the target has to find the rows (choose `style = staged`)",
    );
    for (option, value) in [
        ("match_where", "name <> ''"),
        ("match_nulls", "distinct"),
        ("on_ambiguous", "error"),
    ] {
        assert_refused(
            &format!("{on}[tables.'public.categories']\n{option} = \"{value}\""),
            &format!("`{option}` of table public.categories needs `match_on`: it says nothing without {hint}"),
        );
    }
    assert_refused(
        &format!("{on}[tables.'public.categories']\non_taken_key = 'renumber'"),
        &format!(
            "`on_taken_key` of table public.categories needs `match_on`: a second run would not recognise the rows that were \
             renumbered {hint}"
        ),
    );
    let hint = "(say by which columns its rows are recognised: `match_on = TABLE=COLUMNS`)";
    assert_refused(
        "on_taken_key = 'renumber'",
        &format!(
            "`on_taken_key` needs `match_on`: a second run would not recognise the rows that were renumbered {hint}"
        ),
    );
    for option in [
        "match_nulls = 'distinct'",
        "mapping_table = 'm'",
        "mapping_rows = 'all'",
        "on_unmatched_reference = 'keep'",
    ] {
        let name = option.split(' ').next().unwrap();
        assert_refused(
            option,
            &format!("`{name}` needs `match_on`: it says nothing without {hint}"),
        );
    }
}

#[test]
fn refused_by_the_catalog() {
    assert_refused(
        "match_on = { 'public.businesses' = 'slag' }",
        "`match_on` given for table public.businesses has a column `slag`, which it has not (did you mean slug? names with capitals must be quoted)",
    );
    assert_refused(
        "exclude_tables = 'businesses'\nmatch_on = { 'public.businesses' = 'slug' }",
        "`match_on` is given for table public.businesses, which is left out (excluded table) (say one or the other)",
    );
    assert_refused(
        "only_schemas = 'public'\nmatch_on = { 'app.businesses' = 'slug' }",
        "`match_on` is given for table app.businesses, which is left out (not in only_schemas) (say one or the other)",
    );
    let where_of =
        |condition: &str| format!("[tables.'public.businesses']\nmatch_on = 'slug'\nmatch_where = \"{condition}\"");
    for wrong in ["slag = ''", "slug = '') OR (1", "slug =", "slug = 1"] {
        let error = known(&where_of(wrong)).unwrap_err();
        assert!(
            error
                .message()
                .starts_with("`match_where` of table public.businesses: "),
            "{error}"
        );
    }
    // Without a catalog nothing is known of columns.
    for (condition, is_accepted) in [("slag = ''", true), ("slug = '') OR (1 = 1", false)] {
        assert_eq!(with(&where_of(condition)).unwrap().build().is_ok(), is_accepted);
    }
    // Beside the catalog, and in no dump.
    let plan = known("match_on = { 'public.busineses' = 'slug' }").unwrap();
    let error = crate::convert_str("INSERT INTO public.businesses (id) VALUES ('x');\n", &plan).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`match_on` is given for table public.busineses, which neither the catalog nor the dump has (did you mean \
         public.businesses? names with capitals must be quoted)"
    );
}

#[test]
fn a_foreign_key_needs_its_columns_where_nobody_knows_the_key() {
    let key = |references: &str| {
        let key = format!("comments(subject_id) REFERENCES {references}");
        let options = Options::new().with_match_on("businesses=slug").unwrap();
        options.with_foreign_key(&key).unwrap()
    };
    let error = key("businesses").build().unwrap_err();
    assert_eq!(
        error.to_string(),
        "the foreign key public.comments (subject_id) REFERENCES public.businesses does not say which columns it references \
         (with `match_on` name as many columns on both sides)"
    );
    assert!(key("businesses(id)").build().is_ok());
    let excluded = |cascade| {
        let options = key("businesses").with_excluded_rows("comments: id = 1").unwrap();
        options.with_cascade(cascade).build()
    };
    assert!(excluded(Cascade::OnDelete).is_ok(), "a catalog comes");
    assert!(excluded(Cascade::Off).is_err());
}

#[cfg(feature = "restore")]
#[test]
fn a_source_tells_what_it_has() {
    let source = Catalog::from_schema_sql(SCHEMA).unwrap();
    let check = |toml: &str| with(toml).unwrap().build().unwrap().check_matches(&source);
    assert!(check("match_on = { 'public.businesses' = 'slug' }").is_ok());
    assert!(check("").is_ok());
    for (toml, message) in [
        (
            "match_on = { 'public.busineses' = 'slug' }",
            "`match_on` is given for table public.busineses, which is not in the catalog",
        ),
        (
            "match_on = { 'public.businesses' = 'slag' }",
            "`match_on` given for table public.businesses has a column `slag`, which it has not",
        ),
        (
            "[tables.'public.businesses']\nmatch_on = 'slug'\nmatch_where = 'gone'",
            "`match_where` of table public.businesses: ",
        ),
    ] {
        let error = check(toml).unwrap_err();
        assert!(error.message().starts_with(message), "{error}");
    }
}

#[cfg(feature = "restore")]
#[test]
fn twins_are_not_pruned() {
    let plan = |more: &str| known(&format!("match_on = {{ 'public.businesses' = 'slug' }}\n{more}")).unwrap();
    assert!(plan("").check_prune().is_ok());
    for more in [
        "on_ambiguous = 'first'",
        "[tables.'public.businesses']\non_ambiguous = 'first'",
    ] {
        assert_eq!(
            plan(more).check_prune().unwrap_err().to_string(),
            "`on_ambiguous = first` of table public.businesses passes over rows that are alike, and `prune = true` would delete \
             them (say one or the other)"
        );
    }
}
