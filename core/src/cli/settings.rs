//! What was typed and what stands in the configuration file, as one.

use std::path::{Path, PathBuf};

use dumpsert::catalog::CatalogBuilder;
use dumpsert::config::parse_size;
use dumpsert::{Catalog, Client, Config, Error, Files, Limit, Options, Plan, Style};

use super::args::{self, Planning};
use super::{Failure, OPTIONS, is_std, read_file};

/// What a command needs but the dump: what is typed, and what stands in the configuration file.
pub(super) struct Settings {
    options: Options,
    config: Option<PathBuf>,
    schema: Vec<PathBuf>,
    catalog: Vec<PathBuf>,
    /// What the configuration file says of files and words; what is typed goes before.
    pub(super) output: Option<PathBuf>,
    pub(super) report: Option<PathBuf>,
    pub(super) quiet: bool,
}

impl Settings {
    /// Reads the configuration file, if there is one.
    pub(super) fn read(args: &Planning) -> Result<Self, Failure> {
        let (config, folder) = match &args.config {
            Some(path) => (read_config(path)?, path.parent().unwrap_or(Path::new(""))),
            None => (Config::default(), Path::new("")),
        };
        // Paths in the file are meant from where it is.
        let place = |path: PathBuf| {
            if is_std(&path) { path } else { folder.join(path) }
        };
        let places = |typed: &[PathBuf], paths: Vec<PathBuf>| match typed {
            [] => paths.into_iter().map(place).collect(),
            typed => typed.to_vec(),
        };
        Ok(Self {
            options: config.options,
            config: args.config.clone(),
            schema: places(&args.schema, config.schema),
            catalog: places(&args.catalog, config.catalog),
            output: config.output.map(place),
            report: config.report.map(place),
            quiet: config.quiet.unwrap_or(false),
        })
    }

    /// The files that are read.
    pub(super) fn files(&self) -> Files {
        let mut files = Files::new();
        self.config
            .iter()
            .for_each(|path| files.reads("the configuration", path));
        self.schema.iter().for_each(|path| files.reads("the schema", path));
        self.catalog.iter().for_each(|path| files.reads("the catalog", path));
        files
    }

    /// What is typed goes before what stands in the file; a key or list replaces that of the same table.
    pub(super) fn plan(self, args: &Planning) -> Result<Plan, Failure> {
        plan(args, self.options, &self.schema, &self.catalog)
    }
}

impl Settings {
    /// The plan of a command that writes to a database, for which the style is no choice. `schema` is the only one that is
    /// meant, where no option names others.
    pub(super) fn staged_plan(mut self, args: &Planning, schema: Option<String>) -> Result<Plan, Failure> {
        if !matches!(args.style, None | Some(args::Style::Staged)) || matches!(args.client, Some(args::Client::Driver))
        {
            let message = "restore and sync always have --style staged and --client psql; convert has the others";
            return Err(Failure::Usage(message.to_owned()));
        }
        self.options = self.options.with_style(Style::Staged).with_client(Client::Psql);
        let is_open = args.only_schema.is_empty() && self.options.permits.only_schemas().is_empty();
        if let Some(schema) = schema.filter(|_| is_open) {
            let quoted = format!("\"{}\"", schema.replace('"', "\"\""));
            self.options = self.options.with_only_schema(&quoted).map_err(config)?;
        }
        self.plan(args)
    }
}

fn read_config(path: &Path) -> Result<Config, Failure> {
    let name = path.display().to_string();
    let text = String::from_utf8(read_file(path)?).map_err(|_| Failure::Usage(format!("{name} is not UTF-8")))?;
    Config::from_toml(&text).map_err(|error| Failure::Usage(format!("{name}: {error}")))
}

fn config(error: Error) -> Failure {
    Failure::Library(OPTIONS.to_owned(), error)
}

/// One builder for all files: a later one may alter a table of an earlier one.
pub(super) fn read_schema(files: &[PathBuf]) -> Result<Catalog, Failure> {
    let mut builder = CatalogBuilder::new();
    for path in files {
        let text = read_file(path)?;
        builder
            .read_file(&text)
            .map_err(|error| Failure::Library(path.display().to_string(), error))?;
    }
    let catalog = builder.finish().map_err(config)?;
    if catalog.tables().is_empty() {
        let names: Vec<String> = files.iter().map(|path| path.display().to_string()).collect();
        return Err(Failure::Usage(format!(
            "{}: no table is defined there",
            names.join(", ")
        )));
    }
    Ok(catalog)
}

/// What the dump may write to, and how large it may be.
fn permits(args: &Planning, mut options: Options) -> Result<Options, Error> {
    for schema in &args.only_schema {
        options = options.with_only_schema(schema)?;
    }
    if let Some(unselected) = args.unselected {
        options = options.with_unselected(unselected.into());
    }
    for table in &args.allow_extension_table {
        options = options.with_allow_extension_table(table)?;
    }
    for relation in &args.allow_relation {
        options = options.with_allow_relation(relation)?;
    }
    for limit in &args.limit {
        let (name, size) = limit.split_once('=').unwrap_or((limit, ""));
        options = options.with_limit(Limit::from_name(name)?, parse_size(size)?)?;
    }
    Ok(options)
}

fn plan(args: &Planning, mut options: Options, schema: &[PathBuf], catalog: &[PathBuf]) -> Result<Plan, Failure> {
    if let Some(style) = args.style {
        options = options.with_style(style.into());
    }
    if let Some(no_key) = args.no_key {
        options = options.with_no_key(no_key.into());
    }
    if let Some(triggers) = args.triggers {
        options = options.with_triggers(triggers.into());
    }
    if let Some(triggers) = args.constraint_triggers {
        options = options.with_constraint_triggers(triggers.into());
    }
    if let Some(rounding) = args.rounding {
        options = options.with_rounding(rounding.into());
    }
    if let Some(sequences) = args.sequences {
        options = options.with_sequences(sequences.into());
    }
    if let Some(client) = args.client {
        options = options.with_client(client.into());
    }
    if let Some(losses) = args.losses {
        options = options.with_losses(losses.into());
    }
    if let Some(crlf) = args.crlf {
        options = options.with_crlf(crlf.into());
    }
    if let Some(timeout) = args.lock_timeout {
        options = options.with_lock_timeout(timeout);
    }
    if !schema.is_empty() {
        options = options.with_catalog(read_schema(schema)?).map_err(config)?;
    }
    for path in catalog {
        let catalog = Catalog::from_file(read_file(path)?);
        let catalog = catalog.map_err(|error| Failure::Library(path.display().to_string(), error))?;
        options = options.with_catalog(catalog).map_err(config)?;
    }
    if let Some(database) = &args.database {
        options = options.with_database(database);
    }
    for update in &args.update {
        options = match split_unquoted(update) {
            Some((table, policy)) => options
                .with_table_update(table, policy.parse().map_err(config)?)
                .map_err(config)?,
            None => options.with_update(update.parse().map_err(config)?),
        };
    }
    for columns in &args.update_only {
        options = options.with_update_only(columns).map_err(config)?;
    }
    for columns in &args.update_never {
        options = options.with_update_never(columns).map_err(config)?;
    }
    options = permits(args, options).map_err(config)?;
    for pattern in &args.exclude_table {
        options = options.with_exclude_table(pattern).map_err(config)?;
    }
    for pattern in &args.only_table {
        options = options.with_only_table(pattern).map_err(config)?;
    }
    for column in &args.guard {
        options = options.with_guard(column).map_err(config)?;
    }
    if let Some(on_guard) = args.on_guard {
        options = options.with_on_guard(on_guard.into());
    }
    if let Some(unknown) = args.unknown_columns {
        options = options.with_unknown_columns(unknown.into());
    }
    if let Some(unknown) = args.unknown_tables {
        options = options.with_unknown_tables(unknown.into());
    }
    if let Some(rows) = args.batch_rows {
        options = options.with_batch_rows(rows);
    }
    if let Some(bytes) = args.batch_bytes {
        options = options.with_batch_bytes(bytes);
    }
    for key in &args.key {
        options = options.with_key(key).map_err(config)?;
    }
    exclusions(args, options)?.build().map_err(config)
}

/// What stands before and behind the first `=` that is not in a quoted name.
fn split_unquoted(text: &str) -> Option<(&str, &str)> {
    let mut is_quoted = false;
    let at = text.bytes().position(|byte| {
        is_quoted ^= byte == b'"';
        byte == b'=' && !is_quoted
    })?;
    Some((text.get(..at)?, text.get(at + 1..)?))
}

/// What is typed adds to what stands in the file: nothing that is to be left out comes in by another option.
fn exclusions(args: &Planning, mut options: Options) -> Result<Options, Failure> {
    for exclude in &args.exclude {
        options = options.with_exclude(exclude).map_err(config)?;
    }
    if args.exclude_demo {
        options = options.with_exclude_demo();
    }
    for column in &args.demo_column {
        options = options.with_demo_column(column).map_err(config)?;
    }
    if let Some(flag) = &args.demo_flag {
        options = options.with_demo_flag(flag).map_err(config)?;
    }
    if let Some(cascade) = args.cascade {
        options = options.with_cascade(cascade.into());
    }
    if let Some(case) = args.case {
        options = options.with_case(case.into());
    }
    if args.no_cascade {
        options = options.without_cascade();
    }
    for key in &args.foreign_key {
        options = options.with_foreign_key(key).map_err(config)?;
    }
    Ok(options)
}
