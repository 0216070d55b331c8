//! Programs whose standard streams are text, as those of Windows are: what they write has a carriage return before every line
//! feed, and of what they read CRLF becomes a line feed, wherever it stands. Both are undone to the byte, so that values keep
//! what they have. Whether a program does so is seen by what it does, and not by the system.

use std::io::{self, Read};

use memchr::{memchr, memchr_iter};

use crate::error::{Error, ErrorKind, Result};

/// The query by which psql is found out: of a literal with CRLF, 2 bytes arrive, or 1.
pub(super) const PROBE: &str = "pg_catalog.octet_length('\r\n')";

/// How a program reads its standard input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Input {
    Binary,
    Text,
}

impl Input {
    /// By the answer to [`PROBE`].
    pub(super) fn of(answer: &str) -> Result<Self> {
        match answer {
            "2" => Ok(Self::Binary),
            "1" => Ok(Self::Text),
            _ => {
                let message = "what psql reads is not what it is given";
                Err(Error::new(ErrorKind::Program, message))
            }
        }
    }

    /// What has to be written so that the program reads `bytes`; nothing where that is the same.
    pub(super) fn translated(self, bytes: &[u8]) -> Result<Option<Vec<u8>>> {
        /// What a program that reads text takes for the end of it.
        const SUB: u8 = 0x1a;

        if self == Self::Binary {
            return Ok(None);
        }
        if memchr(SUB, bytes).is_some() {
            let message = "the dump has the byte 1A (hexadecimal), which this psql takes for the end of its input";
            return Err(Error::new(ErrorKind::Program, message).with_hint(
                "write the script to a file (dumpsert convert -o merge.sql) and run psql -f merge.sql, or restore over a \
                 connection of Node or Python, which needs no psql",
            ));
        }
        let mut text = Vec::with_capacity(bytes.len() + bytes.len() / 16);
        for line in bytes.split_inclusive(|&byte| byte == b'\n') {
            match line.strip_suffix(b"\n") {
                Some(line) => {
                    text.extend_from_slice(line);
                    text.extend_from_slice(b"\r\n");
                }
                None => text.extend_from_slice(line),
            }
        }
        Ok(Some(text))
    }
}

/// A reader of what a program has written. Where its first line ends in CRLF, all line feeds have got a carriage return, and
/// one before each of them is taken away.
pub(super) struct Output<R> {
    reader: R,
    is_text: Option<bool>,
    /// A carriage return that was read and may go.
    held: bool,
    /// What was read and not taken yet.
    ready: Vec<u8>,
    taken: usize,
    buffer: Vec<u8>,
}

/// As much as a pipe holds.
const BUFFER_BYTES: usize = 64 * 1024;

impl<R: Read> Output<R> {
    pub(super) fn new(reader: R) -> Self {
        Self {
            reader,
            is_text: None,
            held: false,
            ready: Vec::new(),
            taken: 0,
            buffer: Vec::new(),
        }
    }

    /// Reads on; `false` at the end.
    fn fill(&mut self) -> io::Result<bool> {
        let mut buffer = std::mem::take(&mut self.buffer);
        buffer.resize(BUFFER_BYTES, 0);
        let read = self.reader.read(&mut buffer)?;
        let is_more = self.undo(buffer.get(..read).unwrap_or_default());
        self.buffer = buffer;
        is_more
    }

    /// Makes ready what was read, which is nothing at the end.
    fn undo(&mut self, bytes: &[u8]) -> io::Result<bool> {
        self.ready.clear();
        self.taken = 0;
        if bytes.is_empty() {
            // The last byte of all is the value's own, or belongs to nothing.
            self.ready.extend(std::mem::take(&mut self.held).then_some(b'\r'));
            return Ok(!self.ready.is_empty());
        }
        if self.is_text.is_none()
            && let Some(end) = memchr(b'\n', bytes)
        {
            let before = match end.checked_sub(1) {
                Some(before) => bytes.get(before) == Some(&b'\r'),
                None => self.held,
            };
            self.is_text = Some(before);
        }
        if self.is_text == Some(false) {
            self.ready.extend(std::mem::take(&mut self.held).then_some(b'\r'));
            self.ready.extend_from_slice(bytes);
            return Ok(true);
        }
        let mut from = 0;
        for end in memchr_iter(b'\n', bytes) {
            let line = bytes.get(from..end).unwrap_or_default();
            self.line(line)?;
            from = end + 1;
        }
        let rest = bytes.get(from..).unwrap_or_default();
        if !rest.is_empty() {
            self.ready.extend(std::mem::take(&mut self.held).then_some(b'\r'));
            let kept = rest.strip_suffix(b"\r");
            self.held = kept.is_some();
            self.ready.extend_from_slice(kept.unwrap_or(rest));
        }
        Ok(true)
    }

    /// Takes the rest of a line, without the carriage return at its end.
    fn line(&mut self, line: &[u8]) -> io::Result<()> {
        let held = std::mem::take(&mut self.held);
        let kept = match (line.strip_suffix(b"\r"), line.is_empty() && held) {
            (Some(kept), _) => {
                self.ready.extend(held.then_some(b'\r'));
                kept
            }
            (None, true) => line,
            (None, false) => {
                return Err(io::Error::other(
                    "a line ends without a carriage return, and the first one had one",
                ));
            }
        };
        self.ready.extend_from_slice(kept);
        self.ready.push(b'\n');
        Ok(())
    }
}

impl<R: Read> Read for Output<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if out.is_empty() {
            return Ok(0);
        }
        // Where nothing has to go, nothing is copied.
        if self.is_text == Some(false) && self.taken == self.ready.len() {
            return self.reader.read(out);
        }
        while self.taken == self.ready.len() {
            if !self.fill()? {
                return Ok(0);
            }
        }
        let mut rest = self.ready.get(self.taken..).unwrap_or_default();
        let read = rest.read(out)?;
        self.taken += read;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the C library of Windows does to a stream that is text: as it is written, and as it is read.
    fn written(bytes: &[u8]) -> Vec<u8> {
        let mut text = Vec::new();
        for &byte in bytes {
            text.extend((byte == b'\n').then_some(b'\r'));
            text.push(byte);
        }
        text
    }

    fn read(text: &[u8]) -> Vec<u8> {
        let mut bytes = text.to_vec();
        let mut at = 0;
        while at + 1 < bytes.len() {
            if bytes[at..].starts_with(b"\r\n") {
                bytes.remove(at);
            }
            at += 1;
        }
        bytes
    }

    /// Hands over what it has in pieces of some length.
    struct Pieces<'a>(&'a [u8], usize);

    impl Read for Pieces<'_> {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            let length = self.1.min(out.len());
            self.0.read(&mut out[..length])
        }
    }

    const TEXTS: [&[u8]; 8] = [
        b"--\n-- a dump\n'crlf \r\n, lf \n, cr \r, both \r\r\n\n\r'\n",
        b"\n\n\r\n",
        b"first\nlast without an end\r",
        b"first\n\r\r\r\n\r",
        b"none",
        b"cr\r",
        b"",
        b"a\r\r\r\nb\n",
    ];

    #[test]
    fn what_was_written_as_text_is_undone_at_every_cut() {
        for bytes in TEXTS {
            let text = written(bytes);
            for length in 1..=text.len().max(1) {
                let mut undone = Vec::new();
                Output::new(Pieces(&text, length)).read_to_end(&mut undone).unwrap();
                assert_eq!(undone, bytes, "in pieces of {length}");
            }
        }
    }

    #[test]
    fn what_was_written_as_it_is_stays() {
        for bytes in [&b"--\n'a\r\nb\r'\n\r\n"[..], b"\nx\r\n", b"\r", b"none", b"\rx\n\r\n"] {
            for length in 1..=bytes.len() {
                let mut same = Vec::new();
                Output::new(Pieces(bytes, length)).read_to_end(&mut same).unwrap();
                assert_eq!(same, bytes, "in pieces of {length}");
            }
        }
    }

    #[test]
    fn a_line_that_ends_otherwise_is_an_error() {
        for text in [&b"--\r\na\nb\r\n"[..], b"\r\n\n", b"a\r\n\r\nb\n"] {
            for length in 1..=text.len() {
                let error = Output::new(Pieces(text, length)).read_to_end(&mut Vec::new());
                assert!(error.unwrap_err().to_string().contains("carriage return"));
            }
        }
    }

    #[test]
    fn what_is_read_as_text_is_what_was_meant() {
        for bytes in TEXTS {
            for cut in 0..=bytes.len() {
                let (first, second) = bytes.split_at(cut);
                let text = [first, second].map(|part| Input::Text.translated(part).unwrap().unwrap());
                assert_eq!(read(&text.concat()), bytes);
            }
            assert_eq!(Input::Binary.translated(bytes).unwrap(), None);
        }
        let error = Input::Text.translated(b"a\x1ab").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Program);
        assert_eq!(Input::Binary.translated(b"a\x1ab").unwrap(), None);
        assert_eq!(
            (Input::of("1").unwrap(), Input::of("2").unwrap()),
            (Input::Text, Input::Binary)
        );
        assert!(Input::of("0").is_err());
    }
}
