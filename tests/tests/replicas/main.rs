//! Replicas: several hosts over one sqld and one Redis.
#![cfg(feature = "end-to-end")]

mod servers;
