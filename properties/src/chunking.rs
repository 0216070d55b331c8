//! However the input is cut, the outcome is the same.

use dumpsert::{Plan, Rewriter};

use crate::choices;
use crate::source::Source;

/// Where an input is cut.
#[derive(Clone, Copy)]
enum Cuts {
    /// Into pieces of one size.
    Even(usize),
    /// Into pieces of many sizes, from none at all to more than the reader joins at once; this is the state of splitmix64.
    Uneven(u64),
}

impl Cuts {
    fn of(byte: u8) -> Self {
        match byte {
            0..64 => Self::Even(usize::from(byte) + 1),
            64.. => Self::Uneven(u64::from(byte)),
        }
    }

    fn next(&mut self) -> usize {
        let state = match self {
            Self::Even(size) => return *size,
            Self::Uneven(state) => state,
        };
        *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = *state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^= z >> 31;
        // Mostly small: a third at most 3 bytes, few thousands.
        let most = [4, 4, 4, 16, 16, 64, 64, 256, 5000][(z % 9) as usize];
        ((z >> 32) % most) as usize
    }
}

fn run<'a>(plan: &Plan, chunks: impl Iterator<Item = &'a [u8]>) -> (Vec<u8>, String) {
    let mut rewriter = Rewriter::new(plan);
    let mut out = Vec::new();
    for chunk in chunks {
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

/// However the input is cut, the same script, report or error. The first two bytes choose the options, the third says
/// where to cut.
pub fn chunking(input: &[u8]) {
    let mut source = Source(input);
    let plan = choices::plan(&mut source);
    let mut cuts = Cuts::of(source.byte());
    // The reader takes the first 512 bytes as a whole; behind them every cut counts.
    let dump = [b"-- ", [b'x'; 512].as_slice(), b"\n", source.0].concat();
    let whole = run(&plan, std::iter::once(dump.as_slice()));
    let mut rest = dump.as_slice();
    let chunks = std::iter::from_fn(|| {
        if rest.is_empty() {
            return None;
        }
        let (chunk, behind) = rest.split_at(cuts.next().min(rest.len()));
        rest = behind;
        Some(chunk)
    });
    assert_eq!(run(&plan, chunks), whole);
}
