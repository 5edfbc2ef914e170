//! Replicas: several hosts over one sqld and one Redis.
#![cfg(feature = "end-to-end")]

mod databases;
mod kills;
mod outages;
mod quay;
mod races;
mod servers;
mod together;
mod upgrade;
mod writers;

use berth_tests::{Host, HostOptions, Redis, Sqld};

/// The stores that hosts share.
struct Stores {
    sqld: Sqld,
    redis: Redis,
}

impl Stores {
    fn start_new() -> Self {
        Self { sqld: Sqld::start_new(), redis: Redis::start_new() }
    }

    /// The runtime configuration file for them.
    fn config(&self) -> String {
        format!(
            "[sqlite_database.default]\ntype = \"libsql\"\nurl = \"{}\"\ntoken = \"unused\"\n\
            [key_value_store.default]\ntype = \"redis\"\nurl = \"{}\"\n",
            self.sqld.url(),
            self.redis.url()
        )
    }

    /// Three hosts over them.
    fn hosts(&self, options: impl Fn() -> HostOptions) -> [Host; 3] {
        std::array::from_fn(|_| options().runtime_config(&self.config()).start())
    }
}
