//! Converts a dump in chunks of 64 KiB and forgets the script: what packages for other languages are measured against.
//! `feed FILE STYLE file|memory` prints the milliseconds it took, from the file or from memory.
//! `feed FILE STYLE TARGET` converts the file to a target by the library's own loop, and prints the same.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a tool for benchmarks"
)]

use std::fs::{self, File};
use std::io::Read;
use std::time::Instant;

use dumpsert::{Options, Rewriter, Script, ScriptFile};

const CHUNK_BYTES: usize = 64 * 1024;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [path, style, source] = arguments.as_slice() else {
        panic!("usage: feed FILE STYLE file|memory|TARGET");
    };
    let dump = (source == "memory").then(|| fs::read(path).unwrap());
    let plan = Options::from_json(&format!(r#"{{"style": "{style}"}}"#)).and_then(Options::build);
    let plan = plan.expect("a style");
    if !matches!(source.as_str(), "file" | "memory") {
        let start = Instant::now();
        let mut target = ScriptFile::create(source, Some(path.as_ref())).unwrap();
        let script = Script::of_file(path, &plan).unwrap();
        script.write_to(&mut target, |_| Ok(())).unwrap();
        target.finish().unwrap();
        println!("{}", start.elapsed().as_millis());
        return;
    }
    let mut rewriter = Rewriter::new(&plan);
    let mut script = Vec::new();
    let start = Instant::now();
    let mut push = |chunk: &[u8]| {
        rewriter.write(chunk, &mut script).unwrap();
        script.clear();
    };
    if let Some(dump) = dump {
        dump.chunks(CHUNK_BYTES).for_each(push);
    } else {
        let mut file = File::open(path).unwrap();
        let mut chunk = vec![0; CHUNK_BYTES];
        loop {
            let read = file.read(&mut chunk).unwrap();
            if read == 0 {
                break;
            }
            push(&chunk[..read]);
        }
    }
    rewriter.finish(&mut script).unwrap();
    println!("{}", start.elapsed().as_millis());
}
