//! Replays the vectors of Subresource Integrity and Integrity-Policy: one function a file.

use crossexam_fetch::integrity::{
    IntegrityMatch, Metadata, do_bytes_match_metadata_list, get_the_strongest_metadata,
    parse_metadata,
};
use crossexam_fetch::integrity_policy::{Source, process_an_integrity_policy};
use crossexam_tests::vectors::{Outcome, replay};
use serde_json::{Value, json};

fn shown(item: &Metadata<'_>) -> Value {
    json!({ "alg": item.algorithm.as_str(), "val": item.value })
}

#[test]
fn metadata_is_read_hash_by_hash() {
    replay("integrity/parse-metadata", |input| {
        let metadata = input.text("metadata");
        Outcome::result(
            parse_metadata(&metadata)
                .iter()
                .map(shown)
                .collect::<Value>(),
        )
    });
}

#[test]
fn the_strongest_hashes_count() {
    replay("integrity/get-the-strongest-metadata", |input| {
        let set = input.text("set");
        let strongest = get_the_strongest_metadata(&parse_metadata(&set));
        let shown = strongest
            .iter()
            .map(|item| format!("{}-{}", item.algorithm.as_str(), item.value));
        Outcome::result(shown.collect::<Value>())
    });
}

#[test]
fn bytes_match_one_of_the_strongest_hashes() {
    replay("integrity/does-response-match-metadatalist", |input| {
        let (bytes, list) = (input.bytes("bytes"), input.text("metadata_list"));
        Outcome::result(do_bytes_match_metadata_list(&bytes, &list) == IntegrityMatch::Matches)
    });
}

#[test]
fn policies_are_read_from_headers() {
    replay("integrity/processing-an-integrity-policy", |input| {
        let policy = process_an_integrity_policy(&input.headers("headers"), b"integrity-policy");
        let sources: Vec<_> = policy
            .sources
            .iter()
            .map(|source| match source {
                Source::Inline => "inline",
            })
            .collect();
        let destinations: Vec<_> = policy
            .blocked_destinations
            .iter()
            .map(|destination| destination.as_str())
            .collect();
        Outcome::result(json!({
            "sources": sources,
            "blocked_destinations": destinations,
            "endpoints": policy.endpoints,
        }))
    });
}
