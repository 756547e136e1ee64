//! A batch of texts from Python, and what is asked of Python while reading it.

use pyo3::buffer::PyBuffer;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyList, PyString, PyTuple};

use crate::encode::Encoder;
use crate::reader::{Consumer, Python as Callbacks, Reader};

/// A shorter batch is read without letting other Python threads run: handing over would cost more than the work.
const WORTH_UNLOCKING: usize = 20_000;

/// Texts as they came.
pub enum Texts<'py> {
    Strings(Vec<Bound<'py, PyString>>),
    /// The buffers of an Arrow string column.
    Column(Vec<usize>, Vec<u8>),
}

impl<'py> Texts<'py> {
    /// Take a list of strings, or (offsets, data, bytes per offset) of an Arrow string column.
    pub fn new(given: &Bound<'py, PyAny>) -> PyResult<Self> {
        if let Ok(column) = given.cast::<PyTuple>() {
            let (offsets, data, width): (Bound<'py, PyAny>, Bound<'py, PyAny>, usize) = column.extract()?;
            return Self::column(&offsets, &data, width);
        }
        let list = given.cast::<PyList>().map_err(|_| PyTypeError::new_err("texts must be a list of strings"))?;
        let string = |(index, item): (usize, Bound<'py, PyAny>)| {
            item.cast_into::<PyString>().map_err(|error| {
                let kind = error.into_inner().get_type();
                PyTypeError::new_err(format!("text {index} is {kind}, not a string"))
            })
        };
        Ok(Texts::Strings(list.iter().enumerate().map(string).collect::<PyResult<_>>()?))
    }

    fn column(offsets: &Bound<'py, PyAny>, data: &Bound<'py, PyAny>, width: usize) -> PyResult<Self> {
        let py = offsets.py();
        let raw = PyBuffer::<u8>::get(offsets)?.to_vec(py)?;
        let data = PyBuffer::<u8>::get(data)?.to_vec(py)?;
        let offsets = match width {
            4 => super::arrays::ids(&raw, "offsets")?.into_iter().map(|at| at as usize).collect(),
            8 => super::arrays::starts(&raw, "offsets")?,
            _ => return Err(PyValueError::new_err("offsets have 4 or 8 bytes each")),
        };
        let fits = offsets.windows(2).all(|pair| pair[0] <= pair[1]);
        if !fits || offsets.last().is_some_and(|&last| last > data.len()) {
            return Err(PyValueError::new_err("offsets must ascend and end within the data"));
        }
        Ok(Texts::Column(offsets, data))
    }

    pub fn len(&self) -> usize {
        match self {
            Texts::Strings(strings) => strings.len(),
            Texts::Column(offsets, _) => offsets.len().saturating_sub(1),
        }
    }

    pub fn borrow(&self) -> Vec<Option<&str>> {
        match self {
            Texts::Strings(strings) => strings.iter().map(|string| string.to_str().ok()).collect(),
            Texts::Column(offsets, data) => {
                offsets.windows(2).map(|pair| std::str::from_utf8(&data[pair[0]..pair[1]]).ok()).collect()
            }
        }
    }

    fn object(&self, py: Python<'py>, index: usize) -> Bound<'py, PyString> {
        match self {
            Texts::Strings(strings) => strings[index].clone(),
            Texts::Column(offsets, data) => {
                PyString::new(py, &String::from_utf8_lossy(&data[offsets[index]..offsets[index + 1]]))
            }
        }
    }
}

/// The Python functions that do what cannot be done here.
pub struct Helpers {
    /// Cleans a text: `str -> str`.
    pub clean: Py<PyAny>,
    /// spaCy's tokens of a cleaned text: `str -> list[str]`.
    pub split: Py<PyAny>,
}

pub struct Calls<'a, 'py> {
    py: Python<'py>,
    helpers: &'a Helpers,
    texts: &'a Texts<'py>,
}

impl<'a, 'py> Calls<'a, 'py> {
    pub fn new(py: Python<'py>, helpers: &'a Helpers, texts: &'a Texts<'py>) -> Self {
        Calls { py, helpers, texts }
    }
}

impl Callbacks for Calls<'_, '_> {
    type Error = PyErr;

    fn clean(&mut self, raw: &str) -> PyResult<String> {
        self.helpers.clean.call1(self.py, (raw,))?.extract(self.py)
    }

    fn clean_text(&mut self, index: usize) -> PyResult<String> {
        self.helpers.clean.call1(self.py, (self.texts.object(self.py, index),))?.extract(self.py)
    }

    fn tokens(&mut self, cleaned: &str) -> PyResult<Vec<String>> {
        self.helpers.split.call1(self.py, (cleaned,))?.extract(self.py)
    }
}

/// Read all texts, with a thread for each consumer.
pub fn read<'py, E: Encoder, K: Consumer<E::Code>>(
    py: Python<'py>,
    reader: &Reader<E>,
    helpers: &Helpers,
    texts: &Texts<'py>,
    consumers: &mut [K],
) -> PyResult<()> {
    let borrowed = texts.borrow();
    let size: usize = borrowed.iter().map(|text| text.map_or(0, str::len)).sum();
    let mut calls = Calls::new(py, helpers, texts);
    reader.read(&borrowed, consumers, &mut calls, |work, calls| {
        if size < WORTH_UNLOCKING {
            work();
        } else {
            calls.py.detach(work);
        }
    })
}
