//! However the input is cut, the outcome is the same. The first byte says where.

use dumpsert::{NoKey, Options, Plan, Rewriter, Style};

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

/// However the input is cut, the same script, report or error.
pub fn chunking(input: &[u8]) {
    let Some((&first, dump)) = input.split_first() else {
        return;
    };
    let style = match first & 3 {
        0 => Style::Rows,
        1 => Style::Batches,
        _ => Style::Staged,
    };
    let plan = Options::new()
        .with_style(style)
        .with_no_key(NoKey::Insert)
        .build()
        .unwrap();
    // The reader takes the first 512 bytes as a whole; behind them every cut counts.
    let dump = [b"-- ", [b'x'; 512].as_slice(), b"\n", dump].concat();
    let whole = run(&plan, &dump, usize::MAX);
    assert_eq!(run(&plan, &dump, usize::from(first >> 2) + 1), whole);
}
