//! Running scenarios.

#![allow(clippy::unwrap_used)]

mod common;

use std::fs;
use std::io::Read;
use std::process::Stdio;

use common::{ALICE, CHARLIE, SCENARIO, crossexam, output, scenario, shown, text};

/// Runs the small scenario with some of its files replaced.
fn run_with(test: &str, toml: &str, alice: &str, charlie: &str, more: &[&str]) -> String {
    scenario(
        test,
        &[
            ("scenario.toml", toml),
            ("alice.js", alice),
            ("charlie.html", charlie),
        ],
    );
    let path = format!("{test}/T01-test");
    let arguments: Vec<&str> = ["run", &path]
        .iter()
        .copied()
        .chain(more.iter().copied())
        .collect();
    shown(crossexam(&arguments))
}

#[test]
fn s04() {
    insta::assert_snapshot!(shown(crossexam(&["run", "S04"])));
}

#[test]
fn the_same_arguments_give_the_same_bytes() {
    for format in ["text", "json", "mermaid", "html"] {
        let run = || output(&["run", "S01", "S08", "S13", "--format", format]).stdout;
        assert!(run() == run(), "{format}");
    }
}

#[test]
fn a_seed_changes_what_is_made_up_and_nothing_else() {
    let run = |seed: &str| output(&["run", "S04", "--quiet", "--seed", seed]);
    assert_eq!(run("1").stdout, run("2").stdout);
    let json =
        |seed: &str| text(&output(&["run", "S04", "--format", "json", "--seed", seed]).stdout);
    assert_eq!(json("1"), json("1"));
    assert_ne!(json("1"), json("2"));
}

#[test]
fn one_variant() {
    insta::assert_snapshot!(shown(crossexam(&[
        "run",
        "S04",
        "--variant",
        "vulnerable",
        "--quiet"
    ])));
    insta::assert_snapshot!(shown(crossexam(&["run", "S04", "--variant", "vulnerabel"])));
    insta::assert_snapshot!(shown(crossexam(&["run", "S04", "--browser", "clasic"])));
}

#[test]
fn a_failed_expectation() {
    let toml = SCENARIO.replace("never_learns", "learns");
    insta::assert_snapshot!(run_with("failed", &toml, ALICE, CHARLIE, &[]));
}

#[test]
fn right_for_the_wrong_reason() {
    let toml = format!(
        "{SCENARIO}decided_by = [{{ url = \"https://alice.example/\", reason = \"cors-check/allow-origin-mismatch\" }}]\n"
    );
    insta::assert_snapshot!(run_with(
        "wrong-reason",
        &toml,
        ALICE,
        CHARLIE,
        &["--quiet"]
    ));
}

#[test]
fn a_leak_that_nobody_expected() {
    let alice = r#"export default { fetch: () => new Response("{{secret.mail}}", { headers: { "Access-Control-Allow-Origin": "*" } }) };"#;
    let charlie =
        "<script>fetch('https://alice.example/').then((answer) => answer.text())</script>";
    let toml = SCENARIO
        .replace(
            "never_learns = { charlie = \"mail\" }",
            "learns = { alice = \"mail\" }",
        )
        .replace("known_to = \"alice\"\n", "");
    insta::assert_snapshot!(run_with("leak", &toml, alice, charlie, &["--quiet"]));
}

#[test]
fn a_page_script_that_throws() {
    let charlie = "<script>\n  kittens();\n</script>";
    insta::assert_snapshot!(run_with("throws", SCENARIO, ALICE, charlie, &[]));
}

#[test]
fn a_page_script_that_does_not_parse() {
    let charlie = "<script>\n  let = = 5;\n</script>";
    insta::assert_snapshot!(run_with("syntax", SCENARIO, ALICE, charlie, &["--quiet"]));
}

#[test]
fn a_page_script_that_never_ends() {
    let charlie = "<script>for (;;) {}</script>";
    insta::assert_snapshot!(run_with(
        "never-ends",
        SCENARIO,
        ALICE,
        charlie,
        &["--quiet"]
    ));
}

#[test]
fn a_program_that_does_not_parse() {
    let alice = "export default {\n  fetch() { return new Response(\"x\" }\n};\n";
    insta::assert_snapshot!(run_with("program-syntax", SCENARIO, alice, CHARLIE, &[]));
}

#[test]
fn a_program_without_a_handler() {
    insta::assert_snapshot!(run_with(
        "program-nothing",
        SCENARIO,
        "const x = 1;\n",
        CHARLIE,
        &[]
    ));
}

#[test]
fn a_program_that_throws() {
    let alice = "export default {\n  fetch() {\n    return kittens;\n  },\n};\n";
    insta::assert_snapshot!(run_with("program-throws", SCENARIO, alice, CHARLIE, &[]));
}

#[test]
fn a_program_that_never_ends() {
    let alice = "export default { fetch() { for (;;) {} } };\n";
    insta::assert_snapshot!(run_with(
        "program-never-ends",
        SCENARIO,
        alice,
        CHARLIE,
        &["--quiet"]
    ));
}

#[test]
fn a_server_that_never_answers() {
    let alice = "export default { fetch: () => new Promise(() => {}) };\n";
    insta::assert_snapshot!(run_with(
        "program-silent",
        SCENARIO,
        alice,
        CHARLIE,
        &["--quiet"]
    ));
    let toml = SCENARIO.replace("server = \"alice.js\"", "fault = \"silent\"");
    insta::assert_snapshot!(run_with("silent", &toml, ALICE, CHARLIE, &["--quiet"]));
    let toml = format!("{toml}allow = [\"server-errors\"]\n");
    let allowed = run_with("silent-allowed", &toml, ALICE, CHARLIE, &["--quiet"]);
    assert!(allowed.starts_with("exit code: 0"), "{allowed}");
}

#[test]
fn a_click_on_what_is_not_there() {
    let toml = SCENARIO.replace(
        "\n[expect]",
        "\n[[story]]\nwho = \"bob\"\nclick = \"#kittens\"\n\n[expect]",
    );
    insta::assert_snapshot!(run_with("click", &toml, ALICE, CHARLIE, &["--quiet"]));
}

#[test]
fn a_cookie_that_the_browser_does_not_take() {
    let toml = format!(
        "{SCENARIO}\n[browser.bob]\ncookies = [{{ at = \"https://alice.example/\", set = \"a=1; Domain=charlie.example\" }}]\n"
    );
    insta::assert_snapshot!(run_with("cookie", &toml, ALICE, CHARLIE, &["--quiet"]));
}

#[test]
fn output_to_files() {
    let folder = common::folder("output");
    let file = folder.join("s04.html");
    let status = output(&[
        "run",
        "S04",
        "--format",
        "html",
        "--output",
        file.to_str().unwrap(),
    ]);
    assert_eq!(status.status.code(), Some(0));
    assert!(status.stdout.is_empty());
    assert!(
        fs::read_to_string(file)
            .unwrap()
            .starts_with("<!doctype html>")
    );
    let pictures = format!("{}/", folder.join("pictures").display());
    assert_eq!(
        output(&["run", "S04", "--format", "svg", "-o", &pictures])
            .status
            .code(),
        Some(0)
    );
    let mut names: Vec<String> = fs::read_dir(&pictures)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    assert_eq!(
        names,
        ["S04-fixed.svg", "S04-vulnerable.svg", "S04-wrong-fix.svg"]
    );
    insta::assert_snapshot!(shown(crossexam(&["run", "S04", "--format", "svg"])));
    insta::assert_snapshot!(shown(crossexam(&[
        "run",
        "S04",
        "-o",
        "output/no/such/folder.txt"
    ])));
}

#[test]
fn json_is_a_list_of_runs() {
    let list: serde_json::Value =
        serde_json::from_slice(&output(&["run", "S04", "--format", "json"]).stdout).unwrap();
    let runs = list.as_array().unwrap();
    assert_eq!(runs.len(), 3);
    for run in runs {
        assert_eq!(run["scenario"], "S04");
        assert_eq!(run["passed"], true);
        assert!(run["journal"].as_array().unwrap().len() > 5);
    }
}

#[test]
fn without_a_trace_the_verdicts_are_the_same() {
    let run = |more: &[&str]| {
        let arguments: Vec<&str> = ["run", "S0*", "--quiet"]
            .iter()
            .chain(more)
            .copied()
            .collect();
        output(&arguments).stdout
    };
    assert_eq!(run(&[]), run(&["--no-trace"]));
}

#[test]
fn a_reader_who_leaves_is_no_reason_to_panic() {
    let mut child = crossexam(&["run", "--format", "json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = [0; 10];
    child.stdout.take().unwrap().read_exact(&mut first).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(text(&output.stderr), "");
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn colours_only_where_they_are_wanted() {
    let has_color = |command: &mut std::process::Command| {
        text(&command.output().unwrap().stdout).contains('\u{1b}')
    };
    assert!(!has_color(&mut crossexam(&["run", "S04"])));
    assert!(has_color(&mut crossexam(&[
        "run", "S04", "--color", "always"
    ])));
    assert!(!has_color(crossexam(&["run", "S04"]).env("NO_COLOR", "1")));
    assert!(!has_color(&mut crossexam(&[
        "run", "S04", "--color", "never"
    ])));
}

#[test]
fn ascii_where_there_is_no_unicode() {
    // The titles of the catalogue are ASCII; what is drawn around them must be, too.
    assert!(
        text(
            &crossexam(&["run", "S04"])
                .env("LANG", "C")
                .output()
                .unwrap()
                .stdout
        )
        .is_ascii()
    );
    assert!(text(&output(&["run", "S04", "--ascii"]).stdout).is_ascii());
    assert!(!text(&output(&["run", "S04"]).stdout).is_ascii());
}

#[test]
fn a_policy_changed_by_one_line_flips_the_verdict_and_the_deciding_step() {
    let folder = common::folder("flip");
    let source = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests/scenarios/S04-answer-withheld");
    let target = folder.join("S04-flipped");
    fs::create_dir_all(&target).unwrap();
    for entry in fs::read_dir(source).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, target.join(path.file_name().unwrap())).unwrap();
    }
    let run = || {
        let arguments = [
            "run",
            "flip/S04-flipped",
            "--variant",
            "fixed",
            "--format",
            "json",
        ];
        let list: serde_json::Value = serde_json::from_slice(&output(&arguments).stdout).unwrap();
        let fetch = list[0]["journal"].as_array().unwrap().iter().find(|entry| {
            entry["event"] == "fetch" && entry["url"] == "https://alice.example/mail"
        });
        (
            list[0]["passed"].as_bool().unwrap(),
            fetch.unwrap()["outcome"]["step"]["number"].clone(),
        )
    };
    assert_eq!(run(), (true, "2".into()));
    let file = target.join("scenario.toml");
    let toml = fs::read_to_string(&file).unwrap();
    fs::write(
        &file,
        toml.replacen("policy = \"none\"", "policy = \"reflect\"", 1),
    )
    .unwrap();
    let (passed, step) = run();
    assert!(!passed);
    assert_ne!(step, "2");
}
