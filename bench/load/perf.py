# librdkafka at its fastest: perf.py produce|consume HOST:PORT TOPIC COUNT SIZE, prints the seconds it took.
import sys
import time

from confluent_kafka import Consumer, Producer, TopicPartition

what, bootstrap, topic, count, size = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5])
value = b'josephk '[:8] * (size // 8 + 1)
value = value[:size]

if what == 'produce':
    producer = Producer({
        'bootstrap.servers': bootstrap, 'acks': 'all', 'linger.ms': 5, 'batch.size': 1000000,
        'queue.buffering.max.messages': 2000000, 'queue.buffering.max.kbytes': 200000,
    })
    producer.list_topics(timeout=10)
    begun = time.perf_counter()
    for i in range(count):
        while True:
            try:
                producer.produce(topic, value, partition=0)
                break
            except BufferError:
                producer.poll(0.01)
        if i & 1023 == 0:
            producer.poll(0)
    left = producer.flush(120)
    print(time.perf_counter() - begun, flush=True)
    sys.exit(1 if left > 0 else 0)

consumer = Consumer({'bootstrap.servers': bootstrap, 'group.id': 'bench', 'enable.auto.commit': False})
consumer.assign([TopicPartition(topic, 0, 0)])
seen = 0
first = consumer.consume(1, timeout=20)
seen += len(first)
begun = time.perf_counter()
while seen < count:
    messages = consumer.consume(min(10000, count - seen), timeout=20)
    if not messages:
        sys.exit(f'{seen} of {count} messages came')
    seen += len(messages)
print(time.perf_counter() - begun, flush=True)
consumer.close()
