//! Writes a generated dump to standard output: `generate inserts|copy MEGABYTES`, or one value of so many: `generate value
//! MEGABYTES`, or a full dump of many businesses: `generate tenants|tenants-copy MEGABYTES [DEMOS_PERCENT=10]`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a tool for benchmarks"
)]

use std::io::{BufWriter, Write};

use dumpsert_benches::{Rows, write_dump, write_tenants};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (kind, megabytes, demos) = match arguments.as_slice() {
        [kind, megabytes] => (kind, megabytes, 10),
        [kind, megabytes, demos] => (kind, megabytes, demos.parse().expect("a percentage")),
        _ => {
            eprintln!("usage: generate inserts|copy|value|tenants|tenants-copy MEGABYTES [DEMOS_PERCENT]");
            std::process::exit(2);
        }
    };
    let bytes = megabytes.parse::<u64>().expect("a number of megabytes") << 20;
    let mut out = BufWriter::new(std::io::stdout().lock());
    let mut write = |part: &[u8]| out.write_all(part).unwrap();
    match kind.as_str() {
        "inserts" => write_dump(bytes, Rows::Inserts, &mut write),
        "copy" => write_dump(bytes, Rows::Copy, &mut write),
        "tenants" => write_tenants(bytes, demos, Rows::Inserts, &mut write),
        "tenants-copy" => write_tenants(bytes, demos, Rows::Copy, &mut write),
        "value" => {
            let line = "a line of text, with it''s quotes; and more\n".repeat(1000);
            write(b"INSERT INTO public.t (id, v) VALUES (1, '");
            for _ in 0..bytes / line.len() as u64 {
                write(line.as_bytes());
            }
            write(b"');\n");
        }
        other => panic!("what is `{other}`?"),
    }
    out.flush().unwrap();
}
