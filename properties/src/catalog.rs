//! No schema and no catalog makes the library panic, and what it has read it can read again.

use dumpsert::Catalog;

/// Any bytes are a catalog or an error, and a catalog survives its JSON.
pub fn catalog(input: &[u8]) {
    let _ = Catalog::from_json(input);
    if let Ok(catalog) = Catalog::from_schema_sql(input) {
        let again = Catalog::from_json(catalog.to_json()).unwrap();
        assert_eq!(again, catalog);
    }
}
