//! What systems do each in their own way: the same functions for each of them, so that nothing else asks which one it is on.

use std::fs;
use std::path::{Path, PathBuf};

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub(crate) use unix::*;
#[cfg(windows)]
pub(crate) use windows::*;

/// Follows links to a file that does not exist: it is what appears, and not something in the place of the link.
pub(crate) fn resolve(path: &Path) -> PathBuf {
    // PostgreSQL's systems give up at about as many.
    const LINKS_MAX: usize = 40;
    let mut path = path.to_owned();
    for _ in 0..LINKS_MAX {
        let Ok(target) = fs::read_link(&path) else { break };
        path = path.parent().unwrap_or(Path::new("")).join(target);
    }
    path
}
