//! The registry behind, as the component that is plugged in answers for it.

use berth_web::outbound::distribution::{
    Descriptor, Distribution, Failure, Manifest, Repository, TagPage,
};

use bindings::berth::outbound::distribution as wit;

#[allow(unsafe_code, unreachable_pub, clippy::all, reason = "generated")]
mod bindings {
    wit_bindgen::generate!({ path: "../../wit", world: "distribution-user" });
}

/// The dependency `berth:outbound/distribution` of `spin.toml`.
pub struct Imported;

impl Distribution for Imported {
    fn tags(&self, repository: &Repository<'_>, last: Option<&str>) -> Result<TagPage, Failure> {
        let page = wit::tags(&named(repository), last).map_err(in_web)?;
        Ok(TagPage { names: page.names, has_more: page.has_more })
    }

    fn head(&self, repository: &Repository<'_>, reference: &str) -> Result<Descriptor, Failure> {
        let wit::Descriptor { digest, media_type, size } =
            wit::head(&named(repository), reference).map_err(in_web)?;
        Ok(Descriptor { digest, media_type, size })
    }

    fn get(&self, repository: &Repository<'_>, reference: &str) -> Result<Manifest, Failure> {
        let wit::Manifest { digest, media_type, content } =
            wit::get(&named(repository), reference).map_err(in_web)?;
        Ok(Manifest { digest, media_type, content })
    }

    fn put(
        &self,
        repository: &Repository<'_>,
        reference: &str,
        media_type: &str,
        content: &[u8],
    ) -> Result<String, Failure> {
        wit::put(&named(repository), reference, media_type, content).map_err(in_web)
    }

    fn delete(&self, repository: &Repository<'_>, reference: &str) -> Result<(), Failure> {
        wit::delete(&named(repository), reference).map_err(in_web)
    }
}

fn named(repository: &Repository<'_>) -> wit::Repository {
    wit::Repository {
        base_url: repository.base_url.to_owned(),
        name: repository.name.to_owned(),
        token: repository.token.to_owned(),
    }
}

fn in_web(failure: wit::Failure) -> Failure {
    match failure {
        wit::Failure::NotFound => Failure::NotFound,
        wit::Failure::Refused(status) => Failure::Refused(status),
        wit::Failure::Unsupported => Failure::Unsupported,
        wit::Failure::Status(status) => Failure::Status(status),
        wit::Failure::TimeOut => Failure::TimeOut,
        wit::Failure::TooLarge => Failure::TooLarge,
        wit::Failure::Malformed(text) => Failure::Malformed(text),
        wit::Failure::Unreachable(text) => Failure::Unreachable(text),
    }
}
