//! One merge: a schema, what the target holds, what is dumped, and what must come of it.

use std::collections::{BTreeMap, BTreeSet};

use dumpsert::{Catalog, Options, Style};
use dumpsert_testkit::{Cluster, Db, Run, Snapshot};

use crate::sources::{OWNER, give_to_owner};
use crate::support::{Random, psql, rows, shuffled, sqlstate, try_script};

/// How a dump is given to the merge.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Shape {
    /// Style staged, COPY, as superuser.
    Copy,
    /// Style staged, one INSERT for each row, as a mere owner.
    Inserts,
    /// Style staged, rows and tables in random order.
    Shuffled,
    Batches,
    Rows,
}

impl Shape {
    pub(super) const ALL: [Self; 5] = [Self::Copy, Self::Inserts, Self::Shuffled, Self::Batches, Self::Rows];

    pub(super) fn style(self) -> Style {
        match self {
            Self::Batches => Style::Batches,
            Self::Rows => Style::Rows,
            _ => Style::Staged,
        }
    }

    pub(super) fn is_staged(self) -> bool {
        self.style() == Style::Staged
    }

    fn role(self) -> &'static str {
        match self {
            Self::Inserts => OWNER,
            _ => "postgres",
        }
    }
}

/// What a run counted, for one table or partitioned table.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) inserted: u64,
    pub(super) updated: u64,
    pub(super) unchanged: u64,
    pub(super) refused: u64,
}

/// The counts that psql printed, by the name of the table or of its partitions' root.
pub(super) fn counts(run: &Run, roots: &BTreeMap<String, String>) -> BTreeMap<String, Counts> {
    let text = run.stdout.trim().lines().last().unwrap_or_default();
    let result: serde_json::Value = serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"));
    let mut counts: BTreeMap<String, Counts> = BTreeMap::new();
    for table in result["tables"].as_array().map(Vec::as_slice).unwrap_or_default() {
        let count = |name: &str| table[name].as_u64().unwrap();
        let name = table["target"].as_str().unwrap();
        let sum = counts
            .entry(roots.get(name).map_or(name, String::as_str).to_owned())
            .or_default();
        sum.inserted += count("inserted");
        sum.updated += count("updated");
        sum.unchanged += count("unchanged");
        sum.refused += count("refused");
    }
    counts
}

/// What must come of a merge in one shape.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Must {
    Pass,
    Refuse,
    /// Right, or refused with nothing changed and a message that says what stands in the way.
    Either,
}

pub(super) struct Case {
    schema: String,
    here: String,
    there: String,
    options: Options,
    shapes: Vec<Shape>,
    then: Vec<(String, Vec<String>)>,
    /// Spellings of keys or values differ, so that rows are not told apart by their texts.
    is_respelt: bool,
    /// SQL for the dumped rows, where a source could not hold them.
    dump: Option<String>,
}

/// Every table without a row; what owns sequences keeps them.
const EMPTY: &str = "DO $$ DECLARE t text; BEGIN
    SELECT string_agg(c.oid::regclass::text, ', ') INTO t FROM pg_class AS c
     WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't' AND c.oid >= 16384 AND NOT c.relispartition
       AND c.relnamespace::regnamespace::text !~ '^(pg_|information_schema)';
    EXECUTE 'TRUNCATE ' || t || ' CASCADE';
    END $$;";

impl Case {
    /// `here` makes the rows of the target, `there` those that are dumped, both in tables that `schema` makes.
    pub(super) fn new(schema: &str, here: &str, there: &str) -> Self {
        Self {
            schema: schema.to_owned(),
            here: here.to_owned(),
            there: there.to_owned(),
            options: Options::new(),
            shapes: Shape::ALL.to_vec(),
            then: Vec::new(),
            is_respelt: false,
            dump: None,
        }
    }

    /// What a query must say after the merge.
    pub(super) fn then(mut self, query: &str, rows: &[&str]) -> Self {
        let rows = rows.iter().map(|&row| row.to_owned()).collect();
        self.then.push((query.to_owned(), rows));
        self
    }

    pub(super) fn with(mut self, options: impl FnOnce(Options) -> Options) -> Self {
        self.options = options(self.options);
        self
    }

    /// In these shapes only.
    pub(super) fn only(mut self, shapes: &[Shape]) -> Self {
        self.shapes = shapes.to_vec();
        self
    }

    /// Values that are equal are spelt in different ways: rows and counts are what `then` says.
    pub(super) fn respelt(mut self) -> Self {
        self.is_respelt = true;
        self
    }

    /// The dump is this text; no database could hold its rows.
    pub(super) fn dumped_as(mut self, dump: &str) -> Self {
        self.dump = Some(dump.to_owned());
        self
    }

    /// Style staged merges it. The other styles do, or refuse.
    #[track_caller]
    pub(super) fn passes(self) {
        self.run(|shape| if shape.is_staged() { Must::Pass } else { Must::Either }, &[]);
    }

    /// Every style merges it.
    #[track_caller]
    pub(super) fn passes_in_every_style(self) {
        self.run(|_| Must::Pass, &[]);
    }

    /// Every style refuses it; style staged says these words.
    #[track_caller]
    pub(super) fn refused(self, says: &[&str]) {
        self.run(|_| Must::Refuse, says);
    }

    /// Merged rightly, or refused; style staged says these words then.
    #[track_caller]
    pub(super) fn passes_or_says(self, says: &[&str]) {
        self.run(|_| Must::Either, says);
    }

    #[track_caller]
    fn run(self, must: impl Fn(Shape) -> Must, says: &[&str]) {
        let db = Cluster::shared().create_unique("merge");
        db.execute(&self.schema);
        give_to_owner(&db);
        let roots = roots(&db);
        let catalog = Catalog::from_schema_sql(db.pg_dump(&["--schema-only"])).unwrap();
        db.execute(&self.there);
        let wanted = db.snapshot_by_root();
        let given = self.dump.clone().map(String::into_bytes);
        let copy = given.clone().unwrap_or_else(|| db.pg_dump(&["--data-only"]));
        let inserts = given.unwrap_or_else(|| db.pg_dump(&["--data-only", "--column-inserts"]));
        let keys = Keys::of(&db);
        for &shape in &self.shapes {
            db.execute(EMPTY);
            db.execute(&self.here);
            let dump = match shape {
                Shape::Copy => copy.clone(),
                Shape::Shuffled => shuffled(&inserts, &mut Random(7)),
                _ => inserts.clone(),
            };
            let mut options = self.options.clone().with_style(shape.style());
            if !shape.is_staged() {
                options = options.with_catalog(catalog.clone()).unwrap();
            }
            let one = One {
                case: &self,
                db: &db,
                shape,
                roots: &roots,
                keys: &keys,
                wanted: &wanted,
            };
            one.run(&dump, options, must(shape), says);
        }
        db.drop();
    }
}

/// The partitions and their roots.
pub(super) fn roots(db: &Db) -> BTreeMap<String, String> {
    let sql = "SELECT pg_catalog.format('%I.%I', n.nspname, c.relname), pg_catalog.format('%I.%I', m.nspname, r.relname)
        FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
        JOIN pg_catalog.pg_class AS r ON r.oid = pg_catalog.pg_partition_root(c.oid) JOIN pg_catalog.pg_namespace AS m ON m.oid = r.relnamespace
       WHERE c.relispartition AND c.relkind IN ('r', 'p')";
    let rows = db.query(sql).into_iter();
    rows.map(|mut row| (row[0].take().unwrap(), row[1].take().unwrap()))
        .collect()
}

/// The columns of the primary key of each table that has one.
pub(super) struct Keys(BTreeMap<String, Vec<String>>);

impl Keys {
    pub(super) fn of(db: &Db) -> Self {
        let sql = "SELECT pg_catalog.format('%I.%I', n.nspname, c.relname), a.attname
            FROM pg_catalog.pg_index AS i JOIN pg_catalog.pg_class AS c ON c.oid = i.indrelid
            JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
            JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = ANY (i.indkey)
           WHERE i.indisprimary AND NOT c.relispartition AND n.nspname !~ '^pg_'";
        let mut keys: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for mut row in db.query(sql) {
            let (table, column) = (row[0].take().unwrap(), row[1].take().unwrap());
            keys.entry(table).or_default().push(column);
        }
        Self(keys)
    }

    /// The rows of a table by key, or nothing where it has none.
    fn by_key<'a>(&self, snapshot: &'a Snapshot, table: &str) -> Option<ByKey<'a>> {
        let key = self.0.get(table)?;
        let rows = snapshot.rows(table).into_iter().map(|row| {
            let key = key
                .iter()
                .map(|column| row[column.as_str()].clone())
                .collect::<Vec<_>>();
            (key, row)
        });
        Some(rows.collect())
    }
}

type ByKey<'a> = BTreeMap<Vec<Option<String>>, BTreeMap<&'a str, Option<String>>>;

/// The tables whose rows may be changed by the ON UPDATE action of a foreign key.
fn reached(db: &Db) -> BTreeSet<String> {
    let sql = "SELECT DISTINCT pg_catalog.format('%I.%I', n.nspname, r.relname) FROM pg_catalog.pg_constraint AS c
        JOIN pg_catalog.pg_class AS r ON r.oid = coalesce(pg_catalog.pg_partition_root(c.conrelid), c.conrelid)
        JOIN pg_catalog.pg_namespace AS n ON n.oid = r.relnamespace WHERE c.contype = 'f' AND c.confupdtype IN ('c', 'n', 'd')";
    db.query(sql)
        .into_iter()
        .map(|mut row| row[0].take().unwrap())
        .collect()
}

/// One merge of a case, in one shape.
struct One<'a> {
    case: &'a Case,
    db: &'a Db,
    shape: Shape,
    roots: &'a BTreeMap<String, String>,
    keys: &'a Keys,
    wanted: &'a Snapshot,
}

impl One<'_> {
    #[track_caller]
    fn run(&self, dump: &[u8], options: Options, must: Must, says: &[&str]) {
        let shape = self.shape;
        let before = self.db.snapshot_by_root();
        let (script, converted) = try_script(dump, options);
        if let Err(error) = converted {
            assert!(must != Must::Pass, "{shape:?}: {error}");
            return;
        }
        let run = psql(self.db, shape.role(), &script);
        if run.status != 0 {
            assert!(must != Must::Pass, "{shape:?} must pass: {}", run.stderr);
            self.is_refused_well(&run, &before, says);
            return;
        }
        let after = self.db.snapshot_by_root();
        assert!(
            must != Must::Refuse,
            "{shape:?} must be refused, and became {:?}",
            before.diff(&after)
        );
        if !self.case.is_respelt {
            self.is_right(&run, &before, &after);
        }
        for (query, rows) in &self.case.then {
            assert_eq!(&self.rows(query), rows, "{shape:?}: {query}");
        }
        assert_eq!(before.triggers(), after.triggers(), "{shape:?}: triggers");
        let versions = self.db.row_versions();
        let again = psql(self.db, shape.role(), &script);
        assert_eq!(again.status, 0, "{shape:?}, second run: {}", again.stderr);
        let second = self.db.snapshot_by_root();
        assert_eq!(after.diff(&second), Vec::<String>::new(), "{shape:?}: the second run");
        if shape.is_staged() {
            for (table, counts) in counts(&again, self.roots) {
                assert_eq!(
                    (counts.inserted, counts.updated),
                    (0, 0),
                    "{shape:?}, second run: {table}"
                );
            }
            assert_eq!(versions, self.db.row_versions(), "{shape:?}: the second run wrote");
        }
    }

    #[track_caller]
    fn is_refused_well(&self, run: &Run, before: &Snapshot, says: &[&str]) {
        let shape = self.shape;
        let changed = before.diff(&self.db.snapshot_by_root());
        assert_eq!(changed, Vec::<String>::new(), "{shape:?}: changed in spite of an error");
        assert_eq!(run.status, 3, "{shape:?}: {}", run.stderr);
        // Refused on purpose, and not by a statement that is wrong or by a lack of memory or locks.
        let state = sqlstate(run).unwrap_or_default();
        let is_fault = matches!(state.get(..2), Some("XX" | "42" | "54" | "53" | "40")) && state != "42501";
        assert!(!is_fault, "{shape:?}: {}", run.stderr);
        if shape.is_staged() {
            assert!(run.stderr.contains("dumpsert: "), "{shape:?}: {}", run.stderr);
            for word in says {
                assert!(
                    run.stderr.contains(word),
                    "{shape:?} does not say {word:?}: {}",
                    run.stderr
                );
            }
        }
    }

    /// Every dumped row is as the dump says, no row more came or went, and the counts say so.
    #[track_caller]
    fn is_right(&self, run: &Run, before: &Snapshot, after: &Snapshot) {
        let shape = self.shape;
        assert_eq!(
            self.wanted.missing_from(after),
            Vec::<String>::new(),
            "{shape:?}: dumped rows"
        );
        let counted = counts(run, self.roots);
        let reached = reached(self.db);
        for table in self.wanted.tables() {
            let Some(wanted) = self.keys.by_key(self.wanted, table) else {
                continue;
            };
            let own = self.keys.by_key(before, table).unwrap();
            let inserted = wanted.keys().filter(|&key| !own.contains_key(key)).count();
            let same = wanted.iter().filter(|&(key, row)| own.get(key) == Some(row)).count();
            assert_eq!(after.count(table), own.len() + inserted, "{shape:?}: rows of {table}");
            if !shape.is_staged() {
                continue;
            }
            let counts = counted.get(table).copied().unwrap_or_default();
            let context = format!(
                "{shape:?}: {table} has {counts:?}; {inserted} are new, {same} of {} were the same",
                wanted.len()
            );
            assert_eq!(counts.inserted, inserted as u64, "{context}");
            assert_eq!(counts.refused, 0, "{context}");
            assert_eq!(
                counts.updated + counts.unchanged,
                (wanted.len() - inserted) as u64,
                "{context}"
            );
            // What an action changed and the merge changed back was written, although it is as it was.
            assert!(counts.unchanged <= same as u64, "{context}");
            assert!(reached.contains(table) || counts.unchanged == same as u64, "{context}");
        }
    }

    fn rows(&self, query: &str) -> Vec<String> {
        rows(self.db, query)
    }
}
