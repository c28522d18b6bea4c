"""What clients do by SASL, each line of the file at the same time as the others (see logins.ts), by confluent-kafka."""

import base64
import json
import sys
import threading
import time

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition

RECORDS = 20
SEND_EVERY = 0.01
EXPIRY_SEND_EVERY = 0.1
PATIENCE = 15
COLUMNS = ("name", "kind", "bootstrap", "ca", "mechanism", "user", "password", "token_url", "topic", "milliseconds")
REFUSED = (KafkaError._AUTHENTICATION, KafkaError.SASL_AUTHENTICATION_FAILED)


def say(*words):
    sys.stdout.write(" ".join(str(word) for word in words).replace("\n", " ") + "\n")
    sys.stdout.flush()


class Failure(Exception):
    pass


class Refused(Exception):
    pass


class Login:
    def __init__(self, line):
        self.__dict__.update(zip(COLUMNS, line.rstrip("\n").split("\t")))
        self.refused = None
        self.failed = None

    def run(self):
        try:
            getattr(self, self.kind)()
        except Refused as refused:
            say("REFUSED", self.name, refused)
        except (Failure, KafkaException) as failure:
            say("FAILED", self.name, repr(failure))

    def login(self):
        producer = self.producer(PATIENCE)
        for number in range(RECORDS):
            self.send(producer, number)
        self.flush(producer)
        consumer = self.consumer()
        consumer.assign([TopicPartition(self.topic, 0, 0)])
        self.read(consumer, 0, RECORDS)
        consumer.close()
        say("IN", self.name)

    def flow(self):
        producer = self.producer(PATIENCE)
        self.send(producer, 0)
        self.flush(producer)
        consumer = self.consumer()
        consumer.subscribe([self.topic])
        self.read(consumer, 0, 1)
        say("FLOWING", self.name)
        end = time.monotonic() + int(self.milliseconds) / 1000
        sent = following = 1
        while time.monotonic() < end:
            self.send(producer, sent)
            sent += 1
            producer.poll(0)
            following = self.poll(consumer, following, SEND_EVERY)
        self.flush(producer)
        self.read(consumer, following, sent)
        consumer.close()
        say("FLOWED", self.name, sent)

    def expiry(self):
        producer = self.producer(2)
        sent = 0
        while True:
            self.send(producer, sent)
            if producer.flush(4) > 0 or self.failed is not None:
                break
            sent += 1
            if sent == 1:
                say("IN", self.name)
            time.sleep(EXPIRY_SEND_EVERY)
        say("CUT" if sent > 0 else "FAILED", self.name, sent, self.refused or self.failed)

    def send(self, producer, number):
        producer.produce(self.topic, str(number), partition=0, on_delivery=self.delivered)

    def delivered(self, error, _message):
        if error is not None:
            self.failed = error

    def flush(self, producer):
        deadline = time.monotonic() + PATIENCE
        while producer.flush(0.1) > 0 and time.monotonic() < deadline and self.refused is None:
            pass
        self.check()
        if len(producer) > 0:
            raise Failure(f"{len(producer)} records are not sent")

    def read(self, consumer, following, end):
        deadline = time.monotonic() + PATIENCE
        while following < end:
            if time.monotonic() > deadline:
                raise Failure(f"only {following} records of {end}")
            following = self.poll(consumer, following, 0.1)
        if self.poll(consumer, following, 0.1) > end:
            raise Failure(f"more than {end} records")

    def poll(self, consumer, following, seconds):
        for message in consumer.consume(100, seconds):
            if message.error() is not None:
                if message.error().code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
                    continue
                raise Failure(message.error())
            if message.value() != str(following).encode() or message.offset() != following:
                raise Failure(f"record {following} is {message.value()} at {message.offset()}")
            following += 1
        self.check()
        return following

    def check(self):
        if self.refused is not None:
            raise Refused(self.refused)
        if self.failed is not None:
            raise Failure(self.failed)

    def noticed(self, error):
        if error.code() in REFUSED:
            self.refused = error

    def producer(self, patience):
        return Producer({**self.config(), "linger.ms": 0, "message.timeout.ms": patience * 1000})

    def consumer(self):
        return Consumer({**self.config(), "group.id": self.topic, "auto.offset.reset": "earliest"})

    def config(self):
        config = {
            "bootstrap.servers": self.bootstrap,
            "security.protocol": "SASL_PLAINTEXT" if self.ca == "-" else "SASL_SSL",
            "sasl.mechanism": self.mechanism,
            "topic.metadata.refresh.interval.ms": 1000,
            "error_cb": self.noticed,
        }
        if self.ca != "-":
            config["ssl.ca.location"] = self.ca
        if self.mechanism != "OAUTHBEARER":
            return {**config, "sasl.username": self.user, "sasl.password": self.password}
        if self.token_url == "-":
            return {**config, "oauth_cb": self.unsecured}
        return {
            **config,
            "sasl.oauthbearer.method": "oidc",
            "sasl.oauthbearer.token.endpoint.url": self.token_url,
            "sasl.oauthbearer.client.id": self.user,
            "sasl.oauthbearer.client.secret": self.password,
        }

    def unsecured(self, _config):
        now = int(time.time())
        claims = {"sub": self.user, "iat": now, "exp": now + 3600}
        parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in ({"alg": "none"}, claims)]
        return f"{parts[0]}.{parts[1]}.", now + 3600


def main():
    with open(sys.argv[sys.argv.index("--logins") + 1], encoding="utf-8") as file:
        threads = [threading.Thread(target=Login(line).run) for line in file]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


main()
