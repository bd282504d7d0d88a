//! The thread in which sockets are waited for.

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::thread::JoinHandle;

use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

/// Where everything happens that needs sockets: one thread, however many worlds use it. Clones are handles of the same
/// one; with the last of them it ends, and whatever was under way there.
#[derive(Debug, Clone)]
pub struct Outside {
    thread: Arc<Thread>,
}

#[derive(Debug)]
struct Thread {
    handle: Handle,
    stop: Option<oneshot::Sender<()>>,
    join: Option<JoinHandle<()>>,
}

impl Drop for Thread {
    fn drop(&mut self) {
        self.stop.take();
        if let Some(join) = self.join.take() {
            // A thread that panicked has said so itself.
            let _ = join.join();
        }
    }
}

impl Outside {
    /// Starts the thread.
    ///
    /// # Errors
    ///
    /// When the system has no thread or no means of waiting for sockets to give.
    pub fn start() -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let handle = runtime.handle().clone();
        let (stop, stopped) = oneshot::channel::<()>();
        let join = std::thread::Builder::new()
            .name("sockets".to_owned())
            .spawn(move || {
                // The sender is never used, only dropped.
                let _ = runtime.block_on(stopped);
            })?;
        Ok(Self {
            thread: Arc::new(Thread {
                handle,
                stop: Some(stop),
                join: Some(join),
            }),
        })
    }

    /// Lets something happen there.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        drop(self.thread.handle.spawn(task));
    }
}
