//! Input that can be read again.

use std::io::{self, Read, Seek, SeekFrom, Write};

/// Input of up to this size is kept in memory, more of it in a temporary file.
const SPOOL_BYTES: usize = 4 << 20;

/// Input that can be read from its start again.
pub(crate) trait Again: Read {
    /// Goes back to the start; `last` says that it is for the last time.
    fn again(&mut self, last: bool) -> io::Result<()>;
}

/// Input that lies where it can be read again.
pub(crate) struct InPlace<'a, R>(pub(crate) &'a mut R);

impl<R: Read> Read for InPlace<'_, R> {
    fn read(&mut self, chunk: &mut [u8]) -> io::Result<usize> {
        self.0.read(chunk)
    }
}

impl<R: Read + Seek> Again for InPlace<'_, R> {
    fn again(&mut self, _: bool) -> io::Result<()> {
        self.0.seek(SeekFrom::Start(0)).map(|_| ())
    }
}

/// Keeps what is read of a pipe, as long as it is to be read again.
pub(crate) struct Spool<R> {
    reader: R,
    kept: tempfile::SpooledTempFile,
    length: u64,
    at: u64,
    keeps: bool,
}

impl<R: Read> Spool<R> {
    pub(crate) fn new(reader: R, keeps: bool) -> Self {
        Self {
            reader,
            kept: tempfile::SpooledTempFile::new(SPOOL_BYTES),
            length: 0,
            at: 0,
            keeps,
        }
    }
}

impl<R: Read> Read for Spool<R> {
    fn read(&mut self, chunk: &mut [u8]) -> io::Result<usize> {
        if self.at < self.length {
            // Its end is never passed: behind it the position is where the next bytes are kept.
            let read = self.kept.read(chunk)?;
            self.at += read as u64;
            if read == 0 && !chunk.is_empty() {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            return Ok(read);
        }
        let read = self.reader.read(chunk)?;
        if self.keeps {
            self.kept.write_all(chunk.get(..read).unwrap_or_default())?;
            self.length += read as u64;
            self.at = self.length;
        }
        Ok(read)
    }
}

impl<R: Read> Again for Spool<R> {
    fn again(&mut self, last: bool) -> io::Result<()> {
        self.keeps = !last;
        self.at = 0;
        self.kept.seek(SeekFrom::Start(0)).map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_comes_again_and_then_the_rest() {
        let text: Vec<u8> = (0..100_000_u32).flat_map(u32::to_le_bytes).collect();
        let mut spool = Spool::new(text.as_slice(), true);
        let mut first = vec![0; 1000];
        spool.read_exact(&mut first).unwrap();
        spool.again(false).unwrap();
        let mut second = vec![0; 150_000];
        spool.read_exact(&mut second).unwrap();
        spool.again(true).unwrap();
        let mut all = Vec::new();
        spool.read_to_end(&mut all).unwrap();
        assert!(all == text && text.starts_with(&first) && text.starts_with(&second));
    }
}
