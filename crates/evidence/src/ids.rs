//! Names that must not be confused with one another.

use crate::lock::lock;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Borrow;
use std::cmp::Ordering;
use std::collections::HashSet;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, LazyLock, Mutex};

/// The text of a name.
#[derive(Clone)]
enum Text {
    /// Never let go: to copy it costs nothing.
    Kept(&'static str),
    /// Let go with its last copy; each copy counts where all threads count.
    Shared(Arc<str>),
}

/// Gives a text that is never let go, the same one for the same text.
fn kept(text: &str) -> &'static str {
    static ALL: LazyLock<Mutex<HashSet<&'static str>>> = LazyLock::new(Mutex::default);
    let mut all = lock(&ALL);
    if let Some(known) = all.get(text) {
        return known;
    }
    let text: &'static str = Box::leak(text.into());
    all.insert(text);
    text
}

impl Text {
    fn as_str(&self) -> &str {
        match self {
            Self::Kept(text) => text,
            Self::Shared(text) => text,
        }
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().fmt(formatter)
    }
}

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Text {}

impl Hash for Text {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl PartialOrd for Text {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Text {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_str().cmp(other.as_str())
    }
}

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Arc::deserialize(deserializer).map(Self::Shared)
    }
}

macro_rules! name {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
        #[serde(transparent)]
        pub struct $name(#[schemars(with = "String")] Text);

        impl $name {
            /// Makes one from its text.
            #[must_use]
            pub fn new(text: &str) -> Self {
                Self(Text::Shared(text.into()))
            }

            /// Makes one that is never let go, so that threads copy it without disturbing one another: for the names of packs,
            /// which are few and the same again and again.
            #[must_use]
            pub fn kept(text: &str) -> Self {
                Self(Text::Kept(kept(text)))
            }

            /// Gives its text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                self.0.as_str()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(self.as_str())
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                self.as_str()
            }
        }
    };
}

name! {
    /// The id of a check: its name in `checks/`, or `scenario#id` for one written inside a scenario.
    CheckId
}
name! {
    /// The id of a requirement, as `requirements.yaml` gives it.
    RequirementId
}
name! {
    /// The id of a scenario: pack and path, and `[row]` for a variant.
    ScenarioId
}

/// The number of an exchange within its run, from 1 in order of beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct ExchangeId(pub u64);

impl fmt::Display for ExchangeId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::CheckId;
    use std::collections::HashSet;

    #[test]
    fn a_kept_name_is_the_same_as_one_that_is_not() {
        let (kept, shared) = (CheckId::kept("a-check"), CheckId::new("a-check"));
        assert_eq!((&kept, format!("{kept} {kept:?}")), (&shared, format!("{shared} {shared:?}")));
        assert_eq!(kept.cmp(&CheckId::new("b")), shared.cmp(&CheckId::new("b")));
        let all = HashSet::from([shared]);
        assert!(all.contains(&kept) && all.contains("a-check"));
        assert!(std::ptr::eq(kept.as_str(), CheckId::kept("a-check").as_str()), "it is kept once");
    }
}
