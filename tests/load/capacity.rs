//! The simulated back-end of capacity under the load of a hundred centres, its token endpoint, and a day of heartbeats on the virtual clock.

use crate::load::{Load, Went, gathered, is_whole};
use crate::process::{Served, counterpart, watched};
use crate::{Size, identity, row};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use counterpart_keys::Usage;
use serde_json::Value;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio_rustls::TlsConnector;

/// Path of the token endpoint, by the defaults of the pack's settings.
const TOKEN_PATH: &str = "/auth/realms/irc-test/protocol/openid-connect/token";
/// Connections that ask for tokens at the same time.
const ASKERS: usize = 64;

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// One centre of the pack's table, with the credentials of its client.
#[derive(Clone)]
struct Centre {
    name: String,
    client: String,
    secret: String,
}

fn pack() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/irc-capacity")
}

/// The centres of the pack's table; their number is what the target says.
fn centres() -> Vec<Centre> {
    let table = std::fs::read_to_string(pack().join("tables/centres.csv")).unwrap();
    let centre = |line: &str| {
        let fields: Vec<&str> = line.split(',').collect();
        Centre { name: fields[1].to_owned(), client: fields[2].to_owned(), secret: fields[3].to_owned() }
    };
    let centres: Vec<Centre> = table.lines().skip(1).map(centre).collect();
    assert_eq!(centres.len(), 100);
    centres
}

/// The simulated back-end with its token endpoint, at addresses of their own.
struct Simulated {
    served: Served,
    tokens: String,
    tls: Option<TlsConnector>,
}

impl Simulated {
    fn plain(folder: &Path, options: &[&str]) -> Self {
        Self::start(folder, options, None)
    }

    fn with_tls(folder: &Path) -> Self {
        let server = identity::issue(folder, "server", Usage::Server);
        let paths = [server.cert.to_str().unwrap(), server.key.to_str().unwrap()];
        Self::start(folder, &["--tls-cert", paths[0], "--tls-key", paths[1]], Some(identity::connector(&server, None)))
    }

    fn start(folder: &Path, options: &[&str], tls: Option<TlsConnector>) -> Self {
        let tokens = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
        let listen = format!("tokens={tokens}");
        let plain = if tls.is_none() { &["--plain"][..] } else { &[] };
        let options: Vec<&str> = options.iter().chain(plain).chain(&["--listen", &listen]).copied().collect();
        Self { served: Served::simulate(&pack(), folder, &options), tokens, tls }
    }

    async fn connect(&self, address: &str) -> Box<dyn Stream> {
        let stream = tokio::net::TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        match &self.tls {
            None => Box::new(stream),
            Some(tls) => Box::new(tls.connect("localhost".try_into().unwrap(), stream).await.unwrap()),
        }
    }

    /// Fetches a token of each centre.
    async fn tokens_of(&self, centres: &[Centre]) -> Vec<String> {
        let mut stream = self.connect(&self.tokens).await;
        let mut tokens = Vec::new();
        for centre in centres {
            let answer = ask(&mut stream, token_request(centre).as_bytes(), b"200").await;
            let body: Value = serde_json::from_slice(&answer[body_at(&answer)..]).unwrap();
            tokens.push(body["access_token"].as_str().unwrap().to_owned());
        }
        tokens
    }

    /// Lets each centre post events, one after the other over a connection of its own. Numbers go on where the last time ended.
    fn events(self: &Arc<Self>, centres: &[Centre], from: u64, load: Load) -> Went {
        tokio::runtime::Runtime::new().unwrap().block_on(async {
            let tokens = self.tokens_of(centres).await;
            let mut sites = Vec::new();
            for (centre, token) in centres.iter().zip(tokens).take(load.connections) {
                sites.push(Site::new(self.connect(&self.served.address).await, &centre.name, &token, from));
            }
            let began = Instant::now();
            let until = began + load.duration;
            let tasks: Vec<_> = sites.into_iter().map(|site| tokio::spawn(site.post(until))).collect();
            gathered(tasks, began).await
        })
    }

    /// Asks for tokens for a while.
    fn issue(self: &Arc<Self>, centres: &[Centre], load: Load) -> Went {
        tokio::runtime::Runtime::new().unwrap().block_on(async {
            let mut streams = Vec::new();
            for _ in 0..load.connections {
                streams.push(self.connect(&self.tokens).await);
            }
            let began = Instant::now();
            let until = began + load.duration;
            let asker = |(number, mut stream): (usize, Box<dyn Stream>)| {
                let centres: Vec<Centre> = centres.iter().cycle().skip(number).take(centres.len()).cloned().collect();
                tokio::spawn(async move {
                    let mut went = Went::default();
                    for centre in centres.iter().cycle().take_while(|_| Instant::now() < until) {
                        let asked = Instant::now();
                        drop(ask(&mut stream, token_request(centre).as_bytes(), b"200").await);
                        went.note(asked);
                    }
                    went
                })
            };
            let tasks: Vec<_> = streams.into_iter().enumerate().map(asker).collect();
            gathered(tasks, began).await
        })
    }
}

/// A centre that posts events.
struct Site {
    stream: Box<dyn Stream>,
    head: String,
    centre: String,
    number: u64,
}

impl Site {
    fn new(stream: Box<dyn Stream>, centre: &str, token: &str, number: u64) -> Self {
        let head = format!("/irc_entry/{centre}/event HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n");
        let head = format!("POST {head}Content-Type: application/json\r\nContent-Length: ");
        Self { stream, head, centre: centre.to_owned(), number }
    }

    async fn post(mut self, until: Instant) -> Went {
        let mut went = Went::default();
        while Instant::now() < until {
            let body = self.next();
            let request = format!("{}{}\r\n\r\n{body}", self.head, body.len());
            let asked = Instant::now();
            drop(ask(&mut self.stream, request.as_bytes(), b"201").await);
            went.note(asked);
        }
        went
    }

    /// The next event: a person comes, is updated and leaves, a bed goes out and comes back. Each is new to the back-end.
    fn next(&mut self) -> String {
        self.number += 1;
        let round = self.number / 5;
        // Milliseconds tell the moments of one bed or person apart.
        let timestamp = jiff::Timestamp::from_millisecond(1_700_000_000_000 + i64::try_from(self.number).unwrap()).unwrap();
        let person = 9_000_000 + round;
        let event = match self.number % 5 {
            0 => format!(r#""check in","person_id":{person},"cid_id":{round},"gender":"m","nationality":"gbr""#),
            1 => format!(r#""update individual","person_id":{person},"cid_id":{round},"gender":"f","nationality":"fra""#),
            2 => format!(r#""out commission","bed_ref":"B-{round}","reason":"Crime Scene","gender":"f""#),
            3 => format!(r#""in commission","bed_ref":"B-{round}""#),
            _ => format!(r#""check out","person_id":{person}"#),
        };
        format!(r#"{{"operation":{event},"timestamp":"{timestamp}","centre":"{}"}}"#, self.centre)
    }
}

/// Sends a request and reads the whole answer, whose status must be the one given.
async fn ask(stream: &mut Box<dyn Stream>, request: &[u8], status: &[u8]) -> Vec<u8> {
    stream.write_all(request).await.unwrap();
    let mut answer = Vec::with_capacity(4 * 1024);
    while !is_whole(&answer) {
        assert!(stream.read_buf(&mut answer).await.unwrap() > 0, "the server closed the connection");
    }
    assert_eq!(answer.get(9..12), Some(status), "{}\n{}", String::from_utf8_lossy(request), String::from_utf8_lossy(&answer));
    answer
}

fn body_at(answer: &[u8]) -> usize {
    answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4
}

fn token_request(centre: &Centre) -> String {
    let basic = STANDARD.encode(format!("{}:{}", centre.client, centre.secret));
    let body = "grant_type=client_credentials";
    format!(
        "POST {TOKEN_PATH} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Basic {basic}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

pub(crate) fn capacity(size: Size, folder: &Path) {
    let centres = centres();
    events(size, folder, &centres);
    tokens(size, folder, &centres);
    let whole = Day { clock: "virtual", ms: size.pick(86_400_000, 600_000), centres: size.pick(33, 3), limit_s: 60.0 };
    day(folder, &whole);
    // At this speed an hour takes a minute; what is measured is that it keeps up, and is judged.
    let hour = Day { clock: "scaled:60", ms: size.pick(3_600_000, 120_000), centres: size.pick(33, 3), limit_s: 75.0 };
    day(folder, &hour);
}

/// A day, or a part of it, of heartbeats and events, with both sides in one process.
struct Day {
    clock: &'static str,
    ms: u64,
    centres: u64,
    limit_s: f64,
}

/// Plays a day to its end. Where it passes, every check of its rhythm was judged.
fn day(folder: &Path, day: &Day) {
    let mut command = counterpart();
    command.arg("demo").arg(pack()).args(["--clock", day.clock, "--scenario", "irc-capacity/day/centres"]);
    command.args(["--set", &format!("day_ms={}", day.ms), "--set", &format!("many_centres={}", day.centres)]);
    // A token lives an hour: what is measured is the rhythm, not how many signatures a second the machine makes.
    command.args(["--set", "token_life_s=3600", "--out"]).arg(folder.join("day"));
    let watched = watched(&mut command);
    let passed = watched.output.contains("scenarios  1 pass");
    let seconds = watched.took.as_secs_f64();
    let what = format!("capacity: {} h of {} centres, clock {}", day.ms as f64 / 3.6e6, day.centres, day.clock);
    let measured = format!("{seconds:.1} s{}", if passed { "" } else { ", not passed" });
    row(&what, &measured, &format!("< {} s", day.limit_s), passed && seconds < day.limit_s);
    let (half_mb, end_mb) = (watched.resident_mb_at(0.5), watched.resident_mb_at(0.95));
    println!("memory {half_mb:.0} MB at half, {end_mb:.0} MB near the end");
    row(
        &format!("{what}: memory near the end to that at half"),
        &format!("{:.2} x", end_mb / half_mb),
        "<= 1.20 x",
        end_mb <= half_mb * 1.2,
    );
}

/// Events over plain HTTP and over TLS; memory at half of them and at the end.
fn events(size: Size, folder: &Path, centres: &[Centre]) {
    let load = |full_s: u64| Load {
        connections: centres.len(),
        duration: size.pick(Duration::from_secs(full_s), Duration::from_millis(60)),
    };
    for (name, target, simulated) in [
        ("plain HTTP", 10_000.0, Arc::new(Simulated::plain(folder, &[]))),
        ("TLS, keep-alive", 5_000.0, Arc::new(Simulated::with_tls(folder))),
    ] {
        // Warm first, uncounted.
        let warmed = simulated.events(centres, 0, load(2)).answers;
        let cpu = simulated.served.cpu();
        let first = simulated.events(centres, warmed, load(15));
        let half_mb = simulated.served.resident_mb();
        let mut went = simulated.events(centres, warmed + first.answers, load(15));
        let end_mb = simulated.served.resident_mb();
        went.seconds += first.seconds;
        went.add(Went { seconds: 0.0, ..first });
        let cpu_us = (simulated.served.cpu() - cpu).as_secs_f64() * 1e6 / went.answers as f64;
        let (rate, p99_ms) = (went.rate(), went.p99_us() / 1e3);
        println!(
            "server CPU of an event, {name}: {cpu_us:.0} us; p99 {p99_ms:.1} ms; memory {half_mb:.0} MB at half, {end_mb:.0} MB at the end"
        );
        let what = format!("capacity: events a second of 100 centres, {name}, all checked");
        row(&what, &format!("{rate:.0}"), &format!(">= {target:.0}"), rate >= target);
        let what = format!("capacity: memory at the end to that at half of {} events", went.answers);
        let ratio = end_mb / half_mb;
        row(&what, &format!("{ratio:.2} x"), "<= 1.20 x", ratio <= 1.2);
    }
}

/// Tokens, each newly signed: with ES256, and with RS256, of which the machine's signatures are the bound.
fn tokens(size: Size, folder: &Path, centres: &[Centre]) {
    let key = identity::issue(folder, "signer", Usage::Server).key;
    let key = format!("signing_key=file:{}", key.to_str().unwrap());
    token_rate(size, folder, centres, ("ES256", &["--set", "signing_alg=ES256", "--set", &key]));
    token_rate(size, folder, centres, ("RS256", &[]));
}

fn token_rate(size: Size, folder: &Path, centres: &[Centre], (algorithm, options): (&str, &[&str])) {
    let simulated = Arc::new(Simulated::plain(folder, options));
    let load =
        |full_s: u64| Load { connections: ASKERS, duration: size.pick(Duration::from_secs(full_s), Duration::from_millis(60)) };
    let _ = simulated.issue(centres, load(1));
    let cpu = simulated.served.cpu();
    let mut went = simulated.issue(centres, load(8));
    let cpu_us = (simulated.served.cpu() - cpu).as_secs_f64() * 1e6 / went.answers as f64;
    println!("server CPU of a token, {algorithm}: {cpu_us:.0} us; p99 {:.1} ms", went.p99_us() / 1e3);
    let rate = went.rate();
    row(&format!("capacity: tokens a second, {algorithm}"), &format!("{rate:.0}"), ">= 3,000", rate >= 3_000.0);
}
