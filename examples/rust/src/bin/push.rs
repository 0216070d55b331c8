//! The machine without I/O, for programs that have loops of their own: standard input to standard output.

use std::error::Error;
use std::io::{self, Read, Write};

use dumpsert::{Options, Rewriter, Style};

fn main() -> Result<(), Box<dyn Error>> {
    let plan = Options::new().with_style(Style::Staged).build()?;
    let mut rewriter = Rewriter::new(&plan);
    let (mut input, mut output) = (io::stdin().lock(), io::stdout().lock());
    let mut chunk = vec![0; 64 * 1024];
    let mut script = Vec::new();
    loop {
        let read = input.read(&mut chunk)?;
        // After an error `script` ends with a statement that makes it fail: write it out all the same.
        let result = match chunk.get(..read) {
            None | Some([]) => rewriter.finish(&mut script).map(Some),
            Some(bytes) => rewriter.write(bytes, &mut script).map(|()| None),
        };
        output.write_all(&script)?;
        script.clear();
        if result?.is_some() {
            return Ok(());
        }
    }
}
