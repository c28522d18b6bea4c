"""Sends a record and reads one, by confluent-kafka, as somebody who may or may not: prints `ok` or the error's name for each."""

import sys
import time

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer

PATIENCE = 15


def main(bootstrap, user, topic, group):
    login = {
        "bootstrap.servers": bootstrap,
        "security.protocol": "SASL_PLAINTEXT",
        "sasl.mechanism": "PLAIN",
        "sasl.username": user,
        "sasl.password": user,
    }
    print(send(login, topic), read(login, topic, group))


def send(login, topic):
    answers = []
    producer = Producer({**login, "message.timeout.ms": PATIENCE * 1000})
    producer.produce(topic, b"from " + login["sasl.username"].encode(), on_delivery=lambda error, _: answers.append(error))
    producer.flush(PATIENCE)
    if not answers:
        return "no answer"
    return "ok" if answers[0] is None else answers[0].name()


def read(login, topic, group):
    consumer = Consumer({**login, "group.id": group, "auto.offset.reset": "earliest", "enable.auto.commit": False})
    consumer.subscribe([topic])
    end = time.monotonic() + PATIENCE
    try:
        while time.monotonic() < end:
            message = consumer.poll(0.1)
            if message is None:
                continue
            error = message.error()
            if error is None:
                return "ok"
            if not error.retriable() and error.code() != KafkaError._ALL_BROKERS_DOWN:
                return error.name()
        return "nothing"
    except KafkaException as failure:
        return failure.args[0].name()
    finally:
        consumer.close()


main(*sys.argv[1:])
