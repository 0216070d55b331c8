//! How both sides are reached: what people have, and what nobody may see.

use std::fs;

use dumpsert_testkit::Cluster;

use super::stage::{Stage, children};
use super::{Pair, fails, program, succeeds, text};

#[test]
fn services_sockets_variables_and_several_hosts() {
    let pair = Pair::new();
    let folder = tempfile::tempdir().unwrap();
    let (socket, port) = (
        Cluster::shared().socket_dir().to_str().unwrap(),
        Cluster::shared().port(),
    );
    let service = folder.path().join("services");
    fs::write(
        &service,
        format!(
            "[there]\nhost={socket}\nport={port}\nuser=postgres\ndbname={}\n",
            pair.source.name()
        ),
    )
    .unwrap();
    let target = pair.target.name();
    let encoded = socket.replace('/', "%2F");
    for (from, to) in [
        ("service=there".to_owned(), format!("user=postgres dbname={target}")),
        (
            "postgres://?service=there".to_owned(),
            format!("postgres://postgres@{encoded}:{port}/{target}"),
        ),
        (
            "service=there".to_owned(),
            format!("postgres:///{target}?host={encoded}&port={port}&user=postgres"),
        ),
        (
            "service=there".to_owned(),
            format!("host=/nowhere,{socket} port={port},{port} user=postgres dbname={target}"),
        ),
        // Of Prisma; the schema is the selection.
        (
            "service=there".to_owned(),
            format!("postgres://postgres@{encoded}:{port}/{target}?schema=public&connection_limit=1"),
        ),
    ] {
        let mut command = program(&pair.target, &["sync", "--from", &from, "--to", &to]);
        command.env("PGSERVICEFILE", &service).env_remove("PGUSER");
        let said = succeeds(command);
        assert!(said.contains("; committed; "), "{said}");
    }
    let mut command = program(&pair.target, &["sync"]);
    command
        .env("DUMPSERT_FROM", pair.source.name())
        .env("DUMPSERT_TO", target);
    succeeds(command);
    let mut command = program(&pair.target, &["sync", "--from", pair.source.name()]);
    command.env("DUMPSERT_TO", "");
    let said = fails(command, 2);
    assert!(
        said.contains("DUMPSERT_TO: the database cannot be read: it is empty"),
        "{said}"
    );
    let said = fails(program(&pair.target, &["sync", "--from", pair.source.name()]), 2);
    assert!(
        said.contains("give --to URL, or set the environment variable DUMPSERT_TO"),
        "{said}"
    );
}

#[test]
fn urls_of_prisma() {
    let pair = Pair::new();
    pair.source
        .execute("CREATE SCHEMA app; CREATE TABLE app.t (id integer PRIMARY KEY); INSERT INTO app.t VALUES (1);");
    pair.target
        .execute("CREATE SCHEMA app; CREATE TABLE app.t (id integer PRIMARY KEY);");
    let (from, to) = (
        format!("postgres:///{}", pair.source.name()),
        format!("postgres:///{}", pair.target.name()),
    );
    let sync = |from: &str, to: &str| program(&pair.target, &["sync", "--from", from, "--to", to]);
    let said = succeeds(sync(&format!("{from}?schema=app"), &to));
    assert!(said.contains("1 table: 1 inserted"), "{said}");
    let said = fails(sync(&format!("{from}?schema=app"), &format!("{to}?schema=public")), 2);
    assert!(said.contains("the URLs name two schemas, app and public"), "{said}");
    let said = fails(sync(&format!("{from}?pgbouncer=true"), &to), 2);
    assert!(
        said.contains("leads to a pooler") && said.contains("DIRECT_URL"),
        "{said}"
    );
}

/// Asked for by the server, the password comes from the URL, and is in no list of processes, message or report.
#[test]
fn passwords() {
    let cluster = Cluster::start();
    let (source, target) = (cluster.create("source"), cluster.create("target"));
    source.execute(&format!("{}{}", super::SCHEMA, super::SOURCE));
    target.execute(super::SCHEMA);
    source.execute("SET password_encryption = 'scram-sha-256'; CREATE ROLE reader SUPERUSER LOGIN PASSWORD 'readers-word'; CREATE ROLE writer SUPERUSER LOGIN PASSWORD 'it''s a: writer/word'");
    let hba = cluster.socket_dir().join("data/pg_hba.conf");
    let rules = format!(
        "local all postgres trust\nlocal all all scram-sha-256\n{}",
        fs::read_to_string(&hba).unwrap()
    );
    fs::write(&hba, rules).unwrap();
    source.execute("SELECT pg_reload_conf() \\g /dev/null");
    let from = "postgres://reader:readers-word@/source";
    let to = "postgres://writer:it%27s%20a%3A%20writer%2Fword@/target";
    let stage = Stage::new(&target);
    stage.pg_dump(
        &source.pg_dump(&["--data-only"]),
        1000,
        "read -r word <HERE/go\ncat HERE/rest",
    );
    let pair = Pair { source, target };
    let mut command = program(&pair.target, &["sync", "--bin-dir", stage.path("").to_str().unwrap()]);
    // Only the name of a variable is typed.
    command.env("DUMPSERT_FROM", from).env("DUMPSERT_TO", to);
    let report = stage.path("report");
    command.arg("--report").arg(&report);
    command
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped());
    let child = command.spawn().unwrap();
    super::stage::wait_for("pg_dump stops", || stage.path("held").exists());
    let mut seen = vec![child.id()];
    seen.extend(children(child.id(), "psql"));
    seen.extend(children(child.id(), "pg_dump"));
    assert_eq!(seen.len(), 3);
    let mut texts: Vec<String> = seen
        .iter()
        .map(|pid| text(&fs::read(format!("/proc/{pid}/cmdline")).unwrap()))
        .collect();
    fs::write(stage.path("go"), "go\n").unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    texts.extend([
        text(&output.stdout),
        text(&output.stderr),
        fs::read_to_string(report).unwrap(),
    ]);
    // A wrong one is not asked for, nor shown.
    for (from, to) in [
        (from, "postgres://writer:wrong-word@/target"),
        ("postgres://reader:wrong-word@/source", to),
        (from, "postgres://writer@/target"),
    ] {
        let mut command = program(&pair.target, &["sync"]);
        command.env("DUMPSERT_FROM", from).env("DUMPSERT_TO", to);
        let said = fails(command, 3);
        assert!(said.contains("password"), "{said}");
        texts.push(said);
    }
    for text in texts {
        assert!(
            !["readers-word", "wrong-word", "writer/word", "it%27s"]
                .iter()
                .any(|word| text.contains(word)),
            "{text}"
        );
    }
    assert_same_rows(&pair);
}

fn assert_same_rows(pair: &Pair) {
    super::assert_same(&pair.source, &pair.target);
}
