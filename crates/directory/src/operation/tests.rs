#![expect(clippy::unwrap_used, reason = "a test may panic")]

use super::{Authentication, Message, Operation};
use crate::Refusal;
use proptest::prelude::{any, proptest};
use serde_json::json;

/// A search below `o=x` for `(a=b)` that asks for `c`, laid out by hand after RFC 4511.
const SEARCH: &[u8] = &[
    0x30, 0x26, 2, 1, 2, 0x63, 0x21, 4, 3, b'o', b'=', b'x', 0x0a, 1, 2, 0x0a, 1, 0, 2, 1, 0, 2, 1, 0, 1, 1, 0, 0xa3, 6, 4, 1,
    b'a', 4, 1, b'b', 0x30, 3, 4, 1, b'c',
];
const ANONYMOUS: &[u8] = &[0x30, 0x0c, 2, 1, 1, 0x60, 7, 2, 1, 3, 4, 0, 0x80, 0];

#[test]
fn a_search_is_read_and_written_again_as_it_came() {
    let message = Message::read(SEARCH).unwrap();
    let value = message.to_value();
    assert_eq!(value["filter"], "(a=b)");
    assert_eq!(value["demands"], json!({ "a": ["b"] }));
    assert_eq!((value["base"].as_str(), value["scope"].as_str()), (Some("o=x"), Some("sub")));
    assert_eq!((message.method().as_str(), message.target().as_str()), ("SEARCH", "/o=x?c?sub?(a=b)"));
    assert_eq!(message.write(), SEARCH);
    assert_eq!(Message::from_value(2, &value), Ok(message));
}

#[test]
fn a_bind_is_anonymous_or_has_its_password_apart() {
    let message = Message::read(ANONYMOUS).unwrap();
    assert_eq!(message.to_value(), json!({ "operation": "bind", "version": 3, "name": "", "authentication": "anonymous" }));
    assert_eq!(message.write(), ANONYMOUS);
    let asked = json!({ "operation": "bind", "name": "cn=a b", "password": "secret" });
    let message = Message::from_value(1, &asked).unwrap();
    assert_eq!((message.to_value()["password"].as_str(), message.target().as_str()), (Some("secret"), "/cn=a%20b"));
    assert_eq!(Message::read(&message.write()), Ok(message));
}

#[test]
fn what_is_no_message_is_refused() {
    for at in 0..SEARCH.len() {
        assert!(Message::read(&SEARCH[..at]).is_err(), "{at}");
    }
    let with = |at: usize, byte: u8| {
        let mut bytes = SEARCH.to_vec();
        bytes[at] = byte;
        Message::read(&bytes)
    };
    // The number 0 is the server's; a scope of 3; an unknown operation; an unknown part of the filter.
    for (at, byte) in [(4, 0), (14, 3), (5, 0x65), (27, 0xab)] {
        assert!(with(at, byte).is_err(), "{at}");
    }
    assert!(Message::read(&[SEARCH, ANONYMOUS].concat()).is_err());
    assert!(Message::from_value(1, &json!({ "scope": "all" })).is_err());
    assert!(Message::from_value(1, &json!({ "filter": "a=b" })).is_err());
    assert!(Message::from_value(1, &json!({ "size-limit": -1 })).is_err());
    assert!(Message::from_value(1, &json!({ "operation": "modify" })).is_err());
}

#[test]
fn a_directory_refuses_what_it_does_not_do() {
    let result = |message: &Message| Refusal::of(&message.to_value()).map(|refusal| refusal.result);
    let of = |operation| Message { id: 1, operation, controls: Vec::new() };
    let bind = |version, authentication| of(Operation::Bind { version, name: String::new(), authentication });
    assert_eq!(result(&Message::read(SEARCH).unwrap()), None);
    assert_eq!(result(&bind(3, Authentication::Simple(Vec::new()))), None);
    assert_eq!(result(&bind(2, Authentication::Simple(Vec::new()))), Some("protocolError"));
    assert_eq!(result(&bind(3, Authentication::Sasl("EXTERNAL".to_owned()))), Some("authMethodNotSupported"));
    assert_eq!(result(&of(Operation::Other("modify"))), Some("unwillingToPerform"));
    assert_eq!(result(&of(Operation::Extended("1.3.6.1.4.1.1466.20037".to_owned()))), Some("protocolError"));
    // A critical control that nobody here knows.
    let control: &[u8] = &[0xa0, 10, 0x30, 8, 4, 3, b'1', b'.', b'2', 1, 1, 0xff];
    let mut bytes = [SEARCH, control].concat();
    bytes[1] += u8::try_from(control.len()).unwrap();
    let message = Message::read(&bytes).unwrap();
    assert_eq!(message.to_value()["controls"], json!([{ "type": "1.2", "critical": true }]));
    assert_eq!(result(&message), Some("unavailableCriticalExtension"));
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200), at in 0..SEARCH.len(), byte in any::<u8>()) {
        drop(Message::read(&bytes));
        let mut near = SEARCH.to_vec();
        near[at] = byte;
        if let Ok(message) = Message::read(&near) {
            drop((message.to_value(), message.target(), message.write()));
        }
    }
}
