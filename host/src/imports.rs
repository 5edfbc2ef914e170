//! The interfaces that components import beyond WASI, each implemented in the file of its name.

mod key_value;
mod name_lookup;
mod sqlite;
mod variables;
