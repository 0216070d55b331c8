//! How options are written in each language. Messages and hints name an option as a configuration file does, in backquotes:
//! `` `style = staged` ``. Whoever shows them translates these words.

use super::entry::{Entry, Kind, Setter};
use super::table::OPTIONS;

/// A language in which options are given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Language {
    /// `--style staged`
    CommandLine,
    /// `style: 'staged'`
    JavaScript,
    /// `style='staged'`
    Python,
}

/// Options that only a restore has.
const OF_A_RESTORE: [&str; 6] = [
    "prune",
    "prune_empty",
    "prune_keyless",
    "prune_cascade",
    "prune_max",
    "mapping",
];

/// Those of them whose value is a list.
const LISTS: [&str; 2] = ["prune_empty", "prune_keyless"];

/// The switch of an option on a command line, without its dashes. What a file holds as a list is typed one by one:
///
/// ```
/// use dumpsert::config::switch;
///
/// assert_eq!(switch("lock_timeout"), "lock-timeout");
/// assert_eq!(switch("only_tables"), "only-table");
/// ```
pub fn switch(option: &str) -> String {
    let is_of_tables = |kind| matches!(kind, Kind::PerTable(_) | Kind::ChoicePerTable(_));
    let is_plural = entry(option).is_some_and(|entry| entry.info().is_typed_often() && !is_of_tables(entry.kind));
    let singular = option.strip_suffix('s').filter(|_| is_plural);
    singular.unwrap_or(option).replace('_', "-")
}

fn entry(option: &str) -> Option<&'static Entry<Setter>> {
    OPTIONS.iter().find(|entry| entry.name == option)
}

/// Writes the options that a message names in a language.
///
/// ```
/// use dumpsert::config::{Language, in_language};
///
/// let hint = "say `cascade = false`";
/// assert_eq!(in_language(hint, Language::CommandLine), "say --no-cascade");
/// assert_eq!(in_language(hint, Language::JavaScript), "say `cascade: false`");
/// assert_eq!(in_language(hint, Language::Python), "say `cascade=False`");
/// ```
pub fn in_language(text: &str, language: Language) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('`') {
        out.push_str(before);
        let option = behind.split_once('`').and_then(|(inside, after)| {
            let (name, value) = inside.split_once(" = ")?;
            let others = ["schema", "catalog", "config"].iter().chain(&OF_A_RESTORE);
            let is_known = entry(name).is_some() || others.into_iter().any(|known| *known == name);
            is_known.then(|| (write(name, value, language), after))
        });
        match option {
            Some((option, after)) => {
                out.push_str(&option);
                rest = after;
            }
            None => {
                out.push('`');
                rest = behind;
            }
        }
    }
    out.push_str(rest);
    out
}

fn write(name: &str, value: &str, language: Language) -> String {
    match language {
        Language::CommandLine => on_the_command_line(name, value),
        Language::JavaScript => match name {
            "schema" => "`catalog: await Catalog.fromSchemaSql(…)`".to_owned(),
            "catalog" => "`catalog: await Catalog.fromJson(…)`".to_owned(),
            _ => format!("`{}: {}`", camel(name), literal(name, value, language)),
        },
        Language::Python => format!("`{name}={}`", literal(name, value, language)),
    }
}

fn on_the_command_line(name: &str, value: &str) -> String {
    let switch = switch(name);
    match value {
        "false" => format!("--no-{switch}"),
        "true" => format!("--{switch}"),
        _ if name == "cascade" => format!("--{switch} {}", value.replace('_', "-")),
        _ if value.contains(['"', '\'', ' ', '(', '*']) => format!("--{switch} '{}'", value.replace('\'', "'\\''")),
        _ => format!("--{switch} {value}"),
    }
}

/// A value as both other languages write it, but for a few words.
fn literal(name: &str, value: &str, language: Language) -> String {
    let is_python = language == Language::Python;
    let text = |text: &str| format!("'{}'", text.replace('\'', "\\'"));
    match (name, value) {
        (_, "true") if is_python => "True".to_owned(),
        (_, "false") if is_python => "False".to_owned(),
        (_, "true" | "false") => value.to_owned(),
        ("keys" | "limits" | "match_on", _) => {
            let (key, value) = value.split_once('=').unwrap_or((value, "…"));
            let key = if name == "limits" && !is_python {
                camel(key)
            } else {
                text(key)
            };
            format!("{{{key}: {}}}", text(value))
        }
        _ if is_list(name) => format!("[{}]", text(value)),
        _ => text(value),
    }
}

/// Whether the value of an option is a list, as the plural of its name says.
fn is_list(option: &str) -> bool {
    let is_kind = entry(option).is_some_and(|entry| matches!(entry.kind, Kind::List(_)));
    LISTS.contains(&option) || (is_kind && option.ends_with('s'))
}

fn camel(name: &str) -> String {
    let mut out = String::new();
    let mut is_upper = false;
    for char in name.chars() {
        match char {
            '_' => is_upper = true,
            char if is_upper => {
                out.push(char.to_ascii_uppercase());
                is_upper = false;
            }
            char => out.push(char),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_in_every_language() {
        for (text, line, javascript, python) in [
            (
                "`style = staged`",
                "--style staged",
                "`style: 'staged'`",
                "`style='staged'`",
            ),
            (
                "`exclude_demo = true`",
                "--exclude-demo",
                "`excludeDemo: true`",
                "`exclude_demo=True`",
            ),
            (
                "`schema = FILE`",
                "--schema FILE",
                "`catalog: await Catalog.fromSchemaSql(…)`",
                "`schema='FILE'`",
            ),
            (
                "`keys = public.\"T\"=a,b`",
                "--key 'public.\"T\"=a,b'",
                "`keys: {'public.\"T\"': 'a,b'}`",
                "`keys={'public.\"T\"': 'a,b'}`",
            ),
            (
                "`limits = row_bytes=1GB`",
                "--limit row_bytes=1GB",
                "`limits: {rowBytes: '1GB'}`",
                "`limits={'row_bytes': '1GB'}`",
            ),
            (
                "`only_schemas = app`",
                "--only-schema app",
                "`onlySchemas: ['app']`",
                "`only_schemas=['app']`",
            ),
            ("a `column` = `style` and `no = option`", "", "", ""),
        ] {
            for (language, expected) in [
                (Language::CommandLine, line),
                (Language::JavaScript, javascript),
                (Language::Python, python),
            ] {
                let expected = if expected.is_empty() { text } else { expected };
                assert_eq!(in_language(text, language), expected);
            }
        }
        assert_eq!(in_language("a `b", Language::Python), "a `b");
    }
}
