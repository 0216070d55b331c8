//! A reader of the caller's, who may have nothing for a long time: a run turns away from it where it has ended meanwhile.

use std::io::{self, ErrorKind, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

use super::Cancel;

/// Bytes of one piece.
const PIECE_BYTES: usize = 64 * 1024;
/// Pieces that may wait: one is read while another one is used.
const PIECES: usize = 2;
/// How often a run that waits for a piece looks whether it has ended.
const LOOKS_EVERY: Duration = Duration::from_millis(20);

/// What a reader gives, read on a thread of its own. A thread that waits for what does not come outlives the run.
pub(super) struct Handed {
    /// An empty piece is the end.
    pieces: Receiver<io::Result<Vec<u8>>>,
    piece: io::Cursor<Vec<u8>>,
    has_ended: bool,
    cancel: Cancel,
    is_over: Arc<AtomicBool>,
}

impl Handed {
    /// `is_over` says that nobody wants any more of it.
    pub(super) fn new(reader: Box<dyn Read + Send>, cancel: &Cancel, is_over: &Arc<AtomicBool>) -> Self {
        let (sender, pieces) = sync_channel(PIECES);
        std::thread::spawn(move || pass_on(reader, &sender));
        Self {
            pieces,
            piece: io::Cursor::default(),
            has_ended: false,
            cancel: cancel.clone(),
            is_over: is_over.clone(),
        }
    }

    fn next(&self) -> io::Result<Vec<u8>> {
        loop {
            if self.cancel.is_cancelled() || self.is_over.load(Ordering::SeqCst) {
                return Err(io::Error::other("the run has ended"));
            }
            match self.pieces.recv_timeout(LOOKS_EVERY) {
                Ok(piece) => return piece,
                Err(RecvTimeoutError::Timeout) => {}
                // An end without a word is no end of the dump.
                Err(RecvTimeoutError::Disconnected) => return Err(io::Error::other("the reader has panicked")),
            }
        }
    }
}

impl Read for Handed {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if out.is_empty() || self.has_ended {
            return Ok(0);
        }
        if self.piece.position() == self.piece.get_ref().len() as u64 {
            self.piece = io::Cursor::new(self.next()?);
            self.has_ended = self.piece.get_ref().is_empty();
        }
        self.piece.read(out)
    }
}

fn pass_on(mut reader: Box<dyn Read + Send>, to: &SyncSender<io::Result<Vec<u8>>>) {
    loop {
        let mut piece = vec![0; PIECE_BYTES];
        let read = match reader.read(&mut piece) {
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            read => read,
        };
        let is_last = !matches!(read, Ok(1..));
        let read = read.map(|read| {
            piece.truncate(read);
            piece
        });
        if to.send(read).is_err() || is_last {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives what it has, then waits until the channel is closed.
    struct Waits(&'static [u8], Receiver<()>);

    impl Read for Waits {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            match self.0.read(out)? {
                0 => {
                    let _ = self.1.recv();
                    Ok(0)
                }
                read => Ok(read),
            }
        }
    }

    #[test]
    fn pieces_come_whole_and_an_error_is_no_end() {
        let (cancel, is_over) = (Cancel::new(), Arc::default());
        let bytes: Vec<u8> = (0..300_000_u32).map(|number| number as u8).collect();
        let mut text = Vec::new();
        let mut reader = Handed::new(Box::new(io::Cursor::new(bytes.clone())), &cancel, &is_over);
        reader.read_to_end(&mut text).unwrap();
        assert!(text == bytes);
        struct Panics;
        impl Read for Panics {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                std::panic::resume_unwind(Box::new("made for tests"))
            }
        }
        let mut reader = Handed::new(Box::new(Panics), &cancel, &is_over);
        let error = reader.read_to_end(&mut text).unwrap_err();
        assert_eq!(error.to_string(), "the reader has panicked");
    }

    #[test]
    fn nobody_waits_for_a_run_that_has_ended() {
        for is_cancelled in [true, false] {
            let (cancel, is_over) = (Cancel::new(), Arc::new(AtomicBool::new(false)));
            let (_open, waits) = std::sync::mpsc::channel();
            let mut reader = Handed::new(Box::new(Waits(b"abc", waits)), &cancel, &is_over);
            let mut start = [0; 3];
            reader.read_exact(&mut start).unwrap();
            match is_cancelled {
                true => cancel.cancel(),
                false => is_over.store(true, Ordering::SeqCst),
            }
            assert!(reader.read(&mut start).is_err());
        }
    }
}
