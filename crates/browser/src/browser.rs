//! The browser as people and scenarios use it.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use crossexam_fetch::{Choices, UserAgent};
use crossexam_html::environment::Identities;
use crossexam_html::navigables::Navigables;
use crossexam_js::{Agent, RealmId, UserActionError};
use crossexam_sim::journal::Event;
use crossexam_sim::{BrowserHost, Pinning, Profile, World, Zone};
use crossexam_web::{Host, Trace};
use url::Url;

use crate::document::Document;
use crate::inner::{Inner, Numbers};
use crate::navigable::Navigable;
use crate::navigate::Navigation;

/// How a browser is made.
#[derive(Debug, Clone)]
pub struct BrowserOptions {
    /// What the standards leave to it.
    pub choices: Choices,
    /// How long it keeps to an address once it has resolved a name.
    pub pinning: Pinning,
    /// Whether windows open only when the user has just done something.
    pub popup_blocker: bool,
    /// What scripts may use up.
    pub limits: crossexam_js::Limits,
    /// How long [`Browser::wait_until_quiet`] follows timers that pages keep setting.
    pub timer_horizon: Duration,
    /// What its person has done to it.
    pub tampering: Tampering,
    /// The zones of the network that it reaches, nearest first.
    pub zones: Vec<Zone>,
}

/// What a person has done to their browser, for example with an extension: headers that are changed between it and the
/// network, whatever the standards forbid. What the browser itself decides stays as it was.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tampering {
    /// Headers of every request that leaves: set to a value, or taken away (`None`).
    pub requests: Vec<(Bytes, Option<Bytes>)>,
    /// Headers of every answer that arrives.
    pub answers: Vec<(Bytes, Option<Bytes>)>,
}

impl Tampering {
    /// Whether nothing was done to the browser.
    pub fn is_empty(&self) -> bool {
        self.requests.is_empty() && self.answers.is_empty()
    }
}

impl BrowserOptions {
    /// A browser of this profile.
    pub fn of_profile(profile: &Profile) -> Self {
        Self {
            choices: profile.choices.clone(),
            pinning: profile.pinning,
            ..Self::default()
        }
    }
}

impl Default for BrowserOptions {
    fn default() -> Self {
        Self {
            choices: Choices::default(),
            pinning: Pinning::default(),
            popup_blocker: true,
            limits: crossexam_js::Limits::default(),
            timer_horizon: Duration::from_secs(10),
            tampering: Tampering::default(),
            zones: vec![Zone::internet()],
        }
    }
}

/// A browser with the person in front of it. Clones are handles of the same browser.
///
/// What the person does are `async` methods, to be run by the world's executor. Each of them ends when the browser is
/// quiet again: nothing is being fetched and no timer is about to fire.
#[derive(Debug, Clone)]
pub struct Browser {
    inner: Rc<Inner>,
    current: Rc<Cell<u64>>,
}

/// Why the person could not do what they were to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ActionError {
    /// There is no such tab.
    #[error("there is no tab {tab}; open are {}", tabs_text(.open))]
    NoSuchTab {
        /// The number that was asked for.
        tab: u64,
        /// The numbers of the tabs that are open.
        open: Vec<u64>,
    },
    /// No tab is open.
    #[error("no tab is open yet")]
    NoTab,
    /// The page does not let them.
    #[error(transparent)]
    Page(#[from] UserActionError),
}

fn tabs_text(tabs: &[u64]) -> String {
    if tabs.is_empty() {
        return "none".to_owned();
    }
    tabs.iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(", ")
}

/// A tab that is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TabInfo {
    /// Its number, from 1.
    pub tab: u64,
    /// The URL of its document.
    pub url: String,
    /// The serialized origin of its document.
    pub origin: String,
}

impl Browser {
    /// A browser in a world, without a tab.
    pub fn new(world: &World, name: &str, person: &str, options: BrowserOptions) -> Self {
        let host =
            BrowserHost::in_zones(world.network(), name, person, options.zones.iter().cloned());
        host.set_pinning(options.pinning);
        let mut random = world.random(&format!("browser {name}"));
        // Opaque origins and environments get numbers that no other browser of the world is likely to give out.
        let first = random.next_u64() >> 16;
        let inner = Rc::new_cyclic(|this| Inner {
            this: this.clone(),
            name: name.to_owned(),
            person: person.to_owned(),
            user_agent: UserAgent::new(options.choices.clone()),
            options,
            host,
            executor: world.executor().clone(),
            group: world.executor().new_group(),
            journal: world.journal().clone(),
            trace: world.config().trace,
            random: random.into(),
            identities: Identities::starting_at(first),
            activity: Rc::default(),
            navigables: Default::default(),
            clusters: Default::default(),
            numbers: Numbers::default(),
            ports: Default::default(),
            shared_workers: Default::default(),
            tampering_reported: Cell::new(false),
        });
        Self {
            inner,
            current: Rc::new(Cell::new(0)),
        }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.inner.name
    }

    /// The person in front of it.
    pub fn person(&self) -> &str {
        &self.inner.person
    }

    /// Its place in the network: give it client certificates, tell its person passwords.
    pub fn host(&self) -> &BrowserHost {
        &self.inner.host
    }

    /// Its stores: cookies, caches.
    pub fn user_agent(&self) -> &UserAgent {
        &self.inner.user_agent
    }

    /// The tabs that are open, in the order in which they were opened.
    pub fn tabs(&self) -> Vec<TabInfo> {
        let navigables = self.inner.navigables.borrow();
        let tops = navigables
            .values()
            .filter(|navigable| navigable.holder.is_none());
        tops.filter_map(|navigable| {
            let document = navigable.document()?;
            Some(TabInfo {
                tab: navigable.tab,
                url: document.url.borrow().to_string(),
                origin: document.origin.borrow().to_string(),
            })
        })
        .collect()
    }

    /// Puts a cookie into the store as if `url` had sent it in a `Set-Cookie` header; says whether it was taken.
    pub fn set_cookie(&self, url: &Url, set_cookie: &str) -> bool {
        let Some(host) = Host::of(url) else {
            return false;
        };
        let outcome = self.inner.user_agent.cookies.borrow_mut().parse_and_store(
            self.inner.now(),
            set_cookie.as_bytes(),
            url.scheme() == "https",
            &host,
            url.path(),
            true,
            false,
            true,
            &self.inner.user_agent.choices.cookie_policy,
            &Trace::off(),
        );
        outcome.is_ok()
    }

    fn action(&self, what: String) {
        self.inner.record(Event::Action {
            person: self.inner.person.clone(),
            what,
        });
    }

    fn open_top_level(&self) -> Rc<Navigable> {
        let numbers = &self.inner.numbers;
        let navigable = Rc::new(Navigable {
            id: numbers.navigable(),
            tab: numbers.tab(),
            holder: None,
            group: numbers.group().into(),
            opener: None.into(),
            opened_by_script: false,
            name: String::new().into(),
            popup_flags: crossexam_html::SandboxingFlags::NONE,
            permitted_navigator: None,
            active: None.into(),
            ongoing: None.into(),
            children: Vec::new().into(),
            closed: false.into(),
        });
        self.inner
            .navigables
            .borrow_mut()
            .insert(navigable.id, navigable.clone());
        self.inner.create_initial_document(&navigable, None);
        navigable
    }

    /// Opens an empty tab and gives its number.
    pub fn open_tab(&self) -> u64 {
        let navigable = self.open_top_level();
        self.current.set(navigable.tab);
        navigable.tab
    }

    fn tab(&self, tab: Option<u64>) -> Result<Rc<Navigable>, ActionError> {
        let wanted = tab.unwrap_or_else(|| self.current.get());
        let found = {
            let navigables = self.inner.navigables.borrow();
            let mut tops = navigables
                .values()
                .filter(|navigable| navigable.holder.is_none());
            tops.find(|navigable| navigable.tab == wanted).cloned()
        };
        match found {
            Some(navigable) => {
                self.current.set(navigable.tab);
                Ok(navigable)
            }
            None if tab.is_none() => Err(ActionError::NoTab),
            None => Err(ActionError::NoSuchTab {
                tab: wanted,
                open: self.tabs().into_iter().map(|tab| tab.tab).collect(),
            }),
        }
    }

    /// Types an address into the address bar of a tab and waits for what comes of it. Without a number it is the tab that
    /// was used last, or a new one if there is none; the number after the last one opens a new tab, too.
    ///
    /// # Errors
    ///
    /// [`ActionError::NoSuchTab`]
    pub async fn visit(&self, tab: Option<u64>, url: &Url) -> Result<u64, ActionError> {
        let next = self.tabs().last().map_or(0, |tab| tab.tab) + 1;
        let navigable = match self.tab(tab) {
            Ok(navigable) => navigable,
            Err(ActionError::NoTab) => self.open_top_level(),
            Err(ActionError::NoSuchTab { tab, .. }) if tab >= next => self.open_top_level(),
            Err(error) => return Err(error),
        };
        self.current.set(navigable.tab);
        self.action(format!("visits {url}"));
        self.inner.navigate(
            &navigable,
            Navigation::by_the_user(url.clone(), "address bar"),
        );
        self.wait_until_quiet().await;
        Ok(navigable.tab)
    }

    /// Reloads a tab.
    ///
    /// # Errors
    ///
    /// [`ActionError::NoSuchTab`], [`ActionError::NoTab`]
    pub async fn reload(&self, tab: Option<u64>) -> Result<(), ActionError> {
        let navigable = self.tab(tab)?;
        let url = navigable
            .document()
            .map(|document| document.url.borrow().clone());
        let Some(url) = url else { return Ok(()) };
        self.action(format!("reloads {url}"));
        let mut navigation = Navigation::by_the_user(url, "reload");
        navigation.entry.reload = true;
        self.inner.navigate(&navigable, navigation);
        self.wait_until_quiet().await;
        Ok(())
    }

    /// Clicks what a selector matches.
    ///
    /// # Errors
    ///
    /// [`ActionError`]
    pub async fn click(&self, tab: Option<u64>, selector: &str) -> Result<(), ActionError> {
        self.act(tab, format!("clicks {selector}"), |agent, realm| {
            agent.user_click(realm, selector)
        })?;
        self.wait_until_quiet().await;
        Ok(())
    }

    /// Types text into a field.
    ///
    /// # Errors
    ///
    /// [`ActionError`]
    pub async fn type_text(
        &self,
        tab: Option<u64>,
        selector: &str,
        text: &str,
    ) -> Result<(), ActionError> {
        let what = format!("types {text:?} into {selector}");
        self.act(tab, what, |agent, realm| {
            agent.user_type(realm, selector, text)
        })?;
        self.wait_until_quiet().await;
        Ok(())
    }

    /// Fills in a form's fields and submits it.
    ///
    /// # Errors
    ///
    /// [`ActionError`]
    pub async fn submit(
        &self,
        tab: Option<u64>,
        form_selector: &str,
        values: &[(&str, &str)],
    ) -> Result<(), ActionError> {
        let what = format!("submits {form_selector}");
        self.act(tab, what, |agent, realm| {
            agent.user_submit(realm, form_selector, values)
        })?;
        self.wait_until_quiet().await;
        Ok(())
    }

    /// Closes a tab.
    ///
    /// # Errors
    ///
    /// [`ActionError::NoSuchTab`], [`ActionError::NoTab`]
    pub fn close_tab(&self, tab: Option<u64>) -> Result<(), ActionError> {
        let navigable = self.tab(tab)?;
        self.action(format!("closes tab {}", navigable.tab));
        self.inner.unload(&navigable);
        self.inner.destroy_navigable(navigable.id);
        self.current
            .set(self.tabs().last().map_or(0, |tab| tab.tab));
        Ok(())
    }

    /// Lets time pass in front of the browser.
    pub async fn wait(&self, duration: Duration) {
        self.inner.executor.sleep(duration).await;
        self.wait_until_quiet().await;
    }

    /// Waits until nothing is being fetched or loaded, following timers of pages for a while
    /// ([`BrowserOptions::timer_horizon`]). Then the person looks at what is shown.
    pub async fn wait_until_quiet(&self) {
        let inner = &self.inner;
        let end = inner.now() + inner.options.timer_horizon;
        loop {
            inner.executor.yield_now().await;
            if inner.activity.is_busy() {
                inner.activity.until_not_busy().await;
                continue;
            }
            match inner.activity.earliest_timer() {
                Some(due) if due <= end => inner.executor.sleep_until(due).await,
                Some(_) | None => break,
            }
        }
        inner.look_at_everything();
    }

    /// Forgets all cookies.
    pub fn clear_cookies(&self) {
        self.action("clears the cookies".to_owned());
        self.inner.user_agent.clear_cookies();
    }

    /// Forgets what was learned of servers: CORS-preflight permissions, what names resolve to.
    pub fn clear_caches(&self) {
        self.action("clears the caches".to_owned());
        self.inner
            .user_agent
            .preflight_cache
            .replace(Default::default());
        self.inner.host.clear_dns_cache();
    }

    /// Forgets passwords that were typed at a server's prompt.
    pub fn clear_passwords(&self) {
        self.action("forgets the passwords that were typed".to_owned());
        self.inner
            .user_agent
            .authentication_entries
            .replace(Default::default());
    }

    /// Does something on the page of a tab. What the page itself does not have is looked for in its frames, in order.
    fn act(
        &self,
        tab: Option<u64>,
        what: String,
        steps: impl Fn(&Agent, RealmId) -> Result<(), UserActionError>,
    ) -> Result<(), ActionError> {
        let navigable = self.tab(tab)?;
        self.action(what);
        let mut first_refusal = None;
        for id in self.inner.inclusive_descendants(navigable.id) {
            let Some(document) = self.inner.navigable(id).and_then(|it| it.document()) else {
                continue;
            };
            match self.act_on(&document, &steps) {
                Err(
                    refusal
                    @ (UserActionError::NothingMatches { .. } | UserActionError::NoDocument),
                ) => {
                    first_refusal.get_or_insert(refusal);
                }
                Err(refusal) => return Err(refusal.into()),
                Ok(()) => return Ok(()),
            }
        }
        Err(first_refusal.unwrap_or(UserActionError::NoDocument).into())
    }

    fn act_on(
        &self,
        document: &Rc<Document>,
        steps: impl Fn(&Agent, RealmId) -> Result<(), UserActionError>,
    ) -> Result<(), UserActionError> {
        let realm = document.realm.get().ok_or(UserActionError::NoDocument)?;
        let agent = document
            .cluster
            .running_agent()
            .ok_or(UserActionError::NoDocument)?;
        document.activate(self.inner.now());
        let outcome = match steps(agent, realm) {
            // What the page's own scripts did wrong is theirs, not the person's.
            Err(UserActionError::Script(error)) => {
                self.inner.script_error(document, &error);
                Ok(())
            }
            outcome => outcome,
        };
        self.inner.run_task(document, |_| Ok(()));
        outcome
    }
}
