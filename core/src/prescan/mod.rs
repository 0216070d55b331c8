//! What has to be known of a dump before its rows are written, and can be learned only by reading it: its keys, which
//! stand behind the rows of a full dump, and the rows that are left out because of others.

mod catalog;
mod edges;
mod learn;
mod spool;

use self::catalog::CatalogScan;
use self::learn::{Learner, Outcome};
pub(crate) use self::spool::{Again, InPlace, Spool};
use crate::dump::reader::Reader;
use crate::error::{Error, ErrorKind, Position, Result};
use crate::plan::Plan;
use std::fmt;

/// A reading of the dump before the one that writes.
///
/// [`convert`](crate::convert) and [`convert_file`](crate::convert_file) do all this by themselves. Who drives a
/// [`Rewriter`](crate::Rewriter) by hand, and can read the dump again, asks [`Plan::needs_prescan`] and reads until it
/// says no. A dump may have to be read several times. What does not fit into memory goes to a temporary file.
///
/// ```
/// use dumpsert::{Catalog, Options, Prescan, Rewriter};
///
/// let schema = "CREATE TABLE public.people (id int PRIMARY KEY, boss int REFERENCES public.people);";
/// let mut plan = Options::new()
///     .with_catalog(Catalog::from_schema_sql(schema)?)?
///     .with_excluded_rows("public.people: id = 1")?
///     .build()?;
/// // The second person comes before the first, on whose exclusion it depends.
/// let dump = "INSERT INTO public.people (id, boss) VALUES (2, 1);\nINSERT INTO public.people (id, boss) VALUES (1, NULL);\n";
/// while plan.needs_prescan() {
///     let mut prescan = Prescan::new(&plan)?;
///     for chunk in dump.as_bytes().chunks(16) {
///         if !prescan.write(chunk)? {
///             break;
///         }
///     }
///     plan = prescan.finish()?;
/// }
/// let mut script = Vec::new();
/// let mut rewriter = Rewriter::new(&plan);
/// rewriter.write(dump.as_bytes(), &mut script)?;
/// assert_eq!(rewriter.finish(&mut script)?.rows_kept(), 0);
/// # Ok::<(), dumpsert::Error>(())
/// ```
pub struct Prescan {
    plan: Plan,
    reading: Reading,
}

impl fmt::Debug for Prescan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Prescan")
            .field("plan", &self.plan)
            .finish_non_exhaustive()
    }
}

enum Reading {
    Catalog(Box<CatalogScan>),
    Learn(Box<Reader>, Box<Learner>),
}

impl Prescan {
    /// Begins a reading.
    ///
    /// # Errors
    /// If the plan needs none.
    pub fn new(plan: &Plan) -> Result<Self> {
        let reading = if plan.needs_catalog() {
            Reading::Catalog(Box::new(CatalogScan::new(plan)))
        } else {
            let filter = plan.filter().filter(|_| plan.needs_prescan());
            let Some(filter) = filter else {
                return Err(Error::new(ErrorKind::Finished, "the plan needs no reading of the dump"));
            };
            let learner = Box::new(Learner::new(plan, filter, plan.learning()));
            Reading::Learn(Box::new(Reader::new(*plan.limits()).with_crlf(plan.crlf())), learner)
        };
        Ok(Self {
            plan: plan.clone(),
            reading,
        })
    }

    /// Reads the next bytes of the dump; returns whether more are wanted.
    ///
    /// # Errors
    /// If the dump is not acceptable, or a temporary file cannot be written.
    pub fn write(&mut self, chunk: &[u8]) -> Result<bool> {
        match &mut self.reading {
            Reading::Catalog(scan) => scan.write(chunk),
            Reading::Learn(reader, learner) => reader.write(chunk, &mut **learner).map(|()| true),
        }
    }

    /// How far the dump was read.
    pub fn position(&self) -> Position {
        match &self.reading {
            Reading::Catalog(scan) => scan.position(),
            Reading::Learn(reader, _) => reader.position(),
        }
    }

    /// Ends the reading and returns the plan with what was learned. It may need another reading.
    ///
    /// # Errors
    /// As [`write`](Self::write); also if the dump is cut, or what it says of its tables does not fit the options.
    pub fn finish(self) -> Result<Plan> {
        match self.reading {
            Reading::Catalog(scan) => match scan.finish()? {
                Some(catalog) => self.plan.with_catalog(catalog),
                None => self.plan.without_catalog(),
            },
            Reading::Learn(mut reader, mut learner) => {
                reader.finish(&mut *learner)?;
                match learner.finish()? {
                    Outcome::Learned(learned) => Ok(self.plan.with_learned(*learned)),
                    Outcome::Again(learning) => Ok(self.plan.with_learning(learning)),
                }
            }
        }
    }
}
