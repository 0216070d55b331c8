//! What a check says of a merge before it runs.

use std::io::Cursor;

use dumpsert::Options;
use dumpsert::restore::{Connection, Severity, Source, Target, restore};
use dumpsert_testkit::{Cluster, Db};

use super::Counts;

/// What would be in the way, and how many rows would be inserted and updated.
pub(super) struct Foreseen {
    errors: Vec<String>,
    counts: [u64; 2],
}

impl Foreseen {
    /// Of a merge that has passed. ON UPDATE actions may have changed rows that were the same, which are then written as well.
    pub(super) fn must_fit<'a>(&self, counted: impl Iterator<Item = &'a Counts>) -> Result<(), String> {
        let [inserted, updated] = counted.fold([0, 0], |[inserted, updated], counts| {
            [inserted + counts.inserted, updated + counts.updated]
        });
        match self.errors.is_empty() && self.counts[0] == inserted && self.counts[1] <= updated {
            true => Ok(()),
            false => Err(format!(
                "the check says {:?} and {:?}, and {inserted} were inserted, {updated} updated",
                self.errors, self.counts
            )),
        }
    }
}

pub(super) fn foresee(db: &Db, role: &str, dump: &str) -> Result<Foreseen, String> {
    let (host, port) = (Cluster::shared().socket_dir().display(), Cluster::shared().port());
    let connection = Connection::parse(&format!("host={host} port={port} user={role} dbname={}", db.name()));
    let target = Target::new(connection.unwrap())
        .with_bin_dir(db.programs())
        .with_check(true);
    let source = Source::Reader(Box::new(Cursor::new(dump.to_owned().into_bytes())));
    let plan = target.plan(&source, Options::new()).unwrap();
    let outcome = restore(source, &target, &plan)
        .map_err(|failure| format!("the check: {failure}\n{}", failure.outcome.messages))?;
    let doubtful = |code: &str| code.starts_with("42") || code.starts_with("55");
    let unsure = outcome.findings.iter().find(|finding| {
        finding.severity == Severity::Warning || finding.severity == Severity::Error && doubtful(&finding.code)
    });
    if let Some(finding) = unsure {
        return Err(format!("the check is not sure: {finding:?}"));
    }
    let errors = outcome
        .findings
        .iter()
        .filter(|finding| finding.severity == Severity::Error);
    let errors = errors.map(|finding| format!("{finding:?}")).collect();
    let [inserted, updated, ..] = outcome.totals();
    Ok(Foreseen {
        errors,
        counts: [inserted, updated],
    })
}
