"""The records of one topic, each a function of the seed, the topic's name and the record's number (see the README)."""

import hashlib


class Content:
    def __init__(self, arguments, codec):
        self.seed = arguments["seed"]
        self.topic = f"{arguments['prefix']}-{codec}"
        self.records = int(arguments["records"])
        self.partitions = int(arguments["partitions"])
        self.base_timestamp = int(arguments["base-timestamp"])

    def end(self, partition):
        """How many records the partition holds."""
        return (self.records - partition + self.partitions - 1) // self.partitions

    def record(self, index):
        """(key, value, timestamp, headers) of the record; it belongs to partition `index % partitions`."""
        h = hashlib.sha256(f"{self.seed}:{self.topic}:{index}".encode()).digest()
        timestamp = self.base_timestamp + index * 50 + h[5] % 7 - (500 if index % 3 == 0 else 0)
        return _key(h, index), _value(h, index), timestamp, _headers(h)

    def compare(self, message):
        """Raises unless each byte of the message is what was sent to its place."""
        index = message.offset() * self.partitions + message.partition()
        place = f"{message.topic()}-{message.partition()} offset {message.offset()}"
        if index >= self.records:
            raise AssertionError(f"{place}: no record was sent there")
        key, value, timestamp, headers = self.record(index)
        _same(f"{place} key", key, message.key())
        _same(f"{place} value", value, message.value())
        _same(f"{place} timestamp", timestamp, message.timestamp()[1])
        _same(f"{place} headers", headers, message.headers() or [])


def _key(h, index):
    if index % 10 == 0:
        return None
    return b"" if index % 10 == 1 else h[: 1 + h[0] % 24]


def _value(h, index):
    if index % 50 == 7:
        return None
    if index % 50 == 8:
        return b""
    length = 20_000 if index % 500 == 250 else (h[1] * 256 + h[2]) % 400
    if index % 2 == 0:
        return (h[8:16] * (length // 8 + 1))[:length]
    pieces = (hashlib.sha256(h + block.to_bytes(4, "big")).digest() for block in range((length + 31) // 32))
    return b"".join(pieces)[:length]


def _headers(h):
    shape = h[3] % 4
    headers = [("trace", h[12 : 12 + h[12] % 9])] if shape > 0 else []
    if shape == 2:
        headers += [("trace", h[20:28]), ("ключ", None)]
    if shape == 3:
        headers += [("empty", b"")]
    return headers


def _same(what, sent, got):
    if sent != got:
        raise AssertionError(f"{what}: sent {sent!r:.200}, got {got!r:.200}")
