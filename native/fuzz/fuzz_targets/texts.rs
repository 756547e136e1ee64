//! Hostile texts through cleaning, both passes of the tokenizer, and the memo; a batch read at once must give what its
//! texts give alone, and what each gives when it is tokenised as a whole.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use surtitle_native::clean::Cleaner;
use surtitle_native::clean::chunks;
use surtitle_native::encode::{Encoder, TypeEncoder};
use surtitle_native::pattern::Scratch;
use surtitle_native::reader::{Consumer, Python, Reader};
use surtitle_native::rules::Spec;
use surtitle_native::tokenizer::Tokenizer;

/// Written by `make_spec.py`.
const SPEC: &str = include_str!("../spec.json");

/// With a memo so small that it always evicts.
static READER: LazyLock<Reader<TypeEncoder>> =
    LazyLock::new(|| Reader::new(Tokenizer::new(&spec()).expect("the rules compile"), TypeEncoder::default(), 20_000));
static CLEANER: LazyLock<Cleaner> = LazyLock::new(|| {
    let Spec { rules, cleaning, characters } = spec();
    Cleaner::new(cleaning, &characters, &rules.programs.expect("programs")).expect("the patterns compile")
});

fn spec() -> Spec {
    serde_json::from_str(SPEC).expect("make_spec.py writes a spec")
}

/// Stands in for Python: what it would clean away is of no matter here, only that both ways get the same.
struct Stand<'a>(&'a [&'a str]);

impl Python for Stand<'_> {
    type Error = ();

    fn clean(&mut self, raw: &str) -> Result<String, ()> {
        let mut cleaned: Vec<String> = Vec::new();
        for chunk in chunks(raw) {
            let mut parts = Vec::new();
            match CLEANER.clean(chunk, &mut Scratch::default(), &mut parts) {
                Ok(()) => cleaned.extend(parts.iter().map(|part| part.iter().collect())),
                Err(_) => cleaned.push(chunk.chars().filter(|c| !c.is_control()).collect::<String>().to_lowercase()),
            }
        }
        cleaned.retain(|chunk| !chunk.is_empty());
        Ok(cleaned.join(" "))
    }

    fn clean_text(&mut self, index: usize) -> Result<String, ()> {
        self.clean(self.0[index])
    }

    fn tokens(&mut self, cleaned: &str) -> Result<Vec<String>, ()> {
        Ok(vec![cleaned.replace(' ', "")])
    }
}

#[derive(Default)]
struct Ids(Vec<Vec<u32>>, Vec<u32>);

impl Consumer<<TypeEncoder as Encoder>::Code> for Ids {
    fn segment(&mut self, code: &Box<[u32]>) {
        self.1.extend_from_slice(code);
    }

    fn end(&mut self, index: usize) {
        self.0.resize(self.0.len().max(index + 1), Vec::new());
        self.0[index] = std::mem::take(&mut self.1);
    }
}

fn read(texts: &[&str]) -> Vec<Vec<u32>> {
    let given: Vec<Option<&str>> = texts.iter().map(|&text| Some(text)).collect();
    let mut consumers = [Ids::default()];
    READER.read(&given, &mut consumers, &mut Stand(texts), |work, _| work()).expect("the stand-in never fails");
    let [Ids(found, _)] = consumers;
    found
}

fuzz_target!(|data: &str| {
    let texts: Vec<&str> = data.split('\n').collect();
    let together = read(&texts);
    assert_eq!(together.len(), texts.len());
    for (text, found) in texts.iter().zip(&together) {
        assert_eq!(&read(&[text])[0], found);
        let cleaned = Stand(&[text]).clean_text(0).expect("the stand-in never fails");
        if let Ok(segment) = READER.tokenizer.cleaned(&cleaned, &mut Scratch::default()) {
            assert_eq!(&*READER.encoder.encode(&segment.tokens), found);
        }
    }
});
