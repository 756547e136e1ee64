//! The loss of a logistic regression over sparse rows, and its gradient, in one pass over memory.
//!
//! Rows are taken in blocks whose bounds do not depend on the number of threads, and the blocks' sums are added in order:
//! the answer is the same to the last bit on every machine.

use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Each has a gradient of its own, so more would cost memory; fewer could not keep as many cores busy.
const BLOCKS: usize = 4;

/// With fewer numbers to read, starting a thread would take longer than the work.
const WORTH_A_THREAD: usize = 50_000;

/// Sparse rows with a class each.
pub struct LogisticLoss {
    starts: Vec<usize>,
    columns: Vec<u32>,
    values: Vec<f64>,
    labels: Vec<u32>,
    n_columns: usize,
    /// Weights of one column: one for two classes (log-odds of the second), one per class for more.
    stride: usize,
    n_classes: usize,
}

/// Columns and values.
type Row<'a> = (&'a [u32], &'a [f64]);

/// The sums over some rows.
struct Sums {
    loss: f64,
    gradient: Vec<f64>,
}

impl LogisticLoss {
    /// Compressed sparse rows: row i has the `columns` and `values` from `starts[i]` up to `starts[i + 1]`.
    pub fn new(
        starts: Vec<usize>,
        columns: Vec<u32>,
        values: Vec<f64>,
        labels: Vec<u32>,
        n_columns: usize,
        n_classes: usize,
    ) -> Result<Self, String> {
        if n_classes < 2 {
            return Err(format!("a logistic regression needs two classes, got {n_classes}"));
        }
        if starts.len() != labels.len() + 1 {
            return Err(format!("{} starts do not bound {} labelled rows", starts.len(), labels.len()));
        }
        if columns.len() != values.len() {
            return Err(format!("there are {} columns beside {} values", columns.len(), values.len()));
        }
        let ascend = starts.windows(2).all(|pair| pair[0] <= pair[1]);
        if starts[0] != 0 || !ascend || starts[labels.len()] != columns.len() {
            return Err(format!("starts must ascend from 0 to the {} values", columns.len()));
        }
        if let Some(column) = columns.iter().find(|&&column| column as usize >= n_columns) {
            return Err(format!("a value stands in column {column} of {n_columns}"));
        }
        if let Some(label) = labels.iter().find(|&&label| label as usize >= n_classes) {
            return Err(format!("a label is {label}, of {n_classes} classes"));
        }
        let stride = if n_classes == 2 { 1 } else { n_classes };
        Ok(LogisticLoss { starts, columns, values, labels, n_columns, stride, n_classes })
    }

    /// How many numbers describe a model: the weights of every column, then the intercepts.
    pub fn n_parameters(&self) -> usize {
        (self.n_columns + 1) * self.stride
    }

    /// Loss and gradient over the first `n_rows`, an example of class k counting `class_weights[k]`.
    ///
    /// Half of `l2` times the squared weights is added; intercepts are free.
    pub fn loss_gradient(
        &self,
        parameters: &[f64],
        class_weights: &[f64],
        l2: f64,
        n_rows: usize,
        threads: usize,
    ) -> Result<(f64, Vec<f64>), String> {
        if parameters.len() != self.n_parameters() {
            return Err(format!("got {} parameters instead of {}", parameters.len(), self.n_parameters()));
        }
        if class_weights.len() != self.n_classes {
            return Err(format!("got {} class weights for {} classes", class_weights.len(), self.n_classes));
        }
        if n_rows > self.labels.len() {
            return Err(format!("there are {} rows, not {n_rows}", self.labels.len()));
        }
        let mut total = Sums { loss: 0.0, gradient: vec![0.0; parameters.len()] };
        for sums in self.blocks(parameters, class_weights, n_rows, threads) {
            total.loss += sums.loss;
            for (all, part) in total.gradient.iter_mut().zip(&sums.gradient) {
                *all += part;
            }
        }
        let weights = self.n_columns * self.stride;
        let mut squares = 0.0;
        for (slope, weight) in total.gradient[..weights].iter_mut().zip(&parameters[..weights]) {
            *slope += l2 * weight;
            squares += weight * weight;
        }
        Ok((total.loss + 0.5 * l2 * squares, total.gradient))
    }

    fn blocks(&self, parameters: &[f64], class_weights: &[f64], n_rows: usize, threads: usize) -> Vec<Sums> {
        let bound = |block: usize| n_rows * block / BLOCKS;
        let sums = |block: usize| self.sums(parameters, class_weights, bound(block)..bound(block + 1));
        if threads <= 1 || self.starts[n_rows] < WORTH_A_THREAD {
            return (0..BLOCKS).map(sums).collect();
        }
        let next = AtomicUsize::new(0);
        let work = || -> Vec<(usize, Sums)> {
            std::iter::from_fn(|| Some(next.fetch_add(1, Ordering::Relaxed)).filter(|&block| block < BLOCKS))
                .map(|block| (block, sums(block)))
                .collect()
        };
        let mut found = std::thread::scope(|scope| {
            let others: Vec<_> = (1..threads.min(BLOCKS)).map(|_| scope.spawn(work)).collect();
            let mut found = work();
            for other in others {
                found.extend(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
            }
            found
        });
        found.sort_by_key(|&(block, _)| block);
        found.into_iter().map(|(_, sums)| sums).collect()
    }

    fn sums(&self, parameters: &[f64], class_weights: &[f64], rows: Range<usize>) -> Sums {
        let mut sums = Sums { loss: 0.0, gradient: vec![0.0; parameters.len()] };
        if self.stride == 1 {
            self.two_classes(parameters, class_weights, rows, &mut sums);
        } else {
            self.more_classes(parameters, class_weights, rows, &mut sums);
        }
        sums
    }

    fn row(&self, row: usize) -> Row<'_> {
        let span = self.starts[row]..self.starts[row + 1];
        (&self.columns[span.clone()], &self.values[span])
    }

    fn two_classes(&self, parameters: &[f64], class_weights: &[f64], rows: Range<usize>, sums: &mut Sums) {
        let (weights, intercept) = (&parameters[..self.n_columns], parameters[self.n_columns]);
        let (gradient, of_intercept) = sums.gradient.split_at_mut(self.n_columns);
        let mut last: (Row, f64) = ((&[], &[]), 0.0);
        for row in rows {
            let next = self.row(row);
            let logit = intercept + add_and_dot(gradient, last, weights, next);
            let label = self.labels[row];
            let (loss, probability) = logistic(logit, label == 1);
            let importance = class_weights[label as usize];
            let error = importance * (probability - f64::from(label));
            sums.loss += importance * loss;
            of_intercept[0] += error;
            last = (next, error);
        }
        add_and_dot(gradient, last, weights, (&[], &[]));
    }

    fn more_classes(&self, parameters: &[f64], class_weights: &[f64], rows: Range<usize>, sums: &mut Sums) {
        let stride = self.stride;
        let (weights, intercepts) = parameters.split_at(self.n_columns * stride);
        let (gradient, of_intercepts) = sums.gradient.split_at_mut(self.n_columns * stride);
        let mut errors = vec![0.0; stride];
        for row in rows {
            let (columns, values) = self.row(row);
            errors.copy_from_slice(intercepts);
            for (&column, &value) in columns.iter().zip(values) {
                let start = column as usize * stride;
                for (logit, weight) in errors.iter_mut().zip(&weights[start..start + stride]) {
                    *logit += weight * value;
                }
            }
            let label = self.labels[row] as usize;
            let importance = class_weights[label];
            sums.loss += importance * softmax(&mut errors, label);
            errors[label] -= 1.0;
            for (slope, error) in of_intercepts.iter_mut().zip(&mut errors) {
                *error *= importance;
                *slope += *error;
            }
            for (&column, &value) in columns.iter().zip(values) {
                let start = column as usize * stride;
                for (slope, error) in gradient[start..start + stride].iter_mut().zip(&errors) {
                    *slope += error * value;
                }
            }
        }
    }
}

/// Add `error` times one row to the gradient, and return the product of the next row with the weights.
///
/// Side by side, since the one waits for the processor and the other for memory. The product is four sums: one alone
/// would wait for each addition before the next.
fn add_and_dot(gradient: &mut [f64], (last, error): (Row, f64), weights: &[f64], next: Row) -> f64 {
    let (add_columns, add_values) = (last.0.as_chunks::<4>(), last.1.as_chunks::<4>());
    let (dot_columns, dot_values) = (next.0.as_chunks::<4>(), next.1.as_chunks::<4>());
    let mut sums = [0.0; 4];
    let both = add_columns.0.len().min(dot_columns.0.len());
    let adding = add_columns.0[..both].iter().zip(&add_values.0[..both]);
    for (add, dot) in adding.zip(dot_columns.0[..both].iter().zip(&dot_values.0[..both])) {
        for lane in 0..4 {
            gradient[add.0[lane] as usize] += error * add.1[lane];
            sums[lane] += weights[dot.0[lane] as usize] * dot.1[lane];
        }
    }
    let done = 4 * both;
    for (&column, value) in last.0[done..].iter().zip(&last.1[done..]) {
        gradient[column as usize] += error * value;
    }
    for (columns, values) in dot_columns.0[both..].iter().zip(&dot_values.0[both..]) {
        for lane in 0..4 {
            sums[lane] += weights[columns[lane] as usize] * values[lane];
        }
    }
    let rest = dot_columns.1.iter().zip(dot_values.1).map(|(&column, value)| weights[column as usize] * value);
    (sums[0] + sums[1]) + (sums[2] + sums[3]) + rest.sum::<f64>()
}

/// Minus the logarithm of the true class's probability, and the second class's probability.
fn logistic(logit: f64, second: bool) -> (f64, f64) {
    let power = (-logit.abs()).exp();
    let wrong = if second { -logit } else { logit };
    let larger = 1.0 / (1.0 + power);
    (wrong.max(0.0) + power.ln_1p(), if logit >= 0.0 { larger } else { power * larger })
}

/// Turn logits into probabilities, and return minus the logarithm of one of them.
fn softmax(logits: &mut [f64], label: usize) -> f64 {
    let largest = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let own = logits[label] - largest;
    let mut total = 0.0;
    for logit in logits.iter_mut() {
        *logit = (*logit - largest).exp();
        total += *logit;
    }
    for power in logits.iter_mut() {
        *power /= total;
    }
    total.ln() - own
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows with a few values each, as many as asked for, without a random number generator.
    fn problem(n_rows: usize, n_columns: usize, n_classes: usize) -> LogisticLoss {
        let mut state = 1_u64;
        let mut next = |limit: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as usize % limit
        };
        let (mut starts, mut columns, mut values, mut labels) = (vec![0], vec![], vec![], vec![]);
        for _ in 0..n_rows {
            for _ in 0..next(12) {
                columns.push(next(n_columns) as u32);
                values.push(next(1000) as f64 / 500.0 - 0.5);
            }
            starts.push(columns.len());
            labels.push(next(n_classes) as u32);
        }
        LogisticLoss::new(starts, columns, values, labels, n_columns, n_classes).unwrap()
    }

    fn point(n: usize) -> Vec<f64> {
        (0..n).map(|i| ((i * 37 % 101) as f64 - 50.0) / 40.0).collect()
    }

    #[test]
    fn the_gradient_is_the_slope_of_the_loss() {
        for n_classes in [2, 3, 5] {
            let loss = problem(60, 7, n_classes);
            let class_weights: Vec<f64> = (1..=n_classes).map(|k| k as f64 / 60.0).collect();
            let at = point(loss.n_parameters());
            let value = |at: &[f64]| loss.loss_gradient(at, &class_weights, 0.3, 60, 1).unwrap().0;
            let (_, gradient) = loss.loss_gradient(&at, &class_weights, 0.3, 60, 1).unwrap();
            for place in 0..at.len() {
                let (mut above, mut below) = (at.clone(), at.clone());
                above[place] += 1e-5;
                below[place] -= 1e-5;
                let slope = (value(&above) - value(&below)) / 2e-5;
                assert!((slope - gradient[place]).abs() < 1e-7, "{n_classes} {place}: {slope} {}", gradient[place]);
            }
        }
    }

    #[test]
    fn the_answer_does_not_depend_on_the_number_of_threads() {
        for n_classes in [2, 4] {
            let loss = problem(30_000, 500, n_classes);
            assert!(loss.values.len() > WORTH_A_THREAD);
            let class_weights = vec![1.0 / 30_000.0; n_classes];
            let at = point(loss.n_parameters());
            let alone = loss.loss_gradient(&at, &class_weights, 0.1, 30_000, 1).unwrap();
            for threads in [2, 3, 16] {
                assert!(alone == loss.loss_gradient(&at, &class_weights, 0.1, 30_000, threads).unwrap());
            }
        }
    }

    #[test]
    fn the_first_rows_alone_are_a_problem_of_their_own() {
        let whole = problem(50, 9, 2);
        let end = whole.starts[20];
        let (starts, labels) = (whole.starts[..=20].to_vec(), whole.labels[..20].to_vec());
        let (columns, values) = (whole.columns[..end].to_vec(), whole.values[..end].to_vec());
        let part = LogisticLoss::new(starts, columns, values, labels, 9, 2).unwrap();
        let at = point(10);
        assert!(
            whole.loss_gradient(&at, &[0.1, 0.2], 1.0, 20, 1).unwrap()
                == part.loss_gradient(&at, &[0.1, 0.2], 1.0, 20, 1).unwrap()
        );
    }

    #[test]
    fn a_hopeless_logit_gives_a_finite_loss_and_no_nan() {
        let loss = LogisticLoss::new(vec![0, 1, 2], vec![0, 0], vec![1.0, 1.0], vec![0, 1], 1, 2).unwrap();
        let (value, gradient) = loss.loss_gradient(&[1e5, 0.0], &[1.0, 1.0], 0.0, 2, 1).unwrap();
        assert_eq!((value, gradient), (1e5, vec![1.0, 1.0]));
        let (value, _) = loss.loss_gradient(&[-1e5, 0.0], &[1.0, 1.0], 0.0, 2, 1).unwrap();
        assert_eq!(value, 1e5);
    }

    #[test]
    fn rows_that_do_not_fit_together_are_refused() {
        let new = |starts: &[usize], columns: &[u32], labels: &[u32], n_classes| {
            let values = vec![1.0; 2];
            LogisticLoss::new(starts.to_vec(), columns.to_vec(), values, labels.to_vec(), 3, n_classes).err()
        };
        assert_eq!(new(&[0, 1, 2], &[0, 2], &[0, 1], 2), None);
        assert!(new(&[0, 1, 2], &[0, 2], &[0, 1], 1).unwrap().contains("two classes"));
        assert!(new(&[0, 2], &[0, 2], &[0, 1], 2).unwrap().contains("do not bound"));
        assert!(new(&[0, 1, 2], &[0], &[0, 1], 2).unwrap().contains("beside 2 values"));
        assert!(new(&[0, 2, 1], &[0, 2], &[0, 1], 2).unwrap().contains("ascend"));
        assert!(new(&[1, 1, 2], &[0, 2], &[0, 1], 2).unwrap().contains("ascend"));
        assert!(new(&[0, 1, 2], &[0, 3], &[0, 1], 2).unwrap().contains("column 3 of 3"));
        assert!(new(&[0, 1, 2], &[0, 2], &[0, 2], 2).unwrap().contains("label is 2"));
    }

    #[test]
    fn parameters_that_do_not_fit_are_refused() {
        let loss = problem(5, 3, 2);
        assert!(loss.loss_gradient(&[0.0; 3], &[1.0; 2], 0.0, 5, 1).unwrap_err().contains("instead of 4"));
        assert!(loss.loss_gradient(&[0.0; 4], &[1.0; 3], 0.0, 5, 1).unwrap_err().contains("3 class weights"));
        assert!(loss.loss_gradient(&[0.0; 4], &[1.0; 2], 0.0, 6, 1).unwrap_err().contains("not 6"));
    }
}
