//! The cleaned chunks that many texts share, for those who score without this extension.

use hashbrown::HashMap;

use crate::choose::Limits;
use crate::clean::{CHUNK_LIMIT, chunks};
use crate::pattern::Scratch;
use crate::reader::Python;
use crate::tokenizer::Tokenizer;

/// Of a longer corpus, chunks met in one text so far are forgotten from time to time.
const MOST_COUNTED: usize = 2_000_000;

struct Count {
    texts: u32,
    last: usize,
}

/// Counts cleaned chunks, and remembers what raw ones become.
struct Counter<'a> {
    tokenizer: &'a Tokenizer,
    scratch: Scratch,
    cleaned: HashMap<Box<str>, u32>,
    numbers: HashMap<Box<str>, u32>,
    counts: Vec<Count>,
}

impl Counter<'_> {
    fn number<P: Python>(&mut self, raw: &str, python: &mut P) -> Result<u32, P::Error> {
        if let Some(&number) = self.cleaned.get(raw) {
            return Ok(number);
        }
        let mut parts = Vec::new();
        let cleaned = match self.tokenizer.cleaner.clean(raw, &mut self.scratch, &mut parts) {
            Ok(()) => parts.iter().map(|part| part.iter().collect()).collect::<Vec<String>>().join(" "),
            Err(_) => python.clean(raw)?,
        };
        let fresh = self.counts.len() as u32;
        let number = *self.numbers.entry(cleaned.into()).or_insert(fresh);
        if number == fresh {
            self.counts.push(Count { texts: 0, last: usize::MAX });
        }
        if raw.len() <= CHUNK_LIMIT {
            self.cleaned.insert(raw.into(), number);
        }
        Ok(number)
    }

    fn forget_rare(&mut self) {
        self.cleaned.clear();
        let counts = std::mem::take(&mut self.counts);
        let kept =
            std::mem::take(&mut self.numbers).into_iter().filter(|(_, number)| counts[*number as usize].texts > 1);
        for (chunk, number) in kept {
            self.numbers.insert(chunk, self.counts.len() as u32);
            let Count { texts, last } = counts[number as usize];
            self.counts.push(Count { texts, last });
        }
    }
}

/// Return the chunks that enough texts hold, in order, with their tokens; without those that their neighbours can change.
pub fn frequent_chunks<P: Python>(
    tokenizer: &Tokenizer,
    texts: &[Option<&str>],
    limits: Limits,
    python: &mut P,
) -> Result<Vec<(String, Vec<String>)>, P::Error> {
    let mut counter = Counter {
        tokenizer,
        scratch: Scratch::default(),
        cleaned: HashMap::new(),
        numbers: HashMap::new(),
        counts: Vec::new(),
    };
    for (index, text) in texts.iter().enumerate() {
        for raw in chunks(text.unwrap_or_default()) {
            let number = counter.number(raw, python)?;
            let count = &mut counter.counts[number as usize];
            if count.last != index {
                count.last = index;
                count.texts += 1;
            }
        }
        if counter.counts.len() > MOST_COUNTED {
            counter.forget_rare();
        }
    }
    let Counter { counts, numbers, mut scratch, .. } = counter;
    let mut kept: Vec<(Box<str>, u32)> = numbers
        .into_iter()
        .map(|(chunk, number)| (chunk, counts[number as usize].texts))
        .filter(|(chunk, texts)| {
            *texts >= limits.min_texts && !chunk.is_empty() && chunk.chars().count() <= CHUNK_LIMIT
        })
        .collect();
    kept.sort_unstable_by(|(one, count), (other, more)| more.cmp(count).then_with(|| one.cmp(other)));
    kept.truncate(limits.most);
    kept.sort_unstable();
    let spaced = tokenizer.has_spaced_exceptions();
    let tokens = kept.into_iter().filter_map(|(chunk, _)| {
        let segment = tokenizer.cleaned(&chunk, &mut scratch).ok()?;
        let edges = segment.edges;
        let touched = edges.applied || (spaced && (edges.open_after || edges.continues));
        (!touched).then(|| (chunk.into(), segment.tokens))
    });
    Ok(tokens.collect())
}
