//! spaCy's rule tokenizer, first pass: prefixes, suffixes, infixes and exceptions of one chunk.
//!
//! A port of `Tokenizer._split_affixes` and `_attach_tokens` of spaCy 3.8 (`spacy/tokenizer.pyx`); the answers are the
//! same, its cache apart, which changes none.

use std::collections::HashMap as StdMap;

use hashbrown::HashMap;

use crate::pattern::{OutOfSteps, Pattern, Program, Scratch};

/// A token: where it starts and ends in its chunk.
pub type Span = (usize, usize);

/// The tables of the first pass.
pub struct Affixes {
    prefix: Option<Pattern>,
    suffix: Option<Pattern>,
    infix: Option<Pattern>,
    url: Option<Pattern>,
    token: Option<Pattern>,
    exceptions: HashMap<Box<[char]>, Box<[Box<str>]>>,
    longest_exception: usize,
}

impl Affixes {
    /// Build from the artefact's data.
    pub fn new(programs: &StdMap<String, Program>, exceptions: &StdMap<String, Vec<String>>) -> Result<Self, String> {
        let pattern = |name: &str| programs.get(name).map(Pattern::new).transpose();
        let mut table: HashMap<Box<[char]>, _> = HashMap::with_capacity(exceptions.len());
        for (key, tokens) in exceptions {
            if tokens.is_empty() || tokens.concat() != *key {
                return Err(format!("the tokens of the exception {key:?} do not add up to it"));
            }
            table.insert(key.chars().collect(), tokens.iter().map(|token| token.as_str().into()).collect());
        }
        let longest_exception = table.keys().map(|key| key.len()).max().unwrap_or(0);
        Ok(Affixes {
            prefix: pattern("prefix")?,
            suffix: pattern("suffix")?,
            infix: pattern("infix")?,
            url: pattern("url")?,
            token: pattern("token")?,
            exceptions: table,
            longest_exception,
        })
    }

    /// All exceptions, in no order.
    pub fn exceptions(&self) -> impl Iterator<Item = &[char]> {
        self.exceptions.keys().map(|key| &**key)
    }

    /// The tokens of an exception.
    pub fn exception(&self, text: &[char]) -> Option<&[Box<str>]> {
        if text.len() > self.longest_exception {
            return None;
        }
        self.exceptions.get(text).map(|tokens| &**tokens)
    }

    /// Whether any affix pattern matches, which decides whether spaCy's second pass knows an exception.
    pub fn has_affix(&self, text: &[char], scratch: &mut Scratch) -> Result<bool, OutOfSteps> {
        if self.length(&self.prefix, text, scratch)? > 0 || self.length(&self.suffix, text, scratch)? > 0 {
            return Ok(true);
        }
        match &self.infix {
            Some(infix) => Ok(infix.search(text, 0, scratch)?.is_some()),
            None => Ok(false),
        }
    }

    /// Append the tokens of one chunk to `out`.
    pub fn split(
        &self,
        text: &[char],
        with_exceptions: bool,
        scratch: &mut Scratch,
        out: &mut Vec<Span>,
    ) -> Result<(), OutOfSteps> {
        let is_exception = |part: &[char]| with_exceptions && self.exception(part).is_some();
        let mut suffixes: Vec<Span> = Vec::new();
        let (mut start, mut end) = (0, text.len());
        let mut last = 0;
        while start < end && end - start != last {
            let string = &text[start..end];
            if self.matches(&self.token, string, scratch)? || is_exception(string) {
                break;
            }
            last = string.len();
            let before = self.length(&self.prefix, string, scratch)?;
            if before > 0 && before < last && is_exception(&string[before..]) {
                out.push((start, start + before));
                start += before;
                break;
            }
            let after = self.length(&self.suffix, &string[before..], scratch)?;
            if after > 0 && after < last && is_exception(&string[..last - after]) {
                suffixes.push((end - after, end));
                end -= after;
                break;
            }
            // Where the two overlap, the prefix goes and the suffix is looked for again.
            if before > 0 {
                out.push((start, start + before));
            }
            if after > 0 && before + after <= last {
                suffixes.push((end - after, end));
                end -= after;
            }
            start += before;
        }
        if start < end {
            self.attach(text, (start, end), with_exceptions, scratch, out)?;
        }
        out.extend(suffixes.iter().rev());
        Ok(())
    }

    /// Append what is left between the affixes.
    fn attach(
        &self,
        text: &[char],
        (start, end): Span,
        with_exceptions: bool,
        scratch: &mut Scratch,
        out: &mut Vec<Span>,
    ) -> Result<(), OutOfSteps> {
        let string = &text[start..end];
        if let Some(tokens) = self.exception(string).filter(|_| with_exceptions) {
            let mut at = start;
            for token in tokens {
                let next = at + token.chars().count();
                out.push((at, next));
                at = next;
            }
            return Ok(());
        }
        let mut infixes = Vec::new();
        if !self.matches(&self.token, string, scratch)?
            && !self.matches(&self.url, string, scratch)?
            && let Some(infix) = &self.infix
        {
            infix.find_all(string, scratch, &mut infixes)?;
        }
        let mut done = 0;
        for (from, to) in infixes.into_iter().filter(|&(from, _)| from != 0) {
            if from != done {
                out.push((start + done, start + from));
            }
            if from != to {
                out.push((start + from, start + to));
            }
            done = to;
        }
        if done < string.len() {
            out.push((start + done, end));
        }
        Ok(())
    }

    fn matches(&self, pattern: &Option<Pattern>, text: &[char], scratch: &mut Scratch) -> Result<bool, OutOfSteps> {
        match pattern {
            Some(pattern) => Ok(pattern.match_start(text, scratch)?.is_some()),
            None => Ok(false),
        }
    }

    fn length(&self, pattern: &Option<Pattern>, text: &[char], scratch: &mut Scratch) -> Result<usize, OutOfSteps> {
        match pattern {
            Some(pattern) => Ok(pattern.search(text, 0, scratch)?.map_or(0, |(start, end)| end - start)),
            None => Ok(0),
        }
    }
}
