//! What is left out: which tables and rows of the dump do not reach the script.

// Until the option that takes conditions is there, only tests use them.
#[cfg_attr(not(test), allow(dead_code))]
pub(crate) mod condition;
mod pattern;
mod selection;

#[allow(unused_imports)]
pub(crate) use self::condition::Condition;
pub(crate) use self::pattern::TablePattern;
pub(crate) use self::selection::{EXCLUDED, NOT_WANTED, Selection};
