//! What scripts ask for about message ports.

use super::RealmId;

/// A message port within its browser. It can move from realm to realm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PortId(pub u64);

/// Where there are message ports. A message is data in serialized form, in which ports that go with it are named.
pub trait PortHost {
    /// Two ports that are entangled, both of this realm.
    fn create_channel(&self, realm: RealmId) -> (PortId, PortId);

    /// A message for the port at the other end. Delivered with `Agent::deliver_port_message`.
    fn post_to_port(&self, realm: RealmId, port: PortId, data: String);

    /// Begins to deliver a port's messages.
    fn start_port(&self, realm: RealmId, port: PortId);

    /// Closes a port; the realm of the other one is told with `Agent::deliver_port_closed`.
    fn close_port(&self, realm: RealmId, port: PortId);

    /// The realm has given a port away: its messages wait until another realm has it.
    fn detach_port(&self, realm: RealmId, port: PortId);

    /// The realm was given a port.
    fn attach_port(&self, realm: RealmId, port: PortId);
}
