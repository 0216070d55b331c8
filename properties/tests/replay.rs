//! Every property on the seeds, on what fuzzing has found, and on seeded mutations of both.
//!
//! `DUMPSERT_MUTATIONS` says how many mutations each property gets.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test"
)]

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use dumpsert_properties::{PROPERTIES, Property};

const SEED: u64 = 20_261_125;
/// Mutations in a debug build, which is slow.
const MUTATIONS: usize = 1500;
/// Longer seeds are for the fuzzer.
const SEED_BYTES_MAX: u64 = 4096;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The files below a folder, if it is there.
fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    let mut entries: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        match path.is_dir() {
            true => files(&path, found),
            false => found.push(path),
        }
    }
}

/// What is put before a dump of the tests: the default options in each style, and some of all others; for `chunking` also
/// where it is cut. `fuzz/seed.sh` does much the same.
fn prefixes(name: &str, random: &mut Random) -> Vec<Vec<u8>> {
    let cuts: &[u8] = if name == "chunking" { &[6] } else { &[] };
    let mut prefixes: Vec<Vec<u8>> = (0..3).map(|style| [&[style, 0], cuts].concat()).collect();
    prefixes.push((0..2 + cuts.len()).map(|_| random.below(256) as u8).collect());
    prefixes
}

/// The seeds of one property: its own and what was found, as they are, and the dumps or schemas of the tests.
fn seeds(name: &str) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    files(&root().join("fuzz/regressions").join(name), &mut found);
    files(&root().join("fuzz/seeds").join(name), &mut found);
    let mut shared = Vec::new();
    files(&root().join("testdata/cases"), &mut shared);
    files(&root().join("testdata/attacks"), &mut shared);
    let wanted: fn(&Path) -> bool = match name {
        "catalog" => |path| path.ends_with("schema.sql"),
        "chunking" | "output_is_allowed" => {
            |path| path.ends_with("dump.sql") || path.parent().is_some_and(|parent| parent.ends_with("attacks"))
        }
        _ => |_| false,
    };
    let read = |path: PathBuf| {
        let is_short = fs::metadata(&path).unwrap().len() <= SEED_BYTES_MAX;
        is_short.then(|| fs::read(&path).unwrap())
    };
    let mut seeds: Vec<Vec<u8>> = found.into_iter().filter_map(read).collect();
    let mut random = Random(SEED);
    for dump in shared.into_iter().filter(|path| wanted(path)).filter_map(read) {
        if name == "catalog" {
            seeds.push(dump);
            continue;
        }
        let prefixes = prefixes(name, &mut random);
        seeds.extend(prefixes.iter().map(|prefix| [prefix.as_slice(), &dump].concat()));
    }
    assert!(!seeds.is_empty(), "no seeds for {name}");
    seeds
}

/// The words of the dictionary.
fn dictionary() -> Vec<Vec<u8>> {
    let text = fs::read_to_string(root().join("fuzz/sql.dict")).unwrap();
    let unescape = |line: &str| {
        let line = line.strip_prefix('"')?.strip_suffix('"')?;
        if line == "\\xff" {
            return Some(vec![0xff]);
        }
        Some(
            line.replace("\\x0a", "\n")
                .replace("\\\"", "\"")
                .replace("\\\\", "\\")
                .into_bytes(),
        )
    };
    let words: Vec<Vec<u8>> = text.lines().filter_map(unescape).collect();
    assert!(words.len() > 10);
    words
}

/// splitmix64.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % limit.max(1) as u64) as usize
    }
}

fn mutate(random: &mut Random, seeds: &[Vec<u8>], words: &[Vec<u8>]) -> Vec<u8> {
    const SPECIAL: &[u8] = b"'\"\\;,()\n\t\r\0-/*.$0Ee\xc3\xa5";
    let mut bytes = seeds[random.below(seeds.len())].clone();
    for _ in 0..=random.below(4) {
        let at = random.below(bytes.len() + 1);
        let end = (at + random.below(30)).min(bytes.len());
        let new = match random.below(7) {
            0 => Vec::new(),
            1 => vec![SPECIAL[random.below(SPECIAL.len())]],
            2 => [&[SPECIAL[random.below(SPECIAL.len())]], &bytes[at..end]].concat(),
            3 => [words[random.below(words.len())].as_slice(), &bytes[at..end]].concat(),
            4 => [&bytes[at..end], &bytes[at..end]].concat(),
            5 => vec![random.below(256) as u8],
            _ => {
                let other = &seeds[random.below(seeds.len())];
                let from = random.below(other.len() + 1);
                other[from..(from + random.below(60)).min(other.len())].to_vec()
            }
        };
        bytes.splice(at..end, new);
    }
    bytes
}

fn check(name: &str, property: Property, input: &[u8]) {
    if catch_unwind(AssertUnwindSafe(|| property(input))).is_err() {
        panic!("{name} does not hold for {}", input.escape_ascii());
    }
}

fn replay(wanted: &str) {
    let (name, property) = PROPERTIES.into_iter().find(|(name, _)| *name == wanted).unwrap();
    let seeds = seeds(name);
    for seed in &seeds {
        check(name, property, seed);
    }
    let mutations = std::env::var("DUMPSERT_MUTATIONS").map_or(MUTATIONS, |value| value.parse().unwrap());
    let (mut random, words) = (Random(SEED), dictionary());
    for _ in 0..mutations {
        check(name, property, &mutate(&mut random, &seeds, &words));
    }
    eprintln!("{name}: {} seeds, {mutations} mutations of seed {SEED}", seeds.len());
}

#[test]
fn beside() {
    replay("beside");
}

#[test]
fn catalog() {
    replay("catalog");
}

#[test]
fn chunking() {
    replay("chunking");
}

#[test]
fn condition() {
    replay("condition");
}

#[test]
fn literal() {
    replay("literal");
}

#[test]
fn output_is_allowed() {
    replay("output_is_allowed");
}

#[test]
fn predicate() {
    replay("predicate");
}

#[test]
fn vs_reference() {
    replay("vs_reference");
}

/// Each property has a target, and each target a property.
#[test]
fn targets() {
    let mut found = Vec::new();
    files(&root().join("fuzz/fuzz_targets"), &mut found);
    let targets: Vec<&str> = found
        .iter()
        .map(|path| path.file_stem().unwrap().to_str().unwrap())
        .collect();
    assert_eq!(targets, PROPERTIES.map(|(name, _)| name));
}
