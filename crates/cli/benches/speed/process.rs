//! Processes that are measured, from `/proc`.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

static INSTALLED: OnceLock<PathBuf> = OnceLock::new();

/// Copies the command into a folder, as installing it does. What a linker has just written is mapped in smaller pieces
/// than what was written from end to end, which a new process notices.
pub(crate) fn install(folder: &Path) {
    let path = folder.join("counterpart");
    std::fs::copy(env!("CARGO_BIN_EXE_counterpart"), &path).unwrap();
    INSTALLED.set(path).unwrap();
}

/// The command under measure.
pub(crate) fn counterpart() -> Command {
    Command::new(INSTALLED.get().unwrap())
}

/// A server in a process of its own.
pub(crate) struct Served {
    child: Child,
    pub(crate) address: String,
    /// From the start of the process to its saying where it listens.
    pub(crate) listening_after: Duration,
}

impl Served {
    pub(crate) fn bare(identity: Option<(&Path, &Path)>) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.arg("bare").stdout(Stdio::piped());
        if let Some((cert, key)) = identity {
            command.arg(cert).arg(key);
        }
        let began = Instant::now();
        let mut child = command.spawn().unwrap();
        let output = child.stdout.take().unwrap();
        Self::at(child, output, began)
    }

    pub(crate) fn simulate(pack: &Path, out: &Path, options: &[&str]) -> Self {
        let mut command = counterpart();
        command.arg("simulate").arg(pack).args(["--listen", "127.0.0.1:0", "--format", "json", "--out"]).arg(out).args(options);
        command.stderr(Stdio::piped()).stdout(Stdio::null());
        let began = Instant::now();
        let mut child = command.spawn().unwrap();
        let output = child.stderr.take().unwrap();
        Self::at(child, output, began)
    }

    /// Reads the address that a server says, and reads on so that it is never held up.
    fn at(child: Child, output: impl Read + Send + 'static, began: Instant) -> Self {
        let mut lines = BufReader::new(output).lines();
        let line = lines.find_map(|line| line.ok().filter(|line| line.contains("listening"))).unwrap();
        let listening_after = began.elapsed();
        let address = line.rsplit_once(' ').unwrap().1.trim_start_matches("http://").trim_start_matches("https://").to_owned();
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, address, listening_after }
    }

    /// Gives the CPU time that it used, its children's not counted.
    pub(crate) fn cpu(&self) -> Duration {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        // Fields 14 and 15 after the name in brackets, in ticks of 10 ms.
        let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
        let ticks: u64 = fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap();
        Duration::from_millis(ticks * 10)
    }

    /// Gives the memory that it holds, in MB.
    pub(crate) fn resident_mb(&self) -> f64 {
        resident_mb(self.child.id()).unwrap()
    }

    /// Ends it as Ctrl-C does, so that it writes its report.
    pub(crate) fn interrupt(mut self) {
        Command::new("kill").args(["-INT", &self.child.id().to_string()]).status().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // One that has ended already cannot be killed, which is well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs a command to its end and gives its time; panics where its exit code is another than wanted.
pub(crate) fn timed(command: &mut Command, exit: i32) -> Duration {
    let began = Instant::now();
    let output = command.output().unwrap();
    let elapsed = began.elapsed();
    let text = String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(exit), "{text}");
    elapsed
}

/// A command that has ended, and what it held meanwhile.
pub(crate) struct Watched {
    pub(crate) took: Duration,
    /// Memory in MB, each looked at so long after the start.
    held_mb: Vec<(Duration, f64)>,
    /// What it said.
    pub(crate) output: String,
}

impl Watched {
    /// Gives the memory that it held after a part of its time, in MB.
    pub(crate) fn resident_mb_at(&self, part: f64) -> f64 {
        let at = self.took.mul_f64(part);
        self.held_mb.iter().rfind(|(after, _)| *after <= at).or(self.held_mb.first()).map_or(f64::NAN, |(_, mb)| *mb)
    }
}

/// Runs a command to its end and looks at its memory meanwhile.
pub(crate) fn watched(command: &mut Command) -> Watched {
    let began = Instant::now();
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let read = |mut output: Box<dyn Read + Send>| {
        std::thread::spawn(move || {
            let mut text = String::new();
            output.read_to_string(&mut text).unwrap();
            text
        })
    };
    let (output, talk) = (read(Box::new(child.stdout.take().unwrap())), read(Box::new(child.stderr.take().unwrap())));
    let mut held_mb = Vec::new();
    while child.try_wait().unwrap().is_none() {
        // One that is just ending has none any more.
        held_mb.extend(resident_mb(child.id()).map(|mb| (began.elapsed(), mb)));
        std::thread::sleep(Duration::from_millis(20));
    }
    let took = began.elapsed();
    let output = talk.join().unwrap() + &output.join().unwrap();
    Watched { took, held_mb, output }
}

fn resident_mb(process: u32) -> Option<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    line.split_whitespace().nth(1)?.parse::<f64>().ok().map(|kb| kb / 1024.0)
}

/// Gives the middle of several times.
pub(crate) fn median(times: usize, mut measure: impl FnMut() -> Duration) -> Duration {
    let mut all: Vec<Duration> = (0..times).map(|_| measure()).collect();
    all.sort_unstable();
    all[all.len() / 2]
}
