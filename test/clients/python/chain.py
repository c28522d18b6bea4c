"""Three stages, each a group of members that consume, transform and produce exactly once, while members join, die, are fenced and leave
and brokers stop and start. What comes out of the last stage must be what went into the first: each record once, in order."""

import os
import queue
import signal
import subprocess
import sys
import threading
import time

from confluent_kafka import Consumer, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from chain_member import FENCED, STUCK, chain_member, new_producer, topic

STAGES = 3
FED_TOGETHER = 1_000
FED_AHEAD = 12_000
# So little that it lasts until everybody has got something.
DRIPPED_TOGETHER = 60


class Chain:
    def __init__(self, arguments):
        self.arguments = arguments
        self.bootstrap = arguments["bootstrap"]
        self.prefix = arguments["prefix"]
        self.records = int(arguments["records"])
        self.partitions = int(arguments["partitions"])
        self.answers = queue.Queue()
        self.failures = queue.Queue()
        self.fenced = 0
        self.received = 0
        self.is_dripping = False
        self.is_over = False
        self.start = time.monotonic()

    def run(self):
        brokers = self.make_topics()
        self.thread(self.listen)
        members = {stage: [self.member(stage, "a"), self.member(stage, "b")] for stage in range(1, STAGES + 1)}
        self.thread(self.feed)
        reader = self.thread(self.read)

        self.wait(10, "a third member joins each stage")
        for stage in members:
            members[stage].append(self.member(stage, "c"))
        self.wait(20, "the first broker stops")
        self.order("STOP", brokers[0], "STOPPED")
        self.wait(26, "it starts")
        self.order("START", brokers[0], "STARTED")
        self.wait(34, "the first member of each stage is killed in a transaction, and is replaced")
        self.is_dripping = True
        for stage in members:
            members[stage][0].die()
            members[stage][0] = self.member(stage, "a")
        self.is_dripping = False
        self.wait(48, "the second member of each stage is fenced by another of its name")
        for stage in members:
            members[stage].append(self.member(stage, "b"))
        self.wait(58, "the second broker stops")
        self.order("STOP", brokers[1], "STOPPED")
        self.wait(64, "it starts")
        self.order("START", brokers[1], "STARTED")
        self.wait(72, "the third member of each stage leaves")
        for stage in members:
            members[stage][2].leave()
        self.wait(82, "the third broker stops")
        self.order("STOP", brokers[2], "STOPPED")
        self.wait(88, "it starts")
        self.order("START", brokers[2], "STARTED")
        self.wait(100, "all is there")
        for stage in members:
            for member in members[stage]:
                member.leave()
        self.is_over = True
        reader.join(30)
        if not self.failures.empty():
            raise self.failures.get()
        if reader.is_alive():
            raise AssertionError("the end of the last topic cannot be read")
        if self.fenced < STAGES:
            raise AssertionError(f"only {self.fenced} members were fenced")
        print(f"{self.records} records through {STAGES} stages, each once and in order; {self.fenced} members were fenced")

    def make_topics(self):
        admin = AdminClient({"bootstrap.servers": self.bootstrap})
        topics = [NewTopic(topic(self.prefix, stage), self.partitions, 3) for stage in range(STAGES + 1)]
        for created in admin.create_topics(topics).values():
            created.result()
        return sorted(admin.list_topics(timeout=10).brokers)

    def member(self, stage, name):
        return Member(self, stage, name)

    def feed(self):
        """Every seventh transaction is aborted and sent again: nobody may see it."""
        producer = new_producer(self.bootstrap, f"{self.prefix}-feeder")
        producer.init_transactions()
        first, aborts = 0, False
        while first < self.records:
            producer.begin_transaction()
            end = min(first + (DRIPPED_TOGETHER if self.is_dripping else FED_TOGETHER), self.records)
            for number in range(first, end):
                producer.produce(topic(self.prefix, 0), str(number).encode(), partition=number % self.partitions)
            aborts = not aborts and first // FED_TOGETHER % 7 == 0
            if aborts:
                producer.flush()
                producer.abort_transaction()
            else:
                producer.commit_transaction()
                first = end
            # So that what happens to the members and brokers happens while records flow.
            time.sleep(0.03)
            while first - self.received > FED_AHEAD:
                time.sleep(0.01)

    def read(self):
        consumer = Consumer(
            {"bootstrap.servers": self.bootstrap, "group.id": f"{self.prefix}-reader", "isolation.level": "read_committed", "enable.auto.commit": False}
        )
        consumer.assign([TopicPartition(topic(self.prefix, STAGES), partition, 0) for partition in range(self.partitions)])
        following = list(range(self.partitions))
        end = None
        while end is None or time.monotonic() < end:
            # A while longer, for nothing may follow what is expected.
            if self.is_over and end is None:
                end = time.monotonic() + 1
            for message in consumer.consume(1000, timeout=0.2):
                if message.error():
                    raise KafkaException(message.error())
                expected = b"%d 1 2 3" % following[message.partition()]
                if message.value() != expected:
                    raise AssertionError(f"{message.value()} instead of {expected} in partition {message.partition()} at {message.offset()}")
                following[message.partition()] += self.partitions
                self.received += 1
        consumer.close()
        if self.received != self.records:
            raise AssertionError(f"{self.received} records came out of the last stage")

    def wait(self, hundredths, what):
        """Until that part has come out of the last stage."""
        deadline = time.monotonic() + 90
        while self.received < self.records * hundredths // 100:
            if not self.failures.empty():
                raise self.failures.get()
            if time.monotonic() > deadline:
                raise AssertionError(f"90 s passed, and only {self.received} records are there: not yet {what}")
            time.sleep(0.02)
        self.note(f"{self.received} records: {what}")

    def order(self, order, broker, answer):
        print(order, broker, flush=True)
        given = self.answers.get(timeout=60)
        if given != answer:
            raise AssertionError(f"{given} instead of {answer}")

    def listen(self):
        for line in sys.stdin:
            self.answers.put(line.strip())

    def thread(self, work):
        def watched():
            try:
                work()
            except Exception as failure:
                self.failures.put(failure)

        thread = threading.Thread(target=watched, daemon=True)
        thread.start()
        return thread

    def note(self, what):
        print(f"{int((time.monotonic() - self.start) * 1000)} ms: {what}", flush=True)


class Member:
    """A member in a process of its own: so it can be killed, and does not share one interpreter with the others."""

    def __init__(self, chain, stage, name):
        self.chain = chain
        values = {"bootstrap": chain.bootstrap, "prefix": chain.prefix, "group": chain.arguments["group"]}
        values |= {"stage": str(stage), "name": name}
        options = [text for option, value in values.items() for text in (f"--{option}", value)]
        self.command = [sys.executable, __file__, *options]
        self.is_dying = threading.Event()
        self.is_leaving = False
        self.begin()
        self.thread = chain.thread(self.watch)

    def begin(self):
        self.child = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def watch(self):
        code = STUCK
        while code == STUCK:
            for line in self.child.stdout:
                self.chain.note(line.strip())
                if line.endswith("is in a transaction\n"):
                    self.is_dying.set()
            code = self.child.wait()
            if code == STUCK and not self.is_leaving:
                self.chain.note(f"{self.command[-1]} of stage {self.command[-3]} was stuck: another one takes its place")
                self.begin()
        if code == FENCED:
            self.chain.fenced += 1
        elif not (self.is_leaving and code in (0, STUCK)) and not self.is_dying.is_set():
            raise AssertionError(f"a member ended with {code}")

    def tell(self, what):
        try:
            self.child.stdin.write(what + "\n")
            self.child.stdin.flush()
        except BrokenPipeError:
            pass

    def die(self):
        """In the middle of a transaction, without a word to anybody."""
        self.tell("pause in a transaction")
        if not self.is_dying.wait(30):
            raise AssertionError("no transaction to die in")
        os.kill(self.child.pid, signal.SIGKILL)
        self.thread.join(30)

    def leave(self):
        self.is_leaving = True
        self.tell("leave")
        self.thread.join(60)


def main():
    arguments = {name[2:]: value for name, value in zip(sys.argv[1::2], sys.argv[2::2])}
    if "stage" in arguments:
        sys.exit(chain_member(arguments))
    Chain(arguments).run()
    # Threads of librdkafka may still wait for what is over.
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
