//! A bounded memory of what chunks become; what has not been used for longest goes first (CLOCK, second chance).
//!
//! Reading needs no more than a shared reference, so that threads share one memo; writing takes turns outside of here.

use std::sync::atomic::{AtomicBool, Ordering};

use hashbrown::{DefaultHashBuilder, HashTable};
use std::hash::BuildHasher;

/// What one remembered chunk costs beside its own bytes: the slot, the table's share, and what the allocator adds.
const OVERHEAD: usize = 112;

/// Remembers entries by their chunks, within a budget of bytes.
pub struct Memo<E> {
    hasher: DefaultHashBuilder,
    table: HashTable<u32>,
    slots: Vec<Option<Slot<E>>>,
    free: Vec<u32>,
    hand: usize,
    bytes: usize,
    budget: usize,
}

struct Slot<E> {
    key: Box<str>,
    entry: E,
    size: usize,
    used: AtomicBool,
}

impl<E> Memo<E> {
    /// An empty memo that may hold `budget` bytes.
    pub fn new(budget: usize) -> Self {
        Memo {
            hasher: DefaultHashBuilder::default(),
            table: HashTable::new(),
            slots: Vec::new(),
            free: Vec::new(),
            hand: 0,
            bytes: 0,
            budget,
        }
    }

    /// What `key` became, if it is remembered.
    pub fn get(&self, key: &str) -> Option<&E> {
        let hash = self.hasher.hash_one(key);
        let found = self.table.find(hash, |&at| self.key_at(at) == Some(key))?;
        let slot = self.slots.get(*found as usize)?.as_ref()?;
        // Most entries in use are marked already, and a store would take the cache line from other threads.
        if !slot.used.load(Ordering::Relaxed) {
            slot.used.store(true, Ordering::Relaxed);
        }
        Some(&slot.entry)
    }

    /// Remember an entry of `size` bytes; one that is larger than the whole budget is not kept.
    pub fn insert(&mut self, key: &str, entry: E, size: usize) {
        let size = size + key.len() + OVERHEAD;
        let hash = self.hasher.hash_one(key);
        if size > self.budget || self.table.find(hash, |&at| self.key_at(at) == Some(key)).is_some() {
            return;
        }
        while self.bytes + size > self.budget {
            self.evict();
        }
        let slot = Slot { key: key.into(), entry, size, used: AtomicBool::new(false) };
        let at = match self.free.pop() {
            Some(at) => {
                self.slots[at as usize] = Some(slot);
                at
            }
            None => {
                self.slots.push(Some(slot));
                (self.slots.len() - 1) as u32
            }
        };
        self.bytes += size;
        let (slots, hasher) = (&self.slots, &self.hasher);
        self.table.insert_unique(hash, at, |&other| {
            slots[other as usize].as_ref().map_or(0, |slot| hasher.hash_one(&*slot.key))
        });
    }

    /// How many chunks are remembered.
    pub fn n_chunks(&self) -> usize {
        self.table.len()
    }

    /// How many bytes they take, by reckoning.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    fn key_at(&self, at: u32) -> Option<&str> {
        self.slots.get(at as usize)?.as_ref().map(|slot| &*slot.key)
    }

    /// Forget one entry: the next one under the hand that was not used since the hand last passed it.
    fn evict(&mut self) {
        loop {
            let at = self.hand;
            self.hand = (self.hand + 1) % self.slots.len();
            let Some(slot) = &self.slots[at] else { continue };
            if slot.used.swap(false, Ordering::Relaxed) {
                continue;
            }
            let hash = self.hasher.hash_one(&*slot.key);
            if let Ok(place) = self.table.find_entry(hash, |&other| other as usize == at) {
                place.remove();
            }
            self.bytes -= slot.size;
            self.slots[at] = None;
            self.free.push(at as u32);
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_used_outlives_what_is_not() {
        let mut memo = Memo::new(10 * (OVERHEAD + 4));
        memo.insert("keep", 0, 0);
        for number in 0..1000 {
            assert_eq!(memo.get("keep"), Some(&0));
            memo.insert(&format!("{number:04}"), number, 0);
            assert!(memo.n_chunks() <= 10);
            assert!(memo.bytes() <= 10 * (OVERHEAD + 4));
        }
        assert_eq!(memo.get("0999"), Some(&999));
        assert_eq!(memo.get("0001"), None);
    }

    #[test]
    fn an_entry_beyond_the_budget_is_not_kept() {
        let mut memo = Memo::new(500);
        memo.insert("a", 1, 10_000);
        assert_eq!((memo.n_chunks(), memo.bytes()), (0, 0));
        let mut none = Memo::new(0);
        none.insert("a", 1, 0);
        assert_eq!(none.get("a"), None);
    }

    #[test]
    fn the_first_of_two_equal_keys_stays() {
        let mut memo = Memo::new(10_000);
        memo.insert("a", 1, 0);
        memo.insert("a", 2, 0);
        assert_eq!((memo.get("a"), memo.n_chunks()), (Some(&1), 1));
    }
}
