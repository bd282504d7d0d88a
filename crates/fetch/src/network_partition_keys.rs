//! Network partition keys.
//!
//! <https://fetch.spec.whatwg.org/#network-partition-keys>

use std::rc::Rc;

use crossexam_web::{Origin, Site, algorithm};

use crate::client::Environment;
use crate::host::NetworkPartitionKey;
use crate::request::Request;

/// The network partition key of an environment: the site of the top-level page it belongs to.
///
/// It is computed once: nothing it depends on changes while an environment lives.
pub fn network_partition_key(environment: &Environment) -> &NetworkPartitionKey {
    shared_network_partition_key(environment)
}

fn shared_network_partition_key(environment: &Environment) -> &Rc<NetworkPartitionKey> {
    environment
        .cache
        .partition_key
        .get_or_init(|| Rc::new(determine_the_network_partition_key(environment)))
}

#[algorithm("determine-the-network-partition-key", untraced)]
fn determine_the_network_partition_key(environment: &Environment) -> Site {
    /// 1. Begin with the top-level origin.
    let top_level_origin = environment.top_level_origin.clone();
    /// 2. If there is none yet, take the origin of the top-level URL.
    let top_level_origin =
        top_level_origin.or_else(|| Origin::of_url(&environment.top_level_creation_url));
    // SPEC: a URL whose origin is opaque has a new one each time it is asked; the environment's own is the one that stays.
    /// 3. So there is one.
    let top_level_origin = top_level_origin.unwrap_or_else(|| environment.origin.clone());
    /// 4. Its site is the key. An environment whose top level has an opaque origin is its own site.
    let top_level_site = top_level_origin.site();
    // 5. MODEL: the second key is always null, and is not kept.
    /// 6. That is the key.
    top_level_site
}

/// The network partition key of a request, if it is made for an environment.
pub fn requests_network_partition_key(request: &Request) -> Option<&NetworkPartitionKey> {
    requests_shared_network_partition_key(request).map(|key| &**key)
}

/// The same, to be kept.
#[algorithm("request-determine-the-network-partition-key", untraced)]
fn requests_shared_network_partition_key(request: &Request) -> Option<&Rc<NetworkPartitionKey>> {
    /// 1. A navigation has the key of the environment it creates.
    if let Some(reserved_client) = &request.reserved_client {
        return Some(shared_network_partition_key(reserved_client));
    }
    /// 2. Everything else has its client's.
    if let Some(client) = &request.client {
        return Some(shared_network_partition_key(client));
    }
    /// 3. Without either there is none.
    None
}

/// Which HTTP cache a request is for: each partition has its own, and is known by its key.
#[algorithm("determine-the-http-cache-partition", untraced)]
pub fn determine_the_http_cache_partition(request: &Request) -> Option<&Rc<NetworkPartitionKey>> {
    /// 1. The request's partition.
    let key = requests_shared_network_partition_key(request);
    /// 2. Without one there is no cache.
    let key = key?;
    /// 3. The cache of that key.
    Some(key)
}
