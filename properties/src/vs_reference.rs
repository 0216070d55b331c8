//! A dump made of the bytes of the input, by the grammar of pg_dump with any names and values: the engine says the same
//! as sqlparser on whole statements.

use std::collections::BTreeSet;

use dumpsert::{Options, Rewriter, Style};

use crate::reference::{split, upserts_of_dump, upserts_of_script};
use crate::source::Source;

fn identifier(source: &mut Source<'_>) -> String {
    const NAMES: [&str; 6] = ["v", "values", "_t", "excluded", "a_1", "name"];
    if source.one_in(4) {
        return source.choice(&NAMES).to_owned();
    }
    format!("\"{}x\"", source.text(20).replace('"', "\"\""))
}

fn literal(source: &mut Source<'_>) -> String {
    const OTHERS: [&str; 12] = [
        "NULL", "DEFAULT", "true", "false", "0", "-1", "1.5", "-0", "1e+15", "5e-324", "B'01'", "B''",
    ];
    if source.one_in(3) {
        return source.choice(&OTHERS).to_owned();
    }
    format!("'{}'", source.text(40).replace('\'', "''"))
}

fn statement(source: &mut Source<'_>) -> String {
    let table = identifier(source);
    let mut columns = vec!["id".to_owned()];
    let mut seen = BTreeSet::from(["id".to_owned()]);
    for _ in 0..source.below(4) {
        let column = identifier(source);
        if seen.insert(column.trim_matches('"').to_owned()) {
            columns.push(column);
        }
    }
    let overriding = if source.one_in(4) {
        "OVERRIDING SYSTEM VALUE "
    } else {
        ""
    };
    let tail = if source.one_in(4) {
        " ON CONFLICT DO NOTHING"
    } else {
        ""
    };
    let mut rows = Vec::new();
    for _ in 0..=source.below(3) {
        let values: Vec<String> = columns.iter().map(|_| literal(source)).collect();
        rows.push(format!("({})", values.join(", ")));
    }
    let rows = match rows.as_slice() {
        [one] => format!(" {one}"),
        rows => format!("\n\t{}", rows.join(",\n\t")),
    };
    let columns = columns.join(", ");
    format!("INSERT INTO public.{table} ({columns}) {overriding}VALUES{rows}{tail};\n")
}

/// The scanner and sqlparser read the same rows.
pub fn vs_reference(input: &[u8]) {
    let mut source = Source(input);
    let size = usize::from(source.byte()) + 1;
    let mut dump = String::new();
    while !source.is_empty() {
        dump.push_str(&statement(&mut source));
    }
    assert_eq!(split(&dump).concat(), dump);
    let plan = Options::new().with_style(Style::Rows).build().unwrap();
    let mut rewriter = Rewriter::new(&plan);
    let mut script = Vec::new();
    for chunk in dump.as_bytes().chunks(size) {
        rewriter
            .write(chunk, &mut script)
            .unwrap_or_else(|error| panic!("{error}\n{dump}"));
    }
    match rewriter.finish(&mut script) {
        Ok(_) => {}
        Err(error) if dump.is_empty() => return assert_eq!(error.kind(), dumpsert::ErrorKind::NotADump),
        Err(error) => panic!("{error}\n{dump}"),
    }
    let script = String::from_utf8(script).unwrap();
    let begin = script.find("CALL pg_temp.dumpsert_begin(").unwrap();
    let end = script.rfind(crate::allowed::EPILOGUE.as_str()).unwrap();
    assert_eq!(upserts_of_script(&script[begin..end]), upserts_of_dump(&dump), "{dump}");
}
