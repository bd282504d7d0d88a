//! Replays whole fetches, the vectors of `tests/vectors/fetch/`. The form is described in `tests/vectors/README.md`.

mod asked;
mod outcome;
mod script;
mod world;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

use crossexam_fetch::body::BodyError;
use crossexam_fetch::ready::poll_once;
use crossexam_fetch::{Body, Response, fetch, fetch_in_parallel, process_the_next_manual_redirect};
use crossexam_web::Trace;
use crossexam_web::trace::reach;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::fields::{Fields, Malformed};
use outcome::Happened;
use world::World;

/// A file of whole fetches.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FetchFile {
    standard: String,
    algorithm: String,
    about: String,
    /// What goes into every case that does not say otherwise.
    #[serde(default)]
    input: Map<String, Value>,
    cases: Vec<FetchCase>,
}

/// One case of such a file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FetchCase {
    name: String,
    step: Option<String>,
    input: Map<String, Value>,
    result: Map<String, Value>,
}

impl FetchCase {
    /// Whether the case says that the step it is about must not be taken.
    fn is_about_a_step_not_taken(&self, algorithm: &str, step: &str) -> bool {
        let name = Value::from(format!("{algorithm} {step}"));
        let of = |result: &Value| {
            result["not_taken"]
                .as_array()
                .is_some_and(|steps| steps.contains(&name))
        };
        of(&Value::Object(self.result.clone()))
            || self
                .result
                .get("steps")
                .and_then(Value::as_array)
                .is_some_and(|steps| steps.iter().any(of))
    }
}

/// The files of whole fetches, sorted.
///
/// # Panics
///
/// If the folder cannot be read.
pub fn files() -> Vec<PathBuf> {
    let folder = crate::vectors::folder().join("fetch");
    let entries =
        std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<_> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|it| it == "json"))
        .collect();
    files.sort();
    files
}

/// Replays the whole fetches of one file; returns how many cases it has.
///
/// # Errors
///
/// What is wrong with the file, or every case that came out differently and how.
pub fn replay(path: &Path) -> Result<usize, String> {
    let stem = path
        .file_stem()
        .map(|stem| stem.to_string_lossy().into_owned());
    let stem = stem.unwrap_or_default();
    let text = std::fs::read_to_string(path).map_err(|error| format!("{stem}.json: {error}"))?;
    let file: FetchFile =
        serde_json::from_str(&text).map_err(|error| format!("{stem}.json: {error}"))?;
    if file.cases.is_empty() || file.about.is_empty() {
        return Err(format!("{stem}.json says nothing"));
    }
    let known = crate::vectors::steps_of_fetch(&file.algorithm);
    if file.standard == "Fetch" && known.is_none() {
        return Err(format!(
            "{stem}.json: the Fetch Standard has no algorithm `{}`",
            file.algorithm
        ));
    }

    let mut names = BTreeSet::new();
    let mut wrong = String::new();
    for case in &file.cases {
        let mut differences = Vec::new();
        if !names.insert(&case.name) {
            differences.push("another case has the same name".to_owned());
        }
        if let (Some(step), Some(known), "Fetch") = (&case.step, &known, &file.standard[..])
            && !known.contains(step)
        {
            differences.push(format!("the algorithm has no step {step}"));
        }
        let (outcome, reached) = reach::during(|| play(case, &file.input));
        match outcome {
            Ok(found) => differences.extend(found),
            Err(malformed) => differences.push(format!("malformed: {malformed}")),
        }
        if let Some(step) = &case.step
            && !case.is_about_a_step_not_taken(&file.algorithm, step)
            && !reached
                .iter()
                .any(|it| it.algorithm.id == file.algorithm && it.number == step)
        {
            differences.push(format!("the case does not reach step {step}"));
        }
        if !differences.is_empty() {
            let step = case.step.as_deref().unwrap_or("none");
            let _ = writeln!(wrong, "  {} (step {step})", case.name);
            for line in differences.iter().flat_map(|difference| difference.lines()) {
                let _ = writeln!(wrong, "    {line}");
            }
        }
    }
    if wrong.is_empty() {
        Ok(file.cases.len())
    } else {
        Err(format!(
            "{} ({}), fetch/{stem}.json:\n{wrong}",
            file.algorithm, file.standard
        ))
    }
}

/// Plays one case; returns where it came out differently.
fn play(case: &FetchCase, defaults: &Map<String, Value>) -> Result<Vec<String>, Malformed> {
    let input = Fields::of("input", &Value::Object(case.input.clone()))?.or(defaults);
    let mut input = input;
    let steps = input.take("steps");
    let (steps, results) = match &steps {
        None => {
            // One fetch: what belongs to its step stands in the input itself.
            let mut step = Map::new();
            for name in ["wait", "request", "controller", "after", "unread"] {
                if let Some(value) = input.take(name) {
                    step.insert(name.to_owned(), value);
                }
            }
            (
                vec![Value::Object(step)],
                vec![Value::Object(case.result.clone())],
            )
        }
        Some(steps) => {
            let steps = steps.as_array().ok_or("`steps` is a list")?.clone();
            let mut result = Fields::of("result", &Value::Object(case.result.clone()))?;
            let results = result.list("steps")?;
            result.finish()?;
            (steps, results)
        }
    };
    if steps.len() != results.len() {
        return Err(format!(
            "{} steps have {} results",
            steps.len(),
            results.len()
        ));
    }

    let world = World::of(input)?;
    let mut differences = Vec::new();
    let several = steps.len() > 1;
    let mut last = None;
    for (number, (step, result)) in steps.iter().zip(&results).enumerate() {
        let (happened, fetched) = take_step(&world, step, last.take())?;
        last = fetched;
        let mut found = happened.compare(result)?;
        if !found.is_empty() {
            found.push(happened.to_string());
        }
        differences.extend(found.into_iter().map(|difference| {
            if several {
                format!("step {}: {difference}", number + 1)
            } else {
                difference
            }
        }));
    }
    differences.extend(
        world
            .unused_answers()
            .into_iter()
            .map(|answer| format!("nobody asked for the answer {answer}")),
    );
    Ok(differences)
}

/// One fetch of a case.
fn take_step(
    world: &World,
    step: &Value,
    last: Option<crossexam_fetch::Fetched>,
) -> Result<(Happened, Option<crossexam_fetch::Fetched>), Malformed> {
    let mut step = Fields::of("step", step)?;
    if let Some(seconds) = step.number("wait")? {
        world.host().advance(Duration::from_secs(seconds));
    }
    if let Some(cookies) = step.take("cookies") {
        world.set_cookies(&cookies)?;
    }
    if let Some(answers) = step.take("answers") {
        world.add_answers(&answers)?;
    }
    let client = match step.take("client") {
        Some(client) => world.client_of(&client)?,
        None => world.client(),
    };
    let controller = world.new_controller();
    if let Some(state) = step.text("controller")? {
        script::stop(&controller, &state)?;
    }
    let progress = Rc::<RefCell<Vec<Value>>>::default();
    let seen = Rc::clone(&progress);
    controller.observe(Rc::new(move |progress| {
        seen.borrow_mut().push(outcome::progress_value(&progress));
    }));
    let after = step.text("after")?;
    let asking = client.clone();
    let trace = Trace::on();
    let mut fetched = match (
        step.take("request"),
        step.flag("next_redirect")?.unwrap_or(false),
    ) {
        (Some(mut request), false) => {
            let reserved = request.as_object_mut();
            let reserved = reserved.and_then(|fields| fields.shift_remove("reserved_client"));
            let mut request = asked::request_of(&request, client)?;
            if let Some(reserved) = reserved {
                request.reserved_client = world.client_of(&reserved)?;
            }
            let fetching = fetch(
                world.user_agent(),
                world.host(),
                request,
                &controller,
                &trace,
            );
            poll_once(fetching).ok_or("the fetch waits for something")?
        }
        (None, true) => {
            let last = last.ok_or("`next_redirect` goes on with the fetch before it")?;
            let fetching = process_the_next_manual_redirect(
                world.user_agent(),
                world.host(),
                last,
                &controller,
                &trace,
            );
            poll_once(fetching).ok_or("the fetch waits for something")?
        }
        _ => return Err("a step has either `request` or `next_redirect`".to_owned()),
    };
    match after.as_deref() {
        None => {}
        Some("client goes away") => {
            let client = asking.as_ref().ok_or("there is no client")?;
            client.fetch_group.terminate();
        }
        Some(state) => script::stop(&controller, state)?,
    }
    let body_failure = match step.flag("unread")? {
        Some(true) => None,
        Some(false) | None => read_body(&mut fetched.response)?,
    };
    step.finish()?;
    let sent = world.host().take_sent();
    for request in world.host().take_in_parallel() {
        let controller = world.new_controller();
        let fetching = fetch_in_parallel(
            world.user_agent(),
            world.host(),
            request,
            &controller,
            &trace,
        );
        poll_once(fetching).ok_or("what is fetched in parallel waits for something")?;
    }
    let background = world.host().take_sent();
    let happened = Happened::of(world, &fetched, &sent, &background, &trace)
        .with_body_failure(body_failure)
        .with_progress(progress.take());
    Ok((happened, Some(fetched)))
}

/// Reads the body to its end, as the page would; returns the code of what went wrong with it.
fn read_body(response: &mut Response) -> Result<Option<&'static str>, Malformed> {
    let Some(body) = response.internal_mut().and_then(|it| it.body.as_mut()) else {
        return Ok(None);
    };
    match poll_once(body.fully_read()).ok_or("the body waits for something")? {
        Ok(bytes) => {
            *body = Body::from_bytes(bytes);
            Ok(None)
        }
        Err(BodyError(reason)) => Ok(Some(reason.code())),
    }
}
