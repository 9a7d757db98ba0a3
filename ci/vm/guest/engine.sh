# Has podman answer as docker would, for the tests with containers. Sourced by ci/vm/guest/junit.
# shellcheck shell=bash

export DOCKER_HOST=unix:///run/podman/podman.sock TESTCONTAINERS_RYUK_DISABLED=true
mkdir -p /run/podman
podman system service --time 0 "$DOCKER_HOST" &
# Whose users those of containers in user namespaces of their own are.
echo containers:100000:65536 | tee -a /etc/subuid >>/etc/subgid
# Where the README's example has the command.
cp -r target/qlease /opt/qlease
