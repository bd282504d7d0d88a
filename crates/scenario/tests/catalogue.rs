//! Every scenario of the catalogue loads without a mistake.

use std::path::Path;

use crossexam_scenario::diagnostic::{Style, render};
use crossexam_scenario::{Folder, Scenario};

#[test]
fn every_scenario_of_the_catalogue_is_without_mistakes() {
    let catalogue = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/scenarios");
    let mut names: Vec<_> = std::fs::read_dir(&catalogue)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    names.sort();
    assert!(!names.is_empty());
    let mut mistakes = String::new();
    for path in names.iter().filter(|path| path.is_dir()) {
        let mut folder = Folder::read(path).unwrap();
        folder.path = path.file_name().unwrap().to_string_lossy().into_owned();
        for mistake in Scenario::load(folder).diagnostics {
            mistakes.push_str(&render(&mistake, Style::default()));
            mistakes.push('\n');
        }
    }
    assert!(mistakes.is_empty(), "{mistakes}");
}
