//! What went wrong or was refused once, and its siblings.

mod actions;
mod circles;
mod counts;
mod equality;
mod exclusions;
mod in_between;
mod indexes;
mod partitions;
mod scale;
