//! The options of the library on the command line, as the library describes them.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::builder::{PossibleValue, PossibleValuesParser, ValueParser};
use clap::error::ErrorKind;
use clap::{Arg, ArgAction, ArgMatches, Command};
use dumpsert::config::{Kind, Language, OptionInfo, all_options, in_language, parse_duration, switch};
use dumpsert::{Error, Options};

/// What decides how a dump is read and what becomes of it: the same for every command.
#[derive(clap::Args)]
pub(super) struct Planning {
    /// A file of options, in TOML: each by its name here, with _ for -; what is given here goes before
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,

    /// Schema SQL (pg_dump --schema-only) that tells the keys of the tables; may be given several times
    #[arg(long, value_name = "FILE")]
    pub(super) schema: Vec<PathBuf>,

    /// A catalog as JSON, instead of or beside --schema; may be given several times
    #[arg(long, value_name = "FILE")]
    pub(super) catalog: Vec<PathBuf>,

    #[command(flatten)]
    pub(super) typed: Typed,

    /// Keep rows that reference what is left out: --cascade off
    #[arg(long, conflicts_with = "cascade")]
    pub(super) no_cascade: bool,
}

/// What was typed for the options of the library, by their names.
pub(super) struct Typed(BTreeMap<&'static str, Vec<String>>);

impl Typed {
    /// What was typed for one option.
    pub(super) fn of(&self, option: &str) -> &[String] {
        self.0.get(option).map_or(&[], Vec::as_slice)
    }

    /// Gives all of it to the library, in the order of its table.
    pub(super) fn apply(&self, mut options: Options) -> Result<Options, Error> {
        for option in all_options() {
            if let Some(typed) = self.0.get(option.name) {
                options = options.with_typed(option.name, typed)?;
            }
        }
        Ok(options)
    }
}

impl clap::Args for Typed {
    fn augment_args(command: Command) -> Command {
        command.args(
            all_options()
                .filter(|option| !matches!(option.kind, Kind::Tables))
                .map(argument),
        )
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl clap::FromArgMatches for Typed {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut typed = BTreeMap::new();
        for option in all_options().filter(|option| matches.try_contains_id(option.name).is_ok()) {
            if matches!(option.kind, Kind::Flag) {
                typed.extend(matches.get_flag(option.name).then(|| (option.name, Vec::new())));
            } else if let Some(values) = matches.get_many::<String>(option.name) {
                typed.insert(option.name, values.cloned().collect());
            }
        }
        Ok(Self(typed))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// One option as clap shows and reads it.
fn argument(option: OptionInfo) -> Arg {
    let text = |text: &str| in_language(text, Language::CommandLine);
    let mut help = text(option.help);
    if option.is_typed_often() {
        help.push_str("; may be given several times");
    }
    if !option.default.is_empty() && !matches!(option.kind, Kind::Flag) {
        let default = match option.kind {
            Kind::Choice(words) | Kind::ChoiceOrFlag(words) | Kind::ChoicePerTable(words)
                if words.iter().any(|(word, _)| *word == option.default) =>
            {
                option.default.replace('_', "-")
            }
            _ => text(option.default),
        };
        help.push_str(&format!(" [default: {default}]"));
    }
    let mut long = help.clone();
    if !option.more.is_empty() {
        long.push_str("\n\n");
        long.push_str(&text(option.more));
    }
    let argument = Arg::new(option.name)
        .long(switch(option.name))
        .help(help)
        .long_help(long)
        .action(if option.is_typed_often() {
            ArgAction::Append
        } else {
            ArgAction::Set
        });
    match option.kind {
        Kind::Flag => argument.action(ArgAction::SetTrue),
        Kind::Choice(words) | Kind::ChoiceOrFlag(words) => argument.value_parser(words_of(words)),
        Kind::Number(name) => argument.value_name(name).value_parser(number),
        Kind::Time => argument.value_name("TIME").value_parser(time),
        Kind::Keys => argument.value_name("TABLE=COLUMNS"),
        Kind::Sizes => argument.value_name("NAME=SIZE"),
        Kind::PerTable(name) => argument.value_name(format!("[TABLE=]{name}")),
        Kind::ChoicePerTable(words) => {
            let words: Vec<String> = words.iter().map(|(word, _)| word.replace('_', "-")).collect();
            argument.value_name(format!("[TABLE=]{}", words.join("|")))
        }
        Kind::Text(name) | Kind::List(name) | Kind::Columns(name) => argument.value_name(name),
        _ => argument,
    }
}

fn words_of(words: &'static [(&'static str, &'static str)]) -> ValueParser {
    let words = words
        .iter()
        .map(|(word, help)| PossibleValue::new(word.replace('_', "-")).help(*help));
    PossibleValuesParser::new(words).into()
}

fn number(text: &str) -> Result<String, clap::Error> {
    match text.parse::<usize>() {
        Ok(number) => Ok(number.to_string()),
        Err(error) => Err(clap::Error::raw(ErrorKind::ValueValidation, error)),
    }
}

fn time(text: &str) -> Result<String, Error> {
    parse_duration(text).map(|_| text.to_owned())
}
