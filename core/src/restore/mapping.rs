//! Which key of the dump is which of the target, for the tables whose rows are recognised by other columns.

use std::io::Write;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::Source;
use crate::catalog::quote_ident;
use crate::error::{Error, ErrorKind, Result};
use crate::run::files::Files;
use crate::run::script_file::ScriptFile;

/// How many rows of each table an outcome has, where not all were asked for.
const ROWS_SHOWN: usize = 10;

/// The keys of one table that are others in the target than in the dump.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Mapping {
    /// The table, as the target names it.
    pub table: String,
    /// The columns of its key.
    pub key: Vec<String>,
    /// Rows that the target has under another key.
    pub recognised: u64,
    /// New rows that got another key, since the target holds theirs for another row.
    pub renumbered: u64,
    /// Rows whose key contains a reference that was rewritten.
    pub rewritten: u64,
    /// The first ten of these rows, or all where [`MappingRows::All`](crate::MappingRows::All) was asked for.
    #[serde(default)]
    pub rows: Vec<MappedRow>,
}

impl Mapping {
    /// What has become of its rows, in numbers and words; none of what has not been.
    pub fn counts(&self) -> impl Iterator<Item = (u64, &'static str)> {
        let counts = [
            (self.recognised, "recognised under another key"),
            (self.renumbered, "renumbered"),
            (self.rewritten, "with a rewritten reference in the key"),
        ];
        counts.into_iter().filter(|(rows, _)| *rows > 0)
    }

    /// Whether any row has another key.
    pub fn is_any(&self) -> bool {
        self.counts().next().is_some()
    }
}

/// A row that has another key in the target than in the dump.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct MappedRow {
    /// The values of its key in the dump, as texts.
    pub from: Vec<String>,
    /// Those in the target.
    pub to: Vec<String>,
}

/// Leaves the first rows of each table.
pub(super) fn shorten(mapping: &mut [Mapping]) {
    mapping.iter_mut().for_each(|table| table.rows.truncate(ROWS_SHOWN));
}

/// The file that all of it goes to, once the target has committed.
pub(super) struct MappingFile {
    path: PathBuf,
    file: ScriptFile,
    /// What is written when the target has committed, to a device, of which nothing can be taken back.
    rest: Vec<u8>,
}

impl MappingFile {
    /// Begins it, so that a place that cannot be written to is told of before anything else is done.
    pub(super) fn create(path: &Path, source: &Source) -> Result<Self> {
        let mut files = Files::new();
        if let Source::File(dump) = source {
            files.reads("the dump", dump);
        }
        Ok(Self {
            path: path.to_owned(),
            file: files.create("the mapping", path)?,
            rest: Vec::new(),
        })
    }

    /// Writes it beside its place: a disk that is full fails the run before the target has committed.
    pub(super) fn write(&mut self, mapping: &[Mapping]) -> Result<()> {
        let csv = csv(mapping);
        match self.file.temporary_path() {
            None => self.rest = csv,
            Some(_) => self.write_bytes(&csv)?,
        }
        Ok(())
    }

    /// Puts it in its place.
    pub(super) fn finish(mut self) -> Result<()> {
        let rest = std::mem::take(&mut self.rest);
        self.write_bytes(&rest)?;
        self.file.finish()
    }

    fn write_bytes(&mut self, bytes: &[u8]) -> Result<()> {
        let written = self.file.write_all(bytes).and_then(|()| self.file.flush());
        written.map_err(|error| {
            Error::new(ErrorKind::Write, format!("cannot write {}", self.path.display())).with_source(error)
        })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

/// As CSV (RFC 4180): a line for each row. A key of several columns is a JSON array of texts on both sides.
fn csv(mapping: &[Mapping]) -> Vec<u8> {
    let mut csv = String::from("table,key,from,to\n");
    for table in mapping {
        let names: Vec<_> = table.key.iter().map(|name| quote_ident(name)).collect();
        let names = names.join(",");
        for row in &table.rows {
            let fields = [&table.table, &names, &key_of(&row.from), &key_of(&row.to)].map(|text| field(text));
            csv.push_str(&fields.join(","));
            csv.push('\n');
        }
    }
    csv.into_bytes()
}

fn key_of(values: &[String]) -> String {
    match values {
        [value] => value.clone(),
        values => serde_json::json!(values).to_string(),
    }
}

/// A field, in quotes where it needs some; an empty one too, which readers could take for NULL.
fn field(text: &str) -> String {
    match text.is_empty() || text.contains(['"', ',', '\n', '\r']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::restore::Outcome;

    fn mapping(key: &[&str], rows: &[(&[&str], &[&str])]) -> Mapping {
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        let rows = rows.iter().map(|(from, to)| MappedRow {
            from: texts(from),
            to: texts(to),
        });
        Mapping {
            table: "public.\"T\"".to_owned(),
            key: texts(key),
            rows: rows.collect(),
            ..Mapping::default()
        }
    }

    #[test]
    fn as_csv() {
        let one = mapping(
            &["Id"],
            &[(&["a"], &["b"]), (&[""], &["1,\"2\"\n3"]), (&["[\"x\"]"], &["é"])],
        );
        let two = mapping(&["a", "b"], &[(&["1", "x\"y"], &["2", "z"])]);
        assert_eq!(
            String::from_utf8(csv(&[one, two])).unwrap(),
            "table,key,from,to\n\
             \"public.\"\"T\"\"\",\"\"\"Id\"\"\",a,b\n\
             \"public.\"\"T\"\"\",\"\"\"Id\"\"\",\"\",\"1,\"\"2\"\"\n3\"\n\
             \"public.\"\"T\"\"\",\"\"\"Id\"\"\",\"[\"\"x\"\"]\",é\n\
             \"public.\"\"T\"\"\",\"a,b\",\"[\"\"1\"\",\"\"x\\\"\"y\"\"]\",\"[\"\"2\"\",\"\"z\"\"]\"\n"
        );
        assert_eq!(csv(&[]), b"table,key,from,to\n");
    }

    #[test]
    fn it_appears_when_it_is_finished() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ids.csv");
        std::fs::write(&path, "old").unwrap();
        let source = Source::Reader(Box::new(std::io::empty()));
        let rows = [mapping(&["id"], &[(&["1"], &["2"])])];
        let mut given_up = MappingFile::create(&path, &source).unwrap();
        given_up.write(&rows).unwrap();
        drop(given_up);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "old");
        let mut file = MappingFile::create(&path, &source).unwrap();
        file.write(&rows).unwrap();
        file.finish().unwrap();
        assert_eq!(
            std::fs::read_to_string(&path).unwrap(),
            "table,key,from,to\n\"public.\"\"T\"\"\",id,1,2\n"
        );
        let names: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
        assert_eq!(names.len(), 1);
        let error = MappingFile::create(&path, &Source::File(path.clone())).err().unwrap();
        assert!(error.message().contains("is the dump itself"), "{error}");
    }

    #[test]
    fn it_is_read_of_the_answer_and_told() {
        let answer = r#"{"tables": [], "sequences": {}, "notes": [], "mapping": [
            {"table": "public.categories", "key": ["id"], "recognised": 12, "renumbered": 3, "rewritten": 0,
             "rows": [{"from": ["a<"], "to": ["b"]}]},
            {"table": "public.same", "key": ["id"], "recognised": 0, "renumbered": 0, "rewritten": 0, "rows": []}]}"#;
        let mut outcome = Outcome::default();
        outcome.join(crate::Report::default(), Some(answer)).unwrap();
        let [categories, same] = &outcome.mapping[..] else {
            panic!("{:?}", outcome.mapping)
        };
        assert_eq!((categories.recognised, categories.rows[0].to[0].as_str()), (12, "b"));
        assert!(categories.is_any() && !same.is_any());
        let json: serde_json::Value = serde_json::from_str(&outcome.to_json()).unwrap();
        assert_eq!(
            json["mapping"][0],
            serde_json::json!({ "table": "public.categories", "key": ["id"], "recognised": 12, "renumbered": 3, "rewritten": 0,
                "rows": [{ "from": ["a<"], "to": ["b"] }] })
        );
        let html = outcome.to_html();
        assert!(
            html.contains("<li>public.categories: 12 recognised under another key, 3 renumbered\n"),
            "{html}"
        );
        assert!(!html.contains("public.same") && !html.contains("a&lt;"), "{html}");
        outcome
            .join(
                crate::Report::default(),
                Some(r#"{"tables": null, "sequences": {}, "notes": null}"#),
            )
            .unwrap();
        assert!(outcome.mapping.is_empty() && !outcome.to_json().contains("mapping"));
    }

    #[test]
    fn few_rows_are_shown() {
        let row: (&[&str], &[&str]) = (&["1"], &["2"]);
        let mut tables = [mapping(&["id"], &[row; 11]), mapping(&["id"], &[row])];
        shorten(&mut tables);
        assert_eq!(tables.map(|table| table.rows.len()), [10, 1]);
    }
}
