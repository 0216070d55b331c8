//! A dump in a file becomes a script in a file: `merge_file DUMP SCHEMA SCRIPT`.

use std::error::Error;
use std::fs::{self, File};

use dumpsert::{Catalog, Options, Style, convert_file};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(dump), Some(schema), Some(script)) = (arguments.next(), arguments.next(), arguments.next()) else {
        return Err("usage: merge_file DUMP SCHEMA SCRIPT".into());
    };
    let catalog = Catalog::from_schema_sql(fs::read(schema)?)?;
    let plan = Options::new().with_style(Style::Rows).with_catalog(catalog)?.build()?;
    let report = convert_file(dump, File::create(script)?, &plan)?;
    fs::write("report.json", report.to_json())?;
    Ok(())
}
