//! Subresource Integrity: do bytes match what a page says of them?
//!
//! <https://w3c.github.io/webappsec-subresource-integrity/>

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use crossexam_web::algorithm;
use sha2::{Digest, Sha256, Sha384, Sha512};

/// The valid SRI hash algorithm token set, the weakest first.
///
/// <https://w3c.github.io/webappsec-subresource-integrity/#valid-sri-hash-algorithm-token-set>
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HashAlgorithm {
    /// SHA-256
    Sha256,
    /// SHA-384
    Sha384,
    /// SHA-512
    Sha512,
}

impl HashAlgorithm {
    /// The algorithm of a valid SRI hash algorithm token, whatever its case.
    ///
    /// <https://w3c.github.io/webappsec-subresource-integrity/#valid-sri-hash-algorithm-token>
    pub fn of_token(token: &str) -> Option<Self> {
        [Self::Sha256, Self::Sha384, Self::Sha512]
            .into_iter()
            .find(|algorithm| token.eq_ignore_ascii_case(algorithm.as_str()))
    }

    /// Its token.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sha256 => "sha256",
            Self::Sha384 => "sha384",
            Self::Sha512 => "sha512",
        }
    }
}

/// One hash of integrity metadata.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Metadata<'a> {
    /// "alg"
    pub algorithm: HashAlgorithm,
    /// "val", as it is written.
    pub value: &'a str,
}

/// The hashes that integrity metadata consists of, as far as they are understood. Each is there once.
#[algorithm(SubresourceIntegrity, "parse-metadata", untraced)]
pub fn parse_metadata(metadata: &str) -> Vec<Metadata<'_>> {
    /// 1. None yet.
    let mut result = Vec::new();
    // SPEC: "on spaces"; the grammar has tabs, too, and browsers split on all ASCII whitespace.
    /// 2. One item after the other.
    for item in metadata.split_ascii_whitespace() {
        /// 2.1. What follows a `?` are options,
        let mut expression_and_options = item.split('?');
        /// 2.2. of which none has a meaning.
        let algorithm_expression = expression_and_options.next().unwrap_or_default();
        // SPEC: split strictly, so a value would end at its second hyphen. In the URL alphabet, which browsers take,
        // hyphens are digits like others.
        /// 2.4. Up to the first `-`
        let mut algorithm_and_value = algorithm_expression.splitn(2, '-');
        /// 2.5. stands the algorithm.
        let algorithm = algorithm_and_value.next().unwrap_or_default();
        /// 2.6. One that nobody knows asks for nothing.
        let Some(algorithm) = HashAlgorithm::of_token(algorithm) else {
            continue;
        };
        /// 2.3. Without a value it is empty,
        /// 2.7. otherwise it is what follows.
        let value = algorithm_and_value.next().unwrap_or_default();
        /// 2.8. The two are the item.
        let metadata = Metadata { algorithm, value };
        /// 2.9. It is a set.
        result.push(metadata);
    }
    /// 3. These are all.
    result
}

/// The hashes of the strongest algorithm that is there.
#[algorithm(SubresourceIntegrity, "get-the-strongest-metadata", untraced)]
pub fn get_the_strongest_metadata<'a>(set: &[Metadata<'a>]) -> Vec<Metadata<'a>> {
    /// 1. None yet.
    let mut result: Vec<Metadata<'a>> = Vec::new();
    /// 2. One after the other.
    for &item in set {
        // 2.1. NB: the type has no other algorithms.
        let Some(strongest) = result.first() else {
            /// 2.2.1. The first is the strongest so far.
            result.push(item);
            continue;
        };
        /// 2.3. How strong is the strongest,
        let current_algorithm = strongest.algorithm;
        /// 2.4. and how strong is this one?
        let new_algorithm = item.algorithm;
        match new_algorithm.cmp(&current_algorithm) {
            /// 2.5. A weaker one does not count.
            std::cmp::Ordering::Less => continue,
            /// 2.6.2. A stronger one takes the place of all before it.
            std::cmp::Ordering::Greater => result = vec![item],
            /// 2.7. Of the same, each counts.
            std::cmp::Ordering::Equal => result.push(item),
        }
    }
    /// 3. These are the strongest.
    result
}

/// The hash of bytes, in Base64.
#[algorithm(SubresourceIntegrity, "apply-algorithm-to-response", untraced)]
fn apply_algorithm_to_bytes(algorithm: HashAlgorithm, bytes: &[u8]) -> String {
    /// 1. Hash the bytes.
    let result = match algorithm {
        HashAlgorithm::Sha256 => Sha256::digest(bytes).to_vec(),
        HashAlgorithm::Sha384 => Sha384::digest(bytes).to_vec(),
        HashAlgorithm::Sha512 => Sha512::digest(bytes).to_vec(),
    };
    /// 2. Encode the hash.
    STANDARD.encode(result)
}

/// The digits of a hash in the common alphabet, in whichever of the two it is written, without the padding.
fn digits(value: &str) -> impl Iterator<Item = u8> {
    let digits = value.trim_end_matches('=').bytes();
    digits.map(|digit| match digit {
        b'-' => b'+',
        b'_' => b'/',
        digit => digit,
    })
}

/// Whether bytes match integrity metadata.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IntegrityMatch {
    /// One of the hashes is that of the bytes, or no hash is understood.
    Matches,
    /// None of the hashes is.
    Differs,
}

/// Asks whether bytes match one of the hashes of the strongest algorithm in the metadata.
#[algorithm(SubresourceIntegrity, "does-response-match-metadatalist", untraced)]
pub fn do_bytes_match_metadata_list(bytes: &[u8], metadata_list: &str) -> IntegrityMatch {
    /// 1. Read the metadata.
    let parsed_metadata = parse_metadata(metadata_list);
    if parsed_metadata.is_empty() {
        /// 2. What asks for nothing is matched by everything.
        return IntegrityMatch::Matches;
    }
    /// 3. Only the strongest count.
    let metadata = get_the_strongest_metadata(&parsed_metadata);
    let mut hashed = None;
    /// 4. One after the other.
    for item in metadata {
        /// 4.1. By this algorithm
        let algorithm = item.algorithm;
        /// 4.2. this is wanted,
        let expected_value = item.value;
        // NB: all are of one algorithm, so the bytes are hashed once, however long the list is.
        /// 4.3. and this is there.
        let actual_value = hashed.get_or_insert_with(|| apply_algorithm_to_bytes(algorithm, bytes));
        // SPEC: the texts are the same; browsers compare the bytes that they stand for.
        if digits(actual_value).eq(digits(expected_value)) {
            /// 4.4. One is enough.
            return IntegrityMatch::Matches;
        }
    }
    /// 5. None fits.
    IntegrityMatch::Differs
}
