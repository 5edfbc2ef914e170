//! The client that a request is counted under, wherever a resource is shared: the address that it came from.

use std::net::{IpAddr, Ipv6Addr};

/// A client, as far as limits are concerned. Of an IPv6 address the first 64 bits count: a client chooses the others itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Client(IpAddr);

impl From<IpAddr> for Client {
    fn from(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V6(address) => {
                let network = u128::from(address) >> 64 << 64;
                Ipv6Addr::from(network).into()
            }
            address => address,
        })
    }
}

/// How much one client may have of a shared resource: `share` while no other client has any of it, and otherwise no more than
/// is `left` for all. So each client leaves as much for the next one as it takes, and a few cannot use up everything.
pub(crate) fn max_for_client(share: usize, left: usize, is_alone: bool) -> usize {
    if is_alone { share } else { share.min(left) }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn a_client_is_an_address_and_of_ipv6_a_network() {
        let client = |address: &str| Client::from(address.parse::<IpAddr>().unwrap());
        assert_eq!(client("127.0.0.1"), client("::ffff:127.0.0.1"));
        assert_ne!(client("127.0.0.1"), client("127.0.0.2"));
        assert_eq!(client("2001:db8:0:1::1"), client("2001:db8:0:1:ffff::2"));
        assert_ne!(client("2001:db8:0:1::1"), client("2001:db8:0:2::1"));
    }
}
