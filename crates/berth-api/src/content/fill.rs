//! A blob on its way from the upstream: to the client, and into the registry behind.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use berth_store::content::{self, Use};
use berth_upstream::Hasher;
use berth_web::outbound::streaming::StreamedBody;
use berth_web::{ApiError, Services};

use super::behind::{Behind, BlobUpload};

/// After how many seconds without a word of whoever writes a blob somebody else may.
pub(super) const SILENT_S: i64 = 60;

/// How often a fill says that it goes on.
const WORD: Duration = Duration::from_secs(20);

/// How far a fill has come.
enum Progress {
    /// Pieces pass, or the client has left.
    Passing,
    /// All of it has passed, and is what it should be.
    Whole,
    /// The upstream broke off, or sent something else.
    Failed(String),
}

struct State {
    progress: Progress,
    upload: Option<BlobUpload>,
}

/// A blob on its way.
pub(super) struct Tee {
    body: Box<dyn StreamedBody>,
    left: u64,
    digest: String,
    hasher: Hasher,
    state: Rc<RefCell<State>>,
    blob_id: Option<i64>,
    began: Instant,
    told: Duration,
}

impl Tee {
    /// Has the body of the answer go on with the blob, and write it into `upload`. `blob_id` is that of the blob that nobody else writes meanwhile.
    #[expect(clippy::too_many_arguments, reason = "all of it is about one blob")]
    pub(super) fn begin(
        services: &Services<'_>,
        body: Box<dyn StreamedBody>,
        size: u64,
        digest: &str,
        upload: Option<BlobUpload>,
        namespace_id: i64,
        name: &str,
        blob_id: Option<i64>,
    ) {
        let state = Rc::new(RefCell::new(State { progress: Progress::Passing, upload }));
        let (ended, name) = (state.clone(), name.to_owned());
        let mut tee = Self {
            body,
            left: size,
            digest: digest.to_owned(),
            hasher: Hasher::like(digest),
            state,
            blob_id,
            began: Instant::now(),
            told: Duration::ZERO,
        };
        services.continue_body(move |services| tee.next(services));
        // Also where the client leaves: then nothing asks for the next piece.
        services.defer(move |services| end(services, &ended, namespace_id, size, blob_id, &name));
    }

    /// The next piece. The last one is held back until the whole is known to be right.
    fn next(&mut self, services: &Services<'_>) -> Result<Option<Vec<u8>>, ApiError> {
        match self.read() {
            Ok(Some(piece)) => {
                self.write(&piece);
                self.say_that_it_goes_on(services)?;
                Ok(Some(piece))
            }
            Ok(None) => Ok(None),
            Err(words) => {
                let mut state = self.state.borrow_mut();
                state.upload = None;
                state.progress = Progress::Failed(words.clone());
                Err(ApiError::Unavailable(words))
            }
        }
    }

    fn read(&mut self) -> Result<Option<Vec<u8>>, String> {
        let piece = if self.left == 0 { None } else { Some(self.body.read()) };
        let piece = match piece {
            None => None,
            Some(Ok(Some(piece))) => Some(piece),
            Some(Ok(None)) => return Err(format!("{} ends too early", self.digest)),
            Some(Err(error)) => return Err(format!("{} breaks off: {error}", self.digest)),
        };
        if let Some(piece) = &piece {
            let length = u64::try_from(piece.len()).unwrap_or(u64::MAX);
            let left = self.left.checked_sub(length);
            self.left = left.ok_or_else(|| format!("{} does not end in time", self.digest))?;
            self.hasher.update(piece);
        }
        if self.left == 0 && matches!(self.state.borrow().progress, Progress::Passing) {
            if self.hasher.digest() != self.digest {
                return Err(format!("what the upstream registry sends is not {}", self.digest));
            }
            self.state.borrow_mut().progress = Progress::Whole;
        }
        Ok(piece)
    }

    /// A registry behind that takes no more is left behind: the client goes on.
    fn write(&mut self, piece: &[u8]) {
        let mut state = self.state.borrow_mut();
        if let Some(upload) = &mut state.upload
            && let Err(error) = upload.write(piece)
        {
            eprintln!("error: the registry behind takes no more of {}: {error}", self.digest);
            state.upload = None;
        }
    }

    fn say_that_it_goes_on(&mut self, services: &Services<'_>) -> Result<(), ApiError> {
        let passed = self.began.elapsed();
        if let Some(blob_id) = self.blob_id.filter(|_| passed - self.told >= WORD) {
            self.told = passed;
            let seconds = i64::try_from(passed.as_secs()).unwrap_or(i64::MAX);
            let now = services.now().plus_seconds(seconds);
            content::go_on_filling(services.db(), blob_id, now)?;
        }
        Ok(())
    }
}

/// What is left to do once the answer has ended, one way or another.
fn end(
    services: &Services<'_>,
    state: &RefCell<State>,
    namespace_id: i64,
    size: u64,
    blob_id: Option<i64>,
    name: &str,
) -> Result<(), ApiError> {
    let State { progress, upload } =
        state.replace(State { progress: Progress::Passing, upload: None });
    let now = services.now();
    let failure = match progress {
        Progress::Whole => None,
        Progress::Passing => Some(None),
        Progress::Failed(words) => Some(Some(words)),
    };
    if !services.is_read_only() {
        let is_whole = failure.is_none();
        let fetched_bytes = if is_whole { i64::try_from(size).unwrap_or(i64::MAX) } else { 0 };
        let failure = failure.clone().flatten();
        let done = Use {
            misses: i64::from(is_whole),
            fetched_bytes,
            succeeded: is_whole,
            failure,
            hits: 0,
        };
        content::note_use_alone(services.db(), namespace_id, &done, now)?;
    }
    let Some(blob_id) = blob_id else { return Ok(()) };
    let finished = match upload {
        Some(upload) if failure.is_none() => upload.finish(services),
        // A part of it stays in the registry's uploads, which it purges itself.
        _ => false,
    };
    if finished {
        note_stored(services, blob_id, name)
    } else {
        Ok(content::give_up_fill(services.db(), blob_id)?)
    }
}

/// Notes that the registry behind has a blob, and gives it the manifests whose last one that was: its collector then keeps them all.
pub(super) fn note_stored(
    services: &Services<'_>,
    blob_id: i64,
    name: &str,
) -> Result<(), ApiError> {
    content::note_stored(services.db(), blob_id, services.now())?;
    let complete = content::complete_manifests(services.db(), blob_id)?;
    if complete.is_empty() {
        return Ok(());
    }
    let Some(behind) = Behind::open_to_fill(services, name)? else { return Ok(()) };
    for manifest in complete {
        if behind.put_manifest(&manifest.digest, &manifest.media_type, manifest.content) {
            content::note_manifest_stored(services.db(), manifest.id, services.now())?;
        }
    }
    Ok(())
}
