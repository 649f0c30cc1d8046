//! What is known of a question: yes, no, or that it cannot be told, and why.

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Truth {
    Yes,
    No,
    /// It cannot be told, and why.
    Unknown(String),
}

impl From<bool> for Truth {
    fn from(is: bool) -> Self {
        if is { Self::Yes } else { Self::No }
    }
}

impl Truth {
    /// Tells whether all are so: one that is not decides, whatever is unknown of the others.
    pub(crate) fn all(answers: impl IntoIterator<Item = Self>) -> Self {
        Self::decided_by(&Self::No, Self::Yes, answers)
    }

    /// Tells whether any is so: one that is decides, whatever is unknown of the others.
    pub(crate) fn any(answers: impl IntoIterator<Item = Self>) -> Self {
        Self::decided_by(&Self::Yes, Self::No, answers)
    }

    /// Gives the opposite.
    pub(crate) fn not(self) -> Self {
        match self {
            Self::Yes => Self::No,
            Self::No => Self::Yes,
            unknown @ Self::Unknown(_) => unknown,
        }
    }

    fn decided_by(deciding: &Self, mut result: Self, answers: impl IntoIterator<Item = Self>) -> Self {
        for answer in answers {
            if answer == *deciding {
                return answer;
            }
            // The first reason stands.
            if matches!(answer, Self::Unknown(_)) && !matches!(result, Self::Unknown(_)) {
                result = answer;
            }
        }
        result
    }
}

#[cfg(test)]
mod tests {
    use super::Truth::{self, No, Unknown, Yes};

    #[test]
    fn what_decides_hides_what_is_unknown_and_nothing_else_does() {
        let unknown = |reason: &str| Unknown(reason.to_owned());
        assert_eq!(Truth::all([Yes, unknown("a"), No]), No);
        assert_eq!(Truth::all([Yes, unknown("a"), unknown("b")]), unknown("a"));
        assert_eq!(Truth::all([]), Yes);
        assert_eq!(Truth::any([No, unknown("a"), Yes]), Yes);
        assert_eq!(Truth::any([No, unknown("a"), No]), unknown("a"));
        assert_eq!(Truth::any([]), No);
        assert_eq!((Yes.not(), No.not(), unknown("a").not()), (No, Yes, unknown("a")));
    }
}
