//! Files of the state directory are for the operator alone: hashes of passwords, sessions and a key are in them.

use std::fs::{self, Permissions};
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use anyhow::{Context, Result};
use rustix::fs::Mode;

/// What no file or directory of this process lets others do.
const OTHERS: u32 = 0o077;

/// From now on, whatever is made is for its owner alone.
pub(crate) fn make_all_private() {
    rustix::process::umask(Mode::from_bits_truncate(OTHERS));
}

/// Takes the rights of others from the files in `directory` whose names begin with `prefix`: they may come from before, or
/// from another host.
pub(crate) fn narrow(directory: &Path, prefix: &str) -> Result<()> {
    let entries = fs::read_dir(directory);
    for entry in entries.with_context(|| format!("cannot read {}", directory.display()))? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(prefix) {
            let path = entry.path();
            narrow_file(&path).with_context(|| {
                format!("{} is open to others and cannot be closed (chmod 600)", path.display())
            })?;
        }
    }
    Ok(())
}

/// A file that has gone meanwhile (the log of a database that another process closes) is closed enough.
fn narrow_file(path: &Path) -> std::io::Result<()> {
    let narrowed = fs::metadata(path).and_then(|found| {
        let mode = found.permissions().mode();
        if found.is_file() && mode & OTHERS != 0 {
            fs::set_permissions(path, Permissions::from_mode(mode & !OTHERS))?;
        }
        Ok(())
    });
    match narrowed {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        narrowed => narrowed,
    }
}
