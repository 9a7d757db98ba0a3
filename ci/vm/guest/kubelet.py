"""Kubelet's part of Dynamic Resource Allocation: finds drivers and has them prepare claims."""
import os
import stat
import threading
import time

import grpc

from protobuf import decode, encode, text, texts

SERVICE = 'k8s.io.kubelet.pkg.apis.dra.v1.DRAPlugin'


class PreparedDevice:
    """A device as a driver has prepared it."""

    def __init__(self, fields):
        self.requests, self.pool, self.device = texts(fields, 1), text(fields, 2), text(fields, 3)
        self.cdi_ids, self.share_id = texts(fields, 4), text(fields, 5) or None

    def __repr__(self):
        return str(vars(self))


class PrepareError(Exception):
    """A driver's error for a claim."""


def call(socket, method, fields, timeout=600):
    """Calls a method of the service behind a socket, and returns the decoded response."""
    with grpc.insecure_channel('unix:' + socket) as channel:
        return channel.unary_unary('/' + method, request_serializer=encode, response_deserializer=decode)(
            fields, timeout=timeout)


def check_info(info):
    """Returns the reason why kubelet would refuse a plugin's information; None if it would not."""
    kind, name, endpoint, versions = text(info, 1), text(info, 2), text(info, 3), texts(info, 4)
    if kind != 'DRAPlugin':
        return 'no handler for plugin type %r' % kind
    if not name:
        return 'the name is empty'
    if not os.path.isabs(endpoint):
        return 'the endpoint is no path: %r' % endpoint
    if 'v1.DRAPlugin' not in versions:
        return 'none of the supported versions is v1.DRAPlugin: %s' % versions
    return None


class Kubelet:
    """Watches a folder for drivers, as kubelet watches /var/lib/kubelet, until it is closed."""

    def __init__(self, folder):
        self.registry, self.plugins = folder + '/plugins_registry', folder + '/plugins'
        for each in self.registry, self.plugins:
            os.makedirs(each, mode=0o750, exist_ok=True)
        self.changed = threading.Condition()
        self.known, self.endpoints, self.registrations, self.failures = {}, {}, [], []
        self.ended = False
        self.watcher = threading.Thread(target=self.watch, daemon=True)
        self.watcher.start()

    def close(self):
        self.ended = True
        self.watcher.join()

    def watch(self):
        while not self.ended:
            found = {}
            for entry in os.scandir(self.registry):
                status = entry.stat(follow_symlinks=False)
                if stat.S_ISSOCK(status.st_mode) and not entry.name.startswith('.'):
                    found[entry.path] = status.st_ino, status.st_ctime_ns
            for path, identity in found.items():
                if self.known.get(path) != identity and self.register(path):
                    self.known[path] = identity
            for path in self.known.keys() - found.keys():
                del self.known[path]
                self.deregister(path)
            time.sleep(0.1)

    def register(self, path):
        """Registers the plugin behind a socket. A socket without a listener is tried again."""
        try:
            info = call(path, 'pluginregistration.Registration/GetInfo', [], 60)
            error = check_info(info)
            call(path, 'pluginregistration.Registration/NotifyRegistrationStatus',
                 [(2, error)] if error else [(1, 1)], 60)
        except grpc.RpcError as e:
            if e.code() != grpc.StatusCode.UNAVAILABLE:
                self.failures.append('%s: %s' % (path, e))
            return e.code() != grpc.StatusCode.UNAVAILABLE
        with self.changed:
            if error:
                self.failures.append('%s: %s' % (path, error))
            else:
                self.endpoints[text(info, 2)] = path, text(info, 3)
                self.registrations.append(text(info, 2))
            self.changed.notify_all()
        return True

    def deregister(self, path):
        with self.changed:
            for name in [name for name, each in self.endpoints.items() if each[0] == path]:
                del self.endpoints[name]

    def await_registration(self, driver, count=1, timeout=300):
        """Waits until a driver has registered as often as that since the start; returns whether it has."""
        with self.changed:
            return self.changed.wait_for(lambda: self.registrations.count(driver) >= count, timeout)

    def call_driver(self, driver, method, claims, timeout):
        """Calls a driver for claims, and returns what it answers for each, by uid."""
        wanted = [claim['metadata'] for claim in claims]
        answer = call(self.endpoints[driver][1], '%s/%s' % (SERVICE, method),
                      [(1, [(1, each['namespace']), (2, each['uid']), (3, each['name'])]) for each in wanted], timeout)
        found = {text(entry, 1): decode(entry.get(2, [b''])[-1]) for entry in map(decode, answer.get(1, []))}
        if set(found) != {each['uid'] for each in wanted}:
            raise PrepareError('the driver answered for the claims %s' % set(found))
        return found

    def prepare(self, driver, *claims, timeout=600):
        """Prepares claims: returns the devices of each, by uid, or a PrepareError in place of them."""
        found = {}
        for uid, fields in self.call_driver(driver, 'NodePrepareResources', claims, timeout).items():
            error = text(fields, 2)
            found[uid] = PrepareError(error) if error else [PreparedDevice(decode(each)) for each in fields.get(1, [])]
        return found

    def prepare_one(self, driver, claim, timeout=600):
        """Prepares a claim and returns its devices; throws the driver's error."""
        found = self.prepare(driver, claim, timeout=timeout)[claim['metadata']['uid']]
        if isinstance(found, PrepareError):
            raise found
        return found

    def unprepare(self, driver, *claims, timeout=600):
        """Unprepares claims: returns the error for each, by uid, empty if there is none."""
        answer = self.call_driver(driver, 'NodeUnprepareResources', claims, timeout)
        return {uid: text(fields, 1) for uid, fields in answer.items()}
