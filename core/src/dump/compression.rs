//! Dumps that are compressed: `pg_dump -Z`, `gzip`, `zstd`.

use std::fmt;
use std::io::{self, Read, Seek, SeekFrom};

#[cfg(feature = "decompress")]
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};
#[cfg(feature = "decompress")]
use std::io::{BufRead, BufReader};

/// How much compressed input is read at once.
#[cfg(feature = "decompress")]
const BUFFER_BYTES: usize = 64 * 1024;

/// The largest block that zstd allows.
#[cfg(feature = "decompress")]
const ZSTD_BLOCK_BYTES: usize = 128 * 1024;

const GZIP: &[u8] = &[0x1f, 0x8b];
const ZSTD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];

/// Whether input that begins with `start` is compressed with gzip or zstd; `None` where more bytes have to come before
/// that can be told.
///
/// ```
/// use dumpsert::is_compressed;
///
/// assert_eq!(is_compressed(b"-- PostgreSQL"), Some(false));
/// assert_eq!(is_compressed(b"\x1f"), None);
/// assert_eq!(is_compressed(b"\x1f\x8b"), Some(true));
/// ```
pub fn is_compressed(start: &[u8]) -> Option<bool> {
    if start.starts_with(GZIP) || start.starts_with(ZSTD) {
        Some(true)
    } else if GZIP.starts_with(start) || ZSTD.starts_with(start) {
        None
    } else {
        Some(false)
    }
}

/// Whether a file is compressed in a way that [`PlainReader`] undoes; leaves it at its start.
pub(crate) fn is_file_compressed(file: &mut (impl Read + Seek)) -> io::Result<bool> {
    let mut start = Vec::new();
    file.take(ZSTD.len() as u64).read_to_end(&mut start)?;
    file.seek(SeekFrom::Start(0))?;
    Ok(is_compressed(&start) == Some(true))
}

/// A reader, and the bytes of it that were read already.
type Joined<R> = io::Chain<io::Cursor<Vec<u8>>, R>;

/// The plain bytes of a reader, compressed with gzip or zstd or not, which its first bytes tell.
///
/// It takes at most 64 KiB of the reader in advance. For zstd it holds as much of what is decompressed as the frame
/// declares as its window, and refuses more than 128 MiB. Where the reader says [`io::ErrorKind::WouldBlock`] it says so
/// too, and can be asked again when there is more: nothing is lost. Without the feature `decompress`, compressed bytes pass
/// as they are; a [`Rewriter`](crate::Rewriter) refuses them.
///
/// ```
/// use dumpsert::PlainReader;
///
/// let mut text = String::new();
/// std::io::Read::read_to_string(&mut PlainReader::new(&b"-- PostgreSQL"[..]), &mut text)?;
/// assert_eq!(text, "-- PostgreSQL");
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct PlainReader<R>(State<R>);

impl<R> fmt::Debug for PlainReader<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PlainReader").finish_non_exhaustive()
    }
}

enum State<R> {
    /// The first bytes. The reader is gone where it was taken out to become one of the others.
    New(Vec<u8>, Option<R>),
    Uncompressed(Joined<R>),
    #[cfg(feature = "decompress")]
    Gzip(Box<flate2::bufread::MultiGzDecoder<BufReader<Joined<R>>>>),
    #[cfg(feature = "decompress")]
    Zstd(Box<ZstdFrames<BufReader<Joined<R>>>>),
}

impl<R: Read> PlainReader<R> {
    /// The plain bytes of `reader`, of which nothing is read yet.
    pub fn new(reader: R) -> Self {
        Self(State::New(Vec::new(), Some(reader)))
    }

    /// A reader that is known not to be compressed.
    pub(crate) fn uncompressed(reader: R) -> Self {
        Self(State::Uncompressed(io::Cursor::default().chain(reader)))
    }

    /// Finds out whether it is compressed.
    pub(crate) fn open(&mut self) -> io::Result<()> {
        let State::New(start, slot) = &mut self.0 else {
            return Ok(());
        };
        if let Some(reader) = slot {
            while is_compressed(start).is_none() {
                if reader.by_ref().take(1).read_to_end(start)? == 0 {
                    break;
                }
            }
        }
        if let Some(reader) = slot.take() {
            self.0 = opened(std::mem::take(start), reader);
        }
        Ok(())
    }
}

fn opened<R: Read>(start: Vec<u8>, reader: R) -> State<R> {
    #[cfg(feature = "decompress")]
    let magic = [GZIP, ZSTD].map(|magic| start.starts_with(magic));
    let joined = io::Cursor::new(start).chain(reader);
    #[cfg(feature = "decompress")]
    match magic {
        [true, _] => {
            let buffered = BufReader::with_capacity(BUFFER_BYTES, joined);
            return State::Gzip(Box::new(flate2::bufread::MultiGzDecoder::new(buffered)));
        }
        [_, true] => {
            let buffered = BufReader::with_capacity(BUFFER_BYTES, joined);
            return State::Zstd(Box::new(ZstdFrames::new(buffered)));
        }
        _ => {}
    }
    // Without the feature it is refused where the dump is read, by the same bytes.
    State::Uncompressed(joined)
}

impl<R: Read> Read for PlainReader<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        self.open()?;
        match &mut self.0 {
            State::New(..) => Ok(0),
            State::Uncompressed(reader) => reader.read(out),
            #[cfg(feature = "decompress")]
            State::Gzip(reader) => reader.read(out),
            #[cfg(feature = "decompress")]
            State::Zstd(reader) => reader.read(out),
        }
    }
}

/// One zstd frame after the other, as `zstd` itself reads them.
#[cfg(feature = "decompress")]
struct ZstdFrames<R> {
    reader: R,
    /// The header or the block that comes, of which the decoder takes only whole ones: it could not go on inside of one
    /// after the reader had nothing for a while.
    unit: Vec<u8>,
    /// The frame that is being read.
    frame: Option<FrameDecoder>,
    has_checksum: bool,
}

#[cfg(feature = "decompress")]
impl<R: BufRead> ZstdFrames<R> {
    fn new(reader: R) -> Self {
        Self {
            reader,
            unit: Vec::new(),
            frame: None,
            has_checksum: false,
        }
    }

    /// Reads on until the unit has `length` bytes.
    fn fill(&mut self, length: usize) -> io::Result<()> {
        while self.unit.len() < length {
            let bytes = self.reader.fill_buf()?;
            if bytes.is_empty() {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let taken = bytes.len().min(length - self.unit.len());
            self.unit.extend(bytes.iter().take(taken));
            self.reader.consume(taken);
        }
        Ok(())
    }

    /// Begins the next frame.
    fn begin(&mut self) -> io::Result<()> {
        self.fill(ZSTD.len() + 1)?;
        if self.unit.starts_with(ZSTD) {
            let flags = self.unit.last().copied().unwrap_or_default();
            let is_single = flags & 0x20 != 0;
            let dictionary = [0, 1, 2, 4].get(usize::from(flags & 3)).copied().unwrap_or(0);
            let content_size = match flags >> 6 {
                0 => usize::from(is_single),
                more => 1 << more,
            };
            self.has_checksum = flags & 4 != 0;
            self.fill(ZSTD.len() + 1 + usize::from(!is_single) + dictionary + content_size)?;
        }
        let mut frame = FrameDecoder::new();
        frame.reset(self.unit.as_slice()).map_err(io::Error::other)?;
        self.unit.clear();
        self.frame = Some(frame);
        Ok(())
    }

    /// Reads the next block of the frame, and the checksum behind the last one.
    fn block(&mut self) -> io::Result<()> {
        self.fill(3)?;
        let header = self
            .unit
            .iter()
            .take(3)
            .rev()
            .fold(0, |header, &byte| header << 8 | usize::from(byte));
        let content = match (header >> 1 & 3, header >> 3) {
            (1, _) => 1,
            (0 | 2, size) if size <= ZSTD_BLOCK_BYTES => size,
            // The decoder refuses it by its header.
            _ => 0,
        };
        let checksum = if header & 1 == 1 && self.has_checksum { 4 } else { 0 };
        self.fill(3 + content + checksum)?;
        if let Some(frame) = &mut self.frame {
            let once = BlockDecodingStrategy::UptoBlocks(1);
            frame
                .decode_blocks(self.unit.as_slice(), once)
                .map_err(io::Error::other)?;
        }
        self.unit.clear();
        Ok(())
    }
}

#[cfg(feature = "decompress")]
impl<R: BufRead> Read for ZstdFrames<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if out.is_empty() {
            return Ok(0);
        }
        loop {
            let Some(frame) = &mut self.frame else {
                if self.unit.is_empty() && self.reader.fill_buf()?.is_empty() {
                    return Ok(0);
                }
                self.begin()?;
                continue;
            };
            let read = frame.read(out)?;
            if read > 0 {
                return Ok(read);
            }
            if !frame.is_finished() {
                self.block()?;
                continue;
            }
            let checksum = frame.get_checksum_from_data();
            if checksum.is_some() && checksum != frame.get_calculated_checksum() {
                return Err(io::Error::other("the checksum of the zstd frame does not match"));
            }
            self.frame = None;
        }
    }
}

#[cfg(all(test, feature = "decompress"))]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> io::Result<String> {
        let mut text = String::new();
        PlainReader::new(bytes).read_to_string(&mut text)?;
        Ok(text)
    }

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut gzip = Vec::new();
        let mut encoder = flate2::read::GzEncoder::new(text, flate2::Compression::fast());
        assert!(encoder.read_to_end(&mut gzip).is_ok());
        gzip
    }

    fn zstd(text: &[u8]) -> Vec<u8> {
        ruzstd::encoding::compress_to_vec(text, ruzstd::encoding::CompressionLevel::Fastest)
    }

    #[test]
    fn compressed_or_not() {
        let gzip = gzip(b"one ");
        assert_eq!(read(&[gzip.clone(), gzip.clone()].concat()).unwrap(), "one one ");
        let zstd = zstd(b"two ");
        assert_eq!(read(&[zstd.clone(), zstd.clone()].concat()).unwrap(), "two two ");
        for plain in ["", "a", "abc", "(", "-- PostgreSQL", "\u{1f}"] {
            assert_eq!(read(plain.as_bytes()).unwrap(), plain);
        }
    }

    #[test]
    fn cut_or_changed_is_an_error() {
        for whole in [gzip(b"one "), zstd(b"two ")] {
            for length in 4..whole.len() {
                assert!(read(&whole[..length]).is_err(), "{length} of {whole:?}");
            }
            let mut changed = whole.clone();
            // Of the checksum, or the length behind it.
            *changed.last_mut().unwrap() ^= 1;
            assert!(read(&changed).is_err());
            assert!(read(&[whole, b"behind the end".to_vec()].concat()).is_err());
        }
    }

    /// Gives a byte, or says that there is none at present.
    struct Slow<'a>(&'a [u8], bool);

    impl Read for Slow<'_> {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            self.1 = !self.1;
            if self.1 {
                return Err(io::ErrorKind::WouldBlock.into());
            }
            let length = out.len().min(1);
            self.0.read(&mut out[..length])
        }
    }

    #[test]
    fn a_reader_that_has_nothing_for_a_while() {
        let text: Vec<u8> = (0..100_000_u32)
            .flat_map(|number| (number % 1000 * 77).to_le_bytes())
            .collect();
        let twice = text.repeat(2);
        for bytes in [gzip(&text).repeat(2), zstd(&text).repeat(2), twice.clone()] {
            let mut reader = PlainReader::new(Slow(&bytes, false));
            let (mut out, mut chunk, mut waits) = (Vec::new(), [0; 1000], 0);
            loop {
                match reader.read(&mut chunk) {
                    Ok(0) => break,
                    Ok(read) => out.extend_from_slice(&chunk[..read]),
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => waits += 1,
                    Err(error) => panic!("{error}"),
                }
            }
            assert!(out == twice && waits >= bytes.len());
        }
    }

    #[test]
    fn a_bomb_comes_in_pieces() {
        for bomb in [gzip(&vec![b' '; 32 << 20]), zstd(&vec![b' '; 32 << 20])] {
            assert!(bomb.len() < 1 << 20);
            let mut reader = PlainReader::new(bomb.as_slice());
            let mut chunk = [0; 1000];
            let mut length = 0;
            while let read @ 1.. = reader.read(&mut chunk).unwrap() {
                length += read;
                if let State::Zstd(frames) = &reader.0 {
                    assert!(frames.unit.capacity() <= 2 * ZSTD_BLOCK_BYTES);
                }
            }
            assert_eq!(length, 32 << 20);
        }
    }
}
