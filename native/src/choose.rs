//! Choosing a vocabulary: how many texts hold each n-gram, and which are kept.

use hashbrown::HashMap;

use crate::corpus::Corpus;

/// Shortest and longest n-gram; (1, 0) for none.
pub type NgramSpan = (usize, usize);

/// Terms in order, with the number of texts that hold each.
pub struct Chosen {
    pub terms: Vec<String>,
    pub frequencies: Vec<i64>,
}

/// How often an n-gram must occur, and how many are kept.
#[derive(Clone, Copy)]
pub struct Limits {
    pub min_texts: u32,
    pub most: usize,
}

/// Counts in how many texts a thing occurs, once a text.
#[derive(Default)]
struct Frequencies {
    counts: Vec<u32>,
    last: Vec<u32>,
}

impl Frequencies {
    #[inline]
    fn meet(&mut self, number: usize, text: u32) {
        if number >= self.counts.len() {
            self.counts.resize(number + 1, 0);
            self.last.resize(number + 1, u32::MAX);
        }
        if self.last[number] != text {
            self.last[number] = text;
            self.counts[number] += 1;
        }
    }
}

/// Choose word n-grams of the corpus's word forms.
pub fn choose_words(corpus: &Corpus, (shortest, longest): NgramSpan, limits: Limits) -> Chosen {
    let (forms, numbers) = corpus.forms();
    // An n-gram of more than one word is its first words' n-gram and one word more.
    let mut levels: Vec<HashMap<(u32, u32), u32>> = vec![HashMap::new(); longest.saturating_sub(1)];
    let mut found: Vec<Frequencies> = (0..longest).map(|_| Frequencies::default()).collect();
    let mut words: Vec<u32> = Vec::new();
    for text in 0..corpus.n_texts() {
        words.clear();
        words.extend(corpus.text(text).iter().map(|&kind| numbers[kind as usize]));
        for (start, &first) in words.iter().enumerate() {
            let mut number = first;
            for size in 1..=longest.min(words.len() - start) {
                if size > 1 {
                    let level = &mut levels[size - 2];
                    let fresh = level.len() as u32;
                    number = *level.entry((number, words[start + size - 1])).or_insert(fresh);
                }
                if size >= shortest {
                    found[size - 1].meet(number as usize, text as u32);
                }
            }
        }
    }
    let mut kept: Vec<(String, u32)> = Vec::new();
    let mut parents: Vec<(u32, u32)> = Vec::new();
    let mut paths: Vec<Vec<(u32, u32)>> = Vec::new();
    for level in &levels {
        parents.clear();
        parents.resize(level.len(), (0, 0));
        level.iter().for_each(|(&path, &number)| parents[number as usize] = path);
        paths.push(parents.clone());
    }
    for (size, frequencies) in (1..).zip(&found) {
        for (number, &count) in frequencies.counts.iter().enumerate() {
            if count >= limits.min_texts.max(1) {
                kept.push((spell(&forms, &paths, size, number as u32), count));
            }
        }
    }
    keep(kept, limits.most)
}

fn spell(forms: &[&str], paths: &[Vec<(u32, u32)>], size: usize, mut number: u32) -> String {
    let mut words = Vec::with_capacity(size);
    for level in (0..size - 1).rev() {
        let (before, last) = paths[level][number as usize];
        words.push(forms[last as usize]);
        number = before;
    }
    words.push(forms[number as usize]);
    words.reverse();
    words.join(" ")
}

/// Choose character n-grams inside the corpus's tokens.
pub fn choose_chars(corpus: &Corpus, (shortest, longest): NgramSpan, limits: Limits) -> Chosen {
    if longest < shortest {
        return keep(Vec::new(), limits.most);
    }
    let padded: Vec<String> = corpus.types.iter().map(|(text, _)| format!(" {text} ")).collect();
    let mut numbers: HashMap<&str, u32> = HashMap::new();
    let mut of_type: Vec<Box<[u32]>> = Vec::with_capacity(padded.len());
    for token in &padded {
        let starts: Vec<usize> = token.char_indices().map(|(at, _)| at).chain([token.len()]).collect();
        let length = starts.len() - 1;
        let mut own: Vec<u32> = Vec::new();
        for size in shortest..=longest.min(length) {
            for first in 0..=length - size {
                let fresh = numbers.len() as u32;
                own.push(*numbers.entry(&token[starts[first]..starts[first + size]]).or_insert(fresh));
            }
        }
        own.sort_unstable();
        own.dedup();
        of_type.push(own.into());
    }
    let mut found = Frequencies { counts: vec![0; numbers.len()], last: vec![u32::MAX; numbers.len()] };
    for text in 0..corpus.n_texts() {
        for &kind in corpus.text(text) {
            of_type[kind as usize].iter().for_each(|&number| found.meet(number as usize, text as u32));
        }
    }
    let frequent = numbers.iter().filter(|&(_, &number)| found.counts[number as usize] >= limits.min_texts.max(1));
    keep(frequent.map(|(text, &number)| (text.to_string(), found.counts[number as usize])).collect(), limits.most)
}

/// The most frequent ones, of equally frequent ones the first by their text; in the order of their text.
fn keep(mut terms: Vec<(String, u32)>, most: usize) -> Chosen {
    if terms.len() > most {
        terms.sort_unstable_by(|(one, count), (other, more)| more.cmp(count).then_with(|| one.cmp(other)));
        terms.truncate(most);
    }
    terms.sort_unstable();
    let frequencies = terms.iter().map(|&(_, count)| i64::from(count)).collect();
    Chosen { terms: terms.into_iter().map(|(text, _)| text).collect(), frequencies }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// "b a b", "a b", "a"
    fn corpus() -> Corpus {
        let types = ["b", "a"].map(|word| (word.to_string(), word.to_uppercase())).to_vec();
        Corpus::new(types, vec![0, 1, 0, 1, 0, 1], vec![0, 3, 5, 6]).unwrap()
    }

    fn all(most: usize) -> Limits {
        Limits { min_texts: 1, most }
    }

    #[test]
    fn a_term_counts_once_a_text_by_its_word_forms() {
        let chosen = choose_words(&corpus(), (1, 2), all(9));
        assert_eq!(chosen.terms, ["A", "A B", "B", "B A"]);
        assert_eq!(chosen.frequencies, [3, 2, 2, 1]);
    }

    #[test]
    fn the_most_frequent_are_kept_and_of_those_the_first() {
        assert_eq!(choose_words(&corpus(), (1, 2), all(2)).terms, ["A", "A B"]);
        assert_eq!(choose_words(&corpus(), (1, 1), Limits { min_texts: 3, most: 9 }).terms, ["A"]);
    }

    #[test]
    fn longer_ngrams_are_told_apart() {
        let chosen = choose_words(&corpus(), (2, 3), all(9));
        assert_eq!(chosen.terms, ["A B", "B A", "B A B"]);
    }

    #[test]
    fn characters_are_those_inside_padded_tokens() {
        let chosen = choose_chars(&corpus(), (2, 3), all(9));
        assert_eq!(chosen.terms, [" a", " a ", " b", " b ", "a ", "b "]);
        assert_eq!(chosen.frequencies, [3, 3, 2, 2, 3, 2]);
        assert!(choose_chars(&corpus(), (1, 0), all(9)).terms.is_empty());
    }

    #[test]
    fn numbers_that_do_not_fit_are_refused() {
        let types = || vec![("a".to_string(), "a".to_string())];
        assert!(Corpus::new(types(), vec![1], vec![0, 1]).is_err());
        assert!(Corpus::new(types(), vec![0], vec![0, 2]).is_err());
        assert!(Corpus::new(types(), vec![0], vec![1]).is_err());
        assert!(Corpus::new(types(), vec![0, 0], vec![0, 2, 1, 2]).is_err());
    }
}
