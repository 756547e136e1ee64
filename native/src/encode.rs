//! What is remembered of a chunk: numbers instead of strings.

use std::sync::Mutex;

use hashbrown::{HashMap, HashSet};

use crate::rules::Rules;

/// Turns the tokens of a segment into what is remembered of it.
pub trait Encoder: Sync {
    /// What is remembered.
    type Code: Send + Sync;

    /// Encode the tokens of a segment or of a whole text.
    fn encode(&self, tokens: &[String]) -> Self::Code;

    /// About how many bytes a code takes.
    fn size(code: &Self::Code) -> usize;
}

/// Word forms: the lemma of a token, or what pronouns become.
pub struct Forms {
    lemmas: HashMap<Box<str>, Box<str>>,
    of_lower: bool,
    pronouns: HashSet<Box<str>>,
}

/// The one term that all pronouns become, as in `surtitle.text.pronouns`.
const PRONOUN: &str = "-pron-";

impl Forms {
    /// Take over the rules' table.
    pub fn new(rules: &Rules) -> Self {
        let own = |text: &String| text.as_str().into();
        Forms {
            lemmas: rules.lemmas.iter().map(|(token, lemma)| (own(token), own(lemma))).collect(),
            of_lower: rules.lemmas_of_lower,
            pronouns: rules.pronouns.iter().map(own).collect(),
        }
    }

    /// Call `then` with the form of a token.
    pub fn with_form<T>(&self, token: &str, then: impl FnOnce(&str) -> T) -> T {
        if !self.pronouns.is_empty() && self.pronouns.contains(token.to_lowercase().as_str()) {
            return then(PRONOUN);
        }
        if self.of_lower {
            let lower = token.to_lowercase();
            return then(self.lemmas.get(lower.as_str()).map_or(&lower, |lemma| lemma));
        }
        then(self.lemmas.get(token).map_or(token, |lemma| lemma))
    }
}

/// Numbers every distinct token, for training.
#[derive(Default)]
pub struct TypeEncoder {
    numbers: Mutex<HashMap<Box<str>, u32>>,
}

impl TypeEncoder {
    /// The tokens in the order of their numbers.
    pub fn types(&self) -> Vec<Box<str>> {
        let numbers = self.numbers.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let mut types = vec![Box::from(""); numbers.len()];
        for (token, &number) in numbers.iter() {
            types[number as usize] = token.clone();
        }
        types
    }
}

impl Encoder for TypeEncoder {
    type Code = Box<[u32]>;

    fn encode(&self, tokens: &[String]) -> Self::Code {
        let mut numbers = self.numbers.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let number = |token: &String| {
            if let Some(number) = numbers.get(token.as_str()) {
                return *number;
            }
            let fresh = numbers.len() as u32;
            numbers.insert(token.as_str().into(), fresh);
            fresh
        };
        tokens.iter().map(number).collect()
    }

    fn size(code: &Self::Code) -> usize {
        size_of_val(&**code)
    }
}
