//! Servers on this machine, for what passes bodies piece by piece: HTTP/1.1 in the clear, a connection for each exchange.

use std::io::{BufRead as _, BufReader, ErrorKind, Read as _, Write as _};
use std::net::{TcpStream, ToSocketAddrs as _};

use berth_web::outbound::streaming::{
    StreamedBody, StreamedResponse, StreamingClient, StreamingError, Timeouts, Upload,
};
use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode};

/// The largest piece that is read, in bytes.
const PIECE: usize = 64 * 1024;

/// The longest line of a head, in bytes.
const LINE: u64 = 64 * 1024;

/// Calls real servers. It looks no names up but `localhost`.
#[derive(Clone, Copy, Default)]
pub struct TcpClient;

impl StreamingClient for TcpClient {
    fn send(
        &self,
        request: Request<Vec<u8>>,
        timeouts: Timeouts,
    ) -> Result<StreamedResponse, StreamingError> {
        let (mut head, body) = request.into_parts();
        let has_length =
            !body.is_empty() || [Method::POST, Method::PUT, Method::PATCH].contains(&head.method);
        if has_length {
            head.headers.insert(CONTENT_LENGTH, body.len().into());
        }
        let mut exchange = Exchange::begin(Request::from_parts(head, ()), timeouts)?;
        exchange.stream.write_all(&body).map_err(in_words)?;
        exchange.answer()
    }

    fn upload(
        &self,
        mut request: Request<()>,
        timeouts: Timeouts,
    ) -> Result<Box<dyn Upload>, StreamingError> {
        let is_chunked = !request.headers().contains_key(CONTENT_LENGTH);
        if is_chunked {
            request.headers_mut().insert(TRANSFER_ENCODING, HeaderValue::from_static("chunked"));
        }
        let exchange = Exchange::begin(request, timeouts)?;
        Ok(Box::new(TcpUpload { exchange, is_chunked }))
    }
}

/// A connection whose request has begun.
struct Exchange {
    stream: TcpStream,
    timeouts: Timeouts,
    is_head: bool,
}

impl Exchange {
    fn begin(request: Request<()>, timeouts: Timeouts) -> Result<Self, StreamingError> {
        let (head, ()) = request.into_parts();
        let authority = head.uri.authority().map(ToString::to_string).unwrap_or_default();
        let host = head.uri.host().unwrap_or_default().trim_matches(['[', ']']);
        let port = head.uri.port_u16().unwrap_or(80);
        let address = (host, port).to_socket_addrs().ok().and_then(|mut found| found.next());
        let address = address.ok_or_else(|| failed("no such host"))?;
        let mut stream = TcpStream::connect_timeout(&address, timeouts.head).map_err(in_words)?;
        let target = head.uri.path_and_query().map_or("/", |target| target.as_str());
        let mut text = format!(
            "{} {target} HTTP/1.1\r\nhost: {authority}\r\nconnection: close\r\n",
            head.method
        );
        for (name, value) in &head.headers {
            text += &format!("{name}: {}\r\n", value.to_str().map_err(|_| failed("a header"))?);
        }
        text += "\r\n";
        stream.set_nodelay(true).map_err(in_words)?;
        stream.set_write_timeout(Some(timeouts.pause)).map_err(in_words)?;
        stream.write_all(text.as_bytes()).map_err(in_words)?;
        Ok(Self { stream, timeouts, is_head: head.method == Method::HEAD })
    }

    /// The head of the answer, and its body.
    fn answer(self) -> Result<StreamedResponse, StreamingError> {
        self.stream.set_read_timeout(Some(self.timeouts.head)).map_err(in_words)?;
        let mut reader = BufReader::with_capacity(PIECE, self.stream);
        let status = line(&mut reader)?;
        let status = status.split(' ').nth(1).and_then(|status| status.parse::<StatusCode>().ok());
        let mut response = Response::new(());
        *response.status_mut() = status.ok_or_else(|| failed("no HTTP"))?;
        loop {
            let line = line(&mut reader)?;
            if line.is_empty() {
                break;
            }
            let (name, value) = line.split_once(':').ok_or_else(|| failed("no header"))?;
            let name = HeaderName::try_from(name).map_err(|_| failed("no header"))?;
            let value = HeaderValue::try_from(value.trim()).map_err(|_| failed("no header"))?;
            response.headers_mut().append(name, value);
        }
        reader.get_ref().set_read_timeout(Some(self.timeouts.pause)).map_err(in_words)?;
        let headers = response.headers();
        let length =
            headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
        let left = match length {
            _ if self.is_head || response.status() == StatusCode::NO_CONTENT => Left::Bytes(0),
            _ if headers.contains_key(TRANSFER_ENCODING) => Left::Chunks(0),
            Some(length) => Left::Bytes(length),
            None => Left::All,
        };
        Ok(response.map(|()| -> Box<dyn StreamedBody> { Box::new(TcpBody { reader, left }) }))
    }
}

struct TcpUpload {
    exchange: Exchange,
    is_chunked: bool,
}

impl Upload for TcpUpload {
    fn write(&mut self, piece: &[u8]) -> Result<(), StreamingError> {
        let stream = &mut self.exchange.stream;
        if !self.is_chunked {
            return stream.write_all(piece).map_err(in_words);
        }
        if piece.is_empty() {
            return Ok(());
        }
        let chunk = [format!("{:x}\r\n", piece.len()).as_bytes(), piece, b"\r\n"].concat();
        stream.write_all(&chunk).map_err(in_words)
    }

    fn finish(mut self: Box<Self>) -> Result<StreamedResponse, StreamingError> {
        if self.is_chunked {
            // A server may have answered and hung up.
            let _ = self.exchange.stream.write_all(b"0\r\n\r\n");
        }
        self.exchange.answer()
    }
}

/// What is left of a body.
enum Left {
    Bytes(u64),
    /// This much of a chunk, and the chunks behind it.
    Chunks(u64),
    /// All until the connection ends.
    All,
    Nothing,
}

struct TcpBody {
    reader: BufReader<TcpStream>,
    left: Left,
}

impl StreamedBody for TcpBody {
    fn read(&mut self) -> Result<Option<Vec<u8>>, StreamingError> {
        let most = match self.left {
            Left::Nothing | Left::Bytes(0) => return Ok(None),
            Left::Chunks(0) => {
                let size = line(&mut self.reader)?;
                let size = u64::from_str_radix(size.split(';').next().unwrap_or_default(), 16);
                let size = size.map_err(|_| failed("no chunk"))?;
                if size == 0 {
                    self.left = Left::Nothing;
                    return Ok(None);
                }
                self.left = Left::Chunks(size);
                size
            }
            Left::Bytes(left) | Left::Chunks(left) => left,
            Left::All => u64::MAX,
        };
        let most = usize::try_from(most).map_or(PIECE, |most| most.min(PIECE));
        let mut piece = vec![0; most];
        let read = self.reader.read(&mut piece).map_err(in_words)?;
        piece.truncate(read);
        let count = u64::try_from(read).unwrap_or(u64::MAX);
        self.left = match self.left {
            Left::All if read == 0 => Left::Nothing,
            Left::All => Left::All,
            _ if read == 0 => return Err(failed("the body breaks off")),
            Left::Bytes(left) => Left::Bytes(left - count),
            Left::Chunks(left) if left == count => {
                line(&mut self.reader)?;
                Left::Chunks(0)
            }
            Left::Chunks(left) => Left::Chunks(left - count),
            Left::Nothing => Left::Nothing,
        };
        Ok(Some(piece).filter(|piece| !piece.is_empty()))
    }
}

/// A line, without its end.
fn line(reader: &mut BufReader<TcpStream>) -> Result<String, StreamingError> {
    let mut line = Vec::new();
    reader.by_ref().take(LINE).read_until(b'\n', &mut line).map_err(in_words)?;
    let text = String::from_utf8(line).map_err(|_| failed("no text"))?;
    let text = text.strip_suffix('\n').ok_or_else(|| failed("the connection was closed"))?;
    Ok(text.trim_end_matches('\r').to_owned())
}

fn failed(why: &str) -> StreamingError {
    StreamingError::Failed(why.to_owned())
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that map_err wants")]
fn in_words(error: std::io::Error) -> StreamingError {
    match error.kind() {
        ErrorKind::WouldBlock | ErrorKind::TimedOut => StreamingError::TimedOut,
        _ => StreamingError::Failed(error.to_string()),
    }
}
