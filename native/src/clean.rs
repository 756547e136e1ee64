//! Cleaning of chunks made of plain characters; any other chunk is left to Python, whose cleaning is the definition.

use std::collections::HashMap as StdMap;

use hashbrown::{HashMap, HashSet};

use crate::pattern::{OutOfSteps, Pattern, Program, Scratch};
use crate::rules::{Characters, Cleaning};

/// A longer run without white space is cut into pieces of this many characters, as in `surtitle.text.cleaning`.
pub const CHUNK_LIMIT: usize = 100;
const URL: &str = " maskurl ";
const USER: &str = " maskuser ";
const REPEATS: usize = 3;

/// The runs of a text without white space, as Python's `str.split()` finds them.
pub fn chunks(text: &str) -> impl Iterator<Item = &str> {
    text.split(is_space).filter(|chunk| !chunk.is_empty())
}

/// Python's `str.isspace`; Rust's own leaves out U+001C to U+001F.
fn is_space(character: char) -> bool {
    matches!(character,
        '\t'..='\r' | '\u{1c}'..=' ' | '\u{85}' | '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}'
        | '\u{2028}' | '\u{2029}' | '\u{202f}' | '\u{205f}' | '\u{3000}')
}

/// Why a chunk has to go another way.
#[derive(Debug, PartialEq, Eq)]
pub enum NotPlain {
    /// It holds a character that only Python's cleaning knows.
    Foreign,
    /// A pattern took too long.
    OutOfSteps,
}

impl From<OutOfSteps> for NotPlain {
    fn from(_: OutOfSteps) -> Self {
        NotPlain::OutOfSteps
    }
}

/// Cleans raw chunks.
pub struct Cleaner {
    steps: Cleaning,
    ascii: [Plain; 128],
    others: HashMap<char, Plain>,
    urls: Option<Pattern>,
    users: Option<Pattern>,
}

#[derive(Clone, Copy, Default)]
struct Plain {
    known: bool,
    lower: char,
    digit: bool,
}

impl Cleaner {
    /// Build from the artefact's data.
    pub fn new(steps: Cleaning, characters: &Characters, programs: &StdMap<String, Program>) -> Result<Self, String> {
        if characters.points.len() != characters.lower.len() {
            return Err("characters: points and lower differ in length".into());
        }
        let digits: HashSet<u32> = characters.digits.iter().copied().collect();
        let mut ascii = [Plain::default(); 128];
        let mut others = HashMap::new();
        for (&point, &lower) in characters.points.iter().zip(&characters.lower) {
            let (Some(character), Some(lower)) = (char::from_u32(point), char::from_u32(lower)) else {
                return Err(format!("characters: {point} or {lower} is no character"));
            };
            let plain = Plain { known: true, lower, digit: digits.contains(&point) };
            match ascii.get_mut(point as usize) {
                Some(place) => *place = plain,
                None => {
                    others.insert(character, plain);
                }
            }
        }
        let pattern = |name: &str, wanted: bool| match (wanted, programs.get(name)) {
            (false, _) => Ok(None),
            (true, Some(program)) => Pattern::new(program).map(Some),
            (true, None) => Err(format!("no program for {name}")),
        };
        let urls = pattern("urls", steps.urls)?;
        let users = pattern("users", steps.users)?;
        Ok(Cleaner { steps, ascii, others, urls, users })
    }

    /// Append the cleaned chunks of one raw chunk (no white space in it, at least one character) to `out`.
    pub fn clean(&self, raw: &str, scratch: &mut Scratch, out: &mut Vec<Vec<char>>) -> Result<(), NotPlain> {
        let mut text: Vec<char> = Vec::with_capacity(raw.len());
        for character in raw.chars() {
            let plain = self.plain(character);
            if !plain.known || (character == '&' && self.steps.html) {
                return Err(NotPlain::Foreign);
            }
            text.push(character);
        }
        if let Some(urls) = &self.urls {
            text = substitute(urls, text, URL, scratch)?;
        }
        if let Some(users) = &self.users {
            text = substitute(users, text, USER, scratch)?;
        }
        if self.steps.numbers {
            text.iter_mut().filter(|c| self.plain(**c).digit).for_each(|c| *c = '0');
        }
        if self.steps.repeats {
            shorten_runs(&mut text);
        }
        if self.steps.lowercase {
            // The spaces around a mask are not in the table.
            text.iter_mut().filter(|c| **c != ' ').for_each(|c| *c = self.plain(*c).lower);
        }
        for chunk in text.split(|&c| c == ' ').filter(|chunk| !chunk.is_empty()) {
            out.extend(chunk.chunks(CHUNK_LIMIT).map(<[char]>::to_vec));
        }
        Ok(())
    }

    fn plain(&self, character: char) -> Plain {
        match self.ascii.get(character as usize) {
            Some(plain) => *plain,
            None => self.others.get(&character).copied().unwrap_or_default(),
        }
    }
}

fn substitute(
    pattern: &Pattern,
    text: Vec<char>,
    replacement: &str,
    scratch: &mut Scratch,
) -> Result<Vec<char>, OutOfSteps> {
    let mut done = 0;
    let mut out: Option<Vec<char>> = None;
    while let Some((start, end)) = pattern.search(&text, done, scratch)? {
        let out = out.get_or_insert_default();
        out.extend_from_slice(&text[done..start]);
        out.extend(replacement.chars());
        if end == start {
            break; // neither pattern can match nothing; a foreign program must not hang
        }
        done = end;
    }
    Ok(match out {
        None => text,
        Some(mut out) => {
            out.extend_from_slice(&text[done..]);
            out
        }
    })
}

/// A character four or more times in a row is left three times.
fn shorten_runs(text: &mut Vec<char>) {
    let mut run = 0;
    let mut last = None;
    text.retain(|&character| {
        run = if last == Some(character) { run + 1 } else { 1 };
        last = Some(character);
        run <= REPEATS
    });
}
