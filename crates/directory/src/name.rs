//! Distinguished names as text (RFC 4514), compared without heed to capitals and blanks.

/// One `type=value` after the other, from the entry up; each in the form in which names are compared.
fn parts(name: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut escaped = false;
    for letter in name.chars() {
        match (escaped, letter) {
            // RFC 4514 §3 allows `;` from older software, which stood for `,`.
            (false, ',' | ';') => parts.push(String::new()),
            _ => parts.last_mut().into_iter().for_each(|part| part.push(letter)),
        }
        escaped = !escaped && letter == '\\';
    }
    let plain = |part: &String| {
        let (kind, value) = part.split_once('=').unwrap_or(("", part));
        let blanks_once = value.split_whitespace().collect::<Vec<_>>().join(" ");
        format!("{}={}", kind.trim(), blanks_once).to_lowercase()
    };
    if name.trim().is_empty() { Vec::new() } else { parts.iter().map(plain).collect() }
}

/// Writes a distinguished name in the one form in which equal names are equal texts: small letters, no blank around `,` and `=`.
#[must_use]
pub fn plain_name(name: &str) -> String {
    parts(name).join(",")
}

/// Tells by how many levels a name stands below another, 0 for the same; `None` where it does not.
#[must_use]
pub fn is_below(name: &str, above: &str) -> Option<usize> {
    let (name, above) = (parts(name), parts(above));
    name.ends_with(&above).then(|| name.len() - above.len())
}

/// Gives the longest part of a name, from its end, that one of `names` is or stands below; empty where none is.
pub(crate) fn known_above<'a>(name: &str, names: impl Iterator<Item = &'a str>) -> String {
    let wanted = parts(name);
    let shared = |other: &str| {
        let other = parts(other);
        wanted.iter().rev().zip(other.iter().rev()).take_while(|(one, other)| one == other).count()
    };
    let most = names.map(shared).max().unwrap_or(0);
    wanted.get(wanted.len() - most.min(wanted.len())..).unwrap_or_default().join(",")
}

/// Writes a value so that it stays one value of a distinguished name (RFC 4514 §2.4).
#[must_use]
pub fn escape_name_value(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let last = text.chars().count().saturating_sub(1);
    for (at, letter) in text.chars().enumerate() {
        let at_end = (at == 0 && matches!(letter, ' ' | '#')) || (at == last && letter == ' ');
        match letter {
            '\0' => out.push_str("\\00"),
            '"' | '+' | ',' | ';' | '<' | '>' | '\\' | '=' => out.extend(['\\', letter]),
            _ if at_end => out.extend(['\\', letter]),
            _ => out.push(letter),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{escape_name_value, is_below, known_above, plain_name};

    #[test]
    fn names_are_equal_whatever_their_blanks_and_capitals() {
        assert_eq!(plain_name("ou=Services, O = x"), "ou=services,o=x");
        assert_eq!(plain_name(""), "");
        assert_eq!(plain_name("cn=a\\,b,o=c"), "cn=a\\,b,o=c");
        assert_eq!(is_below("uniqueIdentifier=1, ou=services, o=x", "OU=services,o=X"), Some(1));
        assert_eq!(is_below("o=x", "o=x"), Some(0));
        assert_eq!(is_below("o=x", ""), Some(1));
        assert_eq!(is_below("o=x", "ou=services,o=x"), None);
        assert_eq!(known_above("cn=a,ou=none,o=x", ["cn=b,ou=services,o=x"].into_iter()), "o=x");
    }

    #[test]
    fn a_value_cannot_break_out_of_its_name() {
        let name = format!("cn={},o=x", escape_name_value("a,o=y"));
        assert_eq!((name.as_str(), is_below(&name, "o=x")), ("cn=a\\,o\\=y,o=x", Some(1)));
        assert_eq!(escape_name_value(" #"), "\\ #");
    }
}
