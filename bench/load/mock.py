# librdkafka's mock cluster of one broker: says where it listens, ends with its standard input.
import sys
from confluent_kafka import Producer

producer = Producer({'test.mock.num.brokers': 1, 'statistics.interval.ms': 0})
broker = next(iter(producer.list_topics(timeout=10).brokers.values()))
print(f'{broker.host}:{broker.port}', flush=True)
sys.stdin.read()
