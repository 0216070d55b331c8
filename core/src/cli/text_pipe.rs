//! A script in a pipe to a psql that reads its input as text, as that of Windows does.

use std::io::{self, Write};

use memchr::memchr2_iter;

/// What such a psql takes for the end of its input.
const SUB: u8 = 0x1a;

/// Passes on a script unless such a psql would read another one: it makes a line feed of CRLF, also inside of a value, and says
/// nothing. Where it reads a file by its name it changes nothing.
///
/// What comes before goes out, and nothing behind it: a script that is cut makes psql fail, wherever that is.
pub(super) struct TextPipe<W> {
    out: W,
    is_cut: bool,
    /// Whether the last byte was a carriage return.
    is_behind_cr: bool,
}

impl<W: Write> TextPipe<W> {
    pub(super) fn new(out: W) -> Self {
        Self {
            out,
            is_cut: false,
            is_behind_cr: false,
        }
    }

    /// Where such a psql would read something else.
    fn find(&self, bytes: &[u8]) -> Option<usize> {
        let is_behind_cr = |at: usize| match at.checked_sub(1) {
            Some(before) => bytes.get(before) == Some(&b'\r'),
            None => self.is_behind_cr,
        };
        memchr2_iter(SUB, b'\n', bytes).find(|&at| bytes.get(at) == Some(&SUB) || is_behind_cr(at))
    }

    fn cut(&mut self, bytes: &[u8], at: usize) -> io::Result<usize> {
        self.is_cut = true;
        self.out.write_all(bytes.get(..at).unwrap_or_default())?;
        self.out.flush()?;
        let what = match bytes.get(at) {
            Some(&SUB) => "the byte 1A (hexadecimal), which psql on Windows takes for the end of a pipe",
            _ => "CRLF in a value, of which psql on Windows makes a line feed when it reads it from a pipe",
        };
        Err(io::Error::other(format!(
            "it has {what}; write it to a file (-o merge.sql), which psql -f merge.sql reads as it is"
        )))
    }
}

impl<W: Write> Write for TextPipe<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.is_cut {
            return Err(io::Error::other("it was cut"));
        }
        if let Some(at) = self.find(bytes) {
            return self.cut(bytes, at);
        }
        let written = self.out.write(bytes)?;
        if let Some(before) = written.checked_sub(1) {
            self.is_behind_cr = bytes.get(before) == Some(&b'\r');
        }
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// At every cut.
    #[test]
    fn what_psql_would_read_otherwise_is_refused() {
        for (script, expected) in [
            (&b"SELECT 'a\r\nb';\n"[..], Some("CRLF")),
            (b"SELECT 'a\r\r\nb';\n", Some("CRLF")),
            (b"1\ta\x1ab\n", Some("1A")),
            (b"SELECT 'a\rb', 'c\n\rd';\n1\ta\\r\\nb\n", None),
        ] {
            for cut in 0..=script.len() {
                let (first, second) = script.split_at(cut);
                let mut pipe = TextPipe::new(Vec::new());
                let written = pipe.write_all(first).and_then(|()| pipe.write_all(second));
                match expected {
                    None => assert!(written.is_ok() && pipe.out == script),
                    Some(what) => {
                        assert!(written.unwrap_err().to_string().contains(what));
                        let at = script.iter().position(|byte| b"\n\x1a".contains(byte)).unwrap();
                        assert!(pipe.write_all(b"more").is_err());
                        assert_eq!(pipe.out, script[..at]);
                    }
                }
            }
        }
    }
}
