//! From a program to instructions.

use std::collections::HashMap;

use super::Pattern;
use super::dispatch::Tables;
use super::first::{Analysis, First, check_depth, is_anchored};
use super::program::{Anchor, Boundary, Look, Node, Program, Repeat, VERSION};
use super::sets::{CharSet, Ranges};

/// Deeper than `surtitle.text.programs` writes.
const DEEPEST: usize = 100;
/// What a set costs, however small: its bits.
const SET_WORK: usize = 32;

/// One step of the engine. Places in the code, sets, tables, counters and looks are numbers.
#[derive(Clone, Debug)]
pub enum Inst {
    Char(char),
    Set(u32),
    Run(Run),
    /// Try what the table says for the next character.
    Dispatch(u32),
    Jump(u32),
    /// Start to count the rounds of a repeat, whose end is at `until`.
    Count {
        counter: u32,
        until: u32,
    },
    Until(Until),
    /// The character `offset` from here is in the set, or with `negate` isn't.
    Peek {
        set: u32,
        offset: i32,
        negate: bool,
    },
    /// Look ahead, or from `back` characters before; the instructions up to `end` say for what.
    LookStart {
        look: u32,
        back: u32,
        negate: bool,
        end: u32,
    },
    LookEnd {
        look: u32,
    },
    At(Anchor),
    Boundary(Boundary),
    Match,
}

/// From `min` to `max` characters of a set.
#[derive(Clone, Copy, Debug)]
pub struct Run {
    pub set: u32,
    pub min: u32,
    pub max: u32,
    pub greedy: bool,
    /// What must come after the run.
    pub follow: u32,
    pub follow_at_end: bool,
    /// Nothing in `set` can come after the run, so that giving characters back is no use.
    pub exclusive: bool,
}

/// The end of a round of a counted repeat, whose rounds start at `body`.
#[derive(Clone, Copy, Debug)]
pub struct Until {
    pub counter: u32,
    pub min: u32,
    pub max: u32,
    pub greedy: bool,
    pub body: u32,
}

pub fn build(program: &Program) -> Result<Pattern, String> {
    if program.version != VERSION {
        return Err(format!("the program has version {}, this engine reads {VERSION}", program.version));
    }
    check_depth(&program.root, DEEPEST)?;
    let sets: Vec<Ranges> = program.sets.iter().map(|flat| Ranges::from_flat(flat)).collect::<Result<_, _>>()?;
    let mut analysis = Analysis::new(&sets);
    analysis.spend(sets.len() * SET_WORK)?;
    let mut builder = Builder {
        analysis,
        code: Vec::new(),
        sets: sets.iter().map(CharSet::new).collect(),
        numbers: sets.iter().cloned().zip(0..).collect(),
        tables: Tables::default(),
        n_counters: 0,
        n_looks: 0,
    };
    builder.node(&program.root, &First::anything())?;
    builder.code.push(Inst::Match);
    let start = builder.analysis.first(&program.root, &First::anything())?;
    let needed = builder.analysis.needed(&program.root)?;
    let min_len = builder.analysis.min_len(&program.root)? as usize;
    Ok(Pattern {
        code: builder.code,
        sets: builder.sets,
        tables: builder.tables.tables,
        entries: builder.tables.entries,
        n_counters: builder.n_counters as usize,
        n_looks: builder.n_looks as usize,
        start: CharSet::new(&start.chars),
        start_at_end: start.at_end,
        needed: needed.map(|needed| CharSet::new(&needed)),
        min_len,
        anchored: is_anchored(&program.root),
    })
}

struct Builder<'a> {
    analysis: Analysis<'a>,
    code: Vec<Inst>,
    sets: Vec<CharSet>,
    numbers: HashMap<Ranges, u32>,
    tables: Tables,
    n_counters: u32,
    n_looks: u32,
}

impl Builder<'_> {
    /// Writes `node`, after which something comes that needs `follow`.
    fn node(&mut self, node: &Node, follow: &First) -> Result<(), String> {
        self.analysis.spend(follow.chars.pairs().len())?;
        match node {
            Node::Set(number) => {
                let single = self.analysis.set(*number)?.single();
                self.code.push(single.map_or(Inst::Set(*number), Inst::Char));
            }
            Node::Seq(nodes) => self.seq(nodes, follow)?,
            Node::Alt(nodes) => self.alt(nodes, follow)?,
            Node::Repeat(repeat) => self.repeat(repeat, follow)?,
            Node::Look(look) => self.look(look)?,
            Node::At(anchor) => self.code.push(Inst::At(*anchor)),
            Node::Boundary(boundary) => {
                self.analysis.set(boundary.word)?;
                self.code.push(Inst::Boundary(*boundary));
            }
        }
        Ok(())
    }

    fn seq(&mut self, nodes: &[Node], follow: &First) -> Result<(), String> {
        let mut follows = vec![follow.clone()];
        for node in nodes.iter().skip(1).rev() {
            let first = self.analysis.first(node, &follows[follows.len() - 1])?;
            follows.push(first);
        }
        nodes.iter().zip(follows.iter().rev()).try_for_each(|(node, follow)| self.node(node, follow))
    }

    fn alt(&mut self, nodes: &[Node], follow: &First) -> Result<(), String> {
        if let [node] = nodes {
            return self.node(node, follow);
        }
        let dispatch = self.reserve();
        let mut choices = Vec::with_capacity(nodes.len());
        let mut jumps = Vec::with_capacity(nodes.len());
        for node in nodes {
            choices.push((self.here(), self.analysis.first(node, follow)?));
            self.node(node, follow)?;
            jumps.push(self.reserve());
        }
        let end = self.here();
        for jump in jumps {
            self.code[jump] = Inst::Jump(end);
        }
        self.dispatch(dispatch, &choices)
    }

    fn repeat(&mut self, repeat: &Repeat, follow: &First) -> Result<(), String> {
        let Repeat { min, max, greedy, body } = repeat;
        if max.is_some_and(|max| max < *min) {
            return Err("a repeat has its limits the wrong way round".to_string());
        }
        if let Node::Set(set) = **body {
            return self.run(repeat, set, follow);
        }
        match (min, max) {
            (_, Some(0)) => Ok(()),
            (1, Some(1)) => self.node(body, follow),
            (0, Some(1)) => self.optional(body, *greedy, follow),
            (0 | 1, None) if self.analysis.min_len(body)? > 0 => self.endless(body, *min == 0, *greedy, follow),
            _ => self.counted(repeat, follow),
        }
    }

    fn run(&mut self, repeat: &Repeat, number: u32, follow: &First) -> Result<(), String> {
        let set = self.analysis.set(number)?;
        let exclusive = set.is_disjoint(&follow.chars);
        let follow_set = self.number(&follow.chars)?;
        self.code.push(Inst::Run(Run {
            set: number,
            min: repeat.min,
            max: repeat.max.unwrap_or(u32::MAX),
            greedy: repeat.greedy,
            follow: follow_set,
            follow_at_end: follow.at_end,
            exclusive,
        }));
        Ok(())
    }

    fn optional(&mut self, body: &Node, greedy: bool, follow: &First) -> Result<(), String> {
        let first = self.analysis.first(body, follow)?;
        let dispatch = self.reserve();
        let entry = self.here();
        self.node(body, follow)?;
        self.choose(dispatch, (entry, first), (self.here(), follow.clone()), greedy)
    }

    /// A repeat without a limit, each round of which takes a character: nothing needs to be counted.
    fn endless(&mut self, body: &Node, may_skip: bool, greedy: bool, follow: &First) -> Result<(), String> {
        let first = self.analysis.first(body, &First::anything())?;
        let after_round = first.or(follow);
        if may_skip {
            let dispatch = self.reserve();
            let entry = self.here();
            self.node(body, &after_round)?;
            self.code.push(Inst::Jump(dispatch as u32));
            self.choose(dispatch, (entry, first), (self.here(), follow.clone()), greedy)
        } else {
            let entry = self.here();
            self.node(body, &after_round)?;
            let dispatch = self.reserve();
            self.choose(dispatch, (entry, first), (self.here(), follow.clone()), greedy)
        }
    }

    fn counted(&mut self, repeat: &Repeat, follow: &First) -> Result<(), String> {
        let counter = self.n_counters;
        self.n_counters += 1;
        let count = self.reserve();
        let body = self.here();
        let after_round = self.analysis.first(&repeat.body, &First::anything())?.or(follow);
        self.node(&repeat.body, &after_round)?;
        self.code[count] = Inst::Count { counter, until: self.here() };
        self.code.push(Inst::Until(Until {
            counter,
            min: repeat.min,
            max: repeat.max.unwrap_or(u32::MAX),
            greedy: repeat.greedy,
            body,
        }));
        Ok(())
    }

    fn look(&mut self, look: &Look) -> Result<(), String> {
        let Look { negate, back, body } = look;
        let Ok(back_offset) = i32::try_from(*back) else {
            return Err("a look-behind is too wide".to_string());
        };
        if let Some(sets) = sets_in_a_row(body)
            && (sets.len() == 1 || !negate)
        {
            for (set, at) in sets.into_iter().zip(0..) {
                self.analysis.set(set)?;
                self.code.push(Inst::Peek { set, offset: at - back_offset, negate: *negate });
            }
            return Ok(());
        }
        let look = self.n_looks;
        self.n_looks += 1;
        let start = self.reserve();
        self.node(body, &First::anything())?;
        self.code.push(Inst::LookEnd { look });
        self.code[start] = Inst::LookStart { look, back: *back, negate: *negate, end: self.here() };
        Ok(())
    }

    fn choose(&mut self, at: usize, round: (u32, First), exit: (u32, First), greedy: bool) -> Result<(), String> {
        let choices = if greedy { [round, exit] } else { [exit, round] };
        self.dispatch(at, &choices)
    }

    fn dispatch(&mut self, at: usize, choices: &[(u32, First)]) -> Result<(), String> {
        self.code[at] = Inst::Dispatch(self.tables.tables.len() as u32);
        self.tables.add(choices, &mut self.analysis)
    }

    /// The number of a set, which is added if it is new.
    fn number(&mut self, ranges: &Ranges) -> Result<u32, String> {
        self.analysis.spend(ranges.pairs().len() + SET_WORK)?;
        if let Some(&number) = self.numbers.get(ranges) {
            return Ok(number);
        }
        let number = self.sets.len() as u32;
        self.sets.push(CharSet::new(ranges));
        self.numbers.insert(ranges.clone(), number);
        Ok(number)
    }

    /// Leaves room for an instruction that is known later.
    fn reserve(&mut self) -> usize {
        self.code.push(Inst::Match);
        self.code.len() - 1
    }

    fn here(&self) -> u32 {
        self.code.len() as u32
    }
}

fn sets_in_a_row(node: &Node) -> Option<Vec<u32>> {
    match node {
        Node::Set(number) => Some(vec![*number]),
        Node::Seq(nodes) => {
            nodes.iter().map(|node| if let Node::Set(number) = node { Some(*number) } else { None }).collect()
        }
        _ => None,
    }
}
