//! The Rust side of `wit/`, generated. Nothing is written by hand here; `imports` implements it.
#![allow(missing_docs, reason = "generated code")]

wasmtime::component::bindgen!({
    path: "wit",
    world: "berth:host/platform",
    imports: {
        // Only a database call may have to wait.
        "fermyon:spin/sqlite@2.0.0.[method]connection.execute": async | trappable,
        "fermyon:spin/key-value@2.0.0.[method]store.get": async | trappable,
        "fermyon:spin/key-value@2.0.0.[method]store.set": async | trappable,
        "fermyon:spin/key-value@2.0.0.[method]store.delete": async | trappable,
        "fermyon:spin/key-value@2.0.0.[method]store.exists": async | trappable,
        "fermyon:spin/key-value@2.0.0.[method]store.get-keys": async | trappable,
        default: trappable,
    },
    with: {
        "fermyon:spin/sqlite.connection": crate::sqlite::SqliteConnection,
        "fermyon:spin/key-value.store": crate::key_value::GuestStore,
        "wasi:io": wasmtime_wasi::p2::bindings::io,
        "wasi:sockets/network.network": wasmtime_wasi::p2::Network,
        "wasi:sockets/ip-name-lookup.resolve-address-stream": crate::resolve::Lookup,
    },
    require_store_data_send: true,
});
