//! One pattern for Python: so that tests can hold the engine to `re`.

use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;

use crate::pattern::{self, OutOfSteps, Scratch};

/// A pattern from the JSON of its program, as `surtitle.text.programs.compile_program` gives it.
#[pyclass(frozen, module = "surtitle_native")]
pub struct Pattern(pattern::Pattern);

#[pymethods]
impl Pattern {
    #[new]
    fn new(program: &[u8]) -> PyResult<Self> {
        let program = serde_json::from_slice(program).map_err(|error| PyValueError::new_err(error.to_string()))?;
        pattern::Pattern::new(&program).map(Self).map_err(PyValueError::new_err)
    }

    /// Where the match at the start of the text ends, or None.
    fn match_end(&self, text: &str) -> PyResult<Option<usize>> {
        self.0.match_start(&characters(text), &mut Scratch::default()).map_err(out_of_steps)
    }

    /// The span of the first match at or after `pos`, or None.
    #[pyo3(signature = (text, pos=0))]
    fn search(&self, text: &str, pos: usize) -> PyResult<Option<(usize, usize)>> {
        self.0.search(&characters(text), pos, &mut Scratch::default()).map_err(out_of_steps)
    }

    /// The spans of all matches.
    fn find_all(&self, text: &str) -> PyResult<Vec<(usize, usize)>> {
        let mut spans = Vec::new();
        self.0.find_all(&characters(text), &mut Scratch::default(), &mut spans).map_err(out_of_steps)?;
        Ok(spans)
    }
}

fn characters(text: &str) -> Vec<char> {
    text.chars().collect()
}

fn out_of_steps(_: OutOfSteps) -> PyErr {
    PyRuntimeError::new_err("the pattern takes too many steps on this text")
}
