//! Windows: the programs that a run starts.

use std::os::windows::io::AsRawHandle;
use std::os::windows::process::CommandExt;
use std::process::{Child, Command};
use std::sync::OnceLock;

use win32job::{ExtendedLimitInfo, Job};

/// PostgreSQL's programs get their arguments in the code page of the system, and send their bytes to the server as if they were
/// in its encoding.
pub(crate) const ARGUMENTS_ARE_BYTES: bool = false;

const CREATE_NEW_PROCESS_GROUP: u32 = 0x0000_0200;
/// It opens no window where this process has no console, and does not hear of it when ours is closed.
const CREATE_NO_WINDOW: u32 = 0x0800_0000;

/// Ctrl-C and the end of the console are for this process, which knows what is to be done, and not for its children.
pub(crate) fn set_apart(command: &mut Command) {
    command.creation_flags(CREATE_NO_WINDOW | CREATE_NEW_PROCESS_GROUP);
}

/// The program ends with this process, however that ends. Where the system makes no job, it still ends when its pipes are
/// gone.
pub(crate) fn bind(child: &Child) {
    static JOB: OnceLock<Option<Job>> = OnceLock::new();
    let job = JOB.get_or_init(|| {
        let mut limits = ExtendedLimitInfo::new();
        limits.limit_kill_on_job_close();
        // Its last handle is closed by the system, with the process.
        Job::create_with_limit_info(&limits).ok()
    });
    if let Some(job) = job {
        let _ = job.assign_process(child.as_raw_handle() as isize);
    }
}
