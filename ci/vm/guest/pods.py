"""The checks of ci/pods. Argument: the folder of containerd."""
import concurrent.futures
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

WORK = sys.argv[1]
HOME = os.path.realpath('target/qlease')
CACHE = os.environ['QLEASE_AOT_CACHE']
AGENT = '/run/qlease/node'
BYTES = 16 << 20
PODS = 20
IMAGE = 'localhost/pod:1'
passed, failed = [], []


def check(name, holds, found=''):
    (passed if holds else failed).append(name)
    print('%s  %s%s' % ('ok    ' if holds else 'FAILED', name, '' if holds else ': %s' % (found,)), flush=True)


def run(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout.decode()


def leases():
    return json.loads(run(HOME + '/bin/qlease', 'lease', 'list', '--json'))


def state():
    """Returns what leases change on the host."""
    lines = run('bash', '-c', '''
        for what in g l x n; do ethtool -$what qnic0; done 2>&1
        ethtool -k qnic0 | grep -v fixed; ip -oneline link | cut -d: -f2; ip route show table all
        find /sys/fs/bpf/qlease /run/qlease -name '*[0-9a-f]*.json' 2>/dev/null
        find %s/ipam -name '198.*' 2>/dev/null; true''' % WORK).splitlines()
    return [line for line in lines if line.strip() != 'lo']


def import_image():
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
        digest = hashlib.sha256(data).hexdigest()
        blobs['blobs/sha256/' + digest] = data
        return dict({'digest': 'sha256:' + digest, 'size': len(data)}, **more)

    prefix = 'application/vnd.oci.image.'
    content = blob(layer.getvalue(), mediaType=prefix + 'layer.v1.tar')
    config = blob(json.dumps({
        'architecture': 'amd64', 'os': 'linux', 'config': {'Entrypoint': ['/busybox', 'sleep', '1000000']},
        'rootfs': {'type': 'layers', 'diff_ids': [content['digest']]}}).encode(), mediaType=prefix + 'config.v1+json')
    manifest = blob(json.dumps({'schemaVersion': 2, 'mediaType': prefix + 'manifest.v1+json', 'config': config,
                                'layers': [content]}).encode(), mediaType=prefix + 'manifest.v1+json',
                    annotations={'io.containerd.image.name': IMAGE})
    blobs['oci-layout'] = b'{"imageLayoutVersion": "1.0.0"}'
    blobs['index.json'] = json.dumps({'schemaVersion': 2, 'manifests': [manifest]}).encode()
    with tarfile.open(WORK + '/image.tar', 'w') as tar:
        for name, data in blobs.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    run('ctr', '-a', WORK + '/containerd.sock', '-n', 'k8s.io', 'images', 'import', WORK + '/image.tar')


def container(name, script, user):
    """Returns the configuration of a container with this machine's programs and devices for device memory."""
    java = glob.glob('/etc/java*')
    mounts = [[(1, path), (2, path), (3, 1)] for path in ['/usr', HOME, CACHE] + java]
    mounts.append([(1, '/data'), (2, WORK + '/data')])
    mounts.append([(1, AGENT), (2, AGENT), (3, 1)])
    devices = [[(1, path), (2, path), (3, 'rw')] for path in ('/dev/udmabuf', '/dev/dma_heap/system')
               if os.path.exists(path)]
    security = [(1, [(2, 'ALL')]), (5, [(1, user)])]
    return ([(1, [(1, name)]), (2, [(1, IMAGE)]), (3, '/bin/sh'), (3, '-c'), (3, script)]
            + [(6, [(1, 'QLEASE_AOT_CACHE'), (2, CACHE)])]
            + [(7, mount) for mount in mounts] + [(8, device) for device in devices]
            + [(11, name + '.log'), (15, [(2, security)])])


def run_container(pod_id, pod, config, name):
    started = runtime.start_container(pod_id, pod, config)
    for _ in range(1200):
        code = runtime.exit_code(started)
        if code is not None:
            return code, open('%s/logs/%s.log' % (WORK, name)).read()
        time.sleep(0.25)
    return None, 'it did not end'


def digest(path):
    with open(path, 'rb') as file:
        return hashlib.sha256(file.read()).hexdigest()


def traffic():
    """One pod sends device memory to the host at the other end of the wire, and receives from there."""
    pod = cri.pod('traffic', WORK + '/logs')
    start = time.time()
    pod_id = runtime.start_pod(pod)
    print('a pod with a leased queue after %.1f s' % (time.time() - start), flush=True)
    address = runtime.pod_address(pod_id)
    there = leases()
    check('the pod has the address of its lease',
          [lease['addresses'] for lease in there] == [[address + '/24']], there)
    check('the lease belongs to the pod',
          [lease.get('owner') for lease in there] == ['cni:leased:%s:eth0' % pod_id], there)
    os.makedirs(WORK + '/data', exist_ok=True)
    os.chmod(WORK + '/data', 0o777)
    with open(WORK + '/data/bytes', 'wb') as file:
        file.write(os.urandom(BYTES))
    wanted = digest(WORK + '/data/bytes')
    qlease = HOME + '/bin/qlease'
    agent = subprocess.Popen([qlease, 'node'], stdout=subprocess.PIPE)
    run('bash', '-c', 'for i in $(seq 300); do [ -S %s/bindings.sock ] && exit; sleep 0.2; done; exit 1' % AGENT)

    peer = subprocess.Popen(['ip', 'netns', 'exec', 'remote', 'socat', '-u', 'TCP-LISTEN:5201,reuseaddr',
                             'CREATE:%s/got' % WORK])
    code, log = run_container(pod_id, pod, container(
        'send', '%s send --dev eth0 --to 192.0.2.2:5201 --memory udmabuf --json /data/bytes' % qlease, 65534), 'send')
    if code != 0:
        peer.terminate()
    peer.wait(120)
    check('an unprivileged container sends device memory', code == 0 and '"copied":0' in log, log)
    check('the peer received what was sent', code == 0 and digest(WORK + '/got') == wanted)

    peer = subprocess.Popen(['ip', 'netns', 'exec', 'remote', 'socat', '-u', 'OPEN:%s/data/bytes' % WORK,
                             'TCP:%s:5301,retry=600,interval=0.2' % address])
    code, log = run_container(pod_id, pod, container(
        'receive', '%s receive --dev eth0 --listen %s:5301 --memory udmabuf --out /data/received --json' % (
            qlease, address), 65534), 'receive')
    peer.terminate()
    peer.wait(120)
    check('an unprivileged container receives device memory by qlease node',
          code == 0 and '"linear-bytes":0' in log, log)
    check('it received what the peer sent', code == 0 and digest(WORK + '/data/received') == wanted)
    agent.terminate()
    log = agent.communicate(timeout=60)[0].decode()
    check('the agent ends when it is told to, and has reported the binding',
          agent.returncode == 0 and log.startswith('bound: pid=') and 'uid=65534' in log and log.count('\n') == 1, log)
    runtime.remove_pod(pod_id)


def come_and_go():
    pods = [cri.pod('pod%d' % i, WORK + '/logs') for i in range(PODS)]
    start = time.time()
    with concurrent.futures.ThreadPoolExecutor(PODS) as threads:
        ids = list(threads.map(runtime.start_pod, pods))
        print('%d pods after %.1f s' % (PODS, time.time() - start), flush=True)
        found = leases()
        check('each of %d pods that start at once has a lease' % PODS,
              sorted(lease['owner'] for lease in found) == sorted('cni:leased:%s:eth0' % each for each in ids)
              and all(lease['status'] == 'ready' for lease in found), found)
        start = time.time()
        list(threads.map(runtime.remove_pod, ids))
        print('removed after %.1f s' % (time.time() - start), flush=True)


run('bash', '-c', 'for i in $(seq 600); do [ -S %s/containerd.sock ] && exit; sleep 0.2; done; exit 1' % WORK)
import_image()
runtime = cri.Runtime(WORK + '/containerd.sock')
print(run('containerd', '--version').strip(), flush=True)
check('the engine is ready', runtime.conditions() == [], runtime.conditions())
before = state()
try:
    traffic()
    check('nothing of the pod is left', leases() == [] and state() == before, set(state()) ^ set(before))
    come_and_go()
    check('nothing of the pods is left', leases() == [] and state() == before, set(state()) ^ set(before))
except Exception as e:  # pylint: disable=broad-except
    check('the scenario ran to its end', False, e)
if failed:
    sys.stdout.write(run('tail', '-n', '60', WORK + '/containerd.log'))
print('pods: %d passed, %d failed' % (len(passed), len(failed)))
sys.exit(1 if failed else 0)
