//! Other servers in memory, for what passes bodies piece by piece.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use berth_web::outbound::streaming::{
    StreamedBody, StreamedResponse, StreamingClient, StreamingError, Timeouts, Upload,
};
use http::{Request, Response};

/// The pieces of a body. An error is how it stalls or breaks off.
pub type Pieces = Vec<Result<Vec<u8>, StreamingError>>;

/// What the other side of [`Servers`] does: a test says it.
pub trait Server {
    /// Answers a request whose body is whole.
    ///
    /// # Errors
    /// How there is no answer.
    fn answer(&self, request: &Request<Vec<u8>>) -> Result<Response<Pieces>, StreamingError>;

    /// Takes the next piece of an upload, before which `taken` bytes came.
    ///
    /// # Errors
    /// How it takes no more.
    fn take(&self, _upload: &Request<()>, _taken: usize) -> Result<(), StreamingError> {
        Ok(())
    }
}

/// All servers that there are, as one. It notes what arrives.
pub struct Servers<S>(Rc<State<S>>);

struct State<S> {
    server: S,
    requests: RefCell<Vec<Request<Vec<u8>>>>,
    broken: RefCell<Vec<Request<Vec<u8>>>>,
}

impl<S> Clone for Servers<S> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<S: Server + 'static> Servers<S> {
    /// Servers that do as `server` does.
    #[must_use]
    pub fn new(server: S) -> Self {
        let (requests, broken) = (RefCell::default(), RefCell::default());
        Self(Rc::new(State { server, requests, broken }))
    }

    /// The requests that came whole since this was asked before, in their order.
    #[must_use]
    pub fn take_requests(&self) -> Vec<Request<Vec<u8>>> {
        self.0.requests.take()
    }

    /// The uploads that broke off since this was asked before, with what had come of them.
    #[must_use]
    pub fn take_broken(&self) -> Vec<Request<Vec<u8>>> {
        self.0.broken.take()
    }
}

impl<S: Server> State<S> {
    fn answer(&self, request: Request<Vec<u8>>) -> Result<StreamedResponse, StreamingError> {
        let answer = self.server.answer(&request);
        self.requests.borrow_mut().push(request);
        Ok(answer?.map(|pieces| -> Box<dyn StreamedBody> { Box::new(MemoryBody(pieces.into())) }))
    }
}

impl<S: Server + 'static> StreamingClient for Servers<S> {
    fn send(
        &self,
        request: Request<Vec<u8>>,
        _timeouts: Timeouts,
    ) -> Result<StreamedResponse, StreamingError> {
        self.0.answer(request)
    }

    fn upload(
        &self,
        head: Request<()>,
        _timeouts: Timeouts,
    ) -> Result<Box<dyn Upload>, StreamingError> {
        let state = self.0.clone();
        Ok(Box::new(MemoryUpload { state, head, taken: Vec::new(), is_finished: false }))
    }
}

struct MemoryUpload<S: Server> {
    state: Rc<State<S>>,
    head: Request<()>,
    taken: Vec<u8>,
    is_finished: bool,
}

impl<S: Server> MemoryUpload<S> {
    fn request(&mut self) -> Request<Vec<u8>> {
        let taken = std::mem::take(&mut self.taken);
        self.head.clone().map(|()| taken)
    }
}

impl<S: Server> Upload for MemoryUpload<S> {
    fn write(&mut self, piece: &[u8]) -> Result<(), StreamingError> {
        self.state.server.take(&self.head, self.taken.len())?;
        self.taken.extend(piece);
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<StreamedResponse, StreamingError> {
        self.is_finished = true;
        let request = self.request();
        self.state.answer(request)
    }
}

impl<S: Server> Drop for MemoryUpload<S> {
    fn drop(&mut self) {
        if !self.is_finished {
            let request = self.request();
            self.state.broken.borrow_mut().push(request);
        }
    }
}

struct MemoryBody(VecDeque<Result<Vec<u8>, StreamingError>>);

impl StreamedBody for MemoryBody {
    fn read(&mut self) -> Result<Option<Vec<u8>>, StreamingError> {
        self.0.pop_front().transpose()
    }
}
