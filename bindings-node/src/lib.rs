//! The native part of the Node package `dumpsert`. It converts values and errors and moves work to other threads;
//! `lib/` makes streams of it. Nothing here knows SQL.

mod convert;
mod drill;
mod driver;
mod engine;
mod fault;
mod panics;
mod restore;
mod run;
mod shared;
mod source;

use std::path::PathBuf;
use std::sync::Arc;

use dumpsert::catalog::{CATALOG_QUERY, CatalogBuilder};
use dumpsert::{Catalog, Options, Plan, config};
use napi::bindgen_prelude::{AsyncTask, Buffer, BufferSlice, ClassInstance, Either};
use napi::{Env, Error, Result, Status, Task};
use napi_derive::napi;

use convert::Control;
pub use driver::DriverFault;
use panics::or_fault;
pub use restore::{NativeRestore, RestoreSettings};
use run::{Piece, Run};
pub use shared::RestoreEvent;

/// An error whose reason is a fault as JSON.
fn thrown(fault: String) -> Error {
    Error::new(Status::GenericFailure, fault)
}

fn failed(error: dumpsert::Error) -> Error {
    thrown(fault::of(&error))
}

/// The query that returns the catalog of a live database.
#[napi(catch_unwind)]
pub fn catalog_query() -> &'static str {
    CATALOG_QUERY
}

/// Names of options, as every language has them.
#[napi(object)]
pub struct OptionNames {
    pub options: Vec<String>,
    pub table_options: Vec<String>,
    pub limits: Vec<String>,
}

#[napi(catch_unwind)]
pub fn option_names() -> OptionNames {
    OptionNames {
        options: config::option_names().map(str::to_owned).collect(),
        table_options: config::table_option_names().map(str::to_owned).collect(),
        limits: config::limit_names().map(str::to_owned).collect(),
    }
}

/// The most similar of `names`, where one is similar enough to be meant.
#[napi(catch_unwind)]
pub fn nearest_name(wanted: String, names: Vec<String>) -> Option<String> {
    config::nearest_name(&wanted, names.iter().map(String::as_str))
}

/// How many rewriters hold memory in this process.
#[napi(catch_unwind)]
pub fn live_runs() -> u32 {
    engine::live()
}

/// Has a panic at the next pass of a place in `drill.rs`; `undefined` takes that back. Returns whether one was still to come.
#[cfg(feature = "drill")]
#[napi(catch_unwind)]
pub fn panic_at(place: Option<String>) -> bool {
    drill::arm(place)
}

/// Bytes of memory that this library has and JavaScript does not know of.
#[cfg(feature = "drill")]
#[napi(catch_unwind)]
pub fn native_memory() -> f64 {
    drill::memory() as f64
}

/// Runs the command line; the arguments begin with the name of the program. Returns the exit status.
#[napi(catch_unwind)]
pub fn run_command_line(args: Vec<String>) -> u8 {
    dumpsert::cli::run(args)
}

/// What is known of the tables.
#[napi(js_name = "NativeCatalog")]
pub struct NativeCatalog(Catalog);

#[napi]
impl NativeCatalog {
    #[napi(catch_unwind)]
    pub fn to_json(&self) -> String {
        self.0.to_json()
    }
}

/// Where a catalog is read from.
enum CatalogSource {
    SchemaSql,
    Json,
}

pub struct CatalogTask(CatalogSource, Vec<u8>);

impl CatalogTask {
    fn read(&self) -> dumpsert::Result<Catalog> {
        drill::pass("CatalogTask::compute");
        match self.0 {
            CatalogSource::SchemaSql if self.1.is_empty() => Catalog::from_schema_sql(&self.1),
            // It mostly comes from a file, and is looked at as one.
            CatalogSource::SchemaSql => {
                let mut builder = CatalogBuilder::new();
                builder.read_file(&self.1)?;
                builder.finish()
            }
            CatalogSource::Json => Catalog::from_file(&self.1),
        }
    }
}

impl Task for CatalogTask {
    type Output = Catalog;
    type JsValue = NativeCatalog;

    fn compute(&mut self) -> Result<Catalog> {
        or_fault(|| self.read()).map_err(thrown)?.map_err(failed)
    }

    fn resolve(&mut self, _: Env, catalog: Catalog) -> Result<NativeCatalog> {
        or_fault(|| NativeCatalog(drill::passed("CatalogTask::resolve", catalog))).map_err(thrown)
    }
}

#[napi(catch_unwind, ts_return_type = "Promise<NativeCatalog>")]
pub fn catalog_from_schema_sql(sql: &[u8]) -> AsyncTask<CatalogTask> {
    AsyncTask::new(CatalogTask(CatalogSource::SchemaSql, sql.to_vec()))
}

#[napi(catch_unwind, ts_return_type = "Promise<NativeCatalog>")]
pub fn catalog_from_json(json: &[u8]) -> AsyncTask<CatalogTask> {
    AsyncTask::new(CatalogTask(CatalogSource::Json, json.to_vec()))
}

/// Options that were checked.
#[napi(js_name = "NativePlan")]
pub struct NativePlan(Plan);

#[napi]
impl NativePlan {
    /// `options` is a JSON object with the names that every language has.
    #[napi(constructor, catch_unwind)]
    pub fn new(options: String, catalogs: Vec<ClassInstance<'_, NativeCatalog>>) -> Result<Self> {
        drill::pass("NativePlan::new");
        let mut options = Options::from_json(&options).map_err(failed)?;
        for catalog in catalogs {
            options = options.with_catalog(catalog.0.clone()).map_err(failed)?;
        }
        Ok(Self(options.build().map_err(failed)?))
    }

    /// Whether it makes single statements for a driver.
    #[napi(getter, catch_unwind)]
    pub fn is_for_driver(&self) -> bool {
        self.0.client() == dumpsert::Client::Driver
    }
}

/// How a step has ended: see `lib/pump.js`.
#[napi(object)]
pub struct Step {
    pub more: bool,
    pub used: f64,
    pub bytes: f64,
    pub rows: f64,
    pub table: Option<String>,
    pub report: Option<String>,
    pub fault: Option<String>,
}

impl From<run::Step> for Step {
    fn from(step: run::Step) -> Self {
        Self {
            more: step.more,
            used: step.used as f64,
            bytes: step.bytes as f64,
            rows: step.rows as f64,
            table: step.table,
            report: step.report,
            fault: step.fault,
        }
    }
}

/// Memory that was offered, and how much of it is a piece of the script.
#[napi(object)]
pub struct Filled {
    pub memory: Buffer,
    pub bytes: f64,
}

pub struct StepTask(Arc<Run>);

impl Task for StepTask {
    type Output = Step;
    type JsValue = Step;

    fn compute(&mut self) -> Result<Step> {
        or_fault(|| Step::from(self.0.step())).map_err(thrown)
    }

    fn resolve(&mut self, _: Env, step: Step) -> Result<Step> {
        or_fault(|| drill::passed("StepTask::resolve", step)).map_err(thrown)
    }

    fn finally(self, _: Env) -> Result<()> {
        or_fault(|| self.0.forget_if_closed()).map_err(thrown)
    }
}

/// One run of a rewriter.
#[napi(js_name = "NativeRun")]
pub struct NativeRun(Arc<Run>);

#[napi]
impl NativeRun {
    #[napi(constructor, catch_unwind)]
    pub fn new(plan: &NativePlan) -> Result<Self> {
        Ok(Self(Arc::new(Run::new(&plan.0).map_err(failed)?)))
    }

    #[napi(catch_unwind)]
    pub fn feed(&self, bytes: &[u8]) {
        drill::pass("NativeRun::feed");
        self.0.feed(bytes);
    }

    #[napi(catch_unwind)]
    pub fn end(&self) {
        self.0.end();
    }

    /// Reads on, on another thread.
    #[napi(catch_unwind, ts_return_type = "Promise<Step>")]
    pub fn step(&self) -> Result<AsyncTask<StepTask>> {
        if !self.0.begin() {
            return Err(thrown(fault::internal("two steps at the same time")));
        }
        Ok(AsyncTask::new(StepTask(Arc::clone(&self.0))))
    }

    /// Memory for output, which nobody may look at before [`fetch_script`](Self::fetch_script) gives it back.
    #[napi(catch_unwind)]
    pub fn offer(&self, memory: Buffer) {
        self.0.offer(memory);
    }

    /// The oldest piece of the script that was not fetched yet: in memory that was offered, or, where it does not fit, as a
    /// copy. In either case it is JavaScript's own memory: ours would be freed only when the garbage collector comes by.
    #[napi(catch_unwind)]
    pub fn fetch_script<'env>(&self, env: &'env Env) -> Result<Option<Either<BufferSlice<'env>, Filled>>> {
        let output = match self.0.fetch() {
            Some(Piece::Filled { memory, bytes }) => {
                let bytes = bytes as f64;
                return Ok(Some(Either::B(Filled { memory, bytes })));
            }
            Some(Piece::Made(output)) => output,
            None => return Ok(None),
        };
        let slice = BufferSlice::copy_from(env, &output.script)?;
        self.0.recycle(output.script);
        Ok(Some(Either::A(slice)))
    }

    #[napi(catch_unwind)]
    pub fn fetch_statements(&self) -> Option<Vec<String>> {
        match self.0.fetch() {
            Some(Piece::Made(output)) => Some(output.statements),
            _ => None,
        }
    }

    #[napi(catch_unwind)]
    pub fn close(&self) {
        self.0.close();
    }
}

/// A handle on a conversion that runs as a whole.
#[napi(js_name = "NativeControl")]
#[derive(Default)]
pub struct NativeControl(Arc<Control>);

#[napi(object)]
pub struct ConversionProgress {
    pub bytes: f64,
    pub rows: f64,
    pub table: Option<String>,
}

#[napi]
impl NativeControl {
    #[napi(constructor, catch_unwind)]
    pub fn new() -> Self {
        Self::default()
    }

    /// Stops the conversion; returns whether it was in time for that.
    #[napi(catch_unwind)]
    pub fn stop(&self) -> bool {
        self.0.stop()
    }

    #[napi(catch_unwind)]
    pub fn progress(&self) -> ConversionProgress {
        let (bytes, rows, table) = self.0.progress();
        ConversionProgress {
            bytes: bytes as f64,
            rows: rows as f64,
            table,
        }
    }
}

/// What a conversion or an inspection has come to.
#[napi(object)]
pub struct Conversion {
    pub script: Option<Buffer>,
    /// The report or the inspection, as JSON.
    pub report: String,
}

enum Work {
    Convert(Vec<u8>),
    ConvertFile(PathBuf, PathBuf),
    Inspect(Vec<u8>),
    InspectFile(PathBuf),
}

pub struct WorkTask {
    plan: Plan,
    work: Work,
    control: Arc<Control>,
}

impl WorkTask {
    fn run(&self) -> dumpsert::Result<(Option<Vec<u8>>, String)> {
        drill::pass("WorkTask::compute");
        let (plan, control) = (&self.plan, &*self.control);
        Ok(match &self.work {
            Work::Convert(dump) => {
                let (script, report) = convert::memory(plan, dump, control)?;
                (Some(script), report.to_json())
            }
            Work::ConvertFile(input, output) => (None, convert::file(plan, input, output, control)?.to_json()),
            Work::Inspect(dump) => (None, convert::inspect_memory(plan, dump, control)?.to_json()),
            Work::InspectFile(input) => (None, convert::inspect_path(plan, input, control)?.to_json()),
        })
    }
}

impl Task for WorkTask {
    type Output = (Option<Vec<u8>>, String);
    type JsValue = Conversion;

    fn compute(&mut self) -> Result<Self::Output> {
        or_fault(|| self.run()).map_err(thrown)?.map_err(failed)
    }

    fn resolve(&mut self, _: Env, (script, report): Self::Output) -> Result<Conversion> {
        or_fault(|| Conversion {
            script: drill::passed("WorkTask::resolve", script).map(Buffer::from),
            report,
        })
        .map_err(thrown)
    }
}

fn start(plan: &NativePlan, work: Work, control: &NativeControl) -> AsyncTask<WorkTask> {
    AsyncTask::new(WorkTask {
        plan: plan.0.clone(),
        work,
        control: Arc::clone(&control.0),
    })
}

#[napi(catch_unwind, ts_return_type = "Promise<Conversion>")]
pub fn convert_memory(plan: &NativePlan, dump: &[u8], control: &NativeControl) -> AsyncTask<WorkTask> {
    start(plan, Work::Convert(dump.to_vec()), control)
}

#[napi(catch_unwind, ts_return_type = "Promise<Conversion>")]
pub fn convert_path(plan: &NativePlan, input: String, output: String, control: &NativeControl) -> AsyncTask<WorkTask> {
    start(plan, Work::ConvertFile(input.into(), output.into()), control)
}

#[napi(catch_unwind, ts_return_type = "Promise<Conversion>")]
pub fn inspect_memory(plan: &NativePlan, dump: &[u8], control: &NativeControl) -> AsyncTask<WorkTask> {
    start(plan, Work::Inspect(dump.to_vec()), control)
}

#[napi(catch_unwind, ts_return_type = "Promise<Conversion>")]
pub fn inspect_path(plan: &NativePlan, input: String, control: &NativeControl) -> AsyncTask<WorkTask> {
    start(plan, Work::InspectFile(input.into()), control)
}
