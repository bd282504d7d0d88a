//! `crossexam explain`

use std::fs::File;
use std::io::{self, Read as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::ValueEnum;
use clap::builder::PossibleValuesParser;
use crossexam_explain::render::{self, TextOptions};
use crossexam_explain::{
    Kind, Live, LiveOptions, NotExplained, Options, Reading, Report, read, snippets,
};
use crossexam_net::{ClientLimits, Trust};
use crossexam_sim::Profile;

use crate::failure::Failure;
use crate::terminal::Screen;
use crate::{EXPECTATION_FAILED, Outcome};

/// Explain why a browser keeps an answer from a script, and which change is safe
///
/// Takes a HAR file, what `curl -v` wrote, pasted headers, or a case as `judge` takes it; which, it sees for itself. With a
/// URL the modelled browser asks the real server.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Explain {
    /// A file or a URL; by default, or with "-", the standard input stream
    #[arg(value_name = "INPUT")]
    input: Option<String>,
    /// The origin or URL of the page that asks; "null" for a page without an origin
    #[arg(long, value_name = "ORIGIN")]
    origin: Option<String>,
    /// The URL that is asked for, where the input does not say
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// The method
    #[arg(short = 'X', long, value_name = "METHOD")]
    method: Option<String>,
    /// A header that the script sets; may be given several times
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE")]
    headers: Vec<String>,
    /// Whether the script asks for credentials
    #[arg(long, value_name = "MODE", value_parser = PossibleValuesParser::new(["omit", "same-origin", "include"]))]
    credentials: Option<String>,
    /// The mode of the fetch
    #[arg(long, value_name = "MODE", value_parser = PossibleValuesParser::new(["cors", "no-cors", "same-origin"]))]
    mode: Option<String>,
    /// The body, for a URL
    #[arg(long, value_name = "TEXT")]
    body: Option<String>,
    /// A cookie that the URL has set before, as a Set-Cookie value; may be given several times
    #[arg(long = "cookie", value_name = "SET-COOKIE")]
    cookies: Vec<String>,
    /// The browser to judge by
    #[arg(short, long, value_name = "PROFILE", default_value = "standard", value_parser = PossibleValuesParser::new(Profile::names()))]
    browser: String,
    /// Explain also what is allowed, of several fetches
    #[arg(long)]
    all: bool,
    /// Write the change for a server or framework, too; may be given several times
    #[arg(long = "for", value_name = "SERVER", value_parser = PossibleValuesParser::new(snippets::names().chain(["all"])))]
    servers: Vec<String>,
    /// Believe the certificates that these authorities sign, a PEM file, and no others
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
    /// How long each exchange with a real server may take, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=600))]
    timeout: u64,
    /// How to write it
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    format: Format,
    /// Write to this file
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

const AFTER_HELP: &str = "\
Values of cookies, passwords and tokens are left out of what is written, and so are bodies. With --verbose every
exchange is shown with its headers.

Exit codes:
  0  nothing is blocked
  1  something is blocked
  2  bad input: arguments, or nothing that could be read

Examples:
  crossexam explain recording.har
  crossexam explain recording.har --format html --output ticket.html
  curl -v -H 'Origin: https://app.example' https://api.example/ 2>&1 | crossexam explain
  crossexam explain headers.txt --url https://api.example/ --origin https://app.example
  crossexam explain https://api.example/ --origin https://app.example -X PUT -H 'X-One: 1'
  crossexam explain case.json --browser firefox --for nginx";

/// How to write it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For the terminal
    Text,
    /// Everything, for programs
    Json,
    /// One page that needs nothing else, for a ticket
    Html,
}

/// So much input is read, in bytes.
const LARGEST: u64 = 1 << 30;

impl Explain {
    pub(crate) fn run(self, screen: &mut Screen) -> Outcome {
        let options = self.options()?;
        let (name, reading) = match &self.input {
            Some(url) if url.starts_with("http://") || url.starts_with("https://") => {
                (url.clone(), self.ask(options, url)?)
            }
            _ => self.read(&options)?,
        };
        if reading.cases.is_empty() && (reading.others == 0 || !reading.problems.is_empty()) {
            return Err(nothing(&name, &reading));
        }
        let report = Report::of(reading, &self.browser, self.all).map_err(failed)?;
        let text = match self.format {
            Format::Text => render::text(&report, &self.text_options(screen)),
            Format::Json => render::json(&report),
            Format::Html => render::html(&report),
        };
        match &self.output {
            None => screen.write(&text)?,
            Some(path) => std::fs::write(path, &text)
                .map_err(|error| Failure::file("cannot write", path, &error))?,
        }
        Ok(if report.is_anything_blocked() {
            ExitCode::from(EXPECTATION_FAILED)
        } else {
            ExitCode::SUCCESS
        })
    }

    fn options(&self) -> Result<Options, Failure> {
        let mut headers = Vec::with_capacity(self.headers.len());
        for header in &self.headers {
            let Some((name, value)) = header.split_once(':') else {
                return Err(Failure::with_help(
                    format!("{header:?} is no header"),
                    "a header is a name, a colon and a value: `--header 'X-One: 1'`",
                ));
            };
            headers.push((name.trim().to_owned(), value.trim().to_owned()));
        }
        Ok(Options {
            url: self.url.clone(),
            origin: self.origin.clone(),
            method: self.method.clone(),
            headers,
            credentials: self.credentials.clone(),
            mode: self.mode.clone(),
            cookies: self.cookies.clone(),
            body: self.body.clone(),
        })
    }

    fn text_options(&self, screen: &Screen) -> TextOptions {
        let screen = if self.output.is_some() {
            &screen.for_a_file()
        } else {
            screen
        };
        TextOptions {
            color: screen.color,
            unicode: screen.unicode,
            width: screen.width,
            exchanges: screen.verbose,
            snippets: self.servers.clone(),
        }
    }

    fn ask(&self, options: Options, url: &str) -> Result<Reading, Failure> {
        let trust = match &self.ca_file {
            None => Trust::public(),
            Some(file) => Trust::only(file).map_err(|error| Failure::input(error.to_string()))?,
        };
        let limits = ClientLimits {
            time: Duration::from_secs(self.timeout),
            ..ClientLimits::default()
        };
        let live = Live::new(&LiveOptions { trust, limits })
            .map_err(|error| Failure::input(format!("cannot ask: {error}")))?;
        let options = Options {
            url: Some(url.to_owned()),
            ..options
        };
        live.record(&options, &self.browser).map_err(failed)
    }

    fn read(&self, options: &Options) -> Result<(String, Reading), Failure> {
        let mut bytes = Vec::new();
        let name = match &self.input {
            Some(path) if path != "-" => {
                let path = PathBuf::from(path);
                let cannot = |error: &io::Error| Failure::file("cannot read", &path, error);
                let file = File::open(&path).map_err(|error| cannot(&error))?;
                file.take(LARGEST)
                    .read_to_end(&mut bytes)
                    .map_err(|error| cannot(&error))?;
                path.display().to_string()
            }
            _ => {
                io::stdin()
                    .lock()
                    .take(LARGEST)
                    .read_to_end(&mut bytes)
                    .map_err(|error| Failure::input(format!("cannot read: {error}")))?;
                "the standard input stream".to_owned()
            }
        };
        Ok((name, read(&bytes, options)))
    }
}

fn failed(error: NotExplained) -> Failure {
    Failure::input(error.to_string())
}

/// There is nothing to explain, and why.
fn nothing(name: &str, reading: &Reading) -> Failure {
    let what = match reading.kind {
        Kind::Har => "a HAR file",
        Kind::Curl => "a transcript of curl",
        Kind::Headers => "headers",
        Kind::Case => "a case",
        Kind::Live => "a URL",
    };
    let mut text = format!("{name}: nothing to explain");
    for problem in &reading.problems {
        text.push_str("\n  ");
        match (problem.line, problem.column) {
            (Some(line), Some(column)) => text.push_str(&format!("{name}:{line}:{column}: ")),
            (Some(line), None) => text.push_str(&format!("{name}:{line}: ")),
            _ => {}
        }
        text.push_str(&problem.text);
    }
    Failure::with_help(
        text,
        format!("it was read as {what}; `crossexam explain --help` shows what can be read"),
    )
}
