//! The shared corpus `testdata/cases/`, and ways to run the engine on it.
#![allow(
    dead_code,
    clippy::print_stdout,
    reason = "each test file uses a part of this one; the seed is printed"
)]

use std::path::{Path, PathBuf};

use dumpsert::{Catalog, Error, Options, Plan, Report, Result, Rewriter, Style};
use serde_json::{Value, json};

/// One folder of the corpus; `testdata/cases/README.md` says what is in it.
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) folder: PathBuf,
    pub(crate) dump: Vec<u8>,
    pub(crate) schema: Option<Vec<u8>>,
    options: Value,
}

impl Case {
    /// All cases, by name.
    pub(crate) fn all() -> Vec<Self> {
        let root = dumpsert_testkit::testdata("cases");
        let mut folders: Vec<PathBuf> = std::fs::read_dir(root)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.is_dir())
            .collect();
        folders.sort();
        assert!(folders.len() > 200, "the corpus is not there");
        folders.into_iter().map(Self::read).collect()
    }

    fn read(folder: PathBuf) -> Self {
        let optional = |name| {
            let path: PathBuf = folder.join(name);
            path.exists().then(|| std::fs::read(path).unwrap())
        };
        let mut options = optional("options.json").map_or(json!({}), |text| serde_json::from_slice(&text).unwrap());
        if options.get("style").is_none() {
            options["style"] = json!("rows");
        }
        Self {
            name: folder.file_name().unwrap().to_str().unwrap().to_owned(),
            dump: optional("dump.sql").unwrap(),
            schema: optional("schema.sql"),
            options,
            folder,
        }
    }

    /// Whether it has neither options, but for the style, nor a schema.
    pub(crate) fn is_default(&self) -> bool {
        self.options == json!({"style": "rows"}) && self.schema.is_none()
    }

    pub(crate) fn style(&self) -> Style {
        serde_json::from_value(self.options["style"].clone()).unwrap()
    }

    pub(crate) fn plan(&self) -> Result<Plan> {
        self.options()?.build()
    }

    pub(crate) fn options(&self) -> Result<Options> {
        let options = Options::from_json(&self.options.to_string())?;
        match &self.schema {
            Some(schema) => options.with_catalog(Catalog::from_schema_sql(schema)?),
            None => Ok(options),
        }
    }
}

/// What a run has left behind.
#[derive(Debug, PartialEq)]
pub(crate) struct Outcome {
    pub(crate) script: Vec<u8>,
    pub(crate) result: std::result::Result<Report, Fault>,
}

/// Everything that can be seen of an error.
#[derive(Debug, PartialEq)]
pub(crate) struct Fault {
    pub(crate) facts: Value,
    pub(crate) text: String,
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        let mut facts = json!({ "kind": error.kind(), "category": error.category() });
        if let (Some(position), Some(facts)) = (error.position(), facts.as_object_mut()) {
            let Value::Object(position) = serde_json::to_value(position).unwrap() else {
                panic!("a position is an object")
            };
            facts.extend(position);
        }
        if let Some(hint) = error.hint() {
            facts["hint"] = json!(hint);
        }
        Self {
            facts,
            text: error.to_string(),
        }
    }
}

/// Pushes the chunks through a rewriter.
pub(crate) fn run<'a>(plan: &Plan, chunks: impl IntoIterator<Item = &'a [u8]>) -> Outcome {
    let mut rewriter = Rewriter::new(plan);
    let mut script = Vec::new();
    let result = chunks
        .into_iter()
        .try_for_each(|chunk| rewriter.write(chunk, &mut script))
        .and_then(|()| rewriter.finish(&mut script))
        .map_err(Fault::from);
    Outcome { script, result }
}

/// Cuts `bytes` into chunks whose sizes `size` tells, one after the other.
pub(crate) fn cut(bytes: &[u8], mut size: impl FnMut() -> usize) -> Vec<&[u8]> {
    let mut rest = bytes;
    let mut chunks = Vec::new();
    while !rest.is_empty() {
        let (chunk, after) = rest.split_at(size().clamp(1, rest.len()));
        chunks.push(chunk);
        rest = after;
    }
    chunks
}

/// Where a failed script begins to say so.
pub(crate) const ABORT: &str = "\nDO $dumpsert$\nBEGIN\n  RAISE EXCEPTION USING ERRCODE = 'data_exception'";

/// The script with its fixed parts replaced by marks, so that the corpus does not change with them: everything before
/// `dumpsert_begin` but `client_encoding` and `lock_timeout`, and everything from the epilogue, or from the abort, on.
pub(crate) fn normalise(script: &[u8]) -> Vec<u8> {
    let find = |text: &str| memchr::memmem::find(script, text.as_bytes());
    let epilogue = fixed("epilogue.sql");
    // A script that fails before its first row has no opening.
    let begin = find("CALL pg_temp.dumpsert_begin(").unwrap_or(0);
    let mut out = b"<opening>\n".to_vec();
    for line in script[..begin].split_inclusive(|&byte| byte == b'\n') {
        if line.starts_with(b"SET LOCAL client_encoding") || line.starts_with(b"SET LOCAL lock_timeout") {
            out.extend_from_slice(line);
        }
    }
    let (end, mark) = match (find(&epilogue), find(ABORT)) {
        (Some(end), None) => (end, "<epilogue>\n"),
        (None, Some(end)) => (end, "\n<abort>\n"),
        found => panic!("a script ends in one of two ways, not {found:?}"),
    };
    if begin > 0 {
        out.extend_from_slice(&script[begin..end]);
    }
    out.extend_from_slice(mark.as_bytes());
    out
}

/// One of the fixed parts, as scripts have it: without comments and indentation.
pub(crate) fn fixed(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/rewrite/sql").join(name);
    let text = std::fs::read_to_string(path).unwrap();
    let lines = text.lines().map(str::trim_start);
    let lines = lines.filter(|line| !line.is_empty() && !line.starts_with("--"));
    lines.map(|line| format!("{line}\n")).collect()
}

/// A small generator of pseudo-random numbers (splitmix64), seeded, so that a failure can be repeated.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    /// Seeded from `DUMPSERT_SEED` or the clock; prints the seed, which the test runner shows when a test fails.
    pub(crate) fn seeded() -> Self {
        let seed = match std::env::var("DUMPSERT_SEED") {
            Ok(seed) => seed.parse().unwrap(),
            Err(_) => std::time::UNIX_EPOCH.elapsed().unwrap().as_nanos() as u64,
        };
        println!("repeat with DUMPSERT_SEED={seed}");
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number from 0 to `end`, exclusive.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    /// A chunk size of any order of magnitude up to `most`.
    pub(crate) fn chunk(&mut self, most: usize) -> usize {
        let magnitude = self.below(most.ilog2() as usize + 1);
        1 + self.below((2 << magnitude).min(most))
    }
}
