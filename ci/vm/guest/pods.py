"""The checks of ci/pods. Argument: the folder of containerd."""
import concurrent.futures
import subprocess
import sys
import time

import cri
from engine_pods import AGENT, HOME, Checks, Engine, Traffic, await_socket, leases, run

WORK = sys.argv[1]
PODS = 20
NETWORK = [{
    'type': 'qlease-cni', 'nic': 'qnic0', 'lock-timeout': 600, 'ipam': {
        'type': 'host-local', 'dataDir': WORK + '/ipam', 'ranges': [[{'subnet': '198.18.0.0/24'}]],
        'routes': [{'dst': '192.0.2.0/24'}]}}]


def traffic():
    """One pod sends device memory to the host at the other end of the wire, and receives from there."""
    pod = cri.pod('traffic', WORK + '/logs')
    start = time.time()
    pod_id = runtime.start_pod(pod)
    print('a pod with a leased queue after %.1f s' % (time.time() - start), flush=True)
    address = runtime.pod_address(pod_id)
    there = leases()
    checks.check('the pod has the address of its lease',
                 [lease['addresses'] for lease in there] == [[address + '/24']], there)
    checks.check('the lease belongs to the pod',
                 [lease.get('owner') for lease in there] == ['cni:leased:%s:eth0' % pod_id], there)
    agent = subprocess.Popen([HOME + '/bin/qlease', 'node'], stdout=subprocess.PIPE)
    await_socket(AGENT + '/bindings.sock')
    transfers = Traffic(engine, checks, 'eth0', mounts=[AGENT], devices=['/dev/udmabuf', '/dev/dma_heap/system'])
    transfers.send(pod_id, pod)
    transfers.receive(pod_id, pod, address)
    agent.terminate()
    log = agent.communicate(timeout=60)[0].decode()
    checks.check('the agent ends when it is told to, and has reported the binding', agent.returncode == 0
                 and log.startswith('bound: pid=') and 'uid=65534' in log and log.count('\n') == 1, log)
    runtime.remove_pod(pod_id)


def come_and_go():
    pods = [cri.pod('pod%d' % i, WORK + '/logs') for i in range(PODS)]
    start = time.time()
    with concurrent.futures.ThreadPoolExecutor(PODS) as threads:
        ids = list(threads.map(runtime.start_pod, pods))
        print('%d pods after %.1f s' % (PODS, time.time() - start), flush=True)
        found = leases()
        checks.check('each of %d pods that start at once has a lease' % PODS,
                     sorted(lease['owner'] for lease in found) == sorted('cni:leased:%s:eth0' % each for each in ids)
                     and all(lease['status'] == 'ready' for lease in found), found)
        start = time.time()
        list(threads.map(runtime.remove_pod, ids))
        print('removed after %.1f s' % (time.time() - start), flush=True)


checks = Checks('pods')
engine = Engine(WORK, NETWORK)
runtime = engine.runtime
print(run('containerd', '--version').strip(), flush=True)
checks.check('the engine is ready', runtime.conditions() == [], runtime.conditions())
before = engine.state()
try:
    traffic()
    checks.check('nothing of the pod is left', leases() == [] and engine.state() == before,
                 set(engine.state()) ^ set(before))
    come_and_go()
    checks.check('nothing of the pods is left', leases() == [] and engine.state() == before,
                 set(engine.state()) ^ set(before))
except Exception as e:  # pylint: disable=broad-except
    checks.check('the scenario ran to its end', False, e)
checks.end(engine.log)
