//! Programs that stop where a test wants them to.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use dumpsert_testkit::Db;

use super::Pair;

/// How long a test waits for what must come: only a test that fails waits for all of it.
const DEADLINE: Duration = Duration::from_secs(120);

/// A folder of programs, in which some are scripts of a test.
pub(super) struct Stage {
    folder: tempfile::TempDir,
    real: PathBuf,
}

impl Stage {
    pub(super) fn new(db: &Db) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let real = db.programs();
        for name in ["psql", "pg_dump", "pg_restore"] {
            symlink(real.join(name), folder.path().join(name)).unwrap();
        }
        Self { folder, real }
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Replaces a program by a script. `REAL` is the program itself, `HERE` the folder.
    pub(super) fn script(&self, name: &str, text: &str) {
        let path = self.path(name);
        let real = self.real.join(name).display().to_string();
        let here = self.folder.path().display().to_string();
        let text = format!("#!/bin/sh\n{}\n", text.replace("REAL", &real).replace("HERE", &here));
        let _ = fs::remove_file(&path);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// A pg_dump that writes so many bytes of this dump and stops; what comes then is a script's.
    pub(super) fn pg_dump(&self, dump: &[u8], bytes: usize, then: &str) {
        fs::write(self.path("first"), &dump[..bytes]).unwrap();
        fs::write(self.path("rest"), &dump[bytes..]).unwrap();
        let _ = fs::remove_file(self.path("held"));
        let _ = fs::remove_file(self.path("go"));
        assert!(Command::new("mkfifo").arg(self.path("go")).status().unwrap().success());
        let text = "case \"$*\" in --version) exec REAL --version ;; esac\ncat HERE/first\necho $$ >HERE/pid\nmv HERE/pid HERE/held\nTHEN";
        self.script("pg_dump", &text.replace("THEN", then));
    }

    /// Starts a run with these programs.
    pub(super) fn start(&self, pair: &Pair, arguments: &[&str]) -> Held {
        let mut command = pair.sync(&["--bin-dir", self.folder.path().to_str().unwrap()]);
        command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
        Held {
            child: command.spawn().unwrap(),
            held: self.path("held"),
            go: self.path("go"),
            word: None,
        }
    }
}

/// A run whose pg_dump has stopped, or will.
pub(super) struct Held {
    pub(super) child: Child,
    held: PathBuf,
    go: PathBuf,
    word: Option<fs::File>,
}

impl Held {
    /// Waits until pg_dump has stopped; returns its number.
    pub(super) fn wait(&self) -> u32 {
        wait_for("pg_dump stops", || self.held.exists());
        fs::read_to_string(&self.held).unwrap().trim().parse().unwrap()
    }

    /// Lets pg_dump go on. Nobody is waited for: it may have been killed meanwhile. The word waits as long as the file is open.
    pub(super) fn go(&mut self) {
        let mut word = fs::OpenOptions::new().read(true).write(true).open(&self.go).unwrap();
        word.write_all(b"go\n").unwrap();
        self.word = Some(word);
    }

    pub(super) fn output(self) -> Output {
        self.child.wait_with_output().unwrap()
    }
}

/// Waits for something that must come.
#[track_caller]
pub(super) fn wait_for(what: &str, mut is_there: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_there() {
        assert!(begun.elapsed() < DEADLINE, "{what}: it has not come");
        std::thread::sleep(Duration::from_millis(5));
    }
}

pub(super) fn kill(signal: &str, pid: u32) {
    let status = Command::new("sh")
        .args(["-c", "kill -s $0 $1", signal, &pid.to_string()])
        .status();
    assert!(status.unwrap().success());
}

/// The children of a process that have this name.
pub(super) fn children(parent: u32, name: &str) -> Vec<u32> {
    let processes = fs::read_dir("/proc")
        .unwrap()
        .map(|entry| entry.unwrap().path().join("stat"));
    let stats = processes.filter_map(|path| fs::read_to_string(path).ok());
    let child = |stat: String| {
        let (pid, rest) = stat.split_once(" (")?;
        let (comm, rest) = rest.rsplit_once(") ")?;
        let of = rest.split(' ').nth(1)?.parse::<u32>().ok()?;
        // A program of another system is run by that system's loader.
        let is_named = comm == name
            || comm.starts_with("ld-linux")
                && fs::read_to_string(format!("/proc/{pid}/cmdline"))
                    .is_ok_and(|line| line.split('\0').any(|word| word.ends_with(&format!("/bin/{name}"))));
        (of == parent && is_named && !rest.starts_with('Z')).then(|| pid.parse().ok())?
    };
    stats.filter_map(child).collect()
}

/// Whether a process is there.
pub(super) fn is_alive(pid: u32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
}

/// The backends that write to a database for a run.
pub(super) const BACKENDS: &str =
    "FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'dumpsert, writing'";
