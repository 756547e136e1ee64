//! Tokens of many texts, for training.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use super::arrays;
use super::batch::{Calls, Helpers, Texts, read};
use crate::choose::Limits;
use crate::encode::{Forms, TypeEncoder};
use crate::frequent::frequent_chunks;
use crate::reader::{Consumer, Reader};
use crate::rules::Spec;

/// Enough for the chunks of any training set that come more than now and then.
const MEMO_BYTES: usize = 256 << 20;

/// Cleans texts and cuts them into spaCy's tokens.
#[pyclass(frozen, module = "surtitle_native")]
pub struct Tokenizer {
    reader: Reader<TypeEncoder>,
    forms: Forms,
    helpers: Helpers,
}

#[derive(Default)]
struct Ids {
    ids: Vec<u32>,
    ends: Vec<(usize, usize)>,
}

impl Consumer<Box<[u32]>> for Ids {
    fn segment(&mut self, code: &Box<[u32]>) {
        self.ids.extend_from_slice(code);
    }

    fn end(&mut self, index: usize) {
        self.ends.push((index, self.ids.len()));
    }
}

/// Where each text's part lies: (consumer, start, end), in the order of the texts.
pub fn in_order<'a>(n_texts: usize, ends: impl Iterator<Item = &'a [(usize, usize)]>) -> Vec<(usize, usize, usize)> {
    let mut order = vec![(0, 0, 0); n_texts];
    for (consumer, ends) in ends.enumerate() {
        let mut start = 0;
        for &(index, end) in ends {
            order[index] = (consumer, start, end);
            start = end;
        }
    }
    order
}

type Tokens<'py> = (Vec<(String, String)>, Bound<'py, PyBytes>, Bound<'py, PyBytes>);

#[pymethods]
impl Tokenizer {
    #[new]
    fn new(spec: &[u8], clean: Py<PyAny>, split: Py<PyAny>) -> PyResult<Self> {
        let spec: Spec = serde_json::from_slice(spec).map_err(|error| PyValueError::new_err(error.to_string()))?;
        let tokenizer = crate::tokenizer::Tokenizer::new(&spec).map_err(PyValueError::new_err)?;
        Ok(Tokenizer {
            reader: Reader::new(tokenizer, TypeEncoder::default(), MEMO_BYTES),
            forms: Forms::new(&spec.rules),
            helpers: Helpers { clean, split },
        })
    }

    /// Return (types in order of appearance, ids int32, starts int64).
    fn tokenize<'py>(&self, py: Python<'py>, texts: &Bound<'py, PyAny>, threads: usize) -> PyResult<Tokens<'py>> {
        let texts = Texts::new(texts)?;
        let mut consumers: Vec<Ids> = (0..threads.max(1)).map(|_| Ids::default()).collect();
        read(py, &self.reader, &self.helpers, &texts, &mut consumers)?;
        let order = in_order(texts.len(), consumers.iter().map(|consumer| &*consumer.ends));
        let all = self.reader.encoder.types();
        let mut numbers: Vec<Option<u32>> = vec![None; all.len()];
        let mut types = Vec::new();
        let mut ids: Vec<u32> = Vec::with_capacity(consumers.iter().map(|consumer| consumer.ids.len()).sum());
        let mut starts: Vec<i64> = Vec::with_capacity(order.len() + 1);
        starts.push(0);
        for (consumer, start, end) in order {
            for &id in &consumers[consumer].ids[start..end] {
                ids.push(*numbers[id as usize].get_or_insert_with(|| {
                    let token = &all[id as usize];
                    types.push((token.to_string(), self.forms.with_form(token, str::to_string)));
                    types.len() as u32 - 1
                }));
            }
            starts.push(ids.len() as i64);
        }
        let ids = arrays::write(py, &ids, u32::to_le_bytes)?;
        Ok((types, ids, arrays::write(py, &starts, i64::to_le_bytes)?))
    }

    /// Return the cleaned chunks that at least `min_texts` texts hold, at most `most`, each with its tokens.
    fn frequent_chunks<'py>(
        &self,
        py: Python<'py>,
        texts: &Bound<'py, PyAny>,
        min_texts: u32,
        most: usize,
    ) -> PyResult<Vec<(String, Vec<String>)>> {
        let texts = Texts::new(texts)?;
        let mut calls = Calls::new(py, &self.helpers, &texts);
        frequent_chunks(&self.reader.tokenizer, &texts.borrow(), Limits { min_texts, most }, &mut calls)
    }

    /// Return the tokens of one cleaned text.
    fn pieces(&self, py: Python<'_>, cleaned: &str) -> PyResult<Vec<String>> {
        match self.reader.tokens(cleaned) {
            Some(tokens) => Ok(tokens),
            None => self.helpers.split.call1(py, (cleaned,))?.extract(py),
        }
    }
}
