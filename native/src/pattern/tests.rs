//! Small programs by hand, and many broken ones. That answers are Python's is for `tests/native` to say.

use super::{Anchor, Boundary, Look, Node, OutOfSteps, Pattern, Program, Repeat, Scratch};

fn program(sets: &[&[u32]], root: Node) -> Program {
    Program { version: 1, sets: sets.iter().map(|set| set.to_vec()).collect(), root }
}

fn letters() -> Program {
    let repeat = Repeat { min: 1, max: None, greedy: true, body: Box::new(Node::Set(0)) };
    program(&[&[97, 122]], Node::Repeat(repeat))
}

fn chars(text: &str) -> Vec<char> {
    text.chars().collect()
}

fn spans(program: &Program, text: &str) -> Vec<(usize, usize)> {
    let mut out = vec![(9, 9)];
    Pattern::new(program).unwrap().find_all(&chars(text), &mut Scratch::default(), &mut out).unwrap();
    out
}

#[test]
fn finds_every_run_of_letters() {
    assert_eq!(spans(&letters(), "ab, c!"), [(0, 2), (4, 5)]);
}

#[test]
fn searches_from_a_place_on() {
    let pattern = Pattern::new(&letters()).unwrap();
    let mut scratch = Scratch::default();
    assert_eq!(pattern.search(&chars("ab c"), 1, &mut scratch), Ok(Some((1, 2))));
    assert_eq!(pattern.search(&chars("ab c"), 99, &mut scratch), Ok(None));
}

#[test]
fn matches_only_at_the_start() {
    let pattern = Pattern::new(&letters()).unwrap();
    let mut scratch = Scratch::default();
    assert_eq!(pattern.match_start(&chars("ab c"), &mut scratch), Ok(Some(2)));
    assert_eq!(pattern.match_start(&chars(" ab"), &mut scratch), Ok(None));
}

#[test]
fn takes_the_first_alternative_that_leads_to_a_match() {
    let ab = Node::Seq(vec![Node::Set(0), Node::Set(1)]);
    let either = Node::Alt(vec![Node::Set(0), ab]);
    assert_eq!(spans(&program(&[&[97, 97], &[98, 98]], either.clone()), "ab"), [(0, 1)]);
    let whole = Node::Seq(vec![either, Node::At(Anchor::TextEnd)]);
    assert_eq!(spans(&program(&[&[97, 97], &[98, 98]], whole), "ab"), [(0, 2)]);
}

#[test]
fn gives_empty_matches_as_python_does() {
    let maybe = Repeat { min: 0, max: Some(1), greedy: true, body: Box::new(Node::Set(0)) };
    let found = spans(&program(&[&[97, 97]], Node::Repeat(maybe)), "ab");
    assert_eq!(found, [(0, 1), (1, 1), (2, 2)]);
}

#[test]
fn looks_behind_what_the_search_starts_from() {
    let look = Look { negate: false, back: 1, body: Box::new(Node::Set(0)) };
    let root = Node::Seq(vec![Node::Look(look), Node::Set(1)]);
    let pattern = Pattern::new(&program(&[&[97, 97], &[98, 98]], root)).unwrap();
    assert_eq!(pattern.search(&chars("ab"), 1, &mut Scratch::default()), Ok(Some((1, 2))));
}

#[test]
fn gives_up_on_what_takes_too_long() {
    let one_or_two = Node::Alt(vec![Node::Set(0), Node::Seq(vec![Node::Set(0), Node::Set(0)])]);
    let repeat = Repeat { min: 1, max: None, greedy: true, body: Box::new(one_or_two) };
    let root = Node::Seq(vec![Node::Repeat(repeat), Node::Set(1), Node::Set(1)]);
    let pattern = Pattern::new(&program(&[&[97, 97], &[98, 99]], root)).unwrap();
    let mut scratch = Scratch::default();
    let text = chars(&("a".repeat(60) + "b"));
    assert_eq!(pattern.match_start(&text, &mut scratch), Err(OutOfSteps));
    assert_eq!(pattern.match_start(&chars("aabb"), &mut scratch), Ok(Some(4)));
}

#[test]
fn refuses_broken_programs() {
    let boundary = Boundary { word: 4, negate: false, on_empty: false };
    let backwards = Repeat { min: 2, max: Some(1), greedy: true, body: Box::new(Node::Set(0)) };
    let wide = Look { negate: false, back: u32::MAX, body: Box::new(Node::Set(0)) };
    let mut deep = Node::Set(0);
    for _ in 0..200 {
        deep = Node::Seq(vec![deep]);
    }
    let letters: &[&[u32]] = &[&[97, 122]];
    for broken in [
        program(letters, Node::Set(1)),
        program(letters, Node::Boundary(boundary)),
        program(letters, Node::Repeat(backwards)),
        program(letters, Node::Look(wide)),
        program(letters, deep),
        program(&[&[97]], Node::Set(0)),
        program(&[&[98, 97]], Node::Set(0)),
        program(&[&[97, 98, 98, 99]], Node::Set(0)),
        program(&[&[0, 0x11_0000]], Node::Set(0)),
        Program { version: 2, ..program(letters, Node::Set(0)) },
        program(letters, Node::Seq(vec![Node::Alt(vec![Node::Set(0); 4000]); 40])),
    ] {
        assert!(Pattern::new(&broken).is_err(), "{broken:?}");
    }
}

/// Numbers that look random (xorshift).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }

    fn node(&mut self, depth: u64) -> Node {
        if depth == 0 {
            return Node::Set(self.below(20) as u32 % 9);
        }
        let nodes = |numbers: &mut Self| (0..numbers.below(4)).map(|_| numbers.node(depth - 1)).collect();
        match self.below(8) {
            0 | 1 => Node::Seq(nodes(self)),
            2 => Node::Alt(nodes(self)),
            3 | 4 => {
                let min = self.below(3) as u32;
                let max = [None, Some(min + self.below(3) as u32), Some(1)][self.below(3) as usize];
                let greedy = self.below(2) == 0;
                let body = Box::new(self.node(depth - 1));
                Node::Repeat(Repeat { min, max, greedy, body })
            }
            5 => Node::Look(Look {
                negate: self.below(2) == 0,
                back: [0, 1, 2, 7, i32::MAX as u32][self.below(5) as usize],
                body: Box::new(self.node(depth - 1)),
            }),
            6 => {
                use Anchor::*;
                Node::At([Start, LineStart, End, LineEnd, TextEnd][self.below(5) as usize])
            }
            _ => Node::Boundary(Boundary { word: self.below(9) as u32, negate: self.below(2) == 0, on_empty: false }),
        }
    }
}

#[test]
fn any_program_is_refused_or_answers() {
    let mut numbers = Numbers(0x5eed_1234_abcd_0001);
    let mut scratch = Scratch::default();
    let (mut made, mut out) = (0, Vec::new());
    let sets: &[&[u32]] = &[
        &[97, 97],
        &[98, 99],
        &[0, 96, 98, 0x10_FFFF],
        &[],
        &[0x400, 0x900, 0xD800, 0xDFFF],
        &[10, 10],
        &[97, 99],
        &[0xE9, 0xE9],
    ];
    for _ in 0..20_000 {
        let depth = numbers.below(6);
        let root = numbers.node(depth);
        let Ok(pattern) = Pattern::new(&program(sets, root)) else {
            continue;
        };
        made += 1;
        for _ in 0..4 {
            let length = numbers.below(12);
            let text: Vec<char> =
                (0..length).map(|_| ['a', 'b', 'c', '\n', 'é', 'ж', '😀'][numbers.below(7) as usize]).collect();
            let from = numbers.below(14) as usize;
            if let Ok(Some((start, end))) = pattern.search(&text, from, &mut scratch) {
                assert!(from.min(text.len()) <= start && end <= text.len());
            }
            if let Ok(Some(end)) = pattern.match_start(&text, &mut scratch) {
                assert!(end <= text.len());
            }
            let _ = pattern.find_all(&text, &mut scratch, &mut out);
            assert!(out.len() <= 2 * text.len() + 1);
        }
    }
    assert!(made > 10_000);
}
