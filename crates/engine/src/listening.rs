//! Our endpoints as they listen, and how a scenario changes that for a time.

use crate::address::scheme;
use crate::claim::lock;
use crate::provider::Provider;
use crate::shared::{Keyring, Surroundings};
use crate::wire;
use counterpart_evidence::Role;
use counterpart_keys::Identity;
use counterpart_matching::NameTable;
use counterpart_plan::Plan;
use counterpart_plan::model::{AlpnAnswer, Endpoint, Listen};
use counterpart_transport::{
    Call, ClientAuth, Ended, Error, Handler, Hello, Limits, Protocol, Recording, Reply, Server, ServerOptions, TlsServer, Welcome,
};
use futures_util::future::BoxFuture;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, Weak};

/// How an endpoint listens unless a scenario changes it.
#[derive(Clone, Debug)]
struct Usual {
    client_certificate: String,
    protocol: Protocol,
}

struct Open {
    server: Server,
    usual: Usual,
    url: String,
}

/// Our endpoints.
pub(crate) struct Listening {
    keyring: Keyring,
    open: BTreeMap<String, Open>,
    welcomes: Mutex<BTreeMap<String, Welcome>>,
}

/// The endpoints as their doors see them: they are made after the doors.
type House = Arc<OnceLock<Weak<Listening>>>;

/// Takes what comes to one endpoint.
struct Door {
    endpoint: String,
    provider: Arc<Provider>,
    house: House,
}

impl Handler for Door {
    fn welcome(&self, _: Option<&Hello>) -> Welcome {
        let listening = self.house.get().and_then(Weak::upgrade);
        listening.and_then(|listening| lock(&listening.welcomes).get(&self.endpoint).cloned()).unwrap_or_default()
    }

    fn respond(&self, call: Call) -> BoxFuture<'static, Reply> {
        let provider = Arc::clone(&self.provider);
        let endpoint = self.endpoint.clone();
        Box::pin(async move { provider.respond(endpoint, call).await })
    }

    fn silent(&self, ended: Ended) {
        self.provider.silent(&self.endpoint, ended);
    }
}

impl Listening {
    /// Opens every endpoint that a plan plays in its role: where we answer all of them, where we call a proxy or directory that nobody else
    /// plays; `addresses` are those asked for, by name.
    pub(crate) async fn open(
        plan: &Plan,
        around: &Surroundings,
        provider: &Arc<Provider>,
        addresses: &BTreeMap<String, String>,
        recording: Recording,
        limits: Limits,
    ) -> Result<Arc<Self>, Error> {
        let secure = around.keyring.server.contains_key("default");
        let mut opened = BTreeMap::new();
        let house: House = Arc::default();
        for endpoint in plan.endpoints.iter().filter(|one| is_ours(one, plan.role, around)) {
            let usual = Usual { client_certificate: client_certificate(endpoint, &plan.globals), protocol: endpoint.protocol };
            let tls = if secure { Some(server_tls(&around.keyring, &usual, &Listen::default())?) } else { None };
            let bind = addresses.get(&endpoint.name).cloned().unwrap_or_else(|| "127.0.0.1:0".to_owned());
            let door = Door { endpoint: endpoint.name.clone(), provider: Arc::clone(provider), house: Arc::clone(&house) };
            let options =
                ServerOptions { tls, protocol: endpoint.protocol, limits, recording, numbers: provider.shared.numbers() };
            let server = Server::start(&around.network, &bind, options, Arc::new(door)).await?;
            let url = format!("{}://{}", scheme(endpoint.protocol, secure), shown(server.local_address(), &bind));
            opened.insert(endpoint.name.clone(), Open { server, usual, url });
        }
        let listening = Arc::new(Self { keyring: around.keyring.clone(), open: opened, welcomes: Mutex::default() });
        // It is empty until here: nobody else sets it.
        drop(house.set(Arc::downgrade(&listening)));
        Ok(listening)
    }

    /// Gives the address of each endpoint.
    pub(crate) fn urls(&self) -> BTreeMap<String, String> {
        self.open.iter().map(|(name, open)| (name.clone(), open.url.clone())).collect()
    }

    /// Gives the address of an endpoint.
    pub(crate) fn url(&self, endpoint: &str) -> Option<&str> {
        self.open.get(endpoint).map(|open| open.url.as_str())
    }

    /// Changes how an endpoint listens.
    pub(crate) async fn change(&self, listen: &Listen) -> Result<(), String> {
        let open = self
            .open
            .get(&listen.endpoint)
            .ok_or_else(|| format!("endpoint `{}` is not ours to play in this run", listen.endpoint))?;
        let tells_tls = listen.certificate.is_some()
            || listen.client_certificate.is_some()
            || listen.tls_max.is_some()
            || listen.alpn.is_some();
        let welcome = match (&listen.ends, listen.tls_max.as_deref()) {
            (Some(how), _) => Welcome::End(wire::how(*how)),
            (None, Some("1.1")) => Welcome::OldServerHello,
            (None, _) if listen.alpn == Some(AlpnAnswer::Other) => {
                Welcome::OtherAlpn(other_alpn(&self.keyring, &open.usual, listen).map_err(|error| format!("could not {error}"))?)
            }
            (None, _) if tells_tls => {
                Welcome::With(server_tls(&self.keyring, &open.usual, listen).map_err(|error| format!("could not {error}"))?)
            }
            (None, _) => Welcome::Usual,
        };
        lock(&self.welcomes).insert(listen.endpoint.clone(), welcome);
        match listen.accept {
            Some(false) => open.server.refuse().await,
            Some(true) => open.server.accept_again().await.map_err(|error| format!("could not {error}"))?,
            None => {}
        }
        Ok(())
    }

    /// Lets an endpoint listen as usual again.
    pub(crate) async fn restore(&self, endpoint: &str) {
        lock(&self.welcomes).remove(endpoint);
        if let Some(open) = self.open.get(endpoint)
            && let Err(error) = open.server.accept_again().await
        {
            tracing::warn!(%error, endpoint, "an endpoint could not be opened again");
        }
    }

    /// Stops listening.
    pub(crate) fn stop(&self) {
        self.open.values().for_each(|open| open.server.stop());
    }
}

fn is_ours(endpoint: &Endpoint, role: Role, around: &Surroundings) -> bool {
    role == Role::Provider || (endpoint.stands_in && !around.targets.contains_key(&endpoint.name))
}

fn client_certificate(endpoint: &Endpoint, globals: &Map<String, Value>) -> String {
    let names = NameTable { values: globals.clone(), behind: None };
    let value = endpoint.client_certificate.as_ref().and_then(|expression| expression.evaluate(&names).ok());
    value.and_then(|value| value.as_str().map(ToOwned::to_owned)).unwrap_or_else(|| "required".to_owned())
}

/// What is shown and what is asked for, under a scenario's change.
fn shown_and_asked<'a>(keyring: &'a Keyring, usual: &Usual, listen: &Listen) -> Result<(&'a Identity, ClientAuth), Error> {
    let name = listen.certificate.as_deref().unwrap_or("default");
    let identity =
        keyring.server.get(name).ok_or_else(|| Error::Tls { reason: format!("there is no server certificate `{name}`") })?;
    let rule = listen.client_certificate.as_deref().unwrap_or(&usual.client_certificate);
    let clients = match rule {
        "any" => ClientAuth::Any(keyring.trust.clone()),
        "none" => ClientAuth::None,
        "optional" => ClientAuth::Optional(keyring.trust.clone()),
        _ => ClientAuth::Required(keyring.trust.clone()),
    };
    Ok((identity, clients))
}

fn other_alpn(keyring: &Keyring, usual: &Usual, listen: &Listen) -> Result<TlsServer, Error> {
    let (identity, clients) = shown_and_asked(keyring, usual, listen)?;
    TlsServer::with_any_alpn(identity, &clients, wire::versions(None, listen.tls_max.as_deref()))
}

fn server_tls(keyring: &Keyring, usual: &Usual, listen: &Listen) -> Result<TlsServer, Error> {
    let (identity, clients) = shown_and_asked(keyring, usual, listen)?;
    let alpn: Vec<String> = match listen.alpn {
        // The names registered for TLS say nothing of LDAP.
        None | Some(AlpnAnswer::Offered) if usual.protocol == Protocol::Directory => Vec::new(),
        None | Some(AlpnAnswer::Offered) => vec!["h2".to_owned(), "http/1.1".to_owned()],
        Some(AlpnAnswer::None) => Vec::new(),
        // rustls ends the handshake with no_application_protocol where nothing that was offered is known; a name that was
        // not offered is a welcome of its own.
        Some(AlpnAnswer::Other | AlpnAnswer::Unknown) => vec!["counterpart/1".to_owned()],
    };
    TlsServer::new(identity, &clients, wire::versions(None, listen.tls_max.as_deref()), &alpn)
}

/// Shows an address as it is called: the name that was asked for, with the port that was given.
fn shown(local: &str, bind: &str) -> String {
    let port = local.rsplit_once(':').map_or("", |(_, port)| port);
    match bind.rsplit_once(':') {
        Some((host, _)) if !host.is_empty() && host != "0.0.0.0" && host != "[::]" => format!("{host}:{port}"),
        _ => format!("127.0.0.1:{port}"),
    }
}
