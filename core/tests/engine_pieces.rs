//! A short dump can become a long script: where a head is long and its rows are short, every row brings the head again. It
//! is handed on in pieces, and a run can be stopped between two of them, within one statement too.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test")]

use std::io::{self, Read, Write};

use dumpsert::{
    Client, ErrorKind, NoKey, Options, Plan, Report, Rewriter, Script, StatementQueue, Style, convert_with, inspect,
    statements,
};

/// A piece may be longer than this by a row.
const PIECE_BYTES: usize = 256 * 1024;

fn names(count: usize) -> String {
    let names = (0..count).map(|at| format!("\"{at:03}{}\"", "n".repeat(60)));
    names.collect::<Vec<_>>().join(", ")
}

/// Dumps of which each makes some MB of script, and how long the script of a row is at the most.
fn dumps() -> Vec<(&'static str, String, usize)> {
    let values = vec!["1"; 200].join(", ");
    let line = vec!["1"; 200].join("\t");
    let rows = format!(", ({values})").repeat(120);
    let columns = names(200);
    let row = 70 * 200 * 4;
    let inserts = format!("INSERT INTO public.t ({columns}) VALUES ({values});\n").repeat(80);
    vec![
        (
            "one INSERT",
            format!("INSERT INTO public.t ({columns}) VALUES ({values}){rows};\n"),
            row,
        ),
        ("INSERTs", inserts, row),
        (
            "COPY",
            format!(
                "COPY public.t ({columns}) FROM stdin;\n{}\\.\n",
                format!("{line}\n").repeat(120)
            ),
            row,
        ),
        (
            "COPY with escapes",
            format!(
                "COPY public.t ({columns}) FROM stdin;\n{}\\.\n",
                format!("{line}\\101\n").repeat(120)
            ),
            row,
        ),
        (
            "COPY of one column",
            format!(
                "COPY public.t (\"{}\") FROM stdin;\n{}\\.\n",
                "n".repeat(63),
                "1\n".repeat(20_000)
            ),
            1000,
        ),
        (
            "no columns",
            "INSERT INTO public.t DEFAULT VALUES;\n".repeat(40_000),
            1000,
        ),
    ]
}

fn plan(style: Style, client: Client) -> Option<Plan> {
    let is_possible = style != Style::Staged || client == Client::Psql;
    let options = Options::new().with_style(style).with_client(client);
    let options = match style {
        Style::Staged => options,
        _ => options.with_no_key(NoKey::Insert),
    };
    is_possible.then(|| options.build().unwrap())
}

fn plans() -> impl Iterator<Item = Plan> {
    let styles = [Style::Rows, Style::Batches, Style::Staged];
    let both = styles
        .into_iter()
        .flat_map(|style| [(style, Client::Psql), (style, Client::Driver)]);
    both.filter_map(|(style, client)| plan(style, client))
}

fn whole(plan: &Plan, dump: &[u8]) -> (Vec<u8>, Report) {
    let (mut rewriter, mut out) = (Rewriter::new(plan), Vec::new());
    rewriter.write(dump, &mut out).unwrap();
    let report = rewriter.finish(&mut out).unwrap();
    (out, report)
}

/// Feeds chunks of a size, and takes every piece away.
fn in_pieces(plan: &Plan, dump: &[u8], chunk: usize, most: usize) -> (Vec<u8>, Report) {
    let (mut rewriter, mut script, mut piece) = (Rewriter::new(plan), Vec::new(), Vec::new());
    for mut rest in dump.chunks(chunk) {
        while !rest.is_empty() {
            let read = rewriter.write_some(rest, &mut piece).unwrap();
            assert!(read > 0 || !piece.is_empty(), "no progress");
            assert!(piece.len() <= most, "{} bytes at once", piece.len());
            rest = &rest[read..];
            script.append(&mut piece);
        }
    }
    let report = rewriter.finish(&mut piece).unwrap();
    script.append(&mut piece);
    (script, report)
}

#[test]
fn pieces_are_short_and_make_the_same_script() {
    // The fixed texts of style staged come with the first row.
    let frame = 80 * 1024;
    for (name, dump, row) in dumps() {
        for plan in plans() {
            let (expected, report) = whole(&plan, dump.as_bytes());
            if plan.style() == Style::Rows {
                assert!(expected.len() > 4 * PIECE_BYTES, "{name}: too short to tell");
            }
            for chunk in [1, 1000, 300_000, dump.len()] {
                if chunk == 1 && dump.len() > 300_000 {
                    continue;
                }
                let (script, same) = in_pieces(&plan, dump.as_bytes(), chunk, PIECE_BYTES + row + frame);
                assert!(script == expected, "{name}, {:?}, chunks of {chunk}", plan.style());
                assert_eq!(same, report, "{name}, {:?}, chunks of {chunk}", plan.style());
            }
        }
    }
}

/// What was not taken away does not count.
#[test]
fn a_buffer_may_hold_something() {
    let plan = plan(Style::Rows, Client::Psql).unwrap();
    let (_, dump, row) = dumps().remove(0);
    let (mut rewriter, mut out) = (Rewriter::new(&plan), vec![b'x'; 3 * PIECE_BYTES]);
    let before = out.len();
    let read = rewriter.write_some(dump.as_bytes(), &mut out).unwrap();
    assert!(0 < read && read < dump.len());
    assert!(out.len() > before + PIECE_BYTES && out.len() < before + 2 * PIECE_BYTES + row);
}

/// Counts what is written at once.
struct Sink(usize);

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 = self.0.max(bytes.len());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn every_loop_hands_on_pieces() {
    let plan_for = |client| plan(Style::Rows, client).unwrap();
    for (name, dump, row) in dumps() {
        let most = PIECE_BYTES + row + 80 * 1024;
        let mut sink = Sink(0);
        let mut calls = 0;
        convert_with(dump.as_bytes(), &mut sink, &plan_for(Client::Psql), |_| calls += 1).unwrap();
        assert!(sink.0 <= most, "{name}: {} bytes at once", sink.0);
        assert!(calls > 4, "{name}");
        let mut script = Script::new(dump.as_bytes(), &plan_for(Client::Psql)).unwrap();
        let mut out = Vec::new();
        while script.read(&mut out).unwrap().is_none() {
            assert!(out.len() <= most, "{name}: {} bytes at once", out.len());
            out.clear();
        }
        let mut count = 0;
        let mut told = 0;
        let mut all = statements(dump.as_bytes(), &plan_for(Client::Driver)).unwrap();
        while let Some(statement) = all.next_with(|_| {
            told += 1;
            Ok(())
        }) {
            statement.unwrap();
            count += 1;
        }
        assert!(count > 50 && told > 4, "{name}");
        inspect(dump.as_bytes(), &plan_for(Client::Psql)).unwrap();
    }
}

/// A reader that gives a whole dump at once, and says how often it was asked.
struct AtOnce<'a>(&'a [u8], usize);

impl Read for AtOnce<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        self.1 += 1;
        self.0.read(out)
    }
}

#[test]
fn a_run_ends_within_a_statement() {
    let plan = plan(Style::Rows, Client::Psql).unwrap();
    for (name, dump, _) in dumps() {
        let mut calls = 0;
        let script = Script::new(AtOnce(dump.as_bytes(), 0), &plan).unwrap();
        let mut out = Vec::new();
        let stopped = script.write_to(&mut out, |_| {
            calls += 1;
            if calls == 2 {
                Err(io::Error::other("enough"))
            } else {
                Ok(())
            }
        });
        let error = stopped.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Write, "{name}");
        let at = error.position().unwrap().byte as usize;
        assert!(0 < at && at < dump.len(), "{name}: at {at} of {}", dump.len());
        let end = String::from_utf8_lossy(&out[out.len() - 300..]).into_owned();
        assert!(end.contains("RAISE EXCEPTION"), "{name}: {end}");
    }
}

#[test]
fn a_queue_of_statements_takes_pieces() {
    let plan = plan(Style::Batches, Client::Driver).unwrap();
    for (name, dump, _) in dumps() {
        let (expected, _) = whole(&plan, dump.as_bytes());
        let mut queue = StatementQueue::new();
        queue.buffer().extend_from_slice(&expected);
        let all: Vec<String> = std::iter::from_fn(|| queue.pop()).map(Result::unwrap).collect();
        let (mut rewriter, mut queue, mut popped) = (Rewriter::new(&plan), StatementQueue::new(), Vec::new());
        let mut rest = dump.as_bytes();
        while !rest.is_empty() {
            rest = &rest[rewriter.write_some(rest, queue.buffer()).unwrap()..];
            popped.extend(std::iter::from_fn(|| queue.pop()).map(Result::unwrap));
        }
        rewriter.finish(queue.buffer()).unwrap();
        popped.extend(std::iter::from_fn(|| queue.pop()).map(Result::unwrap));
        assert_eq!(popped, all, "{name}");
    }
}
