//! From raw texts to weighted sums in one pass.

use std::sync::Mutex;
use std::sync::atomic::Ordering;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};

use super::arrays::{self, Rows};
use super::batch::{Helpers, Texts, read};
use super::tokenizer::in_order;
use super::vectorizer::joined_idf;
use crate::encode::Forms;
use crate::reader::{Consumer, Reader};
use crate::rules::Spec;
use crate::vocabulary::{Coded, TermEncoder, Terms};
use crate::weigh::{Counts, Weights};

/// A model's whole way from text to score; safe to share between threads.
#[pyclass(frozen, module = "surtitle_native")]
pub struct Scorer {
    reader: Reader<TermEncoder>,
    weights: Weights,
    helpers: Helpers,
    /// Counters are as large as the vocabulary: made once, and handed from call to call.
    idle: Mutex<Vec<Counts>>,
}

struct Sums<'a> {
    scorer: &'a Scorer,
    counts: Counts,
    indices: Vec<usize>,
    sums: Vec<f64>,
}

impl Consumer<Coded> for Sums<'_> {
    fn segment(&mut self, code: &Coded) {
        self.counts.add(code);
    }

    fn end(&mut self, index: usize) {
        let start = self.sums.len();
        self.sums.resize(start + self.scorer.weights.n_rows(), 0.0);
        let terms = &self.scorer.reader.encoder.terms;
        self.counts.logits(terms, &self.scorer.weights, &mut self.sums[start..]);
        self.indices.push(index);
    }
}

struct RowParts<'a> {
    scorer: &'a Scorer,
    counts: Counts,
    ends: Vec<(usize, usize)>,
    columns: Vec<u32>,
    values: Vec<f64>,
}

impl Consumer<Coded> for RowParts<'_> {
    fn segment(&mut self, code: &Coded) {
        self.counts.add(code);
    }

    fn end(&mut self, index: usize) {
        let terms = &self.scorer.reader.encoder.terms;
        self.counts.row(terms, &self.scorer.weights, &mut self.columns, &mut self.values);
        self.ends.push((index, self.columns.len()));
    }
}

#[pymethods]
impl Scorer {
    #[new]
    #[allow(clippy::too_many_arguments)] // the parts of a model; Python passes them by name
    fn new(
        spec: &[u8],
        clean: Py<PyAny>,
        split: Py<PyAny>,
        words: Vec<String>,
        chars: Vec<String>,
        word_idf: &[u8],
        char_idf: &[u8],
        coef: &[u8],
        intercept: &[u8],
        memo_bytes: usize,
    ) -> PyResult<Self> {
        let spec: Spec = serde_json::from_slice(spec).map_err(|error| PyValueError::new_err(error.to_string()))?;
        let tokenizer = crate::tokenizer::Tokenizer::new(&spec).map_err(PyValueError::new_err)?;
        let idf = joined_idf(&words, &chars, word_idf, char_idf)?;
        let coef = arrays::floats(coef, "coef")?;
        let intercept = arrays::floats(intercept, "intercept")?;
        let weights = Weights::new(&idf, &coef, &intercept).map_err(PyValueError::new_err)?;
        let encoder = TermEncoder { terms: Terms::new(&words, &chars), forms: Forms::new(&spec.rules) };
        Ok(Scorer {
            reader: Reader::new(tokenizer, encoder, memo_bytes),
            weights,
            helpers: Helpers { clean, split },
            idle: Mutex::new(Vec::new()),
        })
    }

    /// Return the weighted sums, float64, shape (n_texts, n_rows).
    fn logits<'py>(&self, py: Python<'py>, texts: &Bound<'py, PyAny>, threads: usize) -> PyResult<Bound<'py, PyBytes>> {
        let texts = Texts::new(texts)?;
        let n_rows = self.weights.n_rows();
        let mut all = vec![0.0; texts.len() * n_rows];
        for part in self.sums(py, &texts, threads)? {
            for (sums, index) in part.sums.chunks_exact(n_rows).zip(&part.indices) {
                all[index * n_rows..][..n_rows].copy_from_slice(sums);
            }
            self.put_back(part.counts);
        }
        arrays::write(py, &all, f64::to_le_bytes)
    }

    /// Return the weighted sums of one text.
    fn logits_one<'py>(&self, py: Python<'py>, text: Bound<'py, pyo3::types::PyString>) -> PyResult<Vec<f64>> {
        let texts = Texts::Strings(vec![text]);
        let mut sums = Vec::new();
        for part in self.sums(py, &texts, 1)? {
            sums = part.sums;
            self.put_back(part.counts);
        }
        Ok(sums)
    }

    /// Return the rows as CSR: (starts int64, columns int32, values float64).
    fn rows<'py>(&self, py: Python<'py>, texts: &Bound<'py, PyAny>, threads: usize) -> PyResult<Rows<'py>> {
        let texts = Texts::new(texts)?;
        let mut parts: Vec<RowParts> = (0..threads.max(1))
            .map(|_| RowParts {
                scorer: self,
                counts: self.take(),
                ends: Vec::new(),
                columns: Vec::new(),
                values: Vec::new(),
            })
            .collect();
        read(py, &self.reader, &self.helpers, &texts, &mut parts)?;
        let order = in_order(texts.len(), parts.iter().map(|part| &*part.ends));
        let mut ends = vec![0_i64];
        for (_, start, end) in &order {
            ends.push(ends[ends.len() - 1] + (end - start) as i64);
        }
        let columns = order.iter().map(|&(part, start, end)| &parts[part].columns[start..end]);
        let values = order.iter().map(|&(part, start, end)| &parts[part].values[start..end]);
        let rows = (
            arrays::write(py, &ends, i64::to_le_bytes)?,
            arrays::write_parts(py, columns, u32::to_le_bytes)?,
            arrays::write_parts(py, values, f64::to_le_bytes)?,
        );
        parts.into_iter().for_each(|part| self.put_back(part.counts));
        Ok(rows)
    }

    /// Return how the chunks were come by, and what the memo holds.
    fn stats<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let (entries, bytes) = self.reader.remembered();
        let counters = &self.reader.counters;
        let stats = PyDict::new(py);
        stats.set_item("hits", counters.hits.load(Ordering::Relaxed))?;
        stats.set_item("misses", counters.misses.load(Ordering::Relaxed))?;
        stats.set_item("whole", counters.whole.load(Ordering::Relaxed))?;
        stats.set_item("entries", entries)?;
        stats.set_item("bytes", bytes)?;
        Ok(stats)
    }
}

impl Scorer {
    fn sums<'a, 'py>(&'a self, py: Python<'py>, texts: &Texts<'py>, threads: usize) -> PyResult<Vec<Sums<'a>>> {
        let mut parts: Vec<Sums> = (0..threads.max(1))
            .map(|_| Sums { scorer: self, counts: self.take(), indices: Vec::new(), sums: Vec::new() })
            .collect();
        read(py, &self.reader, &self.helpers, texts, &mut parts)?;
        Ok(parts)
    }

    fn take(&self) -> Counts {
        let idle = self.idle.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).pop();
        idle.unwrap_or_else(|| Counts::new(self.reader.encoder.terms.n_terms))
    }

    /// Counts are handed back clean: every text ends by clearing what it counted.
    fn put_back(&self, counts: Counts) {
        self.idle.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).push(counts);
    }
}
