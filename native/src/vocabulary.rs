//! The terms a model knows: word n-grams as paths through a trie of word numbers, character n-grams by their text.

use hashbrown::HashMap;

use crate::encode::{Encoder, Forms};

/// Shortest and longest n-gram; (1, 0) for none.
pub type NgramSpan = (usize, usize);

/// A word that occurs in no term.
pub const UNKNOWN: u32 = u32::MAX;
const NO_COLUMN: u32 = u32::MAX;

/// The terms, and the column of each: words first, then characters.
pub struct Terms {
    words: HashMap<Box<str>, u32>,
    roots: Vec<u32>,
    edges: HashMap<(u32, u32), u32>,
    columns: Vec<u32>,
    chars: HashMap<Box<str>, u32>,
    char_span: NgramSpan,
    pub n_words: usize,
    pub n_terms: usize,
}

impl Terms {
    /// Number the terms in the order given.
    pub fn new(words: &[String], chars: &[String], char_span: NgramSpan) -> Self {
        let mut terms = Terms {
            words: HashMap::new(),
            roots: Vec::new(),
            edges: HashMap::new(),
            columns: Vec::new(),
            chars: chars.iter().zip(words.len() as u32..).map(|(text, at)| (text.as_str().into(), at)).collect(),
            char_span,
            n_words: words.len(),
            n_terms: words.len() + chars.len(),
        };
        for (column, term) in words.iter().enumerate() {
            let node = terms.path(term);
            terms.columns[node as usize] = column as u32;
        }
        terms
    }

    /// The last node of a term's path, made where it is not there.
    fn path(&mut self, term: &str) -> u32 {
        let mut node = None;
        for word in term.split(' ') {
            let number = self.words.get(word).copied().unwrap_or_else(|| {
                self.roots.push(NO_COLUMN);
                self.roots.len() as u32 - 1
            });
            self.words.insert(word.into(), number);
            let next = self.columns.len() as u32;
            let place = match node {
                None => {
                    let root = &mut self.roots[number as usize];
                    if *root == NO_COLUMN {
                        *root = next;
                    }
                    *root
                }
                Some(node) => *self.edges.entry((node, number)).or_insert(next),
            };
            if place == next {
                self.columns.push(NO_COLUMN);
            }
            node = Some(place);
        }
        node.unwrap_or_default()
    }

    /// The number of a word form.
    pub fn word(&self, form: &str) -> u32 {
        self.words.get(form).copied().unwrap_or(UNKNOWN)
    }

    /// Call `found` with the column of every known character n-gram of a token, as often as it occurs.
    pub fn chars_of(&self, token: &str, mut found: impl FnMut(u32)) {
        let (shortest, longest) = self.char_span;
        if self.chars.is_empty() || longest < shortest {
            return;
        }
        let padded = format!(" {token} ");
        let starts: Vec<usize> = padded.char_indices().map(|(at, _)| at).chain([padded.len()]).collect();
        let length = starts.len() - 1;
        for size in shortest..=longest.min(length) {
            for first in 0..=length - size {
                if let Some(&column) = self.chars.get(&padded[starts[first]..starts[first + size]]) {
                    found(column);
                }
            }
        }
    }

    /// Call `found` with the column of every known word n-gram of a text.
    #[inline]
    pub fn words_of(&self, words: &[u32], mut found: impl FnMut(u32)) {
        for (start, &first) in words.iter().enumerate() {
            if first == UNKNOWN {
                continue;
            }
            let mut node = self.roots[first as usize];
            let mut next = start + 1;
            while node != NO_COLUMN {
                let column = self.columns[node as usize];
                if column != NO_COLUMN {
                    found(column);
                }
                node = match words.get(next) {
                    Some(&word) if word != UNKNOWN => self.edges.get(&(node, word)).copied().unwrap_or(NO_COLUMN),
                    _ => NO_COLUMN,
                };
                next += 1;
            }
        }
    }
}

/// What is remembered of a segment for scoring.
pub struct Coded {
    pub words: Box<[u32]>,
    pub chars: Box<[u32]>,
}

/// Turns tokens into word numbers and character columns.
pub struct TermEncoder {
    pub terms: Terms,
    pub forms: Forms,
}

impl Encoder for TermEncoder {
    type Code = Coded;

    fn encode(&self, tokens: &[String]) -> Coded {
        let words = tokens.iter().map(|token| self.forms.with_form(token, |form| self.terms.word(form))).collect();
        let mut chars = Vec::new();
        tokens.iter().for_each(|token| self.terms.chars_of(token, |column| chars.push(column)));
        Coded { words, chars: chars.into() }
    }

    fn size(code: &Coded) -> usize {
        size_of_val(&*code.words) + size_of_val(&*code.chars)
    }
}
