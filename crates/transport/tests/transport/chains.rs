//! Which certificate chains are believed: revoked ones, ones that no list can tell of, and ones of an old generation.
//!
//! `sha1/` holds a root and a leaf for `localhost` that are signed with SHA-1 (`openssl req -x509 -sha1`, `openssl x509 -req -sha1`), good
//! until 2126; nothing else trusts them.

use crate::peer::{client, connect, keys, limits, ok, open};
use counterpart_evidence::Outcome;
use counterpart_keys::{
    Authority, AuthorityOptions, Defect, Identity, Issue, KeyKind, RevocationPolicy, Source, Trust, Usage, read_identity,
    read_trust,
};
use counterpart_transport::{ClientAuth, Delivery, ServerTrust, TlsClient, TlsServer, Versions, Welcome};
use std::time::{Duration, SystemTime};

/// Tells whether a server with this trust takes a client with this certificate, and a client with it such a server.
async fn believed(trust: &Trust, identity: &Identity) -> (bool, bool) {
    let usual = keys();
    let server = TlsServer::new(&usual.server, &ClientAuth::Required(trust.clone()), Versions::Only12, &[]).unwrap();
    let asking = TlsClient::new(&ServerTrust::Chain(usual.trust.clone()), Some(identity), Versions::Only12, &[]).unwrap();
    let server_shows = TlsServer::new(identity, &ClientAuth::None, Versions::Only12, &[]).unwrap();
    let looking = TlsClient::new(&ServerTrust::Chain(trust.clone()), None, Versions::Only12, &[]).unwrap();
    (connects(server, asking).await, connects(server_shows, looking).await)
}

async fn connects(server: TlsServer, asking: TlsClient) -> bool {
    let house = open(limits(), Some(server), Welcome::Usual, |_| (ok("hello"), Delivery::default())).await;
    match client().connect(&connect(house.server.local_address(), Some(asking))).await {
        Ok(_) => true,
        Err(failed) => {
            assert_eq!(failed.outcome, Outcome::TlsAlert);
            false
        }
    }
}

struct Issued {
    good: Identity,
    revoked: Identity,
    trust: Trust,
    /// The same anchors with lists that were good until three weeks ago.
    outdated: Trust,
}

fn issued() -> Issued {
    let now = SystemTime::now();
    let options = AuthorityOptions { name: "Chains".to_owned(), now, days: 365, key: KeyKind::EcP256, crl_url: None };
    let mut authority = Authority::new(&options).unwrap();
    let mut issue = |defect| {
        let (common_name, names) = ("localhost".to_owned(), vec!["localhost".to_owned()]);
        let issue = Issue { usage: Usage::Both, common_name, names, defect, days: 7, key: KeyKind::EcP256, now };
        authority.issue(&issue).unwrap().identity
    };
    let (good, revoked) = (issue(Defect::None), issue(Defect::Revoked));
    let outdated = authority.trust(now - Duration::from_secs(28 * 86_400)).unwrap();
    Issued { good, revoked, trust: authority.trust(now).unwrap(), outdated }
}

fn hard(trust: &Trust) -> Trust {
    Trust { revocation: RevocationPolicy::Hard, ..trust.clone() }
}

#[tokio::test]
async fn what_a_list_names_is_refused_and_what_it_does_not_is_believed() {
    let Issued { good, revoked, trust, .. } = issued();
    for trust in [trust.clone(), hard(&trust)] {
        assert_eq!(believed(&trust, &good).await, (true, true), "{trust:?}");
        assert_eq!(believed(&trust, &revoked).await, (false, false), "{trust:?}");
    }
}

#[tokio::test]
async fn without_a_list_that_can_tell_the_policy_decides() {
    let Issued { good, revoked, trust, outdated } = issued();
    let without = Trust { revocations: Vec::new(), ..trust };
    for trust in [&without, &outdated] {
        assert_eq!(believed(trust, &good).await, (true, true), "{trust:?}");
        assert_eq!(believed(&hard(trust), &good).await, (false, false), "{trust:?}");
    }
    assert_eq!(believed(&without, &revoked).await, (true, true), "nothing tells that it was revoked");
    assert_eq!(believed(&outdated, &revoked).await, (false, false), "an old list still names it");
}

#[tokio::test]
async fn a_chain_signed_with_sha1_is_believed_only_where_that_is_allowed() {
    let source = |name, bytes| Source { name, bytes };
    let leaf = include_bytes!("sha1/leaf.pem");
    let identity = read_identity(source("leaf.pem", leaf), source("leaf-key.pem", include_bytes!("sha1/leaf-key.pem"))).unwrap();
    let trust = read_trust(source("root.pem", include_bytes!("sha1/root.pem"))).unwrap();
    assert_eq!(believed(&trust, &identity).await, (false, false));
    assert_eq!(believed(&Trust { allows_sha1: true, ..trust }, &identity).await, (true, true));
    let other = Trust { allows_sha1: true, ..issued().trust };
    assert_eq!(believed(&other, &identity).await, (false, false), "the authority is still asked for");
}
