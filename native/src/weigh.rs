//! Counts of one text's terms, and their weights: (1 + ln tf) idf, each block scaled to length 1.

use crate::vocabulary::{Coded, Terms};

/// Logarithms of the counts that nearly all terms have.
const LOGARITHMS: usize = 64;

/// Inverse document frequencies and coefficients, side by side so that a term costs one look into memory.
pub struct Weights {
    table: Vec<f64>,
    stride: usize,
    intercept: Vec<f64>,
    logarithms: [f64; LOGARITHMS],
}

impl Weights {
    /// `idf` of every term, `coef` of shape (n_rows, n_terms).
    pub fn new(idf: &[f64], coef: &[f64], intercept: &[f64]) -> Result<Self, String> {
        let (n_terms, n_rows) = (idf.len(), intercept.len());
        if coef.len() != n_terms * n_rows {
            return Err(format!("coef holds {} numbers, {n_rows} rows of {n_terms} terms call for others", coef.len()));
        }
        let stride = n_rows + 1;
        let mut table = vec![0.0; n_terms * stride];
        for (term, places) in table.chunks_exact_mut(stride).enumerate() {
            places[0] = idf[term];
            for row in 0..n_rows {
                places[row + 1] = coef[row * n_terms + term];
            }
        }
        let mut logarithms = [0.0; LOGARITHMS];
        for (count, place) in logarithms.iter_mut().enumerate().skip(1) {
            *place = 1.0 + (count as f64).ln();
        }
        Ok(Weights { table, stride, intercept: intercept.to_vec(), logarithms })
    }

    /// How many numbers a text's answer has.
    pub fn n_rows(&self) -> usize {
        self.intercept.len()
    }

    fn weight(&self, column: u32, count: u32) -> f64 {
        let idf = self.table[column as usize * self.stride];
        match count {
            1 => idf,
            _ => idf * self.logarithms.get(count as usize).copied().unwrap_or_else(|| 1.0 + f64::from(count).ln()),
        }
    }
}

/// Counts the terms of one text at a time; reused from text to text.
pub struct Counts {
    counts: Vec<u32>,
    words: Vec<u32>,
    chars: Vec<u32>,
    numbers: Vec<u32>,
    sums: Vec<f64>,
}

impl Counts {
    /// For a vocabulary of so many terms.
    pub fn new(n_terms: usize) -> Self {
        Counts { counts: vec![0; n_terms], words: Vec::new(), chars: Vec::new(), numbers: Vec::new(), sums: Vec::new() }
    }

    /// Add a segment.
    #[inline]
    pub fn add(&mut self, code: &Coded) {
        self.numbers.extend_from_slice(&code.words);
        self.add_chars(&code.chars);
    }

    /// Add character n-grams by their columns.
    #[inline]
    pub fn add_chars(&mut self, columns: &[u32]) {
        for &column in columns {
            let count = &mut self.counts[column as usize];
            if *count == 0 {
                self.chars.push(column);
            }
            *count += 1;
        }
    }

    /// Add one word by its number.
    #[inline]
    pub fn add_word(&mut self, number: u32) {
        self.numbers.push(number);
    }

    /// The words are complete: count their n-grams.
    fn count_words(&mut self, terms: &Terms) {
        let Counts { counts, words, numbers, .. } = self;
        terms.words_of(numbers, |column| {
            let count = &mut counts[column as usize];
            if *count == 0 {
                words.push(column);
            }
            *count += 1;
        });
        numbers.clear();
    }

    /// Write the weighted sums of the text, and make ready for the next.
    pub fn logits(&mut self, terms: &Terms, weights: &Weights, out: &mut [f64]) {
        self.count_words(terms);
        out.copy_from_slice(&weights.intercept);
        self.sums.resize(out.len(), 0.0);
        for columns in [&mut self.words, &mut self.chars] {
            let mut squares = 0.0;
            self.sums.fill(0.0);
            for column in columns.drain(..) {
                let count = std::mem::take(&mut self.counts[column as usize]);
                let weight = weights.weight(column, count);
                squares += weight * weight;
                let place = column as usize * weights.stride;
                let coef = &weights.table[place + 1..place + weights.stride];
                self.sums.iter_mut().zip(coef).for_each(|(sum, coef)| *sum += weight * coef);
            }
            if squares > 0.0 {
                let norm = squares.sqrt();
                out.iter_mut().zip(&self.sums).for_each(|(logit, sum)| *logit += sum / norm);
            }
        }
    }

    /// Append the text's row, columns in order, and make ready for the next.
    pub fn row(&mut self, terms: &Terms, weights: &Weights, columns_out: &mut Vec<u32>, values: &mut Vec<f64>) {
        self.count_words(terms);
        for columns in [&mut self.words, &mut self.chars] {
            columns.sort_unstable();
            let first = values.len();
            let mut squares = 0.0;
            for column in columns.drain(..) {
                let weight = weights.weight(column, self.counts[column as usize]);
                squares += weight * weight;
                columns_out.push(column);
                values.push(weight);
                self.counts[column as usize] = 0;
            }
            let norm = squares.sqrt();
            values[first..].iter_mut().for_each(|value| *value /= norm);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms() -> Terms {
        let own = |terms: &[&str]| terms.iter().map(|term| term.to_string()).collect::<Vec<_>>();
        Terms::new(&own(&["a", "a b", "b"]), &own(&[" a", "b "]))
    }

    #[test]
    fn a_row_is_weighed_and_each_block_has_length_one() {
        let terms = terms();
        let weights = Weights::new(&[1.0, 2.0, 3.0, 1.0, 1.0], &[], &[]).unwrap();
        let mut counts = Counts::new(terms.n_terms);
        let (mut columns, mut values) = (Vec::new(), Vec::new());
        ["a", "b", "b"].iter().for_each(|word| counts.add_word(terms.word(word)));
        counts.add_chars(&[4]);
        counts.row(&terms, &weights, &mut columns, &mut values);
        let b = 3.0 * (1.0 + 2.0_f64.ln());
        let norm = (1.0 + 4.0 + b * b).sqrt();
        assert_eq!(columns, [0, 1, 2, 4]);
        assert_eq!(values, [1.0 / norm, 2.0 / norm, b / norm, 1.0]);
    }

    #[test]
    fn each_row_of_many_gets_the_sum_that_it_would_get_alone() {
        let terms = terms();
        let idf = [1.0, 2.0, 3.0, 1.5, 0.5];
        let rows = [[0.1, -0.7, 0.3, 1.1, -2.3], [5.0, 0.0, 1.0, -1.0, 0.25]];
        let score = |coef: &[f64], intercept: &[f64]| {
            let weights = Weights::new(&idf, coef, intercept).unwrap();
            let mut counts = Counts::new(terms.n_terms);
            let mut out = vec![0.0; intercept.len()];
            for _ in 0..2 {
                ["a", "b", "a"].iter().for_each(|word| counts.add_word(terms.word(word)));
                counts.add_chars(&[3, 4, 3]);
                counts.logits(&terms, &weights, &mut out);
            }
            out
        };
        let together = score(&rows.concat(), &[0.5, -1.0]);
        assert_eq!(together, [score(&rows[0], &[0.5]), score(&rows[1], &[-1.0])].concat());
    }

    #[test]
    fn a_text_without_terms_has_the_intercept() {
        let terms = terms();
        let weights = Weights::new(&[1.0; 5], &[1.0; 5], &[0.25]).unwrap();
        let mut out = [0.0];
        Counts::new(terms.n_terms).logits(&terms, &weights, &mut out);
        assert_eq!(out, [0.25]);
    }

    #[test]
    fn coefficients_that_do_not_fit_are_refused() {
        assert!(Weights::new(&[1.0; 5], &[1.0; 4], &[0.25]).is_err());
    }
}
