//! What can be said of a node without running it: how a match begins, how short it can be, what it must hold.

use super::program::{Anchor, Node, Repeat};
use super::sets::Ranges;

/// What must come next for a match to be possible. It never rules out a match; it may let through what fails later.
#[derive(Clone, Debug)]
pub struct First {
    pub chars: Ranges,
    /// A match is possible where the text has ended.
    pub at_end: bool,
}

impl First {
    pub fn anything() -> Self {
        Self { chars: Ranges::all(), at_end: true }
    }

    fn nothing() -> Self {
        Self { chars: Ranges::default(), at_end: false }
    }

    pub fn or(&self, other: &Self) -> Self {
        Self { chars: self.chars.union(&other.chars), at_end: self.at_end || other.at_end }
    }
}

/// Works over a program's sets, and keeps count of the work, so that a hostile program cannot take for ever.
pub struct Analysis<'a> {
    pub sets: &'a [Ranges],
    work_left: u64,
}

/// French has the largest of spaCy's patterns, and takes 303,118.
const WORK: u64 = 10_000_000;

impl<'a> Analysis<'a> {
    pub fn new(sets: &'a [Ranges]) -> Self {
        Self { sets, work_left: WORK }
    }

    pub fn spend(&mut self, work: usize) -> Result<(), String> {
        self.work_left = self.work_left.checked_sub(work as u64 + 1).ok_or("the pattern is too large")?;
        Ok(())
    }

    pub fn set(&self, number: u32) -> Result<&'a Ranges, String> {
        self.sets.get(number as usize).ok_or_else(|| format!("there is no set {number}"))
    }

    /// What must come next for `node` and then something that needs `follow` to match.
    pub fn first(&mut self, node: &Node, follow: &First) -> Result<First, String> {
        self.spend(follow.chars.pairs().len())?;
        match node {
            Node::Set(number) => {
                let set = self.set(*number)?;
                self.spend(set.pairs().len())?;
                Ok(First { chars: set.clone(), at_end: false })
            }
            Node::Seq(nodes) => self.first_of_all(nodes, follow),
            Node::Alt(nodes) => self.first_of_any(nodes, follow),
            Node::Repeat(repeat) => self.first_of_repeat(repeat, follow),
            Node::At(anchor) => Ok(first_at(*anchor, follow)),
            Node::Look(_) | Node::Boundary(_) => Ok(follow.clone()),
        }
    }

    fn first_of_all(&mut self, nodes: &[Node], follow: &First) -> Result<First, String> {
        // What comes after a node that takes a character does not matter.
        let mut taking = None;
        for (index, node) in nodes.iter().enumerate() {
            if self.min_len(node)? > 0 {
                taking = Some(index);
                break;
            }
        }
        let (mut first, nodes) = match taking {
            Some(index) => (First::anything(), &nodes[..=index]),
            None => (follow.clone(), nodes),
        };
        for node in nodes.iter().rev() {
            first = self.first(node, &first)?;
        }
        Ok(first)
    }

    fn first_of_any(&mut self, nodes: &[Node], follow: &First) -> Result<First, String> {
        let mut pairs = First::nothing();
        for node in nodes {
            let first = self.first(node, follow)?;
            self.spend(pairs.chars.pairs().len())?;
            pairs = pairs.or(&first);
        }
        Ok(pairs)
    }

    fn first_of_repeat(&mut self, repeat: &Repeat, follow: &First) -> Result<First, String> {
        if repeat.max == Some(0) {
            return Ok(follow.clone());
        }
        // After an empty round, anything may come: another round, or what follows.
        let body = self.first(&repeat.body, &First::anything())?;
        Ok(if repeat.min == 0 { body.or(follow) } else { body })
    }

    /// The fewest characters that a match of `node` has; `u32::MAX` when it cannot match.
    pub fn min_len(&mut self, node: &Node) -> Result<u32, String> {
        self.spend(0)?;
        Ok(match node {
            Node::Set(_) => 1,
            Node::Seq(nodes) => {
                let mut sum: u32 = 0;
                for node in nodes {
                    sum = sum.saturating_add(self.min_len(node)?);
                }
                sum
            }
            Node::Alt(nodes) => {
                let mut least = u32::MAX;
                for node in nodes {
                    least = least.min(self.min_len(node)?);
                }
                least
            }
            Node::Repeat(repeat) if repeat.min == 0 => 0,
            Node::Repeat(repeat) => self.min_len(&repeat.body)?.saturating_mul(repeat.min),
            Node::Look(_) | Node::At(_) | Node::Boundary(_) => 0,
        })
    }

    /// A few characters of which every match of `node` has one, if it is easily seen that it does.
    pub fn needed(&mut self, node: &Node) -> Result<Option<Ranges>, String> {
        match node {
            Node::Set(number) => {
                let set = self.set(*number)?;
                self.spend(set.pairs().len())?;
                Ok((set.size() <= MOST_NEEDED).then(|| set.clone()))
            }
            Node::Seq(nodes) => {
                let mut best: Option<Ranges> = None;
                for node in nodes {
                    if let Some(needed) = self.needed(node)?
                        && best.as_ref().is_none_or(|best| commonness(&needed) < commonness(best))
                    {
                        best = Some(needed);
                    }
                }
                Ok(best)
            }
            Node::Alt(nodes) => {
                let mut all = Ranges::default();
                for node in nodes {
                    let Some(needed) = self.needed(node)? else {
                        return Ok(None);
                    };
                    all = all.union(&needed);
                    if all.size() > MOST_NEEDED {
                        return Ok(None);
                    }
                }
                Ok(Some(all))
            }
            Node::Repeat(repeat) if repeat.min > 0 => self.needed(&repeat.body),
            _ => Ok(None),
        }
    }
}

const MOST_NEEDED: u64 = 24;

/// Letters and digits are in most words, so that needing one of them rules out little.
fn commonness(set: &Ranges) -> (bool, u64) {
    let is_common = |code: u32| char::from_u32(code).is_some_and(char::is_alphanumeric);
    (set.pairs().iter().any(|&(first, last)| (first..=last).any(is_common)), set.size())
}

fn first_at(anchor: Anchor, follow: &First) -> First {
    let newline = Ranges::one('\n');
    match anchor {
        Anchor::Start | Anchor::LineStart => follow.clone(),
        Anchor::TextEnd => First { chars: Ranges::default(), at_end: follow.at_end },
        Anchor::End | Anchor::LineEnd => {
            let chars = if follow.chars.contains('\n' as u32) { newline } else { Ranges::default() };
            First { chars, at_end: follow.at_end }
        }
    }
}

/// Whether `node` matches only at the start of the text.
pub fn is_anchored(node: &Node) -> bool {
    match node {
        Node::At(Anchor::Start) => true,
        Node::Seq(nodes) => nodes.first().is_some_and(is_anchored),
        Node::Alt(nodes) => !nodes.is_empty() && nodes.iter().all(is_anchored),
        _ => false,
    }
}

/// Refuses trees on which the functions here, which call themselves, would run out of stack.
pub fn check_depth(node: &Node, left: usize) -> Result<(), String> {
    let left = left.checked_sub(1).ok_or("the pattern is nested too deeply")?;
    match node {
        Node::Seq(nodes) | Node::Alt(nodes) => nodes.iter().try_for_each(|node| check_depth(node, left)),
        Node::Repeat(repeat) => check_depth(&repeat.body, left),
        Node::Look(look) => check_depth(&look.body, left),
        Node::Set(_) | Node::At(_) | Node::Boundary(_) => Ok(()),
    }
}
