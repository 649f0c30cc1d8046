//! A peer, a workspace whose hooks lead to it, and the command against both. What is of one program only stands in `programs.rs`.

mod programs;

pub(crate) use programs::Program;
use serde_json::Value;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::mpsc::channel;
use std::time::Duration;
use tempfile::TempDir;

/// The longest that a peer may take to listen, and a run of the command to end.
const READY: Duration = Duration::from_secs(60);
const DEADLINE: Duration = Duration::from_secs(240);

/// Ports that are tried for one peer before its test gives up.
const PORTS_TRIED: usize = 200;

/// Secrets as the environment gives them, so that none stands on a command line.
const SECRETS: [(&str, &str); 3] = [
    ("PEER_SECRET", "secret:of%the+first-peer"),
    ("PEER_SECRET_SECOND", "secret-of-the-second-peer"),
    ("PEER_SECRET_OTHER", "secret-of-another-environment"),
];

pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The command under test.
pub(crate) fn counterpart() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_counterpart"));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).envs(SECRETS);
    command
}

/// Two test authorities: the agreed one, and one that nobody knows. Made once for all tests.
pub(crate) fn authorities() -> &'static (PathBuf, PathBuf) {
    static MADE: OnceLock<(TempDir, (PathBuf, PathBuf))> = OnceLock::new();
    &MADE
        .get_or_init(|| {
            let folder = TempDir::new().unwrap();
            let make = |name: &str| {
                let dir = folder.path().join(name);
                let output = finished(counterpart().args(["certs", "init", "--dir"]).arg(&dir));
                assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
                dir
            };
            let both = (make("known"), make("unknown"));
            (folder, both)
        })
        .1
}

/// Runs a command to its end, within the deadline.
pub(crate) fn finished(command: &mut Command) -> Output {
    let mut child = Running(command.spawn().unwrap());
    let (out, err) = (drained(child.0.stdout.take()), drained(child.0.stderr.take()));
    // The pipes end when the program does; the thread that reads them needs no sleep.
    let stdout = out.recv_timeout(DEADLINE).unwrap_or_else(|_| panic!("{command:?} did not end in time"));
    let stderr = err.recv_timeout(DEADLINE).unwrap_or_default();
    let status = child.0.wait().unwrap();
    Output { status, stdout, stderr }
}

fn drained(pipe: Option<impl Read + Send + 'static>) -> std::sync::mpsc::Receiver<Vec<u8>> {
    let (sender, receiver) = channel();
    let mut pipe = pipe.unwrap();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = pipe.read_to_end(&mut bytes);
        let _ = sender.send(bytes);
    });
    receiver
}

/// A program that is ended when nobody looks at it any more.
pub(crate) struct Running(pub(crate) Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A peer that is ready.
pub(crate) struct Peer {
    pub(crate) program: Program,
    pub(crate) folder: TempDir,
    /// Its own port where it listens.
    pub(crate) port: u16,
    pub(crate) control: u16,
    /// Where we listen, one for each endpoint, where the peer must know it from the start.
    doors: Vec<u16>,
    running: Running,
}

impl Peer {
    /// Starts a peer with these options beside the usual ones.
    pub(crate) fn start(program: Program, options: &[&str]) -> Self {
        let folder = TempDir::new().unwrap();
        for name in programs::FOLDERS {
            std::fs::create_dir(folder.path().join(name)).unwrap();
        }
        let doors = free_ports(program.endpoints().len());
        let mut command = Command::new("python3");
        command.arg(root().join("tests/peers").join(program.file())).envs(SECRETS).stdin(Stdio::null());
        command.args(["--client-id", "peer-id", "--client-secret", "env:PEER_SECRET", "--quiet"]);
        program.prepare(&mut command, folder.path(), &doors);
        command.args(options).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut running = Running(command.spawn().unwrap_or_else(|error| {
            panic!("python3 could not be started ({error}): the peers need it, and `.ci/run` installs it")
        }));
        let ports = ready(&mut running);
        let control = *ports.last().expect("the peer did not start");
        Self { program, folder, port: ports[0], control, doors, running }
    }

    /// Ends the peer; its ports are closed from here on.
    pub(crate) fn stop(&mut self) {
        let _ = self.running.0.kill();
        let _ = self.running.0.wait();
    }

    /// Gives the hooks that make this peer act.
    pub(crate) fn hooks(&self) -> String {
        let listed = finished(counterpart().current_dir(root()).args(["list", self.program.pack(), "--actions", "--json"]));
        let actions: Value = serde_json::from_slice(&listed.stdout).unwrap();
        let mut text = "[hooks]\n".to_owned();
        for action in actions["actions"].as_array().unwrap() {
            let name = action["id"].as_str().unwrap();
            writeln!(text, "{name} = {{ http = \"http://127.0.0.1:{}/{name}\" }}", self.control).unwrap();
        }
        text
    }

    /// Gives the command that judges this peer with a workspace file of its own.
    pub(crate) fn judge(&self, hooks: &str) -> Command {
        let mut command = self.command("run", &format!("https://127.0.0.1:{}", self.port), hooks);
        command.args(self.program.run_options()).args(["--format", "json", "--out"]).arg(self.folder.path().join("out"));
        self.program.limits().iter().for_each(|limit| {
            command.args(["--set", limit]);
        });
        for (endpoint, port) in self.program.endpoints().iter().zip(&self.doors) {
            command.args(["--listen", &format!("{endpoint}=127.0.0.1:{port}")]);
        }
        command
    }

    /// Gives a command with the workspace of this peer; `target` is what it calls in role consumer.
    pub(crate) fn command(&self, verb: &str, target: &str, hooks: &str) -> Command {
        let (known, unknown) = authorities();
        let kind = if self.program == Program::Force { "client" } else { "server" };
        let workspace = format!(
            "[settings]\nclient_id = \"peer-id\"\nclient_secret = \"env:PEER_SECRET\"\nsecond_client_id = \"peer-id-second\"\n\
             second_client_secret = \"env:PEER_SECRET_SECOND\"\n{settings}\n\
             [tls]\nauthority = \"{known}\"\n[tls.other.unknown]\ncert = \"{unknown}/{kind}.pem\"\nkey = \"{unknown}/{kind}-key.pem\"\n\
             {credentials}{hooks}",
            credentials = self.program.credentials(),
            settings = self.program.settings(self.folder.path()),
            known = known.display(),
            unknown = unknown.display(),
        );
        let path = self.folder.path().join("counterpart.toml");
        std::fs::write(&path, workspace).unwrap();
        let mut command = counterpart();
        command.current_dir(root()).args([verb, self.program.pack(), "--role", self.program.role(), "--workspace"]).arg(path);
        match self.program.speed() {
            None => command.args(["--target", target]),
            Some(speed) => command.args(["--clock", &format!("scaled:{speed}")]),
        };
        if self.program.speed().is_some() && self.doors.is_empty() {
            command.args(["--listen", "127.0.0.1:0"]);
        }
        command
    }
}

/// Gives ports that nobody listens at now, below those that the machine gives to callers: one of those is soon taken by a call.
fn free_ports(count: usize) -> Vec<u16> {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    // Test programs of two worktrees begin at different ports.
    let first = 20_000 + u16::try_from(std::process::id() % 100).unwrap() * 100;
    let numbers = std::iter::repeat_with(|| first + NEXT.fetch_add(1, Ordering::Relaxed)).take(PORTS_TRIED);
    let free: Vec<u16> = numbers.filter(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok()).take(count).collect();
    assert_eq!(free.len(), count, "no ports are free above {first}");
    free
}

/// Waits for the line by which a peer says that it is ready; gives the ports that it names.
fn ready(running: &mut Running) -> Vec<u16> {
    let (sender, receiver) = channel();
    let pipe = running.0.stdout.take().unwrap();
    std::thread::spawn(move || {
        let mut line = String::new();
        let _ = BufReader::new(pipe).read_line(&mut line);
        let _ = sender.send(line);
    });
    let line = receiver.recv_timeout(READY).expect("the peer is not ready in time");
    line.split_whitespace().skip(1).map(|word| word.parse().unwrap()).collect()
}

/// What a run came to.
pub(crate) struct Judged {
    pub(crate) exit: Option<i32>,
    pub(crate) record: Value,
    pub(crate) talk: String,
}

impl Judged {
    /// Runs the command and reads the one record that it wrote.
    pub(crate) fn by(peer: &Peer, command: &mut Command) -> Self {
        let output = finished(command);
        let talk = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        let folders = std::fs::read_dir(peer.folder.path().join("out")).unwrap_or_else(|_| panic!("no run was made:\n{talk}"));
        let record = folders.map(|entry| entry.unwrap().path().join("run.json")).find(|path| path.is_file());
        let text = std::fs::read_to_string(record.unwrap_or_else(|| panic!("there is no record:\n{talk}"))).unwrap();
        Self { exit: output.status.code(), record: serde_json::from_str(&text).unwrap(), talk }
    }

    pub(crate) fn verdict(&self) -> &str {
        self.record["verdict"].as_str().unwrap()
    }

    pub(crate) fn scenarios(&self) -> impl Iterator<Item = &Value> {
        self.record["scenarios"].as_array().unwrap().iter()
    }

    /// Gives every finding that has this effect, as requirement and words.
    pub(crate) fn findings(&self, effect: &str) -> Vec<(String, String)> {
        let steps = self.scenarios().flat_map(|scenario| list(&scenario["attempts"])).flat_map(|attempt| list(&attempt["steps"]));
        let findings = steps.flat_map(|step| list(&step["findings"])).chain(list(&self.record["unexpected-findings"]));
        let wanted = findings.filter(|finding| finding["outcome"] == "fail" && finding["effect"] == effect);
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        wanted
            .map(|finding| {
                let words =
                    format!("{} ({}): {}", text(&finding["requirement"]), text(&finding["check"]), text(&finding["message"]));
                (text(&finding["requirement"]), words)
            })
            .collect()
    }
}

/// Gives the members of a list; none where it is none.
pub(crate) fn list(value: &Value) -> std::slice::Iter<'_, Value> {
    value.as_array().map_or_else(|| [].iter(), |members| members.iter())
}
