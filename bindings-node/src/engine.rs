//! The rewriter, fed with the dump as it comes, in steps.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use dumpsert::{Client, Error, Plan, Prescan, Progress, Result, Rewriter, StatementQueue};

use crate::source::{Input, Source};

/// A piece of output ends when there is this much of it: what comes in a slice more still fits into the memory that
/// `lib/pump.js` offers for it.
const OUTPUT_BYTES: usize = 440 * 1024;
/// And when this much of the dump was read for it, decompressed: a small piece of a compressed one can hold any number of
/// rows.
const READ_BYTES: usize = 4 << 20;

/// How many engines there are in this process, so that a leak can be seen.
static LIVE: AtomicU32 = AtomicU32::new(0);

pub(crate) fn live() -> u32 {
    LIVE.load(Ordering::SeqCst)
}

/// What reading on has made: a piece of the script, or statements for a driver.
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

    pub(crate) fn bytes(&self) -> usize {
        self.script.len() + self.statement_bytes
    }

    fn push(&mut self, statement: String) {
        self.statement_bytes += statement.len();
        self.statements.push(statement);
    }
}

/// Why reading on has ended.
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
    pub(crate) fn new(plan: &Plan, input: Arc<Mutex<Input>>) -> Result<Self> {
        let prescan = next_prescan(plan)?;
        LIVE.fetch_add(1, Ordering::SeqCst);
        Ok(Self {
            rewriter: Rewriter::new(plan),
            statements: (plan.client() == Client::Driver).then(StatementQueue::new),
            source: Source::new(input, prescan.is_some()),
            prescan,
        })
    }

    /// Whether it makes single statements.
    pub(crate) fn is_for_driver(&self) -> bool {
        self.statements.is_some()
    }

    /// Bytes of input that were used up.
    pub(crate) fn used(&self) -> u64 {
        self.source.used()
    }

    /// Bytes of the dump that were read, decompressed; what is read again is not counted again.
    pub(crate) fn bytes(&self) -> u64 {
        self.source.bytes()
    }

    pub(crate) fn progress(&self) -> Progress<'_> {
        self.rewriter.progress()
    }

    /// Reads on. After an error the script ends with a statement that makes it fail.
    pub(crate) fn read(&mut self, output: &mut Output) -> Result<Pause> {
        let result = self.step(output);
        if let (Err(error), None) = (&result, &self.statements) {
            self.rewriter.abort(error, &mut output.script);
        }
        result
    }

    fn step(&mut self, output: &mut Output) -> Result<Pause> {
        let mut read = 0;
        while output.bytes() < OUTPUT_BYTES && read < READ_BYTES {
            // Reading knows nothing of lines.
            let position = || match &self.prescan {
                Some(prescan) => prescan.position(),
                None => self.rewriter.position(),
            };
            let next = self
                .source
                .next()
                .map_err(|error| Error::read(error).or_position(position))?;
            let Some(bytes) = next else {
                return Ok(Pause::Hungry);
            };
            let length = bytes.len();
            if let Some(prescan) = &mut self.prescan {
                let is_over = bytes.is_empty() || !prescan.write(bytes)?;
                read += length;
                self.source.read(length);
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
                // A row can grow hundredfold: the rewriter stops where it has written enough.
                let some = self.rewriter.write_some(bytes, out)?;
                read += some;
                self.source.read(some);
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
            self.source.rewind(self.prescan.is_some()).map_err(Error::read)?;
        }
        Ok(())
    }
}

fn next_prescan(plan: &Plan) -> Result<Option<Prescan>> {
    plan.needs_prescan().then(|| Prescan::new(plan)).transpose()
}
