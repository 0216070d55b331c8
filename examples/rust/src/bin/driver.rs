//! Without psql: single statements through a driver, in a transaction of its own: `driver CONNECTION DUMP SCHEMA`.

use std::error::Error;
use std::fs::{self, File};

use dumpsert::{Catalog, Client, Options, Style, statements};
use postgres::{Client as Connection, NoTls, SimpleQueryMessage};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(connection), Some(dump), Some(schema)) = (arguments.next(), arguments.next(), arguments.next()) else {
        return Err("usage: driver CONNECTION DUMP SCHEMA".into());
    };
    let plan = Options::new()
        .with_style(Style::Batches)
        .with_client(Client::Driver)
        .with_catalog(Catalog::from_schema_sql(fs::read(schema)?)?)?
        .build()?;

    let mut connection = Connection::connect(&connection, NoTls)?;
    // A transaction that is dropped is rolled back: any `?` below leaves the target as it was.
    let mut transaction = connection.transaction()?;
    let mut result = None;
    for statement in statements(File::open(dump)?, &plan)? {
        for message in transaction.simple_query(&statement?)? {
            if let SimpleQueryMessage::Row(row) = message {
                result = row.get(0).map(str::to_owned);
            }
        }
    }
    transaction.commit()?;
    fs::write("result.json", result.unwrap_or_default())?;
    Ok(())
}
