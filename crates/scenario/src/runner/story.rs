//! The story: its steps, one after the other, each until nothing more happens.

use crossexam_browser::Browser;
use crossexam_sim::journal::Event;
use crossexam_sim::{Client, ClientRequest, DnsAnswer, World, Zone};
use crossexam_web::trace::printable;

use super::Stage;
use super::build::zones_of;
use crate::format::file::Clear;
use crate::plan::{Action, Curl, DnsTarget, Plan, Step};

/// Plays the story. `Err` says why it could not go on.
pub(super) fn play(world: &World, stage: &Stage, plan: &Plan) -> Result<(), String> {
    for (index, step) in plan.story.iter().enumerate() {
        play_step(world, stage, plan, step).map_err(|why| {
            format!(
                "step {} of the story ({}): {why}",
                index + 1,
                step.describe()
            )
        })?;
    }
    Ok(())
}

fn play_step(world: &World, stage: &Stage, plan: &Plan, step: &Step) -> Result<(), String> {
    let person = step.who.as_deref().unwrap_or_default();
    let browser = |name: &str| -> Result<&Browser, String> {
        stage
            .browsers
            .get(name)
            .ok_or_else(|| format!("there is no browser {name}"))
    };
    match &step.action {
        Action::Visit {
            browser: name,
            tab,
            url,
        } => {
            let browser = browser(name)?;
            wait_for(world, async {
                browser.visit(tab.map(u64::from), url).await.map(drop)
            })
        }
        Action::Click {
            browser: name,
            tab,
            selector,
        } => {
            let browser = browser(name)?;
            wait_for(world, browser.click(tab.map(u64::from), selector))
        }
        Action::Submit {
            browser: name,
            tab,
            selector,
            fields,
        } => {
            let browser = browser(name)?;
            let values: Vec<(&str, &str)> = fields
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str()))
                .collect();
            wait_for(world, browser.submit(tab.map(u64::from), selector, &values))
        }
        Action::Curl(curl) => {
            record_action(world, step);
            run_curl(world, plan, person, curl)
        }
        Action::Wait(duration) => {
            record_action(world, step);
            wait_for(world, async {
                world.executor().sleep(*duration).await;
                Ok::<(), std::convert::Infallible>(())
            })?;
            settle(world, stage)
        }
        Action::Clear {
            browser: name,
            what,
        } => {
            let browser = browser(name)?;
            if matches!(what, Clear::Cookies | Clear::Everything) {
                browser.clear_cookies();
            }
            if matches!(what, Clear::PreflightCache | Clear::Everything) {
                browser.clear_caches();
            }
            if matches!(what, Clear::Credentials | Clear::Everything) {
                browser.clear_passwords();
            }
            Ok(())
        }
        Action::Set { machine, values } => {
            record_action(world, step);
            let store = stage
                .stores
                .get(machine)
                .ok_or_else(|| format!("there is no machine {machine}"))?;
            for (key, value) in values {
                store.set(world, key, value.to_string());
            }
            Ok(())
        }
        Action::Dns(names) => {
            record_action(world, step);
            for (name, target) in names {
                let address = match target {
                    DnsTarget::Address(address) => *address,
                    DnsTarget::Machine(machine) => world
                        .network()
                        .address_of(machine)
                        .ok_or_else(|| format!("the machine {machine} has no address"))?,
                };
                world
                    .network()
                    .set_name_in(Zone::internet(), name, DnsAnswer::new([address]));
            }
            Ok(())
        }
    }
}

fn record_action(world: &World, step: &Step) {
    let person = step.who.clone().unwrap_or_default();
    world.journal().record(
        world.now(),
        Event::Action {
            person,
            what: step.describe(),
        },
    );
}

fn run_curl(world: &World, plan: &Plan, person: &str, curl: &Curl) -> Result<(), String> {
    let client = Client::in_zones(world.network(), "curl", person, zones_of(plan, person));
    let mut request = ClientRequest::new(curl.method.clone(), curl.url.clone());
    for (name, value) in &curl.headers {
        request = request.header(name.clone(), value.clone());
    }
    if let Some(body) = &curl.body {
        let typed = curl
            .headers
            .iter()
            .any(|(name, _)| name.eq_ignore_ascii_case("content-type"));
        if !typed {
            request = request.header("Content-Type", "application/x-www-form-urlencoded");
        }
        request = request.body(body.clone());
    }
    if let Some(subject) = &curl.certificate {
        request = request.certificate(subject.clone());
    }
    // That no answer came is in the journal; it is for the expectations to say whether that is right.
    world
        .block_on(client.send(request))
        .map(drop)
        .map_err(|error| error.to_string())
}

/// Waits until every browser is quiet.
fn settle(world: &World, stage: &Stage) -> Result<(), String> {
    for browser in stage.browsers.values() {
        wait_for(world, async {
            browser.wait_until_quiet().await;
            Ok::<(), std::convert::Infallible>(())
        })?;
    }
    Ok(())
}

fn wait_for<E: std::fmt::Display>(
    world: &World,
    action: impl Future<Output = Result<(), E>>,
) -> Result<(), String> {
    match world.block_on(action) {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(printable(error.to_string().as_bytes())),
        Err(error) => Err(error.to_string()),
    }
}
