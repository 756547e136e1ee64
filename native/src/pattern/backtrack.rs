//! Going back to what is left to try, after a failure.

use super::build::Inst;
use super::run::Machine;
use super::scratch::{Counter, Frame, OutOfSteps};

impl Machine<'_> {
    /// Goes back to the last point where there is something else to try; false if there is none.
    pub(super) fn backtrack(&mut self) -> Result<bool, OutOfSteps> {
        while let Some(frame) = self.scratch.stack.pop() {
            self.spend(1)?;
            if self.resume(frame)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn resume(&mut self, frame: Frame) -> Result<bool, OutOfSteps> {
        match frame {
            Frame::Choice { list, at } => {
                self.at = at as usize;
                return Ok(self.choose(list));
            }
            Frame::Shrink { code, low, high } => {
                self.code = code as usize;
                if let Inst::Run(run) = self.pattern.code[self.code] {
                    return self.shrink(run, low as usize, high as usize);
                }
            }
            Frame::Grow { code, at, most } => {
                self.code = code as usize;
                if let Inst::Run(run) = self.pattern.code[self.code]
                    && let Some(&c) = self.text.get(at as usize)
                    && self.pattern.sets[run.set as usize].contains(c)
                {
                    return self.grow(run, at as usize + 1, most - 1);
                }
            }
            Frame::Counter { counter, before } => self.scratch.counters[counter as usize] = before,
            Frame::Uncount { counter } => self.uncount(counter),
            Frame::Exit { code, at, last } => {
                self.code = code as usize;
                if let Inst::Until(until) = self.pattern.code[self.code] {
                    self.uncount(until.counter);
                    self.scratch.counters[until.counter as usize].last = last;
                    self.at = at as usize;
                    self.code += 1;
                    return Ok(true);
                }
            }
            Frame::Again { code, at } => return Ok(self.again(code, at)),
            Frame::Look { code, at } => {
                if let Inst::LookStart { negate, end, .. } = self.pattern.code[code as usize] {
                    self.at = at as usize;
                    self.code = end as usize;
                    return Ok(negate);
                }
            }
        }
        Ok(false)
    }

    fn again(&mut self, code: u32, at: u32) -> bool {
        let Inst::Until(until) = self.pattern.code[code as usize] else {
            return false;
        };
        let before = self.scratch.counters[until.counter as usize];
        let rounds = before.rounds.wrapping_add(1);
        if rounds >= until.max || at == before.last {
            return false;
        }
        self.push(Frame::Counter { counter: until.counter, before });
        self.scratch.counters[until.counter as usize] = Counter { rounds, last: at };
        self.at = at as usize;
        self.code = until.body as usize;
        true
    }

    fn uncount(&mut self, counter: u32) {
        let rounds = &mut self.scratch.counters[counter as usize].rounds;
        *rounds = rounds.wrapping_sub(1);
    }
}
