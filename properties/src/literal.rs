//! What a naive reading of the grammar takes for a literal, and nothing else, comes out as it went in.

use dumpsert::{Options, Rewriter, Style};

fn is_number(text: &str) -> bool {
    let text = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let mantissa = match mantissa.split_once('.') {
        Some((whole, "")) => digits(whole),
        Some(("", part)) => digits(part),
        Some((whole, part)) => digits(whole) && digits(part),
        None => digits(mantissa),
    };
    mantissa && exponent.is_none_or(|text| digits(text.strip_prefix(['+', '-']).unwrap_or(text)))
}

fn is_literal(text: &str) -> bool {
    let inside = |text: &str| Some(text.strip_prefix('\'')?.strip_suffix('\'')?.to_owned());
    matches!(text, "NULL" | "DEFAULT" | "true" | "false")
        || is_number(text)
        || inside(text).is_some_and(|text| !text.replace("''", "").contains('\''))
        || text
            .strip_prefix('B')
            .and_then(inside)
            .is_some_and(|bits| bits.bytes().all(|byte| matches!(byte, b'0' | b'1')))
}

/// Exactly the eight literal forms pass, as they are.
pub fn literal(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    // White space may stand around a literal, and NUL nowhere.
    let trimmed = text.trim_matches([' ', '\t', '\n', '\r', '\x0c']);
    if trimmed != text || text.contains('\0') {
        return;
    }
    let plan = Options::new().with_style(Style::Rows).build().unwrap();
    let mut rewriter = Rewriter::new(&plan);
    let mut script = Vec::new();
    let dump = format!("INSERT INTO public.t (id, v) VALUES (1, {text});\n");
    let result = rewriter
        .write(dump.as_bytes(), &mut script)
        .and_then(|()| rewriter.finish(&mut script));
    // Text with quotes inside may be several tokens, or end the row itself: the other target looks at those.
    let is_one = is_literal(text);
    if is_one {
        let report = result.unwrap();
        assert_eq!(report.rows_kept(), 1);
        let zero = text == "-0";
        let expected = format!("VALUES (1, {text}) ON CONFLICT");
        let script = String::from_utf8(script).unwrap();
        assert!(zero || script.contains(&expected), "{text}");
    } else if !text.contains(['\'', ')', ',']) {
        assert!(result.is_err(), "`{text}` was accepted");
    }
}
