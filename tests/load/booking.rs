//! The simulated provider of booking under the load of many consumers: each searches, books, reads and cancels, again and again.

use crate::load::{Went, gathered, is_whole};
use crate::process::Served;
use crate::{Size, identity, row};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use counterpart_keys::Usage;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::io::{Read, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// Consumers that ask at the same time, each with an ASID of its own.
const CONSUMERS: u64 = 16;
/// Requests of one round: search, book, read, cancel.
const REQUESTS: u64 = 4;

type Stream = tokio_rustls::client::TlsStream<tokio::net::TcpStream>;

pub(crate) fn booking(size: Size, folder: &Path) {
    let server = identity::issue(folder, "server", Usage::Server);
    let client = identity::issue(folder, "client", Usage::Client);
    let text = |path: &Path| path.to_str().unwrap().to_owned();
    let options = [
        "--tls-cert".to_owned(),
        text(&server.cert),
        "--tls-key".to_owned(),
        text(&server.key),
        "--tls-ca".to_owned(),
        text(&client.root),
    ];
    let control = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let packages = official_packages();
    match packages.len() {
        0 => println!("booking: with the pack's own definitions; COUNTERPART_FHIR_PACKAGES=FOLDER adds the official packages"),
        _ => println!("booking: with the official packages of {}", packages.join(", ")),
    }
    let packages = packages.into_iter().flat_map(|package| ["--fhir-package".to_owned(), package]);
    let options = options.into_iter().chain(["--control".to_owned(), control.clone()]).chain(packages).collect::<Vec<_>>();
    let options: Vec<&str> = options.iter().map(String::as_str).collect();
    let pack = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/nhs-booking");
    let served = Served::simulate(&pack, folder, &options);
    let connector = identity::connector(&server, Some(&client));
    let wanted = size.pick(100_000, 100);
    // Warm first, uncounted. Ids of requests are not used twice, since the provider refuses that.
    let _ = ask(&served.address, &connector, wanted, size.pick(2_000, 20));
    let cpu = served.cpu();
    let mut went = ask(&served.address, &connector, 0, wanted);
    let cpu_us = (served.cpu() - cpu).as_secs_f64() * 1e6 / went.answers as f64;
    let (rate, p99_ms, held_mb) = (went.rate(), went.p99_us() / 1e3, served.resident_mb());
    println!("server CPU of a request of booking, the mean of search, book, read and cancel: {cpu_us:.0} us");
    row("booking: requests a second over mutual TLS, recorded and checked", &format!("{rate:.0}"), ">= 2,000", rate >= 2_000.0);
    row("booking: p99", &format!("{p99_ms:.1} ms"), "< 20 ms", p99_ms < 20.0);
    let ready_ms = ready_ms(&served.address, &connector, &control, size.pick(200, 4));
    row("booking: report of an exchange after its answer, p99", &format!("{ready_ms:.1} ms"), "< 50 ms", ready_ms < 50.0);
    row(&format!("booking: memory after {} requests", went.answers), &format!("{held_mb:.0} MB"), "< 150 MB", held_mb < 150.0);
}

/// The STU3 packages that the user has at hand.
fn official_packages() -> Vec<String> {
    let Some(folder) = std::env::var_os("COUNTERPART_FHIR_PACKAGES") else { return Vec::new() };
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let is_package = |file: &std::path::PathBuf| {
        let name = file.file_name().unwrap().to_string_lossy();
        name.ends_with(".tgz") && !name.starts_with("examples-") && (name.contains("STU3") || name.contains("core-3."))
    };
    let mut packages: Vec<String> = files.filter(is_package).map(|file| file.to_str().unwrap().to_owned()).collect();
    packages.sort();
    packages
}

/// The time from an answer until its exchange stands with all findings at the control listener: the 99th percentile, in milliseconds.
fn ready_ms(address: &str, connector: &tokio_rustls::TlsConnector, control: &str, times: u64) -> f64 {
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let mut consumer = Consumer::connect(address, connector, CONSUMERS, 0).await;
        let mut went = Went::default();
        let mut wanted = seen(control);
        for _ in 0..times {
            consumer.round().await;
            wanted += REQUESTS;
            let began = Instant::now();
            while seen(control) < wanted {}
            went.latencies_us.push(u32::try_from(began.elapsed().as_micros()).unwrap_or(u32::MAX));
        }
        went.p99_us() / 1e3
    })
}

/// How many exchanges the control listener gives, each with all its findings.
fn seen(control: &str) -> u64 {
    let mut stream = std::net::TcpStream::connect(control).unwrap();
    let head = format!("GET /_counterpart/exchanges?limit=1 HTTP/1.1\r\nHost: {control}\r\nConnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let body: Value = serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap();
    body["seen"].as_u64().unwrap()
}

fn ask(address: &str, connector: &tokio_rustls::TlsConnector, from: u64, requests: u64) -> Went {
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let began = Instant::now();
        let mut tasks = Vec::new();
        for number in 0..CONSUMERS {
            let mut consumer = Consumer::connect(address, connector, number, from).await;
            tasks.push(tokio::spawn(async move {
                while consumer.went.answers < requests / CONSUMERS {
                    consumer.round().await;
                }
                consumer.went
            }));
        }
        gathered(tasks, began).await
    })
}

struct Consumer {
    stream: Stream,
    number: u64,
    asked: u64,
    address: String,
    went: Went,
}

impl Consumer {
    async fn connect(address: &str, connector: &tokio_rustls::TlsConnector, number: u64, asked: u64) -> Self {
        let stream = tokio::net::TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        let stream = connector.connect("localhost".try_into().unwrap(), stream).await.unwrap();
        Self { stream, number, asked, address: address.to_owned(), went: Went::default() }
    }

    /// Searches, books the first slot, reads the appointment and cancels it.
    async fn round(&mut self) {
        let today = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs() / 86_400;
        let window = format!("start=ge{}T10:00:00%2B00:00&start=le{}T12:00:00%2B00:00", date(today + 1), date(today + 1));
        let path = format!("/Slot?schedule.actor%3Ahealthcareservice=2000005001&{window}&status=free&_include=Slot%3Aschedule");
        let found = self.ask("GET", &path, "search:slot", "organization/slot.read", None, "200").await;
        let slot = found["entry"][0]["resource"].clone();
        let booked = appointment(&slot);
        let booked =
            self.ask("POST", "/Appointment", "create:appointment", "patient/appointment.write", Some(&booked), "201").await;
        let path = format!("/Appointment/{}", booked["id"].as_str().unwrap());
        let mut read = self.ask("GET", &path, "read:appointment", "patient/appointment.read", None, "200").await;
        read["status"] = json!("cancelled");
        self.ask("PUT", &path, "update:appointment", "patient/appointment.write", Some(&read), "200").await;
    }

    async fn ask(&mut self, verb: &str, path: &str, interaction: &str, scope: &str, body: Option<&Value>, status: &str) -> Value {
        let bytes = self.request(verb, path, interaction, scope, body);
        let began = Instant::now();
        self.stream.write_all(&bytes).await.unwrap();
        let mut answer = Vec::with_capacity(16 * 1024);
        while !is_whole(&answer) {
            assert!(self.stream.read_buf(&mut answer).await.unwrap() > 0, "the server closed the connection");
        }
        self.went.note(began);
        assert_eq!(answer.get(9..12), Some(status.as_bytes()), "{}", String::from_utf8_lossy(&answer));
        let body = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4;
        serde_json::from_slice(&answer[body..]).unwrap()
    }

    fn request(&mut self, verb: &str, path: &str, interaction: &str, scope: &str, body: Option<&Value>) -> Vec<u8> {
        self.asked += 1;
        let (host, number, asked) = (&self.address, self.number, self.asked);
        let body = body.map(Value::to_string).unwrap_or_default();
        let id = format!("{number:08x}-0000-4000-8000-{asked:012x}");
        let mut head = format!("{verb} /STU3{path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {}\r\n", token(host, scope));
        let named = format!("Ssp-From: 2000{number:08}\r\nSsp-To: 200000000360\r\nSsp-TraceID: {id}\r\nX-Request-ID: {id}\r\n");
        let interaction = format!("Ssp-InteractionID: urn:nhs:names:services:careconnect:fhir:rest:{interaction}\r\n");
        head.push_str(&(named + &interaction + "Accept: application/fhir+json\r\n"));
        if verb == "PUT" {
            head.push_str("If-Match: W/\"1\"\r\n");
        }
        if !body.is_empty() {
            write!(head, "Content-Type: application/fhir+json\r\nContent-Length: {}\r\n", body.len()).unwrap();
        }
        (head + "\r\n" + &body).into_bytes()
    }
}

/// A date from the days since 1970 (Gregorian calendar).
fn date(days: u64) -> String {
    let day = jiff::civil::date(1970, 1, 1).saturating_add(jiff::Span::new().days(i64::try_from(days).unwrap()));
    day.to_string()
}

/// An unsigned token, made now.
fn token(host: &str, scope: &str) -> String {
    let made = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    let claims = json!({
        "iss": "https://consumer.example.invalid/STU3", "sub": "900000000001", "aud": format!("https://{host}/STU3"), "iat": made,
        "exp": made + Duration::from_secs(300).as_secs(), "reason_for_request": "directcare", "requested_scope": scope,
        "requesting_device": {
            "resourceType": "Device", "model": "Bench", "version": "1",
            "identifier": [{ "system": "https://consumer.example.invalid/Id/device", "value": "BENCH-1" }],
        },
        "requesting_organization": {
            "resourceType": "Organization", "name": "A consumer organisation",
            "identifier": [{ "system": "https://fhir.nhs.uk/Id/ods-organization-code", "value": "ZZ901" }],
        },
    });
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.", part(&json!({ "alg": "none", "typ": "JWT" })), part(&claims))
}

/// A booking of a slot.
fn appointment(slot: &Value) -> Value {
    let mut appointment: Value = serde_json::from_str(include_str!("appointment.json")).unwrap();
    appointment["start"] = slot["start"].clone();
    appointment["end"] = slot["end"].clone();
    appointment["slot"][0]["reference"] = json!(format!("#{}", slot["id"].as_str().unwrap()));
    appointment["contained"].as_array_mut().unwrap().push(slot.clone());
    appointment
}
