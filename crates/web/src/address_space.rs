//! IP address spaces: whether an address means the same everywhere.
//!
//! <https://wicg.github.io/local-network-access/#ip-address-space-section>

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::algorithm;

/// An IP address space, the most private first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum IpAddressSpace {
    /// "loopback": another target on every device.
    Loopback,
    /// "local": another target in every network.
    Local,
    /// "public": the same target everywhere.
    #[default]
    Public,
}

impl IpAddressSpace {
    /// The draft's string for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Loopback => "loopback",
            Self::Local => "local",
            Self::Public => "public",
        }
    }

    /// Whether it is less public than another.
    pub fn is_less_public_than(self, other: Self) -> bool {
        self < other
    }
}

/// A row of the table of blocks that are not public: the first bits, how many of them count, and the space.
type Row<A> = (A, u8, IpAddressSpace);

// The order matters: the first row that fits counts.
const V4: [Row<Ipv4Addr>; 9] = [
    (Ipv4Addr::new(127, 0, 0, 0), 8, IpAddressSpace::Loopback),
    (Ipv4Addr::new(10, 0, 0, 0), 8, IpAddressSpace::Local),
    (Ipv4Addr::new(100, 64, 0, 0), 10, IpAddressSpace::Local),
    (Ipv4Addr::new(172, 16, 0, 0), 12, IpAddressSpace::Local),
    (Ipv4Addr::new(192, 168, 0, 0), 16, IpAddressSpace::Local),
    (Ipv4Addr::new(198, 18, 0, 0), 15, IpAddressSpace::Loopback),
    (Ipv4Addr::new(169, 254, 0, 0), 16, IpAddressSpace::Local),
    (Ipv4Addr::new(0, 0, 0, 0), 32, IpAddressSpace::Loopback),
    (Ipv4Addr::new(0, 0, 0, 0), 8, IpAddressSpace::Local),
];

const V6: [Row<Ipv6Addr>; 7] = [
    (Ipv6Addr::LOCALHOST, 128, IpAddressSpace::Loopback),
    (
        Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0),
        7,
        IpAddressSpace::Local,
    ),
    (
        Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0),
        10,
        IpAddressSpace::Local,
    ),
    (
        Ipv6Addr::new(0xfec0, 0, 0, 0, 0, 0, 0, 0),
        10,
        IpAddressSpace::Local,
    ),
    (Ipv6Addr::UNSPECIFIED, 128, IpAddressSpace::Loopback),
    (
        Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0),
        32,
        IpAddressSpace::Local,
    ),
    (
        Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0),
        20,
        IpAddressSpace::Local,
    ),
];

/// The IP address space of an address.
#[algorithm(LocalNetworkAccess, "determine-the-ip-address-space", untraced)]
pub fn determine_the_ip_address_space(address: IpAddr) -> IpAddressSpace {
    let address = match address {
        IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
            /// 1. An IPv4 address in the clothes of an IPv6 one is what it is.
            Some(v4) => IpAddr::V4(v4),
            None => address,
        },
        IpAddr::V4(_) => address,
    };
    let found = match address {
        IpAddr::V4(v4) => V4.iter().find_map(|(block, bits, space)| {
            let shift = 32 - u32::from(*bits);
            (u32::from(v4) >> shift == u32::from(*block) >> shift).then_some(*space)
        }),
        IpAddr::V6(v6) => V6.iter().find_map(|(block, bits, space)| {
            let shift = 128 - u32::from(*bits);
            (u128::from(v6) >> shift == u128::from(*block) >> shift).then_some(*space)
        }),
    };
    if let Some(space) = found {
        /// 2.1. It stands in the table,
        return space;
    }
    /// 3. or is public.
    IpAddressSpace::Public
}
