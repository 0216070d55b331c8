//! The option `crlf`.

use crate::dump::Crlf;
use crate::options::{Options, Plan};

impl Options {
    /// What happens to CRLF inside of literals, in a dump whose lines end in CRLF: one that was written through `>` of
    /// Windows' `cmd.exe`, or copied as text. At line ends and in COPY data it says nothing and is always accepted.
    /// Default: [`Crlf::Refuse`].
    ///
    /// ```
    /// use dumpsert::{Crlf, Options, convert_str};
    ///
    /// let dump = "-- From Windows\r\nINSERT INTO public.t (id, v) VALUES (1, 'two\r\nlines');\r\n";
    /// assert!(convert_str(dump, &Options::new().build()?).is_err());
    /// let script = convert_str(dump, &Options::new().with_crlf(Crlf::Strip).build()?)?;
    /// assert!(script.contains("VALUES (1, 'two\nlines')"));
    /// # Ok::<(), dumpsert::Error>(())
    /// ```
    #[must_use]
    pub fn with_crlf(mut self, crlf: Crlf) -> Self {
        self.crlf = crlf;
        self
    }
}

impl Plan {
    pub(crate) fn crlf(&self) -> Crlf {
        self.options().crlf
    }
}
