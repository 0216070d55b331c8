//! Dumps by chunks, decompressed, and read ahead where the plan asks for it.

use std::io::{ErrorKind as IoErrorKind, Read, Seek};
use std::ops::Range;

use crate::dump::compression::{self, PlainReader};
use crate::error::{Error, Result};
use crate::plan::Plan;
use crate::prescan::{Again, InPlace, Prescan, Spool};
use crate::report::Report;
use crate::rewrite::rewriter::Rewriter;

/// How much is read at once.
pub(crate) const CHUNK_BYTES: usize = 256 * 1024;

/// The plain bytes of a dump; what was read ahead is read again first.
pub(crate) type Dump<R> = Spool<PlainReader<R>>;

/// A dump, and the plan, with what was learned of the dump where that was needed.
pub(crate) struct Input<R> {
    pub(crate) reader: Dump<R>,
    pub(crate) plan: Plan,
}

/// A dump by chunks, each of which may be read in several steps.
pub(crate) struct Chunks<R> {
    reader: Dump<R>,
    chunk: Vec<u8>,
    /// What is left of the chunk.
    rest: Range<usize>,
}

impl<R: Read> Chunks<R> {
    pub(crate) fn new(reader: Dump<R>) -> Self {
        Self {
            reader,
            chunk: vec![0; CHUNK_BYTES],
            rest: 0..0,
        }
    }

    /// Reads on until some of the script is written, or a chunk is read; at the end there is the report.
    pub(crate) fn step(&mut self, rewriter: &mut Rewriter, out: &mut Vec<u8>) -> Result<Option<Report>> {
        if self.rest.is_empty() {
            self.rest = 0..read_some(&mut self.reader, &mut self.chunk)?;
        }
        match self.chunk.get(self.rest.clone()) {
            None | Some([]) => rewriter.finish(out).map(Some),
            Some(bytes) => {
                self.rest.start += rewriter.write_some(bytes, out)?;
                Ok(None)
            }
        }
    }
}

/// Undoes compression, and reads ahead what has to be known before the rows are written.
pub(crate) fn open_reader<R: Read>(reader: R, plan: &Plan) -> Result<Input<R>> {
    let mut plain = PlainReader::new(reader);
    plain.open().map_err(Error::read)?;
    let mut reader = Spool::new(plain, plan.needs_prescan());
    let plan = read_ahead(&mut reader, plan)?;
    Ok(Input { reader, plan })
}

/// As [`open_reader`], for what can be read again where it lies, unless it is compressed.
pub(crate) fn open_seekable<R: Read + Seek>(mut reader: R, plan: &Plan) -> Result<Input<R>> {
    if !plan.needs_prescan() || compression::is_file_compressed(&mut reader).map_err(Error::read)? {
        return open_reader(reader, plan);
    }
    let plan = read_ahead(&mut InPlace(&mut reader), plan)?;
    Ok(Input {
        reader: Spool::new(PlainReader::uncompressed(reader), false),
        plan,
    })
}

/// Reads the dump as often as the plan asks for it, and goes back to its start.
fn read_ahead(input: &mut impl Again, plan: &Plan) -> Result<Plan> {
    let mut plan = plan.clone();
    if !plan.needs_prescan() {
        return Ok(plan);
    }
    let mut chunk = vec![0; CHUNK_BYTES];
    while plan.needs_prescan() {
        let mut prescan = Prescan::new(&plan)?;
        loop {
            let read = read_some(input, &mut chunk).map_err(|error| error.or_position(|| prescan.position()))?;
            match chunk.get(..read) {
                None | Some([]) => break,
                Some(bytes) if prescan.write(bytes)? => {}
                Some(_) => break,
            }
        }
        plan = prescan.finish()?;
        input.again(!plan.needs_prescan()).map_err(Error::read)?;
    }
    Ok(plan)
}

/// Reads once, whatever interrupts it.
pub(crate) fn read_some(reader: &mut impl Read, chunk: &mut [u8]) -> Result<usize> {
    loop {
        match reader.read(chunk) {
            Ok(read) => return Ok(read),
            Err(error) if error.kind() == IoErrorKind::Interrupted => {}
            Err(error) => return Err(Error::read(error)),
        }
    }
}
