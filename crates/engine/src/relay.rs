//! Messages as a proxy passes them on: what belongs to one connection is left out, what a proxy adds is added (RFC 9110 §7.6).

use crate::address::Address;
use counterpart_evidence::{Headers, Request, Response, Version};

/// Fields that speak of one connection, whether or not `Connection` names them (RFC 9110 §7.6.1), and credentials for this proxy
/// or asked for by another (RFC 9110 §11.7).
const OF_ONE_CONNECTION: [&str; 10] = [
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authentication-info",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// What becomes of a request that says how often it may be passed on (RFC 9110 §7.6.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hops {
    /// It says nothing, or that is not heeded for its method.
    Any,
    /// It goes on with one less.
    Left(u64),
    /// It is for us.
    Spent,
}

/// Makes the request that goes on to the server of a URL.
pub(crate) fn request(came: &Request, address: &Address, name: &str) -> Request {
    let mut headers = Headers::default();
    // What was said in `Host` does not count where the URL is given (RFC 9112 §3.2.2).
    headers.push("Host", address.authority.clone());
    let hops = hops(came);
    for header in &kept(&came.headers, Some(came.body.content.len())) {
        match (header.name.to_ascii_lowercase().as_str(), hops) {
            ("host", _) => {}
            ("max-forwards", Hops::Left(left)) => headers.push(header.name.clone(), left.to_string()),
            _ => headers.push(header.name.clone(), header.value.clone()),
        }
    }
    headers.push("Via", via(came.version, name));
    // A server as a whole is asked in a form of its own (RFC 9112 §3.2.4).
    let of_server = came.method == "OPTIONS" && address.is_bare();
    let target = if of_server { "*".to_owned() } else { address.origin_form() };
    Request { target, version: Version::Http11, headers, ..came.clone() }
}

/// Makes the answer that goes back; `is_head` where its head stands for another answer's.
pub(crate) fn response(came: &Response, name: &str, is_head: bool) -> Response {
    // The length of what is not sent must not be told as none.
    let bytes = (!is_head && came.status != 304).then_some(came.body.content.len());
    let mut headers = kept(&came.headers, bytes);
    headers.push("Via", via(came.version, name));
    Response { version: Version::Http11, headers, ..came.clone() }
}

/// Tells how often a request may still be passed on.
pub(crate) fn hops(request: &Request) -> Hops {
    let heeded = matches!(request.method.as_str(), "OPTIONS" | "TRACE");
    match request.headers.first("max-forwards").filter(|_| heeded).and_then(|value| value.trim().parse::<u64>().ok()) {
        None => Hops::Any,
        Some(0) => Hops::Spent,
        Some(hops) => Hops::Left(hops - 1),
    }
}

/// Gives the fields that are not of one connection. The length is told anew, for what was told of content that came in chunks may be
/// wrong (RFC 9112 §6.3); without `bytes` there is no content, and what tells of it stands for another answer's.
fn kept(headers: &Headers, bytes: Option<usize>) -> Headers {
    let named: Vec<String> = headers
        .all("connection")
        .flat_map(|value| value.split(','))
        .map(|option| option.trim().to_ascii_lowercase())
        // A sender cannot have fields left out that the message is nothing without.
        .filter(|option| !["host", "content-length", "content-type", "content-encoding"].contains(&option.as_str()))
        .collect();
    let mut told = bytes.filter(|_| headers.first("transfer-encoding").is_some());
    let mut kept = Headers::default();
    for header in headers {
        let name = header.name.to_ascii_lowercase();
        match (name.as_str(), bytes) {
            ("content-length", Some(_)) if kept.first("content-length").is_some() => {}
            ("content-length", Some(bytes)) => {
                kept.push(header.name.clone(), bytes.to_string());
                told = None;
            }
            ("transfer-encoding", None) => kept.push(header.name.clone(), header.value.clone()),
            (name, _) if OF_ONE_CONNECTION.contains(&name) || named.iter().any(|option| option == name) => {}
            _ => kept.push(header.name.clone(), header.value.clone()),
        }
    }
    if let Some(bytes) = told {
        kept.push("Content-Length", bytes.to_string());
    }
    kept
}

/// Says in what version a message came to which proxy (RFC 9110 §7.6.3).
fn via(version: Version, name: &str) -> String {
    let version = match version {
        Version::Http10 => "1.0",
        Version::Http11 => "1.1",
        Version::Http2 => "2.0",
        // Nothing comes to a proxy so.
        Version::Ldap3 => "3.0",
    };
    let is_token = |character: char| character.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(character);
    let name: String = name.chars().map(|character| if is_token(character) { character } else { '-' }).collect();
    format!("{version} {name}")
}

#[cfg(test)]
mod tests {
    use super::{Hops, hops, request, response};
    use crate::address::Address;
    use counterpart_evidence::{Body, Headers, Request, Response, Version};

    fn headers(lines: &[&str]) -> Headers {
        lines.iter().filter_map(|line| line.split_once(": ")).map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    fn lines(headers: &Headers) -> Vec<String> {
        headers.iter().map(|header| format!("{}: {}", header.name, header.value)).collect()
    }

    #[test]
    fn what_belongs_to_one_connection_stays_there() {
        let came = Request {
            method: "POST".to_owned(),
            target: "http://office:81/letters?x=1".to_owned(),
            headers: headers(&[
                "host: gate",
                "Connection: close, X-Mine",
                "X-Mine: 1",
                "TE: trailers",
                "Proxy-Authorization: Basic c2VjcmV0",
                "Transfer-Encoding: chunked",
                "Via: 1.0 before",
                "X-Kept: 2",
            ]),
            ..Request::default()
        };
        let goes_on = request(&came, &Address::read(&came.target).expect("a URL"), "gate 1");
        assert_eq!(goes_on.target, "/letters?x=1");
        let whole = Request { method: "OPTIONS".to_owned(), ..Request::default() };
        assert_eq!(request(&whole, &Address::read("http://a").expect("a URL"), "gate").target, "*");
        let wanted = ["Host: office:81", "Via: 1.0 before", "X-Kept: 2", "Content-Length: 0", "Via: 1.1 gate-1"];
        assert_eq!(lines(&goes_on.headers), wanted);
    }

    /// Two lengths of one message are how a second request is hidden in a first.
    #[test]
    fn a_length_beside_chunks_does_not_go_on() {
        let came = Request {
            method: "POST".to_owned(),
            headers: headers(&["Content-Length: 3", "Transfer-Encoding: chunked", "content-length: 3"]),
            body: Body::plain("letter"),
            ..Request::default()
        };
        let goes_on = request(&came, &Address::read("http://a/").expect("a URL"), "gate");
        assert_eq!(lines(&goes_on.headers), ["Host: a", "Content-Length: 6", "Via: 1.1 gate"]);
    }

    #[test]
    fn answer_goes_back_without_what_its_connection_needed() {
        let came = Response {
            status: 200,
            version: Version::Http11,
            headers: headers(&["Connection: keep-alive", "Keep-Alive: timeout=5", "Transfer-Encoding: chunked", "ETag: a"]),
            ..Response::default()
        };
        assert_eq!(lines(&response(&came, "gate", false).headers), ["ETag: a", "Content-Length: 0", "Via: 1.1 gate"]);
        assert_eq!(lines(&response(&came, "gate", true).headers), ["Transfer-Encoding: chunked", "ETag: a", "Via: 1.1 gate"]);
    }

    #[test]
    fn hops_are_counted_for_the_methods_that_ask_for_it() {
        let with = |method: &str, value: &str| {
            let headers = headers(&[&format!("Max-Forwards: {value}")]);
            hops(&Request { method: method.to_owned(), headers, ..Request::default() })
        };
        assert_eq!(with("OPTIONS", "3"), Hops::Left(2));
        assert_eq!(with("TRACE", "0"), Hops::Spent);
        assert_eq!(with("GET", "0"), Hops::Any);
        assert_eq!(with("OPTIONS", "many"), Hops::Any);
    }
}
