//! Python's regular expressions, run with Python's answers.
//!
//! A [`Program`] is what `surtitle.text.programs` makes of a pattern: Python's own parse tree, with every set of
//! characters spelt out. Matching is Perl's and Python's: the first alternative that leads to a match wins. It keeps
//! its own stack, counts its steps, and gives up with [`OutOfSteps`] rather than run for ever.

mod backtrack;
mod build;
mod dispatch;
mod first;
mod program;
mod run;
mod scratch;
mod sets;
#[cfg(test)]
mod tests;

pub use program::{Anchor, Boundary, Look, Node, Program, Repeat};
pub use scratch::{OutOfSteps, Scratch};

use build::Inst;
use dispatch::{ListRef, Table};
use sets::CharSet;

/// A program made ready to run. It is never changed, so threads may share it; each brings its own [`Scratch`].
#[derive(Debug)]
pub struct Pattern {
    code: Vec<Inst>,
    sets: Vec<CharSet>,
    tables: Vec<Table>,
    /// Runs of entry points, which the tables' lists are parts of.
    entries: Vec<u32>,
    /// How many repeats are counted, and how many assertions keep a place on the stack.
    n_counters: usize,
    n_looks: usize,
    /// What the first character of a match can be, and whether a match can be empty at the text's end.
    start: CharSet,
    start_at_end: bool,
    /// One of these characters is in every match.
    needed: Option<CharSet>,
    min_len: usize,
    /// Matches only at the start of the text.
    anchored: bool,
}

impl Pattern {
    /// Makes `program` ready, or says what is wrong with it.
    pub fn new(program: &Program) -> Result<Self, String> {
        build::build(program)
    }

    /// Where the match at the start of `text` ends: Python's `pattern.match(text).end()`.
    pub fn match_start(&self, text: &[char], scratch: &mut Scratch) -> Result<Option<usize>, OutOfSteps> {
        scratch.begin(self, text)?;
        if !self.possible(text) || !self.can_start(text, 0) {
            return Ok(None);
        }
        run::run(self, text, 0, false, scratch)
    }

    /// The first match at or after `from`: Python's `pattern.search(text, from).span()`.
    pub fn search(
        &self,
        text: &[char],
        from: usize,
        scratch: &mut Scratch,
    ) -> Result<Option<(usize, usize)>, OutOfSteps> {
        scratch.begin(self, text)?;
        self.search_on(text, from.min(text.len()), false, scratch)
    }

    /// Puts all matches into `out`, which is emptied first: the spans of Python's `pattern.finditer(text)`.
    pub fn find_all(
        &self,
        text: &[char],
        scratch: &mut Scratch,
        out: &mut Vec<(usize, usize)>,
    ) -> Result<(), OutOfSteps> {
        out.clear();
        scratch.begin(self, text)?;
        let mut from = 0;
        // After an empty match the next one may start at the same place, but must not be empty there.
        let mut advance = false;
        while let Some((start, end)) = self.search_on(text, from, advance, scratch)? {
            out.push((start, end));
            advance = start == end;
            from = end;
        }
        Ok(())
    }

    #[inline]
    fn search_on(
        &self,
        text: &[char],
        from: usize,
        advance: bool,
        scratch: &mut Scratch,
    ) -> Result<Option<(usize, usize)>, OutOfSteps> {
        if !self.possible(&text[from..]) {
            return Ok(None);
        }
        let last = if self.anchored { 0 } else { text.len() - self.min_len };
        for start in from..=last {
            if self.can_start(text, start)
                && let Some(end) = run::run(self, text, start, advance && start == from, scratch)?
            {
                return Ok(Some((start, end)));
            }
        }
        Ok(None)
    }

    #[inline]
    fn possible(&self, text: &[char]) -> bool {
        text.len() >= self.min_len && self.needed.as_ref().is_none_or(|needed| text.iter().any(|&c| needed.contains(c)))
    }

    #[inline]
    fn can_start(&self, text: &[char], at: usize) -> bool {
        text.get(at).map_or(self.start_at_end, |&c| self.start.contains(c))
    }

    /// The entry points of one list.
    #[inline]
    fn list(&self, list: ListRef) -> &[u32] {
        &self.entries[list.start as usize..list.end as usize]
    }
}
