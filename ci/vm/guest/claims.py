"""The checks of ci/claims. Argument: the folder of containerd and of the driver."""
import json
import os
import statistics
import subprocess
import sys
import time
import urllib.request

import grpc
import yaml

import cri
import kubeapi
import kubelet as kubelet_module
import scheduler as scheduler_module
from engine_pods import HOME, Checks, Engine, Traffic, leases, run

WORK = sys.argv[1]
DRIVER, NODE, NIC, CLASS = 'qlease.dev', 'node1', 'qnic0', 'queue.qlease.dev'
MANIFEST = 'src/deploy/kubernetes/qlease-node.yaml'
POOL = '198.18.0.0/24'
# Kubelet waits as long for an answer.
KUBELET_SECONDS = 45
LISTEN = '127.0.0.1:9464'
ROUNDS = 3
NETWORK = [{'type': 'ptp', 'ipam': {
    'type': 'host-local', 'dataDir': WORK + '/ipam', 'ranges': [[{'subnet': '10.88.0.0/24'}]]}}]
CDI = '''
enable_cdi = true
cdi_spec_dirs = ['{work}/cdi']
'''
# Emulation takes longer than the two seconds of NRI's own limits.
NRI = '''
[plugins.'io.containerd.nri.v1.nri']
disable = false
disable_connections = false
plugin_config_path = '{work}/nri/conf.d'
plugin_path = '{work}/nri/plugins'
plugin_registration_timeout = '120s'
plugin_request_timeout = '120s'
socket_path = '{work}/nri.sock'
'''
EVENTS = [kubeapi.kind_of('events', group) for group in ('', 'events.k8s.io')]


def await_true(condition, seconds=60):
    """Waits until a condition holds; returns whether it does."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.2)
    return True


class Driver:
    """The process of qlease-node."""

    def __init__(self):
        self.log, self.starts, self.process = WORK + '/qlease-node.log', 0, None

    def start(self):
        """Starts it and waits until it is registered."""
        self.starts += 1
        start = time.monotonic()
        with open(self.log, 'a') as log:
            self.process = subprocess.Popen(
                ['target/qlease-node/bin/qlease-node', '--node-name', NODE, '--kubelet', WORK + '/kubelet',
                 '--nri-socket', WORK + '/nri.sock', '--cdi', WORK + '/cdi', '--listen', LISTEN, '--json'],
                env=dict(os.environ, KUBECONFIG=WORK + '/kubeconfig'), stdout=log, stderr=log)
        if not kubelet.await_registration(DRIVER, self.starts):
            raise RuntimeError('qlease-node did not register: %s, %s' % (self.process.poll(), kubelet.failures))
        print('qlease-node is registered after %.1f s' % (time.monotonic() - start), flush=True)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        self.process.terminate()
        return self.process.wait(120)


class Pod:
    """A pod as kubelet runs it, with a claim if it is for queues."""

    def __init__(self, name, queues=0, unchecked=False, **parameters):
        self.name, self.config, self.id, self.containers = name, cri.pod(name, WORK + '/logs'), None, 0
        self.claim, self.devices = None, []
        if queues:
            parameters = dict(apiVersion='qlease.dev/v1', kind='LeaseParameters', routes=['192.0.2.0/24'], **parameters)
            self.claim = scheduler.claim('default', name, CLASS, {'rxQueues': str(queues)}, parameters)
            self.claim = scheduler.allocate(self.claim, (name, 'uid-' + name), unchecked=unchecked)

    def prepare(self):
        if self.claim:
            self.devices = kubelet.prepare_one(DRIVER, self.claim)
        return self

    def start_sandbox(self):
        self.id = engine.runtime.start_pod(self.config)
        return self

    def container(self, script, **more):
        """Returns the name and configuration of a container with the pod's devices."""
        self.containers += 1
        name = '%s-%d' % (self.name, self.containers)
        cdi = [each for device in self.devices for each in device.cdi_ids]
        return name, engine.container(name, script, cdi=cdi, **more)

    def start_container(self, script='exec sleep 1000000'):
        return engine.runtime.start_container(self.id, self.config, self.container(script)[1])

    def start_container_at_last(self):
        """Starts a container, and tries again as kubelet does if it does not start."""
        end = time.monotonic() + 120
        while True:
            try:
                return self.start_container()
            except grpc.RpcError:
                if time.monotonic() > end:
                    raise
            time.sleep(1)

    def run(self, script):
        """Runs a container to its end, and returns its exit status and what it printed."""
        name, config = self.container(script)
        return engine.run_container(self.id, self.config, config, name)

    def start(self):
        self.prepare().start_sandbox()
        return self.start_container()

    def status(self):
        """Returns the status of the pod's device in its claim; None if there is none."""
        claim = api.store.get(scheduler_module.CLAIMS, 'default', self.name)
        return next(iter(claim['status'].get('devices', [])), None)

    def lease(self):
        """Returns the lease of the pod's claim; None if there is none."""
        return next((each for each in self.owned() if each['guest']), None)

    def reservation(self):
        """Returns the reservation of the pod's claim; None if there is none."""
        return next((each for each in self.owned() if not each['guest']), None)

    def owned(self):
        """Returns the leases and reservations of the pod's claim."""
        return [each for each in leases() if self.claim['metadata']['uid'] in each.get('owner', '')]

    def stop(self):
        if self.id:
            engine.runtime.stop_pod(self.id)

    def unprepare(self):
        return kubelet.unprepare(DRIVER, self.claim)[self.claim['metadata']['uid']] if self.claim else ''

    def forget(self):
        """Removes the sandbox and the claim."""
        if self.id:
            engine.runtime.remove_pod(self.id)
        if self.claim:
            scheduler.deallocate(self.claim)

    def remove(self):
        """Ends the pod as kubelet does: it stops it, unprepares the claim, and removes it."""
        self.stop()
        error = self.unprepare()
        if error:
            raise RuntimeError('unprepare: ' + error)
        self.forget()


def interfaces(text):
    """Returns the interfaces in the log of a container that ran ip -json address, by name."""
    return {each['ifname']: each for each in json.JSONDecoder().raw_decode(text, text.index('['))[0]}


def files():
    """Returns the files and sockets of the driver."""
    return set(run('find', WORK + '/cdi', WORK + '/kubelet', '/run/qlease', '-mindepth', '1', '!', '-type',
                   'd').splitlines())


def events_of(name):
    """Returns the types of the events about an object of a name."""
    return [each['type'] for kind in EVENTS for each in api.store.list(kind)[1]
            if each.get('regarding', each.get('involvedObject', {})).get('name') == name]


def page(path):
    with urllib.request.urlopen('http://%s%s' % (LISTEN, path), timeout=60) as response:
        return response.read().decode()


def is_ready():
    try:
        return page('/readyz') == 'ok\n'
    except OSError:
        return False


def capacity():
    """Returns the published number of queues of the NIC; None if it is not published."""
    return next((int(device['capacity']['rxQueues']['value']) for _, device in scheduler.devices()), None)


def nic_settings():
    """Returns the rings, the channels and the RSS table of the NIC."""
    return ''.join(run('ethtool', option, NIC) for option in ('-g', '-l', '-x'))


def publishing():
    """Returns the number of queues that are published."""
    checks.check('the driver registers with kubelet', kubelet.failures == [], kubelet.failures)
    checks.check('it becomes ready', await_true(is_ready) and page('/livez') == 'ok\n')
    found = scheduler.devices()
    names = [text for _, device in found for attribute in device['attributes'].values() for text in attribute.values()]
    all_queues = capacity()
    checks.check('it publishes the NIC and its queues', NIC in names and len(found) == 1 and 1 < all_queues < 128,
                 found)
    checks.check('it serves metrics', 'qlease_' in page('/metrics'))
    return all_queues


def changing(all_queues):
    """What is published follows the NIC."""
    run('ip', 'netns', 'add', 'other')
    for name, queues, left in ('other1', all_queues - 1, 1), ('other2', 1, 0):
        run(HOME + '/bin/qlease', 'lease', 'create', '--nic', NIC, '--netns', 'other', '--single', '--guest', name,
            '--queues', str(queues))
        checks.check('it publishes %d queues when others are leased by hand' % left,
                     await_true(lambda left=left: (capacity() or 0) == left),
                     (capacity(), api.refused()[-1:]))
    for lease in leases():
        run(HOME + '/bin/qlease', 'lease', 'delete', lease['lease'])
    run('ip', 'netns', 'delete', 'other')
    checks.check('it publishes all of them again', await_true(lambda: capacity() == all_queues), capacity())

    def tainted():
        return any(device.get('taints') for _, device in scheduler.devices())
    run('ip', '-n', 'remote', 'link', 'set', 'qnic1', 'down')
    checks.check('a NIC without a link is tainted', await_true(tainted), scheduler.devices())
    run('ip', '-n', 'remote', 'link', 'set', 'qnic1', 'up')
    checks.check('it is not when it has a link', await_true(lambda: not tainted()), scheduler.devices())
    run('ip', '-n', 'remote', 'route', 'replace', '198.18.0.0/24', 'via', '192.0.2.1')


def one_pod():
    """A pod with a claim of a queue and without privileges sends and receives."""
    pod = Pod('traffic', 1).prepare()
    checks.check('a prepared claim has a CDI device', pod.devices and all(each.cdi_ids for each in pod.devices),
                 pod.devices)
    checks.check('it is that which was allocated',
                 [(each.device, each.share_id) for each in pod.devices] ==
                 [(each['device'], each.get('shareID')) for each in
                  pod.claim['status']['allocation']['devices']['results']], pod.devices)
    reserved, settings = pod.reservation(), nic_settings()
    checks.check('its queue is reserved, and the NIC prepared',
                 reserved and reserved['status'] == 'reserved' and not pod.lease() and len(reserved['queues']) == 1
                 and 'TCP data split: on' in ' '.join(settings.split()), (reserved, settings))
    pod.start_sandbox()
    checks.check('its sandbox gets that queue, and the settings of the NIC do not change',
                 [each['nic'] for each in (pod.lease() or {}).get('queues', [])] ==
                 [each['nic'] for each in reserved['queues']] and nic_settings() == settings,
                 (reserved, pod.lease(), settings, nic_settings()))
    code, log = pod.run('ip -json address; grep CapEff /proc/self/status >&2; id -u >&2')
    await_true(lambda: 'networkData' in (pod.status() or {}))
    status = pod.status() or {}
    network = status.get('networkData', {})
    name, address = network.get('interfaceName'), network.get('ips', [''])[0].split('/')[0]
    found = interfaces(log).get(name, {}) if code == 0 else {}
    checks.check('the pod has the leased device, with its address, and no capability',
                 address in [each['local'] for each in found.get('addr_info', [])] and address.startswith('198.18.0.')
                 and '0000000000000000' in log and '65534' in log, log)
    checks.check('the status of the claim has the device, its address and its MAC address',
                 status.get('driver') == DRIVER and network.get('hardwareAddress') == found.get('address')
                 and [each['status'] for each in status['conditions'] if each['type'] == 'Ready'] == ['True'], status)
    lease = pod.lease()
    checks.check('the lease belongs to the claim', lease and pod.claim['metadata']['uid'] in lease.get('owner', ''),
                 lease)
    transfers = Traffic(engine, checks, name, cdi=[each for device in pod.devices for each in device.cdi_ids])
    transfers.send(pod.id, pod.config)
    transfers.receive(pod.id, pod.config, address)
    pod.remove()
    return name


def no_claim(device):
    pod = Pod('bystander')
    pod.start_sandbox()
    code, log = pod.run('ip -json address')
    checks.check('a pod without a claim has no leased device', code == 0 and device not in interfaces(log), log)
    pod.remove()


def two_pods(device):
    """Two pods with a queue each of the same NIC."""
    pods = [Pod('left', 1, addresses=['198.18.0.100/24']), Pod('right', 1)]
    for pod in pods:
        pod.start()
    # Each command takes seconds under emulation.
    held = [pod.lease() for pod in pods]
    checks.check('a claim can give an address', held[0]['addresses'] == ['198.18.0.100/24'], held)
    queues = [[each['nic'] for each in lease['queues']] for lease in held]
    checks.check('two pods share a NIC, with a queue each', [len(each) for each in queues] == [1, 1] and
                 queues[0] != queues[1], queues)
    for pod, lease, queue in (pods[0], held[0], queues[1][0]), (pods[1], held[1], 0):
        code, log = pod.run('%s/bin/qlease receive --dev %s --queue %d --memory udmabuf --listen %s:5301' % (
            HOME, device, queue, lease['addresses'][0].split('/')[0]))
        checks.check('a pod cannot bind queue %d, which is not its own' % queue, code not in (0, None), log)
    for pod in pods:
        pod.remove()


def too_many(all_queues):
    """A claim for more queues than there are."""
    try:
        Pod('huge', all_queues + 1)
        checks.check('the scheduler does not allocate more queues than there are', False)
    except scheduler_module.Unschedulable:
        api.store.delete(scheduler_module.CLAIMS, 'default', 'huge')
    pod = Pod('huge', all_queues + 1, unchecked=True)
    error = ''
    try:
        pod.prepare()
    except kubelet_module.PrepareError as e:
        error = str(e)
    checks.check('a claim for more queues than there are is refused', 'queue' in error, error)
    checks.check('an event says so', await_true(lambda: 'Warning' in events_of('huge'), 30), events_of('huge'))
    pod.remove()


def unavailable():
    """The API server fails while a claim is prepared."""
    pod = Pod('patient', 1)
    for what, break_it in ('fails', api.fail), ('hangs', api.hang):
        start = time.monotonic()
        break_it()
        try:
            pod.prepare()
            error = ''
        except (kubelet_module.PrepareError, grpc.RpcError) as e:
            error = str(e)
        api.heal()
        took = time.monotonic() - start
        checks.check('a claim is refused in time while the API server ' + what, error and took < KUBELET_SECONDS,
                     '%r after %.1f s' % (error, took))
    checks.check('it is prepared afterwards', pod.prepare().devices)
    pod.remove()


def kills():
    """The driver is killed at bad times."""
    pod, other = Pod('gate', 1).prepare(), Pod('orphan', 1)
    driver.kill()
    pod.start_sandbox()
    try:
        pod.start_container()
        error = ''
    except grpc.RpcError as e:
        error = e.details()
    checks.check('without the driver, a pod starts but not its container', '/run/qlease/gates/' in error, error)
    driver.start()
    container = pod.start_container_at_last()
    checks.check('with the driver again, its container starts, and has its lease',
                 engine.runtime.exit_code(container) is None and pod.lease())
    other.start()
    other.stop()
    driver.kill()
    checks.check('the container does not need the driver', engine.runtime.exit_code(container) is None)
    pod.stop()
    driver.start()
    checks.check('a pod that ended without the driver is unprepared, and another that ended before',
                 [each.unprepare() for each in (pod, other)] == ['', ''])
    found = leases()
    checks.check('their leases are deleted', found == [], found)
    checks.check('a claim can be unprepared twice', pod.unprepare() == '')
    for each in pod, other:
        each.forget()


def engine_restart():
    pod = Pod('survivor', 1)
    container = pod.start()
    engine.kill()
    engine.start()
    checks.check('a pod outlives its engine', engine.runtime.exit_code(container) is None)
    other = Pod('later', 1).prepare().start_sandbox()
    other.start_container_at_last()
    checks.check('pods of the restarted engine have their leases', other.lease())
    for each in other, pod:
        each.remove()


def measure():
    """Prints how long pods take to start, with and without a claim, in turns."""
    times = {0: [], 1: []}
    preparing = []
    for number in range(ROUNDS):
        for queues in times:
            pod = Pod('timed-%d-%d' % (number, queues), queues)
            start = time.monotonic()
            pod.prepare()
            if queues:
                preparing.append(time.monotonic() - start)
            start = time.monotonic()
            pod.start_sandbox().start_container()
            times[queues].append(time.monotonic() - start)
            pod.remove()
    print('pod start: with claim %.2f s, without %.2f s' % tuple(
        statistics.median(times[queues]) for queues in (1, 0)))
    print('claim: prepared in %.2f s' % statistics.median(preparing), flush=True)


def scenario():
    driver.start()
    all_queues = publishing()
    changing(all_queues)
    device = one_pod()
    no_claim(device)
    two_pods(device)
    too_many(all_queues)
    unavailable()
    kills()
    engine_restart()
    measure()
    checks.check('the driver ends when it is told to', driver.stop() == 0, driver.process.returncode)
    checks.check('Kubernetes refused none of its requests', api.refused() == [], set(api.refused()))


os.makedirs(WORK + '/cdi')
os.makedirs('/run/qlease', exist_ok=True)
api = kubeapi.ApiServer()
with open(MANIFEST) as file:
    manifest = {each['kind']: each for each in yaml.safe_load_all(file)}
account = manifest['ServiceAccount']['metadata']
api.kubeconfig(WORK + '/kubeconfig', 'system:serviceaccount:%s:%s' % (account['namespace'], account['name']),
               manifest['ClusterRole']['rules'])
api.store.create(kubeapi.kind_of('deviceclasses'), None, manifest['DeviceClass'])
api.store.create(kubeapi.kind_of('nodes'), None, {
    'metadata': {'name': NODE, 'annotations': {'qlease.dev/address-pools': POOL}}})
checks = Checks('claims')
engine = Engine(WORK, NETWORK, CDI.format(work=WORK), NRI.format(work=WORK))
kubelet = kubelet_module.Kubelet(WORK + '/kubelet')
scheduler = scheduler_module.Scheduler(api, DRIVER, NODE)
driver = Driver()
print(run('containerd', '--version').strip(), flush=True)
checks.check('the engine is ready', engine.runtime.conditions() == [], engine.runtime.conditions())
before = engine.state(), files()
start_of_all = time.monotonic()
try:
    scenario()
    after = engine.state(), files()
    left = leases()
    checks.check('no lease is left', left == [], left)
    checks.check('nothing of the pods is left on the host', after[0] == before[0], set(after[0]) ^ set(before[0]))
    checks.check('no file of the driver is left', after[1] == before[1], after[1] ^ before[1])
except Exception as e:  # pylint: disable=broad-except
    checks.check('the scenario ran to its end', False, repr(e))
print('the scenario took %.0f s' % (time.monotonic() - start_of_all))
checks.end(driver.log, engine.log)
