//! `pg_dump SOURCE` → dumpsert → `psql TARGET`, in one program: `pipe SOURCE TARGET`.

use std::error::Error;
use std::process::{Command, Stdio};

use dumpsert::{Options, Style, convert};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(source), Some(target)) = (arguments.next(), arguments.next()) else {
        return Err("usage: pipe SOURCE TARGET".into());
    };
    let mut pg_dump = Command::new("pg_dump").arg(source).stdout(Stdio::piped()).spawn()?;
    let mut psql = Command::new("psql")
        .args(["-X", "-d", &target])
        .stdin(Stdio::piped())
        .spawn()?;
    let (Some(dump), Some(script)) = (pg_dump.stdout.take(), psql.stdin.take()) else {
        return Err("no pipe".into());
    };

    let plan = Options::new().with_style(Style::Staged).build()?;
    // `script` is closed when this returns, and psql sees the end of its input.
    let converted = convert(dump, script, &plan);

    // psql knows best what went wrong, if it did: then our end of the pipe was only closed early.
    let (psql, pg_dump) = (psql.wait()?, pg_dump.wait()?);
    if !psql.success() {
        return Err(format!("psql: {psql}; nothing was changed").into());
    }
    converted?;
    if !pg_dump.success() {
        return Err(format!("pg_dump: {pg_dump}").into());
    }
    Ok(())
}
