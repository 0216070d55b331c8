//! The dump as it comes: decompressed, and kept in a temporary file where it has to be read more than once.

use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::mem::{replace, swap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use dumpsert::{PlainReader, is_compressed};
use tempfile::SpooledTempFile;

use crate::panics::lock;

/// How much is given to the rewriter at once.
const SLICE_BYTES: usize = 16 * 1024;
/// A dump up to this size is kept in memory while it waits to be read again.
const SPOOL_BYTES: usize = 2 << 20;

/// What the JavaScript thread has handed over.
#[derive(Default)]
pub(crate) struct Input {
    pub(crate) bytes: Vec<u8>,
    pub(crate) is_ended: bool,
}

/// The dump: first what was kept of it, then what comes.
pub(crate) struct Source {
    kept: Option<SpooledTempFile>,
    /// Whether `kept` is read at present, and whether what comes is kept.
    is_replayed: bool,
    is_kept: bool,
    /// What is read of `kept`, or decompressed.
    chunk: Vec<u8>,
    flow: Flow,
    /// What was given last, and how much of it was not read yet.
    given: usize,
    unread: usize,
    bytes: u64,
    used: Arc<AtomicU64>,
}

/// What comes.
enum Flow {
    /// The first bytes, which do not tell yet what it is.
    New(Arrivals),
    /// Only looked at where it lies, and not copied.
    Plain(Arrivals),
    Compressed(PlainReader<Arrivals>),
    /// Taken out, to become one of the others.
    Gone,
}

impl Source {
    pub(crate) fn new(input: Arc<Mutex<Input>>, is_kept: bool) -> Self {
        let used = Arc::default();
        Self {
            kept: None,
            is_replayed: false,
            is_kept,
            chunk: Vec::new(),
            flow: Flow::New(Arrivals::new(input, Arc::clone(&used))),
            given: 0,
            unread: 0,
            bytes: 0,
            used,
        }
    }

    /// Bytes of input that were used up.
    pub(crate) fn used(&self) -> u64 {
        self.used.load(Ordering::Relaxed)
    }

    /// Bytes that came, decompressed.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// So many of the bytes that were given were read; the others are given again.
    pub(crate) fn read(&mut self, bytes: usize) {
        self.unread = self.unread.saturating_sub(bytes);
    }

    /// What was given and not read.
    fn rest(&self) -> &[u8] {
        let given = match &self.flow {
            Flow::Plain(arrivals) if !self.is_replayed => arrivals.last(self.given),
            _ => self.chunk.get(..self.given).unwrap_or_default(),
        };
        given
            .get(given.len() - self.unread.min(given.len())..)
            .unwrap_or_default()
    }

    /// The next bytes, none at the end, or `None` where they have not come yet. All count as unread until
    /// [`read`](Self::read) says otherwise.
    pub(crate) fn next(&mut self) -> io::Result<Option<&[u8]>> {
        if self.unread == 0 {
            let came = self.come()?;
            self.given = came.unwrap_or(0);
            self.unread = self.given;
            if came.is_none() {
                return Ok(None);
            }
        }
        Ok(Some(self.rest()))
    }

    /// Takes the next bytes; returns how many.
    fn come(&mut self) -> io::Result<Option<usize>> {
        if let Some(kept) = self.kept.as_mut().filter(|_| self.is_replayed) {
            self.chunk.resize(SLICE_BYTES, 0);
            let read = kept.read(&mut self.chunk)?;
            if read > 0 {
                return Ok(Some(read));
            }
            self.is_replayed = false;
            if !self.is_kept {
                self.kept = None;
                self.chunk = Vec::new();
            }
        }
        if let Flow::New(arrivals) = &mut self.flow {
            let Some(is_compressed) = arrivals.is_compressed() else {
                return Ok(None);
            };
            self.flow = match replace(&mut self.flow, Flow::Gone) {
                Flow::New(arrivals) if is_compressed => Flow::Compressed(PlainReader::new(arrivals)),
                Flow::New(arrivals) => Flow::Plain(arrivals),
                other => other,
            };
        }
        let came = match &mut self.flow {
            Flow::Plain(arrivals) => arrivals.take(SLICE_BYTES),
            Flow::Compressed(reader) => {
                self.chunk.resize(SLICE_BYTES, 0);
                reader
                    .read(&mut self.chunk)
                    .map(|read| self.chunk.get(..read).unwrap_or_default())
            }
            Flow::New(_) | Flow::Gone => Ok(&[][..]),
        };
        let slice = match came {
            Ok(slice) => slice,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(None),
            Err(error) => return Err(error),
        };
        let length = slice.len();
        self.bytes += length as u64;
        if self.is_kept {
            let kept = self.kept.get_or_insert_with(|| SpooledTempFile::new(SPOOL_BYTES));
            kept.write_all(slice)?;
        }
        Ok(Some(length))
    }

    /// Goes back to the start of what was kept.
    pub(crate) fn rewind(&mut self, is_kept: bool) -> io::Result<()> {
        self.is_kept = is_kept;
        self.unread = 0;
        if let Some(kept) = &mut self.kept {
            self.is_replayed = true;
            kept.seek(SeekFrom::Start(0))?;
        }
        Ok(())
    }
}

/// What has come from the JavaScript thread, of which all up to `read` was looked at. As a reader it says
/// [`ErrorKind::WouldBlock`] where more has to come first.
struct Arrivals {
    more: Arc<Mutex<Input>>,
    bytes: Vec<u8>,
    read: usize,
    is_ended: bool,
    used: Arc<AtomicU64>,
}

impl Arrivals {
    fn new(more: Arc<Mutex<Input>>, used: Arc<AtomicU64>) -> Self {
        Self {
            more,
            bytes: Vec::new(),
            read: 0,
            is_ended: false,
            used,
        }
    }

    /// Takes over what was handed over.
    fn fetch(&mut self) {
        let mut more = lock(&self.more);
        self.is_ended = more.is_ended;
        if self.bytes.is_empty() {
            swap(&mut self.bytes, &mut more.bytes);
        } else {
            self.bytes.append(&mut more.bytes);
        }
    }

    /// Whether the dump is compressed, as far as its first bytes have come.
    fn is_compressed(&mut self) -> Option<bool> {
        self.fetch();
        is_compressed(&self.bytes).or(self.is_ended.then_some(false))
    }

    /// The last bytes that were taken.
    fn last(&self, bytes: usize) -> &[u8] {
        self.bytes
            .get(self.read.saturating_sub(bytes)..self.read)
            .unwrap_or_default()
    }

    /// The next bytes, none at the end.
    fn take(&mut self, most: usize) -> io::Result<&[u8]> {
        if self.read == self.bytes.len() {
            self.bytes.clear();
            self.read = 0;
            self.fetch();
            if self.bytes.is_empty() && !self.is_ended {
                return Err(ErrorKind::WouldBlock.into());
            }
        }
        let start = self.read;
        self.read = self.bytes.len().min(start.saturating_add(most));
        let slice = self.bytes.get(start..self.read).unwrap_or_default();
        self.used.fetch_add(slice.len() as u64, Ordering::Relaxed);
        Ok(slice)
    }
}

impl Read for Arrivals {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let mut bytes = self.take(out.len())?;
        bytes.read(out)
    }
}
