//! Names as text: in every encoding of a dump, and on their way to a terminal.

use dumpsert::{Catalog, ErrorKind, Options, Style, convert};
use dumpsert_testkit::{Cluster, Db};

use crate::support::{psql, script, sqlstate};

const NAMES: &str = include_str!("../../src/rewrite/sql/names.sql");

/// The encodings of one byte, as the manual lists them.
const ONE_BYTE: [&str; 27] = [
    "LATIN1",
    "LATIN2",
    "LATIN3",
    "LATIN4",
    "LATIN5",
    "LATIN6",
    "LATIN7",
    "LATIN8",
    "LATIN9",
    "LATIN10",
    "ISO_8859_5",
    "ISO_8859_6",
    "ISO_8859_7",
    "ISO_8859_8",
    "WIN1250",
    "WIN1251",
    "WIN1252",
    "WIN1253",
    "WIN1254",
    "WIN1255",
    "WIN1256",
    "WIN1257",
    "WIN1258",
    "WIN866",
    "WIN874",
    "KOI8R",
    "KOI8U",
];

const CONVERT: &str = "CREATE FUNCTION pg_temp.text_of(byte int, encoding text) RETURNS text LANGUAGE plpgsql AS $$
    BEGIN RETURN convert_from(set_byte('\\x00', 0, byte), encoding); EXCEPTION WHEN OTHERS THEN RETURN NULL; END $$;";

/// What the server takes the bytes from 0x80 on for.
fn texts(db: &Db, encoding: &str) -> Vec<Option<String>> {
    let sql =
        format!("SELECT ascii(pg_temp.text_of(b, '{encoding}'))::text FROM generate_series(128, 255) AS b ORDER BY b");
    let char = |code: String| char::from_u32(code.parse().unwrap()).unwrap().to_string();
    let mut client = db.client();
    client.batch_execute(CONVERT).unwrap();
    let rows = client.query(&sql, &[]).unwrap();
    rows.into_iter()
        .map(|row| row.get::<_, Option<String>>(0).map(char))
        .collect()
}

/// A name of one byte, as the table of a report; the kind of the error if it is none.
fn name_of(encoding: &str, byte: u8) -> Result<String, ErrorKind> {
    let mut dump = format!("SET client_encoding = '{encoding}';\nINSERT INTO public.\"x").into_bytes();
    dump.push(byte);
    dump.extend_from_slice(b"\" (id) VALUES (1);\n");
    let report = convert(
        &dump[..],
        Vec::new(),
        &Options::new().with_style(Style::Rows).build().unwrap(),
    );
    let report = report.map_err(|error| error.kind())?;
    let name = report.tables.first().unwrap().table.clone();
    Ok(name
        .strip_prefix("public.\"x")
        .unwrap()
        .strip_suffix('"')
        .unwrap()
        .to_owned())
}

#[test]
fn names_are_what_the_server_takes_them_for() {
    let db = Cluster::shared().create_unique("names");
    for encoding in ONE_BYTE {
        for (byte, text) in (0x80..=0xff).zip(texts(&db, encoding)) {
            let expected = text.ok_or(ErrorKind::Encoding);
            assert_eq!(name_of(encoding, byte), expected, "{encoding} {byte:#x}");
        }
    }
    db.drop();
}

/// Tables, columns, defaults and keys with names beyond ASCII, from dumps in several encodings, into one target.
#[test]
fn every_encoding_means_the_same_table() {
    let schema = "CREATE TABLE \"Таблица\" (\"ключ\" integer PRIMARY KEY, \"Имя\" text, \"владелец\" text);";
    let source = Cluster::shared().create_unique("names_source");
    source.execute(schema);
    source.execute("INSERT INTO \"Таблица\" VALUES (1, 'Щи', 'я'), (2, 'борщ', 'ты')");
    for style in [Style::Rows, Style::Batches, Style::Staged] {
        for encoding in ["UTF8", "WIN1251", "KOI8R", "WIN866", "ISO_8859_5"] {
            let options = Options::new()
                .with_style(style)
                .with_only_table("public.\"Таблица\"")
                .and_then(|options| options.with_update_never("public.\"Таблица\"=\"владелец\""))
                .and_then(|options| options.with_catalog(Catalog::from_schema_sql(schema)?))
                .unwrap();
            let target = Cluster::shared().create_unique("names_target");
            target.execute(schema);
            target.execute("INSERT INTO \"Таблица\" VALUES (1, 'old', 'kept')");
            for form in [&["--inserts"][..], &["--column-inserts"], &[]] {
                let dump = source.pg_dump(&[&["--data-only", "-E", encoding][..], form].concat());
                psql(&target, "postgres", &script(&dump, options.clone())).expect_success();
                let rows = target.query("SELECT * FROM \"Таблица\" ORDER BY 1");
                let expected =
                    [["1", "Щи", "kept"], ["2", "борщ", "ты"]].map(|row| row.map(|v| Some(v.to_owned())).to_vec());
                assert_eq!(rows, expected, "{style:?} {encoding} {form:?}");
            }
            target.drop();
        }
    }
    source.drop();
}

/// A default of the catalog stands in the script in the encoding of the dump.
#[test]
fn defaults_are_written_in_the_encoding_of_the_dump() {
    let schema = "CREATE TABLE p (id text PRIMARY KEY); CREATE TABLE c (id int PRIMARY KEY, p text DEFAULT 'ничей' REFERENCES p ON DELETE SET DEFAULT);";
    let dump = "SET client_encoding = 'WIN1251';\nINSERT INTO public.p (id) VALUES ('gone');\n\
                INSERT INTO public.c (id, p) VALUES (1, 'gone');\n";
    for style in [Style::Rows, Style::Staged] {
        let target = Cluster::shared().create_unique("names_default");
        target.execute(&format!("{schema} INSERT INTO p VALUES ('ничей')"));
        let options = Options::new()
            .with_style(style)
            .with_excluded_rows("public.p: id = 'gone'")
            .and_then(|options| options.with_catalog(Catalog::from_schema_sql(schema)?))
            .unwrap();
        psql(&target, "postgres", &script(dump.as_bytes(), options.clone())).expect_success();
        assert_eq!(target.value("SELECT p FROM c").unwrap(), "ничей", "{style:?}");
        // In an encoding without these letters it cannot be written.
        let latin1 = "SET client_encoding = 'LATIN1';\nINSERT INTO public.p (id) VALUES ('gone');\nINSERT INTO public.c (id, p) VALUES (1, 'gone');\n";
        let error = convert(latin1.as_bytes(), Vec::new(), &options.build().unwrap()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Encoding, "{error}");
        target.drop();
    }
}

/// Bytes without an encoding were compared as UTF-8: a server that takes them for something else gets none.
#[test]
fn sql_ascii_is_utf8_or_refused() {
    let cluster = Cluster::shared();
    let maintenance = cluster.create_unique("names_maintenance");
    for (encoding, expected) in [("LATIN1", Some("22P05")), ("SQL_ASCII", None), ("UTF8", None)] {
        let name = cluster.unique_name("names_bytes");
        maintenance.execute(&format!(
            "CREATE DATABASE {name} TEMPLATE template0 ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE 'C'"
        ));
        let target = cluster.db(&name);
        let make = "CREATE SCHEMA \"é\"; CREATE TABLE \"é\".t (id int PRIMARY KEY); CREATE TABLE public.t (id int PRIMARY KEY);";
        psql(
            &target,
            "postgres",
            format!("SET client_encoding = 'UTF8';\n{make}").as_bytes(),
        )
        .expect_success();
        for style in [Style::Rows, Style::Staged] {
            let options = Options::new().with_style(style).with_only_schema("é").unwrap();
            let dump = "SET client_encoding = 'SQL_ASCII';\nINSERT INTO \"é\".t (id) VALUES (1);\n";
            let run = psql(&target, "postgres", &script(dump.as_bytes(), options.clone()));
            assert_eq!(sqlstate(&run), expected, "{encoding} {style:?} {}", run.stderr);
            // With ASCII alone there is no doubt.
            let options = options.with_only_schema("public").unwrap();
            let dump = "SET client_encoding = 'SQL_ASCII';\nINSERT INTO public.t (id) VALUES (1);\n";
            let run = psql(&target, "postgres", &script(dump.as_bytes(), options));
            // LATIN1 has the é of the option.
            assert_eq!(sqlstate(&run), None, "{encoding} {style:?} {}", run.stderr);
        }
        target.drop();
    }
    maintenance.drop();
}

/// Whatever text comes, a terminal gets only what can be read, and JSON says the same as before.
#[test]
fn the_target_shows_texts_as_the_program_does() {
    let db = Cluster::shared().create_unique("names_shown");
    let mut client = db.client();
    client.batch_execute(&format!("BEGIN; {NAMES}")).unwrap();
    let mut shown = |text: &str, is_json: bool| -> Option<String> {
        let row = client.query_one("SELECT pg_temp.dumpsert_shown($1, $2)", &[&text, &is_json]);
        row.unwrap().get(0)
    };
    let evil: String = ('\u{1}'..' ')
        .chain('\u{7f}'..='\u{a0}')
        .chain(
            "\u{61c}\u{180e}\u{200b}\u{200f}\u{2028}\u{2029}\u{202a}\u{202e}\u{2060}\u{2066}\u{2069}\u{206f}\u{feff}"
                .chars(),
        )
        .collect();
    for char in evil.chars() {
        let text = format!("é{char}表\u{1d11e}");
        let expected = match char {
            '\u{a0}' => text.clone(),
            _ => format!("é\\u{{{:x}}}表\u{1d11e}", char as u32),
        };
        assert_eq!(shown(&text, false).unwrap(), expected, "{:x}", char as u32);
        let json = serde_json::to_string(&text).unwrap();
        let safe = shown(&json, true).unwrap();
        assert_eq!(serde_json::from_str::<String>(&safe).unwrap(), text);
        assert!(char == '\u{a0}' || !safe.contains(char), "{safe:?}");
    }
    for plain in ["", "plain \"x\" \\ '", "Zoë 表 \u{1d11e}"] {
        assert_eq!(shown(plain, false).unwrap(), plain);
    }
    db.drop();
}

/// Patterns that leave something out mean the same tables on the target.
#[test]
fn patterns_mean_the_same_on_the_target() {
    let names = [
        "a", "ab", "aBc", "a.b", "a\\b", "log_2024", "log-2024", "é", "Ж1", "a\nb", "x[y", "$", "a|b", "^a", "a{2}",
        "aa",
    ];
    let patterns = [
        "*",
        "a*",
        "?",
        "??",
        "a?b",
        "log_[0-9]*",
        "log[^a-z]*",
        "\"a.b\"",
        "\"a\\b\"",
        "\"x[y\"",
        "\"a|b\"",
        "\"^a\"",
        "\"a{2}\"",
        "$",
        "[a-zа-яж]*",
        "\"Ж\"?",
        "*\"B\"*",
        "[^a]*",
    ];
    let schema: String = names
        .iter()
        .map(|name| format!("CREATE TABLE \"{name}\" (id int PRIMARY KEY);\n"))
        .collect();
    let db = Cluster::shared().create_unique("names_patterns");
    db.execute(&schema);
    let dump: String = names
        .iter()
        .map(|name| format!("INSERT INTO public.\"{name}\" (id) VALUES (1);\n"))
        .collect();
    for pattern in patterns {
        let options = Options::new()
            .with_style(Style::Staged)
            .with_excluded_table(&format!("public.{pattern}"))
            .unwrap();
        let plan = options.build().unwrap();
        let mut out = Vec::new();
        let report = convert(dump.as_bytes(), &mut out, &plan).unwrap();
        let left_out = |name: &str| {
            let table = report.tables.iter().find(|table| {
                table
                    .table
                    .trim_matches('"')
                    .trim_start_matches("public.")
                    .trim_matches('"')
                    == name
            });
            table.is_some_and(|table| table.left_out.contains_key("excluded table"))
        };
        // The prologue and the options, and nothing that the dump has told.
        let text = String::from_utf8(out).unwrap();
        let end = text.find("CALL pg_temp.dumpsert_begin(").unwrap();
        let begin = text[end..].lines().next().unwrap();
        let sql = text[..end]
            .lines()
            .filter(|line| !line.starts_with('\\'))
            .collect::<Vec<_>>()
            .join("\n");
        let mut client = db.client();
        client.batch_execute(&format!("{sql}\n{begin}")).unwrap();
        for name in names {
            let row = client.query_one(
                "SELECT pg_temp.dumpsert_excluded(c.oid), pg_temp.dumpsert_unselected(c.oid) FROM pg_class AS c WHERE c.relname = $1 AND c.relnamespace = 'public'::regnamespace",
                &[&name],
            ).unwrap();
            assert_eq!(
                (row.get(0), row.get(1)),
                (left_out(name), left_out(name)),
                "{pattern} {name:?}"
            );
        }
    }
    db.drop();
}
