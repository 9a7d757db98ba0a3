"""Messages of Protocol Buffers without their descriptions."""


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


def text(fields, number):
    """Returns a string of a decoded message, empty if it is not there."""
    return fields.get(number, [b''])[-1].decode()


def texts(fields, number):
    """Returns the repeated strings of a decoded message."""
    return [each.decode() for each in fields.get(number, [])]
