//! From tokens to a vocabulary, and to sparse rows over it.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use super::arrays::{self, Rows};
use crate::choose::{Chosen, Limits, NgramSpan, choose_chars, choose_words};
use crate::corpus::Corpus;
use crate::vocabulary::Terms;
use crate::weigh::{Counts, Weights};

type Types = Vec<(String, String)>;

fn corpus(types: Types, ids: &[u8], starts: &[u8]) -> PyResult<Corpus> {
    Corpus::new(types, arrays::ids(ids, "ids")?, arrays::starts(starts, "starts")?).map_err(PyValueError::new_err)
}

type Vocabulary<'py> = (Vec<String>, Bound<'py, PyBytes>, Vec<String>, Bound<'py, PyBytes>);

/// Choose the n-grams that enough of the first `n_texts` texts hold: (words, their int64 frequencies, chars, theirs).
#[pyfunction]
#[pyo3(signature = (types, ids, starts, n_texts, word_span, char_span, min_examples, max_words, max_chars))]
#[allow(clippy::too_many_arguments)] // one call for what two settings structures hold
pub fn choose_terms<'py>(
    py: Python<'py>,
    types: Types,
    ids: &[u8],
    starts: &[u8],
    n_texts: usize,
    word_span: NgramSpan,
    char_span: NgramSpan,
    min_examples: u32,
    max_words: usize,
    max_chars: usize,
) -> PyResult<Vocabulary<'py>> {
    let mut corpus = corpus(types, ids, starts)?;
    corpus.truncate(n_texts);
    let limits = |most| Limits { min_texts: min_examples, most };
    let (words, chars) = py.detach(|| {
        std::thread::scope(|scope| {
            let chars = scope.spawn(|| choose_chars(&corpus, char_span, limits(max_chars)));
            let words = choose_words(&corpus, word_span, limits(max_words));
            match chars.join() {
                Ok(chars) => (words, chars),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        })
    });
    let frequencies = |chosen: &Chosen| arrays::write(py, &chosen.frequencies, i64::to_le_bytes);
    let (of_words, of_chars) = (frequencies(&words)?, frequencies(&chars)?);
    Ok((words.terms, of_words, chars.terms, of_chars))
}

/// Turns tokens into weighted rows over a vocabulary.
#[pyclass(frozen, module = "surtitle_native")]
pub struct Vectorizer {
    terms: Terms,
    weights: Weights,
}

/// Sparse rows of one run of texts.
#[derive(Default)]
struct Part {
    lengths: Vec<usize>,
    columns: Vec<u32>,
    values: Vec<f64>,
}

#[pymethods]
impl Vectorizer {
    #[new]
    fn new(words: Vec<String>, chars: Vec<String>, word_idf: &[u8], char_idf: &[u8]) -> PyResult<Self> {
        let idf = joined_idf(&words, &chars, word_idf, char_idf)?;
        let weights = Weights::new(&idf, &[], &[]).map_err(PyValueError::new_err)?;
        Ok(Vectorizer { terms: Terms::new(&words, &chars), weights })
    }

    /// Return the rows as CSR: (starts int64, columns int32, values float64).
    fn rows<'py>(
        &self,
        py: Python<'py>,
        types: Types,
        ids: &[u8],
        starts: &[u8],
        threads: usize,
    ) -> PyResult<Rows<'py>> {
        let corpus = corpus(types, ids, starts)?;
        let parts = py.detach(|| self.parts(&corpus, threads.max(1)));
        let mut ends: Vec<i64> = vec![0];
        let mut end = 0;
        for length in parts.iter().flat_map(|part| &part.lengths) {
            end += *length as i64;
            ends.push(end);
        }
        Ok((
            arrays::write(py, &ends, i64::to_le_bytes)?,
            arrays::write_parts(py, parts.iter().map(|part| &*part.columns), u32::to_le_bytes)?,
            arrays::write_parts(py, parts.iter().map(|part| &*part.values), f64::to_le_bytes)?,
        ))
    }
}

impl Vectorizer {
    fn parts(&self, corpus: &Corpus, threads: usize) -> Vec<Part> {
        let words: Vec<u32> = corpus.types.iter().map(|(_, form)| self.terms.word(form)).collect();
        let chars: Vec<Box<[u32]>> = corpus
            .types
            .iter()
            .map(|(text, _)| {
                let mut found = Vec::new();
                self.terms.chars_of(text, |column| found.push(column));
                found.into()
            })
            .collect();
        let share = corpus.n_texts().div_ceil(threads).max(1);
        let (words, chars) = (&words, &chars);
        std::thread::scope(|scope| {
            let runs = (0..corpus.n_texts()).step_by(share).map(|first| {
                let run = first..(first + share).min(corpus.n_texts());
                scope.spawn(move || {
                    let mut counts = Counts::new(self.terms.n_terms);
                    let mut part = Part::default();
                    for text in run {
                        for &kind in corpus.text(text) {
                            counts.add_word(words[kind as usize]);
                            counts.add_chars(&chars[kind as usize]);
                        }
                        let before = part.columns.len();
                        counts.row(&self.terms, &self.weights, &mut part.columns, &mut part.values);
                        part.lengths.push(part.columns.len() - before);
                    }
                    part
                })
            });
            let threads: Vec<_> = runs.collect();
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
                .collect()
        })
    }
}

/// The idf of all terms, words first; its length is checked.
pub fn joined_idf(words: &[String], chars: &[String], word_idf: &[u8], char_idf: &[u8]) -> PyResult<Vec<f64>> {
    let mut idf = arrays::floats(word_idf, "word_idf")?;
    let of_chars = arrays::floats(char_idf, "char_idf")?;
    if idf.len() != words.len() || of_chars.len() != chars.len() {
        return Err(PyValueError::new_err("there must be one idf for each word and each character n-gram"));
    }
    idf.extend(of_chars);
    Ok(idf)
}
