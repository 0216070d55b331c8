//! A [`Reader`] of UTF-16, which reads what is decoded of it.

use super::Events;
use super::reader::Reader;
use crate::error::{Error, ErrorKind, Result};

impl Reader {
    /// Reads a chunk of UTF-16. Places are those of the same text in UTF-8.
    pub(super) fn take_utf16(&mut self, chunk: &[u8], events: &mut impl Events) -> Result<usize> {
        self.read_decoded(events)?;
        let Some(decoder) = self.utf16.as_mut().filter(|_| self.decoded.is_empty()) else {
            return Ok(0);
        };
        let result = decoder.decode(chunk, &mut self.decoded);
        self.encoded_bytes += chunk.len() as u64;
        if result.is_err() {
            self.pauses = false;
        }
        self.read_decoded(events)?;
        result.map_err(|error| error.or_position(|| self.position()))?;
        Ok(chunk.len())
    }

    /// Reads what is decoded, until the listener is full.
    pub(super) fn read_decoded(&mut self, events: &mut impl Events) -> Result<()> {
        let mut decoded = std::mem::take(&mut self.decoded);
        let read = self.feed(&decoded, events)?;
        decoded.drain(..read);
        self.decoded = decoded;
        Ok(())
    }

    /// What is UTF-16 is text already, and would be read in another encoding once more.
    pub(super) fn check_encoding(&self, encoding: &str) -> Result<()> {
        if self.utf16.is_none() || encoding == "UTF8" {
            return Ok(());
        }
        let message = format!("the input is UTF-16, and says that its encoding is {encoding}");
        Err(Error::new(ErrorKind::Encoding, message)
            .with_hint("dump with pg_dump -E UTF8, and let pg_dump write the file itself: pg_dump -f dump.sql …"))
    }
}
