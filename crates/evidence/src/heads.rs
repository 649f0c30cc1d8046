//! Heads and connections that are kept for long, each kept once.

use crate::limits::{CONNECTIONS_KNOWN_MAX, HEADS_KNOWN_MAX};
use crate::{Connection, Exchange, ExchangeRecord, Headers};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// The heads seen so far, up to a bound: a peer sends the same one again and again.
#[derive(Debug, Default)]
pub struct KnownHeads(HashSet<Headers>);

impl KnownHeads {
    /// Lets the messages of an exchange share their heads with equal ones of before.
    pub fn share(&mut self, exchange: &mut Exchange) {
        let request = exchange.request.as_mut().map(|request| &mut request.headers);
        let response = exchange.response.as_mut().map(|response| &mut response.headers);
        request.into_iter().chain(response).for_each(|headers| self.share_one(headers));
    }

    /// Lets header fields be those of an equal head of before.
    fn share_one(&mut self, headers: &mut Headers) {
        match self.0.get(headers) {
            Some(known) => headers.clone_from(known),
            None if self.0.len() < HEADS_KNOWN_MAX => drop(self.0.insert(headers.clone())),
            // Those known are seldom seen again where there are so many.
            None => {}
        }
    }
}

/// What the exchanges of a record have in common with those before, so that it is kept once.
#[derive(Debug, Default)]
pub(crate) struct Common {
    heads: KnownHeads,
    /// By number, as they were seen last.
    connections: HashMap<u64, Arc<Connection>>,
}

impl Common {
    /// Lets an exchange share its heads and its connection with equal ones of before.
    pub(crate) fn share(&mut self, exchange: &mut ExchangeRecord) {
        for message in exchange.request.iter_mut().chain(&mut exchange.response) {
            self.heads.share_one(&mut message.headers);
        }
        match self.connections.get(&exchange.connection.id) {
            Some(known) if *known == exchange.connection => exchange.connection = Arc::clone(known),
            _ => {
                if self.connections.len() >= CONNECTIONS_KNOWN_MAX {
                    // Old ones are seldom used again.
                    self.connections.clear();
                }
                self.connections.insert(exchange.connection.id, Arc::clone(&exchange.connection));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Header;

    fn head(value: usize) -> Headers {
        std::iter::once(("A".to_owned(), value.to_string())).collect()
    }

    fn first(headers: &Headers) -> *const Header {
        headers.iter().as_slice().as_ptr()
    }

    #[test]
    fn equal_heads_are_one_and_a_change_of_one_is_no_change_of_the_other() {
        let mut known = KnownHeads::default();
        let (mut one, mut two) = (head(1), head(1));
        known.share_one(&mut one);
        known.share_one(&mut two);
        assert_eq!(first(&one), first(&two));
        two.push("B", "2");
        assert_eq!((one.len(), two.len()), (1, 2));
    }

    #[test]
    fn no_more_heads_are_known_than_the_bound() {
        let mut known = KnownHeads::default();
        (0..HEADS_KNOWN_MAX + 5).for_each(|value| known.share_one(&mut head(value)));
        assert_eq!(known.0.len(), HEADS_KNOWN_MAX);
    }
}
