//! One run of a rewriter: its input comes from the JavaScript thread and its output goes there, while the work is done
//! on another.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use dumpsert::{Plan, Result};
use napi::bindgen_prelude::Buffer;

use crate::drill;
use crate::engine::{Engine, Output, Pause};
use crate::fault;
use crate::panics::{lock, or_fault};
use crate::source::Input;

/// A step ends when there is this much output that was not fetched yet,
const OUTPUTS_BYTES: usize = 1 << 20;
/// or when it has used up this much input: the thread is not ours alone.
const STEP_BYTES: u64 = 4 << 20;
/// With more input than this before it, the native side is the slower one, and leaves it to the other to copy output.
const BACKLOG_BYTES: u64 = 256 * 1024;
/// Output buffers have this size from the start, which a piece seldom exceeds, and as many are kept as may wait.
const SPARE_BYTES: usize = 512 * 1024;
const SPARES: usize = 4;

/// How a step has ended.
#[derive(Default)]
pub(crate) struct Step {
    /// Whether there is something to do before more input comes.
    pub(crate) more: bool,
    /// Bytes of input that were used up since the start of the run.
    pub(crate) used: u64,
    /// Bytes of the dump that were read, decompressed.
    pub(crate) bytes: u64,
    pub(crate) rows: u64,
    pub(crate) table: Option<String>,
    /// The report, after the end of the dump.
    pub(crate) report: Option<String>,
    pub(crate) fault: Option<String>,
}

/// What was not fetched yet.
#[derive(Default)]
struct Outputs {
    queue: VecDeque<Piece>,
    bytes: usize,
    /// JavaScript's own memory, to be filled.
    offered: Option<Buffer>,
}

impl Outputs {
    /// Memory that so many bytes fit into, and fill by more than half.
    fn memory_for(&mut self, bytes: usize) -> Option<Buffer> {
        self.offered
            .take_if(|memory| bytes <= memory.len() && bytes > memory.len() / 2)
    }
}

/// Output on its way to JavaScript.
pub(crate) enum Piece {
    /// So many bytes are in memory that was offered.
    Filled {
        memory: Buffer,
        bytes: usize,
    },
    Made(Output),
}

impl Piece {
    fn bytes(&self) -> usize {
        match self {
            Self::Filled { bytes, .. } => *bytes,
            Self::Made(output) => output.bytes(),
        }
    }
}

/// A run that two threads share. Only one step runs at a time, whoever calls.
pub(crate) struct Run {
    input: Arc<Mutex<Input>>,
    /// Bytes of input since the start of the run.
    fed: AtomicU64,
    /// `None` after the end, an error, or [`close`](Run::close).
    engine: Mutex<Option<Engine>>,
    outputs: Mutex<Outputs>,
    spares: Mutex<Vec<Vec<u8>>>,
    is_busy: AtomicBool,
    is_closed: AtomicBool,
}

impl Run {
    pub(crate) fn new(plan: &Plan) -> Result<Self> {
        let input = Arc::default();
        Ok(Self {
            engine: Mutex::new(Some(Engine::new(plan, Arc::clone(&input))?)),
            input,
            fed: AtomicU64::new(0),
            outputs: Mutex::default(),
            spares: Mutex::default(),
            is_busy: AtomicBool::new(false),
            is_closed: AtomicBool::new(false),
        })
    }

    /// Hands over input. It is copied: what JavaScript holds can be changed or taken away while another thread reads it.
    pub(crate) fn feed(&self, bytes: &[u8]) {
        if !self.is_closed.load(Ordering::Acquire) {
            lock(&self.input).bytes.extend_from_slice(bytes);
            self.fed.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        }
    }

    /// Says that no more input comes.
    pub(crate) fn end(&self) {
        lock(&self.input).is_ended = true;
    }

    /// Takes the right to run a step, which [`step`](Run::step) gives back.
    pub(crate) fn begin(&self) -> bool {
        !self.is_busy.swap(true, Ordering::Acquire)
    }

    /// Reads on until there is enough output or no more input; for another thread than that of JavaScript.
    pub(crate) fn step(&self) -> Step {
        let step = or_fault(|| self.try_step()).unwrap_or_else(|fault| {
            *lock(&self.engine) = None;
            Step {
                fault: Some(fault),
                ..Step::default()
            }
        });
        self.is_busy.store(false, Ordering::SeqCst);
        self.clear_if_closed();
        step
    }

    fn try_step(&self) -> Step {
        drill::pass("Run::step");
        let mut slot = lock(&self.engine);
        let Some(engine) = slot.as_mut() else {
            return Step {
                fault: Some(fault::finished("the rewriter has ended already")),
                ..Step::default()
            };
        };
        let result = self.read(engine);
        let progress = engine.progress();
        let mut step = Step {
            used: engine.used(),
            bytes: engine.bytes(),
            rows: progress.rows,
            table: progress.table.map(str::to_owned),
            ..Step::default()
        };
        match result {
            Ok(Pause::Full) => step.more = true,
            Ok(Pause::Hungry) => {}
            Ok(Pause::Ended(report)) => step.report = Some(report),
            Err(error) => step.fault = Some(fault::of(&error)),
        }
        if step.report.is_some() || step.fault.is_some() {
            *slot = None;
        }
        step
    }

    /// Reads on, until there is enough output or no more input.
    fn read(&self, engine: &mut Engine) -> Result<Pause> {
        let end = engine.used() + STEP_BYTES;
        loop {
            let mut output = Output::to_buffer(self.buffer(engine));
            let pause = engine.read(&mut output);
            // Nothing: this is a reading that writes nothing, or all is left out.
            let is_long = output.bytes() == 0 || engine.used() >= end;
            let backlog = self.fed.load(Ordering::Relaxed).saturating_sub(engine.used());
            let is_full = self.put(output, backlog < BACKLOG_BYTES) >= OUTPUTS_BYTES;
            match pause? {
                Pause::Full if !is_long && !is_full && !self.is_closed.load(Ordering::Acquire) => {}
                pause => return Ok(pause),
            }
        }
    }

    /// Puts output before whoever fetches it; returns how many bytes are there.
    fn put(&self, output: Output, has_time: bool) -> usize {
        let piece = if has_time {
            self.fill(output)
        } else {
            Piece::Made(output)
        };
        let mut outputs = lock(&self.outputs);
        match piece {
            Piece::Made(output) if output.bytes() == 0 => self.recycle(output.script),
            piece => {
                outputs.bytes += piece.bytes();
                outputs.queue.push_back(piece);
            }
        }
        outputs.bytes
    }

    /// Copies output into memory that was offered, where there is some that it fits into. No other thread looks at that
    /// memory before it is given back.
    fn fill(&self, output: Output) -> Piece {
        let bytes = output.script.len();
        let Some(mut memory) = lock(&self.outputs).memory_for(bytes) else {
            return Piece::Made(output);
        };
        if let Some(start) = memory.get_mut(..bytes) {
            start.copy_from_slice(&output.script);
        }
        self.recycle(output.script);
        Piece::Filled { memory, bytes }
    }

    /// The oldest output that was not fetched yet.
    pub(crate) fn fetch(&self) -> Option<Piece> {
        let mut outputs = lock(&self.outputs);
        let piece = outputs.queue.pop_front()?;
        outputs.bytes -= piece.bytes();
        drop(outputs);
        Some(match piece {
            Piece::Made(output) => self.fill(output),
            filled @ Piece::Filled { .. } => filled,
        })
    }

    /// Memory for output.
    pub(crate) fn offer(&self, memory: Buffer) {
        lock(&self.outputs).offered = Some(memory);
    }

    /// An empty buffer for a piece of the script.
    fn buffer(&self, engine: &Engine) -> Vec<u8> {
        if engine.is_for_driver() {
            return Vec::new();
        }
        lock(&self.spares)
            .pop()
            .unwrap_or_else(|| Vec::with_capacity(SPARE_BYTES))
    }

    /// Takes a buffer back.
    pub(crate) fn recycle(&self, mut script: Vec<u8>) {
        let mut spares = lock(&self.spares);
        if spares.len() < SPARES && script.capacity() == SPARE_BYTES {
            script.clear();
            spares.push(script);
        }
    }

    /// Frees everything, now or when the step that is running has ended.
    pub(crate) fn close(&self) {
        self.is_closed.store(true, Ordering::SeqCst);
        self.clear_if_closed();
        self.forget_if_closed();
    }

    fn clear_if_closed(&self) {
        // Whichever of `step` and `close` comes last sees both.
        if self.is_closed.load(Ordering::SeqCst) && !self.is_busy.load(Ordering::SeqCst) {
            *lock(&self.engine) = None;
            lock(&self.input).bytes = Vec::new();
            lock(&self.spares).clear();
        }
    }

    /// The same for what belongs to the JavaScript thread, which calls this after each step.
    pub(crate) fn forget_if_closed(&self) {
        if self.is_closed.load(Ordering::SeqCst) {
            *lock(&self.outputs) = Outputs::default();
        }
    }
}
