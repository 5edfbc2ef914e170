//! Running an instance for one request: it lives while it runs, and no longer. Its answer is `answer`'s, its place `seat`'s.

use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use bytes::Bytes;
use cpu_time::ThreadTime;
use http::{HeaderMap, Request, Response};
use http_body_util::{BodyExt, Full};
use tokio::sync::oneshot;
use wasmtime::Store;
use wasmtime_wasi_http::p2::bindings::http::types::Scheme;
use wasmtime_wasi_http::{Error, WasiHttpView};

use crate::access_log::REQUEST_ID;
use crate::app::{App, Served};
use crate::instance::{Counters, State, TooMuch};
use crate::instance_permit::{Overdue, Seat, Seated};
use crate::refusal::Refusal;
use crate::response::{Answer, Collector, Head, NoAnswer};

/// What it takes to run a component for one request.
pub(crate) struct Run {
    pub(crate) app: Arc<App>,
    pub(crate) served: Arc<Served>,
    pub(crate) seat: Arc<Seat>,
    pub(crate) deadline: Instant,
    pub(crate) cost: Cost,
}

/// How an instance ended.
type End = Result<(), Refusal>;

/// What comes first.
enum First {
    Ended(End),
    Answered(Result<Response<Answer>, NoAnswer>),
}

impl Run {
    /// Runs an instance until its answer is complete. `kept` is dropped when the instance is over.
    ///
    /// Nearly every instance is over by then, and no other task was involved. One that goes on does so on a task of its own.
    pub(crate) async fn start<K: Send + 'static>(
        self,
        request: Request<Full<Bytes>>,
        kept: K,
    ) -> Result<Response<Answer>, Refusal> {
        let name = self.served.component.name.clone();
        let refusal = |why| match why {
            NoAnswer::Failed(cause) => Refusal::Failed { component: name.clone(), cause },
            NoAnswer::NoRoom => Refusal::UnreadAnswers,
        };
        let (sender, head) = oneshot::channel();
        let seat = self.seat.clone();
        let mut answer = Collector::new(head, seat.client(), self.app.capacity.answers.clone());
        let instance = self
            .instance(request, sender, kept)
            .map_err(|error| refusal(NoAnswer::Failed(format!("{error:#}"))))?;
        let mut instance = Instance(Some(Box::pin(instance)));
        let first = poll_fn(|cx| {
            if let Poll::Ready(end) = instance.poll(cx) {
                return Poll::Ready(First::Ended(end));
            }
            answer.poll(cx).map(First::Answered)
        });
        match first.await {
            First::Ended(end) => {
                end?;
                // Nothing can be pending: whoever could send more is gone.
                match answer.poll(&mut Context::from_waker(Waker::noop())) {
                    Poll::Ready(answer) => answer.map_err(refusal),
                    Poll::Pending => Err(refusal(NoAnswer::Failed("it broke off".to_owned()))),
                }
            }
            First::Answered(answered) => {
                if answered.is_ok() {
                    seat.go_on_afterwards();
                }
                // Dropping `instance` lets it go on.
                answered.map_err(refusal)
            }
        }
    }

    /// The whole life of an instance.
    fn instance<K: Send + 'static>(
        self,
        request: Request<Full<Bytes>>,
        answer: oneshot::Sender<Head>,
        kept: K,
    ) -> wasmtime::Result<impl Future<Output = End> + Send + 'static> {
        let Self { app, served, seat, deadline, cost } = self;
        let id = request.headers().get(REQUEST_ID).and_then(|id| id.to_str().ok());
        let state = State::new(
            &served.component,
            id.unwrap_or("-"),
            deadline,
            cost.counters.clone(),
            (&seat, &app.capacity),
        );
        let writing = state.turn.writing.clone();
        let mut store = Store::new(&app.engine, state);
        store.limiter_async(State::limiter);
        store.set_epoch_deadline(1);
        store.epoch_deadline_async_yield_and_update(1);
        let request =
            request.map(|body| body.map_err(|never: Infallible| -> Error { match never {} }));
        let request = store.data_mut().http().new_incoming_request(Scheme::Http, request)?;
        let outparam = store.data_mut().http().new_response_outparam(answer)?;
        Ok(async move {
            let call = async {
                let proxy = served.instances.instantiate_async(&mut store).await?;
                proxy.wasi_http_incoming_handler().call_handle(&mut store, request, outparam).await
            };
            let cpu_micros = app.limits.debug_headers.then_some(&cost.cpu_micros);
            let timed = Timed { call: Box::pin(call), cpu_micros };
            let seated = Seated::new(timed, seat, writing, app.limits.transaction);
            // A running instance yields at each tick of the epoch, a waiting one is not running:
            // this ends both.
            let ended = tokio::time::timeout_at(deadline.into(), seated).await;
            let end = match ended {
                Ok(Ok(Ok(()))) => Ok(()),
                Ok(Ok(Err(error))) => Err(why(error, &served.component.name)),
                Ok(Err(Overdue)) | Err(_) => Err(Refusal::Deadline),
            };
            drop(store);
            drop(kept);
            end
        })
    }
}

/// Why an instance ended before it was done.
fn why(error: wasmtime::Error, component: &str) -> Refusal {
    if error.is::<TooMuch>() {
        return Refusal::TooBusy;
    }
    Refusal::Failed { component: component.to_owned(), cause: format!("{error:#}") }
}

/// An instance that is finished in the background if nobody waits for it any longer: once begun, a
/// request is carried out within its deadline, also if its client has gone.
struct Instance(Option<Pin<Box<dyn Future<Output = End> + Send>>>);

impl Instance {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<End> {
        let Some(instance) = &mut self.0 else { return Poll::Pending };
        let end = instance.as_mut().poll(cx);
        if end.is_ready() {
            self.0 = None;
        }
        end
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        let Some(instance) = self.0.take() else { return };
        tokio::spawn(async move {
            match instance.await {
                Err(Refusal::Failed { component, cause }) => {
                    tracing::error!(
                        "component {component:?} failed after it began to answer: {cause}"
                    );
                }
                Err(_) => {
                    tracing::error!(
                        "a component that had begun to answer did not end before its deadline"
                    )
                }
                Ok(()) => {}
            }
        });
    }
}

/// What a request has cost so far, for tests and the benchmark.
#[derive(Clone, Default)]
pub(crate) struct Cost {
    counters: Arc<Counters>,
    cpu_micros: Arc<AtomicU64>,
}

impl Cost {
    pub(crate) fn set_headers(&self, headers: &mut HeaderMap) {
        headers
            .insert("x-berth-statements", self.counters.statements.load(Ordering::Relaxed).into());
        headers.insert("x-berth-key-value", self.counters.key_value.load(Ordering::Relaxed).into());
        headers.insert("x-berth-cpu-us", self.cpu_micros.load(Ordering::Relaxed).into());
    }
}

/// Adds up the processor time that a future takes, if anybody wants to know.
struct Timed<'a, F> {
    call: Pin<Box<F>>,
    cpu_micros: Option<&'a Arc<AtomicU64>>,
}

impl<F: Future> Future for Timed<'_, F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let Some(cpu_micros) = self.cpu_micros else { return self.call.as_mut().poll(cx) };
        let before = ThreadTime::now();
        let result = self.call.as_mut().poll(cx);
        let micros = u64::try_from(before.elapsed().as_micros()).unwrap_or(u64::MAX);
        cpu_micros.fetch_add(micros, Ordering::Relaxed);
        result
    }
}
