//! The options that an input is run with: its first two bytes choose them, and zeros choose those that say the least.

use std::sync::OnceLock;
use std::time::Duration;

use dumpsert::{
    Catalog, Client, ConstraintTriggers, NoKey, OnGuard, Options, Plan, Rounding, Sequences, Style, Triggers, Unknown,
    Update,
};

use crate::source::Source;

/// Tables of the seeds; one has no key. Only those with a key have a column `id`.
const SCHEMA: &str = "CREATE TABLE public.t (id integer NOT NULL, v text);
CREATE TABLE public.texts (id integer NOT NULL, t text);
CREATE TABLE public.u (t integer, v numeric(10,2));
ALTER TABLE ONLY public.t ADD CONSTRAINT t_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.texts ADD CONSTRAINT texts_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.u ADD CONSTRAINT u_t FOREIGN KEY (t) REFERENCES public.t(id) ON DELETE CASCADE;";

/// How many different numbers [`Choices`] can be made of before they repeat.
#[cfg(test)]
const ALL: usize = 3 * 4 * 3 * 2 * 2 * 3 * 3 * 3 * 2 * 2 * 2;

/// One number, of which each choice takes a part.
struct Choices(usize);

impl Choices {
    fn below(&mut self, limit: usize) -> usize {
        let choice = self.0 % limit;
        self.0 /= limit;
        choice
    }

    fn one<T: Clone>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())].clone()
    }

    fn yes(&mut self) -> bool {
        self.below(2) == 1
    }
}

/// The plan that the next two bytes choose.
pub(crate) fn plan(source: &mut Source<'_>) -> Plan {
    build(usize::from(source.byte()) | usize::from(source.byte()) << 8)
}

/// The same before they are checked.
pub(crate) fn options(source: &mut Source<'_>) -> Options {
    chosen(usize::from(source.byte()) | usize::from(source.byte()) << 8)
}

fn build(number: usize) -> Plan {
    chosen(number).build().unwrap()
}

/// What is allowed together is up to this function: every number is a plan.
fn chosen(number: usize) -> Options {
    let mut choices = Choices(number);
    let style = choices.one(&[Style::Rows, Style::Batches, Style::Staged]);
    let is_staged = style == Style::Staged;
    let v = || "v".to_owned();
    let update = choices.one(&[Update::Always, Update::Changed, Update::Newer(v()), Update::Nothing]);
    let mut options = Options::new().with_style(style).with_update(update);
    match choices.below(3) {
        0 => {}
        1 => options = options.with_guard("v").unwrap(),
        _ => options = options.with_guard("v").unwrap().with_on_guard(OnGuard::Skip),
    }
    if choices.yes() && !is_staged {
        options = options.with_client(Client::Driver);
    }
    let has_catalog = choices.yes();
    if has_catalog {
        options = options.with_catalog(catalog().clone()).unwrap();
    }
    options = match choices.below(3) {
        0 => options,
        1 => options.with_batch_rows(2),
        _ => options.with_batch_bytes(20),
    };
    let last = if is_staged { NoKey::Match } else { NoKey::Error };
    options = options.with_no_key(choices.one(&[NoKey::Insert, NoKey::Skip, last]));
    options = match choices.below(3) {
        0 => options,
        1 => options.with_update_only("v").unwrap(),
        _ => options.with_update_never("v").unwrap(),
    };
    if choices.yes() && (has_catalog || is_staged) {
        options = options
            .with_unknown_columns(Unknown::Drop)
            .with_unknown_tables(Unknown::Drop);
    }
    if choices.yes() && has_catalog {
        options = options.with_excluded_rows("public.t: v = 'one' OR id > 5").unwrap();
    }
    if choices.yes() {
        options = options
            .with_triggers(Triggers::Fire)
            .with_lock_timeout(Duration::from_millis(1500));
    }
    if choices.yes() {
        options = options
            .with_constraint_triggers(ConstraintTriggers::Off)
            .with_sequences(Sequences::Keep)
            .with_rounding(Rounding::Accept);
    }
    options
}

/// Read once: it is the same for all.
fn catalog() -> &'static Catalog {
    static CATALOG: OnceLock<Catalog> = OnceLock::new();
    CATALOG.get_or_init(|| Catalog::from_schema_sql(SCHEMA).unwrap())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_is_a_plan() {
        const { assert!(ALL <= 1 << 16, "two bytes are not enough") };
        for number in (0..ALL).chain([1 << 15, (1 << 16) - 1]).step_by(11) {
            build(number);
        }
        assert_eq!(build(0).style(), Style::Rows);
        assert_eq!(build(1).style(), Style::Batches);
        assert_eq!(build(2).style(), Style::Staged);
        assert_eq!(build(3 * 4 * 3).client(), Client::Driver);
    }
}
