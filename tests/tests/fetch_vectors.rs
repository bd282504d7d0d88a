//! Replays the whole fetches of `tests/vectors/fetch/`. A new file there is found by itself.

use crossexam_tests::fetches::{files, replay};
use crossexam_tests::reach::account;

#[test]
fn every_fetch_comes_out_as_written() {
    let files = files();
    assert!(!files.is_empty(), "there are no files");
    let wrong: Vec<_> = account("fetch", || {
        files.iter().filter_map(|path| replay(path).err()).collect()
    });
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
