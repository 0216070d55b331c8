//! What a run on a thread of its own and JavaScript share: what is told, what waits, what is answered.

use std::collections::VecDeque;
use std::io::{self, Read};
use std::sync::{Arc, Condvar, Mutex};

use dumpsert::restore::{Cancel, DriverError};
use napi::Status;
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use napi_derive::napi;

use crate::panics::lock;

/// Bytes of a stream that may wait for the run.
pub(crate) const WAITING_BYTES: usize = 1 << 20;

/// What JavaScript says of an order.
pub(crate) type Reply = Result<Option<String>, DriverError>;

/// What the run tells: see `lib/restore.js`.
#[napi(object, object_from_js = false)]
#[derive(Default)]
pub struct RestoreEvent {
    /// `step`, `read`, `confirm`, `drive` or `done`.
    pub kind: &'static str,
    pub phase: Option<&'static str>,
    pub bytes: Option<f64>,
    pub rows: Option<f64>,
    pub table: Option<String>,
    pub table_rows: Option<f64>,
    pub tables_done: Option<u32>,
    pub tables: Option<u32>,
    /// What was done, as JSON.
    pub outcome: Option<String>,
    pub fault: Option<String>,
    /// What a driver is to do: `sql`, `query`, `copy`, `data`, `end`, `commit` or `give_up`.
    pub order: Option<&'static str>,
    pub sql: Option<String>,
    /// How many bytes there are to be taken.
    pub size: Option<f64>,
}

pub(crate) type Tell = ThreadsafeFunction<RestoreEvent, (), RestoreEvent, Status, false>;

/// What both threads see of a run.
#[derive(Default)]
pub(crate) struct Shared {
    pub(crate) state: Mutex<State>,
    pub(crate) changed: Condvar,
    pub(crate) cancel: Cancel,
}

#[derive(Default)]
pub(crate) struct State {
    pub(crate) waiting: VecDeque<Vec<u8>>,
    pub(crate) bytes: usize,
    /// What was read of the first piece.
    pub(crate) read: usize,
    pub(crate) has_ended: bool,
    /// Whether JavaScript waits before it feeds more.
    pub(crate) is_full: bool,
    /// What JavaScript says before the commit: nothing, or why it is refused.
    pub(crate) answer: Option<Option<String>>,
    /// Data of a COPY that JavaScript has not taken yet, and what it says of an order.
    pub(crate) data: Option<Vec<u8>>,
    pub(crate) reply: Option<Reply>,
    /// Nobody is there to answer.
    pub(crate) is_gone: bool,
}

impl Shared {
    /// Ends the run; whoever waits for JavaScript does so no more.
    pub(crate) fn cancel(&self) {
        self.cancel.cancel();
        drop(lock(&self.state));
        self.changed.notify_all();
    }

    /// Nobody is there any more.
    pub(crate) fn leave(&self) {
        lock(&self.state).is_gone = true;
        self.cancel();
    }

    /// Nobody reads on. Who waits for more of the dump would keep the function of JavaScript, and with it the process.
    pub(crate) fn close(&self) {
        let mut state = lock(&self.state);
        state.waiting.clear();
        state.has_ended = true;
        drop(state);
        self.changed.notify_all();
    }

    /// Waits until the state gives something, or the run is ended.
    pub(crate) fn wait<T>(&self, take: impl FnMut(&mut State) -> Option<T>) -> io::Result<T> {
        self.wait_unless(take, |_| self.cancel.is_cancelled())
    }

    /// The same for what is answered although the run was ended.
    pub(crate) fn wait_anyway<T>(&self, take: impl FnMut(&mut State) -> Option<T>) -> io::Result<T> {
        self.wait_unless(take, |state| state.is_gone)
    }

    pub(crate) fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        lock(&self.state)
    }

    fn wait_unless<T>(
        &self,
        mut take: impl FnMut(&mut State) -> Option<T>,
        is_over: impl Fn(&State) -> bool,
    ) -> io::Result<T> {
        let mut state = lock(&self.state);
        loop {
            if let Some(taken) = take(&mut state) {
                return Ok(taken);
            }
            if is_over(&state) {
                return Err(io::Error::other("the run was stopped"));
            }
            state = self
                .changed
                .wait(state)
                .unwrap_or_else(std::sync::PoisonError::into_inner);
        }
    }
}

/// A dump that JavaScript feeds.
pub(crate) struct Fed {
    pub(crate) shared: Arc<Shared>,
    pub(crate) tell: Arc<Tell>,
}

impl Read for Fed {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let (read, wants_more) = self.shared.wait(|state| {
            let Some(piece) = state.waiting.front() else {
                return state.has_ended.then_some((0, false));
            };
            let rest = piece.get(state.read..).unwrap_or_default();
            let taken = rest.len().min(out.len());
            if let (Some(from), Some(to)) = (rest.get(..taken), out.get_mut(..taken)) {
                to.copy_from_slice(from);
            }
            state.read += taken;
            state.bytes -= taken;
            if state.read == piece.len() {
                state.waiting.pop_front();
                state.read = 0;
            }
            let wants_more = state.is_full && state.bytes < WAITING_BYTES / 2;
            state.is_full &= !wants_more;
            Some((taken, wants_more))
        })?;
        if wants_more {
            say(
                &self.tell,
                &self.shared,
                RestoreEvent {
                    kind: "read",
                    ..RestoreEvent::default()
                },
            );
        }
        Ok(read)
    }
}

/// Tells JavaScript; where it does not listen any more, nobody wants the run.
pub(crate) fn say(tell: &Tell, shared: &Shared, event: RestoreEvent) {
    if tell.call(event, ThreadsafeFunctionCallMode::NonBlocking) != Status::Ok {
        shared.leave();
    }
}
