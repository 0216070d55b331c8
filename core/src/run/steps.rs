//! The staged merge as steps for a driver that can COPY: what psql would do with the script, by somebody else.

use std::fmt;
use std::io::{self, Read, Seek};

use memchr::memmem;

use crate::encoding;
use crate::error::{Error, ErrorKind, Result};
use crate::lex::split::Splitter;
use crate::lex::{slice, tail};
use crate::options::{Client, Style};
use crate::plan::Plan;
use crate::report::Report;
use crate::rewrite::LAST_CALL;
use crate::rewrite::rewriter::Progress;
use crate::run::script::Script;
use crate::run::statements::with_escape_strings;

/// What a program does next; see [`steps`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StagedStep {
    /// One statement, which returns nothing.
    Sql(String),
    /// A `COPY … FROM stdin`, for which data follow.
    CopyBegin(String),
    /// Some bytes for the COPY: they may end within a row or a character, and are in the encoding of the dump, which the
    /// statement has named.
    CopyData(Vec<u8>),
    /// The data of the COPY have ended.
    CopyEnd,
    /// All was written: a query for one row with one column, the result as JSON. After it the report is there.
    Query(String),
    /// The last statement, to be run only by who then sends `COMMIT`. It moves those sequences whose moves no `ROLLBACK`
    /// undoes, and lets the `COMMIT` succeed.
    Last(String),
}

/// The steps of a staged merge, in their order; see [`steps`].
pub struct Steps<R> {
    script: Script<R>,
    cutter: Cutter,
    report: Option<Report>,
    is_done: bool,
}

impl<R> fmt::Debug for Steps<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Steps")
            .field("is_done", &self.is_done)
            .finish_non_exhaustive()
    }
}

/// Converts a dump to the steps of a staged merge, for a plan with [`Style::Staged`] and [`Client::Driver`]: for programs that
/// have a driver with COPY, and no psql.
///
/// Do them in order, in one transaction of your own in which nothing was done yet, each statement by itself, without parameters
/// and unprepared. Behind [`Query`](StagedStep::Query) it is decided: [`Last`](StagedStep::Last) and `COMMIT`, or `ROLLBACK`. After an
/// error, of the steps or of the server, end the COPY that is open with an error and send `ROLLBACK`; a `COMMIT` before the last
/// step fails, and nothing is changed.
///
/// The transaction gets `READ COMMITTED`, `client_encoding = UTF8` and other settings that go with it; what the steps
/// make in the session is gone with it, too.
///
/// ```
/// use dumpsert::{Client, Options, StagedStep, Style, steps};
///
/// let plan = Options::new().with_style(Style::Staged).with_client(Client::Driver).build()?;
/// let dump = "INSERT INTO public.t (id, v) VALUES (1, 'one');\n";
/// let mut data = Vec::new();
/// for step in steps(dump.as_bytes(), &plan)? {
///     match step? {
///         StagedStep::CopyData(bytes) => data.extend(bytes),
///         _ => { /* here a program sends it */ }
///     }
/// }
/// assert_eq!(data, b"1\tone\n");
/// # Ok::<(), dumpsert::Error>(())
/// ```
///
/// # Errors
/// If the plan is not for that. What is wrong with the dump is an error of a step.
pub fn steps<R: Read>(reader: R, plan: &Plan) -> Result<Steps<R>> {
    check(plan)?;
    Ok(Steps::of(Script::for_steps(reader, plan)))
}

fn check(plan: &Plan) -> Result<()> {
    if plan.client() != Client::Driver || plan.style() != Style::Staged {
        let message = "steps need a plan with `style = staged` and `client = driver`";
        return Err(Error::new(ErrorKind::InvalidOption, message));
    }
    Ok(())
}

impl<R: Read> Steps<R> {
    fn of(script: Script<R>) -> Self {
        Self {
            script,
            cutter: Cutter::new(),
            report: None,
            is_done: false,
        }
    }

    /// As [`steps`], from what can be read again: a full dump of which rows are left out is not spooled then, unless it is
    /// compressed.
    ///
    /// # Errors
    /// As [`steps`].
    pub fn seekable(reader: R, plan: &Plan) -> Result<Self>
    where
        R: Seek,
    {
        check(plan)?;
        Ok(Self::of(Script::for_steps_seekable(reader, plan)))
    }

    /// The report, once all of the dump was read; from the [`Query`](StagedStep::Query) on it is there.
    pub fn report(&self) -> Option<&Report> {
        self.report.as_ref()
    }

    /// What the report says so far, for a run that has failed.
    pub fn report_so_far(&self) -> Report {
        self.script.report()
    }

    /// As [`next`](Iterator::next), and calls `progress` after every piece of the dump, of which there can be many before
    /// there is something to do; an error of that ends the run as a failure to read does.
    ///
    /// # Errors
    /// As [`next`](Iterator::next).
    pub fn next_with(
        &mut self,
        mut progress: impl FnMut(Progress<'_>) -> io::Result<()>,
    ) -> Option<Result<StagedStep>> {
        while !self.is_done {
            if let Some(step) = self.cutter.pop() {
                self.is_done = step.is_err();
                return Some(step);
            }
            if self.report.is_some() {
                self.is_done = true;
                break;
            }
            let read = self.script.read(self.cutter.buffer());
            let told = read.and_then(|report| {
                let told = progress(self.script.progress()).map(|()| report);
                told.map_err(|error| Error::read(error).or_position(|| self.script.position()))
            });
            match told {
                Ok(report) => self.report = report,
                Err(error) => {
                    self.is_done = true;
                    return Some(Err(error));
                }
            }
        }
        None
    }
}

impl<R: Read> Iterator for Steps<R> {
    type Item = Result<StagedStep>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_with(|_| Ok(()))
    }
}

/// What ends the data of a COPY, on a line of its own.
const END: &[u8] = b"\n\\.\n";
/// What stands behind the query for the result.
const ASKED: &[u8] = b"\n\\gset\n;";

/// Cuts the script into steps, of which it does what is psql's own.
struct Cutter {
    /// What was written and not returned yet, from `start` on.
    out: Vec<u8>,
    start: usize,
    /// The statement that begins at `start`, of which all up to `scanned` was looked at.
    splitter: Splitter,
    scanned: usize,
    /// What the statements are in.
    encoding: &'static str,
    is_copying: bool,
    /// Whether the line of the statement has ended, behind which the data are.
    has_data: bool,
    /// Whether the data that come next begin a line.
    begins_line: bool,
}

impl Cutter {
    fn new() -> Self {
        Self {
            out: Vec::new(),
            start: 0,
            splitter: Splitter::new(true),
            scanned: 0,
            encoding: "UTF8",
            is_copying: false,
            begins_line: false,
            has_data: false,
        }
    }

    /// Where the script is appended to.
    fn buffer(&mut self) -> &mut Vec<u8> {
        self.out.drain(..self.start);
        self.scanned -= self.start;
        self.start = 0;
        &mut self.out
    }

    /// The next step that is there.
    fn pop(&mut self) -> Option<Result<StagedStep>> {
        loop {
            if self.is_copying {
                return self.data().map(Ok);
            }
            if self.scanned == self.start {
                let rest = tail(&self.out, self.start);
                let blank = rest.len() - rest.trim_ascii_start().len();
                self.skip_to(self.start + blank);
                if tail(&self.out, self.start).first() == Some(&b'\\') {
                    match self.command()? {
                        Ok(()) => continue,
                        Err(error) => return Some(Err(error)),
                    }
                }
            }
            let Some(length) = self.splitter.scan(tail(&self.out, self.scanned)) else {
                self.scanned = self.out.len();
                return None;
            };
            let end = self.scanned + length;
            let step = self.statement(slice(&self.out, self.start, end).trim_ascii());
            self.skip_to(end);
            if let Ok(StagedStep::CopyBegin(_)) = &step {
                self.is_copying = true;
                self.has_data = false;
            }
            return Some(step);
        }
    }

    fn skip_to(&mut self, at: usize) {
        self.start = at.min(self.out.len());
        self.scanned = self.start;
        self.splitter = Splitter::new(true);
    }

    /// A line for psql. `None` where it has not come as a whole.
    fn command(&mut self) -> Option<Result<()>> {
        let rest = tail(&self.out, self.start);
        let end = memchr::memchr(b'\n', rest)?;
        let line = slice(rest, 0, end);
        let told = match line.strip_prefix(b"\\encoding ") {
            Some(name) => encoding::allowed(name).map(|name| self.encoding = name),
            None => Err(Error::new(
                ErrorKind::Internal,
                "the script has a command that no driver knows",
            )),
        };
        self.skip_to(self.start + end + 1);
        Some(told)
    }

    /// A statement as what it is for.
    fn statement(&self, statement: &[u8]) -> Result<StagedStep> {
        if let Some(query) = statement.strip_suffix(ASKED) {
            return self.text(query).map(StagedStep::Query);
        }
        if statement == LAST_CALL.trim_ascii().as_bytes() {
            return self.text(statement).map(StagedStep::Last);
        }
        let text = self.text(statement)?;
        let Some(copy) = text
            .strip_suffix(" FROM stdin;")
            .filter(|text| text.starts_with("COPY "))
        else {
            return Ok(StagedStep::Sql(text));
        };
        // The session stays in UTF-8, which drivers count on; the server converts the data as it would those of psql.
        Ok(StagedStep::CopyBegin(match self.encoding {
            "UTF8" => text,
            encoding => format!("{copy} FROM stdin (ENCODING '{encoding}');"),
        }))
    }

    fn text(&self, statement: &[u8]) -> Result<String> {
        let statement = with_escape_strings(statement);
        let text = encoding::decode(self.encoding, &statement);
        text.map(std::borrow::Cow::into_owned).ok_or_else(|| {
            let message = format!(
                "a name in {} cannot be told to a driver, which takes only UTF-8",
                self.encoding
            );
            Error::new(ErrorKind::Encoding, message).with_hint("dump with pg_dump -E UTF8")
        })
    }

    /// Data of the COPY, or its end. What may begin the line that ends them waits for the rest of it.
    fn data(&mut self) -> Option<StagedStep> {
        if !self.has_data {
            tail(&self.out, self.start).first()?;
            self.skip_to(self.start + 1);
            (self.has_data, self.begins_line) = (true, true);
        }
        let rest = tail(&self.out, self.start);
        if self.begins_line && rest.starts_with(tail(END, 1)) {
            self.skip_to(self.start + END.len() - 1);
            self.is_copying = false;
            return Some(StagedStep::CopyEnd);
        }
        let length = match memmem::find(rest, END) {
            Some(found) => found + 1,
            None => rest.len() - self.held(rest),
        };
        if length == 0 {
            return None;
        }
        let data = if self.start == 0 && length == self.out.len() {
            std::mem::take(&mut self.out)
        } else {
            slice(rest, 0, length).to_vec()
        };
        self.begins_line = data.ends_with(b"\n");
        // Of what was taken away nothing is left to be skipped.
        self.skip_to(self.start + length);
        Some(StagedStep::CopyData(data))
    }

    /// How many of the last bytes may belong to the line that ends the data.
    fn held(&self, rest: &[u8]) -> usize {
        let begins = |held: &usize| {
            let line = tail(rest, rest.len() - held);
            let before = rest.len().checked_sub(held + 1).and_then(|at| rest.get(at));
            tail(END, 1).starts_with(line) && before.map_or(self.begins_line, |byte| *byte == b'\n')
        };
        (1..END.len() - 1)
            .rev()
            .filter(|held| *held <= rest.len())
            .find(begins)
            .unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::Options;

    fn options() -> Options {
        Options::new().with_style(Style::Staged).with_client(Client::Driver)
    }

    fn cut(script: &[u8], at_once: usize) -> Vec<StagedStep> {
        let mut cutter = Cutter::new();
        let mut steps: Vec<StagedStep> = Vec::new();
        for piece in script.chunks(at_once) {
            cutter.buffer().extend_from_slice(piece);
            while let Some(step) = cutter.pop() {
                match (steps.last_mut(), step.unwrap()) {
                    (Some(StagedStep::CopyData(before)), StagedStep::CopyData(more)) => before.extend(more),
                    (_, step) => steps.push(step),
                }
            }
        }
        assert_eq!(cutter.start, cutter.out.len());
        steps
    }

    #[test]
    fn a_script_is_cut_alike_wherever_it_is_cut_before() {
        let script = b"-- a comment; here\nSET a = 'x;y\\';\n\\encoding LATIN1\n\nCALL f('\xe9');\n\
            COPY pg_temp.\"stage 1: public.\xe9\" FROM stdin;\n1\t\xe9\\.\n\\..\n.\\\n\\\\.\n\\.\n\
            \\encoding UTF8\nCALL g('\xc3\xa9');\nCOPY t FROM stdin;\n\\.\nSELECT 1 AS r\n\\gset\n;\n\
            CALL pg_temp.dumpsert_run('end');\n";
        let sql = |text: &str| StagedStep::Sql(text.to_owned());
        let expected = vec![
            sql("-- a comment; here\nSET a = E'x;y\\\\';"),
            sql("CALL f('é');"),
            StagedStep::CopyBegin("COPY pg_temp.\"stage 1: public.é\" FROM stdin (ENCODING 'LATIN1');".to_owned()),
            StagedStep::CopyData(b"1\t\xe9\\.\n\\..\n.\\\n\\\\.\n".to_vec()),
            StagedStep::CopyEnd,
            sql("CALL g('é');"),
            StagedStep::CopyBegin("COPY t FROM stdin;".to_owned()),
            StagedStep::CopyEnd,
            StagedStep::Query("SELECT 1 AS r".to_owned()),
            StagedStep::Last("CALL pg_temp.dumpsert_run('end');".to_owned()),
        ];
        for at_once in 1..=script.len() {
            assert_eq!(cut(script, at_once), expected, "{at_once}");
        }
    }

    #[test]
    fn no_command_of_psql_and_no_end_of_a_transaction_is_a_step() {
        let dump = "COPY public.t (id, v) FROM stdin;\n1\tone\n\\.\n\
            SELECT pg_catalog.setval('public.t_id_seq', 1, true);\n";
        let all: Result<Vec<StagedStep>> = steps(dump.as_bytes(), &options().build().unwrap()).unwrap().collect();
        let all = all.unwrap();
        let texts = all.iter().filter_map(|step| match step {
            StagedStep::Sql(text) | StagedStep::CopyBegin(text) | StagedStep::Query(text) | StagedStep::Last(text) => {
                Some(text)
            }
            _ => None,
        });
        for text in texts {
            assert!(!text.lines().any(|line| line.starts_with('\\')), "{text}");
            assert!(!matches!(text.as_str(), "BEGIN;" | "COMMIT;"), "{text}");
            assert!(text.ends_with(';') || text.ends_with("dumpsert_result"), "{text}");
        }
        let data = all
            .iter()
            .position(|step| *step == StagedStep::CopyData(b"1\tone\n".to_vec()));
        assert_eq!(all.get(data.unwrap() + 1), Some(&StagedStep::CopyEnd));
        assert!(matches!(
            all.as_slice(),
            [.., StagedStep::Query(_), StagedStep::Last(_)]
        ));
    }

    #[test]
    fn only_steps_are_made_of_a_staged_plan_for_a_driver() {
        let plan = options().build().unwrap();
        let refused = crate::statements(&b""[..], &plan).err().unwrap();
        assert_eq!(refused.kind(), ErrorKind::InvalidOption);
        let mut rewriter = crate::Rewriter::new(&plan);
        let refused = rewriter.write(b"", &mut Vec::new()).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::InvalidOption);
        assert!(Script::new(&b""[..], &plan).is_err());
        for other in [Options::new(), Options::new().with_client(Client::Driver)] {
            let refused = steps(&b""[..], &other.build().unwrap()).err().unwrap();
            assert_eq!(refused.kind(), ErrorKind::InvalidOption);
        }
    }

    #[test]
    fn an_error_is_the_last_item_and_progress_can_end_it() {
        let plan = options().build().unwrap();
        let mut all = steps(&b"COPY public.t (id) FROM stdin;\n1\n2"[..], &plan).unwrap();
        let error = all.find_map(Result::err).unwrap();
        assert_eq!(error.kind(), ErrorKind::Truncated);
        assert!(all.next().is_none() && all.report().is_none());
        let mut all = steps(&b"COPY public.t (id) FROM stdin;\n1\n\\.\n"[..], &plan).unwrap();
        let error = all.next_with(|_| Err(io::Error::other("enough"))).unwrap().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Read);
        assert!(all.next().is_none());
    }
}
