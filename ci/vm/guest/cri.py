"""A client of the Container Runtime Interface, with as much of its protocol as the tests need."""
import time

import grpc

from protobuf import decode, encode


class Runtime:
    """The engine behind a socket."""

    def __init__(self, socket):
        self.channel = grpc.insecure_channel('unix:' + socket)

    def close(self):
        self.channel.close()

    def call(self, method, fields):
        return self.channel.unary_unary('/runtime.v1.RuntimeService/' + method, request_serializer=encode,
                                        response_deserializer=decode)(fields, timeout=600, wait_for_ready=True)

    def await_ready(self):
        """Returns when the runtime answers: its socket is there before that."""
        deadline = time.monotonic() + 120
        while True:
            try:
                self.conditions()
                return
            except grpc.RpcError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.5)

    def conditions(self):
        """Returns the conditions that are not met, with their reasons."""
        status = decode(self.call('Status', [])[1][0])
        return [b' '.join(condition.get(4, [b''])).decode()
                for condition in map(decode, status[1]) if not condition.get(2, [0])[0]]

    def start_pod(self, pod):
        return self.call('RunPodSandbox', [(1, pod)])[1][0].decode()

    def pod_address(self, pod_id):
        status = decode(self.call('PodSandboxStatus', [(1, pod_id)])[1][0])
        return decode(status[5][0])[1][0].decode()

    def stop_pod(self, pod_id):
        self.call('StopPodSandbox', [(1, pod_id)])

    def remove_pod(self, pod_id):
        self.stop_pod(pod_id)
        self.call('RemovePodSandbox', [(1, pod_id)])

    def create_container(self, pod_id, pod, config):
        return self.call('CreateContainer', [(1, pod_id), (2, config), (3, pod)])[1][0].decode()

    def start_container(self, pod_id, pod, config):
        container = self.create_container(pod_id, pod, config)
        self.call('StartContainer', [(1, container)])
        return container

    def remove_container(self, container):
        self.call('RemoveContainer', [(1, container)])

    def exit_code(self, container):
        """Returns the exit status of a container; None while it runs."""
        status = decode(self.call('ContainerStatus', [(1, container)])[1][0])
        return status.get(7, [0])[0] if status.get(3, [0])[0] == 2 else None


def pod(name, logs):
    """Returns the configuration of a pod."""
    return [(1, [(1, name), (2, 'uid-' + name), (3, 'default')]), (3, logs), (8, [])]
