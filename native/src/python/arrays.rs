//! Numbers to bytes and back.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

/// Read numbers of N bytes each.
fn read<const N: usize, T>(bytes: &[u8], name: &str, convert: impl Fn([u8; N]) -> T) -> PyResult<Vec<T>> {
    let (parts, rest) = bytes.as_chunks::<N>();
    if !rest.is_empty() {
        let what = format!("{name} has {} bytes, which is no whole number of {N}-byte numbers", bytes.len());
        return Err(PyValueError::new_err(what));
    }
    Ok(parts.iter().map(|&part| convert(part)).collect())
}

pub fn floats(bytes: &[u8], name: &str) -> PyResult<Vec<f64>> {
    read(bytes, name, f64::from_le_bytes)
}

pub fn ids(bytes: &[u8], name: &str) -> PyResult<Vec<u32>> {
    // A negative number becomes one too large, and is refused where it is used.
    read(bytes, name, |part| i32::from_le_bytes(part) as u32)
}

pub fn starts(bytes: &[u8], name: &str) -> PyResult<Vec<usize>> {
    read(bytes, name, |part| usize::try_from(i64::from_le_bytes(part)).unwrap_or(usize::MAX))
}

/// Write numbers as bytes.
pub fn write<'py, const N: usize, T: Copy>(
    py: Python<'py>,
    numbers: &[T],
    convert: impl Fn(T) -> [u8; N],
) -> PyResult<Bound<'py, PyBytes>> {
    write_parts(py, [numbers].into_iter(), convert)
}

/// Write the numbers of all parts, one after the other: joining them first would be one more copy of everything.
pub fn write_parts<'py, 'a, const N: usize, T: Copy + 'a>(
    py: Python<'py>,
    parts: impl Iterator<Item = &'a [T]> + Clone,
    convert: impl Fn(T) -> [u8; N],
) -> PyResult<Bound<'py, PyBytes>> {
    let length: usize = parts.clone().map(<[T]>::len).sum();
    PyBytes::new_with(py, length * N, |bytes| {
        let mut places = bytes.as_chunks_mut::<N>().0;
        for part in parts {
            let (own, rest) = places.split_at_mut(part.len());
            for (place, &number) in own.iter_mut().zip(part) {
                *place = convert(number);
            }
            places = rest;
        }
        Ok(())
    })
}

/// A compressed sparse row matrix: starts int64, columns int32, values float64.
pub type Rows<'py> = (Bound<'py, PyBytes>, Bound<'py, PyBytes>, Bound<'py, PyBytes>);
