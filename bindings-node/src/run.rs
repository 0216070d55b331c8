//! One run of a rewriter: its input comes from the JavaScript thread and its output goes there, while the work is done
//! on another.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use dumpsert::{Plan, Result};

use crate::drill;
use crate::engine::{Engine, Output, Pause};
use crate::fault;
use crate::guard::{guarded, lock};
use crate::source::Input;

/// Output buffers that are kept to be used again, up to this size.
const SPARES: usize = 2;
const SPARE_BYTES_MAX: usize = 4 << 20;

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

/// A run that two threads share. Only one step runs at a time, whoever calls.
pub(crate) struct Run {
    input: Arc<Mutex<Input>>,
    /// `None` after the end, an error, or [`close`](Run::close).
    engine: Mutex<Option<Engine>>,
    outputs: Mutex<VecDeque<Output>>,
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
        let step = guarded(|| self.try_step()).unwrap_or_else(|fault| {
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
        let mut output = Output::to_buffer(lock(&self.spares).pop().unwrap_or_default());
        let result = engine.read(&mut output);
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
        lock(&self.outputs).push_back(output);
        step
    }

    /// The output of the oldest step that was not fetched yet.
    pub(crate) fn fetch(&self) -> Option<Output> {
        lock(&self.outputs).pop_front()
    }

    /// Takes a buffer back.
    pub(crate) fn recycle(&self, mut script: Vec<u8>) {
        let mut spares = lock(&self.spares);
        if spares.len() < SPARES && script.capacity() <= SPARE_BYTES_MAX {
            script.clear();
            spares.push(script);
        }
    }

    /// Frees everything, now or when the step that is running has ended.
    pub(crate) fn close(&self) {
        self.is_closed.store(true, Ordering::SeqCst);
        self.clear_if_closed();
    }

    fn clear_if_closed(&self) {
        // Whichever of `step` and `close` comes last sees both.
        if self.is_closed.load(Ordering::SeqCst) && !self.is_busy.load(Ordering::SeqCst) {
            *lock(&self.engine) = None;
            lock(&self.input).bytes = Vec::new();
            lock(&self.outputs).clear();
            lock(&self.spares).clear();
        }
    }
}
