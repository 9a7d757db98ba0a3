# Sets podman up in place of docker, for the tests with containers. Sourced by ci/vm/guest/junit.
# shellcheck shell=bash

export DOCKER_HOST=unix:///run/podman/podman.sock TESTCONTAINERS_RYUK_DISABLED=true
mkdir -p /run/podman
podman system service --time 0 "$DOCKER_HOST" &
# The host's users that containers in user namespaces of their own map to.
echo containers:100000:65536 | tee -a /etc/subuid >>/etc/subgid
# The example in java.md has the command there.
cp -r target/qlease /opt/qlease
