//! A tunnel through an HTTP proxy (RFC 9110 §9.3.6).

use crate::stream::Carrier;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

/// Longest answer of a proxy that is read.
const ANSWER_BYTES_MAX: usize = 8 * 1024;

/// Asks a proxy for a tunnel to an address.
pub(crate) async fn tunnel(carrier: &mut Carrier, address: &str, within: Duration) -> Result<(), String> {
    let exchange = async {
        carrier.write_all(format!("CONNECT {address} HTTP/1.1\r\nHost: {address}\r\n\r\n").as_bytes()).await?;
        let mut answer = Vec::new();
        while !answer.ends_with(b"\r\n\r\n") && answer.len() < ANSWER_BYTES_MAX {
            answer.push(carrier.read_u8().await?);
        }
        Ok::<_, std::io::Error>(answer)
    };
    match timeout(within, exchange).await {
        Ok(Ok(answer)) => {
            let first = String::from_utf8_lossy(&answer).lines().next().unwrap_or("").to_owned();
            if first.split(' ').nth(1).is_some_and(|status| status.starts_with('2')) {
                Ok(())
            } else {
                Err(format!("the proxy answered `{first}`"))
            }
        }
        Ok(Err(error)) => Err(format!("the proxy could not be asked: {error}")),
        Err(_) => Err("the proxy did not answer in time".to_owned()),
    }
}
