//! Which of a case's answers a request gets.

use crossexam_fetch::response::is_redirect_status;
use url::Url;

use crate::case::{Answer, Purpose};
use crate::judge::{Malformed, url_of};

/// The answers of a case, and how far it has come. Whoever serves a case, in the model or on sockets, asks here.
#[derive(Debug, Clone)]
pub struct Answering {
    rules: Vec<Rule>,
    step: usize,
    hop: u32,
}

/// To which requests an answer is given.
#[derive(Debug, Clone)]
struct Rule {
    to: Option<Purpose>,
    url: Option<Url>,
    method: Option<String>,
    hop: Option<u32>,
    step: Option<usize>,
    left: Option<u32>,
    redirects: bool,
}

impl Answering {
    /// The beginning of a case with these answers.
    ///
    /// # Errors
    ///
    /// An answer is to a URL that is none.
    pub fn of(answers: &[Answer]) -> Result<Self, Malformed> {
        let rules: Result<_, Malformed> = answers.iter().map(Rule::of).collect();
        Ok(Self {
            rules: rules?,
            step: 0,
            hop: 0,
        })
    }

    /// Another step begins, counted from 0.
    pub fn begin(&mut self, step: usize) {
        self.step = step;
        self.hop = 0;
    }

    /// The number of the answer that this request gets, which counts as given. `None` if none fits.
    pub fn answer(&mut self, purpose: Purpose, method: &[u8], url: &Url) -> Option<usize> {
        let (step, hop) = (self.step, self.hop);
        let number = self
            .rules
            .iter()
            .position(|rule| rule.fits(purpose, method, url, step, hop))?;
        let rule = &mut self.rules[number];
        rule.left = rule.left.map(|left| left - 1);
        if rule.redirects && purpose == Purpose::Actual {
            self.hop += 1;
        }
        Some(number)
    }

    /// An answer was given that is none of the case's.
    pub(crate) fn given(&mut self, purpose: Purpose, answer: &Answer) {
        let redirects = answer.failure.is_none() && is_redirect_status(answer.status);
        if redirects && purpose == Purpose::Actual {
            self.hop += 1;
        }
    }
}

impl Rule {
    fn of(answer: &Answer) -> Result<Self, Malformed> {
        let url = match &answer.url {
            None => None,
            Some(text) => {
                let mut url = url_of("url", text)?;
                url.set_fragment(None);
                Some(url)
            }
        };
        Ok(Self {
            to: answer.to,
            url,
            method: answer.method.clone(),
            hop: answer.hop,
            step: answer.step,
            left: answer.times,
            redirects: answer.failure.is_none() && is_redirect_status(answer.status),
        })
    }

    fn fits(&self, purpose: Purpose, method: &[u8], url: &Url, step: usize, hop: u32) -> bool {
        self.left != Some(0)
            && self.to.is_none_or(|it| it == purpose)
            && self.step.is_none_or(|it| it == step)
            && self.hop.is_none_or(|it| it == hop)
            && self
                .method
                .as_ref()
                .is_none_or(|it| it.as_bytes() == method)
            && self.url.as_ref().is_none_or(|it| it == url)
    }
}
