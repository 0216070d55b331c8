//! The disk of the server fills up, while the dump arrives or while it is merged. Only root can make a small one.

use std::path::PathBuf;
use std::process::Command;

use dumpsert_testkit::Cluster;

use super::{output, program, succeeds, text};

/// A file system of so many kilobytes, which goes with this value.
struct Small(PathBuf);

impl Small {
    /// None where nobody may mount one.
    fn mount(kilobytes: u32) -> Option<Self> {
        let folder = Cluster::shared().socket_dir().join("small");
        std::fs::create_dir(&folder).unwrap();
        let small = Self(folder);
        let size = format!("size={kilobytes}k");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &size, "tmpfs"])
            .arg(&small.0)
            .output();
        if !mounted.is_ok_and(|output| output.status.success()) {
            return None;
        }
        let owner = Command::new("chown").arg("postgres").arg(&small.0).status();
        assert!(owner.unwrap().success());
        Some(small)
    }

    fn resize(&self, kilobytes: u32) {
        let size = format!("remount,size={kilobytes}k");
        let resized = Command::new("mount").args(["-o", &size]).arg(&self.0).status();
        assert!(resized.unwrap().success());
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).output();
    }
}

/// Ten points while the rows arrive, which take more than that, and ten while they are written.
#[test]
fn the_disk_is_full() {
    const LARGE: u32 = 64 * 1024;

    let Some(small) = Small::mount(LARGE) else {
        eprintln!("not run: a file system can be mounted by root only");
        return;
    };
    let target = Cluster::shared().create_unique("disk");
    target.execute(
        "CREATE TABLE t (id integer PRIMARY KEY, v text); INSERT INTO t VALUES (1, 'old'), (900000, 'its own')",
    );
    // A server of another major version sees the folder that it was unpacked into as its root.
    let root = std::env::var("DUMPSERT_PG_ROOT").unwrap_or_default();
    let seen = small.0.strip_prefix(&root).unwrap_or(&small.0);
    let location = format!("/{}", seen.display().to_string().trim_start_matches('/'));
    target.execute(&format!("CREATE TABLESPACE small LOCATION '{location}'"));
    let folder = tempfile::tempdir().unwrap();
    let dump = folder.path().join("dump.sql");
    let rows: String = (1..=40_000)
        .map(|id| format!("{id}\t{}\n", "row ".repeat(25)))
        .collect();
    std::fs::write(&dump, format!("COPY public.t (id, v) FROM stdin;\n{rows}\\.\n")).unwrap();
    let restore = || program(&target, &["restore", dump.to_str().unwrap(), "--to", target.name()]);
    let before = target.snapshot();
    let fails_at = |kilobytes: u32| {
        small.resize(kilobytes);
        let ended = output(restore());
        let said = text(&ended.stderr);
        assert_eq!(ended.status.code(), Some(3), "{kilobytes} kB: {said}");
        // The latter two where half a page still fits.
        let told = [
            "No space left on device",
            "Check free disk space",
            "The disk of the server is full",
        ];
        assert!(told.iter().any(|told| said.contains(told)), "{kilobytes} kB: {said}");
        assert!(said.contains("nothing was changed"), "{kilobytes} kB: {said}");
        assert_eq!(target.snapshot().diff(&before), Vec::<String>::new(), "{kilobytes} kB");
    };
    let name = target.name();
    target.execute(&format!("ALTER DATABASE {name} SET temp_tablespaces = small"));
    for point in 0..10 {
        fails_at(40 + point * 500);
    }
    target.execute(&format!("ALTER DATABASE {name} RESET temp_tablespaces"));
    small.resize(LARGE);
    target.execute("ALTER TABLE t SET TABLESPACE small; ALTER INDEX t_pkey SET TABLESPACE small; CHECKPOINT");
    for point in 0..10 {
        fails_at(40 + point * 500);
    }
    small.resize(LARGE);
    assert!(succeeds(restore()).contains("39999 inserted, 1 updated"));
    target.execute("ALTER TABLE t SET TABLESPACE pg_default; ALTER INDEX t_pkey SET TABLESPACE pg_default");
}
