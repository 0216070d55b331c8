//! The quick start of the README, run as it stands there.
#![allow(clippy::unwrap_used, reason = "a test")]

use std::path::Path;

use dumpsert_testkit::Cluster;

#[test]
fn quick_start_of_the_command_line() {
    let readme = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md")).unwrap();
    let section = readme.split("## Quick start: command line").nth(1).unwrap();
    let block = section.split("```sh\n").nth(1).unwrap().split("```").next().unwrap();
    // The program is built already.
    let install = "cargo install --quiet --locked --path core --features cli\n";
    assert!(block.contains(install));
    let script = format!("set -eu -o pipefail\n{}", block.replace(install, ""));

    let cluster = Cluster::start();
    let source = cluster.create("source");
    source.execute(
        "CREATE TABLE public.parent (id serial PRIMARY KEY, v text);
         CREATE TABLE public.child (id integer PRIMARY KEY, parent integer REFERENCES public.parent);
         INSERT INTO public.parent (v) SELECT 'row; ' || g FROM generate_series(1, 100) AS g;
         INSERT INTO public.child SELECT g, g FROM generate_series(1, 100) AS g;",
    );
    let target = cluster.create_from("source", "target");
    target.execute("DELETE FROM public.child WHERE id > 50; UPDATE public.parent SET v = 'old' WHERE id < 9");

    let folder = tempfile::tempdir().unwrap();
    let program = Path::new(env!("CARGO_BIN_EXE_dumpsert")).parent().unwrap();
    // Where the server comes from, its clients come from too.
    let psql = source.command("psql");
    let clients = Path::new(psql.get_program()).parent().unwrap().display().to_string();
    let path = format!("{}:{clients}:{}", program.display(), std::env::var("PATH").unwrap());
    let mut command = source.command("/bin/bash");
    command.env("PATH", path);
    let output = command
        .arg("-c")
        .arg(script)
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(source.snapshot().diff(&target.snapshot()), Vec::<String>::new());
    assert!(folder.path().join("report.json").is_file());
}
