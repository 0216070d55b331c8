//! Dumps that came through shells of Windows: CRLF for every line feed, and UTF-16.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test"
)]

mod cases;

use cases::{Case, Outcome, run};
use dumpsert::{Crlf, NoKey, Options, Plan, Prescan};

/// As a program does that takes its input for text.
fn with_crlf(dump: &[u8]) -> Vec<u8> {
    let mut changed = Vec::with_capacity(dump.len() + dump.len() / 32);
    for &byte in dump {
        if byte == b'\n' {
            changed.push(b'\r');
        }
        changed.push(byte);
    }
    changed
}

fn utf16(text: &str, is_big_endian: bool) -> Vec<u8> {
    let text = ["\u{feff}", text].concat();
    let units = text.encode_utf16().map(|unit| match is_big_endian {
        true => unit.to_be_bytes(),
        false => unit.to_le_bytes(),
    });
    units.flatten().collect()
}

fn plan(case: &Case, crlf: Crlf) -> Option<Plan> {
    case.options().ok()?.with_crlf(crlf).build().ok()
}

/// The plan with what is learned of the dump.
fn learned(mut plan: Plan, dump: &[u8]) -> Option<Plan> {
    while plan.needs_prescan() {
        let mut prescan = Prescan::new(&plan).unwrap();
        prescan.write(dump).ok()?;
        plan = prescan.finish().ok()?;
    }
    Some(plan)
}

fn outcome(case: &Case, crlf: Crlf, dump: &[u8]) -> Option<Outcome> {
    Some(run(&learned(plan(case, crlf)?, dump)?, [dump]))
}

/// Cases that are accepted, and begin with a line that ends in a line feed.
fn accepted() -> impl Iterator<Item = (Case, Outcome)> {
    Case::all().into_iter().filter_map(|case| {
        let plain = outcome(&case, Crlf::Refuse, &case.dump)?;
        let is_known = !case.name.starts_with("crlf")
            && !case.name.starts_with("utf16")
            // A line feed behind a backslash, which is a value, gets a carriage return that is refused.
            && !case.name.starts_with("copy-escapes-by-hand");
        (plain.result.is_ok() && is_known).then_some((case, plain))
    })
}

/// Behind a first line, so that it is known how lines end.
fn behind_a_line(dump: &[u8]) -> Vec<u8> {
    match dump.strip_prefix(b"\xef\xbb\xbf") {
        Some(rest) => [b"\xef\xbb\xbf-- A line\n", rest].concat(),
        None => [b"-- A line\n", dump].concat(),
    }
}

#[test]
fn every_case_with_crlf_is_the_same_script() {
    let (mut same, mut refused) = (0, 0);
    for (case, plain) in accepted() {
        let dump = with_crlf(&behind_a_line(&case.dump));
        let stripped = outcome(&case, Crlf::Strip, &dump).expect(&case.name);
        assert!(stripped.result.is_ok(), "{}: {:?}", case.name, stripped.result);
        assert!(stripped.script == plain.script, "{}: another script", case.name);
        let Some(kept) = outcome(&case, Crlf::Refuse, &dump) else {
            refused += 1;
            continue;
        };
        match &kept.result {
            Ok(_) => {
                assert!(kept.script == plain.script, "{}: another script", case.name);
                same += 1;
            }
            Err(fault) => {
                assert_eq!(fault.facts["kind"], "invalid_literal", "{}: {fault:?}", case.name);
                let byte = usize::try_from(fault.facts["byte"].as_u64().unwrap()).unwrap();
                assert!(dump[byte..].starts_with(b"\r\n"), "{}: {byte}", case.name);
                refused += 1;
            }
        }
    }
    assert!(same > 100 && refused > 2, "{same} are the same, {refused} refused");
}

#[test]
fn every_case_with_crlf_at_every_line_end() {
    for (case, _) in accepted() {
        let dump = with_crlf(&behind_a_line(&case.dump));
        if dump.len() > 4096 {
            continue;
        }
        for crlf in [Crlf::Refuse, Crlf::Strip] {
            let Some(plan) = plan(&case, crlf).and_then(|plan| learned(plan, &dump)) else {
                continue;
            };
            // The first bytes are looked at as a whole.
            let dump = [b"-- ", [b'x'; 512].as_slice(), b"\r\n", &dump].concat();
            let whole = run(&plan, [dump.as_slice()]);
            let is_cut = |at: &usize| dump[at - 1] == b'\r' || dump[*at] == b'\r' || at.is_multiple_of(16);
            for at in (500..dump.len()).filter(is_cut) {
                let (first, second) = dump.split_at(at);
                assert!(run(&plan, [first, second]) == whole, "{} cut at {at}", case.name);
            }
            assert!(run(&plan, dump.chunks(1)) == whole, "{} byte by byte", case.name);
        }
    }
}

#[test]
fn every_case_in_utf16_is_the_same_script() {
    let mut compared = 0;
    for (case, plain) in accepted() {
        let Ok(text) = std::str::from_utf8(&case.dump) else {
            continue;
        };
        let is_utf8 = !text.contains("client_encoding = '") || text.contains("client_encoding = 'UTF8'");
        let has_others = ["LATIN1", "EUC_JP", "SQL_ASCII", "WIN125"]
            .iter()
            .any(|name| text.contains(name));
        if !is_utf8 || has_others {
            continue;
        }
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        for is_big_endian in [false, true] {
            let dump = utf16(text, is_big_endian);
            let Some(plan) = plan(&case, Crlf::Refuse).and_then(|plan| learned(plan, &dump)) else {
                panic!("{}", case.name);
            };
            let whole = run(&plan, [dump.as_slice()]);
            assert!(whole.result.is_ok(), "{}: {:?}", case.name, whole.result);
            assert!(whole.script == plain.script, "{}: another script", case.name);
            assert!(run(&plan, dump.chunks(7)) == whole, "{} in pieces", case.name);
        }
        compared += 1;
    }
    assert!(compared > 100, "{compared} are compared");
}

/// Rows of more than 1 MiB pass in pieces.
#[test]
fn long_rows_with_crlf() {
    let text = "some text\r\n".repeat(130_000);
    let strip = |text: &str| text.replace("\r\n", "\n");
    let insert = format!("-- Windows\r\nINSERT INTO public.t (id, v, w) VALUES (1, '{text}', 'a\r\nb');\r\n");
    let copy = format!(
        "-- Windows\r\nCOPY public.t (id, v, w) FROM stdin;\r\n1\t{}\tb\\\\\r\n\\.\r\n",
        text.replace("\r\n", "\\n")
    );
    let build = |crlf| {
        Options::new()
            .with_no_key(NoKey::Insert)
            .with_crlf(crlf)
            .build()
            .unwrap()
    };
    for dump in [&insert, &copy] {
        let expected = run(&build(Crlf::Refuse), [strip(dump).as_bytes()]);
        assert!(expected.result.is_ok());
        for size in [dump.len(), 65_537, 4096, 997] {
            let outcome = run(&build(Crlf::Strip), dump.as_bytes().chunks(size));
            assert!(outcome.result.is_ok(), "{:?}", outcome.result);
            assert!(outcome.script == expected.script, "another script in chunks of {size}");
        }
    }
    for size in [insert.len(), 65_537, 997] {
        let outcome = run(&build(Crlf::Refuse), insert.as_bytes().chunks(size));
        let facts = outcome.result.unwrap_err().facts;
        let at = insert.find("text\r\n").unwrap() + 4;
        assert_eq!(
            (&facts["kind"], &facts["byte"]),
            (&"invalid_literal".into(), &at.into())
        );
    }
}
