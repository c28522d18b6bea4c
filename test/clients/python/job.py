"""The job that every client does (see the README), by confluent-kafka, once for each compression, all at the same time."""

import subprocess
import sys
import threading
import time

from confluent_kafka import ConsumerGroupTopicPartitions, Producer
from confluent_kafka.admin import AdminClient, NewTopic

from content import Content
from member import CONSUMER_PROTOCOL, HEARTBEAT_INTERVAL_MS, SESSION_TIMEOUT_MS, Member, Progress, say

# The victim reads further than this, but commits only this.
VICTIM_COMMITS = 300


def strategy(arguments, codec):
    """librdkafka has both ways to rebalance: half of the classic groups take either."""
    if arguments.get("group") == CONSUMER_PROTOCOL:
        return CONSUMER_PROTOCOL
    return "cooperative-sticky" if codec in ("gzip", "lz4") else "range,roundrobin"


class Victim:
    """The process of the third members, one of each group, as its parent sees it."""

    def __init__(self, raw, groups):
        self.assigned = {}
        self.ready = {}
        self._needed_by = groups
        self._lock = threading.Lock()
        command = [sys.executable, __file__, "--victim", "yes", *raw]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        threading.Thread(target=self._listen, daemon=True).start()

    def go(self, codec):
        with self._lock:
            print(codec, file=self._process.stdin, flush=True)

    def done(self):
        """One group has no more need of it. The last such word kills it, by SIGKILL."""
        with self._lock:
            self._needed_by -= 1
            if self._needed_by == 0:
                self._process.kill()

    def wait_for_death(self):
        self._process.wait(90)

    def _listen(self):
        for line in self._process.stdout:
            words = line.split()
            if words[:1] == ["ASSIGNED"]:
                self.assigned[words[1]] = int(words[2])
            elif words[:1] == ["READY"]:
                self.ready[words[1]] = [int(word) for word in words[2:]]
            else:
                say(f"victim: {line.rstrip()}")


def be_victim(arguments):
    def reporter(codec, progress):
        state = {"assigned": 0, "ready": False}

        def after_poll(member):
            if len(member.assigned) != state["assigned"]:
                state["assigned"] = len(member.assigned)
                say(f"ASSIGNED {codec} {state['assigned']}")
            if not member.assigned or state["ready"]:
                return
            if all(member.next.get(p, 0) > VICTIM_COMMITS for p in member.assigned):
                state["ready"] = True
                member.pause_all()
                member.commit({p: VICTIM_COMMITS for p in member.assigned})
                say(f"READY {codec} {' '.join(map(str, member.assigned))}")

        return after_poll

    members = {}
    for codec in arguments["compressions"].split(","):
        progress = Progress(Content(arguments, codec))
        members[codec] = Member(
            arguments["bootstrap"], progress, "victim", False, strategy(arguments, codec), reporter(codec, progress)
        )

    def complain():
        while True:
            for codec, member in members.items():
                if member.progress.failure is not None:
                    say(f"{codec} FAILED: {member.progress.failure}")
                    return
            time.sleep(0.1)

    threading.Thread(target=complain, daemon=True).start()
    for line in sys.stdin:
        members[line.strip()].start_reading()


class Job:
    def __init__(self, arguments, codec, victim):
        self._arguments = arguments
        self._codec = codec
        self._victim = victim
        self.content = Content(arguments, codec)
        self.progress = Progress(self.content)
        self.passed = False
        self._let_go = False

    def report(self):
        try:
            self._run()
            self.passed = True
            say(f"PASS {self._codec} {self.progress.milliseconds()}")
        except BaseException as error:
            say(f"FAIL {self._codec} {error}".replace("\n", " "))
        finally:
            if not self._let_go:
                self._victim.done()

    def _run(self):
        progress, content, victim, codec = self.progress, self.content, self._victim, self._codec
        self._produce()
        progress.note("produced")
        first, second = self._member("first", False), self._member("second", False)
        progress.wait(
            "2 partitions for each of 3 members",
            lambda: len(first.assigned) == len(second.assigned) == victim.assigned.get(codec) == 2,
        )
        progress.note("three members have two partitions each")
        first.start_reading()
        second.start_reading()
        victim.go(codec)
        progress.wait("the victim's commit", lambda: codec in victim.ready)
        progress.wait("their own partitions", lambda: first.has_read_its_share() and second.has_read_its_share())
        progress.committed.update({p: VICTIM_COMMITS for p in victim.ready[codec]})

        progress.note("ready for the victim's death")
        self._let_go = True
        victim.done()
        victim.wait_for_death()
        death = progress.milliseconds()
        progress.note("the victim is dead")
        progress.wait("a take-over", lambda: len(first.assigned) + len(second.assigned) == content.partitions)
        take_over = progress.milliseconds() - death
        progress.note("its partitions are taken over")
        if take_over < SESSION_TIMEOUT_MS - HEARTBEAT_INTERVAL_MS - 1_000:
            raise AssertionError(f"taken over after {take_over} ms, before the session can have timed out")
        progress.wait("all records", progress.all_read)

        restart = {p: content.end(p) - 100 - p for p in range(content.partitions)}
        first.retire(restart)
        second.retire(restart)
        progress.wait("the last commits", lambda: first.retired and second.retired)
        first.leave()
        second.leave()
        progress.note("everything is read, the members have gone")
        self._check_committed(restart)
        progress.reached.clear()
        restarted = self._member("restarted", True)
        progress.wait("all records after the restart", progress.all_read)
        restarted.leave()
        progress.check()

    def _member(self, name, reading):
        return Member(self._arguments["bootstrap"], self.progress, name, reading, strategy(self._arguments, self._codec))

    def create_topic(self, admin):
        topic = NewTopic(self.content.topic, num_partitions=self.content.partitions, replication_factor=1)
        admin.create_topics([topic])[topic.topic].result(30)

        def as_asked():
            # All of them: to ask for one by its name may create it.
            found = admin.list_topics(timeout=10).topics.get(topic.topic)
            return found is not None and len(found.partitions) == self.content.partitions

        # A broker may learn of a topic a moment after the controller has answered that it exists.
        self.progress.wait("a topic as it was asked for", as_asked)

    def _produce(self):
        errors = []

        def delivered(index):
            def check(error, message):
                if error is not None or message.offset() != index // self.content.partitions:
                    errors.append(error or f"record {index} was stored at offset {message.offset()}")

            return check

        producer = Producer(
            {
                "bootstrap.servers": self._arguments["bootstrap"],
                "compression.type": self._codec,
                "enable.idempotence": True,
                "linger.ms": 20,
            }
        )
        for index in range(self.content.records):
            key, value, timestamp, headers = self.content.record(index)
            partition = index % self.content.partitions
            producer.produce(
                self.content.topic, value, key, partition, delivered(index), timestamp=timestamp, headers=headers
            )
            producer.poll(0)
        if producer.flush(60) > 0:
            errors.append("records left after 60 s")
        if errors:
            raise AssertionError(f"{len(errors)} errors, the first: {errors[0]}")

    def _check_committed(self, expected):
        admin = AdminClient({"bootstrap.servers": self._arguments["bootstrap"]})
        request = ConsumerGroupTopicPartitions(self.content.topic)
        answer = admin.list_consumer_group_offsets([request])[self.content.topic].result(30)
        listed = {p.partition: (p.offset, p.metadata) for p in answer.topic_partitions}
        wanted = {p: (offset, f"at {offset}") for p, offset in expected.items()}
        if listed != wanted:
            raise AssertionError(f"committed {wanted}, listed {listed}")


def main(raw):
    arguments = {raw[i].removeprefix("--"): raw[i + 1] for i in range(0, len(raw), 2)}
    if "victim" in arguments:
        be_victim(arguments)
        return 0
    codecs = arguments["compressions"].split(",")
    admin = AdminClient({"bootstrap.servers": arguments["bootstrap"]})
    for codec in codecs:
        Job(arguments, codec, None).create_topic(admin)
    victim = Victim(raw, len(codecs))
    jobs = [Job(arguments, codec, victim) for codec in codecs]
    threads = [threading.Thread(target=job.report) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return 0 if all(job.passed for job in jobs) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
