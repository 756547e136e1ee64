//! The engine: a backtracking matcher after Python's `_sre`, with its stack kept by hand.

use super::Pattern;
use super::build::{Inst, Run, Until};
use super::dispatch::ListRef;
use super::program::{Anchor, Boundary};
use super::scratch::{Counter, Frame, NOWHERE, OutOfSteps, Scratch};

/// Where the match that begins at `start` ends. With `advance` it must not be empty.
pub fn run(
    pattern: &Pattern,
    text: &[char],
    start: usize,
    advance: bool,
    scratch: &mut Scratch,
) -> Result<Option<usize>, OutOfSteps> {
    scratch.stack.clear();
    let mut machine = Machine { pattern, text, code: 0, at: start, scratch };
    loop {
        machine.spend(1)?;
        let goes_on = match &pattern.code[machine.code] {
            Inst::Match if advance && machine.at == start => false,
            Inst::Match => return Ok(Some(machine.at)),
            inst => machine.step(inst)?,
        };
        if !goes_on && !machine.backtrack()? {
            return Ok(None);
        }
    }
}

pub struct Machine<'a> {
    pub(super) pattern: &'a Pattern,
    pub(super) text: &'a [char],
    pub(super) code: usize,
    pub(super) at: usize,
    pub(super) scratch: &'a mut Scratch,
}

impl Machine<'_> {
    #[inline]
    pub(super) fn spend(&mut self, steps: u32) -> Result<(), OutOfSteps> {
        self.scratch.steps_left = self.scratch.steps_left.checked_sub(steps).ok_or(OutOfSteps)?;
        Ok(())
    }

    /// Does one instruction; false if it fails.
    #[inline]
    fn step(&mut self, inst: &Inst) -> Result<bool, OutOfSteps> {
        let passes = match *inst {
            Inst::Char(c) => {
                let passes = self.text.get(self.at) == Some(&c);
                self.at += 1;
                passes
            }
            Inst::Set(set) => {
                let passes = self.text.get(self.at).is_some_and(|&c| self.pattern.sets[set as usize].contains(c));
                self.at += 1;
                passes
            }
            Inst::Peek { set, offset, negate } => self.peek(set, offset) != negate,
            Inst::At(anchor) => self.is_at(anchor),
            Inst::Boundary(boundary) => self.is_boundary(boundary),
            Inst::Run(run) => {
                return if run.greedy { self.run_greedy(run) } else { self.run_lazy(run) };
            }
            Inst::Dispatch(table) => {
                let list = self.pattern.tables[table as usize].lookup(self.text.get(self.at));
                return Ok(self.choose(list));
            }
            Inst::Jump(code) => {
                self.code = code as usize;
                return Ok(true);
            }
            Inst::Count { counter, until } => {
                let before = self.scratch.counters[counter as usize];
                self.push(Frame::Counter { counter, before });
                self.scratch.counters[counter as usize] = Counter { rounds: u32::MAX, last: NOWHERE };
                self.code = until as usize;
                return Ok(true);
            }
            Inst::Until(until) => return Ok(self.until(until)),
            Inst::LookStart { look, back, negate, end } => {
                let Some(from) = self.at.checked_sub(back as usize) else {
                    self.code = end as usize;
                    return Ok(negate);
                };
                self.scratch.looks[look as usize] = self.scratch.stack.len() as u32;
                self.push(Frame::Look { code: self.code as u32, at: self.at as u32 });
                self.at = from;
                true
            }
            Inst::LookEnd { look } => return Ok(self.end_look(look)),
            Inst::Match => true,
        };
        self.code += 1;
        Ok(passes)
    }

    /// Takes the first entry of a list, and leaves the others for later.
    #[inline]
    pub(super) fn choose(&mut self, list: ListRef) -> bool {
        let Some((&first, rest)) = self.pattern.list(list).split_first() else {
            return false;
        };
        if !rest.is_empty() {
            self.push(Frame::Choice { list: ListRef { start: list.start + 1, ..list }, at: self.at as u32 });
        }
        self.code = first as usize;
        true
    }

    #[inline]
    pub(super) fn push(&mut self, frame: Frame) {
        self.scratch.stack.push(frame);
    }

    #[inline]
    fn peek(&self, set: u32, offset: i32) -> bool {
        let next = self.at.checked_add_signed(offset as isize).and_then(|at| self.text.get(at));
        next.is_some_and(|&c| self.pattern.sets[set as usize].contains(c))
    }

    fn is_at(&self, anchor: Anchor) -> bool {
        let left = self.text.len() - self.at;
        let newline_at = |at: usize| self.text.get(at) == Some(&'\n');
        match anchor {
            Anchor::Start => self.at == 0,
            Anchor::LineStart => self.at == 0 || newline_at(self.at - 1),
            Anchor::End => left == 0 || left == 1 && newline_at(self.at),
            Anchor::LineEnd => left == 0 || newline_at(self.at),
            Anchor::TextEnd => left == 0,
        }
    }

    fn is_boundary(&self, boundary: Boundary) -> bool {
        if self.text.is_empty() {
            return boundary.on_empty;
        }
        (self.peek(boundary.word, -1) != self.peek(boundary.word, 0)) != boundary.negate
    }

    fn can_follow(&self, run: Run, at: usize) -> bool {
        self.text.get(at).map_or(run.follow_at_end, |&c| self.pattern.sets[run.follow as usize].contains(c))
    }

    #[inline]
    fn run_greedy(&mut self, run: Run) -> Result<bool, OutOfSteps> {
        let set = &self.pattern.sets[run.set as usize];
        let left = &self.text[self.at..];
        let most = &left[..left.len().min(run.max as usize)];
        let taken = most.iter().position(|&c| !set.contains(c)).unwrap_or(most.len());
        self.spend(taken as u32 / 8)?;
        if taken < run.min as usize {
            return Ok(false);
        }
        let (low, high) = (self.at + run.min as usize, self.at + taken);
        if run.exclusive {
            self.at = high;
            self.code += 1;
            return Ok(self.can_follow(run, high));
        }
        self.shrink(run, low, high)
    }

    /// Ends the run at the last place from `high` down to `low` where what follows may match.
    pub(super) fn shrink(&mut self, run: Run, low: usize, high: usize) -> Result<bool, OutOfSteps> {
        let Some(at) = (low..=high).rev().find(|&at| self.can_follow(run, at)) else {
            self.spend((high - low) as u32 / 8)?;
            return Ok(false);
        };
        self.spend((high - at) as u32 / 8)?;
        if at > low {
            self.push(Frame::Shrink { code: self.code as u32, low: low as u32, high: at as u32 - 1 });
        }
        self.at = at;
        self.code += 1;
        Ok(true)
    }

    fn run_lazy(&mut self, run: Run) -> Result<bool, OutOfSteps> {
        let set = &self.pattern.sets[run.set as usize];
        let least = self.text.get(self.at..self.at.saturating_add(run.min as usize));
        if !least.is_some_and(|least| least.iter().all(|&c| set.contains(c))) {
            return Ok(false);
        }
        self.spend(run.min / 8)?;
        self.grow(run, self.at + run.min as usize, run.max - run.min)
    }

    /// Ends the run at the first place from `at` on where what follows may match, at most `most` characters on.
    pub(super) fn grow(&mut self, run: Run, mut at: usize, mut most: u32) -> Result<bool, OutOfSteps> {
        let set = &self.pattern.sets[run.set as usize];
        while !self.can_follow(run, at) {
            if most == 0 || !self.text.get(at).is_some_and(|&c| set.contains(c)) {
                return Ok(false);
            }
            self.spend(1)?;
            at += 1;
            most -= 1;
        }
        if most > 0 {
            self.push(Frame::Grow { code: self.code as u32, at: at as u32, most });
        }
        self.at = at;
        self.code += 1;
        Ok(true)
    }

    /// The end of a round of a counted repeat, as `MAX_UNTIL` and `MIN_UNTIL` in `_sre`, empty rounds included.
    fn until(&mut self, until: Until) -> bool {
        let Until { counter, min, max, greedy, body } = until;
        let before = self.scratch.counters[counter as usize];
        let rounds = before.rounds.wrapping_add(1);
        let at = self.at as u32;
        if rounds < min {
            self.push(Frame::Uncount { counter });
            self.scratch.counters[counter as usize].rounds = rounds;
            self.code = body as usize;
        } else if !greedy {
            self.push(Frame::Again { code: self.code as u32, at });
            self.code += 1;
        } else if rounds < max && at != before.last {
            self.push(Frame::Exit { code: self.code as u32, at, last: before.last });
            self.scratch.counters[counter as usize] = Counter { rounds, last: at };
            self.code = body as usize;
        } else {
            self.code += 1;
        }
        true
    }

    /// A look's body has matched: forget what it left on the stack.
    fn end_look(&mut self, look: u32) -> bool {
        let start = self.scratch.looks[look as usize] as usize;
        let Some(&Frame::Look { code, at }) = self.scratch.stack.get(start) else {
            return false;
        };
        self.scratch.stack.truncate(start);
        let Inst::LookStart { negate, end, .. } = self.pattern.code[code as usize] else {
            return false;
        };
        self.at = at as usize;
        self.code = end as usize;
        !negate
    }
}
