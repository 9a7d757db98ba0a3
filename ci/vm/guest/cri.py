"""A client of the Container Runtime Interface, with as much of its protocol as the tests need."""
import grpc


def encode(fields):
    """Encodes a message: a list of pairs of a field's number and its value."""
    out = b''
    for number, value in fields:
        if isinstance(value, int):
            out += varint(number << 3) + varint(value)
        else:
            data = value.encode() if isinstance(value, str) else encode(value)
            out += varint(number << 3 | 2) + varint(len(data)) + data
    return out


def varint(value):
    out = b''
    while value > 127:
        out += bytes([value & 127 | 128])
        value >>= 7
    return out + bytes([value])


def decode(data):
    """Decodes a message: a map from a field's number to its values, numbers and bytes."""
    fields, at = {}, 0

    def number():
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while at < len(data):
        key = number()
        if key & 7 == 0:
            value = number()
        else:
            length = {2: number, 1: lambda: 8, 5: lambda: 4}[key & 7]()
            value = data[at:at + length]
            at += length
        fields.setdefault(key >> 3, []).append(value)
    return fields


class Runtime:
    """The engine behind a socket."""

    def __init__(self, socket):
        self.channel = grpc.insecure_channel('unix:' + socket)

    def call(self, method, fields):
        return self.channel.unary_unary('/runtime.v1.RuntimeService/' + method, request_serializer=encode,
                                        response_deserializer=decode)(fields, timeout=600, wait_for_ready=True)

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

    def remove_pod(self, pod_id):
        self.call('StopPodSandbox', [(1, pod_id)])
        self.call('RemovePodSandbox', [(1, pod_id)])

    def start_container(self, pod_id, pod, config):
        container = self.call('CreateContainer', [(1, pod_id), (2, config), (3, pod)])[1][0].decode()
        self.call('StartContainer', [(1, container)])
        return container

    def exit_code(self, container):
        """Returns the exit status of a container; None while it runs."""
        status = decode(self.call('ContainerStatus', [(1, container)])[1][0])
        return status.get(7, [0])[0] if status.get(3, [0])[0] == 2 else None


def pod(name, logs):
    """Returns the configuration of a pod."""
    return [(1, [(1, name), (2, 'uid-' + name), (3, 'default')]), (3, logs), (8, [])]
