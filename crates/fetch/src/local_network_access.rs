//! Local Network Access: public pages ask before they speak to what is near.
//!
//! A draft that is no part of the pinned Fetch Standard: a browser's profile chooses.
//!
//! MODEL: permissions are the person's answer each time they are asked; the policy-controlled features are taken for granted;
//! an answer from the cache is not asked about; only fetches of subresources and frames are concerned, as in Chromium.
//!
//! <https://wicg.github.io/local-network-access/>

use std::net::IpAddr;

use crossexam_web::address_space::{IpAddressSpace, determine_the_ip_address_space};
use crossexam_web::trustworthy::is_origin_potentially_trustworthy;
use crossexam_web::{Trace, algorithm};
use url::{Host as UrlHost, Url};

use crate::client::GlobalObject;
use crate::failure::BlockReason;
use crate::host::Host;
use crate::request::{Destination, Request};

/// The names of the permissions that are asked for: to speak to a local address, and to the device itself.
pub const PERMISSIONS: [&str; 2] = ["local-network", "loopback-network"];

/// The target IP address space that a URL has by itself.
pub fn target_ip_address_space_of(url: &Url) -> Option<IpAddressSpace> {
    match url.host()? {
        UrlHost::Ipv4(address) => is_local(address.into()),
        UrlHost::Ipv6(address) => is_local(address.into()),
        UrlHost::Domain(name) => {
            let name = name.strip_suffix('.').unwrap_or(name);
            name.ends_with(".local").then_some(IpAddressSpace::Local)
        }
    }
}

fn is_local(address: IpAddr) -> Option<IpAddressSpace> {
    Some(determine_the_ip_address_space(address)).filter(|space| *space == IpAddressSpace::Local)
}

/// Whether a request may go to this address. `None` is allowed.
#[algorithm(LocalNetworkAccess, "local-network-access-check")]
pub(crate) async fn local_network_access_check<H: Host>(
    request: &Request,
    address: IpAddr,
    host: &H,
    trace: &Trace,
) -> Option<BlockReason> {
    if request.destination == Destination::Document {
        return None;
    }
    /// 1. How near is it?
    let address_space = determine_the_ip_address_space(address);
    trace.fact("address", || {
        format!("{address} ({})", address_space.as_str())
    });
    if is_origin_potentially_trustworthy(request.origin())
        && request
            .origin()
            .is_same_origin_with_url(request.current_url())
    {
        /// 2. The own origin may be spoken to.
        return None;
    }
    /// 3. Who asks, and from where?
    let container = request.policy_container.as_ref()?;
    let blocked = |why| {
        Some(BlockReason::LocalNetworkAccess {
            address_space: address_space.as_str(),
            why,
        })
    };
    if let Some(target) = request.target_ip_address_space
        && target != address_space
    {
        // SPEC: the text also lets the request through without a question where they are the same, which would make the
        // option a way around the permission; its own section on mixed content says that the permission is checked then.
        /// 4.2. It must be where the page said it would be.
        return blocked("the address is not in the space that was asked for");
    }
    if address_space.is_less_public_than(container.ip_address_space) {
        let Some(client) = &request.client else {
            return blocked("nobody asks");
        };
        if !client.secure_context {
            /// 5.2. Only secure contexts may ask.
            return blocked("the page is no secure context");
        }
        /// 5.4. Which permission is it?
        let permission_name = match address_space {
            IpAddressSpace::Loopback => "loopback-network",
            IpAddressSpace::Local | IpAddressSpace::Public => "local-network",
        };
        let GlobalObject::Window {
            traversable: Some(traversable),
            ..
        } = client.global
        else {
            /// 5.8. Without a document nobody can be asked.
            return blocked("there is no document to ask for");
        };
        let origin = request.origin().to_string();
        let granted = host
            .prompt_for_permission(traversable, &origin, permission_name)
            .await;
        trace.fact(
            permission_name,
            || {
                if granted { "granted" } else { "denied" }
            },
        );
        if granted {
            /// 5.13.1. The person allows it,
            return None;
        }
        /// 5.13.2. or not.
        return blocked("the person has not given the permission");
    }
    /// 6. It is not nearer than the page itself.
    None
}
