//! Whatever a scenario's files say, loading them gives a scenario or mistakes that can be shown.

#![allow(clippy::unwrap_used)]

mod common;

use crossexam_scenario::diagnostic::{Style, render};
use crossexam_scenario::{Folder, Scenario, has_errors};
use proptest::prelude::*;

/// Scraps of scenario files and what breaks them.
fn scrap() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("[variant.x]\n".to_owned()),
        Just("machine.alice.server = \"alice.js\"\n".to_owned()),
        Just("{{secret.".to_owned()),
        Just("}}".to_owned()),
        Just("\"".to_owned()),
        Just("[[story]]\n".to_owned()),
        Just("[[".to_owned()),
        Just(" = ".to_owned()),
        Just("1979-05-27".to_owned()),
        Just("99999999999999999999".to_owned()),
        Just("ä€\u{1f600}".to_owned()),
        Just("\u{0}".to_owned()),
        "[a-z_.]{1,12}",
        "\\PC{0,8}",
    ]
}

fn check(name: &str, text: String, others: &Folder) -> Result<(), TestCaseError> {
    let mut folder = others.clone();
    folder.files.insert(name.to_owned(), text.into());
    let loaded = Scenario::load(folder);
    prop_assert_eq!(loaded.scenario.is_none(), has_errors(&loaded.diagnostics));
    for mistake in &loaded.diagnostics {
        let shown = render(
            mistake,
            Style {
                color: false,
                unicode: true,
            },
        );
        prop_assert!(shown.contains(&mistake.source.path), "{}", shown);
        if let Some(span) = &mistake.span {
            prop_assert!(
                mistake.source.text.get(span.clone()).is_some(),
                "{:?}",
                mistake
            );
        }
        let (line, column) = mistake.line_and_column();
        prop_assert!(line >= 1 && column >= 1);
    }
    if let Some(scenario) = loaded.scenario {
        for variant in scenario.variants() {
            prop_assert!(scenario.plan(variant, 1).is_ok());
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_damaged_scenario_file(
        which in any::<prop::sample::Index>(),
        cuts in prop::collection::vec((any::<prop::sample::Index>(), 0..40_usize, scrap()), 1..4),
    ) {
        let catalogue = common::catalogue();
        let folder = &catalogue[which.index(catalogue.len())];
        let mut text: Vec<char> = std::str::from_utf8(&folder.files["scenario.toml"]).unwrap().chars().collect();
        for (place, length, scrap) in cuts {
            let from = place.index(text.len());
            let to = (from + length).min(text.len());
            text.splice(from..to, scrap.chars());
        }
        check("scenario.toml", text.into_iter().collect(), folder)?;
    }

    #[test]
    fn a_file_of_scraps(scraps in prop::collection::vec(scrap(), 0..30)) {
        check("scenario.toml", scraps.concat(), &Folder::new("X01-x", [("alice.js", "x")]))?;
    }

    #[test]
    fn bytes_of_any_kind(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let loaded = Scenario::load(Folder::new("X01-x", [("scenario.toml", bytes)]));
        for mistake in &loaded.diagnostics {
            render(mistake, Style { color: true, unicode: false });
        }
    }
}
