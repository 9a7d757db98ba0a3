#!/usr/bin/env python3
"""usage: ci/oci.py LAYOUT ARCHIVE VERSION ARCHITECTURE TREE...

Writes the image of qlease-node as an OCI image layout and as an archive of it, with a layer for each TREE. Files are
owned by root, sorted, and of the time SOURCE_DATE_EPOCH, so that the same trees result in the same image."""

import datetime
import gzip
import hashlib
import io
import json
import os
import pathlib
import stat
import sys
import tarfile

EPOCH = int(os.environ["SOURCE_DATE_EPOCH"])
CREATED = datetime.datetime.fromtimestamp(EPOCH, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
NAME = "localhost/qlease-node"
LABELS = {
    "org.opencontainers.image.title": "qlease-node",
    "org.opencontainers.image.description": "Leases queues of NICs to pods by Dynamic Resource Allocation",
    "org.opencontainers.image.licenses": "Apache-2.0",
    "org.opencontainers.image.created": CREATED,
}
# Directories that any user can write to, and nobody delete the files of others in.
STICKY = {"tmp"}


def add(archive, path, name):
    """Adds a file, directory or link, with nothing of the machine on which it was made."""
    entry = archive.gettarinfo(path, name)
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    entry.mtime = EPOCH
    if entry.isdir():
        entry.mode = 0o1777 if name in STICKY else 0o755
    elif entry.isreg() or entry.islnk():
        # Files with several names are written once for each.
        entry.type, entry.linkname, entry.size = tarfile.REGTYPE, "", os.stat(path).st_size
        entry.mode = 0o755 if entry.mode & stat.S_IXUSR else 0o644
    elif entry.issym():
        entry.mode = 0o777
    else:
        sys.exit(f"{path} is no file, directory or link")
    if entry.isreg():
        with open(path, "rb") as file:
            archive.addfile(entry, file)
    else:
        archive.addfile(entry)


def pack(tree, out):
    """Writes the files of a directory, but not itself, as a tar archive."""
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for path in sorted(pathlib.Path(tree).rglob("*"), key=lambda p: p.relative_to(tree).parts):
            add(archive, path, str(path.relative_to(tree)))


class Layout:
    """An OCI image layout, https://github.com/opencontainers/image-spec/blob/v1.1.1/image-layout.md"""

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        (self.directory / "blobs/sha256").mkdir(parents=True)
        self.write("oci-layout", {"imageLayoutVersion": "1.0.0"})

    def write(self, name, value):
        (self.directory / name).write_bytes(encode(value))

    def blob(self, kind, data):
        """Stores data and returns its descriptor."""
        digest = hashlib.sha256(data).hexdigest()
        (self.directory / "blobs/sha256" / digest).write_bytes(data)
        return {"mediaType": f"application/vnd.oci.image.{kind}", "digest": f"sha256:{digest}", "size": len(data)}


def encode(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def main(directory, archive, version, architecture, *trees):
    labels = LABELS | {"org.opencontainers.image.version": version}
    layout, layers, digests = Layout(directory), [], []
    for tree in trees:
        tar = io.BytesIO()
        pack(tree, tar)
        digests.append("sha256:" + hashlib.sha256(tar.getvalue()).hexdigest())
        layers.append(layout.blob("layer.v1.tar+gzip", gzip.compress(tar.getvalue(), compresslevel=6, mtime=0)))
    config = layout.blob("config.v1+json", encode({
        "architecture": architecture,
        "os": "linux",
        "created": CREATED,
        "config": {
            "Entrypoint": ["/usr/lib/qlease-node/bin/qlease-node"],
            # The root file system is read-only, so that no start-up cache can be made.
            "Env": ["PATH=/usr/lib/qlease-node/bin:/usr/lib/qlease/bin:/usr/bin", "LANG=C.UTF-8",
                    "QLEASE_AOT_CACHE="],
            "WorkingDir": "/",
            "Labels": labels,
        },
        "rootfs": {"type": "layers", "diff_ids": digests},
        "history": [{"created": CREATED, "created_by": f"ci/image: {pathlib.Path(tree).name}"} for tree in trees],
    }))
    manifest = layout.blob("manifest.v1+json", encode({
        "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "config": config,
        "layers": layers, "annotations": labels,
    }))
    manifest |= {
        "platform": {"architecture": architecture, "os": "linux"},
        # The first is for containerd, which imports under a whole name; the second for others.
        "annotations": {"io.containerd.image.name": f"{NAME}:{version}",
                        "org.opencontainers.image.ref.name": version},
    }
    layout.write("index.json", {
        "schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": [manifest]})
    with open(archive, "wb") as out:
        pack(directory, out)


if __name__ == "__main__":
    main(*sys.argv[1:])
