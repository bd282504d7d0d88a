//! Small things of the Infra Standard: bytes as strings and back, base64 as the web forgives it.
//!
//! <https://infra.spec.whatwg.org/>

/// Isomorphic decode: each byte becomes the code point of the same value.
///
/// <https://infra.spec.whatwg.org/#isomorphic-decode>
pub fn isomorphic_decode(bytes: &[u8]) -> String {
    bytes.iter().copied().map(char::from).collect()
}

/// Isomorphic encode: each code point becomes the byte of the same value; `None` if one is above U+00FF.
///
/// <https://infra.spec.whatwg.org/#isomorphic-encode>
pub fn isomorphic_encode(string: &str) -> Option<Vec<u8>> {
    string
        .chars()
        .map(|character| u8::try_from(character).ok())
        .collect()
}

/// Forgiving-base64 decode; `None` is the standard's failure.
///
/// <https://infra.spec.whatwg.org/#forgiving-base64-decode>
pub fn forgiving_base64_decode(data: &[u8]) -> Option<Vec<u8>> {
    data_url::forgiving_base64::decode_to_vec(data).ok()
}
