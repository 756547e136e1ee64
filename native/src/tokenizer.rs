//! From a chunk, or a whole text, to its tokens.

use crate::affix::{Affixes, Span};
use crate::clean::{Cleaner, NotPlain, chunks};
use crate::pattern::{OutOfSteps, Scratch};
use crate::rules::Spec;
use crate::specials::{Piece, Specials};

/// Cleaning and both passes of spaCy's tokenizer, without any memory.
pub struct Tokenizer {
    pub cleaner: Cleaner,
    affixes: Affixes,
    specials: Specials,
}

/// The tokens of one segment, and how it may touch its neighbours.
pub struct Segment {
    pub tokens: Vec<String>,
    pub edges: Edges,
}

/// What of a segment matters to a match that spans segments.
#[derive(Clone, Copy, Default)]
pub struct Edges {
    pub empty: bool,
    /// An exception was applied in the second pass, so a match from outside could suppress it.
    pub applied: bool,
    /// A match may begin in the segment, at its end, and go on after it.
    pub open_after: bool,
    /// A match that began before may go on with the first token.
    pub continues: bool,
    /// It may even go on after the last one.
    pub passes: bool,
}

impl Tokenizer {
    /// Build from the artefact's data; an error says what cannot be done natively.
    pub fn new(spec: &Spec) -> Result<Self, String> {
        let programs = spec.rules.programs.as_ref().ok_or("the rules hold no programs")?;
        let affixes = Affixes::new(programs, &spec.rules.exceptions)?;
        let specials = Specials::new(&affixes, &mut Scratch::default())
            .map_err(|OutOfSteps| "an exception takes too many steps".to_string())?;
        let cleaner = Cleaner::new(spec.cleaning, &spec.characters, programs)?;
        Ok(Tokenizer { cleaner, affixes, specials })
    }

    /// Whether a match across segments can matter even where no segment holds one of its own.
    pub fn has_spaced_exceptions(&self) -> bool {
        self.specials.spaced
    }

    /// Clean a raw chunk, or a run of chunks that touch each other, and tokenise what it becomes.
    pub fn raw(&self, raw: &str, scratch: &mut Scratch) -> Result<Segment, NotPlain> {
        let mut cleaned = Vec::new();
        for chunk in chunks(raw) {
            self.cleaner.clean(chunk, scratch, &mut cleaned)?;
        }
        Ok(self.segment(&cleaned, scratch)?)
    }

    /// Tokenise cleaned text: of a raw chunk, of a run of them, or of a whole text, which is then exact by itself.
    pub fn cleaned(&self, text: &str, scratch: &mut Scratch) -> Result<Segment, OutOfSteps> {
        let chunks: Vec<Vec<char>> =
            text.split(' ').filter(|chunk| !chunk.is_empty()).map(|chunk| chunk.chars().collect()).collect();
        self.segment(&chunks, scratch)
    }

    fn segment(&self, chunks: &[Vec<char>], scratch: &mut Scratch) -> Result<Segment, OutOfSteps> {
        let mut pieces = Vec::new();
        let mut spans: Vec<Span> = Vec::new();
        for chunk in chunks {
            spans.clear();
            self.affixes.split(chunk, true, scratch, &mut spans)?;
            let last = spans.len().saturating_sub(1);
            pieces.extend(
                spans
                    .iter()
                    .enumerate()
                    .map(|(index, &(start, end))| Piece { text: &chunk[start..end], space_after: index == last }),
            );
        }
        let (tokens, applied) = self.specials.apply(&self.affixes, &pieces);
        let edges = Edges {
            empty: pieces.is_empty(),
            applied,
            open_after: self.specials.is_open_after(&pieces),
            continues: pieces.first().is_some_and(|piece| self.specials.can_continue(piece)),
            passes: pieces.iter().all(|piece| self.specials.can_continue(piece)),
        };
        Ok(Segment { tokens, edges })
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// A small language: `(`, `)`, `:` and `!` are affixes, `-` cuts words, and there are a few exceptions.
    pub fn spec() -> Spec {
        let ascii: Vec<u32> = (33..127).collect();
        let lower: Vec<u32> = ascii.iter().map(|&c| u32::from((c as u8).to_ascii_lowercase())).collect();
        let sets = "\"sets\": [[33, 33, 40, 41, 58, 58], [45, 45]]";
        let spec = format!(
            r#"{{
            "rules": {{
                "exceptions": {{":(": [":("], ":((": [":(("], "can't": ["ca", "n't"], "p.m.": ["p.m."]}},
                "lemmas": {{"n't": "not"}},
                "programs": {{
                    "prefix": {{"version": 1, {sets}, "root": {{"seq": [{{"at": "start"}}, {{"set": 0}}]}}}},
                    "suffix": {{"version": 1, {sets}, "root": {{"seq": [{{"set": 0}}, {{"at": "end"}}]}}}},
                    "infix": {{"version": 1, {sets}, "root": {{"set": 1}}}},
                    "urls": {{"version": 1, "sets": [], "root": {{"alt": []}}}},
                    "users": {{"version": 1, "sets": [], "root": {{"alt": []}}}}
                }}
            }},
            "cleaning": {{"html": true, "urls": true, "users": true, "numbers": false, "repeats": true, "lowercase": true}},
            "characters": {{"points": {ascii:?}, "lower": {lower:?}, "digits": []}}
        }}"#
        );
        serde_json::from_str(&spec).unwrap()
    }

    fn tokens(cleaned: &str) -> Vec<String> {
        Tokenizer::new(&spec()).unwrap().cleaned(cleaned, &mut Scratch::default()).unwrap().tokens
    }

    #[test]
    fn affixes_infixes_and_exceptions_cut_a_chunk() {
        assert_eq!(tokens("(can't!) well-known"), ["(", "ca", "n't", "!", ")", "well", "-", "known"]);
        assert_eq!(tokens("p.m.) -a-"), ["p.m.", ")", "-a", "-"]);
    }

    #[test]
    fn an_exception_inside_a_chunk_is_found_in_the_second_pass() {
        assert_eq!(tokens("foo:("), ["foo", ":("]);
    }

    #[test]
    fn a_longer_match_across_chunks_suppresses_the_one_inside() {
        assert_eq!(tokens("foo:( ("), ["foo", ":", "(", "("]);
    }

    #[test]
    fn a_segment_knows_how_it_may_touch_its_neighbours() {
        let tokenizer = Tokenizer::new(&spec()).unwrap();
        let edges = |raw: &str| tokenizer.raw(raw, &mut Scratch::default()).unwrap().edges;
        assert!(edges("foo:(").applied && edges("foo:(").open_after && !edges("foo:(").continues);
        assert!(!edges("(").applied && edges("(").continues);
        assert!(!edges("foo").open_after);
    }

    #[test]
    fn cleaning_shortens_runs_lowers_case_and_cuts_long_chunks() {
        let segment = |raw: &str| Tokenizer::new(&spec()).unwrap().raw(raw, &mut Scratch::default());
        assert_eq!(segment("AAAAAAb").unwrap().tokens, ["aaab"]);
        let long = "ab".repeat(80);
        assert_eq!(segment(&long).unwrap().tokens, [&long[..100], &long[100..]]);
        assert_eq!(segment("a&amp;b").err(), Some(NotPlain::Foreign));
        assert_eq!(segment("é").err(), Some(NotPlain::Foreign));
    }

    #[test]
    fn an_exception_whose_tokens_do_not_add_up_is_refused() {
        let mut spec = spec();
        spec.rules.exceptions.insert("abc".into(), vec!["a".into(), "b".into()]);
        assert!(Tokenizer::new(&spec).err().unwrap().contains("abc"));
    }
}
