//! Dumps that are compressed: `pg_dump -Z`, `gzip`, `zstd`.

use std::io::{self, Read, Seek, SeekFrom};

#[cfg(feature = "decompress")]
use std::io::{BufRead, BufReader};

/// How much compressed input is read at once.
#[cfg(feature = "decompress")]
const BUFFER_BYTES: usize = 64 * 1024;

/// A compression that [`Plain`] undoes.
#[derive(Clone, Copy)]
enum Compression {
    Gzip,
    Zstd,
}

/// Reads the first bytes of the input, which tell whether it is compressed.
fn first_bytes(reader: &mut impl Read) -> io::Result<(Vec<u8>, Option<Compression>)> {
    let mut start = Vec::with_capacity(4);
    reader.take(4).read_to_end(&mut start)?;
    let compression = match start.as_slice() {
        [0x1f, 0x8b, ..] => Some(Compression::Gzip),
        [0x28, 0xb5, 0x2f, 0xfd] => Some(Compression::Zstd),
        _ => None,
    };
    Ok((start, compression))
}

/// A reader, and the bytes of it that were read already.
type Joined<R> = io::Chain<io::Cursor<Vec<u8>>, R>;

/// The plain bytes of a reader, compressed or not.
pub(crate) enum Plain<R: Read> {
    Uncompressed(Joined<R>),
    #[cfg(feature = "decompress")]
    Gzip(Box<flate2::bufread::MultiGzDecoder<BufReader<Joined<R>>>>),
    #[cfg(feature = "decompress")]
    Zstd(Box<ZstdFrames<BufReader<Joined<R>>>>),
}

impl<R: Read> Plain<R> {
    /// Finds out whether it is compressed.
    pub(crate) fn new(mut reader: R) -> io::Result<Self> {
        let (start, compression) = first_bytes(&mut reader)?;
        let joined = io::Cursor::new(start).chain(reader);
        Ok(match compression {
            #[cfg(feature = "decompress")]
            Some(Compression::Gzip) => {
                let buffered = BufReader::with_capacity(BUFFER_BYTES, joined);
                Self::Gzip(Box::new(flate2::bufread::MultiGzDecoder::new(buffered)))
            }
            #[cfg(feature = "decompress")]
            Some(Compression::Zstd) => {
                let buffered = BufReader::with_capacity(BUFFER_BYTES, joined);
                Self::Zstd(Box::new(ZstdFrames(Some(zstd(buffered)?))))
            }
            // Without the feature it is refused where the dump is read, by the same bytes.
            _ => Self::Uncompressed(joined),
        })
    }

    /// A reader that is known not to be compressed.
    pub(crate) fn uncompressed(reader: R) -> Self {
        Self::Uncompressed(io::Cursor::default().chain(reader))
    }
}

impl<R: Read> Read for Plain<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Uncompressed(reader) => reader.read(out),
            #[cfg(feature = "decompress")]
            Self::Gzip(reader) => reader.read(out),
            #[cfg(feature = "decompress")]
            Self::Zstd(reader) => reader.read(out),
        }
    }
}

/// Whether a file is compressed in a way that [`Plain`] undoes; leaves it at its start.
pub(crate) fn is_compressed(file: &mut (impl Read + Seek)) -> io::Result<bool> {
    let (_, compression) = first_bytes(file)?;
    file.seek(SeekFrom::Start(0))?;
    Ok(compression.is_some())
}

#[cfg(feature = "decompress")]
type Zstd<R> = ruzstd::decoding::StreamingDecoder<R, ruzstd::decoding::FrameDecoder>;

#[cfg(feature = "decompress")]
fn zstd<R: BufRead>(reader: R) -> io::Result<Zstd<R>> {
    Zstd::new(reader).map_err(io::Error::other)
}

/// One zstd frame after the other, as `zstd` itself reads them.
#[cfg(feature = "decompress")]
pub(crate) struct ZstdFrames<R: BufRead>(Option<Zstd<R>>);

#[cfg(feature = "decompress")]
impl<R: BufRead> Read for ZstdFrames<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        loop {
            let Some(frame) = &mut self.0 else { return Ok(0) };
            let read = frame.read(out)?;
            if read > 0 || out.is_empty() {
                return Ok(read);
            }
            if let Some(frame) = self.0.take() {
                let mut rest = frame.into_inner();
                if !rest.fill_buf()?.is_empty() {
                    self.0 = Some(zstd(rest)?);
                }
            }
        }
    }
}

#[cfg(all(test, feature = "decompress"))]
mod tests {
    use super::*;
    use std::io::Write;

    fn read(bytes: &[u8]) -> io::Result<String> {
        let mut text = String::new();
        Plain::new(bytes)?.read_to_string(&mut text)?;
        Ok(text)
    }

    #[test]
    fn compressed_or_not() {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(b"one ").unwrap();
        let gzip = gzip.finish().unwrap();
        assert_eq!(read(&[gzip.clone(), gzip.clone()].concat()).unwrap(), "one one ");
        assert!(read(&gzip[..gzip.len() - 3]).is_err());
        let zstd = ruzstd::encoding::compress_to_vec(&b"two "[..], ruzstd::encoding::CompressionLevel::Fastest);
        assert_eq!(read(&[zstd.clone(), zstd.clone()].concat()).unwrap(), "two two ");
        assert!(read(&zstd[..zstd.len() - 3]).is_err());
        for plain in ["", "a", "abc", "-- PostgreSQL"] {
            assert_eq!(read(plain.as_bytes()).unwrap(), plain);
        }
    }
}
