//! URLs in parts: where a system under test is, and what a request to a proxy is for.

use crate::shared::Target;
use counterpart_evidence::Request;
use counterpart_plan::model::ProxyForm;
use counterpart_transport::Protocol;
use serde_json::{Value, json};

/// What is spoken, whether over TLS, the scheme that says so, and the port that goes without saying.
const SCHEMES: [(Protocol, bool, &str, u16); 4] = [
    (Protocol::Http, false, "http", 80),
    (Protocol::Http, true, "https", 443),
    (Protocol::Directory, false, "ldap", 389),
    (Protocol::Directory, true, "ldaps", 636),
];

/// Gives the scheme of a protocol.
pub(crate) fn scheme(protocol: Protocol, tls: bool) -> &'static str {
    SCHEMES.iter().find(|one| (one.0, one.1) == (protocol, tls)).map_or("", |(_, _, name, _)| name)
}

/// An absolute URL with the scheme `http` or `https` (RFC 9110 §4.2), or `ldap` or `ldaps` (RFC 4516).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    /// As it was written.
    url: String,
    tls: bool,
    protocol: Protocol,
    /// Host and port as they were written.
    pub(crate) authority: String,
    /// Without the brackets of an IPv6 address.
    host: String,
    port: u16,
    /// With its first slash; empty where there is none.
    path: String,
    query: Option<String>,
}

impl Address {
    /// Reads a URL.
    pub(crate) fn read(url: &str) -> Result<Self, String> {
        let (scheme, rest) = url.split_once("://").ok_or_else(|| format!("`{url}` is not a URL: write `https://HOST:PORT`"))?;
        let known = SCHEMES.iter().find(|(_, _, name, _)| scheme.eq_ignore_ascii_case(name));
        let (protocol, tls, _, usual_port) =
            *known.ok_or_else(|| format!("`{url}`: the scheme is none of `http`, `https`, `ldap`, `ldaps`"))?;
        if url.contains('#') || !url.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(format!("`{url}` holds a `#` or a character that no URL has"));
        }
        let (rest, query) = rest.split_once('?').map_or((rest, None), |(rest, query)| (rest, Some(query.to_owned())));
        let (authority, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
        if authority.contains(['@', '\\']) {
            return Err(format!("`{url}` names more than a host and a port"));
        }
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => {
                (host, port.parse().map_err(|_| format!("`{url}`: `{port}` is no port"))?)
            }
            _ => (authority, usual_port),
        };
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        if host.is_empty() {
            return Err(format!("`{url}` has no host"));
        }
        Ok(Self { url: url.to_owned(), tls, protocol, authority: authority.to_owned(), host, port, path: path.to_owned(), query })
    }

    /// Gives the URL as it was written.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Gives the path, at least a slash.
    pub(crate) fn path(&self) -> &str {
        if self.path.is_empty() { "/" } else { &self.path }
    }

    /// Gives path and query, as its own server is asked for them (RFC 9112 §3.2.1).
    pub(crate) fn origin_form(&self) -> String {
        let query = self.query.as_ref().map_or_else(String::new, |query| format!("?{query}"));
        format!("{}{query}", self.path())
    }

    /// Tells whether it names a server as a whole, without path and query.
    pub(crate) fn is_bare(&self) -> bool {
        self.path.is_empty() && self.query.is_none()
    }

    /// Tells whether it lies at or below a target, by its words: nothing is looked up, and no path climbs.
    pub(crate) fn is_below(&self, target: &Target) -> bool {
        let same_site = self.tls == target.tls
            && self.protocol == target.protocol
            && self.port == target.port
            && self.host.eq_ignore_ascii_case(&target.host);
        let below = self.path.strip_prefix(&target.base).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        same_site && (target.base.is_empty() || (below && !self.climbs()))
    }

    /// Tells whether a segment of the path is one or two dots, encoded or not (RFC 3986 §3.3).
    fn climbs(&self) -> bool {
        let plain = self.path.to_ascii_lowercase().replace("%2e", ".").replace("%2f", "/").replace("%5c", "/");
        plain.split(['/', '\\']).any(|segment| segment == "." || segment == "..")
    }

    /// Gives it as rules and templates see it.
    pub(crate) fn value(&self, endpoint: Option<&str>) -> Value {
        json!({
            "url": self.url,
            "scheme": scheme(self.protocol, self.tls),
            "host": self.host,
            "port": self.port,
            "path": self.path(),
            "query": self.query.as_deref().unwrap_or(""),
            "endpoint": endpoint,
        })
    }
}

impl Target {
    /// Reads a URL as a target.
    ///
    /// # Errors
    /// What is wrong with the URL, in words.
    pub fn read(url: &str) -> Result<Self, String> {
        let Address { tls, protocol, host, port, path, query, .. } = Address::read(url)?;
        if query.is_some() {
            return Err(format!("`{url}`: a query belongs to a request, not to an address"));
        }
        if protocol == Protocol::Directory && !path.trim_end_matches('/').is_empty() {
            return Err(format!("`{url}`: a path belongs to a search, not to the address of a directory"));
        }
        Ok(Self { tls, protocol, host, port, base: path.trim_end_matches('/').to_owned(), resolve: None, proxy: None })
    }

    /// Gives host and port; the port is left out where it is the scheme's own (RFC 9110 §7.2).
    pub(crate) fn authority(&self) -> String {
        let is_own = |(protocol, tls, _, port): &(Protocol, bool, &str, u16)| {
            (*protocol, *tls, *port) == (self.protocol, self.tls, self.port)
        };
        if SCHEMES.iter().any(is_own) { bracketed(&self.host) } else { format!("{}:{}", bracketed(&self.host), self.port) }
    }

    /// Gives the URL of the server, without a path.
    pub(crate) fn site(&self) -> String {
        format!("{}://{}", scheme(self.protocol, self.tls), self.authority())
    }

    /// Gives the address to connect to, `host:port`.
    pub(crate) fn address(&self) -> String {
        self.resolve.clone().unwrap_or_else(|| format!("{}:{}", bracketed(&self.host), self.port))
    }
}

/// Writes an IPv6 address as a URL does.
fn bracketed(host: &str) -> String {
    if host.contains(':') { format!("[{host}]") } else { host.to_owned() }
}

/// Finds the URL that a request to a proxy is for; `site` is what HTTP/2 says beside the path.
pub(crate) fn inner(form: ProxyForm, request: &Request, site: Option<&str>) -> Result<Address, String> {
    let target = request.target.as_str();
    match form {
        ProxyForm::Absolute if begins_as_url(target) => Address::read(target),
        ProxyForm::Absolute => match site.filter(|_| target.starts_with('/')) {
            Some(site) => Address::read(&format!("{site}{target}")),
            None => Err(format!(
                "`{target}` names no server: this proxy takes the whole URL as request target, `{} http://HOST/PATH`",
                request.method
            )),
        },
        ProxyForm::Path => in_path(target),
    }
}

fn in_path(target: &str) -> Result<Address, String> {
    // Any server must take the absolute form of its own URL, too (RFC 9112 §3.2.2).
    let own = if begins_as_url(target) { target.splitn(4, '/').nth(3) } else { target.strip_prefix('/') };
    let no_url = || format!("`{target}` holds no URL: this proxy takes it as its path, `/http://HOST/PATH`");
    let text = own.ok_or_else(no_url)?;
    if begins_as_url(text) {
        return Address::read(text);
    }
    let (path, query) = text.split_once('?').map_or((text, None), |(path, query)| (path, Some(query)));
    let decoded = decoded_once(path);
    if !begins_as_url(&decoded) {
        return Err(no_url());
    }
    let joint = if decoded.contains('?') { '&' } else { '?' };
    Address::read(&query.map_or_else(|| decoded.clone(), |query| format!("{decoded}{joint}{query}")))
}

fn begins_as_url(text: &str) -> bool {
    let begins = |scheme: &str| text.get(..scheme.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(scheme));
    begins("http://") || begins("https://")
}

/// Undoes percent-encoding once; what a URL cannot hold as it is stays encoded.
fn decoded_once(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = String::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let digits = (byte == b'%').then(|| text.get(at + 1..at + 3)).flatten();
        match digits.and_then(|digits| Some((digits, u8::from_str_radix(digits, 16).ok()?))) {
            Some((_, plain)) if plain.is_ascii_graphic() && !b"#\"<>\\^`{|}".contains(&plain) => {
                out.push(char::from(plain));
                at += 3;
            }
            Some((digits, _)) => {
                out.push('%');
                out.push_str(digits);
                at += 3;
            }
            None => {
                out.push(char::from(byte));
                at += 1;
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{Address, inner};
    use crate::shared::Target;
    use counterpart_evidence::Request;
    use counterpart_plan::model::ProxyForm;

    fn found(form: ProxyForm, target: &str, site: Option<&str>) -> Result<String, String> {
        let request = Request { method: "GET".to_owned(), target: target.to_owned(), ..Request::default() };
        inner(form, &request, site).map(|address| format!("{} {}", address.authority, address.origin_form()))
    }

    #[test]
    fn url_is_found_in_either_form() {
        let absolute = |target| found(ProxyForm::Absolute, target, None);
        assert_eq!(absolute("http://a:81/b?c=d"), Ok("a:81 /b?c=d".to_owned()));
        assert_eq!(absolute("HTTPS://a"), Ok("a /".to_owned()));
        assert!(absolute("/b").is_err_and(|reason| reason.contains("GET http://HOST/PATH")));
        assert!(absolute("a:443").is_err());
        assert_eq!(found(ProxyForm::Absolute, "/b", Some("https://a")), Ok("a /b".to_owned()));
        let path = |target| found(ProxyForm::Path, target, None);
        assert_eq!(path("/https://a/b?c=d"), Ok("a /b?c=d".to_owned()));
        assert_eq!(path("http://gate/https://a/b"), Ok("a /b".to_owned()));
        assert_eq!(path("/https%3A%2F%2Fa%2Fb%3Fc%3Dd"), Ok("a /b?c=d".to_owned()));
        assert_eq!(path("/https%3a%2f%2fa%2Fb?c=d"), Ok("a /b?c=d".to_owned()));
        assert!(path("//https://a/b").is_err());
        assert!(path("/b").is_err());
    }

    #[test]
    fn decoding_brings_nothing_in_that_a_request_line_cannot_hold() {
        let path = |target| found(ProxyForm::Path, target, None);
        assert_eq!(path("/http%3A%2F%2Fa%2Fb%0D%0AX%3A%201"), Ok("a /b%0D%0AX:%201".to_owned()));
        assert_eq!(path("/http%3A%2F%2Fa%2Fb%2520c"), Ok("a /b%20c".to_owned()));
        assert!(Address::read("http://a/b c").is_err());
    }

    #[test]
    fn only_what_lies_below_a_target_is_below_it() {
        let below =
            |url: &str, target: &str| Address::read(url).expect("a URL").is_below(&Target::read(target).expect("a target"));
        assert!(below("http://A.example/x", "http://a.example:80"));
        assert!(below("http://a/base/x", "http://a/base/"));
        assert!(below("http://a/base", "http://a/base"));
        for url in [
            "https://a/base/x",
            "http://b/base/x",
            "http://a:81/base/x",
            "http://a/basement",
            "http://a/base/../x",
            "http://a/base/%2E%2e/x",
            "http://a/base/..%2Fx",
            "http://a/",
        ] {
            assert!(!below(url, "http://a/base"), "{url}");
        }
        assert!(Address::read("http://a@b/").is_err());
        assert!(Address::read("http://a/#b").is_err());
        assert!(Address::read("ftp://a/").is_err());
    }
}
