//! What Python sees of it. Arrays cross as bytes, little endian.

mod arrays;
mod batch;
mod linear;
mod pattern;
mod scorer;
mod tokenizer;
mod vectorizer;

pub use linear::LogisticLoss;
pub use pattern::Pattern;
pub use scorer::Scorer;
pub use tokenizer::Tokenizer;
pub use vectorizer::{Vectorizer, choose_terms};
