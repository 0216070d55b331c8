//! Inputs by which memory or time could grow beyond proportion, counted by an allocator: what a run takes at once, and all
//! that it has taken in the end, which stands for its time.
//!
//! Each runs in a process of its own, which is this one again, so that nothing else is counted.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a test"
)]

use std::alloc::System;
use std::io::{self, Write};
use std::num::NonZero;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{fs, iter, thread};

use cap::Cap;
use dumpsert::{Catalog, Error, Options, Report, convert_file};
use dumpsert_testkit::growth::{Input, KINDS, Kind, slug};

#[global_allocator]
static ALLOCATOR: Cap<System> = Cap::new(System, usize::MAX);

/// Where the child finds its input.
const FOLDER: &str = "DUMPSERT_GROWTH";
/// What a run takes whatever its input is: chunks, the script before it is handed on, a row.
const BASE_BYTES: usize = 24 << 20;
/// And for each byte of what is kept of the input, which is all of it where it is about the schema; of options, which become
/// a tree of sqlparser, four times that.
const BYTES_PER_BYTE: usize = 48;
/// The most of a script that is handed on at once.
const PIECE_BYTES: usize = 4 << 20;

/// What a run has come to.
#[derive(serde::Serialize, serde::Deserialize, Debug)]
struct Count {
    /// All that was allocated, whether it was freed or not.
    total: usize,
    /// The most that was allocated at once.
    peak: usize,
    /// The longest piece of the script.
    piece: usize,
    error: Option<String>,
}

#[derive(Default)]
struct Sink {
    longest: usize,
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.longest = self.longest.max(bytes.len());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn convert(folder: &Path, sink: &mut Sink) -> Result<Report, Error> {
    let read = |name: &str| fs::read(folder.join(name)).ok();
    let mut options = Options::from_json(&String::from_utf8(read("options.json").unwrap()).unwrap())?;
    if let Some(schema) = read("schema.sql") {
        options = options.with_catalog(Catalog::from_schema_sql(schema)?)?;
    }
    if let Some(catalog) = read("catalog.json") {
        options = options.with_catalog(Catalog::from_json(catalog)?)?;
    }
    convert_file(folder.join("dump.sql"), sink, &options.build()?)
}

/// Not a test of its own: it is what the others run.
#[test]
fn child() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let folder = Path::new(&folder);
    let (total, allocated) = (ALLOCATOR.total_allocated(), ALLOCATOR.allocated());
    let mut sink = Sink::default();
    let result = convert(folder, &mut sink);
    let kind = |error: &Error| serde_json::to_value(error.kind()).unwrap().as_str().unwrap().to_owned();
    let count = Count {
        total: ALLOCATOR.total_allocated() - total,
        peak: ALLOCATOR.max_allocated() - allocated,
        piece: sink.longest,
        error: result.as_ref().err().map(kind),
    };
    fs::write(folder.join("count.json"), serde_json::to_string(&count).unwrap()).unwrap();
}

fn count(input: &Input) -> Count {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &[u8]| fs::write(folder.path().join(name), text).unwrap();
    write("dump.sql", &input.dump);
    write("options.json", input.options.as_bytes());
    input
        .schema
        .iter()
        .for_each(|schema| write("schema.sql", schema.as_bytes()));
    input
        .catalog
        .iter()
        .for_each(|catalog| write("catalog.json", catalog.as_bytes()));
    let status = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child", "--quiet"])
        .env(FOLDER, folder.path())
        .output()
        .unwrap();
    assert!(status.status.success(), "{}", String::from_utf8_lossy(&status.stdout));
    serde_json::from_slice(&fs::read(folder.path().join("count.json")).unwrap()).unwrap()
}

/// What does not hold for a kind of input.
fn failures(kind: &Kind) -> Vec<String> {
    let (one, four) = ((kind.make)(kind.size), (kind.make)(4 * kind.size));
    let (small, large) = (count(&one), count(&four));
    let mut failures = Vec::new();
    let mut expect = |holds: bool, what: String| {
        if !holds {
            failures.push(format!("{}: {what}", slug(kind)));
        }
    };
    for (input, count) in [(&one, &small), (&four, &large)] {
        let error = count.error.as_deref();
        expect(
            error == kind.error,
            format!("ends with {error:?} instead of {:?}", kind.error),
        );
        let beside = [&input.schema, &input.catalog].map(|text| text.as_ref().map_or(0, String::len));
        let bytes = input.dump.len() + 4 * input.options.len() + beside.iter().sum::<usize>();
        let most = BASE_BYTES + BYTES_PER_BYTE * bytes;
        expect(
            kind.power > 1 || count.peak <= most,
            format!("{} bytes at once for {bytes} of input", count.peak),
        );
        expect(
            count.piece <= PIECE_BYTES,
            format!("{} bytes handed on at once", count.piece),
        );
    }
    // Four times the input: four times the work, and some for what the small input is too small for.
    let most = 4_usize.pow(kind.power) * small.total * 3 / 2 + (4 << 20);
    expect(
        large.total <= most,
        format!(
            "{} bytes in all become {} with four times the input",
            small.total, large.total
        ),
    );
    failures
}

#[test]
fn memory_and_work_are_in_proportion() {
    // Each input is counted in a process of its own, so several at once count the same.
    let next = AtomicUsize::new(0);
    let kinds = || iter::from_fn(|| KINDS.get(next.fetch_add(1, Ordering::Relaxed)));
    let threads = thread::available_parallelism().map_or(1, NonZero::get);
    let failures: Vec<String> = thread::scope(|scope| {
        let running: Vec<_> = (0..threads)
            .map(|_| scope.spawn(|| kinds().flat_map(failures).collect::<Vec<_>>()))
            .collect();
        running.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
