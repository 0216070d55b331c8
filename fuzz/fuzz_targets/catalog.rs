//! No schema and no catalog makes the library panic, and what it has read it can read again.
#![no_main]

use dumpsert::Catalog;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let _ = Catalog::from_json(input);
    if let Ok(catalog) = Catalog::from_schema_sql(input) {
        let again = Catalog::from_json(catalog.to_json()).unwrap();
        assert_eq!(again, catalog);
    }
});
