//! Runs of chunks that one match of the tokenizer's second pass may span.

use crate::tokenizer::Edges;

/// Neighbouring chunks, by their places in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    pub first: usize,
    pub last: usize,
    /// An exception was applied inside one of the chunks, so a match across them could suppress it.
    pub applied: bool,
}

/// Finds the runs of one text while its chunks go by.
#[derive(Default)]
pub struct Runs {
    found: Vec<Run>,
    /// The last chunk that holds a token: its place, and whether an exception was applied inside.
    last: Option<(usize, bool)>,
    open: bool,
}

impl Runs {
    /// Begin another text.
    pub fn clear(&mut self) {
        self.found.clear();
        self.last = None;
        self.open = false;
    }

    /// Take the chunk at `place`, after all before it.
    pub fn take(&mut self, place: usize, edges: Edges) {
        if edges.empty {
            return;
        }
        let touches = self.open && edges.continues;
        if touches && let Some((last, applied)) = self.last {
            let applied = applied | edges.applied;
            match self.found.last_mut() {
                Some(run) if run.last == last => {
                    run.last = place;
                    run.applied |= applied;
                }
                _ => self.found.push(Run { first: last, last: place, applied }),
            }
        }
        // A match that came in from the left may go through the whole chunk, though none begins inside.
        self.open = edges.open_after || touches && edges.passes;
        self.last = Some((place, edges.applied));
    }

    /// The runs of two chunks or more.
    pub fn found(&self) -> &[Run] {
        &self.found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edges(kind: char) -> Edges {
        let none = Edges::default();
        match kind {
            ' ' => Edges { empty: true, ..none },
            '<' => Edges { open_after: true, ..none },
            '=' => Edges { continues: true, passes: true, ..none },
            '>' => Edges { continues: true, ..none },
            '!' => Edges { open_after: true, applied: true, ..none },
            _ => none,
        }
    }

    fn runs(chunks: &str) -> Vec<(usize, usize, bool)> {
        let mut runs = Runs::default();
        runs.take(0, edges('<'));
        runs.clear();
        chunks.chars().enumerate().for_each(|(place, kind)| runs.take(place, edges(kind)));
        runs.found().iter().map(|run| (run.first, run.last, run.applied)).collect()
    }

    #[test]
    fn a_run_goes_from_where_a_match_may_begin_to_where_it_must_end() {
        assert_eq!(runs("..<>.."), [(2, 3, false)]);
        assert_eq!(runs("<==>=<>"), [(0, 3, false), (5, 6, false)]);
        assert_eq!(runs(">=><.<"), []);
    }

    #[test]
    fn a_chunk_without_a_token_neither_ends_a_run_nor_begins_one() {
        assert_eq!(runs(" < > "), [(1, 3, false)]);
    }

    #[test]
    fn a_run_knows_whether_there_is_something_to_suppress() {
        assert_eq!(runs("!>.<=!"), [(0, 1, true), (3, 4, false)]);
    }
}
