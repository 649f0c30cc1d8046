//! Handshakes that fail, by their will or by ours.

use crate::peer::{House, client, connect, keys, limits, ok, open, read_all, request, scripted, tls_client, tls_server};
use counterpart_evidence::{Outcome, TlsSide};
use counterpart_transport::{
    ClientAuth, CutHow, Delivery, Limits, Network, OldVersion, Sending, Timeouts, TlsServer, Versions, Welcome, probe_old_tls,
};
use std::time::Duration;
use tokio::io::AsyncWriteExt;

async fn secure(welcome: Welcome) -> House {
    open(limits(), Some(tls_server()), welcome, |_| (ok("hello"), Delivery::default())).await
}

fn timeouts() -> Timeouts {
    Timeouts { connect: Duration::from_secs(2), response: Duration::from_secs(2) }
}

#[tokio::test]
async fn old_versions_are_refused_with_an_alert_on_both_sides() {
    for (version, name) in [(OldVersion::Tls10, "1.0"), (OldVersion::Tls11, "1.1")] {
        let house = secure(Welcome::Usual).await;
        let probe = probe_old_tls(&Network::Tcp, house.server.local_address(), "localhost", version, timeouts()).await;
        assert_eq!(probe.outcome, Outcome::TlsAlert, "{probe:?}");
        assert_eq!(probe.alert.unwrap().description, "protocol_version");
        let tls = house.book.told(1).await.remove(0).connection.tls.unwrap();
        assert_eq!(tls.version_offered.as_deref(), Some(name));
        assert_eq!(tls.alert.map(|alert| (alert.side, alert.description)), Some((TlsSide::Ours, "protocol_version".to_owned())));
    }
}

#[tokio::test]
async fn a_handshake_that_stops_is_told_with_what_came() {
    let hello = b"\x16\x03\x01\x00\xc8\x01\x00\x00\xc4\x03\x03";
    for (bytes, ends, outcome) in [
        (&b""[..], true, Outcome::Closed),
        (hello, true, Outcome::Closed),
        (b"", false, Outcome::Timeout),
        (hello, false, Outcome::Timeout),
        (b"GET / HTTP/1.1\r\n\r\n", false, Outcome::Malformed),
        (b"\x16\x03\x01\x00\x04\x02\x00\x00\x00", false, Outcome::Malformed),
    ] {
        let house = secure(Welcome::Usual).await;
        let mut stream = house.raw().await;
        stream.write_all(bytes).await.unwrap();
        if ends {
            stream.shutdown().await.unwrap();
        }
        read_all(&mut stream).await;
        let told = house.book.told(1).await.remove(0);
        assert_eq!((told.outcome, told.request_wire.as_slice()), (outcome, bytes), "{told:?}");
    }
}

#[tokio::test]
async fn a_connection_that_is_ended_on_purpose_is_told() {
    let house = secure(Welcome::End(CutHow::Reset)).await;
    let failed = client().connect(&connect(house.server.local_address(), Some(tls_client(Versions::Both, &[])))).await;
    assert_eq!(failed.err().unwrap().outcome, Outcome::Reset);
    let told = house.book.told(1).await.remove(0);
    assert_eq!(told.outcome, Outcome::Reset);
    assert_eq!(told.connection.tls.unwrap().server_name.as_deref(), Some("localhost"));
}

#[tokio::test]
async fn an_old_server_hello_shows_what_the_client_makes_of_it() {
    let house = secure(Welcome::OldServerHello).await;
    let failed = client().connect(&connect(house.server.local_address(), Some(tls_client(Versions::Both, &[])))).await;
    assert_eq!(failed.err().unwrap().outcome, Outcome::TlsAlert);
    let told = house.book.told(1).await.remove(0);
    assert_eq!(told.outcome, Outcome::TlsAlert);
    assert_eq!(told.connection.tls.unwrap().alert.unwrap().side, TlsSide::Peer);
}

/// OpenSSL speaks it where it is told to: it waits for the certificate and says nothing.
#[tokio::test]
async fn an_old_server_hello_is_taken_by_a_client_that_speaks_it() {
    if std::process::Command::new("openssl").arg("version").output().is_err() {
        return;
    }
    let house = open(Limits { handshake_ms: 1_000, ..limits() }, Some(tls_server()), Welcome::OldServerHello, |_| {
        (ok("hello"), Delivery::default())
    })
    .await;
    let mut command = tokio::process::Command::new("openssl");
    command.args(["s_client", "-connect", house.server.local_address(), "-tls1_1", "-cipher", "ALL:@SECLEVEL=0"]);
    command.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
    let _child = command.kill_on_drop(true).spawn().unwrap();
    let told = house.book.told(1).await.remove(0);
    assert_eq!(told.outcome, Outcome::Timeout, "{:?}", told.connection.tls);
}

/// A client that looks refuses the name; rustls does.
#[tokio::test]
async fn a_protocol_that_was_not_offered_is_answered_and_refused() {
    for versions in [Versions::Only12, Versions::Only13] {
        let other = TlsServer::with_any_alpn(&keys().server, &ClientAuth::None, Versions::Both).unwrap();
        let house = secure(Welcome::OtherAlpn(other)).await;
        let offer = tls_client(versions, &["http/1.1", "h2"]);
        let failed = client().connect(&connect(house.server.local_address(), Some(offer))).await.err().unwrap();
        assert_eq!(failed.outcome, Outcome::TlsAlert, "{failed:?}");
        let told = house.book.told(1).await.remove(0);
        // rustls closes without an alert in TLS 1.3.
        let alert = told.connection.tls.unwrap().alert.map(|alert| (alert.side, alert.description));
        match versions {
            Versions::Only13 => assert_eq!((told.outcome, alert), (Outcome::Closed, None)),
            _ => assert_eq!(alert, Some((TlsSide::Peer, "illegal_parameter".to_owned())), "{versions:?}"),
        }
    }
}

/// OpenSSL's own client does not look, so that the whole handshake must hold with the other name.
#[tokio::test]
async fn a_protocol_that_was_not_offered_holds_for_a_client_that_does_not_look() {
    if std::process::Command::new("openssl").arg("version").output().is_err() {
        return;
    }
    for version in ["-tls1_2", "-tls1_3"] {
        let other = TlsServer::with_any_alpn(&keys().server, &ClientAuth::None, Versions::Both).unwrap();
        let house = secure(Welcome::OtherAlpn(other)).await;
        let address = house.server.local_address().to_owned();
        let mut command = tokio::process::Command::new("openssl");
        command.args(["s_client", "-connect", &address, "-alpn", "http/1.1", "-quiet", version]);
        command.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
        let mut child = command.kill_on_drop(true).spawn().unwrap();
        let mut input = child.stdin.take().unwrap();
        input.write_all(b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n").await.unwrap();
        let output = tokio::time::timeout(crate::peer::DEADLINE, child.wait_with_output()).await.unwrap().unwrap();
        drop(input);
        let told = house.book.told(1).await.remove(0);
        // It either ends the handshake because it looked after all, or is answered and shown the other name.
        match told.outcome {
            Outcome::TlsAlert => {
                let alert = told.connection.tls.unwrap().alert.unwrap();
                assert_eq!(alert.side, TlsSide::Peer, "{alert:?}");
                assert!(
                    ["illegal_parameter", "unsupported_extension", "decode_error"].contains(&alert.description.as_str()),
                    "{alert:?}"
                );
            }
            _ => {
                assert_eq!(told.outcome, Outcome::Answered, "{told:?}");
                assert_eq!(told.connection.tls.unwrap().alpn.as_deref(), Some("http/1.x"));
                assert!(String::from_utf8_lossy(&output.stdout).contains("hello"));
            }
        }
    }
}

#[tokio::test]
async fn a_client_without_an_offer_is_answered_none() {
    let other = TlsServer::with_any_alpn(&keys().server, &ClientAuth::None, Versions::Both).unwrap();
    let house = secure(Welcome::OtherAlpn(other)).await;
    let connect = connect(house.server.local_address(), Some(tls_client(Versions::Both, &[])));
    let mut connected = client().connect(&connect).await.map_err(|failed| failed.reason).unwrap();
    let received = connected.send(request("GET", "/", ""), &Sending::default()).await;
    assert_eq!(received.outcome, Outcome::Answered);
    assert_eq!(house.book.told(1).await[0].connection.tls.as_ref().unwrap().alpn, None);
}

#[tokio::test]
async fn a_server_that_speaks_no_tls_is_no_verdict_but_an_outcome() {
    for (bytes, outcome) in [
        (&b"HTTP/1.1 400 Bad Request\r\n\r\n"[..], Outcome::TlsAlert),
        (b"", Outcome::Closed),
        (b"\x15\x03\x03\x00\x02\x02\x28", Outcome::TlsAlert),
    ] {
        let address = scripted(move |mut stream| async move {
            // The ClientHello is read first, so that closing is no reset.
            let mut hello = [0; 4096];
            let _ = tokio::io::AsyncReadExt::read(&mut stream, &mut hello).await;
            let _ = stream.write_all(bytes).await;
        })
        .await;
        let failed = client().connect(&connect(&address, Some(tls_client(Versions::Both, &[])))).await.err().unwrap();
        assert_eq!(failed.outcome, outcome, "{failed:?}");
    }
}
