//! `restore` and `sync`: a run of the library on a thread of its own, since it may wait for hours for a server or for a
//! stream. It tells JavaScript what it wants, and `lib/restore.js` answers.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use dumpsert::restore::{Connection, Ending, Failure, Outcome, Prune, Source, Step, Target, restore, restore_over};
use dumpsert::{Error, Options, Plan};
use napi::bindgen_prelude::{Buffer, ClassInstance};
use napi_derive::napi;

use crate::driver::{Driven, DriverFault};
use crate::panics::{lock, or_fault};
use crate::shared::{Fed, RestoreEvent, Shared, Tell, WAITING_BYTES, say};
use crate::{NativeCatalog, drill, failed, fault, thrown};

/// How often progress is told.
const PROGRESS_EVERY: Duration = Duration::from_millis(100);

/// Where the dump comes from and where it goes.
#[napi(object)]
pub struct RestoreSettings {
    /// Absent: where the driver leads to.
    pub to: Option<String>,
    /// A database.
    pub from: Option<String>,
    /// A file or folder; with neither, what is fed.
    pub path: Option<String>,
    pub bin_dir: Option<String>,
    pub dry_run: bool,
    pub check: bool,
    pub strict: bool,
    pub diff: Option<u32>,
    pub hide: Vec<String>,
    pub prune: bool,
    pub prune_empty: Vec<String>,
    pub prune_keyless: Vec<String>,
    pub prune_cascade: bool,
    pub prune_max: Option<String>,
    /// The file that the mapping of keys goes to.
    pub mapping: Option<String>,
    pub asks_before_commit: bool,
}

/// Tells how far the run is, at every phase, and now and then while it reads; where reading has come to its end is always told.
fn teller(tell: Arc<Tell>, shared: Arc<Shared>) -> impl Fn(Step<'_>) + Send + Sync {
    let told = Mutex::new((None::<Instant>, None::<RestoreEvent>));
    move |step| {
        let Some(event) = event_of(step) else { return };
        let is_reading = event.phase == Some("read");
        let mut told = lock(&told);
        let (at, kept) = &mut *told;
        if is_reading && at.is_some_and(|at| at.elapsed() < PROGRESS_EVERY) {
            *kept = Some(event);
            return;
        }
        let last = kept.take().filter(|_| !is_reading);
        if is_reading {
            *at = Some(Instant::now());
        }
        for event in last.into_iter().chain([event]) {
            say(&tell, &shared, event);
        }
    }
}

fn event_of(step: Step<'_>) -> Option<RestoreEvent> {
    let event = |phase| RestoreEvent {
        kind: "step",
        phase: Some(phase),
        ..RestoreEvent::default()
    };
    Some(match step {
        Step::Checking => event("check"),
        Step::Reading(progress) => RestoreEvent {
            bytes: Some(progress.bytes as f64),
            rows: Some(progress.rows as f64),
            table: progress.table.map(str::to_owned),
            table_rows: progress.table.map(|_| progress.table_rows as f64),
            ..event("read")
        },
        Step::Merging => event("merge"),
        Step::Writing { table, done, of } => RestoreEvent {
            table: Some(table.to_owned()),
            tables_done: u32::try_from(done).ok(),
            tables: u32::try_from(of).ok(),
            ..event("merge")
        },
        Step::Committing => event("commit"),
        _ => return None,
    })
}

/// What was done: with values where they were asked for.
fn json_of(outcome: &Outcome, has_values: bool) -> String {
    match has_values {
        true => outcome.to_json_with_values(),
        false => outcome.to_json(),
    }
}

/// Asks JavaScript before the commit.
fn asker(
    tell: Arc<Tell>,
    shared: Arc<Shared>,
    has_values: bool,
) -> impl Fn(&Outcome) -> dumpsert::Result<()> + Send + Sync {
    move |outcome| {
        let event = RestoreEvent {
            kind: "confirm",
            outcome: Some(json_of(outcome, has_values)),
            ..RestoreEvent::default()
        };
        say(&tell, &shared, event);
        match shared.wait(|state| state.answer.take()) {
            Ok(None) => Ok(()),
            Ok(Some(message)) => Err(Error::refused(message)),
            Err(_) => Err(Error::refused("the run was stopped")),
        }
    }
}

/// What is to be done, checked as far as it can be without starting anything.
struct Job {
    plan: Plan,
    source: Source,
    target: Target,
    has_values: bool,
    /// Where the connection is one of JavaScript's.
    driven: Option<Driven>,
}

fn prune(settings: &RestoreSettings) -> dumpsert::Result<Prune> {
    Prune::parse(
        settings.prune_max.as_deref(),
        &settings.prune_empty,
        &settings.prune_keyless,
        settings.prune_cascade,
    )
}

impl Job {
    fn new(
        options: &str,
        catalogs: &[ClassInstance<'_, NativeCatalog>],
        settings: &RestoreSettings,
        fed: Fed,
    ) -> dumpsert::Result<Self> {
        drill::pass("NativeRestore::new");
        let mut target = match &settings.to {
            Some(to) => Target::new(Connection::parse_option("to", to)?),
            None => Target::of_driver(),
        };
        let driven = settings
            .to
            .is_none()
            .then(|| Driven::new(fed.tell.clone(), fed.shared.clone()));
        target = target
            .with_dry_run(settings.dry_run)
            .with_check(settings.check)
            .with_strict_verify(settings.strict)
            .with_hidden_columns(settings.hide.iter().cloned())
            .with_cancel(&fed.shared.cancel)
            .with_progress(teller(fed.tell.clone(), fed.shared.clone()));
        if let Some(folder) = &settings.bin_dir {
            target = target.with_bin_dir(folder);
        }
        let has_values = settings.check || settings.diff.is_some();
        if let Some(rows) = settings.diff {
            target = target.with_differences(rows);
        }
        if settings.prune {
            target = target.with_prune(prune(settings)?);
        }
        if let Some(path) = &settings.mapping {
            target = target.with_mapping(path);
        }
        if settings.asks_before_commit {
            target = target.with_before_commit(asker(fed.tell.clone(), fed.shared.clone(), has_values));
        }
        let source = match (&settings.from, &settings.path) {
            (Some(from), _) => Source::Database(Connection::parse_option("from", from)?),
            (None, Some(path)) => Source::File(path.into()),
            (None, None) => Source::Reader(Box::new(fed)),
        };
        let mut options = Options::from_json(options)?;
        for catalog in catalogs {
            options = options.with_catalog(catalog.0.clone())?;
        }
        let plan = target.plan(&source, options)?;
        Ok(Self {
            plan,
            source,
            target,
            has_values,
            driven,
        })
    }

    /// Runs it, and says how it has ended.
    fn run(mut self) -> RestoreEvent {
        let has_values = self.has_values;
        let json = |outcome: &Outcome| Some(json_of(outcome, has_values));
        let (outcome, fault) = match or_fault(|| {
            let source = drill::passed("NativeRestore::run", self.source);
            match &mut self.driven {
                Some(driver) => restore_over(source, driver, &self.target, &self.plan),
                None => restore(source, &self.target, &self.plan),
            }
        }) {
            Ok(Ok(outcome)) => (json(&outcome), None),
            Ok(Err(failure)) => (json(&failure.outcome), Some(fault_of(&failure))),
            Err(panic) => (None, Some(panic)),
        };
        RestoreEvent {
            kind: "done",
            outcome,
            fault,
            ..RestoreEvent::default()
        }
    }
}

/// Nothing was changed, and that needs no words, but where it is not known.
fn fault_of(failure: &Failure) -> String {
    match failure.outcome.ending {
        Ending::Unknown => fault::with_words(&failure.error, failure.consequence()),
        _ => fault::of(&failure.error),
    }
}

/// One run into a database.
#[napi(js_name = "NativeRestore")]
pub struct NativeRestore(Arc<Shared>);

#[napi]
impl NativeRestore {
    /// Begins it. `tell` is called with what happens, the last time with `done`.
    #[napi(constructor, catch_unwind)]
    pub fn new(
        options: String,
        catalogs: Vec<ClassInstance<'_, NativeCatalog>>,
        settings: RestoreSettings,
        tell: Tell,
    ) -> napi::Result<Self> {
        let (shared, tell) = (Arc::new(Shared::default()), Arc::new(tell));
        let fed = Fed {
            shared: shared.clone(),
            tell: tell.clone(),
        };
        let job = Job::new(&options, &catalogs, &settings, fed).map_err(failed)?;
        let listener = shared.clone();
        let run = move || {
            let ended = job.run();
            listener.close();
            say(&tell, &listener, ended);
        };
        std::thread::Builder::new()
            .name("dumpsert".to_owned())
            .spawn(run)
            .map_err(|error| thrown(fault::internal(&format!("no thread can be started: {error}"))))?;
        Ok(Self(shared))
    }

    /// Takes a piece of the dump; returns whether another one may follow before a `read` is told.
    #[napi(catch_unwind)]
    pub fn feed(&self, bytes: &[u8]) -> bool {
        let mut state = lock(&self.0.state);
        if !bytes.is_empty() {
            state.waiting.push_back(bytes.to_vec());
            state.bytes += bytes.len();
        }
        state.is_full = state.bytes >= WAITING_BYTES;
        let is_full = state.is_full;
        drop(state);
        self.0.changed.notify_all();
        !is_full
    }

    /// The dump has ended.
    #[napi(catch_unwind)]
    pub fn end(&self) {
        lock(&self.0.state).has_ended = true;
        self.0.changed.notify_all();
    }

    /// Answers a `confirm`: with why it is refused, or nothing.
    #[napi(catch_unwind)]
    pub fn answer(&self, refusal: Option<String>) {
        lock(&self.0.state).answer = Some(refusal);
        self.0.changed.notify_all();
    }

    /// Gives the data of a `drive`, which fill this memory.
    #[napi(catch_unwind)]
    pub fn take(&self, mut memory: Buffer) {
        let data = self.0.lock().data.take().unwrap_or_default();
        let room: &mut [u8] = &mut memory;
        room.iter_mut().zip(&data).for_each(|(to, from)| *to = *from);
    }

    /// Answers a `drive`: with what a query gives, or what went wrong.
    #[napi(catch_unwind)]
    pub fn driven(&self, text: Option<String>, fault: Option<DriverFault>) {
        self.0.lock().reply = Some(fault.map_or(Ok(text), |fault| Err(fault.into())));
        self.0.changed.notify_all();
    }

    /// Ends the run, which then tells `done`.
    #[napi(catch_unwind)]
    pub fn cancel(&self) {
        self.0.cancel();
    }
}

/// The environment is gone, or nobody listens: nobody could answer any more.
impl Drop for NativeRestore {
    fn drop(&mut self) {
        self.0.leave();
    }
}
