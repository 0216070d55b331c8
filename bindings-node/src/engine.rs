//! The rewriter, and the dump as it comes: kept in a temporary file where it has to be read more than once.

use std::io::{Read, Seek, SeekFrom, Write};
use std::mem::swap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

use dumpsert::{Client, Error, Plan, Prescan, Progress, Result, Rewriter, StatementQueue};
use tempfile::SpooledTempFile;

use crate::guard::lock;

/// How much is given to the rewriter at once. A row can grow a hundredfold (`COPY` into a table with many columns), so
/// that this and [`OUTPUT_BYTES`] are what bounds the output of a step.
const SLICE_BYTES: usize = 16 * 1024;
/// A step ends when it has made this much, or has read this much.
const OUTPUT_BYTES: usize = 1 << 20;
const STEP_BYTES: usize = 4 << 20;
/// A dump up to this size is kept in memory while it waits to be read again.
const SPOOL_BYTES: usize = 2 << 20;

/// How many engines there are in this process, so that a leak can be seen.
static LIVE: AtomicU32 = AtomicU32::new(0);

pub(crate) fn live() -> u32 {
    LIVE.load(Ordering::SeqCst)
}

/// What the JavaScript thread has handed over.
#[derive(Default)]
pub(crate) struct Input {
    pub(crate) bytes: Vec<u8>,
    pub(crate) is_ended: bool,
}

/// What a step has made: a piece of the script, or statements for a driver.
#[derive(Default)]
pub(crate) struct Output {
    pub(crate) script: Vec<u8>,
    pub(crate) statements: Vec<String>,
    statement_bytes: usize,
}

impl Output {
    /// Output that goes into a buffer, which is empty.
    pub(crate) fn to_buffer(script: Vec<u8>) -> Self {
        Self {
            script,
            ..Self::default()
        }
    }

    fn bytes(&self) -> usize {
        self.script.len() + self.statement_bytes
    }

    fn push(&mut self, statement: String) {
        self.statement_bytes += statement.len();
        self.statements.push(statement);
    }
}

/// Why a step ends.
pub(crate) enum Pause {
    Full,
    Hungry,
    Ended(String),
}

pub(crate) struct Engine {
    rewriter: Rewriter,
    /// The reading before the one that writes.
    prescan: Option<Prescan>,
    /// For a driver.
    statements: Option<StatementQueue>,
    source: Source,
}

impl Drop for Engine {
    fn drop(&mut self) {
        LIVE.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Engine {
    pub(crate) fn new(plan: &Plan) -> Result<Self> {
        let prescan = next_prescan(plan)?;
        LIVE.fetch_add(1, Ordering::SeqCst);
        Ok(Self {
            rewriter: Rewriter::new(plan),
            statements: (plan.client() == Client::Driver).then(StatementQueue::new),
            source: Source {
                is_kept: prescan.is_some(),
                ..Source::default()
            },
            prescan,
        })
    }

    /// Bytes of input that were used up.
    pub(crate) fn used(&self) -> u64 {
        self.source.used
    }

    pub(crate) fn progress(&self) -> Progress<'_> {
        self.rewriter.progress()
    }

    /// Reads on. After an error the script ends with a statement that makes it fail.
    pub(crate) fn read(&mut self, input: &Mutex<Input>, output: &mut Output) -> Result<Pause> {
        let result = self.step(input, output);
        if let (Err(error), None) = (&result, &self.statements) {
            self.rewriter.abort(error, &mut output.script);
        }
        result
    }

    fn step(&mut self, input: &Mutex<Input>, output: &mut Output) -> Result<Pause> {
        let mut read = 0;
        while output.bytes() < OUTPUT_BYTES && read < STEP_BYTES {
            let Some(bytes) = self.source.next(input)? else {
                return Ok(Pause::Hungry);
            };
            read += bytes.len();
            if let Some(prescan) = &mut self.prescan {
                let is_over = bytes.is_empty() || !prescan.write(bytes)?;
                if is_over {
                    self.read_again()?;
                }
                continue;
            }
            let out = match &mut self.statements {
                Some(queue) => queue.buffer(),
                None => &mut output.script,
            };
            let report = if bytes.is_empty() {
                Some(self.rewriter.finish(out)?)
            } else {
                self.rewriter.write(bytes, out)?;
                None
            };
            while let Some(statement) = self.statements.as_mut().and_then(StatementQueue::pop) {
                output.push(statement?);
            }
            if let Some(report) = report {
                return Ok(Pause::Ended(report.to_json()));
            }
        }
        Ok(Pause::Full)
    }

    /// Goes back to the start of the dump, with what the reading before has taught.
    fn read_again(&mut self) -> Result<()> {
        if let Some(prescan) = self.prescan.take() {
            let plan = prescan.finish()?;
            self.prescan = next_prescan(&plan)?;
            self.rewriter = Rewriter::new(&plan);
            self.source.rewind(self.prescan.is_some())?;
        }
        Ok(())
    }
}

fn next_prescan(plan: &Plan) -> Result<Option<Prescan>> {
    plan.needs_prescan().then(|| Prescan::new(plan)).transpose()
}

/// The dump: first what was kept of it, then what comes.
#[derive(Default)]
struct Source {
    kept: Option<SpooledTempFile>,
    /// Whether `kept` is read at present, and whether what comes is kept.
    is_replayed: bool,
    is_kept: bool,
    chunk: Vec<u8>,
    /// What has come, of which all up to `read` was looked at.
    input: Vec<u8>,
    read: usize,
    used: u64,
}

impl Source {
    /// The next bytes, none at the end, or `None` where they have not come yet.
    fn next(&mut self, more: &Mutex<Input>) -> Result<Option<&[u8]>> {
        if let Some(kept) = self.kept.as_mut().filter(|_| self.is_replayed) {
            self.chunk.resize(SLICE_BYTES, 0);
            let read = kept.read(&mut self.chunk).map_err(Error::read)?;
            if read > 0 {
                return Ok(self.chunk.get(..read));
            }
            self.is_replayed = false;
            if !self.is_kept {
                self.kept = None;
                self.chunk = Vec::new();
            }
        }
        if self.read == self.input.len() {
            self.input.clear();
            self.read = 0;
            let mut more = lock(more);
            swap(&mut self.input, &mut more.bytes);
            if self.input.is_empty() {
                return Ok(more.is_ended.then_some(&[]));
            }
        }
        let start = self.read;
        self.read = self.input.len().min(start + SLICE_BYTES);
        let slice = self.input.get(start..self.read).unwrap_or_default();
        self.used += slice.len() as u64;
        if self.is_kept {
            let kept = self.kept.get_or_insert_with(|| SpooledTempFile::new(SPOOL_BYTES));
            kept.write_all(slice).map_err(Error::read)?;
        }
        Ok(Some(slice))
    }

    fn rewind(&mut self, is_kept: bool) -> Result<()> {
        self.is_kept = is_kept;
        if let Some(kept) = &mut self.kept {
            self.is_replayed = true;
            kept.seek(SeekFrom::Start(0)).map_err(Error::read)?;
        }
        Ok(())
    }
}
