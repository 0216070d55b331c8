//! Style rows keeps its promises.

use dumpsert::Style;

use crate::exceptions::{assert_listed, assert_whole};
use crate::promises::Setup;
use crate::sources::Source;

const ROWS: Setup = Setup::DEFAULT;

#[test]
fn torture() {
    assert_whole(&ROWS, Source::get("torture"));
}

#[test]
fn torture_exceptions() {
    assert_listed(&ROWS, Source::get("torture"));
}

#[test]
fn torture_as_owner() {
    let setup = Setup { as_owner: true, ..ROWS };
    assert_whole(&setup, Source::get("torture"));
}

#[test]
fn torture_from_copy() {
    let setup = Setup {
        dump: &["--data-only"],
        ..ROWS
    };
    assert_whole(&setup, Source::get("torture"));
}

#[test]
fn chinook() {
    assert_whole(&ROWS, Source::get("chinook"));
}

/// Many rows a statement keep what single ones keep, and a little more.
const BATCHES: Setup = Setup {
    style: Style::Batches,
    ..ROWS
};

#[test]
fn torture_in_batches() {
    assert_whole(&BATCHES, Source::get("torture"));
}

#[test]
fn torture_in_batches_from_copy_with_a_database() {
    let setup = Setup {
        dump: &["--data-only", "--create"],
        ..BATCHES
    };
    assert_whole(&setup, Source::get("torture"));
}

#[test]
fn torture_from_many_rows_an_insert() {
    let setup = Setup {
        dump: &[
            "--data-only",
            "--column-inserts",
            "--rows-per-insert=3",
            "--on-conflict-do-nothing",
        ],
        ..ROWS
    };
    assert_whole(&setup, Source::get("torture"));
}

#[test]
fn torture_with_every_name_quoted_and_triggers_disabled() {
    let setup = Setup {
        dump: &[
            "--data-only",
            "--column-inserts",
            "--quote-all-identifiers",
            "--disable-triggers",
        ],
        ..ROWS
    };
    assert_whole(&setup, Source::get("torture"));
}

#[test]
fn chinook_in_batches_from_inserts_without_columns() {
    let setup = Setup {
        dump: &["--data-only", "--inserts", "--rows-per-insert=100"],
        ..BATCHES
    };
    assert_whole(&setup, Source::get("chinook"));
}
