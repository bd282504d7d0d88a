//! Names and their addresses, and the caches of those who ask.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;
use std::rc::Rc;
use std::time::Duration;

use crossexam_fetch::host::NetworkPartitionKey;
use crossexam_web::Timestamp;

/// How long an answer may be kept when nothing else was said.
pub const DEFAULT_TIME_TO_LIVE: Duration = Duration::from_secs(60);

/// The answer of a name server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DnsAnswer {
    /// The addresses, in the order in which they are to be tried.
    pub addresses: Vec<IpAddr>,
    /// How long the answer may be kept.
    pub time_to_live: Duration,
}

impl DnsAnswer {
    /// These addresses, to be kept for [`DEFAULT_TIME_TO_LIVE`].
    pub fn new(addresses: impl IntoIterator<Item = IpAddr>) -> Self {
        Self {
            addresses: addresses.into_iter().collect(),
            time_to_live: DEFAULT_TIME_TO_LIVE,
        }
    }

    /// The same answer with another time to live; zero for "ask every time".
    #[must_use]
    pub fn keep_for(mut self, time_to_live: Duration) -> Self {
        self.time_to_live = time_to_live;
        self
    }
}

impl From<IpAddr> for DnsAnswer {
    fn from(address: IpAddr) -> Self {
        Self::new([address])
    }
}

/// A question to a name server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DnsQuery {
    /// The name in lowercase, without a dot at the end.
    pub name: String,
    /// Who asks: the name of a browser, a client or a machine.
    pub asked_by: String,
    /// How often this record was asked for before.
    pub asked_before: u64,
    /// When the question was asked.
    pub at: Timestamp,
}

/// A function that answers.
pub type ComputedAnswer = Rc<dyn Fn(&DnsQuery) -> Option<DnsAnswer>>;

/// What a name server knows of a name.
#[derive(Clone)]
pub enum DnsRecord {
    /// The same answer for everybody.
    Fixed(DnsAnswer),
    /// An answer for each query in turn; the last one stays.
    InTurn(Vec<DnsAnswer>),
    /// Whatever the function says; `None` for "no such name".
    Computed(ComputedAnswer),
}

impl DnsRecord {
    /// A record that a function computes.
    pub fn computed(answer: impl Fn(&DnsQuery) -> Option<DnsAnswer> + 'static) -> Self {
        Self::Computed(Rc::new(answer))
    }
}

impl<T: Into<DnsAnswer>> From<T> for DnsRecord {
    fn from(answer: T) -> Self {
        Self::Fixed(answer.into())
    }
}

impl fmt::Debug for DnsRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fixed(answer) => f.debug_tuple("Fixed").field(answer).finish(),
            Self::InTurn(answers) => f.debug_tuple("InTurn").field(answers).finish(),
            Self::Computed(_) => f.write_str("Computed(..)"),
        }
    }
}

/// The names of one zone of the network. A name that begins with `*.` stands for every name below that has none of its own.
#[derive(Debug, Default)]
pub(crate) struct NameServer {
    records: BTreeMap<String, (DnsRecord, u64)>,
}

impl NameServer {
    pub(crate) fn set(&mut self, name: &str, record: DnsRecord) {
        self.records.insert(canonical(name), (record, 0));
    }

    pub(crate) fn remove(&mut self, name: &str) -> bool {
        self.records.remove(&canonical(name)).is_some()
    }

    /// What is to be asked, to be evaluated when nothing is borrowed any more. Counts the query.
    pub(crate) fn query(&mut self, name: &str) -> Option<(DnsRecord, u64)> {
        let key = std::iter::successors(Some(name), |name| {
            name.split_once('.').map(|(_, rest)| rest)
        })
        .enumerate()
        .map(|(depth, name)| {
            if depth == 0 {
                name.to_owned()
            } else {
                format!("*.{name}")
            }
        })
        .find(|key| self.records.contains_key(key))?;
        let (record, asked) = self.records.get_mut(&key)?;
        *asked += 1;
        Some((record.clone(), *asked - 1))
    }
}

impl DnsRecord {
    pub(crate) fn answer(&self, query: &DnsQuery) -> Option<DnsAnswer> {
        match self {
            Self::Fixed(answer) => Some(answer.clone()),
            Self::InTurn(answers) => {
                let turn = usize::try_from(query.asked_before).unwrap_or(usize::MAX);
                answers.get(turn).or(answers.last()).cloned()
            }
            Self::Computed(answer) => answer(query),
        }
    }
}

/// The spelling in which names are compared.
pub(crate) fn canonical(name: &str) -> String {
    name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase()
}

/// How long a browser keeps to an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pinning {
    /// As long as the answer says.
    #[default]
    TimeToLive,
    /// At least this long, whatever the answer says.
    AtLeast(Duration),
    /// For as long as it runs.
    Forever,
}

/// What one browser or client remembers of names.
#[derive(Debug, Default)]
pub struct DnsCache {
    pinning: Cell<Pinning>,
    /// By partition and name.
    entries: RefCell<BTreeMap<(String, String), Remembered>>,
}

#[derive(Debug)]
struct Remembered {
    /// `None` for as long as the cache is there.
    until: Option<Timestamp>,
    addresses: Vec<IpAddr>,
}

impl DnsCache {
    /// An empty cache.
    pub fn new(pinning: Pinning) -> Self {
        Self {
            pinning: Cell::new(pinning),
            entries: RefCell::default(),
        }
    }

    /// Changes how long answers are kept that come from now on.
    pub fn set_pinning(&self, pinning: Pinning) {
        self.pinning.set(pinning);
    }

    /// Forgets everything.
    pub fn clear(&self) {
        self.entries.borrow_mut().clear();
    }

    /// The addresses that are remembered of a name, for a partition.
    pub(crate) fn get(
        &self,
        key: Option<&NetworkPartitionKey>,
        name: &str,
        now: Timestamp,
    ) -> Option<Vec<IpAddr>> {
        let entries = self.entries.borrow();
        let entry = (partition(key), name.to_owned());
        let Remembered { until, addresses } = entries.get(&entry)?;
        until
            .is_none_or(|until| now < until)
            .then(|| addresses.clone())
    }

    pub(crate) fn put(
        &self,
        key: Option<&NetworkPartitionKey>,
        name: &str,
        answer: &DnsAnswer,
        now: Timestamp,
    ) {
        let until = match self.pinning.get() {
            Pinning::TimeToLive => Some(now + answer.time_to_live),
            Pinning::AtLeast(minimum) => Some(now + answer.time_to_live.max(minimum)),
            Pinning::Forever => None,
        };
        let addresses = answer.addresses.clone();
        self.entries.borrow_mut().insert(
            (partition(key), name.to_owned()),
            Remembered { until, addresses },
        );
    }
}

/// A network partition key as a key of a map.
fn partition(key: Option<&NetworkPartitionKey>) -> String {
    key.map(|key| format!("{key:?}")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(last: u8) -> DnsAnswer {
        DnsAnswer::from(IpAddr::from([192, 0, 2, last]))
    }

    fn ask(server: &mut NameServer, name: &str) -> Option<DnsAnswer> {
        let (record, asked_before) = server.query(name)?;
        let (name, asked_by) = (name.to_owned(), "bob".to_owned());
        record.answer(&DnsQuery {
            name,
            asked_by,
            asked_before,
            at: Timestamp::from_secs(0),
        })
    }

    #[test]
    fn answers_in_turn_stay_with_the_last() {
        let mut server = NameServer::default();
        server.set(
            "Charlie.Example.",
            DnsRecord::InTurn(vec![answer(1), answer(2)]),
        );
        let answers: Vec<_> = (0..3)
            .map(|_| ask(&mut server, "charlie.example"))
            .collect();
        assert_eq!(answers, [Some(answer(1)), Some(answer(2)), Some(answer(2))]);
        server.set("empty.example", DnsRecord::InTurn(Vec::new()));
        assert_eq!(ask(&mut server, "empty.example"), None);
    }

    #[test]
    fn a_wildcard_stands_for_names_below_it_that_have_no_record() {
        let mut server = NameServer::default();
        server.set("*.example", answer(1).into());
        server.set("own.example", answer(2).into());
        assert_eq!(ask(&mut server, "a.b.example"), Some(answer(1)));
        assert_eq!(ask(&mut server, "own.example"), Some(answer(2)));
        assert_eq!(ask(&mut server, "example"), None);
        assert_eq!(ask(&mut server, "notexample"), None);
        assert!(server.remove("*.example") && !server.remove("*.example"));
        assert_eq!(ask(&mut server, "a.example"), None);
    }

    #[test]
    fn a_cache_keeps_an_answer_for_its_time_or_longer() {
        let at = |seconds| Timestamp::from_secs(seconds);
        let brief = answer(1).keep_for(Duration::from_secs(5));
        for (pinning, kept_until) in [
            (Pinning::TimeToLive, Some(5)),
            (Pinning::AtLeast(Duration::from_secs(60)), Some(60)),
            (Pinning::AtLeast(Duration::from_secs(1)), Some(5)),
            (Pinning::Forever, None),
        ] {
            let cache = DnsCache::new(pinning);
            cache.put(None, "a.example", &brief, at(0));
            match kept_until {
                Some(end) => {
                    assert_eq!(
                        cache.get(None, "a.example", at(end - 1)),
                        Some(brief.addresses.clone()),
                        "{pinning:?}"
                    );
                    assert_eq!(cache.get(None, "a.example", at(end)), None, "{pinning:?}");
                }
                None => assert!(
                    cache
                        .get(None, "a.example", at(i64::from(u32::MAX)))
                        .is_some()
                ),
            }
        }
        let cache = DnsCache::default();
        cache.put(
            None,
            "a.example",
            &answer(1).keep_for(Duration::ZERO),
            at(0),
        );
        assert_eq!(
            cache.get(None, "a.example", at(0)),
            None,
            "a time to live of zero is never kept"
        );
    }
}
