//! Splits an expression into tokens.

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    /// `%name`, `%"name"`.
    Constant(String),
    Decimal(f64),
    Integer(i64),
    /// `@2020-01-01`.
    Moment(String),
    Name(String),
    /// A name in backquotes or double quotes, which is never a word of the language.
    Quoted(String),
    Symbol(&'static str),
    Text(String),
}

/// Longer symbols stand before those with which they begin.
const SYMBOLS: [&str; 22] =
    ["!=", "!~", "<=", ">=", "=", "~", "<", ">", "+", "-", "*", "/", "&", "|", "(", ")", "[", "]", ".", ",", "{", "}"];

pub(super) fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut rest = text.trim_start();
    let mut tokens = Vec::new();
    while let Some(first) = rest.chars().next() {
        let (token, length) = match first {
            '\'' | '`' | '"' => {
                let (text, length) = quoted(rest, first)?;
                (if first == '\'' { Token::Text(text) } else { Token::Quoted(text) }, length)
            }
            '%' => constant(rest)?,
            '@' => {
                let is = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | ':' | '.' | '+');
                let length = 1 + span(&rest[1..], is);
                (Token::Moment(rest[1..length].to_owned()), length)
            }
            '0'..='9' => number(rest)?,
            '$' | '_' | 'A'..='Z' | 'a'..='z' => {
                let length = 1 + span(&rest[1..], |letter| letter.is_ascii_alphanumeric() || letter == '_');
                (Token::Name(rest[..length].to_owned()), length)
            }
            _ => match SYMBOLS.iter().find(|symbol| rest.starts_with(**symbol)) {
                Some(symbol) => (Token::Symbol(symbol), symbol.len()),
                None => return Err(format!("`{first}` means nothing")),
            },
        };
        tokens.push(token);
        rest = rest[length..].trim_start();
    }
    Ok(tokens)
}

/// Counts the bytes of the letters that fit from the start.
fn span(text: &str, is: impl Fn(char) -> bool) -> usize {
    text.find(|letter| !is(letter)).unwrap_or(text.len())
}

fn constant(rest: &str) -> Result<(Token, usize), String> {
    let after = &rest[1..];
    if let Some(quote @ ('"' | '`' | '\'')) = after.chars().next() {
        let (name, length) = quoted(after, quote)?;
        return Ok((Token::Constant(name), 1 + length));
    }
    let length = span(after, |letter| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-'));
    Ok((Token::Constant(after[..length].to_owned()), 1 + length))
}

fn number(rest: &str) -> Result<(Token, usize), String> {
    let whole = span(rest, |letter| letter.is_ascii_digit());
    let fraction = rest[whole..].strip_prefix('.').map_or(0, |after| span(after, |letter| letter.is_ascii_digit()));
    let wrong = |_| format!("`{rest}` begins with no number that can be held");
    if fraction == 0 {
        return Ok((Token::Integer(rest[..whole].parse().map_err(|_| wrong(()))?), whole));
    }
    let length = whole + 1 + fraction;
    Ok((Token::Decimal(rest[..length].parse().map_err(|_| wrong(()))?), length))
}

/// Reads a text in quotes with its escapes; gives it with its length in the source.
fn quoted(rest: &str, quote: char) -> Result<(String, usize), String> {
    let mut text = String::new();
    let mut letters = rest.char_indices().skip(1);
    while let Some((at, letter)) = letters.next() {
        match letter {
            _ if letter == quote => return Ok((text, at + letter.len_utf8())),
            '\\' => match letters.next() {
                Some((_, 'n')) => text.push('\n'),
                Some((_, 'r')) => text.push('\r'),
                Some((_, 't')) => text.push('\t'),
                Some((_, 'f')) => text.push('\u{c}'),
                Some((_, 'u')) => {
                    let digits: String = letters.by_ref().take(4).map(|(_, digit)| digit).collect();
                    let code = u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32);
                    text.push(code.ok_or("`\\u` needs four digits of a character")?);
                }
                Some((_, escaped @ ('\\' | '/' | '\'' | '"' | '`'))) => text.push(escaped),
                // The core definitions escape letters of regular expressions once only: `'\..*'`.
                Some((_, other)) => text.extend(['\\', other]),
                None => break,
            },
            _ => text.push(letter),
        }
    }
    Err("a text has no closing quote".to_owned())
}
