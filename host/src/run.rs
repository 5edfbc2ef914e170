//! Runs an instance for one request, and no longer than it takes.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use cpu_time::ThreadTime;
use http::{HeaderMap, Method, Request, Response};
use http_body::Body;
use tokio::sync::oneshot;
use wasmtime::Store;
use wasmtime_wasi_http::p2::bindings::http::types::Scheme;
use wasmtime_wasi_http::{Error, WasiHttpView};

use crate::access_log::REQUEST_ID;
use crate::app::App;
use crate::deadline::Deadline;
use crate::instance::{Counters, OutOfCapacity, State};
use crate::instance_permit::{InstancePermit, Scheduled, TransactionTimeout};
use crate::loader::Served;
use crate::refusal::Refusal;
use crate::response::{
    Collection, GuestBody, GuestResponse, ResponseBody, ResponseCollector, ResponseError, Streaming,
};

/// What running a component for one request needs.
pub(crate) struct Run {
    pub(crate) app: Arc<App>,
    pub(crate) served: Arc<Served>,
    pub(crate) permit: Arc<InstancePermit>,
    pub(crate) deadline: Deadline,
    /// Of a component that streams.
    pub(crate) streaming: Option<Streaming>,
    pub(crate) cost: Cost,
}

/// The body of a request, for an instance.
pub(crate) trait GuestRequestBody:
    Body<Data = Bytes, Error: Into<Error>> + Send + 'static
{
}
impl<B: Body<Data = Bytes, Error: Into<Error>> + Send + 'static> GuestRequestBody for B {}

/// How an instance ended.
type End = Result<(), Refusal>;

/// What happens first.
enum First {
    Ended(End),
    Responded(Result<Response<ResponseBody>, ResponseError>),
}

impl Run {
    /// Runs an instance until its response is complete, or is streamed. `guards` are dropped when the instance has ended.
    ///
    /// Nearly every instance ends with its response, in the task of the request. One that goes on gets a task of its own.
    pub(crate) async fn start<B: GuestRequestBody, G: Send + 'static>(
        self,
        request: Request<B>,
        guards: G,
    ) -> Result<Response<ResponseBody>, Refusal> {
        let name = self.served.component.name.clone();
        let refusal = |error| match error {
            ResponseError::Failed(cause) => Refusal::Failed { component: name.clone(), cause },
            ResponseError::OverQuota => Refusal::TooManyResponses,
        };
        let (sender, head) = oneshot::channel();
        let (permit, broke_off) = (self.permit.clone(), Arc::new(AtomicBool::new(false)));
        let collection = self.collection(request.method());
        let mut response =
            ResponseCollector::new(head, collection, broke_off.clone(), permit.client(), &self.app);
        let instance = self
            .instance(request, sender, (broke_off, guards))
            .map_err(|error| refusal(ResponseError::Failed(format!("{error:#}"))))?;
        let mut instance = Detached(Some(Box::pin(instance)));
        let first = poll_fn(|cx| {
            if let Poll::Ready(end) = instance.poll(cx) {
                return Poll::Ready(First::Ended(end));
            }
            response.poll(cx).map(First::Responded)
        });
        match first.await {
            First::Ended(end) => {
                end?;
                // The sender of the response is gone, so nothing is pending.
                match response.poll(&mut Context::from_waker(Waker::noop())) {
                    Poll::Ready(response) => response.map_err(refusal),
                    Poll::Pending => Err(refusal(ResponseError::Failed("it broke off".to_owned()))),
                }
            }
            First::Responded(response) => {
                if response.as_ref().is_ok_and(|response| !response.body().is_streamed()) {
                    permit.continue_in_background();
                }
                // Dropping `instance` lets it go on.
                response.map_err(refusal)
            }
        }
    }

    /// How much of the response to a request with `method` is collected.
    fn collection(&self, method: &Method) -> Collection {
        match &self.streaming {
            _ if method == Method::HEAD => Collection::Head,
            Some(streaming) => Collection::Streamed(streaming.clone()),
            None => Collection::Whole(self.deadline.clone()),
        }
    }

    /// An instance, from its start to its end. `broke_off` tells whether that was one.
    fn instance<B: GuestRequestBody, G: Send + 'static>(
        self,
        request: Request<B>,
        response: oneshot::Sender<GuestResponse>,
        (broke_off, guards): (Arc<AtomicBool>, G),
    ) -> wasmtime::Result<impl Future<Output = End> + Send + 'static> {
        let is_head = request.method() == Method::HEAD;
        let Self { app, served, permit, deadline, streaming, cost } = self;
        let id = request.headers().get(REQUEST_ID).and_then(|id| id.to_str().ok());
        let state = State::new(
            &served.component,
            id.unwrap_or("-"),
            (deadline.clone(), streaming.as_ref().map(|streaming| streaming.progress.clone())),
            cost.counters.clone(),
            (&permit, &app.capacity),
        );
        let writer = state.database.writer.clone();
        let mut store = Store::new(&app.engine, state);
        store.limiter_async(State::limiter);
        store.set_epoch_deadline(1);
        store.epoch_deadline_async_yield_and_update(1);
        let request = store.data_mut().http().new_incoming_request(Scheme::Http, request)?;
        let counters = cost.counters.clone();
        let on_response = store.data().database.on_response();
        let outparam = store.data_mut().http().new_response_outparam_from_callback(move |set| {
            let set = set.map(|head| head.map(GuestBody::new));
            let is_whole = |response: &Response<GuestBody>| is_head || response.body().is_whole();
            let is_split = set.as_ref().is_ok_and(|response| !is_whole(response));
            counters.response_split.store(is_split, Ordering::Relaxed);
            // Where nobody waits for it any more, nothing is lost.
            let _ = response.send(set);
            on_response();
        })?;
        Ok(async move {
            let call = async {
                let instances = app.loader.instances(&served).await;
                let proxy = instances.instantiate_async(&mut store).await?;
                proxy.wasi_http_incoming_handler().call_handle(&mut store, request, outparam).await
            };
            let cpu_micros = app.limits.debug_headers.then_some(&cost.cpu_micros);
            let timed = Timed { call: Box::pin(call), cpu_micros };
            let scheduled = Scheduled::new(timed, permit, writer, app.limits.transaction);
            // (A running instance yields at each tick of the epoch, so this ends it as well as a waiting one.)
            let ended = tokio::select! {
                biased;
                ended = scheduled => ended,
                () = deadline.passed() => Err(TransactionTimeout),
            };
            let end = match ended {
                Ok(Ok(())) => Ok(()),
                Ok(Err(error)) => Err(refusal_of(error, &served.component.name)),
                Err(TransactionTimeout) => Err(Refusal::Deadline),
            };
            // The end of a body that is not whole comes with the next line.
            broke_off.store(end.is_err(), Ordering::Release);
            drop(store);
            drop((guards, streaming));
            end
        })
    }
}

/// The refusal for an instance that ended with an error.
fn refusal_of(error: wasmtime::Error, component: &str) -> Refusal {
    if error.is::<OutOfCapacity>() {
        return Refusal::TooBusy;
    }
    Refusal::Failed { component: component.to_owned(), cause: format!("{error:#}") }
}

/// An instance that goes on in a task of its own when this is dropped: a request that was begun is carried out within its
/// deadline, even if its client has closed the connection.
struct Detached(Option<Pin<Box<dyn Future<Output = End> + Send>>>);

impl Detached {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<End> {
        let Some(instance) = &mut self.0 else { return Poll::Pending };
        let end = instance.as_mut().poll(cx);
        if end.is_ready() {
            self.0 = None;
        }
        end
    }
}

impl Drop for Detached {
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

/// The cost of a request so far, for tests and the benchmark.
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
        let split = u32::from(self.counters.response_split.load(Ordering::Relaxed));
        headers.insert("x-berth-response-split", split.into());
        headers.insert("x-berth-cpu-us", self.cpu_micros.load(Ordering::Relaxed).into());
    }
}

/// Measures the processor time of a future, where `cpu_micros` takes it.
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
