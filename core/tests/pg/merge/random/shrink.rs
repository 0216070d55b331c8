//! A failed case with as little in it as it needs.

use super::Case;
use super::state::violations;

/// Takes away rows, foreign keys and unique keys as long as the case still fails in the same way.
pub(super) fn shrink(mut case: Case, mut message: String, fails: impl Fn(&Case) -> Option<String>) -> (Case, String) {
    let kind = kind_of(&message);
    let mut left = 150;
    loop {
        let mut smaller = None;
        for candidate in candidates(&case) {
            let is_valid = [&candidate.before, &candidate.dump]
                .iter()
                .all(|state| violations(&candidate.schema, state).is_empty());
            if !is_valid || left == 0 {
                continue;
            }
            left -= 1;
            if let Some(found) = fails(&candidate).filter(|found| kind_of(found) == kind) {
                smaller = Some((candidate, found));
                break;
            }
        }
        let Some((candidate, found)) = smaller else {
            return (case, message);
        };
        (case, message) = (candidate, found);
    }
}

/// What went wrong, without names and numbers.
fn kind_of(message: &str) -> String {
    let words = message
        .split_whitespace()
        .take(6)
        .filter(|word| !word.chars().any(|c| c.is_ascii_digit()));
    words.collect::<Vec<_>>().join(" ")
}

fn candidates(case: &Case) -> Vec<Case> {
    let mut found = Vec::new();
    for at in 0..case.schema.tables.len() {
        let mut without = case.clone();
        without.before[at].clear();
        without.dump[at].clear();
        if !case.before[at].is_empty() || !case.dump[at].is_empty() {
            found.push(without);
        }
    }
    for at in 0..case.schema.tables.len() {
        for number in 0..case.schema.tables[at].foreign_keys.len() {
            let mut without = case.clone();
            without.schema.tables[at].foreign_keys.remove(number);
            found.push(without);
        }
    }
    for at in 0..case.schema.tables.len() {
        let ids: Vec<u32> = case.before[at].keys().chain(case.dump[at].keys()).copied().collect();
        for id in ids {
            for (here, there) in [(true, true), (true, false), (false, true)] {
                let mut without = case.clone();
                let is_here = here && without.before[at].remove(&id).is_some();
                let is_there = there && without.dump[at].remove(&id).is_some();
                if is_here || is_there {
                    found.push(without);
                }
            }
        }
    }
    found
}
