//! Whatever comes in: a script that ends well holds upserts and moves of sequences, and nothing else; and so does what was
//! written of a script before an error, which psql has run by then.

use std::sync::LazyLock;

use dumpsert::{Client, Plan, Rewriter, StatementQueue};

use crate::choices;
use crate::scanner::{ABORT, Scanner};
use crate::source::Source;

pub(crate) static EPILOGUE: LazyLock<String> =
    LazyLock::new(|| fixed(include_str!("../../core/src/rewrite/sql/epilogue.sql")));

/// A fixed text as scripts have it: without comments and indentation.
pub(crate) fn fixed(text: &str) -> String {
    let lines = text.lines().map(str::trim_start);
    let lines = lines.filter(|line| !line.is_empty() && !line.starts_with("--"));
    lines.map(|line| format!("{line}\n")).collect()
}

/// A script holds upserts and moves of sequences, nothing else. The first two bytes choose the options.
pub fn output_is_allowed(input: &[u8]) {
    let mut source = Source(input);
    let plan = choices::plan(&mut source);
    check(&plan, source.0, true);
}

/// Converts a dump and looks at the script; `ids_are_keys` where every table with a column `id` has a key.
pub(crate) fn check(plan: &Plan, dump: &[u8], ids_are_keys: bool) {
    let (script, is_done) = run(plan, dump);
    let frame = Frame {
        ids_are_keys,
        ..Frame::of(plan)
    };
    let statements = frame.scan(&script, is_done);
    if plan.client() == Client::Driver
        && is_done
        && let Some(popped) = popped(&script)
    {
        // A driver is given what the scanner has seen.
        let in_frame = popped_of_nothing(plan);
        assert_eq!(popped, in_frame + statements);
    }
}

pub(crate) fn run(plan: &Plan, dump: &[u8]) -> (Vec<u8>, bool) {
    let mut rewriter = Rewriter::new(plan);
    let mut script = Vec::new();
    let result = rewriter
        .write(dump, &mut script)
        .and_then(|()| rewriter.finish(&mut script));
    (script, result.is_ok())
}

/// The script for a dump that holds nothing.
fn of_nothing(plan: &Plan) -> String {
    let (script, is_done) = run(plan, b"\n");
    assert!(is_done);
    String::from_utf8(script).unwrap()
}

/// How many statements a driver is given; none if one is not UTF-8, which is an error there.
fn popped(script: &[u8]) -> Option<usize> {
    let mut queue = StatementQueue::new();
    queue.buffer().extend_from_slice(script);
    let mut count = 0;
    while let Some(statement) = queue.pop() {
        let statement = statement.ok()?;
        assert!(!statement.starts_with('\\'), "{statement}");
        count += 1;
    }
    Some(count)
}

fn popped_of_nothing(plan: &Plan) -> usize {
    popped(of_nothing(plan).as_bytes()).unwrap()
}

/// What is the same in every script of a plan, but for the encoding.
struct Frame {
    is_psql: bool,
    ids_are_keys: bool,
    /// What stands before everything, also in a script that fails before it has begun.
    first: String,
    before_encoding: String,
    behind_encoding: String,
    end: String,
}

impl Frame {
    fn of(plan: &Plan) -> Self {
        let is_psql = plan.client() == Client::Psql;
        let script = of_nothing(plan);
        let (opening, _) = script.split_once("CALL pg_temp.dumpsert_begin(").expect("an opening");
        let (first, opening) = opening.split_at(opening.find("-- dumpsert ").unwrap());
        let (before, behind) = match opening.split_once("SET LOCAL client_encoding = 'UTF8';\n") {
            Some(parts) if is_psql => parts,
            None if !is_psql => (opening, ""),
            _ => panic!("an encoding for psql, and for nobody else"),
        };
        let end = match is_psql {
            true => format!("{}COMMIT;\n\\echo :dumpsert_result\n\\endif\n", *EPILOGUE),
            false => {
                let lines = EPILOGUE.split_inclusive('\n');
                lines.filter(|line| !line.starts_with('\\')).collect()
            }
        };
        Self {
            is_psql,
            ids_are_keys: true,
            first: first.to_owned(),
            before_encoding: before.to_owned(),
            behind_encoding: behind.to_owned(),
            end,
        }
    }

    /// Returns the number of statements between the opening and the end.
    fn scan(&self, script: &[u8], is_done: bool) -> usize {
        let mut scanner = Scanner(script, self.ids_are_keys);
        scanner.expect(&self.first);
        if !is_done && scanner.0.starts_with(ABORT.as_bytes()) {
            scanner.abort();
            return 0;
        }
        scanner.expect(&self.before_encoding);
        if self.is_psql {
            scanner.encoding();
        }
        scanner.expect(&self.behind_encoding);
        scanner.expect("CALL pg_temp.dumpsert_begin(");
        scanner.quoted(b'\'');
        scanner.expect(");\n");
        let mut statements = 0;
        loop {
            if is_done && scanner.0.starts_with(self.end.as_bytes()) {
                assert_eq!(scanner.0, self.end.as_bytes());
                return statements;
            }
            if !is_done && scanner.0.starts_with(ABORT.as_bytes()) {
                scanner.abort();
                return statements;
            }
            scanner.statement(self.is_psql);
            statements += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::panic::catch_unwind;

    use super::*;

    /// The default options in each style, and `rows` for a driver.
    const CHOICES: [[u8; 2]; 4] = [[0, 0], [1, 0], [2, 0], [63, 0]];
    const ROW: &str = "INSERT INTO public.t (id, v) VALUES (1, 'one');\n";

    /// What nobody may write is seen wherever it stands, in a script that ends well and before an error.
    #[test]
    fn other_statements_are_seen() {
        for choice in CHOICES {
            let plan = choices::plan(&mut Source(&choice));
            let frame = Frame::of(&plan);
            for dump in [ROW.to_owned(), format!("{ROW}DROP TABLE public.t;\n")] {
                let (script, is_done) = run(&plan, dump.as_bytes());
                let seen = frame.scan(&script, is_done);
                let script = String::from_utf8(script).unwrap();
                let begin = script.find("CALL pg_temp.dumpsert_begin(").unwrap();
                let first = begin + script[begin..].find('\n').unwrap() + 1;
                let last = script.rfind("\nDO $dumpsert$").unwrap();
                // The table is announced, checked where the options ask for it, and its row written.
                let body = script[first..].lines().take_while(|line| {
                    !line.is_empty() && EPILOGUE.lines().next() != Some(*line) && !line.starts_with("DO ")
                });
                let written = body.filter(|line| {
                    ["CALL ", "INSERT ", "COPY ", "\\set "]
                        .iter()
                        .any(|word| line.starts_with(word))
                });
                let written = written.count();
                assert_eq!(seen, written, "{choice:?}\n{}", &script[first..last]);
                assert!(seen >= 2);
                for other in [
                    "DROP TABLE public.t;\n",
                    "\\! true\n",
                    "SELECT 1;\n",
                    "COMMIT;\n",
                    "INSERT INTO \"public\".\"t\" AS _t (\"id\", \"v\") VALUES (1, 'one');\n",
                    "INSERT INTO \"public\".\"t\" AS _t (\"id\", \"v\") VALUES ();\n",
                    "INSERT INTO \"public\".\"t\" AS _t (\"v\") VALUES (now());\n",
                ] {
                    let changed = [&script[..first], other, &script[first..]].concat();
                    let seen = catch_unwind(|| frame.scan(changed.as_bytes(), is_done));
                    assert!(seen.is_err(), "{choice:?}, {other} unnoticed");
                }
                let changed = [&script[..last], " ", &script[last..]].concat();
                assert!(catch_unwind(|| frame.scan(changed.as_bytes(), is_done)).is_err());
                let other_end = catch_unwind(|| frame.scan(script.as_bytes(), !is_done));
                assert!(other_end.is_err(), "{choice:?}: an end for another");
            }
        }
    }

    /// Rows of which a part is written before their end is known, and then something is wrong with them.
    #[test]
    fn broken_off_rows() {
        let long = "it''s; ".repeat((1 << 20) / 7 + 1000);
        for choice in CHOICES {
            for dump in [
                format!("INSERT INTO public.t (id, v) VALUES (1, '{long}"),
                format!("INSERT INTO public.t (id, v) VALUES (1, '{long}', now());\n"),
                format!("INSERT INTO public.t (v, id) VALUES ('{long}'"),
                format!("COPY public.t (id, v) FROM stdin;\n1\t{long}"),
                format!("COPY public.t (id, v) FROM stdin;\n1\t{long}\\.\n"),
                format!("INSERT INTO public.t (id, v) VALUES (1, '{long}');\nDROP TABLE public.t;\n"),
            ] {
                output_is_allowed(&[&choice[..], dump.as_bytes()].concat());
            }
        }
    }
}
