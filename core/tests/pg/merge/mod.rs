//! The merge into a target that has lived on, judged without knowing how it is done.
//!
//! What must hold: after the merge every dumped row is as the dump says, and rows that only the target has went through
//! nothing but the target's own rules. Counts are what was written. A second run changes nothing. What cannot be is
//! refused, and then nothing was changed.

mod case;
mod examples;
mod random;
mod values;
