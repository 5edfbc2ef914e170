//! `fermyon:spin/key-value`.

use std::sync::atomic::Ordering;

use wasmtime::component::Resource;

use crate::bindings::fermyon::spin::key_value::{Error, Host, HostStore};
use crate::instance::State;
use crate::key_value::{GuestStore, Operations};

/// The longest key, in bytes.
const MAX_KEY_BYTES: usize = 1024;
/// The largest value, in bytes.
const MAX_VALUE_BYTES: usize = 10 * 1024 * 1024;

impl State {
    /// The operations on a store, of which one is begun.
    fn key_value(
        &self,
        store: &Resource<GuestStore>,
    ) -> wasmtime::Result<Result<Operations<'_>, Error>> {
        self.counters.key_value.fetch_add(1, Ordering::Relaxed);
        let label = &self.table.get(store)?.label;
        let Some(store) = &self.component.key_value else { return Ok(Err(Error::AccessDenied)) };
        Ok(Ok(store.of_request(&self.database, label)))
    }
}

impl Host for State {}

impl HostStore for State {
    fn open(&mut self, label: String) -> wasmtime::Result<Result<Resource<GuestStore>, Error>> {
        if label != "default" || self.component.key_value.is_none() {
            self.warn_of_undeclared("key-value store", &label, "key_value_stores");
            return Ok(Err(Error::AccessDenied));
        }
        Ok(Ok(self.table.push(GuestStore { label })?))
    }

    async fn get(
        &mut self,
        store: Resource<GuestStore>,
        key: String,
    ) -> wasmtime::Result<Result<Option<Vec<u8>>, Error>> {
        Ok(match self.key_value(&store)? {
            Ok(store) => store.get(key).await.map_err(Error::Other),
            Err(error) => Err(error),
        })
    }

    async fn set(
        &mut self,
        store: Resource<GuestStore>,
        key: String,
        value: Vec<u8>,
    ) -> wasmtime::Result<Result<(), Error>> {
        if key.len() > MAX_KEY_BYTES || value.len() > MAX_VALUE_BYTES {
            let message =
                format!("a key may have {MAX_KEY_BYTES} bytes, a value {MAX_VALUE_BYTES}");
            return Ok(Err(Error::Other(message)));
        }
        Ok(match self.key_value(&store)? {
            Ok(store) => store.set(key, value).await.map_err(Error::Other),
            Err(error) => Err(error),
        })
    }

    async fn delete(
        &mut self,
        store: Resource<GuestStore>,
        key: String,
    ) -> wasmtime::Result<Result<(), Error>> {
        Ok(match self.key_value(&store)? {
            Ok(store) => store.delete(key).await.map_err(Error::Other),
            Err(error) => Err(error),
        })
    }

    async fn exists(
        &mut self,
        store: Resource<GuestStore>,
        key: String,
    ) -> wasmtime::Result<Result<bool, Error>> {
        Ok(match self.key_value(&store)? {
            Ok(store) => store.exists(key).await.map_err(Error::Other),
            Err(error) => Err(error),
        })
    }

    async fn get_keys(
        &mut self,
        store: Resource<GuestStore>,
    ) -> wasmtime::Result<Result<Vec<String>, Error>> {
        Ok(match self.key_value(&store)? {
            Ok(store) => store.keys().await.map_err(Error::Other),
            Err(error) => Err(error),
        })
    }

    fn drop(&mut self, store: Resource<GuestStore>) -> wasmtime::Result<()> {
        self.table.delete(store)?;
        Ok(())
    }
}
