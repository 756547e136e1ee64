//! Sets of characters: ranges to reckon with, and a form made for asking.

const LAST: u32 = 0x10_FFFF;

/// Code points as ranges (first, last), in order, neither touching nor overlapping.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Ranges(Vec<(u32, u32)>);

impl Ranges {
    /// Reads `first, last, first, last, ...`.
    pub fn from_flat(flat: &[u32]) -> Result<Self, String> {
        let pairs: Vec<_> = flat.chunks(2).map(|pair| (pair[0], *pair.last().unwrap_or(&0))).collect();
        let ordered = pairs.windows(2).all(|two| two[0].1 < two[1].0);
        if !flat.len().is_multiple_of(2) || !ordered || pairs.iter().any(|&(first, last)| first > last || last > LAST) {
            return Err("a set's code points are not in order".to_string());
        }
        Ok(Self::merged(pairs))
    }

    pub fn all() -> Self {
        Self(vec![(0, LAST)])
    }

    pub fn one(c: char) -> Self {
        Self(vec![(c as u32, c as u32)])
    }

    pub fn pairs(&self) -> &[(u32, u32)] {
        &self.0
    }

    pub fn contains(&self, code: u32) -> bool {
        let after = self.0.partition_point(|&(first, _)| first <= code);
        after > 0 && self.0[after - 1].1 >= code
    }

    pub fn union(&self, other: &Self) -> Self {
        Self::merged([self.pairs(), other.pairs()].concat())
    }

    pub fn is_disjoint(&self, other: &Self) -> bool {
        let (mut i, mut j) = (0, 0);
        while let (Some(a), Some(b)) = (self.0.get(i), other.0.get(j)) {
            if a.1 < b.0 {
                i += 1;
            } else if b.1 < a.0 {
                j += 1;
            } else {
                return false;
            }
        }
        true
    }

    /// How many code points there are.
    pub fn size(&self) -> u64 {
        self.0.iter().map(|&(first, last)| u64::from(last - first) + 1).sum()
    }

    /// The only character, when there is but one.
    pub fn single(&self) -> Option<char> {
        match self.0.as_slice() {
            &[(first, last)] if first == last => char::from_u32(first),
            _ => None,
        }
    }

    fn merged(mut pairs: Vec<(u32, u32)>) -> Self {
        pairs.sort_unstable();
        let mut merged: Vec<(u32, u32)> = Vec::with_capacity(pairs.len());
        for (first, last) in pairs {
            match merged.last_mut() {
                Some(before) if first <= before.1.saturating_add(1) => before.1 = before.1.max(last),
                _ => merged.push((first, last)),
            }
        }
        Self(merged)
    }
}

/// Below this the answer is one bit: Latin, Greek, Cyrillic, Hebrew, Arabic.
const LOW: u32 = 0x800;

/// A set that answers quickly.
#[derive(Clone, Debug)]
pub struct CharSet {
    low: [u64; (LOW / 64) as usize],
    high: Box<[(u32, u32)]>,
}

impl CharSet {
    pub fn new(ranges: &Ranges) -> Self {
        let mut low = [0; (LOW / 64) as usize];
        let mut high = Vec::new();
        for &(first, last) in ranges.pairs() {
            for code in first..=last.min(LOW - 1) {
                low[(code / 64) as usize] |= 1 << (code % 64);
            }
            if last >= LOW {
                high.push((first.max(LOW), last));
            }
        }
        Self { low, high: high.into() }
    }

    #[inline]
    pub fn contains(&self, c: char) -> bool {
        let code = c as u32;
        if code < LOW {
            self.low[(code / 64) as usize] >> (code % 64) & 1 == 1
        } else {
            let after = self.high.partition_point(|&(first, _)| first <= code);
            after > 0 && self.high[after - 1].1 >= code
        }
    }
}
