//! A connection whose client must take what is sent to it at a least speed. A time-out between two bytes does not do that: a
//! client that takes one byte at a time never meets it.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Sleep;

/// How fast something must go on: at least so fast on average, after some time in which any speed will do.
#[derive(Clone, Copy)]
pub(crate) struct Pace {
    pub(crate) grace: Duration,
    pub(crate) bytes_per_second: u64,
}

impl Pace {
    /// 4 KiB a second, after `grace`.
    pub(crate) fn after(grace: Duration) -> Self {
        Self { grace, bytes_per_second: 4096 }
    }

    /// When more than `bytes` must have gone through, for what began at `start`.
    pub(crate) fn deadline(self, start: Instant, bytes: u64) -> Instant {
        let millis = bytes.saturating_mul(1000) / self.bytes_per_second.max(1);
        start + self.grace + Duration::from_millis(millis)
    }
}

/// The connection.
pub(crate) struct Paced {
    stream: TcpStream,
    pace: Pace,
    /// Since when a client has kept us waiting, and how much it has taken since.
    waiting: Option<(Instant, u64)>,
    timer: Option<Pin<Box<Sleep>>>,
    /// Whether something is being sent.
    sends: Arc<AtomicBool>,
}

impl Paced {
    pub(crate) fn new(stream: TcpStream, pace: Pace, sends: Arc<AtomicBool>) -> Self {
        Self { stream, pace, waiting: None, timer: None, sends }
    }

    /// Says what became of an attempt to send.
    fn sent(
        &mut self,
        attempt: Poll<io::Result<usize>>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        match attempt {
            Poll::Ready(Ok(size)) => {
                if let Some((_, bytes)) = &mut self.waiting {
                    *bytes += size as u64;
                }
                attempt
            }
            Poll::Ready(Err(_)) => attempt,
            Poll::Pending => self.watch(cx).map(Err),
        }
    }

    /// Ready with an error when the client is too slow.
    fn watch(&mut self, cx: &mut Context<'_>) -> Poll<io::Error> {
        self.sends.store(true, Ordering::Relaxed);
        loop {
            let (since, bytes) = *self.waiting.get_or_insert_with(|| (Instant::now(), 0));
            let deadline = self.pace.deadline(since, bytes);
            let timer = self
                .timer
                .get_or_insert_with(|| Box::pin(tokio::time::sleep_until(deadline.into())));
            ready!(timer.as_mut().poll(cx));
            if Instant::now() >= deadline {
                return Poll::Ready(io::Error::new(
                    io::ErrorKind::TimedOut,
                    "the answer is read too slowly",
                ));
            }
            timer.as_mut().reset(deadline.into());
        }
    }
}

impl AsyncRead for Paced {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Paced {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let attempt = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.sent(attempt, cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let attempt = Pin::new(&mut self.stream).poll_write_vectored(cx, pieces);
        self.sent(attempt, cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    /// hyper flushes when it has nothing more to write.
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.waiting.take().is_some() {
            self.timer = None;
            self.sends.store(false, Ordering::Relaxed);
        }
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pace_gives_time_at_first_and_more_for_what_came() {
        let pace = Pace::after(Duration::from_secs(10));
        let start = Instant::now();
        assert_eq!(pace.deadline(start, 0), start + Duration::from_secs(10));
        assert_eq!(pace.deadline(start, 8192), start + Duration::from_secs(12));
    }
}
