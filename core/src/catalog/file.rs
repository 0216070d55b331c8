//! Files with a schema or a catalog: compressed or not, and looked at before they are believed.

use std::io::{Cursor, Read};

use super::{Catalog, CatalogBuilder};
use crate::dump::compression::PlainReader;
use crate::dump::sniff::{SNIFF_BYTES, what_is};
use crate::encoding::utf16::Utf16;
use crate::error::{Error, ErrorKind, Result};
use crate::lex::slice;

/// No schema of a real database comes near to this.
const BYTES_MAX: u64 = 1 << 30;

impl CatalogBuilder {
    /// Reads a file of schema SQL, which may be compressed with gzip or zstd. Other than
    /// [`read_sql`](CatalogBuilder::read_sql), it refuses what says nothing about tables.
    ///
    /// # Errors
    /// If it is no schema, such as an archive of `pg_dump`, a dump of data only, or nothing; and as
    /// [`read_sql`](CatalogBuilder::read_sql).
    pub fn read_file(&mut self, bytes: impl AsRef<[u8]>) -> Result<()> {
        let text = plain(bytes.as_ref())?;
        if let Some((what, hint)) = what_is(slice(&text, 0, text.len().min(SNIFF_BYTES))) {
            let hint = match what {
                "JSON" => "a catalog as JSON is given with `catalog = FILE`",
                _ if what.contains("archive") => "make SQL of it: pg_restore --schema-only -f schema.sql FILE",
                _ => hint,
            };
            return Err(refuse(&format!("the file is {what}, and no schema SQL")).with_hint(hint));
        }
        let seen = self.read_text(&text)?;
        if seen.about_schema > 0 {
            return Ok(());
        }
        let error = if seen.about_rows > 0 {
            refuse("the file has rows and no tables: it is a dump of data alone (pg_dump --data-only)")
        } else {
            refuse("the file says nothing about tables")
        };
        Err(error.with_hint("make it with pg_dump --schema-only"))
    }
}

impl Catalog {
    /// Reads a file with a catalog as JSON, which may be compressed with gzip or zstd.
    ///
    /// # Errors
    /// If it is something else, such as schema SQL, and as [`from_json`](Catalog::from_json).
    pub fn from_file(bytes: impl AsRef<[u8]>) -> Result<Self> {
        let text = plain(bytes.as_ref())?;
        let start = slice(&text, 0, text.len().min(SNIFF_BYTES));
        let is_json = matches!(text.trim_ascii_start().first(), Some(b'{'));
        match what_is(start) {
            Some((what, _)) if !is_json => {
                Err(refuse(&format!("the file is {what}, and no catalog as JSON")).with_hint(HOW))
            }
            _ if is_json => Self::from_json(text),
            _ => Err(refuse("the file is no JSON").with_hint(
                "schema SQL is given with `schema = FILE`; a catalog is made by the query of dumpsert catalog --query",
            )),
        }
    }
}

const HOW: &str = "make it with the query of dumpsert catalog --query, or with dumpsert catalog --schema";

fn refuse(message: &str) -> Error {
    Error::new(ErrorKind::InvalidCatalog, message)
}

fn plain(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut text = Vec::new();
    let fail = |error| refuse("the file cannot be decompressed").with_source(error);
    let mut reader = PlainReader::new(Cursor::new(bytes)).take(BYTES_MAX);
    reader.read_to_end(&mut text).map_err(fail)?;
    if text.len() as u64 == BYTES_MAX {
        return Err(refuse("the file has more than 1 GiB"));
    }
    match Utf16::decode_all(&text) {
        Some(decoded) => decoded,
        None => Ok(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn assert_refused(result: Result<impl Sized>, parts: &[&str]) {
        let error = result.err().unwrap();
        assert_eq!(error.kind(), ErrorKind::InvalidCatalog);
        for part in parts {
            assert!(error.to_string().contains(part), "{error}");
        }
    }

    #[test]
    fn what_is_no_schema() {
        let read = |bytes: &[u8]| CatalogBuilder::new().read_file(bytes);
        for (bytes, parts) in [
            (&b""[..], &["empty"][..]),
            (b"PGDMP\x01\x0e", &["custom-format archive", "pg_restore --schema-only"]),
            (b"{\"version\": 1}", &["JSON", "`catalog = FILE`"]),
            (b"style = 'staged'\n", &["a configuration file"]),
            (b"\xfd7zXZ\0\0", &["xz"]),
            (
                b"INSERT INTO public.t (id) VALUES (1);\n",
                &["rows and no tables", "--schema-only"],
            ),
            (
                b"SET x = 1;\nCOPY public.t (id) FROM stdin;\n1\n\\.\n",
                &["rows and no tables"],
            ),
            (b"-- nothing\n\n", &["nothing about tables"]),
            (b"\x1f\x8b\x08\0", &["decompressed"]),
        ] {
            assert_refused(read(bytes), parts);
        }
        for good in [
            "CREATE TABLE t (id int);",
            "ALTER TABLE t ADD COLUMN v text;",
            "CREATE TYPE e AS ENUM ('a');",
        ] {
            read(good.as_bytes()).unwrap();
        }
    }

    #[test]
    fn what_is_no_catalog() {
        for (bytes, parts) in [
            (&b""[..], &["empty", "catalog --query"][..]),
            (b"CREATE TABLE t (id int);", &["no JSON", "`schema = FILE`"]),
            (b"PGDMP", &["archive"]),
            (b"{\"tables\": []}", &["not the JSON of a catalog"]),
        ] {
            assert_refused(Catalog::from_file(bytes), parts);
        }
        let json = Catalog::from_schema_sql("CREATE TABLE t (id int);").unwrap().to_json();
        assert_eq!(Catalog::from_file(&json).unwrap().tables().len(), 1);
    }
}
