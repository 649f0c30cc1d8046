//! One shape for every fuzz program: mutated real inputs into a reader, for a time, on stable Rust.
//!
//! `cargo run -p CRATE --example fuzz_NAME -- SECONDS SEED TARGET`; the last two may be left out, and without a target all
//! take turns. Prints for each target how many inputs were executed and how many of them were taken as good; a panic, also in a task,
//! and a case that keeps the processor busy for longer than [`CASE_MAX`] are findings, printed with their input. Exit 1 with findings.
//! The same seed gives the same inputs, so that a program that dies (a stack that overflows) can be run again.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

const CASE_MAX: Duration = Duration::from_secs(1);
const FINDINGS_MAX: usize = 20;
const INPUT_BYTES_MAX: usize = 64 * 1024;
const SHOWN_CHARS_MAX: usize = 4_000;

/// Panics so far; a hook counts them, since a task's panic never reaches whoever waits for it.
static PANICS: AtomicUsize = AtomicUsize::new(0);

/// Something that inputs are fed to.
pub(crate) struct Target<'a> {
    /// Name, as the third argument takes it.
    pub(crate) name: &'static str,
    /// Real inputs that mutations begin from.
    pub(crate) corpus: Vec<Vec<u8>>,
    /// Pieces that steer a mutation past the outer layers of a grammar.
    pub(crate) pieces: &'static [&'static str],
    /// Feeds one input; tells whether it was taken as good.
    pub(crate) execute: Execute<'a>,
}

/// Takes an input and tells whether it was good.
pub(crate) type Execute<'a> = Box<dyn FnMut(&[u8]) -> bool + 'a>;

/// What came of one target.
#[derive(Default)]
struct Tally {
    executions: u64,
    taken: u64,
    findings: usize,
    slowest: Duration,
    busy: Duration,
}

/// xorshift64*: small, fast, and the same on every machine.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    fn below(&mut self, bound: usize) -> usize {
        let bound = u64::try_from(bound.max(1)).unwrap_or(u64::MAX);
        usize::try_from((self.next() >> 16) % bound).unwrap_or(0)
    }

    fn pick<'p, T>(&mut self, from: &'p [T]) -> Option<&'p T> {
        from.get(self.below(from.len()))
    }
}

/// Makes an input: mostly a real one, mutated; now and then one made of pieces alone.
fn input(target: &Target<'_>, random: &mut Random) -> Vec<u8> {
    if !target.pieces.is_empty() && random.below(4) == 0 {
        return made_up(target.pieces, random);
    }
    let mut bytes = random.pick(&target.corpus).cloned().unwrap_or_default();
    for _ in 0..=random.below(6) {
        mutate(&mut bytes, target, random);
        bytes.truncate(INPUT_BYTES_MAX);
    }
    bytes
}

fn made_up(pieces: &[&str], random: &mut Random) -> Vec<u8> {
    let mut bytes = Vec::new();
    for _ in 0..=random.below(40) {
        let times = if random.below(60) == 0 { random.below(3_000) } else { 1 };
        let piece = random.pick(pieces).copied().unwrap_or_default();
        bytes.extend_from_slice(piece.repeat(times).as_bytes());
    }
    bytes.truncate(INPUT_BYTES_MAX);
    bytes
}

fn mutate(bytes: &mut Vec<u8>, target: &Target<'_>, random: &mut Random) {
    let at = random.below(bytes.len() + 1);
    let end = (at + random.below(12)).min(bytes.len());
    match random.below(9) {
        0 => drop(bytes.drain(at..end)),
        1 => {
            let piece = bytes.get(at..end).unwrap_or_default().to_vec();
            let to = random.below(bytes.len() + 1);
            drop(bytes.splice(to..to, piece));
        }
        2 => bytes.truncate(at),
        3 => {
            let value = u8::try_from(random.below(256)).unwrap_or(0);
            bytes.get_mut(at).into_iter().for_each(|byte| *byte = value);
        }
        4 => {
            // A long run of one piece, for depth and for time.
            let piece = random.pick(target.pieces).copied().unwrap_or("[");
            let times = 1 << random.below(13);
            drop(bytes.splice(at..at, piece.repeat(times).into_bytes()));
        }
        5 => {
            // The end of another input, as where two writers met in one file.
            let other = random.pick(&target.corpus).cloned().unwrap_or_default();
            let from = random.below(other.len() + 1);
            bytes.truncate(at);
            bytes.extend_from_slice(other.get(from..).unwrap_or_default());
        }
        6 => {
            // A whole line lost or doubled: what a person does to a file.
            let start = bytes.iter().take(at).rposition(|byte| *byte == b'\n').map_or(0, |found| found + 1);
            let stop = bytes.iter().skip(at).position(|byte| *byte == b'\n').map_or(bytes.len(), |found| at + found + 1);
            let line: Vec<u8> = bytes.drain(start..stop.max(start)).collect();
            if random.below(2) == 0 {
                drop(bytes.splice(start..start, line.repeat(2)));
            }
        }
        _ => {
            let piece = random.pick(target.pieces).copied().unwrap_or("\0");
            drop(bytes.splice(at..end, piece.bytes().collect::<Vec<_>>()));
        }
    }
}

/// Gives how long this thread has run; waiting for a busy machine is nobody's fault. Elsewhere than on Linux it is the
/// time of the clock.
fn busy(start: Instant) -> Duration {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanoseconds = told.and_then(|line| line.split(' ').next()?.parse().ok());
    nanoseconds.map_or_else(|| start.elapsed(), Duration::from_nanos)
}

fn execute(target: &mut Target<'_>, tally: &mut Tally, random: &mut Random, start: Instant) {
    let input = input(target, random);
    let (begun, panics) = (busy(start), PANICS.load(Ordering::Relaxed));
    let outcome = catch_unwind(AssertUnwindSafe(|| (target.execute)(&input)));
    let took = busy(start).saturating_sub(begun);
    tally.executions += 1;
    tally.taken += u64::from(matches!(outcome, Ok(true)));
    tally.slowest = tally.slowest.max(took);
    tally.busy += took;
    let panicked = PANICS.load(Ordering::Relaxed) != panics;
    if panicked || took > CASE_MAX {
        tally.findings += 1;
        let what = if panicked { "panic" } else { "slow" };
        let shown: String = String::from_utf8_lossy(&input).chars().take(SHOWN_CHARS_MAX).collect();
        println!("{what} in {} after {took:?}, {} bytes: {shown:?}", target.name, input.len());
    }
}

/// Feeds the targets in turn until the time is over.
pub(crate) fn run(mut targets: Vec<Target<'_>>) -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |at: usize| arguments.get(at).and_then(|word| word.parse::<u64>().ok());
    let (seconds, seed) = (number(0).unwrap_or(10), number(1).unwrap_or(1));
    let names: Vec<&str> = targets.iter().map(|target| target.name).collect();
    if let Some(name) = arguments.get(2).filter(|name| !names.contains(&name.as_str())) {
        println!("there is no target `{name}`: there are {}", names.join(", "));
        return ExitCode::from(2);
    }
    targets.retain(|target| arguments.get(2).is_none_or(|name| name == target.name));
    std::panic::set_hook(Box::new(|panic| {
        PANICS.fetch_add(1, Ordering::Relaxed);
        println!("{panic}");
    }));
    let mut random = Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    for target in &mut targets {
        let good = target.corpus.iter().filter(|text| (target.execute)(text)).count();
        println!("{}: {good} of {} real inputs are taken as they stand", target.name, target.corpus.len());
        if good == 0 {
            // Whatever is fed then never gets past the first line of the reader.
            println!("{}: its real inputs are none", target.name);
            return ExitCode::FAILURE;
        }
    }
    let mut tallies: Vec<Tally> = targets.iter().map(|_| Tally::default()).collect();
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(seconds) && tallies.iter().all(|tally| tally.findings < FINDINGS_MAX) {
        for (target, tally) in targets.iter_mut().zip(&mut tallies) {
            execute(target, tally, &mut random, start);
        }
    }
    for (target, tally) in targets.iter().zip(&tallies) {
        let Tally { executions, taken, findings, slowest, busy } = tally;
        println!(
            "{}: {executions} executions, {taken} taken, {findings} findings, slowest {slowest:?}, busy {busy:?}",
            target.name
        );
    }
    println!("{:?} in all, seed {seed}", start.elapsed());
    if tallies.iter().all(|tally| tally.findings == 0) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
