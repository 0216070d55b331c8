//! Row versions, to prove that nothing was written.

use crate::catalog;
use postgres::Client;
use std::collections::BTreeMap;

/// The row versions of every table, by table.
pub type RowVersions = BTreeMap<String, Vec<RowVersion>>;

/// One version of a row.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RowVersion {
    /// Where it lies.
    pub ctid: String,
    /// The transaction that wrote it.
    pub xmin: String,
    /// The transaction that deleted or locked it last; `0` if none did.
    pub xmax: String,
}

pub(crate) fn read(client: &mut Client) -> RowVersions {
    catalog::prepare(client);
    let mut versions = RowVersions::new();
    for table in catalog::tables(client, false) {
        let sql = format!("SELECT ctid, xmin, xmax FROM ONLY {} ORDER BY ctid", table.name);
        let rows = catalog::rows(client, &sql)
            .into_iter()
            .map(|[ctid, xmin, xmax]| RowVersion { ctid, xmin, xmax });
        versions.insert(table.name, rows.collect());
    }
    versions
}
