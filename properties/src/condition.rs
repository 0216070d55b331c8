//! Any text is a condition or an error, any row has an answer or an error, and the laws of logic hold between answers.

/// The input is two conditions and the values of a row, each behind a NUL, which none of them can hold; `\N` is NULL.
pub fn condition(input: &[u8]) {
    check(input);
}

/// False if one of the conditions is none.
fn check(input: &[u8]) -> bool {
    let mut parts = input.split(|&byte| byte == 0);
    let mut text = || String::from_utf8_lossy(parts.next().unwrap_or_default());
    let (first, second) = (text(), text());
    let values: Vec<Option<&[u8]>> = parts.map(|value| (value != b"\\N").then_some(value)).collect();
    dumpsert::check_condition_laws(&first, &second, &values)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A seed that is no condition would leave the fuzzer nothing to begin with.
    #[test]
    fn the_seeds_are_conditions() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz/seeds/condition");
        let mut seeds = 0;
        for file in std::fs::read_dir(folder).unwrap() {
            let path = file.unwrap().path();
            assert!(check(&std::fs::read(&path).unwrap()), "{}", path.display());
            seeds += 1;
        }
        assert!(seeds > 3);
        assert!(!check(b"id LIKE\0flag"));
    }
}
