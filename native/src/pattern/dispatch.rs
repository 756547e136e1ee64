//! Alternatives by the character that comes next: most fall away before any of them is tried.

use std::collections::HashMap;

use super::first::{Analysis, First};

/// A part of the pattern's entry points.
#[derive(Clone, Copy, Debug, Default)]
pub struct ListRef {
    pub start: u32,
    pub end: u32,
}

/// Which alternatives to try, in order, for each character that may come next.
#[derive(Debug)]
pub struct Table {
    ascii: [ListRef; 128],
    at_end: ListRef,
    /// Where each run of further characters that are treated alike begins, and what to try for it.
    starts: Box<[u32]>,
    lists: Box<[ListRef]>,
}

impl Table {
    #[inline]
    pub fn lookup(&self, next: Option<&char>) -> ListRef {
        let Some(&next) = next else {
            return self.at_end;
        };
        let code = next as u32;
        if code < 128 {
            self.ascii[code as usize]
        } else {
            let after = self.starts.partition_point(|&start| start <= code);
            self.lists[after - 1]
        }
    }
}

/// Makes tables; equal lists are kept once.
#[derive(Default)]
pub struct Tables {
    pub tables: Vec<Table>,
    pub entries: Vec<u32>,
    known: HashMap<Vec<u32>, ListRef>,
}

impl Tables {
    /// Adds a table over `choices`: where each begins, and what it needs to come next.
    pub fn add(&mut self, choices: &[(u32, First)], analysis: &mut Analysis) -> Result<(), String> {
        let mut starts: Vec<u32> = vec![128];
        for (_, first) in choices {
            analysis.spend(first.chars.pairs().len())?;
            starts.extend(first.chars.pairs().iter().flat_map(|&(from, to)| [from, to + 1]).filter(|&code| code > 128));
        }
        starts.sort_unstable();
        starts.dedup();
        analysis.spend((starts.len() + 128) * choices.len())?;
        let mut pick = |test: &dyn Fn(&First) -> bool| {
            self.list(choices.iter().filter(|(_, first)| test(first)).map(|&(entry, _)| entry).collect())
        };
        let table = Table {
            ascii: std::array::from_fn(|code| pick(&|first| first.chars.contains(code as u32))),
            at_end: pick(&|first| first.at_end),
            lists: starts.iter().map(|&code| pick(&|first| first.chars.contains(code))).collect(),
            starts: starts.into(),
        };
        self.tables.push(table);
        Ok(())
    }

    fn list(&mut self, entries: Vec<u32>) -> ListRef {
        if let Some(&list) = self.known.get(&entries) {
            return list;
        }
        let start = self.entries.len() as u32;
        self.entries.extend(&entries);
        let list = ListRef { start, end: self.entries.len() as u32 };
        self.known.insert(entries, list);
        list
    }
}
