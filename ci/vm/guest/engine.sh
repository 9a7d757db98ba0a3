# Has podman answer as docker would, for the tests with containers, and sees to the start-up cache of the command that runs
# in them. Sourced by ci/vm/guest/junit.
# shellcheck shell=bash

export DOCKER_HOST=unix:///run/podman/podman.sock TESTCONTAINERS_RYUK_DISABLED=true
mkdir -p /run/podman
podman system service --time 0 "$DOCKER_HOST" &
# Whose users those of containers in user namespaces of their own are.
echo containers:100000:65536 | tee -a /etc/subuid >>/etc/subgid
# Where the README's example has the command.
cp -r target/qlease /opt/qlease

. ci/vm/guest/startup-cache.sh
use_startup_cache target/containers/cache
# The first run begins to make one where there is none.
target/qlease/bin/qlease --version >/dev/null
await_startup_cache
give_startup_cache /out
