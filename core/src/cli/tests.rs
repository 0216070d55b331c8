//! What can be typed, against the help and the names of a configuration file.

use std::collections::BTreeSet;

use clap::{Arg, ArgAction, CommandFactory, Parser};
use dumpsert::config::{file_option_names, option_names, table_option_names};

use super::args::Args;

/// Every argument of a command, as clap knows them.
fn arguments(command: &str) -> Vec<Arg> {
    let mut root = Args::command();
    root.build();
    let command = root.find_subcommand(command).unwrap();
    command.get_arguments().cloned().collect()
}

/// The name of a switch in a file.
fn in_a_file(switch: &str) -> String {
    let mut names = option_names().chain(file_option_names());
    let name = names.find(|name| dumpsert::config::switch(name) == switch);
    name.map_or_else(|| switch.replace('-', "_"), str::to_owned)
}

/// The names in a file of the switches of a command, without those that no file can have.
fn names(command: &str, only_typed: &[&str]) -> BTreeSet<String> {
    let arguments = arguments(command);
    let switches: Vec<&str> = arguments.iter().filter_map(Arg::get_long).collect();
    for name in only_typed {
        assert!(switches.contains(name), "{name}");
    }
    let both = switches.into_iter().filter(|name| !only_typed.contains(name));
    both.map(in_a_file).collect()
}

#[test]
fn the_help_names_every_option() {
    for command in ["sync", "restore", "convert", "inspect", "catalog"] {
        let Err(help) = Args::try_parse_from(["dumpsert", command, "--help"]) else {
            panic!("{command} has no help")
        };
        assert_eq!(help.exit_code(), 0);
        let help = help.to_string();
        let arguments = arguments(command);
        assert!(arguments.len() > 2);
        for argument in &arguments {
            assert!(
                argument.get_help().is_some(),
                "{argument} of {command} is not explained"
            );
            let Some(long) = argument.get_long() else {
                assert!(help.contains(&argument.to_string()), "{argument} is not in {help}");
                continue;
            };
            // Where it is explained, not where another option speaks of it.
            let words = help
                .lines()
                .filter_map(|line| line.get(6..)?.split([' ', '=', '[']).next());
            let explained = words.into_iter().any(|word| word == format!("--{long}"));
            assert!(explained, "--{long} is not in {help}");
        }
        if command != "catalog" {
            assert!(help.contains("Examples:") && help.contains("Exit status:"), "{help}");
        }
    }
}

#[test]
fn what_can_be_typed_can_stand_in_a_file() {
    let mut written: BTreeSet<String> = option_names().chain(file_option_names()).map(str::to_owned).collect();
    // For a table each of its options is typed by itself, see below.
    assert!(written.remove("tables"));
    assert_eq!(names("convert", &["config", "help", "no-cascade"]), written);
    // To look is to write neither a script nor a report of one.
    assert!(written.remove("output") && written.remove("report"));
    assert_eq!(names("inspect", &["config", "help", "json", "no-cascade"]), written);
}

#[test]
fn what_a_table_can_have_can_be_typed() {
    let of_a_table = |argument: &&Arg| {
        let names = argument.get_value_names().unwrap_or_default();
        // As in `[TABLE=]COLUMNS` and `TABLE: CONDITION`.
        names
            .iter()
            .any(|name| name.contains("TABLE=") || name.contains("TABLE:"))
    };
    let arguments = arguments("convert");
    let typed: BTreeSet<String> = arguments
        .iter()
        .filter(of_a_table)
        .map(|argument| argument.get_long().unwrap().replace('-', "_"))
        .collect();
    let written: BTreeSet<String> = table_option_names().map(str::to_owned).collect();
    assert_eq!(typed, written);
}

/// What is a list in a file can be typed several times.
#[test]
fn plurals_can_be_typed_several_times() {
    for argument in arguments("convert") {
        let Some(long) = argument.get_long() else { continue };
        if in_a_file(long) == format!("{}s", long.replace('-', "_")) {
            assert!(matches!(argument.get_action(), ArgAction::Append), "--{long}");
        }
    }
}
