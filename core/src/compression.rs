//! Dumps that are compressed: `pg_dump -Z`, `gzip`, `zstd`.

use std::io::{self, Read, Seek, SeekFrom};

#[cfg(feature = "decompress")]
use std::io::{BufRead, BufReader};

/// How much compressed input is read at once.
#[cfg(feature = "decompress")]
const BUFFER_BYTES: usize = 64 * 1024;

/// A compression that [`plain`] undoes.
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

/// The plain bytes of `reader`, compressed or not.
pub(crate) fn plain<'a>(mut reader: impl Read + 'a) -> io::Result<Box<dyn Read + 'a>> {
    let (start, compression) = first_bytes(&mut reader)?;
    let joined = io::Cursor::new(start).chain(reader);
    Ok(match compression {
        #[cfg(feature = "decompress")]
        Some(Compression::Gzip) => {
            let buffered = BufReader::with_capacity(BUFFER_BYTES, joined);
            Box::new(flate2::bufread::MultiGzDecoder::new(buffered))
        }
        #[cfg(feature = "decompress")]
        Some(Compression::Zstd) => Box::new(ZstdFrames(Some(zstd(BufReader::with_capacity(BUFFER_BYTES, joined))?))),
        // Without the feature it is refused where the dump is read, by the same bytes.
        _ => Box::new(joined),
    })
}

/// Whether a file is compressed in a way that [`plain`] undoes; leaves it at its start.
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
struct ZstdFrames<R: BufRead>(Option<Zstd<R>>);

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
        plain(bytes)?.read_to_string(&mut text)?;
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
