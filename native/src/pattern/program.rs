//! Programs as they come from JSON.

use serde::Deserialize;

/// The version that `surtitle.text.programs` writes.
pub const VERSION: u32 = 1;

/// A regular expression as data.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Program {
    pub version: u32,
    /// Each set is `first, last, first, last, ...`: code points in order.
    pub sets: Vec<Vec<u32>>,
    pub root: Node,
}

/// A part of a regular expression.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Node {
    /// One character of the set of this number.
    Set(u32),
    Seq(Vec<Node>),
    /// The first that leads to a match; none at all never match.
    Alt(Vec<Node>),
    Repeat(Repeat),
    Look(Look),
    At(Anchor),
    Boundary(Boundary),
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Repeat {
    pub min: u32,
    pub max: Option<u32>,
    pub greedy: bool,
    pub body: Box<Node>,
}

/// An assertion about what follows (`back` is 0) or about the last `back` characters.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Look {
    pub negate: bool,
    pub back: u32,
    pub body: Box<Node>,
}

/// A place in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Anchor {
    Start,
    LineStart,
    /// The end of the text, or before a newline that ends it.
    End,
    LineEnd,
    TextEnd,
}

/// `\b` or `\B`, for the words that the set describes.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Boundary {
    pub word: u32,
    pub negate: bool,
    /// The answer for an empty text, which differs between versions of Python.
    pub on_empty: bool,
}
