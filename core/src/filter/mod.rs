//! What is left out: which tables and rows of the dump do not reach the script.

mod compile;
pub(crate) mod condition;
mod head;
pub(crate) mod held;
mod key_form;
mod key_names;
pub(crate) mod keys;
pub(crate) mod learned;
pub(crate) mod row;
pub(crate) mod run;
mod soft;
mod track;
mod tree;

pub(crate) use self::compile::{FilterPlan, GONE};
pub(crate) use self::head::{HeadFilter, no_foreign_keys};
