//! spaCy's rule tokenizer, second pass: exceptions of several tokens, found over the whole text.
//!
//! A port of `Tokenizer._apply_special_cases` of spaCy 3.8. The matcher takes no notice of white space, so a match may
//! span chunks. Such a match changes no token itself, yet it can keep a match inside a chunk from being applied.

use std::collections::HashSet;

use hashbrown::HashMap;

use crate::affix::{Affixes, Span};
use crate::pattern::{OutOfSteps, Scratch};

/// One token of the first pass: its characters, and whether a space follows it.
pub struct Piece<'t> {
    pub text: &'t [char],
    pub space_after: bool,
}

/// A trie of the first-pass tokens of all exceptions that the second pass knows.
pub struct Specials {
    numbers: HashMap<Box<[char]>, u32>,
    edges: HashMap<(u32, u32), u32>,
    ends: Vec<bool>,
    open: Vec<bool>,
    inner: HashSet<u32>,
    /// Whether an exception holds a space: then a match across chunks can be applied.
    pub spaced: bool,
}

const ROOT: u32 = 0;

impl Specials {
    /// Build from the exceptions of the first pass.
    pub fn new(affixes: &Affixes, scratch: &mut Scratch) -> Result<Self, OutOfSteps> {
        let mut specials = Specials {
            numbers: HashMap::new(),
            edges: HashMap::new(),
            ends: vec![false],
            open: vec![false],
            inner: HashSet::new(),
            spaced: false,
        };
        for key in affixes.exceptions() {
            let spaced = key.contains(&' ');
            // Other white space never reaches the tokenizer: cleaning leaves single spaces.
            if key.iter().all(|c| c.is_whitespace()) || !(spaced || affixes.has_affix(key, scratch)?) {
                continue;
            }
            specials.spaced |= spaced;
            specials.add(affixes, key, scratch)?;
        }
        Ok(specials)
    }

    fn add(&mut self, affixes: &Affixes, key: &[char], scratch: &mut Scratch) -> Result<(), OutOfSteps> {
        let mut node = ROOT;
        let mut depth = 0;
        let mut spans = Vec::new();
        for chunk in key.split(|&c| c == ' ').filter(|chunk| !chunk.is_empty()) {
            spans.clear();
            affixes.split(chunk, false, scratch, &mut spans)?;
            for &(start, end) in &spans {
                let fresh = self.numbers.len() as u32;
                let number = *self.numbers.entry(chunk[start..end].into()).or_insert(fresh);
                if depth > 0 {
                    self.open[node as usize] = true;
                    self.inner.insert(number);
                }
                let next = self.ends.len() as u32;
                node = *self.edges.entry((node, number)).or_insert(next);
                if node == next {
                    self.ends.push(false);
                    self.open.push(false);
                }
                depth += 1;
            }
        }
        self.ends[node as usize] = depth > 0;
        Ok(())
    }

    /// Return the tokens after the second pass, and whether it changed any.
    pub fn apply(&self, affixes: &Affixes, pieces: &[Piece]) -> (Vec<String>, bool) {
        let mut tokens = Vec::with_capacity(pieces.len());
        let mut changed = false;
        let mut at = 0;
        for (start, end) in self.filtered(pieces) {
            let exception = affixes.exception(&joined(&pieces[start..end]));
            let Some(exception) = exception else { continue };
            tokens.extend(pieces[at..start].iter().map(own));
            tokens.extend(exception.iter().map(|token| token.to_string()));
            at = end;
            changed = true;
        }
        tokens.extend(pieces[at..].iter().map(own));
        (tokens, changed)
    }

    /// Whether a match may begin in these pieces, at their end, and go on after them.
    pub fn is_open_after(&self, pieces: &[Piece]) -> bool {
        (0..pieces.len()).any(|start| match self.walk(pieces, start) {
            Some((node, end)) => end == pieces.len() && self.open[node as usize],
            None => false,
        })
    }

    /// Whether a match that began before may go on with this piece.
    pub fn can_continue(&self, piece: &Piece) -> bool {
        self.numbers.get(piece.text).is_some_and(|number| self.inner.contains(number))
    }

    /// Go from `start` as far as the trie does; return the last node and the end.
    fn walk(&self, pieces: &[Piece], start: usize) -> Option<(u32, usize)> {
        let mut at = None;
        let mut node = ROOT;
        for (index, piece) in pieces.iter().enumerate().skip(start) {
            let Some(next) = self.step(node, piece) else { break };
            node = next;
            at = Some((node, index + 1));
        }
        at
    }

    fn step(&self, node: u32, piece: &Piece) -> Option<u32> {
        let number = self.numbers.get(piece.text)?;
        self.edges.get(&(node, *number)).copied()
    }

    fn matches(&self, pieces: &[Piece]) -> Vec<Span> {
        let mut found = Vec::new();
        for start in 0..pieces.len() {
            let mut node = ROOT;
            for (index, piece) in pieces.iter().enumerate().skip(start) {
                let Some(next) = self.step(node, piece) else { break };
                node = next;
                if self.ends[node as usize] {
                    found.push((start, index + 1));
                }
            }
        }
        found
    }

    /// The matches that spaCy keeps, in order: the longest first, of equally long ones the first.
    fn filtered(&self, pieces: &[Piece]) -> Vec<Span> {
        let mut found = self.matches(pieces);
        if found.is_empty() {
            return found;
        }
        found.sort_by_key(|&(start, end)| (std::cmp::Reverse(end - start), start));
        let mut seen = vec![false; pieces.len()];
        let mut kept = Vec::new();
        for (start, end) in found {
            if !seen[start] && !seen[end - 1] {
                kept.push((start, end));
            }
            // As in spaCy, also of a match that was not kept.
            seen[start..end].fill(true);
        }
        kept.sort_unstable();
        kept
    }
}

fn own(piece: &Piece) -> String {
    piece.text.iter().collect()
}

fn joined(pieces: &[Piece]) -> Vec<char> {
    let mut text = Vec::new();
    for (index, piece) in pieces.iter().enumerate() {
        text.extend_from_slice(piece.text);
        if piece.space_after && index + 1 < pieces.len() {
            text.push(' ');
        }
    }
    text
}
