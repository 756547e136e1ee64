//! What a run keeps: the stack of what else to try, the counters, the steps left.

use super::Pattern;
use super::dispatch::ListRef;

/// The pattern takes too long on this text; the answer is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfSteps;

/// Steps that a call may take, besides a few for each character.
const STEPS: u32 = 200_000;
const STEPS_PER_CHARACTER: u32 = 4;
/// A stack that has grown beyond this is given up after the call.
const KEPT_FRAMES: usize = 50_000;

/// Room that calls use again, one after the other, for any patterns.
#[derive(Debug, Default)]
pub struct Scratch {
    pub(super) stack: Vec<Frame>,
    pub(super) counters: Vec<Counter>,
    /// Where on the stack each look began.
    pub(super) looks: Vec<u32>,
    pub(super) steps_left: u32,
}

impl Scratch {
    pub(super) fn begin(&mut self, pattern: &Pattern, text: &[char]) -> Result<(), OutOfSteps> {
        let len = u32::try_from(text.len()).map_err(|_| OutOfSteps)?;
        self.steps_left = STEPS.saturating_add(len.saturating_mul(STEPS_PER_CHARACTER));
        if self.stack.capacity() > KEPT_FRAMES {
            self.stack = Vec::new();
        }
        if self.counters.len() < pattern.n_counters {
            self.counters.resize(pattern.n_counters, Counter::default());
        }
        if self.looks.len() < pattern.n_looks {
            self.looks.resize(pattern.n_looks, 0);
        }
        Ok(())
    }
}

/// How far a counted repeat is: rounds done (`u32::MAX`: none begun), and where the last round beyond `min` began.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counter {
    pub rounds: u32,
    pub last: u32,
}

pub const NOWHERE: u32 = u32::MAX;

/// What to do when everything after this point has failed.
#[derive(Clone, Copy, Debug)]
pub enum Frame {
    /// Try the next entries.
    Choice { list: ListRef, at: u32 },
    /// Let the run at `code` give characters back, down to `low`, from `high`.
    Shrink { code: u32, low: u32, high: u32 },
    /// Let the lazy run take more, up to `most` in all.
    Grow { code: u32, at: u32, most: u32 },
    /// Put a counter back as it was.
    Counter { counter: u32, before: Counter },
    /// One round fewer.
    Uncount { counter: u32 },
    /// No further round: go on after the repeat.
    Exit { code: u32, at: u32, last: u32 },
    /// The rest failed: one more round of a lazy repeat.
    Again { code: u32, at: u32 },
    /// A look's body failed.
    Look { code: u32, at: u32 },
}
