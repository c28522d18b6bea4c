"""One member of a stage. Others may have its name, and so its transactional id: the last one to come has it."""

import os
import sys
import threading
import time

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition

FENCED = 7
STUCK = 8
STUCK_AFTER_S = 4
# With the consumer protocol (KIP-848) it is the cluster that says how long sessions last.
GROUPS = {"classic": {"session.timeout.ms": 6_000, "heartbeat.interval.ms": 500}, "consumer": {"group.protocol": "consumer"}}
FENCING = {KafkaError._FENCED, KafkaError.PRODUCER_FENCED, KafkaError.INVALID_PRODUCER_EPOCH, KafkaError.INVALID_TXN_STATE}


def topic(prefix, stage):
    return f"{prefix}-{stage}"


def new_producer(bootstrap, transactional_id):
    return Producer(
        {"bootstrap.servers": bootstrap, "transactional.id": transactional_id, "transaction.timeout.ms": 20_000, "linger.ms": 5}
    )


def chain_member(arguments):
    """The code that the process ends with."""
    orders = set()

    def listen():
        for line in sys.stdin:
            orders.add(line.strip())

    threading.Thread(target=listen, daemon=True).start()
    try:
        ChainMember(arguments, orders).run()
        return 0
    except KafkaException as failure:
        error = failure.args[0]
        if error.code() not in FENCING:
            raise
        print(f"stage {arguments['stage']} {arguments['name']} is fenced: {error}", flush=True)
        return FENCED


class ChainMember:
    def __init__(self, arguments, orders):
        self.orders = orders
        self.name = f"stage {arguments['stage']} {arguments['name']}"
        bootstrap, prefix, stage = arguments["bootstrap"], arguments["prefix"], int(arguments["stage"])
        self.target = topic(prefix, stage)
        self.producer = new_producer(bootstrap, f"{prefix}-stage-{stage}-{arguments['name']}")
        self.offsets_since = None
        self.stage = stage
        self.consumer = Consumer(
            {
                "bootstrap.servers": bootstrap,
                "group.id": f"{prefix}-stage-{stage}",
                "isolation.level": "read_committed",
                "enable.auto.commit": False,
                "auto.offset.reset": "earliest",
                **GROUPS[arguments["group"]],
            }
        )
        self.source = topic(prefix, stage - 1)

    def watch(self):
        """librdkafka 2.16 waits for ever, whatever timeout it is given, for a group coordinator that it knew and that has gone."""
        while True:
            time.sleep(0.1)
            since = self.offsets_since
            if since is not None and time.monotonic() - since > STUCK_AFTER_S:
                # Its group need not wait for the end of its session.
                threading.Thread(target=self.consumer.close, daemon=True).start()
                time.sleep(1)
                os._exit(STUCK)

    def run(self):
        threading.Thread(target=self.watch, daemon=True).start()
        self.again(self.producer.init_transactions)
        self.consumer.subscribe([self.source])
        while "leave" not in self.orders:
            messages = self.consumer.consume(500, timeout=0.1)
            for message in messages:
                if message.error():
                    raise KafkaException(message.error())
            if messages:
                self.transform(messages)
        self.consumer.close()

    def transform(self, messages):
        try:
            self.producer.begin_transaction()
            positions = {}
            for message in messages:
                value = b"%b %d" % (message.value(), self.stage)
                self.producer.produce(self.target, value, partition=message.partition())
                positions[message.partition()] = message.offset() + 1
            if "pause in a transaction" in self.orders:
                self.producer.flush()
                print(f"{self.name} is in a transaction", flush=True)
                time.sleep(60)
            offsets = [TopicPartition(self.source, partition, offset) for partition, offset in positions.items()]
            self.offsets_since = time.monotonic()
            self.producer.send_offsets_to_transaction(offsets, self.consumer.consumer_group_metadata())
            self.offsets_since = None
            self.again(self.producer.commit_transaction)
        except KafkaException as failure:
            error = failure.args[0]
            self.offsets_since = None
            if error.code() == KafkaError._FATAL:
                # Only what concerns the transaction tells why.
                self.producer.abort_transaction()
            if not error.txn_requires_abort():
                raise
            print(f"{self.name} begins again: {error}", flush=True)
            self.again(self.producer.abort_transaction)
            self.rewind()

    def again(self, work):
        while True:
            try:
                return work()
            except KafkaException as failure:
                if not failure.args[0].retriable():
                    raise

    def rewind(self):
        assigned = self.consumer.assignment()
        for position in self.consumer.committed(assigned, timeout=30):
            if position.offset < 0:
                position.offset = 0
            self.consumer.seek(position)
