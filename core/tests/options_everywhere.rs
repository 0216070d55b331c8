//! What the table of options says stands in the types of both packages and in the documentation. With `DUMPSERT_BLESS=1`
//! this writes the marked regions; else it compares them.

#![cfg(test)]

use std::fs;
use std::path::Path;

use dumpsert::config::{Kind, Language, OptionInfo, all_options, all_table_options, in_language, switch};

/// The options but for the one that only a test has.
fn options() -> impl Iterator<Item = OptionInfo> {
    all_options().filter(|option| option.name != "no_op")
}

/// Compares what stands between the marks of a file with `text`, or writes it.
#[track_caller]
fn assert_region(file: &str, mark: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(file);
    let old = fs::read_to_string(&path).unwrap();
    let marks = ["begin", "end"].map(|word| format!("options: {word} {mark}"));
    let [begin, end] = marks.map(|mark| old.find(&mark).unwrap_or_else(|| panic!("{file} has no `{mark}`")));
    let begin = begin + old[begin..].find('\n').unwrap() + 1;
    let end = old[..end].rfind('\n').unwrap() + 1;
    let new = format!("{}{text}{}", &old[..begin], &old[end..]);
    if new != old && std::env::var_os("DUMPSERT_BLESS").is_some() {
        fs::write(&path, new).unwrap();
    } else {
        assert_eq!(
            &old[begin..end],
            text,
            "{file} is behind the table of options: set DUMPSERT_BLESS=1"
        );
    }
}

fn camel(name: &str) -> String {
    let mut parts = name.split('_');
    let first = parts.next().unwrap().to_owned();
    parts.fold(first, |name, part| {
        format!("{name}{}{}", part[..1].to_uppercase(), &part[1..])
    })
}

/// What is said of an option in a language, with its default.
fn described(option: &OptionInfo, language: Language) -> String {
    let mut text = option.sentences();
    if !option.default.is_empty() {
        let default = match option.kind {
            Kind::Choice(words) | Kind::ChoiceOrFlag(words) | Kind::ChoicePerTable(words)
                if words.iter().any(|(word, _)| *word == option.default) =>
            {
                format!("'{}'", option.default)
            }
            Kind::Flag if language == Language::Python => "False".to_owned(),
            _ => option.default.to_owned(),
        };
        text.push_str(&format!(" Default: {default}."));
    }
    in_language(&text, language)
}

/// Breaks a text into lines that begin with `start`.
fn lines(text: &str, start: &str) -> String {
    let mut lines = vec![start.to_owned()];
    for word in text.split(' ') {
        let line = lines.last_mut().unwrap();
        if line.chars().count() + word.chars().count() + 1 > 118 && line.len() > start.len() {
            lines.push(format!("{start}{word}"));
        } else {
            line.push_str(if line.len() > start.len() { " " } else { "" });
            line.push_str(word);
        }
    }
    lines.iter().map(|line| format!("{line}\n")).collect()
}

fn words(words: &[(&str, &str)]) -> Vec<String> {
    words.iter().map(|(word, _)| format!("'{word}'")).collect()
}

fn typescript(options: impl Iterator<Item = OptionInfo>) -> String {
    let mut text = String::new();
    for option in options {
        let kind = match option.kind {
            Kind::Choice(choices) | Kind::ChoicePerTable(choices) => words(choices).join(" | "),
            Kind::ChoiceOrFlag(choices) => format!("{} | boolean", words(choices).join(" | ")),
            Kind::Flag => "boolean".to_owned(),
            Kind::Number(_) => "number".to_owned(),
            Kind::Time => "number | string".to_owned(),
            Kind::List(_) => "string | string[]".to_owned(),
            Kind::Columns(_) => "Columns".to_owned(),
            Kind::PerTable("POLICY") => "Update".to_owned(),
            Kind::Sizes => "Limits".to_owned(),
            Kind::Keys => "Record<string, Columns>".to_owned(),
            Kind::Tables => "Record<string, TableOptions>".to_owned(),
            _ => "string".to_owned(),
        };
        let doc = described(&option, Language::JavaScript).replace("*/", "*\\/");
        let short = format!("  /** {doc} */\n");
        match short.chars().count() <= 120 {
            true => text.push_str(&short),
            false => text.push_str(&format!("  /**\n{}   */\n", lines(&doc, "   * "))),
        }
        text.push_str(&format!("  {}?: {kind};\n", camel(option.name)));
    }
    text
}

fn python(options: impl Iterator<Item = OptionInfo>) -> String {
    let mut text = String::new();
    for option in options {
        let literal = |choices: &[(&str, &str)]| format!("Literal[{}]", words(choices).join(", ").replace('\'', "\""));
        let kind = match option.kind {
            Kind::Choice(choices) | Kind::ChoicePerTable(choices) => literal(choices),
            Kind::ChoiceOrFlag(choices) => format!("{} | bool", literal(choices)),
            Kind::Flag => "bool".to_owned(),
            Kind::Number(_) => "int".to_owned(),
            Kind::Time => "str | int | timedelta".to_owned(),
            Kind::List(_) | Kind::Columns(_) => "Names".to_owned(),
            Kind::Sizes => "Mapping[str, int | str]".to_owned(),
            Kind::Keys => "Mapping[str, Names]".to_owned(),
            Kind::Tables => "Mapping[str, TableOptions]".to_owned(),
            _ => "str".to_owned(),
        };
        text.push_str(&lines(&described(&option, Language::Python), "    # "));
        text.push_str(&format!("    {}: {kind}\n", option.name));
    }
    text
}

/// A text as Markdown, options as they are typed.
fn markdown(text: &str) -> String {
    let mut parts = text.split('`').enumerate();
    let text: String = parts
        .by_ref()
        .map(|(at, part)| match at % 2 {
            0 => part.to_owned(),
            _ => format!(
                "`{}`",
                in_language(&format!("`{part}`"), Language::CommandLine).trim_matches('`')
            ),
        })
        .collect();
    text.replace('|', "\\|")
}

fn documented(option: &OptionInfo) -> String {
    let name = switch(option.name);
    let mut more = String::new();
    let typed = match option.kind {
        Kind::Choice(choices) | Kind::ChoiceOrFlag(choices) | Kind::ChoicePerTable(choices) => {
            let choices = choices.iter().map(|(word, help)| (word.replace('_', "-"), *help));
            for (word, help) in choices.clone() {
                more.push_str(&format!("<br>`{word}`: {}.", markdown(help)));
            }
            let words: Vec<String> = choices.map(|(word, _)| word).collect();
            let of_one = if matches!(option.kind, Kind::ChoicePerTable(_)) {
                "[TABLE=]"
            } else {
                ""
            };
            format!("--{name} {of_one}{}", words.join("\\|"))
        }
        Kind::Flag => format!("--{name}"),
        Kind::Time => format!("--{name} TIME"),
        Kind::Keys => format!("--{name} TABLE=COLUMNS"),
        Kind::Sizes => format!("--{name} NAME=SIZE"),
        Kind::PerTable(value) => format!("--{name} [TABLE=]{value}"),
        Kind::List(value) if value.contains(' ') => format!("--{name} '{value}'"),
        Kind::Text(value) | Kind::Number(value) | Kind::List(value) | Kind::Columns(value) => {
            format!("--{name} {value}")
        }
        _ => unreachable!("{name}"),
    };
    let default = match option.kind {
        Kind::Flag => String::new(),
        _ => markdown(
            &option
                .default
                .replace('_', if option.default.contains(' ') { "_" } else { "-" }),
        ),
    };
    let rest = if option.more.is_empty() {
        String::new()
    } else {
        format!(" {}", markdown(option.more))
    };
    format!("| `{typed}` | {default} | {}.{rest}{more} |\n", markdown(option.help))
}

#[test]
fn the_node_package() {
    assert_region("bindings-node/index.d.ts", "of all tables", &typescript(options()));
    assert_region(
        "bindings-node/index.d.ts",
        "of one table",
        &typescript(all_table_options()),
    );
}

#[test]
fn the_python_package() {
    let file = "bindings-python/python/dumpsert/_types.py";
    assert_region(file, "of all tables", &python(options()));
    assert_region(file, "of one table", &python(all_table_options()));
}

#[test]
fn the_documentation() {
    let options = options().filter(|option| !matches!(option.kind, Kind::Tables));
    let rows: String = options.map(|option| documented(&option)).collect();
    assert_region(
        "docs/options.md",
        "of all tables",
        &format!("| option | default | |\n|---|---|---|\n{rows}"),
    );
}

/// An option takes one entry in the table: here is one that nothing else knows of.
#[cfg(all(feature = "no-op-option", feature = "cli"))]
#[test]
fn an_option_takes_one_entry() {
    use dumpsert::Options;

    assert!(Options::from_toml("no_op = true").is_ok());
    assert!(Options::from_json(r#"{"no_op": 1}"#).is_err());
    assert!(Options::new().with_typed("no_op", &[]).is_ok());
    assert_eq!(in_language("`no_op = true`", Language::JavaScript), "`noOp: true`");
    let entry = concat!("name: \"no", "_op\"");
    let places = places(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
        concat!("\"no", "_op\""),
    );
    assert_eq!(places.len(), 1, "{places:?}");
    assert!(places[0].contains(entry));
}

/// The lines below a folder that hold a word.
#[cfg(all(feature = "no-op-option", feature = "cli"))]
fn places(folder: &Path, word: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(places(&path, word));
        } else if let Ok(text) = fs::read_to_string(&path) {
            found.extend(text.lines().filter(|line| line.contains(word)).map(str::to_owned));
        }
    }
    found
}
