//! What columns are called that reference a key.

use std::collections::HashSet;

/// What columns are called that reference a key: `businessId`, `parent_business_id`, `business` for `businesses.id`, or
/// as a foreign key to it is called elsewhere. All without what distinguishes spellings.
#[derive(Debug, Default)]
pub(crate) struct KeyNames {
    whole: HashSet<String>,
    ends: Vec<String>,
}

impl KeyNames {
    pub(super) fn new<'a>(table: &str, column: &str, called: impl Iterator<Item = &'a str>) -> Self {
        let (key, table) = (plain(column), plain(table));
        let one = singular(&table);
        let is_general = matches!(key.as_str(), "id" | "uuid" | "key" | "code" | "name" | "no" | "nr");
        let mut ends = vec![format!("{one}{key}"), format!("{table}{key}")];
        ends.extend((!is_general).then_some(key));
        ends.retain(|end| end.len() > 3);
        Self {
            whole: called.map(plain).chain([one]).collect(),
            ends,
        }
    }

    pub(super) fn name(&self, column: &str) -> bool {
        self.whole.contains(column) || self.ends.iter().any(|end| column.ends_with(end))
    }
}

pub(super) fn plain(name: &str) -> String {
    let letters = name.chars().filter(char::is_ascii_alphanumeric);
    letters.map(|letter| letter.to_ascii_lowercase()).collect()
}

fn singular(table: &str) -> String {
    let cut = |end: &str, with: &str| table.strip_suffix(end).map(|start| format!("{start}{with}"));
    for end in ["sses", "shes", "ches", "xes", "zes"] {
        if table.ends_with(end) {
            return cut("es", "").unwrap_or_default();
        }
    }
    cut("ies", "y")
        .or_else(|| cut("s", ""))
        .unwrap_or_else(|| table.to_owned())
}
