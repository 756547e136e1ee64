//! Reads texts chunk by chunk: remembered chunks from the memo, the others through the tokenizer, and the few texts in
//! which chunks may touch each other as a whole.

use std::sync::{RwLock, RwLockReadGuard};

use std::sync::atomic::{AtomicU64, Ordering};

use hashbrown::HashMap;

use crate::clean::{CHUNK_LIMIT, NotPlain};
use crate::encode::Encoder;
use crate::memo::Memo;
use crate::pattern::Scratch;
use crate::tokenizer::{Edges, Segment, Tokenizer};

/// What only Python can do, and only while it holds its lock.
pub trait Python {
    /// Why it failed.
    type Error;

    /// Clean a raw chunk or a whole text.
    fn clean(&mut self, raw: &str) -> Result<String, Self::Error>;

    /// Clean the text at `index` of the batch, which is not valid Unicode or which is to be read as a whole.
    fn clean_text(&mut self, index: usize) -> Result<String, Self::Error>;

    /// The tokens of a cleaned text, from spaCy itself.
    fn tokens(&mut self, cleaned: &str) -> Result<Vec<String>, Self::Error>;
}

/// Takes the codes of each text in turn.
pub trait Consumer<C>: Send {
    /// A text's next segment.
    fn segment(&mut self, code: &C);

    /// The text at `index` of the batch is complete.
    fn end(&mut self, index: usize);
}

/// How the chunks read so far were come by.
#[derive(Default)]
pub struct Counters {
    pub hits: AtomicU64,
    pub misses: AtomicU64,
    pub whole: AtomicU64,
}

/// One encoded segment.
struct Entry<C> {
    code: C,
    edges: Edges,
}

/// A tokenizer with a memory.
pub struct Reader<E: Encoder> {
    pub encoder: E,
    pub counters: Counters,
    pub tokenizer: Tokenizer,
    memo: RwLock<Memo<Entry<E::Code>>>,
}

/// What one thread has met that the memo did not know.
struct Fresh<C> {
    places: HashMap<Box<str>, u32>,
    entries: Vec<Entry<C>>,
    foreign: HashMap<Box<str>, ()>,
    later: Vec<(usize, Later)>,
    hits: u64,
    misses: u64,
    scratch: Scratch,
}

/// Why a text waits for Python.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Later {
    /// It holds chunks that Python must clean.
    Foreign,
    /// It has to be read as a whole.
    Whole,
}

enum Found<'m, C> {
    Memo(&'m Entry<C>),
    Fresh(u32),
}

impl<C> Fresh<C> {
    fn new() -> Self {
        Fresh {
            places: HashMap::new(),
            entries: Vec::new(),
            foreign: HashMap::new(),
            later: Vec::new(),
            hits: 0,
            misses: 0,
            scratch: Scratch::default(),
        }
    }

    fn entry<'a>(&'a self, found: &Found<'a, C>) -> &'a Entry<C> {
        match found {
            Found::Memo(entry) => entry,
            Found::Fresh(at) => &self.entries[*at as usize],
        }
    }

    fn keep(&mut self, raw: &str, entry: Entry<C>) -> u32 {
        let at = self.entries.len() as u32;
        self.entries.push(entry);
        self.places.insert(raw.into(), at);
        at
    }
}

impl<E: Encoder> Reader<E> {
    /// A reader whose memo may take `memo_bytes`.
    pub fn new(tokenizer: Tokenizer, encoder: E, memo_bytes: usize) -> Self {
        let memo = RwLock::new(Memo::new(memo_bytes));
        Reader { encoder, counters: Counters::default(), tokenizer, memo }
    }

    /// How many chunks are remembered, and how many bytes they take.
    pub fn remembered(&self) -> (usize, usize) {
        let memo = self.read_memo();
        (memo.n_chunks(), memo.bytes())
    }

    /// Tokens of a cleaned text.
    pub fn tokens(&self, cleaned: &str) -> Option<Vec<String>> {
        self.tokenizer.cleaned(cleaned, &mut Scratch::default()).ok().map(|segment| segment.tokens)
    }

    /// Read a batch with one thread for each consumer; `None` stands for a text that is not valid Unicode.
    ///
    /// `unlocked` runs a closure while Python is free to go on. Each consumer gets a run of neighbouring texts, except
    /// that texts which need Python come last, to the first consumer.
    pub fn read<P: Python, K: Consumer<E::Code>>(
        &self,
        texts: &[Option<&str>],
        consumers: &mut [K],
        python: &mut P,
        unlocked: impl Fn(&mut (dyn FnMut() + Send), &mut P),
    ) -> Result<(), P::Error> {
        let share = texts.len().div_ceil(consumers.len().max(1)).max(1);
        let mut parts: Vec<Fresh<E::Code>> = Vec::new();
        unlocked(
            &mut || {
                parts = std::thread::scope(|scope| {
                    let mut threads = Vec::new();
                    let mut runs = texts.chunks(share).zip(consumers.iter_mut()).enumerate();
                    let first = runs.next();
                    for (part, (run, consumer)) in runs {
                        threads.push(scope.spawn(move || self.read_run(run, part * share, consumer)));
                    }
                    let mut parts: Vec<_> =
                        first.map(|(_, (run, consumer))| self.read_run(run, 0, consumer)).into_iter().collect();
                    for thread in threads {
                        match thread.join() {
                            Ok(part) => parts.push(part),
                            Err(panic) => std::panic::resume_unwind(panic),
                        }
                    }
                    parts
                });
            },
            python,
        );
        let mut later = Vec::new();
        for part in &mut parts {
            later.append(&mut part.later);
        }
        if !later.is_empty()
            && let Some(consumer) = consumers.first_mut()
        {
            let part = self.read_later(texts, later, &mut parts, consumer, python)?;
            parts.push(part);
        }
        self.remember(parts);
        Ok(())
    }

    /// Read neighbouring texts without Python; those that need it are put off.
    fn read_run<K: Consumer<E::Code>>(
        &self,
        texts: &[Option<&str>],
        offset: usize,
        consumer: &mut K,
    ) -> Fresh<E::Code> {
        let memo = self.read_memo();
        let mut fresh = Fresh::new();
        let mut found = Vec::new();
        for (place, text) in texts.iter().enumerate() {
            let index = offset + place;
            let later = match text {
                Some(text) => self.look_up(text, &memo, &mut fresh, &mut found),
                None => Some(Later::Whole),
            };
            match later {
                Some(later) => fresh.later.push((index, later)),
                None => {
                    found.iter().for_each(|each| consumer.segment(&fresh.entry(each).code));
                    consumer.end(index);
                }
            }
        }
        fresh
    }

    /// Find the entry of every chunk of a text, or say why the text has to wait.
    fn look_up<'m>(
        &self,
        text: &str,
        memo: &'m Memo<Entry<E::Code>>,
        fresh: &mut Fresh<E::Code>,
        found: &mut Vec<Found<'m, E::Code>>,
    ) -> Option<Later> {
        found.clear();
        let mut later = None;
        let mut applied = false;
        let mut touching = false;
        let mut open = false;
        for raw in chunks(text) {
            let each = match memo.get(raw) {
                Some(entry) => {
                    fresh.hits += 1;
                    Found::Memo(entry)
                }
                None => match fresh.places.get(raw) {
                    Some(&at) => Found::Fresh(at),
                    None => match self.meet(raw, fresh) {
                        Ok(at) => Found::Fresh(at),
                        Err(NotPlain::OutOfSteps) => return Some(Later::Whole),
                        Err(NotPlain::Foreign) => {
                            later = Some(Later::Foreign);
                            continue;
                        }
                    },
                },
            };
            let edges = fresh.entry(&each).edges;
            found.push(each);
            if !edges.empty {
                applied |= edges.applied;
                touching |= open && edges.continues;
                open = edges.open_after;
            }
        }
        if later.is_none() && touching && (applied || self.tokenizer.has_spaced_exceptions()) {
            return Some(Later::Whole);
        }
        later
    }

    /// Read a chunk that is not remembered.
    fn meet(&self, raw: &str, fresh: &mut Fresh<E::Code>) -> Result<u32, NotPlain> {
        if fresh.foreign.contains_key(raw) {
            return Err(NotPlain::Foreign);
        }
        fresh.misses += 1;
        match self.tokenizer.raw_chunk(raw, &mut fresh.scratch) {
            Ok(segment) => Ok(fresh.keep(raw, self.encode(segment))),
            Err(why) => {
                if why == NotPlain::Foreign {
                    fresh.foreign.insert(raw.into(), ());
                }
                Err(why)
            }
        }
    }

    fn encode(&self, segment: Segment) -> Entry<E::Code> {
        Entry { code: self.encoder.encode(&segment.tokens), edges: segment.edges }
    }

    /// Read the texts that were put off, with Python's help.
    fn read_later<P: Python, K: Consumer<E::Code>>(
        &self,
        texts: &[Option<&str>],
        later: Vec<(usize, Later)>,
        parts: &mut [Fresh<E::Code>],
        consumer: &mut K,
        python: &mut P,
    ) -> Result<Fresh<E::Code>, P::Error> {
        let mut fresh = Fresh::new();
        for part in parts {
            for (raw, ()) in part.foreign.drain() {
                if !fresh.places.contains_key(&raw) {
                    let cleaned = python.clean(&raw)?;
                    // Where a pattern takes too long, `look_up` meets the chunk again and has the text read whole.
                    if let Ok(segment) = self.tokenizer.cleaned(&cleaned, &mut fresh.scratch) {
                        let entry = self.encode(segment);
                        fresh.keep(&raw, entry);
                    }
                }
            }
        }
        let memo = self.read_memo();
        let mut found = Vec::new();
        for (index, why) in later {
            let text = texts[index].filter(|_| why == Later::Foreign);
            if let Some(text) = text
                && self.look_up(text, &memo, &mut fresh, &mut found).is_none()
            {
                found.iter().for_each(|each| consumer.segment(&fresh.entry(each).code));
            } else {
                self.counters.whole.fetch_add(1, Ordering::Relaxed);
                let cleaned = python.clean_text(index)?;
                let tokens = match self.tokenizer.cleaned(&cleaned, &mut fresh.scratch) {
                    Ok(segment) => segment.tokens,
                    Err(_) => python.tokens(&cleaned)?,
                };
                consumer.segment(&self.encoder.encode(&tokens));
            }
            consumer.end(index);
        }
        Ok(fresh)
    }

    fn remember(&self, parts: Vec<Fresh<E::Code>>) {
        let mut memo = None;
        for part in parts {
            self.counters.hits.fetch_add(part.hits, Ordering::Relaxed);
            self.counters.misses.fetch_add(part.misses, Ordering::Relaxed);
            let mut entries: Vec<Option<Entry<E::Code>>> = part.entries.into_iter().map(Some).collect();
            for (raw, at) in part.places {
                // A long chunk is hardly ever seen again.
                if raw.len() > CHUNK_LIMIT {
                    continue;
                }
                if let Some(entry) = entries[at as usize].take() {
                    let size = E::size(&entry.code);
                    memo.get_or_insert_with(|| self.memo.write().unwrap_or_else(|poisoned| poisoned.into_inner()))
                        .insert(&raw, entry, size);
                }
            }
        }
    }

    fn read_memo(&self) -> RwLockReadGuard<'_, Memo<Entry<E::Code>>> {
        // A panic while writing leaves the memo whole: an entry is in or out.
        self.memo.read().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

/// The runs of a text without white space, as Python's `str.split()` finds them.
pub fn chunks(text: &str) -> impl Iterator<Item = &str> {
    text.split(is_space).filter(|chunk| !chunk.is_empty())
}

/// Python's `str.isspace`; Rust's own leaves out U+001C to U+001F.
fn is_space(character: char) -> bool {
    matches!(character,
        '\t'..='\r' | '\u{1c}'..=' ' | '\u{85}' | '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}'
        | '\u{2028}' | '\u{2029}' | '\u{202f}' | '\u{205f}' | '\u{3000}')
}
