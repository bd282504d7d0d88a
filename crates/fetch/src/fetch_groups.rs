//! Fetch groups: what an environment has under way.
//!
//! <https://fetch.spec.whatwg.org/#fetch-groups>

use std::cell::RefCell;

use crossexam_web::algorithm;

use crate::fetch_params::FetchController;

/// The fetch group of an environment: its fetch records.
///
/// Records of fetches that are done are dropped when others are added. Deferred fetch records are not there: deferred
/// fetching is left out.
#[derive(Debug, Default)]
pub struct FetchGroup {
    records: RefCell<Vec<FetchRecord>>,
}

/// A fetch record: of the request, what is asked of it later. <https://fetch.spec.whatwg.org/#concept-fetch-record>
#[derive(Debug, Clone)]
pub struct FetchRecord {
    /// Whether the request may outlive its client.
    pub keepalive: bool,
    /// The length of the request's body.
    pub body_length: u64,
    /// The controller; it knows whether the request is done.
    pub controller: FetchController,
}

/// So many records wait at most until those that are done are dropped.
const PRUNE_AT: usize = 16;

impl FetchGroup {
    /// Appends a fetch record.
    pub(crate) fn append(&self, record: FetchRecord) {
        let mut records = self.records.borrow_mut();
        if records.len() >= PRUNE_AT && records.len().is_power_of_two() {
            records.retain(|record| !record.controller.is_done());
        }
        records.push(record);
    }

    /// How many bytes of keepalive requests are in flight, but for those of `own`.
    #[algorithm("concept-http-network-or-cache-fetch", untraced)]
    pub fn inflight_keepalive_bytes(&self, own: &FetchController) -> u64 {
        /// 8.10.1. None yet.
        let mut inflight_keepalive_bytes: u64 = 0;
        let records = self.records.borrow();
        /// 8.10.3. Those that may outlive their client and are not done
        let inflight_records = records
            .iter()
            .filter(|record| record.keepalive && !record.controller.is_done())
            .filter(|record| !record.controller.is(own));
        for fetch_record in inflight_records {
            /// 8.10.4.1. have each a body
            let body_length = fetch_record.body_length;
            /// 8.10.4.2. whose bytes count.
            inflight_keepalive_bytes = inflight_keepalive_bytes.saturating_add(body_length);
        }
        inflight_keepalive_bytes
    }

    /// Terminates the group, with its environment.
    #[algorithm("concept-fetch-group-terminate", untraced)]
    pub fn terminate(&self) {
        /// 1. What is under way stops, unless it may outlive the environment.
        for record in self.records.take() {
            if !record.controller.is_done() && !record.keepalive {
                record.controller.terminate();
            }
        }
        // 2. MODEL: there are no deferred fetches.
    }
}
