//! What a run on a thread of its own wants of the thread that has called it.

use std::io::{self, Read};
use std::sync::mpsc::{Sender, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use dumpsert::restore::{DriverError, Failure, Outcome, Step};

use crate::panics::Fault;
use crate::watch::SIGNALS_EVERY;

/// What is to be done.
pub(crate) enum Order {
    /// By its name, with the SQL where there is some.
    Say(&'static str, String),
    /// Data of the COPY that was begun.
    Data(Vec<u8>),
}

/// What has come of it.
pub(crate) type Reply = Result<Option<String>, DriverError>;

/// What a run wants of Python.
pub(crate) enum Wish {
    /// At most so many bytes of the dump.
    Read(usize, SyncSender<io::Result<Vec<u8>>>),
    Step(&'static str, u64, u64, Option<String>),
    /// It is about to commit; what is raised now is in time.
    Commit(SyncSender<()>),
    /// Whether this may be committed.
    Confirm(String, SyncSender<bool>),
    /// Something to be done over a connection of Python's.
    Drive(Order, SyncSender<Reply>),
    Done(Box<Result<Outcome, Stopped>>),
}

pub(crate) enum Stopped {
    Failure(Failure),
    Fault(Fault),
}

pub(crate) type Wishes = Mutex<Sender<Wish>>;

/// Asks the thread that has called; one that does not listen any more wants nothing.
pub(crate) fn ask(wishes: &Wishes, wish: Wish) -> io::Result<()> {
    let sender = wishes.lock().unwrap_or_else(PoisonError::into_inner);
    sender.send(wish).map_err(|_| gone())
}

pub(crate) fn gone() -> io::Error {
    io::Error::other("the run was ended from outside")
}

/// A dump that the thread that has called reads.
pub(crate) struct Asked(pub(crate) Arc<Wishes>);

impl Read for Asked {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let (sender, answer) = sync_channel(1);
        ask(&self.0, Wish::Read(out.len(), sender))?;
        let bytes = answer.recv().map_err(|_| gone())??;
        let room = out.get_mut(..bytes.len()).ok_or_else(gone)?;
        room.copy_from_slice(&bytes);
        Ok(bytes.len())
    }
}

/// Tells every phase, and now and then how far reading is; where it has come to its end is always told.
pub(crate) fn teller(wishes: Arc<Wishes>) -> impl Fn(Step<'_>) + Send + Sync {
    let told = Mutex::new((None::<Instant>, None::<Wish>));
    move |step| {
        let is_reading = matches!(step, Step::Reading(_));
        let wish = match step {
            Step::Checking => Wish::Step("check", 0, 0, None),
            Step::Reading(progress) => {
                Wish::Step("read", progress.bytes, progress.rows, progress.table.map(str::to_owned))
            }
            Step::Merging => Wish::Step("merge", 0, 0, None),
            Step::Writing { table, .. } => Wish::Step("merge", 0, 0, Some(table.to_owned())),
            Step::Committing => {
                let (sender, answer) = sync_channel(1);
                let _ = ask(&wishes, Wish::Commit(sender)).map(|()| answer.recv());
                return;
            }
            _ => return,
        };
        let mut told = told.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, kept) = &mut *told;
        if is_reading && at.is_some_and(|at| at.elapsed() < SIGNALS_EVERY) {
            *kept = Some(wish);
            return;
        }
        let last = kept.take().filter(|_| !is_reading);
        if is_reading {
            *at = Some(Instant::now());
        }
        for wish in last.into_iter().chain([wish]) {
            let _ = ask(&wishes, wish);
        }
    }
}
