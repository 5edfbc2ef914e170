//! The servers that replicas share, each a process with a port and a directory of its own.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitOptions, kill_process, waitpid};
use tempfile::TempDir;

use crate::closed_port::free_port;
use crate::host::new_directory;
use crate::packages;

/// How long a server may take to start, or to stop.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long one look at whether it serves may take.
const LOOK: Duration = Duration::from_secs(1);
/// The pause between two looks.
const PAUSE: Duration = Duration::from_millis(20);
/// The file in the directory with what a server writes to its outputs.
const LOG: &str = "log";

/// sqld, the server of libSQL. What was written stays when it is stopped or killed and started again. Dropping it ends it.
pub struct Sqld(Server);

impl Sqld {
    /// Starts it with an empty database, and waits until it serves.
    #[must_use]
    pub fn start_new() -> Self {
        Self(Server::start_new(Self::kind(sqld)))
    }

    /// As [`Self::start_new`], for clients that each write as soon as they can: two at a time (`docs/deployment.md`).
    #[must_use]
    pub fn start_for_many_clients() -> Self {
        Self(Server::start_new(Self::kind(|directory, port| {
            let mut sqld = sqld(directory, port);
            sqld.args(["--max-concurrent-connections", "2"]);
            sqld.args(["--connection-creation-timeout-sec", "5"]);
            sqld
        })))
    }

    fn kind(command: fn(&Path, u16) -> Command) -> Kind {
        let hello = "GET /health HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
        Kind { command, hello, answer: "HTTP/1.1 200" }
    }

    /// `http://127.0.0.1:<port>`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.0.port)
    }
}

fn sqld(directory: &Path, port: u16) -> Command {
    let mut sqld = Command::new(packages::sqld());
    sqld.arg("--no-welcome").arg("--db-path").arg(directory.join("data"));
    sqld.arg("--http-listen-addr").arg(format!("127.0.0.1:{port}"));
    sqld
}

/// Redis. What was written stays when it is stopped or killed and started again. Dropping it ends it.
pub struct Redis(Server);

impl Redis {
    /// Starts it empty, and waits until it serves.
    #[must_use]
    pub fn start_new() -> Self {
        Self(Server::start_new(Kind {
            command: |directory, port| {
                let mut redis = packages::command("redis-server", "redis-server");
                redis.args(["--bind", "127.0.0.1", "--port", &port.to_string(), "--save", ""]);
                // Without fsync: the machine stays up.
                redis.args(["--appendonly", "yes", "--appendfsync", "no", "--dir"]).arg(directory);
                redis
            },
            hello: "PING\r\n",
            answer: "+PONG",
        }))
    }

    /// `redis://127.0.0.1:<port>`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.0.port)
    }
}

/// What both can be told.
macro_rules! controls {
    ($server:ident) => {
        impl $server {
            /// Starts it again, on the same port and with what it holds, and waits until it serves.
            ///
            /// # Panics
            /// When it does not serve in 20 seconds; when it was not stopped or killed before.
            pub fn start(&mut self) {
                self.0.start().unwrap_or_else(|failure| panic!("{failure}"));
            }

            /// Asks it to end, and waits until it has: connections to its port are refused.
            ///
            /// # Panics
            /// When it has not ended in 20 seconds.
            pub fn stop(&mut self) {
                self.0.signal(Signal::TERM);
                self.0.wait_for_end();
            }

            /// Ends it at once, as `kill -9` does.
            pub fn kill(&mut self) {
                self.0.end();
            }

            /// Suspends it: connections to it are made, and nothing is answered.
            pub fn freeze(&self) {
                self.0.signal(Signal::STOP);
                self.0.wait_for_stop();
            }

            /// Lets it go on.
            pub fn thaw(&self) {
                self.0.signal(Signal::CONT);
            }

            /// Everything that it has written to its outputs.
            #[must_use]
            pub fn log(&self) -> String {
                self.0.log()
            }
        }
    };
}

controls!(Sqld);
controls!(Redis);

/// A kind of server.
struct Kind {
    /// What runs it in a directory, on a port of 127.0.0.1.
    command: fn(&Path, u16) -> Command,
    /// What a client says first.
    hello: &'static str,
    /// How the answer to that begins once it serves.
    answer: &'static str,
}

struct Server {
    kind: Kind,
    port: u16,
    directory: TempDir,
    /// `None` while it is stopped.
    child: Option<Child>,
}

impl Server {
    fn start_new(kind: Kind) -> Self {
        let mut server = Self { kind, port: free_port(), directory: new_directory(), child: None };
        // Somebody else may take the port in the last moment.
        for _ in 0..3 {
            match server.start() {
                Ok(()) => return server,
                Err(failure) => eprintln!("{failure}"),
            }
            server.port = free_port();
        }
        panic!("a server does not start:\n{}", server.log());
    }

    /// Starts the process and waits until it serves.
    fn start(&mut self) -> Result<(), String> {
        assert!(self.child.is_none(), "the server runs already");
        let log = File::options().create(true).append(true).open(self.directory.path().join(LOG));
        let log = log.expect("the directory is ours");
        let mut command = (self.kind.command)(self.directory.path(), self.port);
        command.current_dir(self.directory.path()).stdin(Stdio::null());
        command.stdout(log.try_clone().expect("a file")).stderr(log);
        let child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let child = self.child.insert(child);
        let end = Instant::now() + PATIENCE;
        while Instant::now() < end && child.try_wait().is_ok_and(|status| status.is_none()) {
            if is_serving(&self.kind, self.port).unwrap_or(false) {
                return Ok(());
            }
            std::thread::sleep(PAUSE);
        }
        self.end();
        Err(format!("{command:?} does not serve:\n{}", self.log()))
    }

    fn signal(&self, signal: Signal) {
        let child = self.child.as_ref().expect("the server runs");
        kill_process(Pid::from_child(child), signal).expect("the process is ours");
    }

    /// On a busy machine a thread of a process may go on for a while.
    fn wait_for_stop(&self) {
        let child = self.child.as_ref().expect("the server runs");
        let stopped = waitpid(Some(Pid::from_child(child)), WaitOptions::UNTRACED);
        let (_, status) = stopped.expect("the process is ours").expect("its state changed");
        assert!(status.stopped(), "a server ended instead of stopping:\n{}", self.log());
    }

    fn wait_for_end(&mut self) {
        let child = self.child.as_mut().expect("the server runs");
        let end = Instant::now() + PATIENCE;
        while child.try_wait().expect("the process is ours").is_none() {
            assert!(Instant::now() < end, "a server does not stop:\n{}", self.log());
            std::thread::sleep(PAUSE);
        }
        self.child = None;
    }

    fn end(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.directory.path().join(LOG)).unwrap_or_default()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end();
    }
}

/// Whether a server of that kind answers on the port.
fn is_serving(kind: &Kind, port: u16) -> std::io::Result<bool> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.set_read_timeout(Some(LOOK))?;
    stream.write_all(kind.hello.as_bytes())?;
    let mut answer = vec![0; kind.answer.len()];
    stream.read_exact(&mut answer)?;
    Ok(answer == kind.answer.as_bytes())
}
