//! The limit of open files: raised at start as far as the system allows, and divided so that connections leave enough for
//! the databases of the requests on them.

use crate::capacity::FILES_PER_STREAM;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Files that a request may have open at a time: database and key-value store, each with its log, one outgoing connection,
/// and one more.
const FILES_PER_REQUEST: u64 = 6;
/// Files of the host itself: its socket, standard input and output, shared memory of the databases, the spare connections,
/// and connections that are being closed.
const FILES_OF_THE_HOST: u64 = 128;
/// Connections at a time, if the limit allows as many.
const MAX_CONNECTIONS: u64 = 1024;
/// Connections at a time, however low the limit is.
const MIN_CONNECTIONS: u64 = 16;

/// Raises the limit as far as it goes, and returns what it is then.
pub(crate) fn raise_limit() -> u64 {
    let limit = getrlimit(Resource::Nofile);
    // Where the system refuses "no limit", the limit stays as it is.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum });
    getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX)
}

/// How many connections there may be at a time, if `concurrent_requests` and so many streams run beside them.
pub(crate) fn max_connections(limit: u64, concurrent_requests: u32, streams: usize) -> usize {
    let of_streams = u64::try_from(streams * FILES_PER_STREAM).unwrap_or(u64::MAX);
    let reserved =
        FILES_OF_THE_HOST + FILES_PER_REQUEST * u64::from(concurrent_requests) + of_streams;
    let left = limit.saturating_sub(reserved);
    if left < MAX_CONNECTIONS {
        tracing::warn!(
            "with at most {limit} open files (ulimit -Hn) only {} connections at a time are served",
            left.max(MIN_CONNECTIONS)
        );
    }
    usize::try_from(left.clamp(MIN_CONNECTIONS, MAX_CONNECTIONS)).unwrap_or(usize::MAX)
}
