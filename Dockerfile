# The single binary `berth` with its components: docs/deployment.md, "Container image".
#
#     docker build --tag berth .

FROM rust:1.95-bookworm AS build
RUN apt-get update \
    && apt-get install --yes --no-install-recommends musl-tools \
    && rm -rf /var/lib/apt/lists/* \
    && rustup target add wasm32-wasip1 "$(uname -m)-unknown-linux-musl"
WORKDIR /source
COPY . .
# The dev profile is the one for programs: see ARCHITECTURE.md.
RUN cargo build --locked --target "$(uname -m)-unknown-linux-musl" --package berth-host \
    --package berth-token --package berth-maintenance --bins
RUN cargo build --locked --release --target wasm32-wasip1 \
    $(cd components && for component in *; do echo "--package=berth-$component"; done)
# spin.toml names the components by these paths.
RUN components=target/wasm32-wasip1/release \
    && mkdir --parents "/image/$components" /state \
    && cp "$components"/berth_*.wasm "/image/$components/" \
    && cp spin.toml "target/$(uname -m)-unknown-linux-musl/debug/berth" "target/$(uname -m)-unknown-linux-musl/debug/berth-token" \
        "target/$(uname -m)-unknown-linux-musl/debug/berth-maintenance" /image/

FROM scratch
# Of root, so that the process cannot change what it runs.
COPY --from=build /image /berth
COPY --from=build --chown=65532:65532 /state /var/lib/berth
# A number, so that `runAsNonRoot` of Kubernetes can be checked without a file of users.
USER 65532:65532
WORKDIR /berth
# SQLite sorts what does not fit into memory in a file, and there is no /tmp here.
ENV TMPDIR=/var/lib/berth
VOLUME /var/lib/berth
EXPOSE 3000
ENTRYPOINT ["/berth/berth"]
CMD ["up", "--listen", "0.0.0.0:3000", "--state-dir", "/var/lib/berth"]
