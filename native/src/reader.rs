//! Reads texts chunk by chunk: remembered chunks from the memo, the others through the tokenizer, and the few chunks that
//! may touch each other together.

use std::sync::{RwLock, RwLockReadGuard};

use std::sync::atomic::{AtomicU64, Ordering};

use hashbrown::HashMap;

use crate::clean::{CHUNK_LIMIT, NotPlain, chunks};
use crate::encode::Encoder;
use crate::memo::Memo;
use crate::pattern::Scratch;
use crate::tokenizer::{Edges, Segment, Tokenizer};
use crate::touching::Runs;

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

/// The chunks of one text; reused from text to text.
struct Path<'t, 'm, C> {
    raws: Vec<&'t str>,
    found: Vec<Found<'m, C>>,
    runs: Runs,
}

impl<C> Path<'_, '_, C> {
    fn new() -> Self {
        Path { raws: Vec::new(), found: Vec::new(), runs: Runs::default() }
    }
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
        let mut path = Path::new();
        for (place, text) in texts.iter().enumerate() {
            let index = offset + place;
            let later = match text {
                Some(text) => self.look_up(text, &memo, &mut fresh, &mut path),
                None => Some(Later::Whole),
            };
            match later {
                Some(later) => fresh.later.push((index, later)),
                None => {
                    path.found.iter().for_each(|each| consumer.segment(&fresh.entry(each).code));
                    consumer.end(index);
                }
            }
        }
        fresh
    }

    /// Find the entry of every chunk of a text, or say why the text has to wait.
    fn look_up<'t, 'm>(
        &self,
        text: &'t str,
        memo: &'m Memo<Entry<E::Code>>,
        fresh: &mut Fresh<E::Code>,
        path: &mut Path<'t, 'm, E::Code>,
    ) -> Option<Later> {
        path.raws.clear();
        path.found.clear();
        path.runs.clear();
        let mut later = None;
        for raw in chunks(text) {
            match self.find(raw, memo, fresh) {
                Ok(each) => {
                    path.runs.take(path.found.len(), fresh.entry(&each).edges);
                    path.raws.push(raw);
                    path.found.push(each);
                }
                Err(Later::Whole) => return Some(Later::Whole),
                Err(Later::Foreign) => later = Some(Later::Foreign),
            }
        }
        later.or_else(|| self.join(text, memo, fresh, path))
    }

    /// Put one entry in the place of each run of chunks that must be read together.
    fn join<'t, 'm>(
        &self,
        text: &'t str,
        memo: &'m Memo<Entry<E::Code>>,
        fresh: &mut Fresh<E::Code>,
        path: &mut Path<'t, 'm, E::Code>,
    ) -> Option<Later> {
        let at = |raw: &str| raw.as_ptr().addr() - text.as_ptr().addr();
        let mut later = None;
        for run in path.runs.found().iter().rev().filter(|run| run.applied || self.tokenizer.has_spaced_exceptions()) {
            let (first, last) = (path.raws[run.first], path.raws[run.last]);
            match self.find(&text[at(first)..at(last) + last.len()], memo, fresh) {
                Ok(each) => drop(path.found.splice(run.first..=run.last, [each])),
                Err(Later::Whole) => return Some(Later::Whole),
                Err(Later::Foreign) => later = Some(Later::Foreign),
            }
        }
        later
    }

    /// Find the entry of a chunk or of a run of chunks.
    fn find<'m>(
        &self,
        raw: &str,
        memo: &'m Memo<Entry<E::Code>>,
        fresh: &mut Fresh<E::Code>,
    ) -> Result<Found<'m, E::Code>, Later> {
        if let Some(entry) = memo.get(raw) {
            fresh.hits += 1;
            return Ok(Found::Memo(entry));
        }
        match fresh.places.get(raw) {
            Some(&at) => Ok(Found::Fresh(at)),
            None => self.meet(raw, fresh).map(Found::Fresh),
        }
    }

    /// Read what is not remembered.
    fn meet(&self, raw: &str, fresh: &mut Fresh<E::Code>) -> Result<u32, Later> {
        if fresh.foreign.contains_key(raw) {
            return Err(Later::Foreign);
        }
        fresh.misses += 1;
        match self.tokenizer.raw(raw, &mut fresh.scratch) {
            Ok(segment) => Ok(fresh.keep(raw, self.encode(segment))),
            Err(NotPlain::OutOfSteps) => Err(Later::Whole),
            Err(NotPlain::Foreign) => {
                fresh.foreign.insert(raw.into(), ());
                Err(Later::Foreign)
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
        for (index, why) in later {
            let text = texts[index].filter(|_| why == Later::Foreign);
            if !text.is_some_and(|text| self.read_remembered(text, &mut fresh, consumer)) {
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

    /// Read a text whose chunks are all known by now; say whether they are.
    ///
    /// The memo is locked in here alone, and no longer: one who holds it must never wait for Python, since a thread
    /// that holds Python may be waiting for the memo.
    fn read_remembered<K: Consumer<E::Code>>(&self, text: &str, fresh: &mut Fresh<E::Code>, consumer: &mut K) -> bool {
        let memo = self.read_memo();
        let mut path = Path::new();
        let known = self.look_up(text, &memo, fresh, &mut path).is_none();
        if known {
            path.found.iter().for_each(|each| consumer.segment(&fresh.entry(each).code));
        }
        known
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
