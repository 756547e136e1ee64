//! Hostile pattern programs, as a broken artefact might hold them: refused or run, never a panic, never without end.

#![no_main]

use libfuzzer_sys::fuzz_target;
use surtitle_native::pattern::{Pattern, Program, Scratch};

fuzz_target!(|data: (&str, &str)| {
    let (program, text) = data;
    let Ok(program) = serde_json::from_str::<Program>(program) else { return };
    let Ok(pattern) = Pattern::new(&program) else { return };
    let text: Vec<char> = text.chars().take(200).collect();
    let mut scratch = Scratch::default();
    let _ = pattern.match_start(&text, &mut scratch);
    let _ = pattern.search(&text, 0, &mut scratch);
    let _ = pattern.find_all(&text, &mut scratch, &mut Vec::new());
});
