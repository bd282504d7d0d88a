//! The account of reached steps speaks of what there is.

use crossexam_tests::reach::sources;
use crossexam_tests::vectors::folder;

#[test]
fn every_source_of_the_account_is_there() {
    let sources = sources();
    assert!(!sources.is_empty(), "nothing is accounted for");
    for source in sources {
        let is_there = matches!(&source[..], "fetch" | "scenarios")
            || folder().join(format!("{source}.json")).is_file();
        assert!(is_there, "there is no {source} any more; take it out");
    }
}
