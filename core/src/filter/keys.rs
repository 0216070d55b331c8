//! What is remembered of rows that are left out: hashes of their keys, of a fixed size.
//!
//! A hash has 128 bits and a random key (SipHash-1-3), so that neither chance nor a hostile dump makes two keys one:
//! with a million excluded keys and a billion references the odds are below 10^-23.

use std::collections::HashSet;
use std::hash::{BuildHasher, BuildHasherDefault, Hasher, RandomState};

use siphasher::sip128::{Hasher128, SipHasher13};

use crate::error::Result;
use crate::limits::{Limit, Limits};

/// The hash of a key, together with what it is the key of.
pub(crate) type KeyHash = u128;

/// Makes [`KeyHash`]es; all of one run are made by the same.
#[derive(Clone, Debug)]
pub(crate) struct KeyHasher {
    key: (u64, u64),
}

impl KeyHasher {
    pub(crate) fn random() -> Self {
        // The standard library's own source of random hash keys.
        let random = |number: u8| RandomState::new().hash_one(number);
        Self {
            key: (random(0), random(1)),
        }
    }

    /// Begins the hash of a key in the set of this number.
    #[inline]
    pub(crate) fn begin(&self, set: usize) -> Hash {
        let mut hasher = SipHasher13::new_with_keys(self.key.0, self.key.1);
        hasher.write_u64(set as u64);
        Hash(hasher)
    }
}

/// A hash that is being made, value by value.
pub(crate) struct Hash(SipHasher13);

impl Hash {
    /// Some bytes of the value.
    #[inline]
    pub(crate) fn part(&mut self, bytes: &[u8]) {
        self.0.write(bytes);
    }

    /// Ends the value, so that its last byte cannot be taken for the next value's first.
    #[inline]
    pub(crate) fn end_value(&mut self, length: usize) {
        self.0.write_u64(length as u64);
    }

    #[inline]
    pub(crate) fn finish(&self) -> KeyHash {
        self.0.finish128().as_u128()
    }
}

/// How many shards a set has. A shard doubles alone, so that no moment holds the old and the new table of all.
const SHARDS: usize = 64;

/// A set of hashes: at most 39 bytes a key (17 bytes a slot, of which at least 7 in 16 are taken once a shard has grown).
#[derive(Debug)]
pub(crate) struct KeySet {
    shards: Vec<HashSet<KeyHash, BuildHasherDefault<AsItIs>>>,
    len: u64,
    limits: Limits,
}

impl KeySet {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            shards: (0..SHARDS).map(|_| HashSet::default()).collect(),
            len: 0,
            limits,
        }
    }

    #[inline]
    pub(crate) fn contains(&self, hash: KeyHash) -> bool {
        self.shards.get(shard(hash)).is_some_and(|shard| shard.contains(&hash))
    }

    /// Adds a hash; returns whether it is new.
    pub(crate) fn insert(&mut self, hash: KeyHash) -> Result<bool> {
        let is_new = self.shards.get_mut(shard(hash)).is_some_and(|shard| shard.insert(hash));
        self.len += u64::from(is_new);
        if self.len > self.limits.get(Limit::ExcludedKeys) {
            return Err(self.limits.error(Limit::ExcludedKeys));
        }
        Ok(is_new)
    }

    pub(crate) fn len(&self) -> u64 {
        self.len
    }
}

fn shard(hash: KeyHash) -> usize {
    (hash >> 122) as usize
}

/// A hash of a hash is the hash.
#[derive(Default)]
struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(byte);
        }
    }

    fn write_u128(&mut self, hash: u128) {
        self.0 = hash as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(hasher: &KeyHasher, set: usize, values: &[&str]) -> KeyHash {
        let mut hash = hasher.begin(set);
        for value in values {
            hash.part(value.as_bytes());
            hash.end_value(value.len());
        }
        hash.finish()
    }

    #[test]
    fn a_set_knows_what_it_holds() {
        let hasher = KeyHasher::random();
        let mut limits = Limits::default();
        limits.set(Limit::ExcludedKeys, 1000);
        let mut set = KeySet::new(limits);
        for number in 0..1000 {
            assert!(set.insert(hash(&hasher, 1, &[&number.to_string()])).unwrap());
        }
        assert!(!set.insert(hash(&hasher, 1, &["7"])).unwrap());
        assert_eq!(set.len(), 1000);
        assert!(set.contains(hash(&hasher, 1, &["999"])));
        assert!(!set.contains(hash(&hasher, 1, &["1000"])));
        assert!(!set.contains(hash(&hasher, 2, &["999"])));
        let error = set.insert(hash(&hasher, 1, &["1000"])).unwrap_err();
        assert_eq!(error.kind(), crate::ErrorKind::TooLarge);
    }

    #[test]
    fn values_do_not_run_into_each_other() {
        let hasher = KeyHasher::random();
        assert_ne!(hash(&hasher, 0, &["ab", "c"]), hash(&hasher, 0, &["a", "bc"]));
        assert_ne!(hash(&hasher, 0, &["", "a"]), hash(&hasher, 0, &["a", ""]));
        assert_eq!(hash(&hasher, 0, &["ab", "c"]), hash(&hasher, 0, &["ab", "c"]));
    }

    #[test]
    fn all_shards_are_used() {
        let hasher = KeyHasher::random();
        let used: HashSet<usize> = (0..10_000)
            .map(|number| shard(hash(&hasher, 0, &[&number.to_string()])))
            .collect();
        assert_eq!(used.len(), SHARDS);
    }
}
