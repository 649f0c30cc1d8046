//! TLS 1.0 and 1.1, which rustls does not speak: a ClientHello and a ServerHello made by hand (RFC 2246, RFC 4346).

use crate::client::Timeouts;
use crate::hello::version_name;
use crate::line::outcome_of;
use crate::stream::Network;
use crate::tls::alert_name;
use counterpart_evidence::{Alert, Outcome, TlsSide};
use std::io;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;

/// An old version to offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OldVersion {
    /// TLS 1.0.
    Tls10,
    /// TLS 1.1.
    Tls11,
}

/// What a server made of an old ClientHello.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OldProbe {
    /// `tls-alert`, `closed` or `reset` where it refused; `answered` where it agreed.
    pub outcome: Outcome,
    /// The alert.
    pub alert: Option<Alert>,
    /// The version that it agreed to.
    pub version: Option<String>,
    /// Why it ended so.
    pub reason: Option<String>,
}

/// Offers a server an old version at most, and reads what it makes of it.
pub async fn probe_old_tls(
    network: &Network,
    address: &str,
    server_name: &str,
    version: OldVersion,
    timeouts: Timeouts,
) -> OldProbe {
    let ended = |outcome, reason: String| OldProbe { outcome, alert: None, version: None, reason: Some(reason) };
    let mut stream = match timeout(timeouts.connect, network.connect(address)).await {
        Ok(Ok((stream, _, _))) => stream,
        Ok(Err(error)) => return ended(outcome_of(error.kind()), error.to_string()),
        Err(_) => return ended(Outcome::Timeout, "connecting took too long".to_owned()),
    };
    let exchange = async {
        stream.write_all(&client_hello(server_name, version)).await?;
        stream.flush().await?;
        let mut head = [0; 5];
        stream.read_exact(&mut head).await?;
        let mut body = vec![0; usize::from(u16::from_be_bytes([head[3], head[4]])).min(20_000)];
        stream.read_exact(&mut body).await?;
        Ok::<_, io::Error>((head[0], body))
    };
    match timeout(timeouts.response, exchange).await {
        Err(_) => ended(Outcome::Timeout, "nothing came in answer to the ClientHello".to_owned()),
        Ok(Err(error)) if error.kind() == io::ErrorKind::UnexpectedEof => {
            ended(Outcome::Closed, "the connection was closed".to_owned())
        }
        Ok(Err(error)) => ended(outcome_of(error.kind()), error.to_string()),
        Ok(Ok((21, body))) => OldProbe { outcome: Outcome::TlsAlert, alert: alert(&body), version: None, reason: None },
        Ok(Ok((22, body))) => {
            // ServerHello: type, 24-bit length, then the version agreed.
            let number = usize::from(body.get(4).copied().unwrap_or(0)) << 8 | usize::from(body.get(5).copied().unwrap_or(0));
            OldProbe {
                outcome: Outcome::Answered,
                alert: None,
                version: version_name(number),
                reason: Some("the server agreed to an old version".to_owned()),
            }
        }
        Ok(Ok(_)) => ended(Outcome::Malformed, "what came is no TLS record".to_owned()),
    }
}

fn alert(body: &[u8]) -> Option<Alert> {
    let number = *body.get(1)?;
    Some(Alert { side: TlsSide::Peer, description: alert_name(rustls::AlertDescription::from(number)) })
}

/// Makes a ClientHello that offers nothing newer than an old version, with the suites that such servers spoke.
fn client_hello(server_name: &str, version: OldVersion) -> Vec<u8> {
    let number: [u8; 2] = match version {
        OldVersion::Tls10 => [3, 1],
        OldVersion::Tls11 => [3, 2],
    };
    // ECDHE and plain RSA with AES-CBC and 3DES: what TLS 1.1 servers had in common (RFC 4346 §A.5, RFC 4492 §6).
    const SUITES: [u16; 10] = [0xc009, 0xc00a, 0xc013, 0xc014, 0x0033, 0x0039, 0x002f, 0x0035, 0x000a, 0x00ff];
    let vector = |length_bytes: usize, content: &[u8]| {
        let length = content.len().to_be_bytes();
        [length.get(length.len() - length_bytes..).unwrap_or_default(), content].concat()
    };
    let extension = |kind: u16, content: &[u8]| [&kind.to_be_bytes()[..], &vector(2, content)].concat();
    let mut extensions = Vec::new();
    if server_name.parse::<std::net::IpAddr>().is_err() {
        let name = [&[0][..], &vector(2, server_name.as_bytes())].concat();
        extensions.extend(extension(0, &vector(2, &name)));
    }
    extensions.extend(extension(10, &vector(2, &[0, 23, 0, 24, 0, 25])));
    extensions.extend(extension(11, &vector(1, &[0])));
    let suites: Vec<u8> = SUITES.iter().flat_map(|suite| suite.to_be_bytes()).collect();
    // The random bytes protect nothing here: no key is ever made from them.
    let body =
        [&number[..], &[0x43; 32], &vector(1, &[]), &vector(2, &suites), &vector(1, &[0]), &vector(2, &extensions)].concat();
    let message = [&[1][..], &vector(3, &body)].concat();
    [&[22, 3, 1][..], &vector(2, &message)].concat()
}

/// Answers a ClientHello with a ServerHello of TLS 1.1.
pub(crate) async fn old_server_hello(stream: &mut (impl AsyncWrite + Unpin)) -> io::Result<()> {
    // RFC 5746 §3.6: without an empty `renegotiation_info` clients end the handshake whatever the version, and nothing is learnt.
    let renegotiation_info = [0, 5, 0xff, 1, 0, 1, 0];
    let body = [&[3, 2][..], &[0x53; 32], &[0], &[0, 0x2f], &[0], &renegotiation_info].concat();
    let length = u16::try_from(body.len()).unwrap_or(u16::MAX).to_be_bytes();
    let message = [&[2, 0, length[0], length[1]][..], &body].concat();
    let length = u16::try_from(message.len()).unwrap_or(u16::MAX).to_be_bytes();
    stream.write_all(&[&[22, 3, 2, length[0], length[1]][..], &message].concat()).await?;
    stream.flush().await
}

/// Reads what a client makes of an old ServerHello.
pub(crate) async fn read_reaction(stream: &mut (impl AsyncRead + Unpin)) -> (Outcome, Option<Alert>) {
    let mut head = [0; 5];
    match stream.read_exact(&mut head).await {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return (Outcome::Closed, None),
        Err(error) => return (outcome_of(error.kind()), None),
        Ok(_) => {}
    }
    let mut body = [0; 2];
    if head[0] == 21 && stream.read_exact(&mut body).await.is_ok() {
        return (Outcome::TlsAlert, alert(&body));
    }
    // Anything else than an alert goes on with the old version.
    (Outcome::Answered, None)
}
