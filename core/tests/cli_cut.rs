//! Dumps that do not arrive whole, as a shell sees the program: an exit status and a message with the place.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test")]

mod program;

use std::process::{Command, Output};

const DUMP: &str = "\
--
-- PostgreSQL database dump
--

\\restrict k1

SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
INSERT INTO public.t (id, v) VALUES (1, 'one');
INSERT INTO public.t (id, v) VALUES
\t(2, 'two; it''s'),
\t(3, 'three');
COPY public.t (id, v) FROM stdin;
4\tfour
5\t\\N
\\.


SELECT pg_catalog.setval('public.t_id_seq', 5, true);
--
-- PostgreSQL database dump complete
--

\\unrestrict k1

";
const CUTS: usize = 60;

fn convert(arguments: &[&str], input: &[u8]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dumpsert"));
    program::run(command.args(["convert", "-q"]).args(arguments), input)
}

/// The numbers behind `line `, `column ` and `byte ` in a message.
fn place(message: &str) -> Option<(usize, usize, usize)> {
    let number = |word: &str| {
        let (_, rest) = message.split_once(word)?;
        rest.split(|char: char| !char.is_ascii_digit()).next()?.parse().ok()
    };
    Some((number(" line ")?, number(" column ")?, number("(byte ")?))
}

#[test]
fn a_dump_cut_anywhere() {
    // Behind the last key nothing is missing.
    let whole = DUMP.rfind("k1").unwrap() + "k1".len();
    for style in ["--style=rows", "--style=batches", "--style=staged"] {
        let output = convert(&[style], DUMP.as_bytes());
        assert_eq!(
            output.status.code(),
            Some(0),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        assert_eq!(output.stderr, b"");
    }
    for number in 0..CUTS {
        let cut = number * whole / CUTS;
        let style = ["--style=rows", "--style=batches", "--style=staged"][number % 3];
        let output = convert(&[style], &DUMP.as_bytes()[..cut]);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{style}, cut at {cut}: {said}");
        let (line, column, byte) = place(&said).unwrap_or_else(|| panic!("{style}, cut at {cut}: {said}"));
        // The place is one of what was given.
        assert!(byte <= cut, "{style}, cut at {cut}: {said}");
        let before = &DUMP[..byte];
        let start = before.rfind('\n').map_or(0, |end| end + 1);
        let expected = (before.matches('\n').count() + 1, byte - start + 1);
        assert_eq!((line, column), expected, "{style}, cut at {cut}: {said}");
        let script = String::from_utf8(output.stdout).unwrap();
        assert!(!script.contains("\nCOMMIT;"), "{style}, cut at {cut}");
        assert!(script.ends_with("$dumpsert$;\n"), "{style}, cut at {cut}: {script}");
    }
}
