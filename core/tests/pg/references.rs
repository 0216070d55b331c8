//! Rows that reference what is left out, where the foreign keys of the source do not tell what shall become of them.

use dumpsert::{Cascade, Catalog, Options, Style, convert};
use dumpsert_testkit::{Cluster, Db, Snapshot};

use crate::support::{Random, psql, shuffled};

/// Tenants, and what belongs to them by foreign keys of every kind.
const TENANTS: &str = "
CREATE TABLE tenants (id integer PRIMARY KEY);
CREATE TABLE users (id integer PRIMARY KEY, tenant integer REFERENCES tenants ON DELETE SET NULL, boss integer REFERENCES users ON DELETE SET NULL);
CREATE TABLE docs (id integer PRIMARY KEY, owner integer DEFAULT 1 REFERENCES users ON DELETE SET DEFAULT);
CREATE TABLE tags (id integer PRIMARY KEY, doc integer REFERENCES docs, word text);";

const TENANT_ROWS: &str = "
INSERT INTO tenants SELECT generate_series(1, 6);
INSERT INTO users SELECT g, nullif(g % 7, 0), CASE WHEN g > 3 THEN g / 2 END FROM generate_series(1, 60) AS g;
INSERT INTO docs SELECT g, nullif(1 + g % 61, 61) FROM generate_series(1, 200) AS g;
INSERT INTO tags SELECT g, nullif(g % 201, 0), 'w' || g FROM generate_series(1, 400) AS g;";

/// Rails' polymorphic associations: a column tells the table, another one the row.
const POLYMORPHIC: &str = "
CREATE TABLE users (id bigint PRIMARY KEY);
CREATE TABLE posts (id bigint PRIMARY KEY, user_id bigint REFERENCES users ON DELETE CASCADE);
CREATE TABLE photos (id bigint PRIMARY KEY, user_id bigint REFERENCES users ON DELETE CASCADE);
CREATE TABLE comments (id bigint PRIMARY KEY, subject_id integer, \"subjectType\" text, body text);";

const POLYMORPHIC_ROWS: &str = "
INSERT INTO users SELECT generate_series(1, 10);
INSERT INTO posts SELECT g, 1 + g % 10 FROM generate_series(1, 40) AS g;
INSERT INTO photos SELECT g, 1 + g % 7 FROM generate_series(1, 40) AS g;
INSERT INTO comments SELECT g, CASE WHEN g % 11 > 0 THEN 1 + g % 40 END, (ARRAY['Post', 'Photo', 'Comment', 'Nothing', NULL])[1 + g % 5], 'c' || g
  FROM generate_series(1, 300) AS g;";

const KEYS: [&str; 3] = [
    "comments(subject_id) REFERENCES posts(id) WHERE \"subjectType\" = 'Post'",
    "comments(subject_id) REFERENCES public.photos ON DELETE SET NULL WHERE \"subjectType\" = 'Photo'",
    "public.comments(subject_id) REFERENCES public.comments(id) WHERE \"subjectType\" = 'Comment'",
];

/// Merges dumps of the source in every shape into an empty copy of its schema, each twice.
#[track_caller]
fn compare(schema: &str, rows: &str, truth: &str, options: impl Fn(Options) -> Options) {
    let cluster = Cluster::shared();
    let source = cluster.create_unique("source");
    source.execute(&format!("{schema}{rows}"));
    let data = source.pg_dump(&["--data-only"]);
    let inserts = source.pg_dump(&["--data-only", "--column-inserts"]);
    let mixed = shuffled(&inserts, &mut Random(3));
    let full = source.pg_dump(&[]);
    let catalog = Catalog::from_schema_sql(source.pg_dump(&["--schema-only"])).unwrap();
    source.execute(truth);
    let wanted = source.snapshot();
    let target = cluster.create_unique("target");
    target.execute(schema);
    for (what, dump, style) in [
        ("data", &data, Style::Staged),
        ("data", &data, Style::Rows),
        ("inserts", &inserts, Style::Batches),
        ("mixed", &mixed, Style::Staged),
        ("full", &full, Style::Staged),
    ] {
        let mut options = options(Options::new().with_style(style));
        if what != "full" {
            options = options.with_catalog(catalog.clone()).unwrap();
        }
        let mut script = Vec::new();
        convert(dump.as_slice(), &mut script, &options.build().unwrap())
            .unwrap_or_else(|error| panic!("{what}: {error}"));
        for _ in 0..2 {
            psql(&target, "postgres", &script).expect_success();
            assert_eq!(rows_differ(&wanted, &target), Vec::<String>::new(), "{what} {style:?}");
        }
        target.execute("DO $$ DECLARE t text; BEGIN SELECT string_agg(oid::regclass::text, ', ') INTO t FROM pg_class WHERE relkind = 'r' AND oid >= 16384
            AND relnamespace = 'public'::regnamespace; EXECUTE 'TRUNCATE ' || t; END $$");
    }
}

fn rows_differ(wanted: &Snapshot, target: &Db) -> Vec<String> {
    let now = target.snapshot();
    let (missing, extra) = (wanted.missing_from(&now), now.missing_from(wanted));
    missing.into_iter().chain(extra).collect()
}

#[test]
fn delete_takes_all_that_references() {
    // What a deletion would take if every foreign key were ON DELETE CASCADE.
    let truth = "ALTER TABLE users DROP CONSTRAINT users_tenant_fkey, ADD FOREIGN KEY (tenant) REFERENCES tenants ON DELETE CASCADE,
           DROP CONSTRAINT users_boss_fkey, ADD FOREIGN KEY (boss) REFERENCES users ON DELETE CASCADE;
         ALTER TABLE docs DROP CONSTRAINT docs_owner_fkey, ADD FOREIGN KEY (owner) REFERENCES users ON DELETE CASCADE;
         ALTER TABLE tags DROP CONSTRAINT tags_doc_fkey, ADD FOREIGN KEY (doc) REFERENCES docs ON DELETE CASCADE;
         DELETE FROM tenants WHERE id = 3;";
    compare(TENANTS, TENANT_ROWS, truth, |options| {
        options
            .with_excluded_rows("tenants: id = 3")
            .unwrap()
            .with_cascade(Cascade::Delete)
    });
    // By default the rows of the tenant become everybody's.
    compare(
        TENANTS,
        TENANT_ROWS,
        "ALTER TABLE tags DROP CONSTRAINT tags_doc_fkey, ADD FOREIGN KEY (doc) REFERENCES docs ON DELETE CASCADE;
         DELETE FROM tenants WHERE id = 3;",
        |options| {
            options
                .with_excluded_rows("tenants: id = 3")
                .unwrap()
                .with_cascade(Cascade::OnDelete)
        },
    );
}

#[test]
fn conditions_tell_which_table_is_meant() {
    let gone = "DELETE FROM users WHERE id IN (2, 5); UPDATE comments SET subject_id = NULL WHERE \"subjectType\" = 'Photo' AND subject_id IS NOT NULL
           AND NOT EXISTS (SELECT FROM photos AS p WHERE p.id = subject_id);
         DELETE FROM comments WHERE \"subjectType\" = 'Post' AND subject_id IS NOT NULL AND NOT EXISTS (SELECT FROM posts AS p WHERE p.id = subject_id);
         DO $$ BEGIN LOOP DELETE FROM comments AS c WHERE \"subjectType\" = 'Comment' AND subject_id IS NOT NULL AND NOT EXISTS (SELECT FROM comments AS p WHERE p.id = c.subject_id);
           EXIT WHEN NOT FOUND; END LOOP; END $$;";
    let given = |options: Options| {
        let options = options.with_excluded_rows("users: id IN (2, 5)").unwrap();
        KEYS.iter()
            .fold(options, |options, key| options.with_foreign_key(key).unwrap())
    };
    compare(POLYMORPHIC, POLYMORPHIC_ROWS, gone, given);
    let all = gone.replace(
        "UPDATE comments SET subject_id = NULL WHERE",
        "DELETE FROM comments WHERE",
    );
    compare(POLYMORPHIC, POLYMORPHIC_ROWS, &all, |options| {
        given(options).with_cascade(Cascade::Delete)
    });
    // Without them nothing follows to the comments.
    compare(
        POLYMORPHIC,
        POLYMORPHIC_ROWS,
        "DELETE FROM users WHERE id IN (2, 5)",
        |options| options.with_excluded_rows("users: id IN (2, 5)").unwrap(),
    );
    // Kept and counted, each by its condition.
    let source = Cluster::shared().create_unique("source");
    source.execute(&format!("{POLYMORPHIC}{POLYMORPHIC_ROWS}"));
    let options = given(Options::new().with_style(Style::Staged)).with_cascade(Cascade::Off);
    let posts = options.with_excluded_rows("posts: id <= 40").unwrap().build().unwrap();
    let report = convert(source.pg_dump(&[]).as_slice(), std::io::sink(), &posts).unwrap();
    let counted = source
        .value("SELECT count(*) FROM comments WHERE \"subjectType\" = 'Post' AND subject_id IS NOT NULL")
        .unwrap();
    let warnings: Vec<String> = report.warnings.iter().map(|warning| warning.message.clone()).collect();
    let says = format!(
        "{counted} rows of public.comments reference rows of public.posts that are left out, by the foreign key subject_id where \"subjectType\" = 'Post'"
    );
    assert!(warnings.iter().any(|warning| warning.contains(&says)), "{warnings:?}");
}

#[test]
fn wrong_conditions_are_told() {
    let catalog = Catalog::from_schema_sql(POLYMORPHIC).unwrap();
    for (condition, says) in [
        ("subject_type = 'Post'", "subjectType"),
        (
            "\"subjectType\" = 7",
            "in the foreign key of table public.comments WHERE",
        ),
        ("\"subjectType\" =", "in the foreign key of table public.comments WHERE"),
    ] {
        let options = Options::new()
            .with_catalog(catalog.clone())
            .unwrap()
            .with_excluded_rows("users: id = 2")
            .unwrap();
        let options = options
            .with_foreign_key(&format!("comments(subject_id) REFERENCES posts WHERE {condition}"))
            .unwrap();
        let error = options.build().unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    }
}
