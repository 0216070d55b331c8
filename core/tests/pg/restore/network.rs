//! The network between psql and the server is cut, by bytes and at the word to commit. A proxy on a socket of its own does it.

use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use dumpsert_testkit::Cluster;

use super::{Pair, assert_same, program, succeeds, text};

/// Passes bytes on until so many have gone to the server, then cuts everything once.
struct Proxy {
    folder: tempfile::TempDir,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    /// Bytes that have gone to the server.
    passed: AtomicU64,
    /// Where it is cut; 0 is nowhere.
    cut_at: AtomicU64,
    /// Whether it is cut when the word to commit has passed, before the answer has.
    cuts_at_commit: AtomicBool,
    has_cut: AtomicBool,
}

impl Proxy {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let name = format!(".s.PGSQL.{}", Cluster::shared().port());
        let listener = UnixListener::bind(folder.path().join(&name)).unwrap();
        let server = Cluster::shared().socket_dir().join(&name);
        let state = Arc::new(State::default());
        let shared = state.clone();
        // It ends with the process.
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                pass(client, &server, &shared);
            }
        });
        Self { folder, state }
    }

    fn host(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    /// Counts anew, and cuts where it is told.
    fn set(&self, cut_at: u64, cuts_at_commit: bool) {
        self.state.passed.store(0, Ordering::SeqCst);
        self.state.cut_at.store(cut_at, Ordering::SeqCst);
        self.state.cuts_at_commit.store(cuts_at_commit, Ordering::SeqCst);
        self.state.has_cut.store(false, Ordering::SeqCst);
    }
}

fn pass(client: UnixStream, server: &Path, state: &Arc<State>) {
    let server = UnixStream::connect(server).unwrap();
    let (to_client, mut from_server) = (client.try_clone().unwrap(), server.try_clone().unwrap());
    let is_deaf = Arc::new(AtomicBool::new(false));
    let hears_no_more = is_deaf.clone();
    std::thread::spawn(move || {
        let mut chunk = [0; 8192];
        while let Ok(read) = from_server.read(&mut chunk) {
            let is_lost = hears_no_more.load(Ordering::SeqCst);
            if read == 0 || is_lost || (&to_client).write_all(&chunk[..read]).is_err() {
                break;
            }
        }
        let _ = to_client.shutdown(Shutdown::Both);
    });
    let state = state.clone();
    std::thread::spawn(move || to_server(&client, &server, &state, &is_deaf));
}

fn to_server(mut client: &UnixStream, mut server: &UnixStream, state: &State, is_deaf: &AtomicBool) {
    let mut chunk = [0; 8192];
    while let Ok(read @ 1..) = client.read(&mut chunk) {
        let bytes = &chunk[..read];
        let before = state.passed.fetch_add(read as u64, Ordering::SeqCst);
        let cut_at = state.cut_at.load(Ordering::SeqCst);
        if cut_at > 0 && before + read as u64 >= cut_at && !state.has_cut.swap(true, Ordering::SeqCst) {
            let rest = cut_at.saturating_sub(before) as usize;
            let _ = server.write_all(&bytes[..rest]);
            break;
        }
        if state.cuts_at_commit.load(Ordering::SeqCst)
            && bytes.windows(7).any(|word| word == b"COMMIT;")
            && !state.has_cut.swap(true, Ordering::SeqCst)
        {
            // The server hears it, and its answer is lost.
            is_deaf.store(true, Ordering::SeqCst);
            let _ = server.write_all(bytes);
            let _ = client.shutdown(Shutdown::Both);
            return;
        }
        if server.write_all(bytes).is_err() {
            break;
        }
    }
    let _ = server.shutdown(Shutdown::Both);
    let _ = client.shutdown(Shutdown::Both);
}

#[test]
fn the_network_is_cut() {
    let pair = Pair::new();
    let wanted = pair.wanted();
    let proxy = Proxy::new();
    let folder = tempfile::tempdir().unwrap();
    let dump = folder.path().join("dump.sql");
    std::fs::write(&dump, pair.source.pg_dump(&["--data-only"])).unwrap();
    let to = |name: &str| {
        format!(
            "host={} port={} user=postgres dbname={name}",
            proxy.host().display(),
            Cluster::shared().port()
        )
    };
    let restore = |name: &str| {
        program(
            &pair.target,
            &[
                "restore",
                dump.to_str().unwrap(),
                "--to",
                &to(name),
                "--progress",
                "none",
            ],
        )
    };

    // How many bytes a run sends.
    let whole = Cluster::shared().copy_of(&pair.target);
    proxy.set(0, false);
    succeeds(restore(whole.name()));
    assert_same(&whole, &wanted);
    let all = proxy.state.passed.load(Ordering::SeqCst);
    assert!(all > 100_000);

    let before = pair.target.snapshot();
    for point in 0..10 {
        // The last word of psql is sent behind the commit: the last of these points is before it.
        let cut_at = 1 + point * (all - 2000) / 9;
        proxy.set(cut_at, false);
        let output = restore(pair.target.name()).output().unwrap();
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(3), "{point}: {said}");
        assert!(said.trim_end().ends_with("nothing was changed"), "{point}: {said}");
        assert!(proxy.state.has_cut.load(Ordering::SeqCst));
        assert_eq!(pair.target.snapshot().diff(&before), Vec::<String>::new(), "{point}");
    }

    // The answer to COMMIT is lost: the server is asked what has become of it.
    proxy.set(0, true);
    let printed = succeeds(restore(pair.target.name()));
    assert!(proxy.state.has_cut.load(Ordering::SeqCst));
    assert!(
        printed.contains("psql ended before it could say that the target has committed; the target says so"),
        "{printed}"
    );
    assert_same(&pair.target, &wanted);
    proxy.set(0, false);
    assert!(succeeds(restore(pair.target.name())).contains(" 0 inserted, 0 updated"));
}
