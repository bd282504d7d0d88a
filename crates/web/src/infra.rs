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
    // 1. ASCII whitespace is passed over.
    let mut data: Vec<u8> = data
        .iter()
        .copied()
        .filter(|byte| !matches!(byte, b'\t' | b'\n' | b'\x0c' | b'\r' | b' '))
        .collect();
    // 2. A length that is a multiple of four may end with one `=` or two.
    if data.len().is_multiple_of(4) {
        let padding = data.iter().rev().take(2).take_while(|&&byte| byte == b'=');
        data.truncate(data.len() - padding.count());
    }
    // 3. One character alone is no byte.
    if data.len() % 4 == 1 {
        return None;
    }
    // 4. to 8. Six bits each, in groups of four; what is left over at the end is not looked at.
    let mut output = Vec::with_capacity(data.len() / 4 * 3 + 2);
    for group in data.chunks(4) {
        let mut buffer: u32 = 0;
        for &byte in group {
            buffer = buffer << 6 | u32::from(base64_value(byte)?);
        }
        buffer <<= 6 * (4 - group.len());
        let [_, bytes @ ..] = buffer.to_be_bytes();
        output.extend_from_slice(&bytes[..group.len() - 1]);
    }
    // 10. That is it.
    Some(output)
}

const fn base64_value(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    }
}
