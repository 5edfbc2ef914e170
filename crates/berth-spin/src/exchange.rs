//! Requests and answers on `wasi:http`. The SDK has types of its own for both, which keep one header of a name; here all
//! that there are come and go, those of one name in their order.

use berth_web::{ApiError, BodyLimit, BrokenBody, Request, Response};
use http::header::{CONTENT_LENGTH, HeaderMap, HeaderName, HeaderValue, TRANSFER_ENCODING};
use http::uri::PathAndQuery;
use http::{Method, StatusCode};
use spin_sdk::http::{Fields, IncomingRequest, OutgoingBody, OutgoingResponse, ResponseOutparam};
use wasi::io::streams::{OutputStream, StreamError};

/// How much of it is asked for at a time.
const PIECE_BYTES: u64 = 64 * 1024;

/// How much of a body that goes on is handed over at a time. The host keeps that until the client has taken it.
const STREAMED_BYTES: usize = 64 * 1024;

/// A request, but for its body.
///
/// # Errors
/// [`ApiError`] when its method or target is none: hosts refuse such requests themselves.
pub(crate) fn head(incoming: &IncomingRequest) -> Result<Request, ApiError> {
    let target = incoming.path_with_query().unwrap_or_default();
    let method = Method::from_bytes(incoming.method().to_string().as_bytes());
    let mut request = Request::default();
    *request.method_mut() = method.map_err(|_| ApiError::unreadable())?;
    let target = PathAndQuery::try_from(target).map_err(|_| ApiError::unreadable())?;
    *request.uri_mut() = target.into();
    *request.headers_mut() = headers(incoming.headers().entries());
    Ok(request)
}

/// The headers, those of one name in their order. Of each whose name begins with `spin-` only the last counts: the host sets
/// those, and if it leaves what the client sent under such a name, then before its own.
fn headers(entries: Vec<(String, Vec<u8>)>) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(entries.len());
    for (name, value) in entries {
        // Hosts refuse what is no header before it comes here.
        let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value))
        else {
            continue;
        };
        if name.as_str().starts_with("spin-") {
            headers.insert(name, value);
        } else {
            headers.append(name, value);
        }
    }
    headers
}

/// The body of a request, as far as it is kept. `of_row` says what holds for one that is longer than most rows take.
///
/// # Errors
/// [`ApiError`] when it is broken or too large.
pub(crate) fn body(
    incoming: &IncomingRequest,
    head: &Request,
    of_row: impl Fn() -> BodyLimit,
) -> Result<Vec<u8>, ApiError> {
    if has_none(head) {
        return Ok(Vec::new());
    }
    let body = incoming.consume().map_err(|()| ApiError::unreadable())?;
    let stream = body.stream().map_err(|()| ApiError::unreadable())?;
    let (mut bytes, mut read, mut limit) = (Vec::new(), 0, BodyLimit::ORDINARY);
    loop {
        match stream.blocking_read(PIECE_BYTES) {
            Ok(mut piece) => {
                read += piece.len();
                if read > limit.bytes {
                    limit = of_row();
                }
                piece.truncate(limit.kept_bytes.saturating_sub(bytes.len()));
                bytes.extend(piece);
            }
            Err(StreamError::Closed) => return Ok(bytes),
            Err(StreamError::LastOperationFailed(_)) => return Err(ApiError::unreadable()),
        }
        // Spin itself has no limit but memory.
        if read > limit.bytes {
            return Err(ApiError::too_large(limit.bytes));
        }
    }
}

/// Whether a request says that it has no body, as nearly all reads do: then asking the host for it would cost four calls. (Without a
/// length only HTTP/2 knows bodies, and no reader reads one.)
fn has_none(head: &Request) -> bool {
    match head.headers().get(CONTENT_LENGTH) {
        Some(length) => length == "0",
        None => head.method().is_safe() && !head.headers().contains_key(TRANSFER_ENCODING),
    }
}

/// What a body has behind what the answer has of it: each call gives the next part, none at the end.
pub(crate) type Rest<'a> = &'a mut dyn FnMut() -> Result<Option<Vec<u8>>, BrokenBody>;

/// Sends an answer with its length: it is complete for the client although the component goes on. One whose body goes on with
/// `rest` has a length only if it says one, and its client reads the parts as they come. Of the answer to HEAD only the head is sent.
///
/// The body is written before the head is handed over, as far as the host takes it: a host that passes on at once what it
/// gets, as Spin does, sends both in one segment. In two, a client that keeps its connection waits 40 ms for the second,
/// until it acknowledges the first.
pub(crate) fn send(
    response: Response,
    rest: Option<Rest<'_>>,
    is_head: bool,
    out: ResponseOutparam,
) {
    let fields = match Fields::from_list(&fields(&response, rest.is_none())) {
        Ok(fields) => fields,
        // Without an answer the host makes a 500 of it.
        Err(error) => return eprintln!("error: an answer has an impossible header: {error}"),
    };
    let outgoing = OutgoingResponse::new(fields);
    if outgoing.set_status_code(response.status().as_u16()).is_err() {
        return eprintln!("error: {} is no status", response.status().as_u16());
    }
    let Ok(body) = outgoing.body() else { return eprintln!("error: an answer has no body") };
    let mut head = Head(Some(|| out.set(outgoing)));
    if is_head {
        // Hosts look at no body here. One that is ended without having the length that the head says is an error.
        return head.hand_over();
    }
    if let Err(error) = write(body, response.body(), rest, &mut head) {
        eprintln!("error: an answer could not be sent: {error}");
    }
}

/// The head of an answer, until it is handed over.
struct Head<F>(Option<F>);

impl<F: FnOnce()> Head<F> {
    fn hand_over(&mut self) {
        if let Some(set) = self.0.take() {
            set();
        }
    }
}

/// Writes and ends a body. The head is handed over once all is written that is there at once, or when the host takes no more
/// before. A body that breaks off is not ended, so that the host breaks the connection off.
fn write(
    body: OutgoingBody,
    first: &[u8],
    rest: Option<Rest<'_>>,
    head: &mut Head<impl FnOnce()>,
) -> Result<(), String> {
    if !first.is_empty() || rest.is_some() {
        let stream = body.write().map_err(|()| StreamError::Closed.to_string())?;
        write_part(&stream, first, usize::MAX, head).map_err(|error| error.to_string())?;
        if let Some(rest) = rest {
            head.hand_over();
            while let Some(part) = rest().map_err(|error| error.to_string())? {
                write_part(&stream, &part, STREAMED_BYTES, head)
                    .map_err(|error| error.to_string())?;
            }
        }
    }
    let finished = OutgoingBody::finish(body, None);
    head.hand_over();
    // The host says no more than that the client is gone, or that a body has not the length of its head.
    finished.map_err(|_| StreamError::Closed.to_string())
}

/// Writes as much as the host takes at a time, but no more than `most`, and waits until it has taken that.
fn write_part(
    stream: &OutputStream,
    part: &[u8],
    most: usize,
    head: &mut Head<impl FnOnce()>,
) -> Result<(), StreamError> {
    let mut left = part;
    while !left.is_empty() {
        let room = usize::try_from(stream.check_write()?).unwrap_or(usize::MAX);
        if room == 0 {
            head.hand_over();
            stream.subscribe().block();
            continue;
        }
        let (piece, after) = left.split_at(room.min(left.len()).min(most));
        stream.write(piece)?;
        left = after;
    }
    Ok(())
}

fn fields(response: &Response, is_whole: bool) -> Vec<(String, Vec<u8>)> {
    let headers = response.headers().iter();
    let mut fields: Vec<_> = headers
        .map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_vec()))
        .collect();
    // Answers that never have a body have no length either.
    let has_body = !matches!(response.status(), StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
    if has_body && is_whole && !response.headers().contains_key(CONTENT_LENGTH) {
        let length = response.body().len().to_string();
        fields.push((CONTENT_LENGTH.as_str().to_owned(), length.into_bytes()));
    }
    fields
}

#[cfg(test)]
mod tests {
    use berth_web::{ResponseExt as _, header, response};

    use super::*;

    fn texts(headers: Vec<(String, Vec<u8>)>) -> Vec<(String, String)> {
        let text = |value| String::from_utf8(value).expect("text");
        headers.into_iter().map(|(name, value)| (name, text(value))).collect()
    }

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn headers_that_are_repeated_stay_but_for_those_of_the_host() {
        let sent = [
            ("Spin-Client-Addr", "6.6.6.6:6"),
            ("accept", "text/plain"),
            ("Accept", "application/json"),
            ("spin-client-addr", "127.0.0.1:1"),
        ];
        let sent = sent.map(|(name, value)| (name.to_owned(), value.as_bytes().to_vec()));
        let seen = [
            ("accept", "text/plain"),
            ("accept", "application/json"),
            ("spin-client-addr", "127.0.0.1:1"),
        ];
        let found = headers(sent.to_vec());
        let found = found.iter().map(|(name, value)| (name.to_string(), value.as_bytes().to_vec()));
        let mut found = texts(found.collect());
        found.sort_by(|one, other| one.0.cmp(&other.0));
        assert_eq!(found, pairs(&seen));
    }

    #[test]
    fn only_a_request_that_says_so_has_no_body() {
        let has_none = |method: &str, header: Option<(HeaderName, &str)>| {
            let mut head = Request::default();
            *head.method_mut() = method.parse().expect("a method");
            if let Some((name, value)) = header {
                head.headers_mut().insert(name, value.parse().expect("a value"));
            }
            super::has_none(&head)
        };
        assert!(has_none("GET", None) && has_none("HEAD", None));
        assert!(has_none("POST", Some((CONTENT_LENGTH, "0"))));
        assert!(!has_none("POST", None), "over HTTP/2 it may have one");
        assert!(!has_none("GET", Some((CONTENT_LENGTH, "2"))));
        assert!(!has_none("GET", Some((TRANSFER_ENCODING, "chunked"))));
    }

    #[test]
    fn an_answer_has_all_its_headers_and_its_length() {
        let response = response::text(StatusCode::UNAUTHORIZED, "text/plain", "no")
            .with_header(header::WWW_AUTHENTICATE, "Basic")
            .with_header(header::WWW_AUTHENTICATE, "Bearer");
        let sent = [
            ("content-type", "text/plain"),
            ("www-authenticate", "Basic"),
            ("www-authenticate", "Bearer"),
            ("content-length", "2"),
        ];
        assert_eq!(texts(fields(&response, true)), pairs(&sent));
        for sent in [fields(&response::no_content(), true), fields(&response, false)] {
            assert!(sent.iter().all(|(name, _)| name != "content-length"));
        }
        // What is sent later, or was asked for by HEAD, is not there to be counted.
        let later =
            response::with_length(StatusCode::OK, "application/octet-stream", 5_000_000_000);
        let sent = [("content-type", "application/octet-stream"), ("content-length", "5000000000")];
        for is_whole in [true, false] {
            assert_eq!(texts(fields(&later, is_whole)), pairs(&sent));
        }
    }
}
