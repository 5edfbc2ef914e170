//! The limit of open files: raised at start as far as the system allows, and divided so that connections never take what
//! the requests on them need for their databases.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// What a request may have open at a time: database and key-value store, each with its log, a connection of its own to
/// somewhere, and one to spare.
const FILES_PER_REQUEST: u64 = 6;
/// What the host itself has open: its socket, standard input and output, shared memory of the databases, the reserve of
/// connections, and those that are being closed.
const FILES_OF_THE_HOST: u64 = 128;
/// Connections at a time, if there are files enough.
const MAX_CONNECTIONS: u64 = 1024;
/// Fewer are of no use, whatever the limit.
const MIN_CONNECTIONS: u64 = 16;

/// Raises the limit as far as it goes; gives what it is then.
pub(crate) fn raise_limit() -> u64 {
    let limit = getrlimit(Resource::Nofile);
    // Where "no limit" is more than the system can do it stays as it is.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum });
    getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX)
}

/// How many connections there may be at a time beside so many requests.
pub(crate) fn connections(limit: u64, concurrent_requests: u32) -> usize {
    let reserved = FILES_OF_THE_HOST + FILES_PER_REQUEST * u64::from(concurrent_requests);
    let left = limit.saturating_sub(reserved);
    if left < MAX_CONNECTIONS {
        tracing::warn!(
            "with at most {limit} open files (ulimit -Hn) only {} connections at a time are served",
            left.max(MIN_CONNECTIONS)
        );
    }
    usize::try_from(left.clamp(MIN_CONNECTIONS, MAX_CONNECTIONS)).unwrap_or(usize::MAX)
}
