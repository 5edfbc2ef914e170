//! Only the operator may read the files of the state directory: applications keep hashes, sessions and keys in them.

use std::fs::{self, Permissions};
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use anyhow::{Context, Result};
use rustix::fs::Mode;

/// The rights of group and others, which no file or directory of this process grants.
const OTHERS: u32 = 0o077;

/// Sets the umask, so that new files and directories are for their owner alone.
pub(crate) fn restrict_new_files() {
    rustix::process::umask(Mode::from_bits_truncate(OTHERS));
}

/// Removes the rights of group and others from the files in `directory` whose names begin with `prefix`. An earlier version or
/// another host may have made them.
///
/// # Errors
/// A file whose rights cannot be changed.
pub(crate) fn restrict(directory: &Path, prefix: &str) -> Result<()> {
    let entries = fs::read_dir(directory);
    for entry in entries.with_context(|| format!("cannot read {}", directory.display()))? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(prefix) {
            let path = entry.path();
            restrict_file(&path).with_context(|| {
                format!("{} is open to others and cannot be closed (chmod 600)", path.display())
            })?;
        }
    }
    Ok(())
}

/// A file that no longer exists (the log of a database that another process closes) is no error.
fn restrict_file(path: &Path) -> std::io::Result<()> {
    let restricted = fs::metadata(path).and_then(|found| {
        let mode = found.permissions().mode();
        if found.is_file() && mode & OTHERS != 0 {
            fs::set_permissions(path, Permissions::from_mode(mode & !OTHERS))?;
        }
        Ok(())
    });
    match restricted {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        restricted => restricted,
    }
}
