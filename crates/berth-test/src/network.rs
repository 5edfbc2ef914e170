//! The registry behind, over a real network: what the component `registry-client` does, with a native HTTP client in the host's place.

use std::time::Duration;

use berth_registry_client::{self as client, DistributionFailure, distribution};
use berth_web::outbound::distribution::{
    Descriptor, Distribution, Failure, Manifest, Repository, TagPage,
};
use http::{Request, Response};
use ureq::Agent;

/// The network of this machine.
#[derive(Clone)]
pub(crate) struct Network(Agent);

impl Network {
    /// As the host: everything ends after 10 seconds, and no redirect is followed.
    pub(crate) fn new() -> Self {
        let config = Agent::config_builder().http_status_as_error(false).max_redirects(0);
        Self(config.timeout_global(Some(Duration::from_secs(10))).build().into())
    }
}

impl distribution::Http for Network {
    fn send(
        &self,
        request: &Request<Vec<u8>>,
        limit: usize,
    ) -> Result<Response<Vec<u8>>, client::Failure> {
        let response = self.0.run(request.clone()).map_err(failure)?;
        let (head, mut body) = response.into_parts();
        if limit == 0 {
            return Ok(Response::from_parts(head, Vec::new()));
        }
        let longest = u64::try_from(limit).unwrap_or(u64::MAX);
        let read = body.with_config().limit(longest).read_to_vec().map_err(failure)?;
        Ok(Response::from_parts(head, read))
    }
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that map_err wants")]
fn failure(error: ureq::Error) -> client::Failure {
    match error {
        ureq::Error::Timeout(_) => client::Failure::TimeOut,
        ureq::Error::BodyExceedsLimit(_) => client::Failure::AnswerTooLarge,
        _ => client::Failure::ConnectionRefused,
    }
}

impl Distribution for Network {
    fn tags(&self, repository: &Repository<'_>, last: Option<&str>) -> Result<TagPage, Failure> {
        let page = distribution::tags(self, &named(repository), last).map_err(in_web)?;
        Ok(TagPage { names: page.names, has_more: page.has_more })
    }

    fn head(&self, repository: &Repository<'_>, reference: &str) -> Result<Descriptor, Failure> {
        let client::Descriptor { digest, media_type, size } =
            distribution::head(self, &named(repository), reference).map_err(in_web)?;
        Ok(Descriptor { digest, media_type, size })
    }

    fn get(&self, repository: &Repository<'_>, reference: &str) -> Result<Manifest, Failure> {
        let client::Manifest { digest, media_type, content } =
            distribution::get(self, &named(repository), reference).map_err(in_web)?;
        Ok(Manifest { digest, media_type, content })
    }

    fn put(
        &self,
        repository: &Repository<'_>,
        reference: &str,
        media_type: &str,
        content: &[u8],
    ) -> Result<String, Failure> {
        distribution::put(self, &named(repository), reference, media_type, content.to_vec())
            .map_err(in_web)
    }

    fn delete(&self, repository: &Repository<'_>, reference: &str) -> Result<(), Failure> {
        distribution::delete(self, &named(repository), reference).map_err(in_web)
    }
}

fn named(repository: &Repository<'_>) -> client::Repository {
    client::Repository {
        base_url: repository.base_url.to_owned(),
        name: repository.name.to_owned(),
        token: repository.token.to_owned(),
    }
}

fn in_web(failure: DistributionFailure) -> Failure {
    match failure {
        DistributionFailure::NotFound => Failure::NotFound,
        DistributionFailure::Refused(status) => Failure::Refused(status),
        DistributionFailure::Unsupported => Failure::Unsupported,
        DistributionFailure::Status(status) => Failure::Status(status),
        DistributionFailure::TimeOut => Failure::TimeOut,
        DistributionFailure::TooLarge => Failure::TooLarge,
        DistributionFailure::Malformed(text) => Failure::Malformed(text),
        DistributionFailure::Unreachable(text) => Failure::Unreachable(text),
    }
}
