//! The terms a model knows: word n-grams as paths through a trie of word numbers, character n-grams by their text.

use hashbrown::HashMap;

use crate::encode::{Encoder, Forms};

/// A symbol that occurs in no term.
pub const UNKNOWN: u32 = u32::MAX;
const NONE: u32 = u32::MAX;

/// N-grams as paths of symbols, and the column of each.
#[derive(Default)]
struct Trie {
    /// The first node of the paths that begin with a symbol.
    roots: Vec<u32>,
    edges: HashMap<(u32, u32), u32>,
    columns: Vec<u32>,
}

impl Trie {
    fn insert(&mut self, path: impl Iterator<Item = u32>, column: u32) {
        let mut node = None;
        for symbol in path {
            let fresh = self.columns.len() as u32;
            let next = match node {
                None => {
                    let at = symbol as usize;
                    if at >= self.roots.len() {
                        self.roots.resize(at + 1, NONE);
                    }
                    if self.roots[at] == NONE {
                        self.roots[at] = fresh;
                    }
                    self.roots[at]
                }
                Some(node) => *self.edges.entry((node, symbol)).or_insert(fresh),
            };
            if next == fresh {
                self.columns.push(NONE);
            }
            node = Some(next);
        }
        if let Some(node) = node {
            self.columns[node as usize] = column;
        }
    }

    /// Call `found` with the column of every n-gram of `symbols`, as often as it occurs.
    #[inline]
    fn walk(&self, symbols: &[u32], mut found: impl FnMut(u32)) {
        for (start, &first) in symbols.iter().enumerate() {
            let mut node = self.roots.get(first as usize).copied().unwrap_or(NONE);
            let mut next = start + 1;
            while node != NONE {
                let column = self.columns[node as usize];
                if column != NONE {
                    found(column);
                }
                node = match symbols.get(next) {
                    Some(&symbol) => self.edges.get(&(node, symbol)).copied().unwrap_or(NONE),
                    None => NONE,
                };
                next += 1;
            }
        }
    }
}

/// The terms, and the column of each: words first, then characters.
pub struct Terms {
    words: HashMap<Box<str>, u32>,
    word_ngrams: Trie,
    characters: HashMap<char, u32>,
    char_ngrams: Trie,
    pub n_terms: usize,
}

impl Terms {
    /// Number the terms in the order given.
    pub fn new(words: &[String], chars: &[String]) -> Self {
        let mut terms = Terms {
            words: HashMap::new(),
            word_ngrams: Trie::default(),
            characters: HashMap::new(),
            char_ngrams: Trie::default(),
            n_terms: words.len() + chars.len(),
        };
        for (column, term) in (0..).zip(words) {
            let path = term.split(' ').map(|word| {
                let fresh = terms.words.len() as u32;
                *terms.words.entry(word.into()).or_insert(fresh)
            });
            terms.word_ngrams.insert(path, column);
        }
        for (column, term) in (words.len() as u32..).zip(chars) {
            let path = term.chars().map(|character| {
                let fresh = terms.characters.len() as u32;
                *terms.characters.entry(character).or_insert(fresh)
            });
            terms.char_ngrams.insert(path, column);
        }
        terms
    }

    /// The number of a word form.
    pub fn word(&self, form: &str) -> u32 {
        self.words.get(form).copied().unwrap_or(UNKNOWN)
    }

    /// Call `found` with the column of every known character n-gram of a token, which is padded with spaces.
    pub fn chars_of(&self, token: &str, found: impl FnMut(u32)) {
        if self.characters.is_empty() {
            return;
        }
        let number = |character: char| self.characters.get(&character).copied().unwrap_or(UNKNOWN);
        let padded: Vec<u32> = [' '].into_iter().chain(token.chars()).chain([' ']).map(number).collect();
        self.char_ngrams.walk(&padded, found);
    }

    /// Call `found` with the column of every known word n-gram of a text.
    #[inline]
    pub fn words_of(&self, words: &[u32], found: impl FnMut(u32)) {
        self.word_ngrams.walk(words, found);
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
