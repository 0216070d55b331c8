//! Seconds of processor time that inputs of every kind take in one size, twice and four times it, as a table: time must be in
//! proportion. Where the system does not tell them, it is the time on the clock.
//! `growth [FACTOR [WORD]]` makes all sizes larger by a factor, and takes only the kinds with a word in their names.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a tool for benchmarks"
)]

use std::io;
use std::time::Instant;

use dumpsert::{Catalog, Options, convert};
use dumpsert_testkit::growth::{Input, KINDS};

/// Converts an input; returns the kind of the error, if it ends with one.
fn run(input: &Input) -> Option<String> {
    let result = (|| {
        let mut options = Options::from_json(input.options)?;
        if let Some(schema) = &input.schema {
            options = options.with_catalog(Catalog::from_schema_sql(schema)?)?;
        }
        if let Some(catalog) = &input.catalog {
            options = options.with_catalog(Catalog::from_json(catalog)?)?;
        }
        convert(&input.dump[..], io::sink(), &options.build()?)
    })();
    let kind = |error: dumpsert::Error| format!("{:?}", error.kind());
    result.err().map(kind)
}

/// Seconds that this thread has run, or that have passed since `start`.
fn seconds(start: Instant) -> f64 {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanoseconds = told.and_then(|text| text.split(' ').next()?.parse::<f64>().ok());
    nanoseconds.map_or_else(|| start.elapsed().as_secs_f64(), |nanoseconds| nanoseconds / 1e9)
}

fn main() {
    let start = Instant::now();
    let mut arguments = std::env::args().skip(1);
    let factor = arguments.next().map_or(1, |factor| factor.parse().expect("a factor"));
    let word = arguments.next().unwrap_or_default();
    println!("| input | n | MB at 4n | n, s | 2n, s | 4n, s | ends with |");
    println!("|---|---|---|---|---|---|---|");
    for kind in KINDS.iter().filter(|kind| kind.name.contains(&word)) {
        let size = kind.size * factor;
        let (mut taken, mut bytes, mut end) = (Vec::new(), 0, None);
        for times in [1, 2, 4] {
            let input = (kind.make)(size * times);
            let beside = [&input.schema, &input.catalog].map(|text| text.as_ref().map_or(0, String::len));
            bytes = input.dump.len() + input.options.len() + beside.iter().sum::<usize>();
            let before = seconds(start);
            end = run(&input);
            taken.push(format!("{:.3}", seconds(start) - before));
        }
        let end = end.unwrap_or_else(|| "the script".to_owned());
        let (name, megabytes) = (kind.name, bytes as f64 / 1e6);
        println!("| {name} | {size} | {megabytes:.2} | {} | {end} |", taken.join(" | "));
    }
}
