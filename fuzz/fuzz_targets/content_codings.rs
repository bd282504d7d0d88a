//! Coded bodies: the first byte says how, the second where to cut.
#![no_main]

use bytes::Bytes;
use crossexam_fetch::content_codings::{Decoder, LARGEST_DECODED_BODY};
use libfuzzer_sys::fuzz_target;

const CODINGS: [&[&str]; 6] = [
    &["gzip"],
    &["deflate"],
    &["br"],
    &["zstd"],
    &["gzip", "br"],
    &["deflate", "gzip"],
];

fn decoded(codings: &[Bytes], pieces: &[&[u8]]) -> Option<Vec<u8>> {
    let mut decoder = Decoder::new(codings).ok()??;
    let mut all = Vec::new();
    for piece in pieces {
        all.extend_from_slice(&decoder.decode(piece).ok()?);
    }
    all.extend_from_slice(&decoder.finish().ok()?);
    Some(all)
}

fuzz_target!(|data: &[u8]| {
    let [which, cut, body @ ..] = data else { return };
    let codings = CODINGS[usize::from(*which) % CODINGS.len()];
    let codings: Vec<Bytes> = codings.iter().map(|name| Bytes::from_static(name.as_bytes())).collect();
    let whole = decoded(&codings, &[body]);
    let (first, second) = body.split_at(usize::from(*cut).min(body.len()));
    assert_eq!(decoded(&codings, &[first, second]), whole, "the pieces make no difference");
    assert!(whole.is_none_or(|whole| whole.len() <= LARGEST_DECODED_BODY));
});
