"""Pods of containerd with device memory, and what tests check about them."""
import glob
import hashlib
import io
import json
import os
import subprocess
import sys
import tarfile
import time

import cri

HOME = os.path.realpath('target/qlease')
CACHE = os.environ['QLEASE_AOT_CACHE']
AGENT = '/run/qlease/node'
IMAGE = 'localhost/pod:1'
BYTES = 16 << 20
NOBODY = 65534


def run(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout.decode()


def await_socket(path):
    run('bash', '-c', 'for i in $(seq 600); do [ -S "$1" ] && exit; sleep 0.2; done; exit 1', 'await', path)


def leases():
    return json.loads(run(HOME + '/bin/qlease', 'lease', 'list', '--json'))


def digest(path):
    with open(path, 'rb') as file:
        return hashlib.sha256(file.read()).hexdigest()


class Checks:
    """The outcomes of a test's checks."""

    def __init__(self, name):
        self.name, self.passed, self.failed = name, [], []

    def check(self, name, holds, found=''):
        (self.passed if holds else self.failed).append(name)
        print('%s  %s%s' % ('ok    ' if holds else 'FAILED', name, '' if holds else ': %s' % (found,)), flush=True)
        return holds

    def end(self, *logs):
        """Prints the end of logs if a check failed, and a line of counts, and exits."""
        for log in logs if self.failed else ():
            sys.stdout.write('== the end of %s\n%s' % (log, run('tail', '-n', '60', log)))
        print('%s: %d passed, %d failed' % (self.name, len(self.passed), len(self.failed)))
        sys.exit(1 if self.failed else 0)


class Engine:
    """A containerd of our own below a folder, with one network for its pods."""

    def __init__(self, work, network, cri_settings='', settings=''):
        """Makes the configuration: a list of CNI plugins, and more lines for containerd's plugin for CRI and others."""
        self.work, self.socket, self.log = work, work + '/containerd.sock', work + '/containerd.log'
        self.process = self.runtime = None
        for folder in 'cni/bin', 'cni/net.d', 'logs', 'data':
            os.makedirs('%s/%s' % (work, folder))
        os.chmod(work + '/data', 0o777)
        # As an administrator installs it; the other plugins are Debian's.
        os.symlink(HOME + '/bin/qlease-cni', work + '/cni/bin/qlease-cni')
        for plugin in 'host-local', 'loopback', 'ptp':
            os.symlink('/usr/lib/cni/' + plugin, work + '/cni/bin/' + plugin)
        with open(work + '/cni/net.d/10-pods.conflist', 'w') as file:
            json.dump({'cniVersion': '1.0.0', 'name': 'leased', 'plugins': network}, file)
        with open(work + '/config.toml', 'w') as file:
            file.write('''
version = 2
root = "{work}/root"
state = "{work}/state"
[grpc]
address = "{work}/containerd.sock"
[plugins.'io.containerd.grpc.v1.cri']
sandbox_image = '{image}'
{cri_settings}
[plugins.'io.containerd.grpc.v1.cri'.cni]
bin_dir = '{work}/cni/bin'
conf_dir = '{work}/cni/net.d'
{settings}
'''.format(work=work, image=IMAGE, cri_settings=cri_settings, settings=settings))
        self.start()
        self.import_image()

    def start(self):
        """Starts the engine. Plugins that it starts find their start-up cache by the environment."""
        with open(self.log, 'a') as log:
            self.process = subprocess.Popen(['containerd', '--config', self.work + '/config.toml'], stdout=log,
                                            stderr=log)
        await_socket(self.socket)
        if self.runtime:
            self.runtime.close()
        self.runtime = cri.Runtime(self.socket)
        self.runtime.await_ready()

    def kill(self):
        self.process.kill()
        self.process.wait()
        os.unlink(self.socket)

    def import_image(self):
        """Imports an image with busybox and empty folders; the rest is mounted from this machine."""
        layer = io.BytesIO()
        with tarfile.open(fileobj=layer, mode='w') as tar:
            for name in ('dev', 'etc', 'proc', 'run', 'sys', 'tmp', 'usr', 'var', 'data'):
                info = tarfile.TarInfo(name)
                info.type, info.mode = tarfile.DIRTYPE, 0o755
                tar.addfile(info)
            for name in ('bin', 'sbin', 'lib', 'lib64'):
                info = tarfile.TarInfo(name)
                info.type, info.linkname = tarfile.SYMTYPE, 'usr/' + name
                tar.addfile(info)
            tar.add('/usr/bin/busybox', 'busybox')
        blobs = {}

        def blob(data, **more):
            digest_ = hashlib.sha256(data).hexdigest()
            blobs['blobs/sha256/' + digest_] = data
            return dict({'digest': 'sha256:' + digest_, 'size': len(data)}, **more)

        prefix = 'application/vnd.oci.image.'
        content = blob(layer.getvalue(), mediaType=prefix + 'layer.v1.tar')
        config = blob(json.dumps({
            'architecture': 'amd64', 'os': 'linux', 'config': {'Entrypoint': ['/busybox', 'sleep', '1000000']},
            'rootfs': {'type': 'layers', 'diff_ids': [content['digest']]}}).encode(),
                      mediaType=prefix + 'config.v1+json')
        manifest = blob(json.dumps({'schemaVersion': 2, 'mediaType': prefix + 'manifest.v1+json', 'config': config,
                                    'layers': [content]}).encode(), mediaType=prefix + 'manifest.v1+json',
                        annotations={'io.containerd.image.name': IMAGE})
        blobs['oci-layout'] = b'{"imageLayoutVersion": "1.0.0"}'
        blobs['index.json'] = json.dumps({'schemaVersion': 2, 'manifests': [manifest]}).encode()
        with tarfile.open(self.work + '/image.tar', 'w') as tar:
            for name, data in blobs.items():
                info = tarfile.TarInfo(name)
                info.size = len(data)
                tar.addfile(info, io.BytesIO(data))
        run('ctr', '-a', self.socket, '-n', 'k8s.io', 'images', 'import', self.work + '/image.tar')

    def state(self):
        """Returns what leases and pods change on the host."""
        lines = run('bash', '-c', '''
            for what in g l x n; do ethtool -$what qnic0; done 2>&1
            ethtool -k qnic0 | grep -v fixed; ip -oneline link | cut -d: -f2; ip route show table all
            find /sys/fs/bpf/qlease /run/qlease -name '*[0-9a-f]*.json' 2>/dev/null
            find %s/ipam -name '[0-9]*.*' 2>/dev/null; true''' % self.work).splitlines()
        return [line for line in lines if line.strip() != 'lo']

    def container(self, name, script, mounts=(), devices=(), cdi=()):
        """Returns the configuration of a container without privileges, with this machine's programs.

        mounts: paths to mount read-only; devices: device files; cdi: names of CDI devices.
        """
        java = glob.glob('/etc/java*')
        config = [[(1, path), (2, path), (3, 1)] for path in ['/usr', HOME, CACHE, *java, *mounts]]
        config.append([(1, '/data'), (2, self.work + '/data')])
        security = [(1, [(2, 'ALL')]), (5, [(1, NOBODY)])]
        return ([(1, [(1, name)]), (2, [(1, IMAGE)]), (3, '/bin/sh'), (3, '-c'), (3, script)]
                + [(6, [(1, 'QLEASE_AOT_CACHE'), (2, CACHE)])]
                + [(7, mount) for mount in config]
                + [(8, [(1, path), (2, path), (3, 'rw')]) for path in devices if os.path.exists(path)]
                + [(11, name + '.log'), (15, [(2, security)])]
                + [(17, [(1, device)]) for device in cdi])

    def run_container(self, pod_id, pod, config, name):
        """Runs a container to its end, and returns its exit status and what it printed."""
        started = self.runtime.start_container(pod_id, pod, config)
        for _ in range(1200):
            code = self.runtime.exit_code(started)
            if code is not None:
                return code, open('%s/logs/%s.log' % (self.work, name)).read()
            time.sleep(0.25)
        return None, 'it did not end'


class Traffic:
    """Transfers of device memory between pods and the host at the other end of the wire."""
    PEER = '192.0.2.2'

    def __init__(self, engine, checks, device, **container):
        """device: the name of the leased device in pods; container: what their containers have besides."""
        self.engine, self.checks, self.device, self.extra = engine, checks, device, container
        self.sent = engine.work + '/data/bytes'
        with open(self.sent, 'wb') as file:
            file.write(os.urandom(BYTES))

    def send(self, pod_id, pod):
        """A container sends."""
        got = self.engine.work + '/got'
        peer = subprocess.Popen(['ip', 'netns', 'exec', 'remote', 'socat', '-u', 'TCP-LISTEN:5201,reuseaddr',
                                 'CREATE:' + got])
        code, log = self.run(pod_id, pod, 'send', '--to %s:5201 /data/bytes' % self.PEER)
        if code != 0:
            peer.terminate()
        peer.wait(120)
        self.checks.check('an unprivileged container sends device memory', code == 0 and '"copied":0' in log, log)
        self.checks.check('the peer received what was sent', code == 0 and digest(got) == digest(self.sent))

    def receive(self, pod_id, pod, address):
        """A container receives."""
        peer = subprocess.Popen(['ip', 'netns', 'exec', 'remote', 'socat', '-u', 'OPEN:' + self.sent,
                                 'TCP:%s:5301,retry=600,interval=0.2' % address])
        code, log = self.run(pod_id, pod, 'receive', '--listen %s:5301 --out /data/received' % address)
        peer.terminate()
        peer.wait(120)
        self.checks.check('an unprivileged container receives device memory by qlease node',
                          code == 0 and '"linear-bytes":0' in log, log)
        self.checks.check('it received what the peer sent',
                          code == 0 and digest(self.engine.work + '/data/received') == digest(self.sent))

    def run(self, pod_id, pod, command, arguments):
        """Runs a transfer in a container, and returns its exit status and what it printed."""
        name = '%s-%s' % (command, pod_id[:8])
        script = '%s/bin/qlease %s --dev %s --memory udmabuf --json %s' % (HOME, command, self.device, arguments)
        return self.engine.run_container(pod_id, pod, self.engine.container(name, script, **self.extra), name)
