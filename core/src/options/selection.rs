//! Tables that are left out whole.

use std::collections::BTreeSet;

use super::Options;
use super::list::OptionList;
use super::pattern::TablePattern;
use crate::catalog::{Catalog, Table, TableName};
use crate::error::{Error, Result};

/// Which tables the user wants: `exclude_tables` and `only_tables`. Where both name a table, it is left out.
#[derive(Clone, Debug, Default)]
pub(crate) struct Selection {
    pub(crate) exclude: OptionList<TablePattern>,
    pub(crate) only: OptionList<TablePattern>,
}

/// Why the rows of a table are left out, as the report says it.
pub(crate) const EXCLUDED: &str = "excluded table";
pub(crate) const NOT_WANTED: &str = "not in only_tables";

impl Options {
    /// Tables whose rows are left out, by a pattern as `pg_dump --exclude-table` takes it: `app.log*`, `*.Sessions`
    /// with capitals in quotes. A pattern without a schema means `public`. Partitions follow their table where the
    /// catalog or the dump tells whose they are; sequences are moved only for tables that rows come for. Several calls
    /// add up. Default: none but the tables in which migration tools keep what they have done: `_prisma_migrations`,
    /// `schema_migrations`, `alembic_version`, `django_migrations`, `flyway_schema_history` and their like.
    ///
    /// # Errors
    /// If it is no pattern. One that matches no table, neither of the catalog nor of the dump, is an error of the end of the
    /// dump.
    pub fn with_excluded_table(mut self, pattern: &str) -> Result<Self> {
        self.selection.exclude.extend([TablePattern::parse(pattern)?]);
        Ok(self)
    }

    /// The only tables whose rows are taken, by a pattern as for [`with_excluded_table`](Options::with_excluded_table),
    /// which goes before. Partitions of them are taken where the catalog that is given says what they are; a dump that says
    /// it of its own tables is not believed. Tables of migration tools (`_prisma_migrations`, …) are taken where they are
    /// named without wildcards. Default: all.
    ///
    /// # Errors
    /// If it is no pattern. One that matches no table is an error of [`build`](Options::build) with a catalog, and of
    /// the end of the dump without one.
    pub fn with_only_table(mut self, pattern: &str) -> Result<Self> {
        self.selection.only.extend([TablePattern::parse(pattern)?]);
        Ok(self)
    }
}

impl Selection {
    pub(crate) fn is_empty(&self) -> bool {
        self.patterns().next().is_none()
    }

    pub(crate) fn make_default(&mut self) {
        self.exclude.make_default();
        self.only.make_default();
    }

    /// Why a table is left out, if it is. `names` are its own and those of the tables that it is a partition of, as far as
    /// that is certain; `claimed` those by any account.
    pub(crate) fn reason(&self, names: &[TableName], claimed: &[TableName]) -> Option<&'static str> {
        let is_meant = |patterns: &OptionList<TablePattern>, names: &[TableName]| {
            let mut patterns = patterns.items().iter();
            patterns.any(|pattern| names.iter().any(|name| pattern.matches(name)))
        };
        if is_meant(&self.exclude, names) || is_meant(&self.exclude, claimed) {
            Some(EXCLUDED)
        } else if !self.only.items().is_empty() && !is_meant(&self.only, names) {
            Some(NOT_WANTED)
        } else {
            None
        }
    }

    /// The first of these tables that `only_tables` names.
    pub(crate) fn root_that_is_wanted<'a>(&self, names: &'a [TableName]) -> Option<&'a TableName> {
        let patterns = self.only.items();
        names
            .iter()
            .find(|name| patterns.iter().any(|pattern| pattern.matches(name)))
    }

    /// The tables that `only_tables` names, and those of the catalog that it matches.
    pub(crate) fn only_names(&self, catalog: Option<&Catalog>) -> Vec<TableName> {
        let patterns = self.only.items().iter();
        let mut names: BTreeSet<TableName> = patterns.clone().filter_map(TablePattern::exact_name).collect();
        for tables in patterns.filter_map(|pattern| pattern.tables(catalog?).ok()) {
            names.extend(tables.into_iter().map(Table::table_name));
        }
        names.into_iter().collect()
    }

    /// The tables that `exclude_tables` names.
    pub(crate) fn excluded_names(&self) -> Vec<TableName> {
        let patterns = self.exclude.items().iter();
        patterns.filter_map(TablePattern::exact_name).collect()
    }

    /// Whether `only_tables` names this very table, without wildcards.
    pub(crate) fn wants_exactly(&self, name: &TableName) -> bool {
        let mut patterns = self.only.items().iter();
        patterns.any(|pattern| pattern.is_exact() && pattern.matches(name))
    }

    /// Checks that every pattern of `only_tables` matches a table of the catalog. What is left out may be a table that
    /// only the dump has.
    pub(crate) fn check(&self, catalog: &Catalog) -> Result<()> {
        let mut patterns = self.only.items().iter();
        patterns.try_for_each(|pattern| match pattern.tables(catalog) {
            Ok(_) => Ok(()),
            Err(error) => Err(unmet("only_tables", pattern, error)),
        })
    }

    /// Checks, at the end of a dump, that every pattern has matched one of these tables, which are those of the dump and
    /// of the catalog, if there is one. A table without rows need not be in a dump without a schema: where no table is
    /// called alike, such a pattern is returned, as a warning.
    pub(crate) fn check_met(&self, tables: &[TableName], is_complete: bool) -> Result<Vec<String>> {
        let is_unmet = |(_, pattern): &(_, &TablePattern)| !tables.iter().any(|table| pattern.matches(table));
        let unmet = self.patterns().filter(is_unmet).map(|(option, pattern)| {
            let error = unmet(option, pattern, pattern.no_match(tables.iter().cloned()));
            match is_complete || error.hint().is_some() {
                true => Err(error),
                false => Ok(format!(
                    "`{option} = {pattern}` matches no table of the dump: INSERTs do not name a table without rows, nor a \
                     partition its root; `schema = FILE` does"
                )),
            }
        });
        unmet.collect()
    }

    fn patterns(&self) -> impl Iterator<Item = (&'static str, &TablePattern)> {
        let exclude = self.exclude.items().iter().map(|pattern| ("exclude_tables", pattern));
        exclude.chain(self.only.items().iter().map(|pattern| ("only_tables", pattern)))
    }
}

/// The error of a pattern, with its option as somebody has written it.
fn unmet(option: &str, pattern: &TablePattern, error: Error) -> Error {
    error.with_message(format!("`{option} = {pattern}` matches no table"))
}

#[cfg(test)]
mod tests {
    use crate::{Catalog, Config, ErrorKind, Options, Style, convert_str};

    const DUMP: &str = "INSERT INTO public.t (id) VALUES (1);\nINSERT INTO app.log (id) VALUES (1);\n";

    #[track_caller]
    fn assert_refused(options: Options, message: &str) {
        assert_refused_of(DUMP, options, message);
    }

    #[track_caller]
    fn assert_refused_of(dump: &str, options: Options, message: &str) {
        let error = options.build().and_then(|plan| convert_str(dump, &plan)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidOption);
        assert_eq!(error.to_string(), message);
    }

    #[test]
    fn a_pattern_without_a_table_is_an_error() {
        let exclude = |pattern| Options::new().with_excluded_table(pattern).unwrap();
        assert_refused(
            exclude("log"),
            "`exclude_tables = log` matches no table (did you mean app.log?)",
        );
        let plan = exclude("app.log").with_only_table("orders").unwrap().build().unwrap();
        let mut rewriter = crate::Rewriter::new(&plan);
        let mut out = Vec::new();
        rewriter.write(DUMP.as_bytes(), &mut out).unwrap();
        let report = rewriter.finish(&mut out).unwrap();
        let warnings: Vec<_> = report.warnings.iter().map(|warning| warning.message.as_str()).collect();
        assert_eq!(
            warnings,
            [
                "`only_tables = orders` matches no table of the dump: INSERTs do not name a table without rows, nor a partition \
              its root; `schema = FILE` does"
            ]
        );
        let full = format!("CREATE TABLE public.t (id int PRIMARY KEY);\nCREATE TABLE app.log (id int);\n{DUMP}");
        assert_refused_of(
            &full,
            exclude("app.log").with_only_table("orders").unwrap(),
            "`only_tables = orders` matches no table",
        );
        let catalog = Catalog::from_schema_sql("CREATE TABLE t (id int PRIMARY KEY); CREATE TABLE \"Log\" (id int);");
        assert_refused_of(
            "INSERT INTO public.t (id) VALUES (1);\n",
            exclude("log").with_catalog(catalog.unwrap()).unwrap(),
            "`exclude_tables = log` matches no table (did you mean public.\"Log\"?)",
        );
        let catalog = Catalog::from_schema_sql("CREATE TABLE t (id int PRIMARY KEY); CREATE TABLE empty (id int);");
        let plan = exclude("empty")
            .with_catalog(catalog.unwrap())
            .unwrap()
            .build()
            .unwrap();
        let dump = "INSERT INTO public.t (id) VALUES (1);\n";
        assert!(
            convert_str(dump, &plan).is_ok(),
            "a table without rows is known to the catalog"
        );
    }

    #[test]
    fn what_is_typed_replaces_the_patterns_of_a_file() {
        let config = Config::from_toml("exclude_tables = ['t', 'app.log']\nonly_tables = ['app.*']").unwrap();
        let options = config.options.with_style(Style::Rows).with_only_table("t").unwrap();
        let options = options.with_excluded_table("app.log").unwrap();
        let script = convert_str(DUMP, &options.build().unwrap()).unwrap();
        assert!(script.contains("\"public\".\"t\"") && !script.contains("\"app\".\"log\""));
    }
}
