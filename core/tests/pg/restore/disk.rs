//! The disk of the server fills up while the dump arrives. Only root can make a small one.

use std::path::PathBuf;
use std::process::Command;

use dumpsert_testkit::Cluster;

use super::{output, program, succeeds, text};

/// A file system of so many megabytes, which goes with this value.
struct Small(PathBuf);

impl Small {
    /// None where nobody may mount one.
    fn mount(megabytes: u32) -> Option<Self> {
        let folder = Cluster::shared().socket_dir().join("small");
        std::fs::create_dir(&folder).unwrap();
        let small = Self(folder);
        let size = format!("size={megabytes}m");
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

    fn grow(&self, megabytes: u32) {
        let size = format!("remount,size={megabytes}m");
        let grown = Command::new("mount").args(["-o", &size]).arg(&self.0).status();
        assert!(grown.unwrap().success());
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).output();
    }
}

#[test]
fn the_disk_is_full() {
    let Some(small) = Small::mount(2) else {
        eprintln!("not run: a file system can be mounted by root only");
        return;
    };
    let target = Cluster::shared().create_unique("disk");
    target.execute(
        "CREATE TABLE t (id integer PRIMARY KEY, v text); INSERT INTO t VALUES (1, 'old'), (900000, 'its own')",
    );
    target.execute(&format!("CREATE TABLESPACE small LOCATION '{}'", small.0.display()));
    target.execute(&format!(
        "ALTER DATABASE {} SET temp_tablespaces = small",
        target.name()
    ));
    let folder = tempfile::tempdir().unwrap();
    let dump = folder.path().join("dump.sql");
    let rows: String = (1..=40_000)
        .map(|id| format!("{id}\t{}\n", "row ".repeat(25)))
        .collect();
    std::fs::write(&dump, format!("COPY public.t (id, v) FROM stdin;\n{rows}\\.\n")).unwrap();
    let restore = || program(&target, &["restore", dump.to_str().unwrap(), "--to", target.name()]);
    let before = target.snapshot();
    let ended = output(restore());
    let said = text(&ended.stderr);
    assert_eq!(ended.status.code(), Some(3), "{said}");
    assert!(said.contains("No space left on device"), "{said}");
    assert!(said.trim_end().ends_with("nothing was changed"), "{said}");
    assert_eq!(target.snapshot().diff(&before), Vec::<String>::new());
    small.grow(64);
    assert!(succeeds(restore()).contains("39999 inserted, 1 updated"));
    target.execute(&format!("ALTER DATABASE {} RESET temp_tablespaces", target.name()));
}
