//! However the input is cut, the outcome is the same. The first byte says where.
#![no_main]

use dumpsert::{NoKey, Options, Plan, Rewriter, Style};
use libfuzzer_sys::fuzz_target;

fn run(plan: &Plan, dump: &[u8], size: usize) -> (Vec<u8>, String) {
    let mut rewriter = Rewriter::new(plan);
    let mut out = Vec::new();
    for chunk in dump.chunks(size) {
        if let Err(error) = rewriter.write(chunk, &mut out) {
            return (out, error.to_string());
        }
    }
    let result = match rewriter.finish(&mut out) {
        Ok(report) => report.to_json(),
        Err(error) => error.to_string(),
    };
    (out, result)
}

fuzz_target!(|input: &[u8]| {
    let Some((&first, dump)) = input.split_first() else {
        return;
    };
    let style = if first & 1 == 0 { Style::Rows } else { Style::Staged };
    let plan = Options::new()
        .with_style(style)
        .with_no_key(NoKey::Insert)
        .build()
        .unwrap();
    // The reader takes the first 512 bytes as a whole; behind them every cut counts.
    let dump = [b"-- ", [b'x'; 512].as_slice(), b"\n", dump].concat();
    let whole = run(&plan, &dump, usize::MAX);
    assert_eq!(run(&plan, &dump, usize::from(first >> 1) + 1), whole);
});
