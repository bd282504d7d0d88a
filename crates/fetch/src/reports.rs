//! Reports: what a page's policies have the browser tell about it.
//!
//! MODEL: reports are kept with the browser, for whoever looks; none is sent to an endpoint, and no page observes them.
//!
//! <https://w3c.github.io/reporting/>

use std::collections::VecDeque;
use std::rc::Rc;

/// A report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The type.
    pub report_type: &'static str,
    /// The name of the endpoint that it is for, if the policy names one.
    pub endpoint: Option<Rc<str>>,
    /// The URL of the document or worker that it is about.
    pub url: String,
    /// What happened.
    pub body: ReportBody,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReportBody {
    /// A violation of an embedder policy, or one of a policy that only reports.
    EmbedderPolicy {
        /// What kind of violation it is.
        violation: &'static str,
        /// What was not loaded, or would not be.
        blocked_url: Option<String>,
        /// The request's destination.
        destination: &'static str,
        /// "enforce" or "reporting".
        disposition: &'static str,
    },
    /// A violation of an integrity policy, or of one that only reports.
    Integrity {
        /// The document or worker.
        document_url: String,
        /// What was not loaded, or would not be.
        blocked_url: String,
        /// The request's destination.
        destination: &'static str,
        /// Whether the policy only reports.
        report_only: bool,
    },
}

/// So many reports are kept; older ones make place.
const MOST_REPORTS: usize = 1000;

/// The reports of a browser, the oldest first.
#[derive(Debug, Clone, Default)]
pub struct Reports {
    list: VecDeque<Report>,
}

impl Reports {
    /// Generates and queues a report.
    pub fn queue(&mut self, report: Report) {
        if self.list.len() == MOST_REPORTS {
            self.list.pop_front();
        }
        self.list.push_back(report);
    }

    /// The reports, the oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &Report> {
        self.list.iter()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_so_many_are_kept() {
        let mut reports = Reports::default();
        for number in 0..=MOST_REPORTS {
            reports.queue(Report {
                report_type: "coep",
                endpoint: None,
                url: number.to_string(),
                body: ReportBody::EmbedderPolicy {
                    violation: "corp",
                    blocked_url: None,
                    destination: "",
                    disposition: "enforce",
                },
            });
        }
        assert_eq!(reports.len(), MOST_REPORTS);
        assert_eq!(
            reports.iter().next().map(|report| &report.url[..]),
            Some("1")
        );
    }
}
