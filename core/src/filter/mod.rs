//! What is left out: which tables and rows of the dump do not reach the script.

mod compile;
pub(crate) mod condition;
pub(crate) mod exclusions;
mod head;
pub(crate) mod held;
mod key_form;
pub(crate) mod keys;
pub(crate) mod learned;
mod pattern;
pub(crate) mod row;
pub(crate) mod run;
mod selection;
mod soft;
mod track;
mod tree;

pub(crate) use self::compile::{FilterPlan, GONE};
pub use self::condition::case::Case;
pub(crate) use self::head::{HeadFilter, no_foreign_keys};
pub(crate) use self::pattern::TablePattern;
pub(crate) use self::selection::{EXCLUDED, NOT_WANTED, Selection};
