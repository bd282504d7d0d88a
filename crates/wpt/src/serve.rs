//! The suite's own server: starting it, waiting for it, and leaving nothing of it behind.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crossexam_net::WallClock;
use crossexam_sim::Clock;
use tempfile::NamedTempFile;

use crate::discover::Checkout;

/// The ports that the suite's server listens on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ports {
    /// For HTTP; two of them.
    pub http: Vec<u16>,
    /// For HTTPS; two of them.
    pub https: Vec<u16>,
    /// For WebSocket connections, as far as they are known. Many files of the suite name such a port and open no
    /// connection; the server answers them only if it has one.
    pub ws: Vec<u16>,
    /// For WebSocket connections over TLS.
    pub wss: Vec<u16>,
}

impl Default for Ports {
    /// Those that the suite's own configuration names.
    fn default() -> Self {
        Self {
            http: vec![8000, 8001],
            https: vec![8443, 8444],
            ws: Vec::new(),
            wss: Vec::new(),
        }
    }
}

impl Ports {
    /// Ports on which nobody listens at the moment.
    ///
    /// # Errors
    ///
    /// When the system has none.
    pub fn free() -> io::Result<Self> {
        let listeners: Vec<TcpListener> = (0..6)
            .map(|_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))
            .collect::<io::Result<_>>()?;
        let ports: Vec<u16> = listeners
            .iter()
            .map(|listener| listener.local_addr().map(|address| address.port()))
            .collect::<io::Result<_>>()?;
        Ok(Self {
            http: ports[..2].to_vec(),
            https: ports[2..4].to_vec(),
            ws: ports[4..5].to_vec(),
            wss: ports[5..].to_vec(),
        })
    }

    fn all(&self) -> impl Iterator<Item = u16> {
        let all = [&self.http, &self.https, &self.ws, &self.wss];
        all.into_iter().flatten().copied()
    }
}

/// Why the suite's server does not serve.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The interpreter is not there.
    #[error("{python} cannot be started: {why}")]
    NoPython {
        /// What was to be started.
        python: String,
        /// Why not.
        why: io::Error,
    },
    /// A temporary file cannot be written.
    #[error("a file for the server's configuration cannot be written: {0}")]
    NoFile(io::Error),
    /// It ended instead of listening.
    #[error("the suite's server ended before it listened ({status})")]
    Ended {
        /// How.
        status: String,
        /// The end of what it wrote.
        said: String,
    },
    /// It does not listen in time.
    #[error("nobody listens on port {port} of 127.0.0.1")]
    NotListening {
        /// The port.
        port: u16,
        /// The end of what the server wrote, where it was started here.
        said: String,
    },
    /// Somebody else listens there.
    #[error("port {port} of 127.0.0.1 is in use")]
    Busy {
        /// The port.
        port: u16,
    },
    /// The suite's certificates are of no use.
    #[error("the suite's certificates are not valid: {why}")]
    Certificates {
        /// What is wrong with them.
        why: String,
    },
}

/// A server that was started here. It ends, with all of its processes, when this is dropped.
#[derive(Debug)]
pub struct SuiteServer {
    child: Child,
    log: File,
    ports: Ports,
    _config: NamedTempFile,
}

/// How long it may take until the server listens.
const STARTING: Duration = Duration::from_secs(60);

impl SuiteServer {
    /// Starts the server of a checkout and waits until it listens.
    ///
    /// # Errors
    ///
    /// [`ServeError`]
    pub fn start(checkout: &Checkout, python: &str, ports: Ports) -> Result<Self, ServeError> {
        if let Some(port) = ports.all().find(|&port| is_listening(port)) {
            return Err(ServeError::Busy { port });
        }
        let config = configuration(&ports).map_err(ServeError::NoFile)?;
        let log = tempfile::tempfile().map_err(ServeError::NoFile)?;
        let output = || log.try_clone().map(Stdio::from).map_err(ServeError::NoFile);
        let mut command = Command::new(python);
        command
            .arg(checkout.root().join("wpt"))
            .args(["serve", "--no-h2", "--config"])
            .arg(config.path())
            .current_dir(checkout.root())
            .stdin(Stdio::null())
            .stdout(output()?)
            .stderr(output()?);
        of_its_own_group(&mut command);
        let child = command.spawn().map_err(|why| ServeError::NoPython {
            python: python.to_owned(),
            why,
        })?;
        let mut server = Self {
            child,
            log,
            ports,
            _config: config,
        };
        server.wait()?;
        Ok(server)
    }

    /// Where it listens.
    pub fn ports(&self) -> &Ports {
        &self.ports
    }

    /// Whether it has ended; what it said last, if so.
    pub fn has_ended(&mut self) -> Option<String> {
        match self.child.try_wait() {
            Ok(Some(_)) => Some(self.said()),
            Ok(None) | Err(_) => None,
        }
    }

    fn wait(&mut self) -> Result<(), ServeError> {
        let clock = WallClock::new();
        let end = clock.now() + STARTING;
        let ports: Vec<u16> = self.ports.all().collect();
        for port in ports {
            while !is_listening(port) {
                if let Ok(Some(status)) = self.child.try_wait() {
                    return Err(ServeError::Ended {
                        status: status.to_string(),
                        said: self.said(),
                    });
                }
                if clock.now() > end {
                    return Err(ServeError::NotListening {
                        port,
                        said: self.said(),
                    });
                }
                pause();
            }
        }
        Ok(())
    }

    /// The end of what it wrote.
    fn said(&mut self) -> String {
        let mut said = Vec::new();
        let read = self
            .log
            .seek(SeekFrom::Start(0))
            .and_then(|_| self.log.read_to_end(&mut said));
        if read.is_err() {
            return String::new();
        }
        let said = String::from_utf8_lossy(&said);
        let lines: Vec<&str> = said.lines().collect();
        lines[lines.len().saturating_sub(12)..].join("\n")
    }
}

impl Drop for SuiteServer {
    fn drop(&mut self) {
        end_group(&mut self.child);
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a process that is starting is waited for in real time"
)]
fn pause() {
    std::thread::sleep(Duration::from_millis(50));
}

/// Whether somebody takes connections on a port of this machine.
pub fn is_listening(port: u16) -> bool {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    TcpStream::connect_timeout(&address, Duration::from_secs(1)).is_ok()
}

/// Makes sure that a server that runs already listens on all of these ports.
///
/// # Errors
///
/// [`ServeError::NotListening`]
pub fn check_running(ports: &Ports) -> Result<(), ServeError> {
    match ports.all().find(|&port| !is_listening(port)) {
        None => Ok(()),
        Some(port) => Err(ServeError::NotListening {
            port,
            said: String::new(),
        }),
    }
}

/// The file of the authority that signed the suite's certificates.
pub fn authority(checkout: &Checkout) -> PathBuf {
    checkout.root().join("tools/certs/cacert.pem")
}

fn configuration(ports: &Ports) -> io::Result<NamedTempFile> {
    let config = serde_json::json!({
        "server_host": "127.0.0.1",
        "check_subdomains": false,
        "ports": {
            "http": ports.http, "https": ports.https,
            "ws": ports.ws, "wss": ports.wss, "h2": [],
            "http-public": [], "http-private": [], "https-public": [], "https-private": [],
        },
    });
    let mut file = tempfile::Builder::new()
        .prefix("crossexam-wpt-")
        .suffix(".json")
        .tempfile()?;
    file.write_all(config.to_string().as_bytes())?;
    file.flush()?;
    Ok(file)
}

/// Where the checkout's `wpt` is, for messages.
pub fn command_line(root: &Path) -> String {
    root.join("wpt").display().to_string()
}

#[cfg(unix)]
fn of_its_own_group(command: &mut Command) {
    use std::os::unix::process::CommandExt as _;
    command.process_group(0);
}

#[cfg(not(unix))]
fn of_its_own_group(_command: &mut Command) {}

/// Ends a process and everything that it started.
#[cfg(unix)]
fn end_group(child: &mut Child) {
    use rustix::process::{Pid, Signal, kill_process_group};
    let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    if let Some(group) = group {
        for signal in [Signal::INT, Signal::KILL] {
            // Whoever is gone already is gone.
            let _ = kill_process_group(group, signal);
            for _ in 0..20 {
                if matches!(child.try_wait(), Ok(Some(_))) && signal == Signal::KILL {
                    return;
                }
                if signal == Signal::KILL {
                    pause();
                }
            }
            if signal == Signal::INT {
                pause();
                pause();
            }
        }
    }
    let _ = child.wait();
}

#[cfg(not(unix))]
fn end_group(child: &mut Child) {
    let _ = child.kill();
    let _ = child.wait();
}
