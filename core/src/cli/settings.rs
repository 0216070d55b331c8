//! What was typed and what stands in the configuration file, as one.

use std::path::{Path, PathBuf};

use dumpsert::catalog::CatalogBuilder;
use dumpsert::{Catalog, Client, Config, Error, Files, Options, Plan, Style};

use super::planning::Planning;
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
        let is_other = |option: &str, only: &str| args.typed.of(option).iter().any(|word| word != only);
        if is_other("style", "staged") || is_other("client", "psql") {
            let message = "restore and sync always have --style staged and --client psql; convert has the others";
            return Err(Failure::Usage(message.to_owned()));
        }
        self.options = self.options.with_style(Style::Staged).with_client(Client::Psql);
        let is_open = args.typed.of("only_schemas").is_empty() && self.options.bounds.only_schemas().is_empty();
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

fn plan(args: &Planning, options: Options, schema: &[PathBuf], catalog: &[PathBuf]) -> Result<Plan, Failure> {
    let mut options = args.typed.apply(options).map_err(config)?;
    if args.no_cascade {
        options = options.without_cascade();
    }
    if !schema.is_empty() {
        options = options.with_catalog(read_schema(schema)?).map_err(config)?;
    }
    for path in catalog {
        let catalog = Catalog::from_file(read_file(path)?);
        let catalog = catalog.map_err(|error| Failure::Library(path.display().to_string(), error))?;
        options = options.with_catalog(catalog).map_err(config)?;
    }
    options.build().map_err(config)
}
