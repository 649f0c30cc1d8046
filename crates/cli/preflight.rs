//! What is proved before the first scored message: route, TLS chain and name, client certificate; then, by the engine,
//! credentials, clocks and hooks. A fault here is one of the set-up or the environment, never a finding.

use crate::console;
use crate::exit::Exit;
use counterpart_engine::{Keyring, Stage, Target};
use counterpart_evidence::{Cause, Outcome, Preflight, TlsSide};
use counterpart_transport::{
    Client, Connect, Connected, Failed, Limits, Network, Numbers, ServerTrust, Timeouts, TlsClient, Versions,
};
use std::collections::BTreeMap;
use std::time::Duration;

/// How long a server may take to refuse our certificate: with TLS 1.3 the refusal comes after the handshake.
const REFUSAL: Duration = Duration::from_millis(200);

/// The alert of a server that speaks other versions of TLS than ours (RFC 8446 §6.2).
const OTHER_VERSION: &str = "protocol_version";

/// The alert of a server that does not know the name we call it by (RFC 6066 §3). Any other in a handshake is about certificates.
const OTHER_NAME: &str = "unrecognized_name";

/// Looks at everything, in the order in which one thing needs the other.
pub(crate) async fn preflight(stage: &Stage, targets: &BTreeMap<String, Target>, ring: &Keyring) -> Vec<Preflight> {
    let mut facts = Vec::new();
    for (name, target) in targets {
        facts.extend(reach(name, target, ring).await);
    }
    // Who cannot be reached cannot be asked either.
    if facts.iter().all(|fact| fact.passed == Some(true)) {
        facts.extend(stage.preflight_server().await);
    }
    facts.extend(stage.preflight_hooks().await);
    facts
}

/// Gives the first fault.
pub(crate) fn fault(facts: &[Preflight]) -> Option<&Preflight> {
    facts.iter().find(|fact| fact.passed == Some(false))
}

/// Prints what was seen, and what to do.
pub(crate) fn show(facts: &[Preflight]) -> Exit {
    for fact in facts {
        let word = match fact.passed {
            Some(true) => "ok",
            Some(false) => "FAULT",
            None => "unknown",
        };
        console::data(&format!("{word:<8} {}: {}\n", fact.name, fact.detail));
        if let Some(hint) = fact.hint.as_ref().filter(|_| fact.passed != Some(true)) {
            console::data(&format!("         {hint}\n"));
        }
    }
    if fault(facts).is_some() { Exit::Usage } else { Exit::Pass }
}

async fn reach(name: &str, target: &Target, ring: &Keyring) -> Vec<Preflight> {
    let tls = match tls(target, ring) {
        Ok(tls) => tls,
        Err(reason) => {
            let fact = Preflight::fault(&format!("TLS for {name}"), Cause::Configuration, reason);
            return vec![hinted(fact, "give `--tls-ca`, `--tls-cert` and `--tls-key`, or `--certs FOLDER`")];
        }
    };
    let limits = Limits::default();
    let address = target.resolve.clone().unwrap_or_else(|| format!("{}:{}", target.host, target.port));
    let connect = Connect {
        address: address.clone(),
        host: target.host.clone(),
        tls,
        protocol: target.protocol,
        proxy: target.proxy.clone(),
        timeouts: Timeouts::of(&limits),
    };
    match Client::new(Network::Tcp, limits, Numbers::default()).connect(&connect).await {
        Ok(connected) => reached(name, &address, target, connected).await,
        Err(failed) => vec![unreached(name, &address, failed)],
    }
}

fn tls(target: &Target, ring: &Keyring) -> Result<Option<TlsClient>, String> {
    if !target.tls {
        return Ok(None);
    }
    TlsClient::new(&ServerTrust::Chain(ring.trust.clone()), ring.client.get("default"), Versions::Both, &[])
        .map(Some)
        .map_err(|error| format!("could not {error}"))
}

async fn reached(name: &str, address: &str, target: &Target, mut connected: Connected) -> Vec<Preflight> {
    let mut facts = vec![Preflight::good(&format!("route to {name}"), format!("`{address}` takes connections"))];
    let Some(tls) = connected.facts().tls.clone() else { return facts };
    let version = tls.version.unwrap_or_default();
    let chain = format!("TLS {version}; its certificate is trusted and bears the name `{}`", target.host);
    facts.push(Preflight::good(&format!("TLS to {name}"), chain));
    let certificate = format!("client certificate at {name}");
    let (_, alert) = connected.watch(REFUSAL).await;
    facts.push(match alert {
        None => Preflight::good(&certificate, "not refused".to_owned()),
        Some(alert) => refused(&certificate, &alert.description),
    });
    facts
}

fn refused(certificate: &str, alert: &str) -> Preflight {
    let fact = Preflight::fault(certificate, Cause::Configuration, format!("the system under test refused ours: {alert}"));
    hinted(fact, "let it trust our authority's root, or give the certificate that it trusts")
}

fn unreached(name: &str, address: &str, failed: Failed) -> Preflight {
    let alert = failed.connection.tls.as_ref().and_then(|tls| tls.alert.clone());
    let detail = format!("{} at `{address}`: {}", failed.outcome.name(), failed.reason.unwrap_or_default());
    match (alert, failed.outcome) {
        // Which versions it speaks is for scenarios to judge.
        (Some(alert), _) if alert.description == OTHER_VERSION => Preflight::unknown(&format!("TLS to {name}"), detail),
        (Some(alert), _) if alert.side == TlsSide::Peer && alert.description != OTHER_NAME => {
            refused(&format!("client certificate at {name}"), &alert.description)
        }
        (Some(_), _) | (None, Outcome::Malformed) => hinted(
            Preflight::fault(&format!("TLS to {name}"), Cause::Configuration, detail),
            "give the authority that its certificate comes from (`--tls-ca`), and the host name that the certificate bears; `counterpart certs show` explains a chain",
        ),
        (None, Outcome::Refused | Outcome::Unreachable | Outcome::Timeout) => hinted(
            Preflight::fault(&format!("route to {name}"), Cause::Environment, detail),
            "is it running, and is the address right?",
        ),
        (None, _) => hinted(
            Preflight::fault(&format!("TLS to {name}"), Cause::Configuration, detail),
            "does it speak TLS at this port? For TLS faults, `counterpart certs show` explains a chain",
        ),
    }
}

fn hinted(fact: Preflight, hint: &str) -> Preflight {
    Preflight { hint: Some(hint.to_owned()), ..fact }
}
