//! The guide's lists of what pages have and have not.

mod support;

use support::page::Page;

/// The code in the first column of the tables whose first heading is `heading`.
fn listed(heading: &str) -> Vec<&'static str> {
    let guide = include_str!("../../../docs/guide/dom.md");
    let mut names = Vec::new();
    let mut inside = false;
    for line in guide.lines() {
        let first = line
            .strip_prefix("| ")
            .and_then(|row| row.split(" | ").next());
        match first {
            None => inside = inside && line.starts_with('|'),
            Some(first) if first == heading => inside = true,
            Some(first) if inside => names.extend(first.split('`').skip(1).step_by(2)),
            Some(_) => {}
        }
    }
    names
}

#[test]
fn what_the_guide_says_is_there_is_there_and_what_is_absent_is_not() {
    let page = Page::of("<p>x");
    page.run("element = document.querySelector('p')");
    let (there, absent) = (listed("there"), listed("absent"));
    assert!(
        there.len() > 100 && absent.len() > 40,
        "{} and {}",
        there.len(),
        absent.len()
    );
    let wrong = |names: &[&'static str], expected: &str| -> Vec<&'static str> {
        let is = |name: &str| page.value(&format!("typeof {name} === 'undefined'")) == expected;
        names.iter().copied().filter(|name| !is(name)).collect()
    };
    assert_eq!(wrong(&there, "false"), [""; 0], "said to be there");
    assert_eq!(wrong(&absent, "true"), [""; 0], "said to be absent");
}
