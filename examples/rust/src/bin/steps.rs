//! The staged merge without psql: its steps through a driver that can COPY, in a transaction of its own: `steps CONNECTION DUMP`.

use std::error::Error;
use std::fs::{self, File};
use std::io::Write;

use dumpsert::{Client, Options, StagedStep, Steps, Style};
use postgres::{Client as Connection, NoTls, SimpleQueryMessage, Transaction};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(connection), Some(dump)) = (arguments.next(), arguments.next()) else {
        return Err("usage: steps CONNECTION DUMP".into());
    };
    let plan = Options::new()
        .with_style(Style::Staged)
        .with_client(Client::Driver)
        .build()?;
    let mut connection = Connection::connect(&connection, NoTls)?;
    // A transaction that is dropped is rolled back: any `?` below leaves the target as it was.
    let mut transaction = connection.transaction()?;
    let mut steps = Steps::seekable(File::open(dump)?, &plan)?;
    while let Some(step) = steps.next() {
        match step? {
            StagedStep::Sql(sql) | StagedStep::Last(sql) => transaction.batch_execute(&sql)?,
            StagedStep::CopyBegin(sql) => copy(&mut transaction, &sql, &mut steps)?,
            // Here a program could also decide against it, and return before the last step and the COMMIT.
            StagedStep::Query(sql) => fs::write("result.json", ask(&mut transaction, &sql)?)?,
            _ => return Err("a step that this program does not know".into()),
        }
    }
    transaction.commit()?;
    Ok(())
}

fn ask(transaction: &mut Transaction<'_>, sql: &str) -> Result<String, Box<dyn Error>> {
    let messages = transaction.simple_query(sql)?;
    let row = messages.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0),
        _ => None,
    });
    Ok(row.unwrap_or_default().to_owned())
}

/// Sends the data that follow, to their end. A COPY that is dropped before fails.
fn copy(transaction: &mut Transaction<'_>, sql: &str, steps: &mut Steps<File>) -> Result<(), Box<dyn Error>> {
    let mut writer = transaction.copy_in(sql)?;
    for step in steps {
        match step? {
            StagedStep::CopyData(data) => writer.write_all(&data)?,
            _ => break,
        }
    }
    writer.finish()?;
    Ok(())
}
