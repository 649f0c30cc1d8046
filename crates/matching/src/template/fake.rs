//! Invented people, places and words; every list is ours and marks its entries as test data by being implausible.

use crate::Random;

const ADJECTIVES: &[&str] = &["Amber", "Brisk", "Copper", "Dapper", "Eager", "Fabled", "Gentle", "Hazel"];
const FAMILY_NAMES: &[&str] =
    &["Testwood", "Samplefield", "Mockridge", "Dummett", "Trialby", "Fixtureton", "Specimen", "Proofley"];
const GIVEN_NAMES: &[&str] = &["Alva", "Bertil", "Cleo", "Doran", "Elsin", "Fenna", "Gavril", "Hedda"];
const STREETS: &[&str] = &["Example Lane", "Placeholder Road", "Sample Street", "Template Terrace"];
const TOWNS: &[&str] = &["Mockton", "Fixture Green", "Testbury", "Stubford"];

/// Every kind of invented value.
pub(super) const KINDS: &[&str] =
    &["address", "company", "email", "family-name", "full-name", "given-name", "phone", "sentence", "street", "town", "word"];

/// Makes one of a kind; `None` where the kind is not known.
pub(super) fn fake(kind: &str, random: &mut Random) -> Option<String> {
    let pick = |random: &mut Random, list: &[&'static str]| random.pick(list).copied().unwrap_or("");
    Some(match kind {
        "address" => format!("{} {}, {}", random.range(1, 99), pick(random, STREETS), pick(random, TOWNS)),
        "company" => format!("{} {} Test Ltd", pick(random, ADJECTIVES), pick(random, FAMILY_NAMES)),
        // RFC 2606 §2: `.test` never exists.
        "email" => {
            let (given, family) = (pick(random, GIVEN_NAMES), pick(random, FAMILY_NAMES));
            format!("{}.{}@example.test", given.to_lowercase(), family.to_lowercase())
        }
        "family-name" => pick(random, FAMILY_NAMES).to_owned(),
        "full-name" => format!("{} {}", pick(random, GIVEN_NAMES), pick(random, FAMILY_NAMES)),
        "given-name" => pick(random, GIVEN_NAMES).to_owned(),
        // Numbers that Ofcom keeps for drama.
        "phone" => format!("07700 900{}", random.digits(3)),
        "sentence" => format!("{} {} went to {}.", pick(random, ADJECTIVES), pick(random, GIVEN_NAMES), pick(random, TOWNS)),
        "street" => pick(random, STREETS).to_owned(),
        "town" => pick(random, TOWNS).to_owned(),
        "word" => pick(random, ADJECTIVES).to_lowercase(),
        _ => return None,
    })
}
