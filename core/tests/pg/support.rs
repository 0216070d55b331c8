//! Small helpers: converting, running, quoting, random numbers.

use std::io::Write;
use std::process::{Command, Stdio};

use dumpsert::{Options, Plan, Prescan, Report, Result, Rewriter, Style, convert};
use dumpsert_testkit::{Cluster, Db, Run};

/// The fixed texts of all styles, as scripts have them: without comments and indentation.
pub(crate) fn fixed_texts() -> Vec<String> {
    let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/src/rewrite/sql");
    let files = std::fs::read_dir(dir).unwrap().map(|file| file.unwrap().path());
    let texts = files.filter(|path| path.extension().is_some_and(|extension| extension == "sql"));
    let texts = texts.map(|path| std::fs::read_to_string(path).unwrap());
    let lines = |text: String| {
        let lines = text.lines().map(str::trim_start);
        let lines = lines.filter(|line| !line.is_empty() && !line.starts_with("--"));
        lines.map(|line| format!("{line}\n")).collect()
    };
    texts.map(lines).collect()
}

/// The script for a dump, whether it is accepted or not.
pub(crate) fn try_script(dump: &[u8], options: Options) -> (Vec<u8>, Result<Report>) {
    let mut script = Vec::new();
    let result = convert(dump, &mut script, &options.build().unwrap());
    (script, result)
}

/// The script that the command line program makes of a dump from a pipe, which it gets in pieces of odd sizes.
pub(crate) fn piped_script(dump: &[u8], args: &[&str]) -> Vec<u8> {
    let mut child = Command::new(env!("CARGO_BIN_EXE_dumpsert"))
        .arg("convert")
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let output = std::thread::scope(|scope| {
        scope.spawn(move || {
            for (index, piece) in dump.chunks(4099).enumerate() {
                let (a, b) = piece.split_at(piece.len().min(index % 97));
                stdin.write_all(a).unwrap();
                stdin.write_all(b).unwrap();
            }
        });
        child.wait_with_output().unwrap()
    });
    assert!(output.status.success(), "dumpsert: {}", output.status);
    output.stdout
}

/// Runs a script with psql, whose errors then begin with their SQLSTATE.
pub(crate) fn psql(db: &Db, role: &str, script: &[u8]) -> Run {
    db.psql_with(&["-v", "VERBOSITY=verbose", "-U", role], script)
}

/// The SQLSTATE of psql's first error, if it ran with verbose messages.
pub(crate) fn sqlstate(run: &Run) -> Option<&str> {
    let (_, after) = run.stderr.split_once("ERROR:  ")?;
    after.get(..5)
}

/// The script for a dump; panics if the dump is refused.
#[track_caller]
pub(crate) fn script(dump: &[u8], options: Options) -> Vec<u8> {
    let (script, result) = try_script(dump, options);
    result.unwrap_or_else(|error| panic!("{error}"));
    script
}

/// Pseudo-random numbers (splitmix64), the same for the same seed.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    /// A number below `limit`.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % limit as u64) as usize
    }

    /// Puts a list into random order.
    pub(crate) fn shuffle<T>(&mut self, list: &mut [T]) {
        for last in (1..list.len()).rev() {
            list.swap(last, self.below(last + 1));
        }
    }
}

/// A database that a script of style staged is merged into.
pub(crate) struct Target {
    pub(crate) db: Db,
    pub(crate) role: &'static str,
    pub(crate) options: Options,
}

impl Target {
    /// A new database made by this SQL.
    #[track_caller]
    pub(crate) fn new(sql: &str) -> Self {
        let db = Cluster::shared().create_unique("target");
        db.execute(sql);
        Self {
            db,
            role: "postgres",
            options: Options::new().with_style(Style::Staged),
        }
    }

    /// Merges a dump.
    #[track_caller]
    pub(crate) fn run(&self, dump: &str) -> Run {
        let script = script(dump.as_bytes(), self.options.clone());
        psql(&self.db, self.role, &script)
    }

    /// Merges a dump that must be accepted, and once more, which must write no row and lock none.
    #[track_caller]
    pub(crate) fn merge(&self, dump: &str) {
        self.run(dump).expect_success();
        let before = (self.db.row_versions(), self.db.snapshot());
        self.run(dump).expect_success();
        let after = (self.db.row_versions(), self.db.snapshot());
        assert_eq!(before.1.diff(&after.1), Vec::<String>::new());
        assert_eq!(before.0, after.0);
    }

    /// Merges a dump that must be refused with this SQLSTATE; the message is returned.
    #[track_caller]
    pub(crate) fn refuses(&self, dump: &str, state: &str) -> String {
        let before = self.db.snapshot();
        let run = self.run(dump);
        assert_eq!(run.status, 3, "{}", run.stderr);
        assert_eq!(sqlstate(&run), Some(state), "{}", run.stderr);
        let after = self.db.snapshot();
        assert_eq!(
            before.diff(&after),
            Vec::<String>::new(),
            "changed in spite of an error"
        );
        run.stderr
    }

    /// The rows of a query of the target.
    #[track_caller]
    pub(crate) fn rows(&self, sql: &str) -> Vec<String> {
        rows(&self.db, sql)
    }
}

/// The rows of a query, values separated by a bar, NULL as nothing.
#[track_caller]
pub(crate) fn rows(db: &Db, sql: &str) -> Vec<String> {
    let text = |row: Vec<Option<String>>| {
        row.into_iter()
            .map(Option::unwrap_or_default)
            .collect::<Vec<_>>()
            .join("|")
    };
    db.query(sql).into_iter().map(text).collect()
}

/// `INSERT` statements as pg_dump prints them, one for each row.
pub(crate) fn inserts(table: &str, columns: &str, rows: &[&str]) -> String {
    rows.iter()
        .map(|row| format!("INSERT INTO {table} ({columns}) VALUES ({row});\n"))
        .collect()
}

/// Makes room for rows in any order.
pub(crate) const DROP_FOREIGN_KEYS: &str = "DO $$ DECLARE k record; BEGIN
    FOR k IN SELECT conrelid::regclass AS t, conname FROM pg_constraint WHERE contype = 'f' AND conparentid = 0 LOOP
        EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', k.t, k.conname);
    END LOOP; END $$";

/// The rows of the dump, all in random order.
pub(crate) fn shuffled(dump: &[u8], random: &mut Random) -> Vec<u8> {
    let text = String::from_utf8(dump.to_vec()).unwrap();
    let (head, rest) = text.split_once("\nINSERT INTO ").unwrap_or((&text, ""));
    let (rows, end) = rest
        .split_once("\n--\n-- PostgreSQL database dump complete")
        .unwrap_or((rest, ""));
    let mut rows: Vec<&str> = rows.split("\nINSERT INTO ").collect();
    random.shuffle(&mut rows);
    let rows: String = rows.iter().map(|row| format!("\nINSERT INTO {row}")).collect();
    format!("{head}{rows}\n--\n-- PostgreSQL database dump complete{end}").into_bytes()
}

/// The push machine, driven by hand and in small pieces, writes the same.
pub(crate) fn reads_as_well_in_pieces(dump: &[u8], plan: &Plan, script: &[u8], context: &str) {
    let mut plan = plan.clone();
    while plan.needs_prescan() {
        let mut prescan = Prescan::new(&plan).unwrap();
        for chunk in dump.chunks(997) {
            if !prescan.write(chunk).unwrap() {
                break;
            }
        }
        plan = prescan.finish().unwrap();
    }
    let mut own = Vec::new();
    let mut rewriter = Rewriter::new(&plan);
    for chunk in dump.chunks(1009) {
        rewriter.write(chunk, &mut own).unwrap();
    }
    rewriter.finish(&mut own).unwrap();
    assert!(own == script, "{context}: other pieces, another script");
}
