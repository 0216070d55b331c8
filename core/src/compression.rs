//! Dumps that are compressed: `pg_dump -Z`, `gzip`, `zstd`.

use std::io::{self, BufReader, Read, Seek, SeekFrom};

#[cfg(feature = "decompress")]
use std::io::BufRead;

/// How much compressed input is read at once.
const BUFFER_BYTES: usize = 64 * 1024;

/// The plain bytes of `reader`, whose first bytes tell whether it is compressed.
pub(crate) fn plain<'a>(reader: impl Read + 'a) -> io::Result<Box<dyn Read + 'a>> {
    let mut reader = reader;
    let mut start = Vec::with_capacity(4);
    reader.by_ref().take(4).read_to_end(&mut start)?;
    #[cfg(feature = "decompress")]
    match start.as_slice() {
        [0x1f, 0x8b, ..] => {
            let joined = BufReader::with_capacity(BUFFER_BYTES, io::Cursor::new(start).chain(reader));
            return Ok(Box::new(flate2::bufread::MultiGzDecoder::new(joined)));
        }
        [0x28, 0xb5, 0x2f, 0xfd] => {
            let joined = BufReader::with_capacity(BUFFER_BYTES, io::Cursor::new(start).chain(reader));
            return Ok(Box::new(ZstdFrames(Some(zstd(joined)?))));
        }
        _ => {}
    }
    Ok(Box::new(io::Cursor::new(start).chain(reader)))
}

/// Whether a file is compressed in a way that [`plain`] undoes; leaves it at its start.
pub(crate) fn is_compressed(file: &mut (impl Read + Seek)) -> io::Result<bool> {
    let mut start = Vec::with_capacity(4);
    file.by_ref().take(4).read_to_end(&mut start)?;
    file.seek(SeekFrom::Start(0))?;
    Ok(matches!(start.as_slice(), [0x1f, 0x8b, ..] | [0x28, 0xb5, 0x2f, 0xfd]))
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
