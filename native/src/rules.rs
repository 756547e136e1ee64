//! What a model's text path consists of, as it stands in the artefact.

use std::collections::HashMap;

use serde::Deserialize;

use crate::pattern::Program;

/// Everything that turns a text into tokens and word forms.
#[derive(Deserialize)]
pub struct Spec {
    pub rules: Rules,
    pub cleaning: Cleaning,
    pub characters: Characters,
}

/// spaCy's tokenizer as data.
#[derive(Deserialize)]
pub struct Rules {
    pub exceptions: HashMap<String, Vec<String>>,
    pub lemmas: HashMap<String, String>,
    #[serde(default)]
    pub lemmas_of_lower: bool,
    #[serde(default)]
    pub pronouns: Vec<String>,
    pub programs: Option<HashMap<String, Program>>,
}

/// Which cleaning steps are switched on.
#[derive(Deserialize, Clone, Copy)]
pub struct Cleaning {
    pub html: bool,
    pub urls: bool,
    pub users: bool,
    pub numbers: bool,
    pub repeats: bool,
    pub lowercase: bool,
}

/// The code points that cleaning need not look at twice, from the tables of the Python that runs.
#[derive(Deserialize)]
pub struct Characters {
    /// Code points that Unicode normalisation, invisibles, controls and look-alikes leave alone.
    pub points: Vec<u32>,
    /// What each becomes in lower case.
    pub lower: Vec<u32>,
    /// Which of them are decimal digits.
    pub digits: Vec<u32>,
}
