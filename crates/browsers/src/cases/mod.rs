//! Cases by theme, made from a seed: tables of what matters, and the oracle's own strategies.

mod answers;
mod places;
mod requests;

use crossexam_oracle::{Case, Step};
use proptest::strategy::{BoxedStrategy, Strategy as _, ValueTree as _};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

/// What cases can be about.
#[derive(Debug, Clone, Copy)]
pub struct Theme {
    /// Its name, the first part of its cases' names.
    pub name: &'static str,
    /// What is in it, in a few words.
    pub about: &'static str,
    make: fn() -> BoxedStrategy<Case>,
}

/// The themes.
pub const THEMES: [Theme; 14] = [
    Theme {
        name: "allow-origin",
        about: "values of Access-Control-Allow-Origin and -Credentials",
        make: answers::allow_origin,
    },
    Theme {
        name: "methods",
        about: "methods, and what a preflight's answer says of them",
        make: requests::methods,
    },
    Theme {
        name: "request-headers",
        about: "request headers at the safelist's edges, and what a preflight's answer says of them",
        make: requests::request_headers,
    },
    Theme {
        name: "preflight",
        about: "answers to preflights with mistakes",
        make: answers::preflight,
    },
    Theme {
        name: "max-age",
        about: "second and third requests, and what is remembered for them",
        make: answers::max_age,
    },
    Theme {
        name: "exposed",
        about: "which headers of an answer are read",
        make: answers::exposed,
    },
    Theme {
        name: "redirects",
        about: "redirects of every kind, and what they taint",
        make: requests::redirects,
    },
    Theme {
        name: "modes",
        about: "request modes and what they allow",
        make: requests::modes,
    },
    Theme {
        name: "opaque-origins",
        about: "frames with an origin of their own, or none",
        make: places::opaque_origins,
    },
    Theme {
        name: "cookies",
        about: "cookies by SameSite, site and credentials mode",
        make: places::cookies,
    },
    Theme {
        name: "embedding",
        about: "Cross-Origin-Resource-Policy, embedder policies, nosniff",
        make: answers::embedding,
    },
    Theme {
        name: "fetch-metadata",
        about: "Sec-Fetch-Site and its like, from frames and after redirects",
        make: places::fetch_metadata,
    },
    Theme {
        name: "referrer",
        about: "Referer under every policy",
        make: places::referrer,
    },
    Theme {
        name: "anything",
        about: "the oracle's own strategy for whole cases",
        make: anything,
    },
];

/// Cases that the oracle is held against its statement by.
fn anything() -> BoxedStrategy<Case> {
    crossexam_oracle::strategies::case().boxed()
}

/// So many cases of these themes, in turn. The same seed gives the same cases, and a theme's do not depend on which others
/// are wanted.
pub fn generate(themes: &[Theme], seed: u64, count: usize) -> Vec<Case> {
    let mut each: Vec<_> = themes
        .iter()
        .map(|theme| {
            let mut bytes = [0; 32];
            bytes[..8].copy_from_slice(&seed.to_le_bytes());
            for (place, byte) in theme.name.bytes().take(24).enumerate() {
                bytes[8 + place] = byte;
            }
            let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
            let runner = TestRunner::new_with_rng(Config::default(), rng);
            (theme, (theme.make)(), runner, 0_usize)
        })
        .collect();
    let mut cases = Vec::with_capacity(count);
    let places = each.len();
    for place in 0..count {
        let Some((theme, strategy, runner, number)) = each.get_mut(place % places.max(1)) else {
            break;
        };
        let Ok(tree) = strategy.new_tree(runner) else {
            continue;
        };
        *number += 1;
        cases.push(Case {
            name: Some(format!("{}/{seed}-{number:04}", theme.name)),
            ..in_real_time(tree.current())
        });
    }
    cases
}

/// Waits are real here: long ones are left out, short ones take so long that nothing is decided by an instant.
fn in_real_time(mut case: Case) -> Case {
    let mut places = Vec::new();
    let mut kept = Vec::new();
    for (place, step) in case.steps.drain(..).enumerate() {
        let step = match step {
            Step::Wait(1) => Step::Wait(2),
            Step::Wait(seconds) if seconds > 2 => continue,
            step => step,
        };
        places.push(place);
        kept.push(step);
    }
    case.steps = kept;
    for answer in &mut case.answers {
        if let Some(step) = &mut answer.step {
            // One that belongs to a step that is left out is never given.
            *step = places
                .iter()
                .position(|place| place == step)
                .unwrap_or(usize::MAX);
        }
    }
    case
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alias::Alias;
    use crossexam_oracle::judge;

    #[test]
    fn the_same_seed_gives_the_same_cases_and_another_gives_others() {
        let cases = generate(&THEMES, 7, 140);
        assert_eq!(cases, generate(&THEMES, 7, 140));
        assert_ne!(cases, generate(&THEMES, 8, 140));
        let some = generate(&THEMES[..1], 7, 10);
        assert_eq!(some[9], cases[9 * THEMES.len()]);
    }

    #[test]
    fn every_theme_makes_cases_that_can_be_played_and_judged() {
        for case in generate(&THEMES, 1, 2800) {
            let name = case.name.clone().unwrap();
            judge(&case).unwrap_or_else(|error| panic!("{name}: {error}"));
            Alias::new(1)
                .case(&case)
                .unwrap_or_else(|error| panic!("{name}: {error}"));
        }
    }
}
