//! Which keys are left out if another one is: what cannot be decided while rows are read, because a referenced row
//! may come later. Kept in a temporary file, so that memory does not grow with the dump.
//!
//! An edge is a pair of hashes, the referenced key and a key of the row that references it. The edges are sorted by the
//! first, in runs that fit into memory, which are merged in the end. The closure is then a search from the keys that are
//! known: one pass over the file for those, and look-ups by an index for what they add.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};

use crate::error::{Error, Result};
use crate::filter::keys::{KeyHash, KeySet};

/// Bytes of an edge in a file.
const EDGE_BYTES: usize = 32;
/// Edges in memory: 8 MiB; fewer in tests, which are to meet the file too.
const RUN_EDGES: usize = if cfg!(test) { 1 << 12 } else { (8 << 20) / EDGE_BYTES };
/// Every so many edges of the sorted file one is remembered, to find others by.
const INDEX_STEP: usize = 512;
/// Keys that wait for their look-up; if there are more, the file is read again from its start.
const WAITING_MAX: usize = 1 << 16;

type Edge = (KeyHash, KeyHash);

/// Collects edges.
pub(super) struct Edges {
    run: Vec<Edge>,
    runs: Vec<File>,
}

impl Edges {
    pub(super) fn new() -> Self {
        Self {
            run: Vec::new(),
            runs: Vec::new(),
        }
    }

    /// If the first key is left out, the second one is.
    pub(super) fn add(&mut self, referenced: KeyHash, own: KeyHash) -> Result<()> {
        self.run.push((referenced, own));
        if self.run.len() < RUN_EDGES {
            return Ok(());
        }
        self.spill().map_err(spool)
    }

    fn spill(&mut self) -> io::Result<()> {
        self.run.sort_unstable();
        let mut file = BufWriter::new(tempfile::tempfile()?);
        for edge in self.run.drain(..) {
            write_edge(&mut file, edge)?;
        }
        self.runs
            .push(file.into_inner().map_err(io::IntoInnerError::into_error)?);
        Ok(())
    }

    /// Adds to the keys all that are left out because of them.
    pub(super) fn close(mut self, keys: &mut KeySet) -> Result<()> {
        if self.runs.is_empty() {
            self.run.sort_unstable();
            let run = std::mem::take(&mut self.run);
            return close(&mut InMemory(run), keys);
        }
        self.spill().map_err(spool)?;
        let mut sorted = Sorted::merge(std::mem::take(&mut self.runs)).map_err(spool)?;
        close(&mut sorted, keys)
    }
}

fn spool(error: io::Error) -> Error {
    Error::new(
        crate::error::ErrorKind::Read,
        "a temporary file cannot be written or read",
    )
    .with_source(error)
}

fn write_edge(file: &mut impl Write, (referenced, own): Edge) -> io::Result<()> {
    file.write_all(&referenced.to_le_bytes())?;
    file.write_all(&own.to_le_bytes())
}

fn read_edge(file: &mut impl Read) -> io::Result<Option<Edge>> {
    let (mut referenced, mut own) = ([0; 16], [0; 16]);
    match file.read_exact(&mut referenced) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        result => result?,
    }
    file.read_exact(&mut own)?;
    Ok(Some((KeyHash::from_le_bytes(referenced), KeyHash::from_le_bytes(own))))
}

/// Edges in the order of their referenced keys.
trait SortedEdges {
    /// Calls `each` with all edges, in order.
    fn all(&mut self, each: &mut dyn FnMut(Edge) -> Result<()>) -> Result<()>;
    /// The keys of the rows that reference a key.
    fn of(&mut self, referenced: KeyHash, own: &mut Vec<KeyHash>) -> Result<()>;
}

fn close(edges: &mut impl SortedEdges, keys: &mut KeySet) -> Result<()> {
    let mut waiting = Vec::new();
    let mut found = Vec::new();
    loop {
        let mut is_complete = true;
        edges.all(&mut |(referenced, own)| {
            if keys.contains(referenced) && keys.insert(own)? {
                if waiting.len() < WAITING_MAX {
                    waiting.push(own);
                } else {
                    is_complete = false;
                }
            }
            Ok(())
        })?;
        while let Some(key) = waiting.pop() {
            found.clear();
            edges.of(key, &mut found)?;
            for &own in &found {
                if keys.insert(own)? {
                    if waiting.len() < WAITING_MAX {
                        waiting.push(own);
                    } else {
                        is_complete = false;
                    }
                }
            }
        }
        if is_complete {
            return Ok(());
        }
    }
}

struct InMemory(Vec<Edge>);

impl SortedEdges for InMemory {
    fn all(&mut self, each: &mut dyn FnMut(Edge) -> Result<()>) -> Result<()> {
        self.0.iter().try_for_each(|&edge| each(edge))
    }

    fn of(&mut self, referenced: KeyHash, own: &mut Vec<KeyHash>) -> Result<()> {
        let start = self.0.partition_point(|edge| edge.0 < referenced);
        let edges = self.0.get(start..).unwrap_or_default();
        own.extend(edges.iter().take_while(|edge| edge.0 == referenced).map(|edge| edge.1));
        Ok(())
    }
}

/// Edges in one sorted file.
struct Sorted {
    file: File,
    /// Every [`INDEX_STEP`]th referenced key.
    index: Vec<KeyHash>,
    block: Vec<u8>,
}

impl Sorted {
    fn merge(runs: Vec<File>) -> io::Result<Self> {
        let mut readers = Vec::with_capacity(runs.len());
        let mut next = BinaryHeap::new();
        for (number, mut run) in runs.into_iter().enumerate() {
            run.seek(SeekFrom::Start(0))?;
            let mut reader = BufReader::with_capacity(16 * 1024, run);
            if let Some(edge) = read_edge(&mut reader)? {
                next.push(Reverse((edge, number)));
            }
            readers.push(reader);
        }
        let mut file = BufWriter::new(tempfile::tempfile()?);
        let mut index = Vec::new();
        let mut count = 0_usize;
        while let Some(Reverse((edge, number))) = next.pop() {
            if count.is_multiple_of(INDEX_STEP) {
                index.push(edge.0);
            }
            count += 1;
            write_edge(&mut file, edge)?;
            if let Some(reader) = readers.get_mut(number)
                && let Some(edge) = read_edge(reader)?
            {
                next.push(Reverse((edge, number)));
            }
        }
        Ok(Self {
            file: file.into_inner().map_err(io::IntoInnerError::into_error)?,
            index,
            block: Vec::new(),
        })
    }
}

impl SortedEdges for Sorted {
    fn all(&mut self, each: &mut dyn FnMut(Edge) -> Result<()>) -> Result<()> {
        self.file.seek(SeekFrom::Start(0)).map_err(spool)?;
        let mut reader = BufReader::with_capacity(1 << 18, &self.file);
        while let Some(edge) = read_edge(&mut reader).map_err(spool)? {
            each(edge)?;
        }
        Ok(())
    }

    fn of(&mut self, referenced: KeyHash, own: &mut Vec<KeyHash>) -> Result<()> {
        // The block before the first that begins with the key or behind it may end with the key.
        let first = self.index.partition_point(|&key| key < referenced).saturating_sub(1);
        let start = (first * INDEX_STEP * EDGE_BYTES) as u64;
        self.file.seek(SeekFrom::Start(start)).map_err(spool)?;
        loop {
            self.block.resize(INDEX_STEP * EDGE_BYTES, 0);
            let mut length = 0;
            while let Some(rest @ [_, ..]) = self.block.get_mut(length..) {
                match self.file.read(rest).map_err(spool)? {
                    0 => break,
                    read => length += read,
                }
            }
            let mut block = self.block.get(..length).unwrap_or_default();
            let is_last = length < INDEX_STEP * EDGE_BYTES;
            while let Some((key, edge)) = read_edge(&mut block).map_err(spool)? {
                if key == referenced {
                    own.push(edge);
                } else if key > referenced {
                    return Ok(());
                }
            }
            if is_last {
                return Ok(());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;

    /// A generator of numbers that look random, the same on every run.
    fn numbers(mut seed: u64) -> impl FnMut() -> u64 {
        move || {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            seed
        }
    }

    #[test]
    fn the_closure_is_that_of_a_search_by_hand() {
        for (nodes, edges) in [(10, 12), (1000, 900), (30_000, 40_000)] {
            let mut next = numbers(nodes + 7);
            let spread =
                |node: u64| KeyHash::from(node.wrapping_mul(0x9e37_79b9_7f4a_7c15)) << 64 | KeyHash::from(node);
            let pairs: Vec<(u64, u64)> = (0..edges).map(|_| (next() % nodes, next() % nodes)).collect();
            let mut collected = Edges::new();
            for &(a, b) in &pairs {
                collected.add(spread(a), spread(b)).unwrap();
            }
            let mut keys = KeySet::new(Limits::default());
            let mut reached = vec![false; nodes as usize];
            let mut open: Vec<u64> = (0..nodes).step_by(97).collect();
            for &node in &open {
                keys.insert(spread(node)).unwrap();
                reached[node as usize] = true;
            }
            let mut by_node = vec![Vec::new(); nodes as usize];
            for &(a, b) in &pairs {
                by_node[a as usize].push(b);
            }
            while let Some(node) = open.pop() {
                for &child in &by_node[node as usize] {
                    if !std::mem::replace(&mut reached[child as usize], true) {
                        open.push(child);
                    }
                }
            }
            collected.close(&mut keys).unwrap();
            assert_eq!(
                keys.len(),
                reached.iter().filter(|&&is_reached| is_reached).count() as u64
            );
            assert!((0..nodes).all(|node| keys.contains(spread(node)) == reached[node as usize]));
        }
    }

    #[test]
    fn a_long_chain_takes_no_long_time() {
        let length = 20_000_u64;
        let mut next = numbers(1);
        let names: Vec<KeyHash> = (0..=length)
            .map(|_| KeyHash::from(next()) << 64 | KeyHash::from(next()))
            .collect();
        let mut edges = Edges::new();
        for pair in names.windows(2).rev() {
            edges.add(pair[0], pair[1]).unwrap();
        }
        let mut keys = KeySet::new(Limits::default());
        keys.insert(names[0]).unwrap();
        edges.close(&mut keys).unwrap();
        assert_eq!(keys.len(), names.len() as u64);
    }
}
