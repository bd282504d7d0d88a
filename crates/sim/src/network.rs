//! The network: who stands where, how names resolve, how long messages take and which are lost.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::rc::Rc;
use std::time::Duration;

use crate::attacker::Attacker;
use crate::dns::{DnsAnswer, DnsQuery, DnsRecord, NameServer, canonical};
use crate::executor::Executor;
use crate::journal::{Exposure, Holder, Journal, Sender};
use crate::machine::{Fault, Listener, Machine, Zone};
use crate::random::Random;

/// A handle of the network; clones are handles of the same one.
#[derive(Clone)]
pub struct Network {
    pub(crate) core: Rc<Core>,
}

pub(crate) struct Core {
    pub(crate) executor: Executor,
    pub(crate) journal: Rc<Journal>,
    random: Random,
    time_out: Cell<Duration>,
    machines: RefCell<BTreeMap<String, Machine>>,
    name_servers: RefCell<BTreeMap<Zone, NameServer>>,
    attackers: RefCell<Vec<Rc<Attacker>>>,
    link: Cell<Link>,
    links_to: RefCell<BTreeMap<String, Link>>,
    links_between: RefCell<BTreeMap<(String, String), Link>>,
    weather: RefCell<BTreeMap<(String, String), Random>>,
    assigned: RefCell<BTreeMap<(Zone, Side), u32>>,
    pub(crate) upgrades: RefCell<crate::sockets::Upgrades>,
    pub(crate) pieces: RefCell<crate::pieces::WaitingPieces>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Side {
    Machine,
    Client,
}

/// What the way between two places is like.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Link {
    /// How long a message takes one way.
    pub latency: Duration,
    /// How much longer it takes at most; how much is drawn for each message.
    pub jitter: Duration,
    /// The probability that a message is lost. It is sent again after a second, then after two, four, ...
    pub loss: f64,
    /// The probability that the connection breaks off: in half of the cases before the server has the request, in half of
    /// them after it has answered.
    pub reset: f64,
}

impl Default for Link {
    /// 20 ms each way, always the same, and nothing is lost.
    fn default() -> Self {
        Self {
            latency: Duration::from_millis(20),
            jitter: Duration::ZERO,
            loss: 0.0,
            reset: 0.0,
        }
    }
}

/// The time after which a lost message is sent for the second time.
const RETRANSMISSION: Duration = Duration::from_secs(1);

/// How long a client waits for an answer if nothing else is said.
pub const DEFAULT_TIME_OUT: Duration = Duration::from_secs(300);

/// Where somebody who sends requests stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vantage {
    /// Who sends.
    pub sender: Sender,
    /// The zones they reach, nearest first.
    pub zones: Vec<Zone>,
    /// The address that others see.
    pub address: IpAddr,
}

impl Vantage {
    /// The name by which attackers, links and name servers know the sender.
    pub fn name(&self) -> &str {
        sender_name(&self.sender)
    }
}

pub(crate) fn sender_name(sender: &Sender) -> &str {
    match sender {
        Sender::Browser { name, .. } | Sender::Client { name, .. } => name,
        Sender::Server { machine } => machine,
    }
}

/// A mistake in how a network is set up.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SetupError {
    /// Two machines have the same name.
    #[error("there is a machine called {machine} already")]
    MachineExists {
        /// The name.
        machine: String,
    },
    /// Two machines have the same address.
    #[error("{address} in {zone} belongs to {owner} already; {machine} needs another")]
    AddressTaken {
        /// The address.
        address: IpAddr,
        /// The zone's name.
        zone: String,
        /// Whose it is.
        owner: String,
        /// Who wanted it.
        machine: String,
    },
    /// No machine has this name.
    #[error("there is no machine called {machine}")]
    NoSuchMachine {
        /// The name.
        machine: String,
    },
}

/// Where a connection leads.
pub(crate) struct Destination {
    pub(crate) machine: String,
    pub(crate) listener: Option<Listener>,
    pub(crate) fault: Option<Fault>,
    pub(crate) keep_alive: Duration,
}

impl Network {
    /// An empty network over this executor, recording into this journal.
    pub fn new(executor: Executor, journal: Rc<Journal>, random: Random) -> Self {
        Self {
            core: Rc::new(Core {
                executor,
                journal,
                random,
                time_out: Cell::new(DEFAULT_TIME_OUT),
                machines: RefCell::default(),
                name_servers: RefCell::default(),
                attackers: RefCell::default(),
                link: Cell::default(),
                links_to: RefCell::default(),
                links_between: RefCell::default(),
                weather: RefCell::default(),
                assigned: RefCell::default(),
                upgrades: RefCell::default(),
                pieces: RefCell::default(),
            }),
        }
    }

    /// The executor that it runs on.
    pub fn executor(&self) -> &Executor {
        &self.core.executor
    }

    /// The journal that it records into.
    pub fn journal(&self) -> &Rc<Journal> {
        &self.core.journal
    }

    /// Adds a machine: assigns the addresses it has not got and lets its host names resolve, in each of its zones.
    ///
    /// # Errors
    ///
    /// A name or an address that is taken.
    pub fn add_machine(&self, mut machine: Machine) -> Result<(), SetupError> {
        if self.core.machines.borrow().contains_key(&machine.name) {
            return Err(SetupError::MachineExists {
                machine: machine.name,
            });
        }
        if machine.addresses.is_empty() {
            machine.addresses.push((Zone::internet(), None));
        }
        for (zone, address) in &mut machine.addresses {
            match *address {
                None => *address = Some(self.assign(zone, Side::Machine)),
                Some(address) => {
                    if let Some(owner) = self.owner_of(zone, address) {
                        let (zone, machine) = (zone.name().to_owned(), machine.name);
                        return Err(SetupError::AddressTaken {
                            address,
                            zone,
                            owner,
                            machine,
                        });
                    }
                }
            }
        }
        for name in &machine.host_names {
            let mut zones: BTreeMap<&Zone, Vec<IpAddr>> = BTreeMap::new();
            for (zone, address) in machine.addresses() {
                zones.entry(zone).or_default().push(address);
            }
            for (zone, addresses) in zones {
                self.set_name_in(zone.clone(), name, DnsAnswer::new(addresses));
            }
        }
        self.core
            .machines
            .borrow_mut()
            .insert(machine.name.clone(), machine);
        Ok(())
    }

    /// Changes a machine in place, for example what listens on it. Connections that stand are not concerned.
    ///
    /// # Errors
    ///
    /// No machine has this name.
    pub fn change_machine<T>(
        &self,
        name: &str,
        change: impl FnOnce(&mut Machine) -> T,
    ) -> Result<T, SetupError> {
        let mut machines = self.core.machines.borrow_mut();
        let machine = machines
            .get_mut(name)
            .ok_or_else(|| SetupError::NoSuchMachine {
                machine: name.to_owned(),
            })?;
        Ok(change(machine))
    }

    /// The first address of a machine.
    pub fn address_of(&self, machine: &str) -> Option<IpAddr> {
        self.core
            .machines
            .borrow()
            .get(machine)?
            .addresses()
            .next()
            .map(|(_, address)| address)
    }

    /// Lets a name resolve to something else on the internet from now on.
    pub fn set_name(&self, name: &str, record: impl Into<DnsRecord>) {
        self.set_name_in(Zone::internet(), name, record);
    }

    /// Lets a name resolve to something else for those who stand in this zone. Nearer zones go first.
    pub fn set_name_in(&self, zone: Zone, name: &str, record: impl Into<DnsRecord>) {
        self.core
            .name_servers
            .borrow_mut()
            .entry(zone)
            .or_default()
            .set(name, record.into());
    }

    /// Takes a name away from the internet; says whether it was there.
    pub fn remove_name(&self, name: &str) -> bool {
        let mut servers = self.core.name_servers.borrow_mut();
        servers
            .get_mut(&Zone::internet())
            .is_some_and(|server| server.remove(name))
    }

    /// Puts an attacker on the path. Of several who are next to the same client, the first sees everything.
    pub fn add_attacker(&self, attacker: Attacker) {
        self.core.attackers.borrow_mut().push(Rc::new(attacker));
    }

    /// Takes all attackers called `name` away.
    pub fn remove_attacker(&self, name: &str) {
        self.core
            .attackers
            .borrow_mut()
            .retain(|attacker| attacker.name != name);
    }

    /// What every way is like of which nothing else is said.
    pub fn set_link(&self, link: Link) {
        self.core.link.set(link);
    }

    /// What every way to a machine is like, unless something else is said of a particular one.
    pub fn set_link_to(&self, machine: &str, link: Link) {
        self.core
            .links_to
            .borrow_mut()
            .insert(machine.to_owned(), link);
    }

    /// What the way between a client and a machine is like.
    pub fn set_link_between(&self, client: &str, machine: &str, link: Link) {
        self.core
            .links_between
            .borrow_mut()
            .insert((client.to_owned(), machine.to_owned()), link);
    }

    /// How long clients wait for an answer.
    pub fn time_out(&self) -> Duration {
        self.core.time_out.get()
    }

    /// Changes how long clients wait for an answer.
    pub fn set_time_out(&self, time_out: Duration) {
        self.core.time_out.set(time_out);
    }

    /// A place on the internet, with an address of its own, for somebody who sends requests.
    pub fn vantage(&self, sender: Sender) -> Vantage {
        self.vantage_in(sender, [Zone::internet()])
    }

    /// A place in these zones, nearest first. The address is one of the first zone's.
    pub fn vantage_in(&self, sender: Sender, zones: impl IntoIterator<Item = Zone>) -> Vantage {
        let zones: Vec<_> = zones.into_iter().collect();
        let address = zones
            .first()
            .map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |zone| {
                self.assign(zone, Side::Client)
            });
        Vantage {
            sender,
            zones,
            address,
        }
    }

    /// The place of a machine that itself sends requests.
    ///
    /// # Errors
    ///
    /// No machine has this name.
    pub fn vantage_of_machine(&self, machine: &str) -> Result<Vantage, SetupError> {
        self.change_machine(machine, |machine| {
            let mut zones: Vec<Zone> = Vec::new();
            for (zone, _) in &machine.addresses {
                if !zones.contains(zone) {
                    zones.push(zone.clone());
                }
            }
            let address = machine
                .addresses()
                .next()
                .map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |(_, address)| address);
            Vantage {
                sender: Sender::Server {
                    machine: machine.name.clone(),
                },
                zones,
                address,
            }
        })
    }

    /// Drops machines, names and attackers. A world does this at its end, since servers hold handles of what holds them.
    pub fn clear(&self) {
        let machines = self.core.machines.take();
        let name_servers = self.core.name_servers.take();
        let attackers = self.core.attackers.take();
        drop((machines, name_servers, attackers));
    }

    /// Puts a question for a name. The answer is not a secret of the asker's: an attacker on the path sees the name.
    pub(crate) async fn resolve(&self, vantage: &Vantage, name: &str) -> Option<DnsAnswer> {
        let name = canonical(name);
        if name == "localhost" || name.ends_with(".localhost") {
            // RFC 6761 and what browsers do: these names never leave the machine.
            return Some(DnsAnswer::new([
                Ipv4Addr::LOCALHOST.into(),
                Ipv6Addr::LOCALHOST.into(),
            ]));
        }
        let executor = &self.core.executor;
        let link = self.core.link.get();
        executor.sleep(link.latency).await;
        let query = |asked_before| DnsQuery {
            name: name.clone(),
            asked_by: vantage.name().to_owned(),
            asked_before,
            at: executor.now(),
        };
        let mut answer = None;
        if let Some(attacker) = self.attacker_next_to(vantage) {
            let exposure = Exposure {
                holder: Holder::Network {
                    name: attacker.name.clone(),
                },
                how: "question for a name".to_owned(),
                bytes: name.clone().into(),
            };
            self.core
                .journal
                .record(executor.now(), crate::journal::Event::Exposure(exposure));
            answer = attacker
                .on_query
                .as_ref()
                .and_then(|answer| answer(&query(0)));
        }
        if answer.is_none() {
            let found = vantage.zones.iter().find_map(|zone| {
                self.core
                    .name_servers
                    .borrow_mut()
                    .get_mut(zone)
                    .and_then(|server| server.query(&name))
            });
            answer = found.and_then(|(record, asked_before)| record.answer(&query(asked_before)));
        }
        executor.sleep(link.latency).await;
        answer.filter(|answer| !answer.addresses.is_empty())
    }

    /// The machine at an address, as seen from a place; `None` if there is none in reach.
    pub(crate) fn destination(
        &self,
        vantage: &Vantage,
        address: IpAddr,
        port: u16,
    ) -> Option<Destination> {
        let address = connectable(address);
        let machines = self.core.machines.borrow();
        let machine = vantage.zones.iter().find_map(|zone| {
            machines
                .values()
                .find(|machine| machine.addresses().any(|at| at == (zone, address)))
        })?;
        Some(Destination {
            machine: machine.name.clone(),
            listener: machine.listeners.get(&port).cloned(),
            fault: machine.fault,
            keep_alive: machine.keep_alive,
        })
    }

    pub(crate) fn attacker_next_to(&self, vantage: &Vantage) -> Option<Rc<Attacker>> {
        self.core
            .attackers
            .borrow()
            .iter()
            .find(|attacker| attacker.is_next_to(vantage.name()))
            .cloned()
    }

    pub(crate) fn link(&self, from: &str, to: &str, address: IpAddr) -> Link {
        if is_loopback(address) {
            return Link {
                latency: Duration::ZERO,
                ..Link::default()
            };
        }
        let between = self
            .core
            .links_between
            .borrow()
            .get(&(from.to_owned(), to.to_owned()))
            .copied();
        between
            .or_else(|| self.core.links_to.borrow().get(to).copied())
            .unwrap_or(self.core.link.get())
    }

    /// Draws from the numbers that belong to the way between two places.
    pub(crate) fn draw<T>(&self, from: &str, to: &str, draw: impl FnOnce(&mut Random) -> T) -> T {
        let mut weather = self.core.weather.borrow_mut();
        let random = weather
            .entry((from.to_owned(), to.to_owned()))
            .or_insert_with(|| self.core.random.fork(from).fork(to));
        draw(random)
    }

    /// Lets one message travel one way.
    pub(crate) async fn travel(&self, from: &str, to: &str, link: Link) {
        let mut duration = link.latency;
        if !link.jitter.is_zero() {
            let most = u64::try_from(link.jitter.as_micros()).unwrap_or(u64::MAX);
            let more = self.draw(from, to, |random| random.below(most.saturating_add(1)));
            duration = duration.saturating_add(Duration::from_micros(more));
        }
        if link.loss > 0.0 {
            let mut pause = RETRANSMISSION;
            // After 16 losses in a row more than 18 hours have passed, and every client has given up.
            for _ in 0..16 {
                if !self.draw(from, to, |random| random.chance(link.loss)) {
                    break;
                }
                duration = duration.saturating_add(pause);
                pause = pause.saturating_mul(2);
            }
        }
        if !duration.is_zero() {
            self.core.executor.sleep(duration).await;
        }
    }

    fn owner_of(&self, zone: &Zone, address: IpAddr) -> Option<String> {
        let machines = self.core.machines.borrow();
        machines
            .values()
            .find(|machine| machine.addresses().any(|at| at == (zone, address)))
            .map(|machine| machine.name.clone())
    }

    /// The next free address: from the blocks that are reserved for documentation on the internet, private ones elsewhere.
    fn assign(&self, zone: &Zone, side: Side) -> IpAddr {
        loop {
            let number = {
                let mut assigned = self.core.assigned.borrow_mut();
                let number = assigned.entry((zone.clone(), side)).or_insert(0);
                *number += 1;
                *number
            };
            let base = match (*zone == Zone::internet(), side) {
                (true, Side::Machine) if number < 250 => Ipv4Addr::new(203, 0, 113, 0),
                (true, Side::Client) if number < 250 => Ipv4Addr::new(198, 51, 100, 0),
                (true, Side::Machine) => Ipv4Addr::new(198, 18, 0, 0),
                (true, Side::Client) => Ipv4Addr::new(198, 19, 0, 0),
                (false, Side::Machine) => Ipv4Addr::new(10, 0, 0, 0),
                (false, Side::Client) => Ipv4Addr::new(10, 128, 0, 0),
            };
            let address = IpAddr::V4(Ipv4Addr::from(u32::from(base).wrapping_add(number)));
            if self.owner_of(zone, address).is_none() {
                return address;
            }
        }
    }
}

/// Where a connection to this address goes. Most systems take the unspecified address for the machine itself.
pub(crate) fn connectable(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(Ipv4Addr::UNSPECIFIED) => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(Ipv6Addr::UNSPECIFIED) => IpAddr::V6(Ipv6Addr::LOCALHOST),
        other => other,
    }
}

pub(crate) fn is_loopback(address: IpAddr) -> bool {
    connectable(address).is_loopback()
}

impl fmt::Debug for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Network")
            .field("machines", &self.core.machines)
            .field("name_servers", &self.core.name_servers)
            .field("attackers", &self.core.attackers)
            .finish_non_exhaustive()
    }
}
