//! What clients of a registry read through Berth (`docs/contract/registry.md` D.2, F.3): manifests, blobs, tags, the catalog. All of it comes from
//! the registry behind; writes go there by themselves.

mod behind;
mod bodies;
mod cached_blob;
mod cached_manifest;
mod failure;
mod fill;
mod handlers;
mod lists;
mod media_type;
mod pull;
mod reference;
mod routes;
mod upstream;
mod views;

pub use routes::ROUTES;
