//! The loss that fitting makes small.

use std::num::NonZero;

use pyo3::buffer::PyBuffer;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use super::arrays;
use crate::linear;

/// Labelled sparse rows; the loss of a logistic regression over the first of them, for any weights.
#[pyclass(frozen, module = "surtitle_native")]
pub struct LogisticLoss(linear::LogisticLoss);

// These arrays cross as buffers, since training sets are large: bytes would be one more copy of everything.
#[pymethods]
impl LogisticLoss {
    /// Starts int64, columns int32, values float64; labels int32.
    #[new]
    fn new(
        py: Python<'_>,
        starts: PyBuffer<i64>,
        columns: PyBuffer<i32>,
        values: PyBuffer<f64>,
        labels: PyBuffer<i32>,
        n_columns: usize,
        n_classes: usize,
    ) -> PyResult<Self> {
        let (starts, columns) = (starts.to_vec(py)?, columns.to_vec(py)?);
        let (values, labels) = (values.to_vec(py)?, labels.to_vec(py)?);
        let loss = py.detach(|| {
            // A negative number becomes one too large, and is refused.
            let starts = starts.into_iter().map(|start| usize::try_from(start).unwrap_or(usize::MAX)).collect();
            let columns = columns.into_iter().map(|column| column as u32).collect();
            let labels = labels.into_iter().map(|label| label as u32).collect();
            linear::LogisticLoss::new(starts, columns, values, labels, n_columns, n_classes)
        });
        Ok(LogisticLoss(loss.map_err(PyValueError::new_err)?))
    }

    /// Return loss and gradient (float64, as `parameters`: a row of weights per column, then the intercepts).
    ///
    /// With `threads` 0, as many as pay off here; the answer does not depend on it.
    #[pyo3(signature = (parameters, class_weights, l2, n_rows, threads = 0))]
    fn loss_gradient<'py>(
        &self,
        py: Python<'py>,
        parameters: PyBuffer<f64>,
        class_weights: PyBuffer<f64>,
        l2: f64,
        n_rows: usize,
        threads: usize,
    ) -> PyResult<(f64, Bound<'py, PyBytes>)> {
        let (parameters, class_weights) = (parameters.to_vec(py)?, class_weights.to_vec(py)?);
        let found = py.detach(|| {
            let threads = match threads {
                0 => std::thread::available_parallelism().map_or(1, NonZero::get),
                _ => threads,
            };
            self.0.loss_gradient(&parameters, &class_weights, l2, n_rows, threads)
        });
        let (loss, gradient) = found.map_err(PyValueError::new_err)?;
        Ok((loss, arrays::write(py, &gradient, f64::to_le_bytes)?))
    }
}
