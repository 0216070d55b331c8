//! The nearest right name, for errors about wrong ones.

/// Two names of the greatest length, with a dot and quotes; nothing that is longer is a misspelt name.
const WANTED_BYTES_MAX: usize = 600;

/// The most similar of `names`, if one is similar; capitals and quotes do not count.
pub(crate) fn nearest(wanted: &str, names: impl Iterator<Item = String>) -> Option<String> {
    // To compare takes time by the product of both lengths, and there may be many names.
    if wanted.len() > WANTED_BYTES_MAX {
        return None;
    }
    let fold = |name: &str| name.to_lowercase().replace('"', "");
    let distance = |name: &String| strsim::levenshtein(&fold(wanted), &fold(name));
    let (distance, name) = names.map(|name| (distance(&name), name)).min()?;
    (distance <= wanted.chars().count() / 3 + 1).then_some(name)
}
