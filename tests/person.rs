//! A person at a terminal, who makes the system under test act. `script` (util-linux) gives the command a terminal.

use crate::command::Place;
use std::io::{Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

const DEADLINE: Duration = Duration::from_secs(90);

/// A command at a terminal, with what it showed so far.
struct Terminal {
    child: Child,
    keys: ChildStdin,
    pieces: Receiver<String>,
    shown: String,
}

impl Terminal {
    fn new(place: &Place, arguments: &str) -> Self {
        let line = format!("{} {arguments}", env!("CARGO_BIN_EXE_counterpart"));
        let mut command = Command::new("script");
        command.args(["-qec", &line, "/dev/null"]).current_dir(place.path()).env("TERM", "xterm");
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (keys, mut screen) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let (sender, pieces) = channel();
        std::thread::spawn(move || {
            let mut piece = [0; 4096];
            while let Ok(count @ 1..) = screen.read(&mut piece) {
                if sender.send(String::from_utf8_lossy(&piece[..count]).into_owned()).is_err() {
                    return;
                }
            }
        });
        Self { child, keys, pieces, shown: String::new() }
    }

    #[track_caller]
    fn shows(&mut self, text: &str) {
        let until = Instant::now() + DEADLINE;
        while !self.shown.contains(text) {
            let piece = self.pieces.recv_timeout(until.saturating_duration_since(Instant::now()));
            let Ok(piece) = piece else { panic!("no `{text}` on the screen:\n{}", self.shown) };
            self.shown.push_str(&piece);
        }
    }

    fn types(&mut self, text: &str) {
        self.keys.write_all(text.as_bytes()).unwrap();
        self.keys.flush().unwrap();
    }

    /// Waits for the end while the terminal stays open: nobody should have to press a key for that.
    #[track_caller]
    fn ends(mut self) -> (Option<i32>, String) {
        let until = Instant::now() + DEADLINE;
        loop {
            self.shown.extend(self.pieces.try_iter());
            if let Some(status) = self.child.try_wait().unwrap() {
                self.shown.extend(self.pieces.iter());
                return (status.code(), std::mem::take(&mut self.shown));
            }
            assert!(Instant::now() < until, "it did not end:\n{}", self.shown);
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // A test that failed leaves nothing running.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A lamp of ours, and a remote control under test whose button a person presses.
fn place() -> Option<Place> {
    if Command::new("script").arg("--version").output().is_err() {
        eprintln!("left out: `script` is not installed");
        return None;
    }
    let place = Place::with_lamp();
    let pack = place.read("scenarios/lamp/pack.yaml");
    place.write("scenarios/lamp/pack.yaml", pack + "actions:\n  - { name: press, does: Press the button of the remote control., roles: [provider], arguments: { times: how often }, returns: { type: object, properties: { channel: { type: string } } } }\n");
    let requirements = place.read("scenarios/lamp/requirements.yaml");
    place.write("scenarios/lamp/requirements.yaml", requirements + "  - { id: R3, level: must, basis: published, text: The button switches the lamp on., source: MANUAL section 3, roles: provider }\n");
    let scenario = "id: lamp/button/press\ntitle: The button switches on\npurpose: A button is there to be pressed.\nrole: provider\ncovers: [R3]\nneeds: { actions: [press] }\nsteps:\n  - ask: { action: press, with: { times: 2 } }\n    capture: { channel: { hook: /channel } }\n  - await: { request: { method: PUT, path: /lamp }, within: 5s }\n    expect: [{ id: switches-on, requirement: R3, that: { json: /on, equals: true }, hint: Send true. }]\n  - assert: { that: [{ id: channel-known, requirement: R3, that: { expr: \"channel == 'seven 7'\" }, hint: h }] }\n";
    place.write("scenarios/lamp/button/press.yaml", scenario);
    place.run(["check"]).exits(0);
    Some(place)
}

fn press(port: u16, on: bool) {
    let mut stream = std::net::TcpStream::connect(("127.0.0.1", port)).unwrap();
    let body = format!("{{\"on\":{on}}}");
    write!(stream, "PUT /lamp HTTP/1.1\r\nHost: x\r\nX-Channel: seven 7\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}", body.len()).unwrap();
    stream.read_to_string(&mut String::new()).unwrap();
}

fn run(place: &Place) -> (Terminal, u16) {
    let port = crate::command::free_port();
    let mut terminal = Terminal::new(place, &format!("run lamp --role provider --plain --listen 127.0.0.1:{port}"));
    terminal.shows("--> press (lamp/button/press, step 1): Press the button of the remote control.");
    terminal.shows("times: 2");
    terminal.shows(&format!("call lamp at http://127.0.0.1:{port}"));
    terminal.shows("300 s left");
    (terminal, port)
}

#[test]
fn a_person_is_told_what_to_do_and_sees_what_came() {
    let Some(place) = place() else { return };
    let (mut terminal, port) = run(&place);
    terminal.shows("waiting for you: press, 29");
    press(port, true);
    terminal.shows("<- PUT /lamp: 200");
    terminal.shows("type the `channel` that came back");
    terminal.types("seven 7\n");
    let (code, shown) = terminal.ends();
    assert_eq!(code, Some(0), "{shown}");
    assert!(shown.contains("ok lamp/button/press") && shown.contains("PASS"), "{shown}");
}

#[test]
fn a_person_sees_a_failure_at_once() {
    let Some(place) = place() else { return };
    let (mut terminal, port) = run(&place);
    press(port, false);
    terminal.shows("FAIL lamp/button/press#switches-on");
    terminal.types("seven 7\n");
    let (code, shown) = terminal.ends();
    assert_eq!(code, Some(1), "{shown}");
}

/// A request that comes while the person still types waits for what is typed, as it waits for a hook.
#[test]
fn a_request_waits_for_what_a_person_types() {
    let Some(place) = place() else { return };
    let pack = place.read("scenarios/lamp/pack.yaml");
    place.write("scenarios/lamp/pack.yaml", pack + "correlate: request.headers[\"x-channel\"][0]\n");
    let scenario = place.read("scenarios/lamp/button/press.yaml");
    let binding = scenario
        .replace(
            "    capture: { channel: { hook: /channel } }\n",
            "    capture: { channel: { hook: /channel } }\n    binds: [channel]\n",
        )
        .replace("within: 5s }", "within: 60s, respond: [{ status: 200, headers: { X-Channel: '{{channel}}' } }] }");
    assert_ne!(scenario, binding);
    place.write("scenarios/lamp/button/press.yaml", binding);
    place.run(["check"]).exits(0);
    let (mut terminal, port) = run(&place);
    let pressing = std::thread::spawn(move || press(port, true));
    // Longer than any hook is waited for.
    std::thread::sleep(Duration::from_secs(5));
    terminal.types("seven 7\n");
    let (code, shown) = terminal.ends();
    assert_eq!(code, Some(0), "{shown}");
    pressing.join().unwrap();
}

#[test]
fn a_person_can_say_no() {
    let Some(place) = place() else { return };
    let (mut terminal, _) = run(&place);
    terminal.types("no\n");
    let (code, shown) = terminal.ends();
    assert_eq!(code, Some(3), "{shown}");
    assert!(shown.contains("the person said no"), "{shown}");
}

#[test]
fn without_hook_and_person_the_scenario_is_left_out() {
    let Some(place) = place() else { return };
    let ended = place.run(["run", "lamp", "--role", "provider", "--plain"]);
    assert!(ended.out.contains("1 skipped"), "{}\n{}", ended.out, ended.err);
    assert!(ended.out.contains("no hook and no person for action `press`"), "{}", ended.out);
}
