//! The load: keep-alive connections, each asking as soon as it has its answer.

use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// What was asked for, and how it went.
#[derive(Default)]
pub(crate) struct Went {
    pub(crate) answers: u64,
    pub(crate) seconds: f64,
    pub(crate) latencies_us: Vec<u32>,
}

impl Went {
    pub(crate) fn rate(&self) -> f64 {
        self.answers as f64 / self.seconds
    }

    pub(crate) fn p99_us(&mut self) -> f64 {
        self.latencies_us.sort_unstable();
        self.latencies_us.get(self.latencies_us.len() * 99 / 100).copied().map_or(0.0, f64::from)
    }

    /// Counts an answer to what was asked at a moment.
    pub(crate) fn note(&mut self, asked: Instant) {
        self.answers += 1;
        self.latencies_us.push(u32::try_from(asked.elapsed().as_micros()).unwrap_or(u32::MAX));
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.answers += other.answers;
        self.seconds += other.seconds;
        self.latencies_us.extend(other.latencies_us);
    }
}

/// How much load.
#[derive(Clone, Copy)]
pub(crate) struct Load {
    pub(crate) connections: usize,
    pub(crate) duration: Duration,
}

/// A request with the status that must come.
pub(crate) type Asked = (Vec<u8>, &'static [u8]);

/// The three requests of the three rules.
pub(crate) fn mixed() -> Vec<Asked> {
    let get = |path: &str| format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n").into_bytes();
    vec![(get("/static"), b"200"), post(r#"{"kind":"echo","id":"a-1"}"#), (get("/other"), b"404")]
}

pub(crate) fn post(body: &str) -> Asked {
    let head = "POST /echo HTTP/1.1\r\nHost: localhost\r\nX-Kind: echo\r\nContent-Type: application/json\r\n";
    (format!("{head}Content-Length: {}\r\n\r\n{body}", body.len()).into_bytes(), b"201")
}

/// Asks for a while.
pub(crate) fn ask(address: &str, tls: Option<tokio_rustls::TlsConnector>, requests: Vec<Asked>, load: Load) -> Went {
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let requests = Arc::new(requests);
        let began = Instant::now();
        let until = began + load.duration;
        let mut tasks = Vec::new();
        for number in 0..load.connections {
            let stream = tokio::net::TcpStream::connect(address).await.unwrap();
            stream.set_nodelay(true).unwrap();
            let (requests, tls) = (Arc::clone(&requests), tls.clone());
            tasks.push(tokio::spawn(async move {
                match tls {
                    None => one(stream, &requests, number, until).await,
                    Some(tls) => {
                        let stream = tls.connect("localhost".try_into().unwrap(), stream).await.unwrap();
                        one(stream, &requests, number, until).await
                    }
                }
            }));
        }
        gathered(tasks, began).await
    })
}

async fn one(mut stream: impl AsyncRead + AsyncWrite + Unpin, requests: &[Asked], from: usize, until: Instant) -> Went {
    let mut went = Went::default();
    let mut buffer = Vec::with_capacity(16 * 1024);
    for (bytes, status) in requests.iter().cycle().skip(from) {
        let began = Instant::now();
        if began >= until {
            break;
        }
        stream.write_all(bytes).await.unwrap();
        buffer.clear();
        loop {
            assert!(stream.read_buf(&mut buffer).await.unwrap() > 0, "the server closed the connection");
            if is_whole(&buffer) {
                break;
            }
        }
        assert_eq!(buffer.get(9..12), Some(*status), "{}", String::from_utf8_lossy(&buffer));
        went.note(began);
    }
    went
}

/// Tells whether a response is there, head and body.
pub(crate) fn is_whole(bytes: &[u8]) -> bool {
    let mut fields = [httparse::EMPTY_HEADER; 32];
    let mut response = httparse::Response::new(&mut fields);
    let Ok(httparse::Status::Complete(head)) = response.parse(bytes) else { return false };
    let length = response.headers.iter().find(|field| field.name.eq_ignore_ascii_case("content-length"));
    let length = length.and_then(|field| std::str::from_utf8(field.value).ok()).and_then(|text| text.parse::<usize>().ok());
    bytes.len() >= head + length.unwrap()
}

/// Waits for all that ask, and sums up what they met since a moment.
pub(crate) async fn gathered(tasks: Vec<tokio::task::JoinHandle<Went>>, began: Instant) -> Went {
    let mut went = Went::default();
    for task in tasks {
        went.add(task.await.unwrap());
    }
    went.seconds = began.elapsed().as_secs_f64();
    went
}
