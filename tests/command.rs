//! The command in a folder of its own, with a deadline, and small systems under test to play against.

use std::ffi::OsStr;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// No command in these tests may take longer.
const DEADLINE: Duration = Duration::from_secs(90);

/// What a command left behind.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ended {
    /// Asserts the exit code, and shows everything where it is another.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "stdout:\n{}\nstderr:\n{}", self.out, self.err);
        self
    }

    /// Asserts that a text was talked.
    #[track_caller]
    pub(crate) fn says(self, text: &str) -> Self {
        assert!(self.err.contains(text), "no `{text}` in stderr:\n{}", self.err);
        self
    }

    /// Asserts that a text is among the data.
    #[track_caller]
    pub(crate) fn gives(self, text: &str) -> Self {
        assert!(self.out.contains(text), "no `{text}` in stdout:\n{}", self.out);
        self
    }
}

/// A command under way.
pub(crate) struct Started {
    child: Child,
    lines: Receiver<String>,
    heard: Vec<String>,
}

impl Started {
    /// Waits for a line of talk that holds a text, and gives it.
    #[track_caller]
    pub(crate) fn hears(&mut self, text: &str) -> String {
        let until = Instant::now() + DEADLINE;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let Ok(line) = self.lines.recv_timeout(left) else { panic!("no `{text}` came, but {:#?}", self.heard) };
            self.heard.push(line.clone());
            if line.contains(text) {
                return line;
            }
        }
    }

    /// Sends a signal by name.
    pub(crate) fn signal(&self, name: &str) {
        // The shell has it built in, on machines without the program too.
        let sent = Command::new("sh").args(["-c", &format!("kill -{name} {}", self.child.id())]).status().unwrap();
        assert!(sent.success());
    }

    /// Waits for the end.
    #[track_caller]
    pub(crate) fn ends(mut self) -> Ended {
        let mut out = String::new();
        let mut stdout = self.child.stdout.take().unwrap();
        let status = wait(&mut self.child);
        stdout.read_to_string(&mut out).unwrap();
        let mut err = self.heard.join("\n");
        err.extend(self.lines.iter().map(|line| format!("\n{line}")));
        Ended { code: status.code(), out, err }
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        // A test that failed leaves nothing running.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[track_caller]
fn wait(child: &mut Child) -> ExitStatus {
    let until = Instant::now() + DEADLINE;
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        if Instant::now() > until {
            child.kill().unwrap();
            panic!("the command did not end within {DEADLINE:?}");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// A working directory of its own.
pub(crate) struct Place(tempfile::TempDir);

impl Place {
    /// An empty folder.
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// A folder with a pack `lamp` as `counterpart new pack` makes it.
    pub(crate) fn with_lamp() -> Self {
        let place = Self::new();
        place.run(["new", "pack", "lamp"]).exits(0);
        place
    }

    /// A folder with a pack of several files.
    pub(crate) fn with_pack(pack: &str, files: &[(&str, &str)]) -> Self {
        let place = Self::new();
        for (path, text) in files {
            place.write(&format!("scenarios/{pack}/{path}"), text);
        }
        place
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// Writes a file, with its folder.
    pub(crate) fn write(&self, path: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    pub(crate) fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.path().join(path)).unwrap()
    }

    /// The command with this folder as its own, without what the environment of the tests says.
    pub(crate) fn command<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_counterpart"));
        command.args(arguments).current_dir(self.path()).stdin(Stdio::null()).env_remove("NO_COLOR");
        command
    }

    /// Runs the command to its end.
    #[track_caller]
    pub(crate) fn run<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Ended {
        ended(self.command(arguments))
    }

    /// Starts the command.
    pub(crate) fn start<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Started {
        started(self.command(arguments))
    }

    /// The run folders in `reports`, oldest first.
    pub(crate) fn runs(&self) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(self.path().join("reports")).into_iter().flatten().flatten();
        let mut found: Vec<(std::time::SystemTime, PathBuf)> = entries
            .filter(|entry| entry.path().is_dir())
            .map(|entry| (entry.metadata().unwrap().modified().unwrap(), entry.path()))
            .collect();
        found.sort();
        found.into_iter().map(|(_, path)| path).collect()
    }

    /// The record of the only run.
    #[track_caller]
    pub(crate) fn record(&self) -> serde_json::Value {
        let runs = self.runs();
        assert_eq!(runs.len(), 1, "{runs:?}");
        record(&runs[0])
    }
}

/// Reads a run's record.
pub(crate) fn record(run: &Path) -> serde_json::Value {
    serde_json::from_slice(&std::fs::read(run.join("run.json")).unwrap()).unwrap()
}

/// Every finding of a record that is no pass, as check and outcome.
pub(crate) fn findings(record: &serde_json::Value) -> Vec<(String, String)> {
    let steps = record["scenarios"].as_array().unwrap().iter();
    let steps = steps.flat_map(|scenario| scenario["attempts"].as_array().unwrap());
    let steps = steps.flat_map(|attempt| attempt["steps"].as_array().unwrap());
    let found = steps.flat_map(|step| step["findings"].as_array().unwrap());
    let text = |finding: &serde_json::Value, key: &str| finding[key].as_str().unwrap_or_default().to_owned();
    found.map(|finding| (text(finding, "check"), text(finding, "outcome"))).collect()
}

/// Starts a command that goes on until it is told to end.
pub(crate) fn started(mut command: Command) -> Started {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let stderr = child.stderr.take().unwrap();
    let (sender, lines) = channel();
    std::thread::spawn(move || {
        use std::io::BufRead;
        for line in std::io::BufReader::new(stderr).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    Started { child, lines, heard: Vec::new() }
}

/// Runs a command to its end, reading both its streams.
#[track_caller]
pub(crate) fn ended(mut command: Command) -> Ended {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let read = |mut stream: Box<dyn Read + Send>| {
        std::thread::spawn(move || {
            let mut bytes = Vec::new();
            stream.read_to_end(&mut bytes).unwrap();
            String::from_utf8(bytes).unwrap()
        })
    };
    let out = read(Box::new(child.stdout.take().unwrap()));
    let err = read(Box::new(child.stderr.take().unwrap()));
    let status = wait(&mut child);
    Ended { code: status.code(), out: out.join().unwrap(), err: err.join().unwrap() }
}

/// Gives a port that was free a moment ago.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A system under test that does to each connection what it is told, once a request has come.
pub(crate) struct Sut {
    pub(crate) url: String,
}

impl Sut {
    /// Calls `answer` for each connection that brings a request, with the request's bytes.
    pub(crate) fn new(answer: impl Fn(&mut TcpStream, &[u8]) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let answer = std::sync::Arc::new(answer);
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let answer = std::sync::Arc::clone(&answer);
                std::thread::spawn(move || {
                    stream.set_read_timeout(Some(DEADLINE)).unwrap();
                    let request = request(&mut stream);
                    if !request.is_empty() {
                        answer(&mut stream, &request);
                    }
                });
            }
        });
        Self { url }
    }

    /// Answers every request with the same bytes and closes.
    pub(crate) fn saying(bytes: impl Into<Vec<u8>>) -> Self {
        let bytes = bytes.into();
        // A peer that has heard enough and goes away is part of the test.
        Self::new(move |stream, _| drop(stream.write_all(&bytes)))
    }

    /// Answers every request with a head of its own and a JSON body.
    pub(crate) fn json(body: impl AsRef<[u8]>) -> Self {
        let body = body.as_ref();
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            body.len()
        );
        Self::saying([head.as_bytes(), body].concat())
    }

    /// A lamp that works.
    pub(crate) fn lamp() -> Self {
        Self::new(|stream, request| {
            let text = String::from_utf8_lossy(request);
            let body = if text.ends_with("true}") { "{\"on\":true}" } else { "{\"on\":false}" };
            let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: ";
            drop(write!(stream, "{head}{}\r\n\r\n{body}", body.len()));
        })
    }
}

/// Reads a request with its body, as far as its head says how long it is.
fn request(stream: &mut TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut piece = [0; 4096];
    loop {
        let Ok(count) = stream.read(&mut piece) else { return Vec::new() };
        bytes.extend_from_slice(&piece[..count]);
        let text = String::from_utf8_lossy(&bytes).to_lowercase();
        let whole = text.find("\r\n\r\n").is_some_and(|end| {
            let length = text.split("content-length: ").nth(1).and_then(|rest| rest.split("\r\n").next()?.parse::<usize>().ok());
            bytes.len() >= end + 4 + length.unwrap_or(0)
        });
        if count == 0 || whole {
            return bytes;
        }
    }
}
