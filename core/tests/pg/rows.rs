//! Style rows keeps its promises.

use dumpsert::Style;

use crate::exceptions::{assert_listed, assert_whole};
use crate::promises::Setup;
use crate::sources::Source;

const ROWS: Setup = Setup {
    style: Style::Rows,
    dump: &["--data-only", "--column-inserts"],
    piped: false,
    as_owner: false,
};

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
