//! UTF-16, in which PowerShell's `>` writes what a program prints: made UTF-8 where nothing was lost.

use crate::encoding::single_byte_tables;
use crate::error::{Error, ErrorKind, Result};

/// Code pages of consoles that PostgreSQL has no name for, from 0x80 on.
const CONSOLES: [&str; 2] = [
    // 437
    "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{a0}",
    // 850
    "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒáíóúñÑªº¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐└┴┬├─┼ãÃ╚╔╩╦╠═╬¤ðÐÊËÈıÍÎÏ┘┌█▄¦Ì▀ÓßÔÒõÕµþÞÚÛÙýÝ¯´\u{ad}±‗¾¶§÷¸°¨·¹³²■\u{a0}",
];

/// Decodes UTF-16 in pieces of any size.
pub(crate) struct Utf16 {
    is_big_endian: bool,
    /// The first byte of a unit, and the first unit of a pair.
    byte: Option<u8>,
    high: Option<u16>,
    /// Whether characters beyond ASCII were there.
    has_others: bool,
    suspects: Vec<Suspect>,
}

/// A code page by which the text may have been read before it was written as UTF-16, as long as all of it is UTF-8 in it.
struct Suspect {
    chars: Vec<char>,
    /// How many bytes of a character must follow.
    missing: usize,
}

impl Suspect {
    fn new(chars: Vec<char>) -> Self {
        Self { chars, missing: 0 }
    }

    /// Whether the text can still be UTF-8 in this code page.
    fn takes(&mut self, char: char) -> bool {
        if char.is_ascii() {
            return self.missing == 0;
        }
        // .NET makes C1 controls of what a code page of Windows leaves open.
        let byte = match self.chars.iter().position(|&known| known == char) {
            Some(at) => at + 0x80,
            None if ('\u{80}'..='\u{9f}').contains(&char) => char as usize,
            None => return false,
        };
        match byte {
            0x80..=0xbf if self.missing > 0 => self.missing -= 1,
            0xc2..=0xdf if self.missing == 0 => self.missing = 1,
            0xe0..=0xef if self.missing == 0 => self.missing = 2,
            0xf0..=0xf4 if self.missing == 0 => self.missing = 3,
            _ => return false,
        }
        true
    }
}

impl Utf16 {
    /// The decoder of a text that begins so; the mark has two bytes.
    pub(crate) fn of(start: &[u8]) -> Option<Self> {
        let is_big_endian = match start {
            [0xff, 0xfe, ..] => false,
            [0xfe, 0xff, ..] => true,
            _ => return None,
        };
        let consoles = CONSOLES.iter().map(|chars| chars.chars().collect());
        let suspects = consoles.chain(single_byte_tables()).map(Suspect::new).collect();
        Some(Self {
            is_big_endian,
            byte: None,
            high: None,
            has_others: false,
            suspects,
        })
    }

    /// Appends the text of `bytes`, up to the first mistake.
    pub(crate) fn decode(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Result<()> {
        for &byte in bytes {
            let Some(first) = self.byte.take() else {
                self.byte = Some(byte);
                continue;
            };
            let pair = [first, byte];
            let unit = match self.is_big_endian {
                true => u16::from_be_bytes(pair),
                false => u16::from_le_bytes(pair),
            };
            let char = match (self.high.take(), unit) {
                (None, 0xd800..0xdc00) => {
                    self.high = Some(unit);
                    continue;
                }
                (None, _) => char::from_u32(u32::from(unit)),
                (Some(high), _) => char::decode_utf16([high, unit]).next().and_then(|char| char.ok()),
            };
            match char {
                Some(char::REPLACEMENT_CHARACTER) => {
                    return Err(refuse(
                        "the input is UTF-16 with U+FFFD, which stands for bytes that were lost",
                    ));
                }
                Some(char) => self.push(char, out),
                None => {
                    return Err(refuse(
                        "the input is UTF-16 that is not valid: half of a surrogate pair",
                    ));
                }
            }
        }
        Ok(())
    }

    fn push(&mut self, char: char, out: &mut Vec<u8>) {
        if self.has_others || !char.is_ascii() {
            self.has_others = true;
            self.suspects.retain_mut(|suspect| suspect.takes(char));
        }
        out.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes());
    }

    /// The input has ended.
    pub(crate) fn finish(&self) -> Result<()> {
        if self.byte.is_some() || self.high.is_some() {
            let error = Error::new(
                ErrorKind::Truncated,
                "the dump is cut: it is UTF-16 and ends inside of a character",
            );
            return Err(error.with_hint(HINT));
        }
        if self.has_others && self.suspects.iter().any(|suspect| suspect.missing == 0) {
            return Err(refuse(
                "the input is UTF-16 of what was read in a wrong code page: its letters beyond ASCII are bytes of UTF-8",
            ));
        }
        Ok(())
    }

    /// All of a text, which begins with its mark.
    pub(crate) fn decode_all(bytes: &[u8]) -> Option<Result<Vec<u8>>> {
        let mut decoder = Self::of(bytes)?;
        let mut text = Vec::with_capacity(bytes.len() / 2);
        let decoded = decoder.decode(bytes.get(2..).unwrap_or_default(), &mut text);
        Some(decoded.and_then(|()| decoder.finish()).map(|()| text))
    }
}

const HINT: &str =
    "PowerShell changes the bytes of a pipe and of `>`; let pg_dump write the file itself: pg_dump -f dump.sql …";

fn refuse(message: &str) -> Error {
    Error::new(ErrorKind::NotADump, message).with_hint(HINT)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utf16(text: &str, is_big_endian: bool) -> Vec<u8> {
        let units = ["\u{feff}", text].concat();
        let bytes = units.encode_utf16().map(|unit| match is_big_endian {
            true => unit.to_be_bytes(),
            false => unit.to_le_bytes(),
        });
        bytes.flatten().collect()
    }

    #[test]
    fn texts_are_decoded_in_pieces() {
        for text in ["", "-- Zoë, секрет, 日本, 𝄞\r\n", "naïve", "€"] {
            for is_big_endian in [false, true] {
                let bytes = utf16(text, is_big_endian);
                assert_eq!(Utf16::decode_all(&bytes).unwrap().unwrap(), text.as_bytes());
                let (mut decoder, mut out) = (Utf16::of(&bytes).unwrap(), Vec::new());
                for byte in &bytes[2..] {
                    decoder.decode(&[*byte], &mut out).unwrap();
                }
                decoder.finish().unwrap();
                assert_eq!(out, text.as_bytes());
            }
        }
        assert!(Utf16::of(b"--\n").is_none());
    }

    #[test]
    fn what_is_cut_or_broken_is_refused() {
        let mut bytes = utf16("a𝄞", false);
        for cut in [1, 2, 3] {
            let error = Utf16::decode_all(&bytes[..bytes.len() - cut]).unwrap().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Truncated);
        }
        bytes.truncate(bytes.len() - 2);
        bytes.extend([b'x', 0]);
        let error = Utf16::decode_all(&bytes).unwrap().unwrap_err();
        assert!(error.to_string().contains("surrogate"), "{error}");
        let error = Utf16::decode_all(&utf16("a\u{fffd}", true)).unwrap().unwrap_err();
        assert!(error.to_string().contains("U+FFFD"), "{error}");
    }

    /// What PowerShell makes of UTF-8 where the console has another code page.
    #[test]
    fn bytes_of_utf8_that_were_read_as_letters_are_refused() {
        for page in CONSOLES
            .iter()
            .map(|chars| chars.chars().collect())
            .chain(single_byte_tables())
        {
            let page: Vec<char> = page;
            let wrong: Option<String> = "Zoë wohnt in Köln"
                .bytes()
                .map(|byte| match usize::from(byte).checked_sub(0x80) {
                    Some(at) => page.get(at).copied().filter(|&char| char != '\0'),
                    None => Some(char::from(byte)),
                })
                .collect();
            let Some(wrong) = wrong else { continue };
            let error = Utf16::decode_all(&utf16(&wrong, false)).unwrap().unwrap_err();
            assert!(error.to_string().contains("wrong code page"), "{wrong}: {error}");
        }
    }
}
