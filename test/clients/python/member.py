"""One member of a group, on its own thread, and what the members of one group share."""

import sys
import threading
import time

from confluent_kafka import Consumer, KafkaException, TopicPartition

SESSION_TIMEOUT_MS = 6_000
HEARTBEAT_INTERVAL_MS = 2_000
# In the place of the names of assignors: the coordinator assigns (KIP-848).
CONSUMER_PROTOCOL = "consumer"


def say(line):
    """One whole line: print writes the end of the line by itself, and another thread's line may come between."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def group_config(strategy):
    """How the group comes to its assignments."""
    if strategy == CONSUMER_PROTOCOL:
        # The cluster says how long sessions last, which must be as long as those of the other groups here.
        return {"group.protocol": "consumer"}
    return {
        "partition.assignment.strategy": strategy,
        "session.timeout.ms": SESSION_TIMEOUT_MS,
        "heartbeat.interval.ms": HEARTBEAT_INTERVAL_MS,
    }


class Progress:
    """How far the group has read and committed, and the first thing that went wrong."""

    def __init__(self, content):
        self.content = content
        self.start = time.monotonic()
        self.committed = {}
        # The offset after the last record that was read of each partition.
        self.reached = {}
        self.failure = None

    def milliseconds(self):
        return round((time.monotonic() - self.start) * 1000)

    def note(self, what):
        """For whoever reads the log of a failed run."""
        say(f"{self.content.topic} {self.milliseconds()} ms: {what}")

    def all_read(self):
        return all(self.reached.get(p, 0) >= self.content.end(p) for p in range(self.content.partitions))

    def wait(self, what, condition):
        deadline = time.monotonic() + 60
        while not condition():
            self.check()
            if time.monotonic() > deadline:
                raise AssertionError(f"60 s passed without {what}; read {self.reached}, committed {self.committed}")
            time.sleep(0.01)
        self.check()

    def check(self):
        if self.failure is not None:
            raise AssertionError(str(self.failure)) from self.failure


class Member:
    """Each time it is given a partition, the first record must be at the group's committed offset and the next ones must
    follow without a gap; each is compared byte by byte."""

    def __init__(self, bootstrap, progress, name, reading, strategy="range,roundrobin", after_poll=None):
        self.progress = progress
        self.name = name
        self.assigned = set()
        self.next = {}
        self.retired = False
        self._reading = reading
        self._wanted = None
        self._stopping = False
        self._after_poll = after_poll
        self._topic = progress.content.topic
        self._incremental = strategy in ("cooperative-sticky", CONSUMER_PROTOCOL)
        self._consumer = Consumer(
            {
                "bootstrap.servers": bootstrap,
                "group.id": self._topic,
                "client.id": f"{self._topic}-{name}",
                "auto.offset.reset": "earliest",
                "enable.auto.commit": False,
                **group_config(strategy),
            }
        )
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def start_reading(self):
        """Until it is told so, a member holds its partitions without fetching."""
        self._reading = True

    def has_read_its_share(self):
        return all(self.next.get(p, 0) >= self.progress.content.end(p) for p in list(self.assigned))

    def retire(self, offsets):
        """Has it commit these offsets, of the partitions that are its own, as the last thing it does before it leaves."""
        self._wanted = offsets

    def leave(self):
        self._stopping = True
        self._thread.join(30)
        if self._thread.is_alive():
            raise AssertionError(f"{self.name} does not close")

    def commit(self, offsets):
        """On the member's thread only."""
        wanted = [TopicPartition(self._topic, p, offset, f"at {offset}") for p, offset in offsets.items()]
        for answer in self._consumer.commit(offsets=wanted, asynchronous=False):
            if answer.error is not None:
                raise KafkaException(answer.error)
        self.progress.committed.update(offsets)

    def pause_all(self):
        """On the member's thread only."""
        self._reading = False
        self._consumer.pause(self._partitions(self.assigned))

    def _run(self):
        try:
            self._consumer.subscribe(
                [self._topic], on_assign=self._on_assign, on_revoke=self._on_revoke, on_lost=self._on_lost
            )
            paused = True
            while not self._stopping:
                for message in self._consumer.consume(500, 0.1):
                    if message.error() is not None:
                        raise KafkaException(message.error())
                    self._read(message)
                if self._reading and paused and self.assigned:
                    self._consumer.resume(self._partitions(self.assigned))
                    paused = False
                if self._after_poll is not None:
                    self._after_poll(self)
                if self._wanted is not None and not self.retired:
                    self.pause_all()
                    self.commit({p: self._wanted[p] for p in self.assigned})
                    self.retired = True
        except BaseException as error:
            self.progress.failure = self.progress.failure or error
        finally:
            self._consumer.close()

    def _read(self, message):
        if self.retired:
            return
        partition, offset = message.partition(), message.offset()
        expected = self.next.get(partition, self.progress.committed.get(partition, 0))
        if offset != expected:
            raise AssertionError(f"{self.name} partition {partition}: expected offset {expected}, got {offset}")
        self.progress.content.compare(message)
        self.next[partition] = offset + 1
        self.progress.reached[partition] = max(self.progress.reached.get(partition, 0), offset + 1)

    def _on_assign(self, consumer, added):
        if self._incremental:
            consumer.incremental_assign(added)
        else:
            consumer.assign(added)
        if not self._reading:
            consumer.pause(added)
        self.assigned = self.assigned | {p.partition for p in added}

    def _on_revoke(self, consumer, revoked):
        gone = [p.partition for p in revoked]
        read = {p: self.next[p] for p in gone if p in self.next}
        if read and not self.retired:
            self.commit(read)
        self._forget(gone)

    def _on_lost(self, consumer, lost):
        self._forget([p.partition for p in lost])

    def _forget(self, gone):
        self.assigned = self.assigned - set(gone)
        for partition in gone:
            self.next.pop(partition, None)

    def _partitions(self, numbers):
        return [TopicPartition(self._topic, p) for p in numbers]
