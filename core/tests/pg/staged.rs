//! Style staged keeps its promises, without a schema.

use dumpsert::Style;

use crate::exceptions::{assert_listed, assert_whole};
use crate::promises::Setup;
use crate::sources::Source;

const STAGED: Setup = Setup {
    style: Style::Staged,
    dump: &["--data-only"],
    ..Setup::DEFAULT
};
const FULL: Setup = Setup { dump: &[], ..STAGED };
const INSERTS: Setup = Setup {
    dump: &["--data-only", "--column-inserts"],
    ..STAGED
};

#[test]
fn torture_from_copy() {
    assert_whole(&STAGED, Source::get("torture"));
}

#[test]
fn torture_from_a_full_dump() {
    assert_whole(&FULL, Source::get("torture"));
}

#[test]
fn torture_from_inserts() {
    assert_whole(&INSERTS, Source::get("torture"));
}

#[test]
fn torture_from_a_pipe() {
    let setup = Setup { piped: true, ..FULL };
    assert_whole(&setup, Source::get("torture"));
}

#[test]
fn torture_as_owner() {
    let setup = Setup {
        as_owner: true,
        ..STAGED
    };
    assert_whole(&setup, Source::get("torture"));
    assert_listed(&setup, Source::get("torture"));
}

#[test]
fn torture_exceptions() {
    assert_listed(&STAGED, Source::get("torture"));
}

#[test]
fn chinook_from_copy() {
    assert_whole(&STAGED, Source::get("chinook"));
}

#[test]
fn chinook_from_a_full_dump_in_a_pipe() {
    let setup = Setup { piped: true, ..FULL };
    assert_whole(&setup, Source::get("chinook"));
}

#[test]
fn chinook_as_owner_from_inserts() {
    let setup = Setup {
        as_owner: true,
        ..INSERTS
    };
    assert_whole(&setup, Source::get("chinook"));
}

#[test]
fn demo_from_a_full_dump() {
    assert_whole(&FULL, Source::get("demo"));
}
