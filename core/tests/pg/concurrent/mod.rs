//! Scripts at once with an application, and with each other: the end is one that some serial order gives, and no session of the
//! application pays for it.
//!
//! `DUMPSERT_CASES` says how many interleavings are tried, and `DUMPSERT_SEED` which come first.

pub(crate) mod held;
mod play;
mod races;
mod scenes;
mod session;

use dumpsert::{NoKey, Options, Style};

use dumpsert_testkit::Cluster;

use crate::support::{Random, script};
use play::{Actor, Scene};
use scenes::{GROUPS, change_of_schema, dump, empty, in_the_way, lived_in, transaction};

fn seeds(default: u64) -> std::ops::Range<u64> {
    let variable = |name: &str, default| std::env::var(name).map_or(default, |value| value.parse().expect(name));
    let seed = variable("DUMPSERT_SEED", 1);
    seed..seed + variable("DUMPSERT_CASES", default)
}

fn merge(version: i64, backwards: bool) -> Actor {
    let options = Options::new().with_style(Style::Staged).with_no_key(NoKey::Match);
    Actor::Script(script(dump(version, backwards).as_bytes(), options))
}

#[test]
fn with_transactions() {
    let role = "\nDO $$ BEGIN CREATE ROLE concurrent_owner LOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN END $$;";
    Cluster::shared().db("postgres").execute(role);
    let scene = Scene::owned_by("concurrent_owner", &lived_in());
    let merge = merge(1, false);
    for seed in seeds(24) {
        let mut random = Random(seed);
        let mut actors = vec![merge.clone()];
        for group in 0..=random.below(GROUPS) {
            actors.push(Actor::Application(transaction(group, &mut random)));
        }
        scene.assert_serial(&actors, seed);
    }
}

#[test]
fn with_a_change_of_the_schema() {
    let scene = Scene::new(&lived_in());
    let merge = merge(1, false);
    for seed in seeds(12) {
        let change = change_of_schema(&mut Random(seed));
        scene.assert_serial_or_in_the_way(&[merge.clone(), Actor::Application(change)], seed);
    }
}

#[test]
fn with_somebody_in_the_way() {
    let scene = Scene::new(&lived_in());
    let merge = merge(1, false);
    for seed in seeds(8) {
        let other = in_the_way(&mut Random(seed));
        scene.assert_serial_or_in_the_way(&[merge.clone(), Actor::Application(other)], seed);
    }
}

#[test]
fn two_scripts() {
    let scene = Scene::new(&lived_in());
    let merges = [merge(1, false), merge(2, true)];
    for seed in seeds(6) {
        let mut random = Random(seed);
        let mut actors = merges.to_vec();
        if seed % 2 == 0 {
            actors.push(Actor::Application(transaction(0, &mut random)));
        }
        scene.assert_serial(&actors, seed);
    }
}

#[test]
fn two_scripts_into_empty_tables() {
    let scene = Scene::new(&empty());
    let merges = [merge(1, false), merge(2, true)];
    for seed in seeds(6) {
        let mut random = Random(seed);
        let mut actors = merges.to_vec();
        if seed % 2 == 0 {
            actors.push(Actor::Application(transaction(0, &mut random)));
        }
        scene.assert_serial(&actors, seed);
    }
}
