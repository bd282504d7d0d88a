//! Subresource integrity.
//!
//! <https://w3c.github.io/webappsec-subresource-integrity/>

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use sha2::{Digest, Sha256, Sha384, Sha512};

/// The algorithms, weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum HashAlgorithm {
    Sha256,
    Sha384,
    Sha512,
}

/// Whether bytes match integrity metadata: one of the hashes of the strongest algorithm that is listed. Metadata
/// without a hash that is understood matches everything.
///
/// <https://w3c.github.io/webappsec-subresource-integrity/#does-response-match-metadatalist>
pub fn bytes_match_metadata(bytes: &[u8], metadata: &str) -> bool {
    let hashes: Vec<(HashAlgorithm, &str)> = metadata
        .split_ascii_whitespace()
        .filter_map(|item| {
            let hash_expression = item.split('?').next()?;
            let (algorithm, value) = hash_expression.split_once('-')?;
            let algorithm = match algorithm.to_ascii_lowercase().as_str() {
                "sha256" => HashAlgorithm::Sha256,
                "sha384" => HashAlgorithm::Sha384,
                "sha512" => HashAlgorithm::Sha512,
                _ => return None,
            };
            Some((algorithm, value))
        })
        .collect();
    let Some(strongest) = hashes.iter().map(|(algorithm, _)| *algorithm).max() else {
        return true;
    };
    let digest = match strongest {
        HashAlgorithm::Sha256 => Sha256::digest(bytes).to_vec(),
        HashAlgorithm::Sha384 => Sha384::digest(bytes).to_vec(),
        HashAlgorithm::Sha512 => Sha512::digest(bytes).to_vec(),
    };
    hashes
        .iter()
        .filter(|(algorithm, _)| *algorithm == strongest)
        .any(|(_, value)| {
            let decoded = STANDARD.decode(value).or_else(|_| URL_SAFE.decode(value));
            decoded.is_ok_and(|decoded| decoded == digest)
        })
}
