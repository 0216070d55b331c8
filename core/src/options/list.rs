//! Lists that calls add to.

use std::iter::Extend;

/// A list in the options. Calls add up, but what a configuration file says is a default, which the first call replaces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OptionList<T> {
    items: Vec<T>,
    is_default: bool,
}

impl<T> Default for OptionList<T> {
    fn default() -> Self {
        Self {
            items: Vec::new(),
            is_default: false,
        }
    }
}

impl<T> OptionList<T> {
    pub(crate) fn items(&self) -> &[T] {
        &self.items
    }

    /// Whether the next call replaces what is there.
    pub(crate) fn is_default(&self) -> bool {
        self.is_default
    }

    /// What is there becomes a default.
    pub(crate) fn make_default(&mut self) {
        self.is_default = true;
    }
}

impl<T> Extend<T> for OptionList<T> {
    fn extend<I: IntoIterator<Item = T>>(&mut self, items: I) {
        if std::mem::take(&mut self.is_default) {
            self.items.clear();
        }
        self.items.extend(items);
    }
}

impl<T> FromIterator<T> for OptionList<T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        Self {
            items: items.into_iter().collect(),
            is_default: false,
        }
    }
}
