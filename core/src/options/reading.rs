//! The options that say what a dump means where it does not tell itself.

use super::{Case, Options};
use crate::dump::Crlf;

impl Options {
    /// What happens to CRLF inside of literals, in a dump whose lines end in CRLF: one that was written through `>` of
    /// Windows' `cmd.exe`, or copied as text. At line ends and in COPY data it says nothing and is always accepted.
    /// Default: [`Crlf::Refuse`].
    ///
    /// ```
    /// use dumpsert::{Crlf, Options, Style, convert_str};
    ///
    /// let dump = "-- From Windows\r\nINSERT INTO public.t (id, v) VALUES (1, 'two\r\nlines');\r\n";
    /// let options = Options::new().with_style(Style::Rows);
    /// assert!(convert_str(dump, &options.clone().build()?).is_err());
    /// let script = convert_str(dump, &options.with_crlf(Crlf::Strip).build()?)?;
    /// assert!(script.contains("VALUES (1, 'two\nlines')"));
    /// # Ok::<(), dumpsert::Error>(())
    /// ```
    #[must_use]
    pub fn with_crlf(mut self, crlf: Crlf) -> Self {
        self.crlf = crlf;
        self
    }

    /// The rule by which the source's locale tells upper from lower case beyond ASCII, for conditions that leave rows out.
    /// Where the answer is the same in every locale none is needed. Letters whose other case is several letters or hangs on
    /// their neighbours (`ß`, `Σ`) are refused all the same. Default: none, and a value that needs one is an error.
    ///
    /// ```
    /// use dumpsert::{Case, Catalog, Options, convert_str};
    ///
    /// let catalog = Catalog::from_schema_sql("CREATE TABLE artists (id int PRIMARY KEY, name text);")?;
    /// let options = Options::new().with_catalog(catalog)?.with_excluded_rows("artists: lower(name) = 'björk'")?;
    /// let dump = "INSERT INTO public.artists (id, name) VALUES (1, 'BJÖRK');\n";
    /// assert!(convert_str(dump, &options.clone().build()?).is_err());
    /// let script = convert_str(dump, &options.with_case(Case::Unicode).build()?)?;
    /// assert!(!script.contains("INSERT INTO \"public\""));
    /// # Ok::<(), dumpsert::Error>(())
    /// ```
    #[must_use]
    pub fn with_case(mut self, case: Case) -> Self {
        self.exclusions.case = Some(case);
        self
    }
}
