//! Surtitle's exact scorer: spaCy's own tokens, TF-IDF and linear scores, at native speed.
//!
//! Nothing here knows a language. Patterns, exceptions, lemmas and characters come as data, read from spaCy and Python
//! when a model is trained; what they cannot settle is handed back to Python.

pub mod affix;
pub mod choose;
pub mod clean;
pub mod corpus;
pub mod encode;
pub mod frequent;
pub mod linear;
pub mod memo;
pub mod pattern;
pub mod reader;
pub mod rules;
pub mod specials;
pub mod tokenizer;
pub mod touching;
pub mod vocabulary;
pub mod weigh;

#[cfg(feature = "extension")]
mod python;

#[cfg(feature = "extension")]
#[pyo3::pymodule]
mod surtitle_native {
    use pyo3::prelude::*;

    #[pymodule_export]
    use crate::python::{LogisticLoss, Pattern, Scorer, Tokenizer, Vectorizer, choose_terms};

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}
