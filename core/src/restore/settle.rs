//! What has become of a transaction whose psql has ended without saying so.

use std::time::{Duration, Instant};

use super::database::Side;

/// How a transaction has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Committed,
    RolledBack,
    Unknown,
}

/// Asks the server on new connections until the transaction is no longer in progress. A backend that still works for it,
/// although nobody listens any more, is ended: it has no `COMMIT` to come.
pub(super) fn ask(side: &Side<'_>, transaction: &str, was_committing: bool, patience: Duration) -> Fate {
    // Numbers of 64 bits; the server's table of backends has the lower half.
    let Ok(number) = transaction.parse::<u64>() else {
        return Fate::Unknown;
    };
    let status =
        format!("SELECT 'status ' OPERATOR(pg_catalog.||) coalesce(pg_catalog.pg_xact_status('{number}'), 'lost');\n");
    let end = format!(
        "SELECT pg_catalog.pg_terminate_backend(a.pid) FROM pg_catalog.pg_stat_activity AS a \
         WHERE a.backend_xid OPERATOR(pg_catalog.=) '{}'::pg_catalog.xid;\n",
        number & 0xffff_ffff
    );
    let begun = Instant::now();
    let mut pause = Duration::from_millis(5);
    let mut has_answered = false;
    while begun.elapsed() < patience {
        match side.ask(&status) {
            Ok(answer) if answer.contains("status committed") => return Fate::Committed,
            Ok(answer) if answer.contains("status aborted") => return Fate::RolledBack,
            Ok(_) => {
                has_answered = true;
                if !was_committing || begun.elapsed() > patience / 2 {
                    let _ = side.ask(&end);
                }
            }
            // The server has lost the number itself: nothing of the transaction was ever on its disk.
            Err(error) if error.message().contains("is in the future") => return Fate::RolledBack,
            // Without a word to commit there is nothing to be asked, if nobody answers.
            Err(_) if !was_committing && !has_answered && begun.elapsed() > patience / 6 => break,
            Err(_) => {}
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(500));
    }
    Fate::Unknown
}
