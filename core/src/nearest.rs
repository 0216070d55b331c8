//! The nearest right name, for errors about wrong ones.

/// The most similar of `names`, if one is similar; capitals and quotes do not count.
pub(crate) fn nearest(wanted: &str, names: impl Iterator<Item = String>) -> Option<String> {
    let fold = |name: &str| name.to_lowercase().replace('"', "");
    let distance = |name: &String| strsim::levenshtein(&fold(wanted), &fold(name));
    let (distance, name) = names.map(|name| (distance(&name), name)).min()?;
    (distance <= wanted.chars().count() / 3 + 1).then_some(name)
}
