//! A minimum data rate, and a connection whose client must read with at least that rate. A time-out between two bytes is not
//! enough: a client that reads one byte at a time never exceeds it.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Sleep;

/// The rate at which a transfer must proceed on average, after a period in which any rate is accepted.
#[derive(Clone, Copy)]
pub(crate) struct MinDataRate {
    pub(crate) grace_period: Duration,
    pub(crate) bytes_per_second: u64,
}

impl MinDataRate {
    /// 4 KiB a second, after `grace_period`.
    pub(crate) fn after(grace_period: Duration) -> Self {
        Self { grace_period, bytes_per_second: 4096 }
    }

    /// When more than `bytes` must have been transferred, if the transfer began at `start`.
    pub(crate) fn deadline(self, start: Instant, bytes: u64) -> Instant {
        let millis = bytes.saturating_mul(1000) / self.bytes_per_second.max(1);
        start + self.grace_period + Duration::from_millis(millis)
    }
}

/// The connection.
pub(crate) struct MinDataRateStream {
    stream: TcpStream,
    rate: MinDataRate,
    /// When sending first had to wait for the client, and how much it has read since.
    waiting: Option<(Instant, u64)>,
    timer: Option<Pin<Box<Sleep>>>,
    /// Whether a response is being sent.
    is_sending: Arc<AtomicBool>,
    /// Whether it is one that may take as long as bytes pass.
    has_progress: Arc<AtomicBool>,
    /// How long a client may take nothing of such a response.
    progress: Duration,
}

impl MinDataRateStream {
    /// `rate` is that of responses in general; of one that `has_progress`, a client may take nothing for `progress`.
    pub(crate) fn new(
        stream: TcpStream,
        (rate, progress): (MinDataRate, Duration),
        is_sending: Arc<AtomicBool>,
        has_progress: Arc<AtomicBool>,
    ) -> Self {
        Self { stream, rate, waiting: None, timer: None, is_sending, has_progress, progress }
    }

    /// The rate of the response that is being sent. Begins a wait, if there is none.
    fn begin_wait(&mut self) -> MinDataRate {
        if !self.has_progress.load(Ordering::Relaxed) {
            return self.rate;
        }
        #[cfg(target_os = "linux")]
        if self.waiting.is_none() {
            // It is no reason to end the response if the system does not do so.
            let patience = Some(self.progress + Duration::from_secs(1));
            let _ = socket2::SockRef::from(&self.stream).set_tcp_user_timeout(patience);
        }
        MinDataRate { grace_period: self.progress, ..self.rate }
    }

    /// Counts what was sent, or waits until the client reads.
    fn after_write(
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
            Poll::Pending => self.poll_too_slow(cx).map(Err),
        }
    }

    /// Ready with an error when the client is too slow.
    fn poll_too_slow(&mut self, cx: &mut Context<'_>) -> Poll<io::Error> {
        self.is_sending.store(true, Ordering::Relaxed);
        let rate = self.begin_wait();
        loop {
            let (since, bytes) = *self.waiting.get_or_insert_with(|| (Instant::now(), 0));
            let deadline = rate.deadline(since, bytes);
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

impl AsyncRead for MinDataRateStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for MinDataRateStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let attempt = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.after_write(attempt, cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let attempt = Pin::new(&mut self.stream).poll_write_vectored(cx, pieces);
        self.after_write(attempt, cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    /// hyper flushes when it has nothing more to write.
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.waiting.take().is_some() {
            self.timer = None;
            self.is_sending.store(false, Ordering::Relaxed);
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
    fn the_deadline_is_the_grace_period_and_more_for_what_was_transferred() {
        let rate = MinDataRate::after(Duration::from_secs(10));
        let start = Instant::now();
        assert_eq!(rate.deadline(start, 0), start + Duration::from_secs(10));
        assert_eq!(rate.deadline(start, 8192), start + Duration::from_secs(12));
    }
}
