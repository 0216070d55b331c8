//! The server.

use crate::Db;
use crate::run::spawn;
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

/// A PostgreSQL server of its own, reachable through a socket in a temporary directory only.
///
/// It is stopped and removed when this value is dropped, and also when the process ends in any other way.
#[derive(Debug)]
pub struct Cluster {
    server: Server,
    keeper: Child,
    sources: Mutex<BTreeSet<String>>,
    names: AtomicU32,
}

/// Where a server is and which programs belong to it.
#[derive(Debug, Clone)]
pub(crate) struct Server {
    pub(crate) socket_dir: PathBuf,
    pub(crate) port: u16,
    bindir: PathBuf,
    /// The root of another system's files, whose programs need that system's libraries.
    root: Option<PathBuf>,
}

impl Server {
    /// A client program of the server's own version, with no setting of the user's environment.
    pub(crate) fn command(&self, program: &str) -> Command {
        let program = self.bindir.join(program);
        let mut command = match &self.root {
            None => Command::new(program),
            Some(root) => with_libraries_of(root, &program),
        };
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("PG")) {
            command.env_remove(name);
        }
        command
            .env("PGHOST", &self.socket_dir)
            .env("PGPORT", self.port.to_string())
            .env("PGUSER", "postgres");
        command
    }
}

impl Server {
    /// A folder in which the client programs can be run by their names, also those of another system.
    pub(crate) fn programs(&self) -> PathBuf {
        let Some(root) = &self.root else {
            return self.bindir.clone();
        };
        static MADE: Mutex<()> = Mutex::new(());
        let _one_at_a_time = MADE.lock().unwrap_or_else(PoisonError::into_inner);
        let folder = self.socket_dir.join("programs");
        if !folder.exists() {
            std::fs::create_dir(&folder).unwrap();
            for name in ["psql", "pg_dump", "pg_restore", "pg_dumpall"] {
                let command = with_libraries_of(root, &self.bindir.join(name));
                let words = std::iter::once(command.get_program()).chain(command.get_args());
                let words: Vec<_> = words.map(|word| format!("'{}'", word.display())).collect();
                let file = folder.join(name);
                std::fs::write(&file, format!("#!/bin/sh\nexec {} \"$@\"\n", words.join(" "))).unwrap();
                std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
            }
        }
        folder
    }
}

impl Cluster {
    /// Starts a server; it takes a second or two. See [`Cluster::shared`] for the cheap way.
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// Starts a server with settings of `postgresql.conf`, such as `("wal_level", "logical")`.
    pub fn start_with(settings: &[(&str, &str)]) -> Self {
        Self::start_in(std::env::var_os("DUMPSERT_PG_ROOT").map(PathBuf::from), settings)
    }

    /// Starts a server of another PostgreSQL, out of the unpacked Debian below `root`, or of this machine's own.
    pub fn start_in(root: Option<PathBuf>, settings: &[(&str, &str)]) -> Self {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", include_str!("../server.sh"), "server.sh"]);
        command.args(settings.iter().map(|(name, value)| format!("{name}={value}")));
        match &root {
            Some(root) => command.env("DUMPSERT_PG_ROOT", root),
            None => command.env_remove("DUMPSERT_PG_ROOT"),
        };
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        // Its own process group: Ctrl-C is for the tests; the server goes when they have gone.
        let mut keeper = spawn(command.process_group(0));
        let mut lines = BufReader::new(keeper.stdout.take().unwrap())
            .lines()
            .map(Result::unwrap);
        let (Some(socket_dir), Some(port), Some(bindir)) = (lines.next(), lines.next(), lines.next()) else {
            let mut message = String::new();
            keeper.stderr.take().unwrap().read_to_string(&mut message).unwrap();
            let _ = keeper.wait();
            panic!("cannot start PostgreSQL: {message}");
        };
        let server = Server {
            socket_dir: socket_dir.into(),
            port: port.parse().unwrap(),
            bindir: bindir.into(),
            root,
        };
        Self {
            server,
            keeper,
            sources: Mutex::default(),
            names: AtomicU32::new(0),
        }
    }

    /// The server that all tests of this process share, started at first use.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Cluster> = OnceLock::new();
        SHARED.get_or_init(Self::start)
    }

    /// The directory of the server's socket, for `host=`.
    pub fn socket_dir(&self) -> &Path {
        &self.server.socket_dir
    }

    /// The server's port, which is part of the socket's name.
    pub fn port(&self) -> u16 {
        self.server.port
    }

    /// The server's major version, such as 15.
    pub fn major(&self) -> u32 {
        let rows = self.maintenance().query("SHOW server_version_num");
        rows[0][0].as_deref().unwrap().parse::<u32>().unwrap() / 10000
    }

    /// A database that exists already.
    pub fn db(&self, name: &str) -> Db {
        Db::new(self.server.clone(), name)
    }

    /// Creates an empty database.
    pub fn create(&self, name: &str) -> Db {
        self.create_from("template0", name)
    }

    /// Creates a database as a copy of another one.
    pub fn create_from(&self, template: &str, name: &str) -> Db {
        let db = self.db(name);
        self.maintenance().execute(&format!(
            "CREATE DATABASE {} TEMPLATE {};",
            quote_identifier(name),
            quote_identifier(template)
        ));
        db
    }

    /// A name that no other database of this server has.
    pub fn unique_name(&self, prefix: &str) -> String {
        format!("{prefix}_{}", self.names.fetch_add(1, Ordering::Relaxed))
    }

    /// Creates an empty database with a unique name.
    pub fn create_unique(&self, prefix: &str) -> Db {
        self.create(&self.unique_name(prefix))
    }

    /// Creates a copy of another database, with a unique name.
    pub fn copy_of(&self, template: &Db) -> Db {
        self.create_from(template.name(), &self.unique_name(template.name()))
    }

    /// A fresh copy of one of the databases in `testdata/sources/`: `torture`, `chinook` or `demo`.
    pub fn source(&self, name: &str) -> Db {
        let template = format!("source_{name}");
        // A panic while loading leaves the set as it was, so a poisoned lock is as good as any.
        let mut loaded = self.sources.lock().unwrap_or_else(PoisonError::into_inner);
        if !loaded.contains(name) {
            let db = self.create(&template);
            let parts = [
                format!("{name}.sql"),
                format!("{name}.schema.sql"),
                format!("{name}.data.sql"),
            ];
            let mut found = false;
            for file in parts
                .iter()
                .map(|part| crate::testdata("sources").join(part))
                .filter(|file| file.exists())
            {
                db.execute_file(&file, &[]);
                found = true;
            }
            assert!(found, "testdata/sources has no database {name}");
            loaded.insert(name.to_owned());
        }
        self.create_from(&template, &self.unique_name(name))
    }

    fn maintenance(&self) -> Db {
        self.db("postgres")
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        let _ = self.keeper.wait();
    }
}

/// Runs a program of another system with that system's loader and libraries, but in this one's file tree.
fn with_libraries_of(root: &Path, program: &Path) -> Command {
    let libraries = root.join(format!("usr/lib/{}-linux-gnu", std::env::consts::ARCH));
    let files = std::fs::read_dir(&libraries).unwrap().map(|file| file.unwrap().path());
    let is_loader = |file: &PathBuf| file.file_name().unwrap().to_string_lossy().starts_with("ld-linux-");
    let mut command = Command::new(files.into_iter().find(is_loader).expect("no ld-linux"));
    command.arg("--library-path").arg(libraries).arg(program);
    command
}

/// An identifier as PostgreSQL reads it back.
pub(crate) fn quote_identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
