//! However the input is cut into chunks: the same script, the same report, the same error.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::indexing_slicing,
    reason = "a test"
)]

mod cases;

use cases::{ABORT, Case, Outcome, Random, cut, run};
use dumpsert::{NoKey, Options, Plan, Style};

/// The only thing that may differ: how the input was cut.
#[track_caller]
fn assert_same(name: &str, how: &str, found: &Outcome, whole: &Outcome) {
    if found == whole {
        return;
    }
    if found.result != whole.result {
        let shown = |outcome: &Outcome| format!("{:.300}", format!("{:?}", outcome.result));
        panic!("{name}, {how}: {} instead of {}", shown(found), shown(whole));
    }
    let at = found
        .script
        .iter()
        .zip(&whole.script)
        .take_while(|(a, b)| a == b)
        .count();
    let excerpt =
        |script: &[u8]| String::from_utf8_lossy(&script[at.saturating_sub(80)..script.len().min(at + 80)]).into_owned();
    panic!(
        "{name}, {how}: `{}` instead of `{}`",
        excerpt(&found.script),
        excerpt(&whole.script)
    );
}

/// The reader looks at the first 512 bytes as a whole, so that a cut within them shows nothing. Every case is also run
/// behind a comment of that length.
fn cases() -> impl Iterator<Item = Case> {
    let padded = |mut case: Case| {
        let mut dump = format!("-- {}\n", "x".repeat(512)).into_bytes();
        dump.append(&mut case.dump);
        case.name.push_str(", behind a comment");
        case.dump = dump;
        case
    };
    Case::all().into_iter().chain(Case::all().into_iter().map(padded))
}

/// Two tests, since nothing else of this file takes as long.
#[test]
fn every_case_at_every_cut() {
    at_every_cut(0);
}

#[test]
fn every_other_case_at_every_cut() {
    at_every_cut(1);
}

fn at_every_cut(first: usize) {
    for case in cases().skip(first).step_by(2) {
        let Ok(plan) = case.plan() else { continue };
        let whole = run(&plan, [case.dump.as_slice()]);
        let from = if case.name.ends_with("comment") { 512 } else { 0 };
        for at in from..=case.dump.len() {
            let (first, second) = case.dump.split_at(at);
            assert_same(
                &case.name,
                &format!("cut at {at}"),
                &run(&plan, [first, second]),
                &whole,
            );
        }
    }
}

#[test]
fn every_case_byte_by_byte() {
    for case in cases() {
        let Ok(plan) = case.plan() else { continue };
        let whole = run(&plan, [case.dump.as_slice()]);
        for size in [1, 2, 3, 7] {
            let chunks = cut(&case.dump, || size);
            assert_same(&case.name, &format!("in chunks of {size}"), &run(&plan, chunks), &whole);
        }
    }
}

/// A dump with everything in it, many rows long: the good cases one after the other, again and again.
fn long_dump(style: Style) -> Vec<u8> {
    let mut dump = Vec::new();
    let cases: Vec<Case> = Case::all()
        .into_iter()
        .filter(|case| case.style() == style && run(&plan(style), [case.dump.as_slice()]).result.is_ok())
        .collect();
    while dump.len() < 1 << 20 {
        for case in &cases {
            // A dump ends what it opens, and the trailer would end this one.
            let text = String::from_utf8_lossy(&case.dump).replace("PostgreSQL database dump", "database dump");
            // Messages in other languages pass only in a dump with a trailer.
            let is_alone = text.contains("\\connect")
                || text.contains("pg_dump: Warnung")
                // All lines end in CRLF, or none.
                || case.name.starts_with("crlf");
            if !text.contains('\u{fffd}') && !is_alone && !case.dump.starts_with(b"\xef\xbb\xbf") {
                dump.extend_from_slice(text.as_bytes());
                dump.extend_from_slice(b"\nSET client_encoding = 'UTF8';\nSET standard_conforming_strings = on;\nSET search_path = public;\n");
            }
        }
    }
    dump
}

fn plan(style: Style) -> Plan {
    let no_key = NoKey::Insert;
    Options::new().with_style(style).with_no_key(no_key).build().unwrap()
}

#[test]
fn long_dumps_at_random_cuts() {
    let mut random = Random::seeded();
    for style in [Style::Rows, Style::Staged] {
        let dump = long_dump(style);
        let whole = run(&plan(style), [dump.as_slice()]);
        let report = whole.result.as_ref().expect("a good dump");
        assert!(report.rows_kept() > 1000, "{report:?}");
        for most in [64, 4096, 64 << 10, 300 << 10] {
            let chunks = cut(&dump, || random.chunk(most));
            assert_same(
                "long dump",
                &format!("chunks up to {most}"),
                &run(&plan(style), chunks),
                &whole,
            );
        }
    }
}

/// What a value of a long row is made of: everything that has to be treated with care, in pieces of odd lengths.
fn nasty(random: &mut Random, length: usize, pieces: &[&str]) -> String {
    let mut text = String::new();
    while text.len() < length {
        text.push_str(pieces[random.below(pieces.len())]);
        if random.below(8) == 0 {
            text.extend(std::iter::repeat_n('x', random.below(200)));
        }
    }
    text
}

const TEXTS: [&str; 14] = [
    "'",
    "''",
    "\\",
    "\\\\",
    "\n",
    "\t",
    "\r",
    "é",
    "\\N",
    "\\.",
    "), (",
    "'); DROP",
    "\u{1}",
    "\u{8}\u{b}\u{c}",
];

fn literal(text: &str, scs: bool) -> String {
    let text = text.replace('\'', "''");
    format!("'{}'", if scs { text } else { text.replace('\\', "\\\\") })
}

fn copy_field(text: &str) -> String {
    text.chars()
        .map(|char| match char {
            '\\' => "\\\\".to_owned(),
            '\u{8}' => "\\b".to_owned(),
            '\t' => "\\t".to_owned(),
            '\n' => "\\n".to_owned(),
            '\u{b}' => "\\v".to_owned(),
            '\u{c}' => "\\f".to_owned(),
            '\r' => "\\r".to_owned(),
            other => other.to_string(),
        })
        .collect()
}

/// The rows of a script, without the texts around them.
fn body(script: &[u8]) -> &[u8] {
    let find = |text: &str| memchr::memmem::find(script, text.as_bytes());
    let begin = find("CALL pg_temp.dumpsert_begin(").expect("the opening is there");
    let begin = begin + script[begin..].iter().position(|&byte| byte == b'\n').unwrap() + 1;
    let end = find(&cases::fixed("epilogue.sql")).expect("the script is whole");
    &script[begin..end]
}

/// The rows of a script in style staged, which has this table of these columns; those that have passed in pieces go into
/// the stage through a view, and say in one value more that they were not refused.
fn staged_rows(body: &[u8], columns: &[&str]) -> String {
    let array = format!("ARRAY['{}']::pg_catalog.text[]", columns.join("', '"));
    let fixed = [
        format!("CALL pg_temp.dumpsert_stage(1, 'public', 't', {array});"),
        format!("CALL pg_temp.dumpsert_long(1, 1, {array});"),
        "\\set SHOW_CONTEXT errors".to_owned(),
        "\\set SHOW_CONTEXT never".to_owned(),
        "DROP FUNCTION pg_temp.dumpsert_long_row() CASCADE;".to_owned(),
    ];
    let body = String::from_utf8(body.to_vec()).unwrap();
    let body = body.replacen(&cases::fixed("long_rows.sql"), "", 1);
    let stage = format!(
        "COPY pg_temp.\"stage 1: public.t\" (\"{}\") FROM stdin;",
        columns.join("\", \"")
    );
    let (mut rows, mut end) = (String::new(), None);
    for line in body.split_terminator('\n') {
        end = match end {
            None if line == stage => Some(""),
            None if line == "COPY pg_temp.dumpsert_long_1 FROM stdin;" => Some("\t\\N"),
            None => {
                assert!(fixed.iter().any(|known| known == line), "{line}");
                None
            }
            Some(_) if line == "\\." => None,
            Some(end) => {
                rows.push_str(line.strip_suffix(end).unwrap());
                rows.push('\n');
                Some(end)
            }
        };
    }
    rows
}

/// Every way a long row can go in and out, against an expectation that is computed from the values.
#[test]
fn long_rows() {
    let mut random = Random::seeded();
    for length in [(1 << 20) - 3000, (1 << 20) + 17] {
        let text = nasty(&mut random, length, &TEXTS);
        let bits = nasty(&mut random, length, &["0", "1", "0110"]).replace('x', "1");
        for scs in [true, false] {
            for copy_in in [true, false] {
                let mut dump = String::new();
                if !scs {
                    dump.push_str("SET standard_conforming_strings = off;\n");
                }
                let (one, long) = (literal("one", scs), literal(&text, scs));
                if copy_in {
                    let long = copy_field(&text);
                    dump.push_str(&format!("COPY public.t (id, a, b, c, d) FROM stdin;\n1\tone\t{long}\t\\N\t{bits}\n2\t\\N\t\\N\t\t1\n3\t{long}\t\t\\N\t\\N\n\\.\n"));
                } else {
                    let head = "INSERT INTO public.t (id, a, b, c, d) VALUES ";
                    dump.push_str(&format!("{head}(1, {one}, {long}, NULL, B'{bits}');\n{head}(2, NULL, NULL, '', B'1');\n{head}(3, {long}, '', NULL, NULL);\n"));
                }
                let good = literal(&text, true);
                for style in [Style::Rows, Style::Staged] {
                    let expected = match (style, copy_in) {
                        (Style::Staged, _) => {
                            let long = copy_field(&text);
                            format!("1\tone\t{long}\t\\N\t{bits}\n2\t\\N\t\\N\t\t1\n3\t{long}\t\t\\N\t\\N\n")
                        }
                        (_, copied) => {
                            let before = "INSERT INTO \"public\".\"t\" AS _t (\"id\", \"a\", \"b\", \"c\", \"d\") OVERRIDING SYSTEM VALUE VALUES (";
                            let after = ") ON CONFLICT(\"id\") DO UPDATE SET \"a\" = EXCLUDED.\"a\", \"b\" = EXCLUDED.\"b\", \"c\" = EXCLUDED.\"c\", \"d\" = EXCLUDED.\"d\";\n";
                            let rows = if copied {
                                [
                                    format!("'1', 'one', {good}, NULL, '{bits}'"),
                                    "'2', NULL, NULL, '', '1'".to_owned(),
                                    format!("'3', {good}, '', NULL, NULL"),
                                ]
                            } else {
                                [
                                    format!("1, 'one', {good}, NULL, B'{bits}'"),
                                    "2, NULL, NULL, '', B'1'".to_owned(),
                                    format!("3, {good}, '', NULL, NULL"),
                                ]
                            };
                            let rows: String = rows.iter().map(|row| format!("{before}{row}{after}")).collect();
                            format!(
                                "CALL pg_temp.dumpsert_table('public', 't', ARRAY['id', 'a', 'b', 'c', 'd']::pg_catalog.text[]);\nCALL pg_temp.dumpsert_writable('public', 't', ARRAY['id', 'a', 'b', 'c', 'd']::pg_catalog.text[], ARRAY['a', 'b', 'c', 'd']::pg_catalog.text[]);\n{rows}"
                            )
                        }
                    };
                    for most in [usize::MAX, 128 << 10] {
                        let chunks = if most == usize::MAX {
                            vec![dump.as_bytes()]
                        } else {
                            cut(dump.as_bytes(), || random.chunk(most))
                        };
                        let outcome = run(&plan(style), chunks);
                        let name = format!("{length} bytes, scs {scs}, copy {copy_in}, {style:?}, chunks up to {most}");
                        assert_eq!(outcome.result.as_ref().expect(&name).rows_kept(), 3, "{name}");
                        let staged;
                        let mut found = body(&outcome.script);
                        if style == Style::Staged {
                            staged = staged_rows(found, &["id", "a", "b", "c", "d"]);
                            found = staged.as_bytes();
                        }
                        if found != expected.as_bytes() {
                            let at = found
                                .iter()
                                .zip(expected.as_bytes())
                                .take_while(|(a, b)| a == b)
                                .count();
                            let window = |text: &[u8]| {
                                String::from_utf8_lossy(&text[at.saturating_sub(60)..text.len().min(at + 60)])
                                    .into_owned()
                            };
                            panic!(
                                "{name}: at {at}: {:?} instead of {:?}",
                                window(found),
                                window(expected.as_bytes())
                            );
                        }
                    }
                }
            }
        }
    }
}

/// Escapes that only people write, in a row that is read in pieces.
#[test]
fn long_rows_with_escapes_by_hand() {
    let mut random = Random::seeded();
    let mut field = String::new();
    let mut value = String::new();
    while field.len() < 2 << 20 {
        let (escape, meaning) = [
            ("\\101", "A"),
            ("\\x41", "A"),
            ("\\q", "q"),
            ("\\\n", "\n"),
            ("\\\t", "\t"),
            ("\\134N", "\\N"),
            ("\\7", "\u{7}"),
            ("\\x4g", "\u{4}g"),
            ("x\\N", "xN"),
        ][random.below(9)];
        field.push_str(escape);
        value.push_str(meaning);
        // A digit behind a short octal escape would belong to it.
        field.push('-');
        value.push('-');
    }
    let dump = format!("COPY public.t (id, v) FROM stdin;\n1\t{field}\n2\t\\N\n\\.\n");
    for most in [1 << 22, 256 << 10, 999] {
        let outcome = run(&plan(Style::Staged), cut(dump.as_bytes(), || random.chunk(most)));
        assert_eq!(outcome.result.as_ref().unwrap().rows_kept(), 2);
        let expected = format!("1\t{}\n2\t\\N\n", copy_field(&value));
        let found = staged_rows(body(&outcome.script), &["id", "v"]);
        assert!(found == expected, "chunks up to {most}");
    }
}

/// What goes wrong inside of a long row is found there, and the script fails.
#[test]
fn errors_in_long_rows() {
    let mut random = Random::seeded();
    let long = "x".repeat((1 << 20) + 5000);
    let insert = "INSERT INTO public.t (id, v) VALUES (1, ";
    let copy = "COPY public.t (id, v) FROM stdin;\n1\t";
    for (dump, kind, at_end) in [
        (format!("{insert}'{long}' || 'b');"), "unexpected_token", "|| 'b');"),
        (format!("{insert}'{long}', now());"), "unexpected_token", "now());"),
        (format!("{insert}'{long}"), "truncated", ""),
        (
            format!("{insert}B'{}2');", "1".repeat(2 << 20)),
            "invalid_literal",
            "2');",
        ),
        (
            format!("SET standard_conforming_strings = off;\n{insert}'{long}\\n');"),
            "invalid_literal",
            "\\n');",
        ),
        (format!("{insert}'{long}\0');"), "nul_byte", "\0');"),
        (format!("{copy}{long}\\.\n"), "invalid_copy_data", "\\.\n"),
        (format!("{copy}{long}\r\n\\.\n"), "invalid_copy_data", "\r\n\\.\n"),
        (format!("{copy}{long}\\000\n\\.\n"), "nul_byte", "\\000\n\\.\n"),
        (format!("{copy}{long}"), "truncated", ""),
        (format!("{insert}{});", "1".repeat(2 << 20)), "too_large", ""),
    ] {
        let mut outcomes = Vec::new();
        for most in [4 << 20, 64 << 10, 5000] {
            for style in [Style::Rows, Style::Staged] {
                let outcome = run(&plan(style), cut(dump.as_bytes(), || random.chunk(most)));
                let fault = outcome.result.expect_err(kind);
                assert_eq!(fault.facts["kind"], kind, "{}", fault.text);
                if kind != "too_large" {
                    assert_eq!(fault.facts["byte"], dump.len() - at_end.len(), "{}", fault.text);
                }
                assert_eq!(
                    (&fault.facts["table"], &fault.facts["row"]),
                    (&"public.t".into(), &1.into()),
                    "{}",
                    fault.text
                );
                let script = String::from_utf8(outcome.script).unwrap();
                assert!(script.contains(ABORT), "{}", fault.text);
                assert!(!script.contains("\nCOMMIT;"), "{}", fault.text);
                outcomes.push((fault.text, style, script));
            }
        }
        for pair in outcomes.chunks(2).collect::<Vec<_>>().windows(2) {
            assert_eq!(pair[0][0].0, pair[1][0].0);
        }
    }
    // Rows of a wrong number of values: the position is that of the first value too many, or where the row ends.
    let outcome = run(&plan(Style::Rows), [format!("{insert}'{long}', 3);").as_bytes()]);
    assert_eq!(outcome.result.unwrap_err().facts["kind"], "column_count");
}

/// Sizes at which the reader changes its way of reading: a statement is called the same however it was cut.
#[test]
fn long_statements() {
    let long = "x".repeat((1 << 20) + 100);
    let row = "INSERT INTO public.t (id) VALUES (1);\n";
    for (dump, name) in [
        (
            format!("CREATE FUNCTION public.f() AS $$ {long} $$;\n{row}"),
            "function",
        ),
        (format!("COMMENT ON TABLE public.t IS '{long}';\n{row}"), "comment"),
        (
            format!("CREATE TABLE public.t (id integer DEFAULT '{long}');\n{row}"),
            "table",
        ),
        (format!("-- {long}\n{row}"), "line comment"),
        (format!("/* {long} */\n{row}"), "block comment"),
        (format!("UPDATE t SET a = '{long}';\n"), "update"),
        (format!("INSERT INTO public.\"{long}\" (id) VALUES (1);\n"), "head"),
        (
            format!(
                "CREATE TABLE public.t (id integer DEFAULT '{}');\n{row}",
                "x".repeat(17 << 20)
            ),
            "very long table",
        ),
    ] {
        let whole = run(&plan(Style::Rows), [dump.as_bytes()]);
        for size in [256 << 10, 3 << 20] {
            let chunks = cut(dump.as_bytes(), || size);
            assert_same(
                name,
                &format!("in chunks of {size}"),
                &run(&plan(Style::Rows), chunks),
                &whole,
            );
        }
    }
}
