//! Browsers on this machine, steered by WebDriver.
//!
//! <https://www.w3.org/TR/webdriver/>

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use fantoccini::wd::Capabilities;
use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::alias::Alias;
use crate::proxy::Proxy;
use crate::stage::Stage;

/// A browser that can be recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Browser {
    /// Chromium, through chromedriver.
    Chromium,
    /// Firefox, through geckodriver.
    Firefox,
}

impl Browser {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Chromium, Self::Firefox];

    /// Its name, which is also its profile's.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Chromium => "chromium",
            Self::Firefox => "firefox",
        }
    }

    /// What its program may be called, the likeliest first.
    const fn programs(self) -> &'static [&'static str] {
        match self {
            Self::Chromium => &["chromium", "chromium-browser", "google-chrome"],
            Self::Firefox => &["firefox-esr", "firefox"],
        }
    }

    /// What its driver is called.
    const fn driver(self) -> &'static str {
        match self {
            Self::Chromium => "chromedriver",
            Self::Firefox => "geckodriver",
        }
    }

    /// How to get it.
    const fn advice(self) -> &'static str {
        match self {
            Self::Chromium => "apt-get install chromium chromium-driver",
            Self::Firefox => "apt-get install firefox-esr && cargo install geckodriver",
        }
    }
}

/// Why a browser could not be used.
#[derive(Debug, thiserror::Error)]
pub enum DriverError {
    /// A program is not there.
    #[error("there is no program `{program}` on this machine")]
    Missing {
        /// What it is called.
        program: String,
        /// How to get it.
        advice: &'static str,
    },
    /// It is there and does not start.
    #[error("{what} does not start: {why}")]
    DoesNotStart {
        /// What.
        what: &'static str,
        /// Why.
        why: String,
    },
    /// It has stopped to do what it is told.
    #[error("the browser does not answer any more: {0}")]
    Lost(String),
}

/// Where a browser and its driver are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Programs {
    /// Which browser.
    pub browser: Browser,
    program: PathBuf,
    driver: PathBuf,
}

/// The first of these programs that is in one of the folders of `PATH`.
fn find(names: &[&str], path: &str) -> Option<PathBuf> {
    let folders: Vec<_> = std::env::split_paths(path).collect();
    let mut candidates = names
        .iter()
        .flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    candidates.find(|candidate| candidate.is_file())
}

impl Programs {
    /// Looks for a browser and its driver in these folders (as `PATH` has them).
    ///
    /// # Errors
    ///
    /// [`DriverError::Missing`]
    pub fn find(browser: Browser, path: &str) -> Result<Self, DriverError> {
        let found = |names: &[&str]| {
            find(names, path).ok_or_else(|| DriverError::Missing {
                program: names.join("` or `"),
                advice: browser.advice(),
            })
        };
        Ok(Self {
            browser,
            program: found(browser.programs())?,
            driver: found(&[browser.driver()])?,
        })
    }
}

/// A browser with a fresh profile, and a stage for it. Its driver, and with it the browser, ends with this value.
pub struct Session {
    client: Client,
    stage: Stage,
    /// Its version, as it says it itself.
    pub version: String,
    _driver: Child,
}

/// How long a browser may take to start, and how long a case may take.
const TO_START: Duration = Duration::from_secs(60);
const FOR_A_CASE: Duration = Duration::from_secs(40);

impl Session {
    /// Starts the browser.
    ///
    /// # Errors
    ///
    /// [`DriverError::DoesNotStart`]
    pub async fn start(programs: &Programs) -> Result<Self, DriverError> {
        let stage = Stage::default();
        let proxy = Proxy::start(stage.clone()).await;
        let proxy = proxy.map_err(|error| does_not_start("the proxy", error))?;
        let (driver, port) = start_driver(&programs.driver).await?;
        let capabilities = capabilities(programs, &proxy);
        let address = format!("http://127.0.0.1:{port}");
        let mut builder = ClientBuilder::new(HttpConnector::new());
        builder.capabilities(capabilities);
        let client = match timeout(TO_START, builder.connect(&address)).await {
            Ok(Ok(client)) => client,
            Ok(Err(error)) => return Err(does_not_start("the browser", error)),
            Err(_) => return Err(does_not_start("the browser", "it takes too long")),
        };
        let version = client
            .capabilities()
            .and_then(|it| it.get("browserVersion").cloned());
        let version = version.and_then(|it| it.as_str().map(str::to_owned));
        let session = Self {
            client,
            stage,
            version: version.unwrap_or_default(),
            _driver: driver,
        };
        session
            .client
            .update_timeouts(fantoccini::wd::TimeoutConfiguration::new(
                Some(FOR_A_CASE / 2),
                Some(FOR_A_CASE / 2),
                None,
            ))
            .await
            .map_err(|error| does_not_start("the browser", error))?;
        Ok(session)
    }

    /// Plays a case on the stage and gives what came of it.
    ///
    /// # Errors
    ///
    /// In words, if it came to no end.
    pub async fn play(
        &self,
        case: &crossexam_oracle::Case,
        alias: &Alias,
    ) -> Result<crossexam_oracle::CaseResult, String> {
        const ASK: &str = "const done = arguments[arguments.length - 1]; window.result.then(done);";
        let url = self
            .stage
            .set(case, alias)
            .map_err(|error| error.to_string())?;
        let playing = async {
            self.client.goto(&url).await?;
            self.client.execute_async(ASK, Vec::new()).await
        };
        match timeout(FOR_A_CASE, playing).await {
            Ok(Ok(Value::String(report))) => self.stage.take(&report),
            Ok(Ok(other)) => Err(format!("the page reported {other}")),
            Ok(Err(error)) => Err(error.to_string()),
            Err(_) => Err("it takes too long".to_owned()),
        }
    }

    /// Ends the browser.
    pub async fn end(self) {
        // The driver ends in any case, and takes the browser along.
        let _ = timeout(TO_START, self.client.close()).await;
    }
}

fn does_not_start(what: &'static str, why: impl ToString) -> DriverError {
    DriverError::DoesNotStart {
        what,
        why: why.to_string(),
    }
}

/// Starts a driver on a port of its own choice, which it says in one of its first lines.
async fn start_driver(program: &Path) -> Result<(Child, u16), DriverError> {
    const WHAT: &str = "the driver";
    let mut child = Command::new(program)
        .arg("--port=0")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error: io::Error| does_not_start(WHAT, error))?;
    let output = child
        .stdout
        .take()
        .ok_or_else(|| does_not_start(WHAT, "it says nothing"))?;
    let mut lines = BufReader::new(output).lines();
    let port = async {
        while let Ok(Some(line)) = lines.next_line().await {
            if let Some(port) = port_in(&line) {
                return Some(port);
            }
        }
        None
    };
    let port = timeout(TO_START, port).await.ok().flatten();
    let port =
        port.ok_or_else(|| does_not_start(WHAT, "it does not say on which port it listens"))?;
    // It must be able to go on writing.
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    Ok((child, port))
}

/// The port in "... started successfully on port 4711." or "... Listening on 127.0.0.1:4711".
fn port_in(line: &str) -> Option<u16> {
    let line = line.trim().trim_end_matches('.');
    let said = line
        .rsplit_once("on port ")
        .or_else(|| line.rsplit_once("Listening on 127.0.0.1:"));
    said?.1.parse().ok().filter(|port| *port != 0)
}

/// What the browser is asked to be: headless, fresh, behind our proxy, believing our key.
fn capabilities(programs: &Programs, proxy: &Proxy) -> Capabilities {
    let binary = programs.program.display().to_string();
    let address = format!("127.0.0.1:{}", proxy.port);
    let value = match programs.browser {
        Browser::Chromium => json!({
            "browserName": "chrome",
            "goog:chromeOptions": {
                "binary": binary,
                "args": [
                    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                    "--no-first-run", "--disable-background-networking", "--lang=en-US", "--accept-lang=en-US",
                    format!("--proxy-server=http://{address}"), "--proxy-bypass-list=<-loopback>",
                    format!("--ignore-certificate-errors-spki-list={}", proxy.key_hash),
                    // Otherwise it opens `https:` where a case has `http:`.
                    "--disable-features=HttpsUpgrades,HttpsFirstBalancedModeAutoEnable,OptimizationHints,MediaRouter",
                ],
            },
        }),
        Browser::Firefox => json!({
            "browserName": "firefox",
            "acceptInsecureCerts": true,
            "proxy": { "proxyType": "manual", "httpProxy": address, "sslProxy": address, "noProxy": [] },
            "moz:firefoxOptions": {
                "binary": binary,
                "args": ["-headless"],
                "prefs": {
                    "intl.accept_languages": "en-US, en",
                    "network.proxy.allow_hijacking_localhost": true,
                    "network.captive-portal-service.enabled": false,
                    "network.connectivity-service.enabled": false,
                    "network.http.speculative-parallel-limit": 0,
                    "dom.security.https_first": false,
                    "browser.safebrowsing.malware.enabled": false,
                    "browser.safebrowsing.phishing.enabled": false,
                    "extensions.getAddons.cache.enabled": false,
                },
            },
        }),
    };
    let entries = value.as_object().cloned().unwrap_or_default();
    let entries: BTreeMap<_, _> = entries.into_iter().collect();
    entries.into_iter().collect()
}

impl DriverError {
    /// What to do about it; empty if nothing is known.
    pub const fn advice(&self) -> &'static str {
        match self {
            Self::Missing { advice, .. } => advice,
            Self::DoesNotStart { .. } | Self::Lost(_) => "",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drivers_say_their_ports() {
        let line = "ChromeDriver was started successfully on port 41231.";
        assert_eq!(port_in(line), Some(41_231));
        let line = "1764268440000\tgeckodriver\tINFO\tListening on 127.0.0.1:4444";
        assert_eq!(port_in(line), Some(4444));
        assert_eq!(port_in("Starting ChromeDriver 148.0 on port 0"), None);
        assert_eq!(port_in("Only local connections are allowed."), None);
    }

    #[test]
    fn what_is_missing_is_named_with_a_way_to_get_it() {
        let error = Programs::find(Browser::Firefox, "").unwrap_err();
        assert!(error.to_string().contains("`firefox-esr` or `firefox`"));
        assert!(error.advice().contains("cargo install geckodriver"));
    }
}
