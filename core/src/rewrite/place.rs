//! Where the names of the dump lead.

use super::tables::Lookup;
use super::writer::Writer;
use crate::catalog::TableName;
use crate::catalog::dump_names::{resolve, user_schemas};
use crate::dump::head::Sequence;
use crate::error::Result;
use crate::lex::identifiers::Relation;

/// What a name of the dump means, and where the target looks for it.
pub(super) struct Place<'a> {
    pub(super) schema: &'a [u8],
    pub(super) name: TableName,
    /// If the dump leaves open which schema it is: the target knows.
    pub(super) lookup: Option<Lookup>,
}

impl Writer {
    /// The place of a table. Where the target decides about it, what was chosen by name holds only for the schemas that it
    /// was chosen for.
    pub(super) fn place<'a>(&self, relation: &'a Relation, search_path: Option<&'a [Vec<u8>]>) -> Result<Place<'a>> {
        let is_chosen = !self.plan.selection().is_empty() || self.plan.selects_schemas() || self.filter.is_some();
        let knows = |name: &TableName| self.known(name).is_some() || self.plan.key(name).is_some();
        let place = self.look(relation, search_path, is_chosen, knows, |name| self.takes(name))?;
        // The upsert names its table, and the catalog has told which it is.
        let lookup = place.lookup.filter(|_| self.is_staged());
        Ok(Place { lookup, ..place })
    }

    /// The place of a sequence, or of the table that has it.
    pub(super) fn place_of_sequence<'a>(
        &self,
        sequence: &'a Sequence,
        search_path: Option<&'a [Vec<u8>]>,
    ) -> Result<Place<'a>> {
        let is_of_column = matches!(sequence, Sequence::OfColumn(..));
        let knows = |name: &TableName| match is_of_column {
            true => self.known(name).is_some(),
            false => self.plan.catalog().is_some_and(|catalog| {
                let mut columns = catalog.tables().iter().flat_map(|table| &table.columns);
                columns.any(|column| column.sequence.as_ref() == Some(name))
            }),
        };
        let takes = |name: &TableName| self.plan.selects(&name.schema, name).unwrap_or(false);
        self.look(
            sequence.relation(),
            search_path,
            self.plan.selects_schemas(),
            knows,
            takes,
        )
    }

    fn look<'a>(
        &self,
        relation: &'a Relation,
        search_path: Option<&'a [Vec<u8>]>,
        is_chosen: bool,
        knows: impl Fn(&TableName) -> bool,
        takes: impl Fn(&TableName) -> bool,
    ) -> Result<Place<'a>> {
        let found = resolve(self.names, relation, search_path, &knows)?;
        let name = found.name;
        let Some(path) = found.path else {
            return Ok(Place {
                schema: found.schema,
                name,
                lookup: None,
            });
        };
        let mut chosen = vec![found.schema];
        if !knows(&name) {
            let mut taken = Vec::new();
            for schema in user_schemas(path) {
                if takes(&self.names.table(schema, &relation.name)?) {
                    taken.push(schema.as_slice());
                }
            }
            if !taken.is_empty() {
                chosen = taken;
            }
        }
        let schema = chosen.first().copied().unwrap_or(found.schema);
        let allowed = is_chosen.then(|| chosen.iter().map(|schema| schema.to_vec()).collect());
        let path = path.to_vec();
        Ok(Place {
            schema,
            name: self.names.table(schema, &relation.name)?,
            lookup: Some(Lookup { path, allowed }),
        })
    }

    /// Whether rows of a table of this name are taken.
    fn takes(&self, name: &TableName) -> bool {
        let selection = self.plan.selection();
        self.plan.selects(&name.schema, name).unwrap_or(false)
            && (selection.is_empty()
                || selection
                    .reason(&self.plan.lineage(name), &self.with_claimed_roots(name))
                    .is_none())
            && !self.is_left_out_by_default(name)
    }
}
