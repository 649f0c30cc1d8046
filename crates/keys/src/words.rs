//! Words of the index and the command line: what a certificate is for, what is wrong with it, why it was revoked.

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$variant_doc])* $variant,)* }

        impl $name {
            /// Every value with its word.
            pub const ALL: &'static [(Self, &'static str)] = &[$((Self::$variant, $word),)*];

            /// Gives its word.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }

            /// Finds the value that a word stands for.
            #[must_use]
            pub fn from_name(word: &str) -> Option<Self> {
                Self::ALL.iter().find(|(_, name)| *name == word).map(|(value, _)| *value)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.pad(self.name())
            }
        }
    };
}

words! {
    /// What a certificate may be used for in TLS.
    Usage {
        /// As client and as server.
        Both = "both",
        /// As client.
        Client = "client",
        /// As server.
        #[default]
        Server = "server",
    }
}

words! {
    /// What is wrong with a certificate on purpose; all else about it is right.
    Defect {
        /// Its life ended a day ago.
        Expired = "expired",
        /// Nothing.
        #[default]
        None = "none",
        /// Its life begins in thirty days.
        NotYetValid = "not-yet-valid",
        /// It is on the issuing authority's revocation list.
        Revoked = "revoked",
        /// An authority issued it that nobody knows.
        UnknownIssuer = "unknown-issuer",
        /// Its key is RSA of 1024 bits.
        WeakKey = "weak-key",
        /// It is made out to `wrong-name.invalid` instead of the names that were asked for.
        WrongName = "wrong-name",
    }
}

words! {
    /// Why a certificate was revoked (RFC 5280 §5.3.1).
    Reason {
        /// The holder's name or standing changed.
        AffiliationChanged = "affiliation-changed",
        /// The authority's key was stolen.
        AuthorityCompromise = "ca-compromise",
        /// It is no longer needed.
        CessationOfOperation = "cessation-of-operation",
        /// Its key was stolen.
        #[default]
        KeyCompromise = "key-compromise",
        /// The holder lost a right that it speaks of.
        PrivilegeWithdrawn = "privilege-withdrawn",
        /// Another one replaced it.
        Superseded = "superseded",
        /// Not said.
        Unspecified = "unspecified",
    }
}
