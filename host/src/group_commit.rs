//! Group commit: transactions that are committed at about the same time share one `fsync` of the log of a database file.
//!
//! With `synchronous = FULL` SQLite syncs its log (the WAL) within COMMIT, while it holds the lock for writing, so that each writer
//! waits for the disk of all before it. Here connections are set to NORMAL, and a transaction counts as committed after a sync of the
//! log that began once its COMMIT was done. What a component is told is the same: after COMMIT the data is on disk, and survives a
//! power failure. A reader may see a transaction for as long as a sync takes before that is so.
//!
//! With NORMAL, SQLite syncs the log before it moves pages from there into the database, and syncs those before it begins the log
//! anew: what is not in the log any more is durable.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};

use anyhow::{Context, Result};
use tokio::sync::oneshot;

/// Waits for the sync of one transaction.
type Waiter = oneshot::Sender<Result<(), NotSynced>>;

/// The log could not be synced: whether the transaction is durable is not known. No later one is taken for durable either, until the
/// host starts anew: the system may have dropped what it could not write.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NotSynced;

/// Syncs the log of one database file, on a thread of its own.
pub(crate) struct GroupCommit {
    waiters: Sender<Waiter>,
}

impl GroupCommit {
    /// For the database at `path`.
    pub(crate) fn start(path: &Path) -> Result<Self> {
        let mut log = path.as_os_str().to_owned();
        log.push("-wal");
        let (waiters, waiting) = channel();
        std::thread::Builder::new()
            .name("group-commit".to_owned())
            .spawn(move || sync_all(&PathBuf::from(log), &waiting))
            .context("cannot start a thread")?;
        Ok(Self { waiters })
    }

    /// Ready when all that is committed now is on disk.
    ///
    /// # Errors
    /// [`NotSynced`].
    pub(crate) async fn synced(&self) -> Result<(), NotSynced> {
        let (waiter, synced) = oneshot::channel();
        self.waiters.send(waiter).map_err(|_| NotSynced)?;
        synced.await.unwrap_or(Err(NotSynced))
    }
}

/// Syncs the log for all that wait, until nobody can.
fn sync_all(log: &Path, waiting: &Receiver<Waiter>) {
    let mut result = Ok(());
    while let Ok(first) = waiting.recv() {
        // Those that come while it syncs wait for the next one.
        let group: Vec<Waiter> = std::iter::once(first).chain(waiting.try_iter()).collect();
        if result.is_ok() {
            result = sync(log).map_err(|error| {
                tracing::error!("cannot sync {}: {error}; nothing more is written", log.display());
                NotSynced
            });
        }
        for waiter in group {
            // Its request may have ended.
            let _ = waiter.send(result);
        }
    }
}

/// Syncs the log; without one there is nothing that is not in the database itself.
fn sync(log: &Path) -> io::Result<()> {
    match File::open(log) {
        Ok(log) => log.sync_data(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[tokio::test]
    async fn all_that_wait_are_told_and_a_database_without_a_log_is_synced() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("database");
        let commit = GroupCommit::start(&path).unwrap();
        commit.synced().await.unwrap();
        std::fs::write(directory.path().join("database-wal"), "frames").unwrap();
        let many: Vec<_> = (0..100).map(|_| commit.synced()).collect();
        for one in many {
            one.await.unwrap();
        }
    }

    #[tokio::test]
    async fn after_a_failure_nothing_counts_as_synced_any_more() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("database");
        let log = directory.path().join("database-wal");
        // What is no file cannot be synced.
        symlink("/dev/null", &log).unwrap();
        let commit = GroupCommit::start(&path).unwrap();
        assert!(commit.synced().await.is_err());
        std::fs::remove_file(&log).unwrap();
        assert!(commit.synced().await.is_err());
    }
}
