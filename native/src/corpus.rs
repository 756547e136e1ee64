//! Tokenised texts: distinct tokens once, and each text as a run of their numbers.

use std::collections::HashMap as StdMap;

/// As `surtitle.text.Tokens`, checked.
pub struct Corpus {
    /// Each distinct token: its text and its word form.
    pub types: Vec<(String, String)>,
    ids: Vec<u32>,
    starts: Vec<usize>,
}

impl Corpus {
    /// Check that the numbers fit together.
    pub fn new(types: Vec<(String, String)>, ids: Vec<u32>, starts: Vec<usize>) -> Result<Self, String> {
        let ascending = starts.first() == Some(&0) && starts.windows(2).all(|pair| pair[0] <= pair[1]);
        if !ascending || starts.last() != Some(&ids.len()) {
            return Err("starts must ascend from 0 to the number of ids".into());
        }
        if ids.iter().any(|&id| id as usize >= types.len()) {
            return Err("an id is no index into types".into());
        }
        Ok(Corpus { types, ids, starts })
    }

    /// Number of texts.
    pub fn n_texts(&self) -> usize {
        self.starts.len() - 1
    }

    /// Keep the first `n_texts` texts only.
    pub fn truncate(&mut self, n_texts: usize) {
        self.starts.truncate(n_texts + 1);
        self.ids.truncate(self.starts.last().copied().unwrap_or(0));
    }

    /// The type numbers of one text.
    pub fn text(&self, index: usize) -> &[u32] {
        &self.ids[self.starts[index]..self.starts[index + 1]]
    }

    /// The distinct word forms, and which of them each type has.
    pub fn forms(&self) -> (Vec<&str>, Vec<u32>) {
        let mut numbers: StdMap<&str, u32> = StdMap::new();
        let mut forms = Vec::new();
        let of_type = self
            .types
            .iter()
            .map(|(_, form)| {
                *numbers.entry(form).or_insert_with(|| {
                    forms.push(form.as_str());
                    forms.len() as u32 - 1
                })
            })
            .collect();
        (forms, of_type)
    }
}
