//! The profiles of today's browsers and the page that tells of them say the same.

use crossexam_sim::{Deviation, Profile};

const PAGE: &str = include_str!("../../docs/browser-differences.md");

#[test]
fn the_page_of_differences_has_a_row_for_each_deviation_and_no_other() {
    let rows: Vec<_> = PAGE
        .lines()
        .filter(|line| line.starts_with("| `"))
        .map(|line| {
            let cells: Vec<_> = line.trim_matches(['|', ' ']).split(" | ").collect();
            let [profile, key, .., source] = cells[..] else {
                panic!("a row with too few cells: {line}");
            };
            format!("{profile} {key} {source}")
        })
        .collect();
    let deviations: Vec<_> = ["chromium", "firefox", "webkit"]
        .into_iter()
        .flat_map(|name| {
            let profile = Profile::by_name(name).expect("it comes with the crate");
            let row = |it: &Deviation| {
                // An address is a link; an observation is a place in this repository.
                let source = if it.source.starts_with("https:") {
                    format!("<{}>", it.source)
                } else {
                    format!("`{}`", it.source)
                };
                format!("`{name}` `{}` {source}", it.key)
            };
            profile.deviations.iter().map(row).collect::<Vec<_>>()
        })
        .collect();
    assert_eq!(rows, deviations);
}
