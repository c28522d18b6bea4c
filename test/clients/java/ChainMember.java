import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** One member of a stage. Others may have its name, and so its transactional id: the last one to come has it. */
final class ChainMember extends Thread {
    private final ChainSetting chain;
    private final int stage;
    private final String id;
    private volatile Runnable onPause;
    private volatile boolean leaves;
    private KafkaProducer<byte[], byte[]> producer;
    private KafkaConsumer<byte[], byte[]> consumer;

    ChainMember(ChainSetting chain, int stage, String name) {
        super("stage " + stage + " " + name);
        this.chain = chain;
        this.stage = stage;
        this.id = chain.prefix + "-stage-" + stage + "-" + name;
        setDaemon(true);
    }

    /** In the middle of its next transaction it says so, and does nothing more. */
    void pauseInTransaction(Runnable onPause) {
        this.onPause = onPause;
    }

    void leave() throws InterruptedException {
        leaves = true;
        join();
    }

    @Override
    public void run() {
        try {
            producer = newProducer();
            consumer = newConsumer();
            consumer.subscribe(List.of(chain.topic(stage - 1)));
            while (!leaves) {
                ConsumerRecords<byte[], byte[]> records = consumer.poll(Duration.ofMillis(100));
                if (!records.isEmpty()) transform(records);
            }
            producer.close();
            consumer.close();
        } catch (ProducerFencedException | InvalidProducerEpochException e) {
            // Whoever has its name now goes on with its work.
            chain.fenced.incrementAndGet();
            chain.note(getName() + " is fenced: " + e.getMessage());
            producer.close(Duration.ZERO);
            consumer.close();
        } catch (Throwable e) {
            chain.fail(e);
        }
    }

    private void transform(ConsumerRecords<byte[], byte[]> records) throws InterruptedException {
        try {
            producer.beginTransaction();
            for (ConsumerRecord<byte[], byte[]> record : records) {
                producer.send(new ProducerRecord<>(chain.topic(stage), record.partition(), record.key(), chain.transformed(record.value(), stage)));
            }
            if (onPause != null) {
                producer.flush();
                onPause.run();
                Thread.sleep(600_000);
            }
            Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>(records.nextOffsets());
            producer.sendOffsetsToTransaction(offsets, consumer.groupMetadata());
            commit();
        } catch (ProducerFencedException | InvalidProducerEpochException e) {
            throw e;
        } catch (KafkaException e) {
            chain.note(getName() + " begins again: " + e);
            abort();
            rewind();
        }
    }

    private void commit() {
        while (true) {
            try {
                producer.commitTransaction();
                return;
            } catch (TimeoutException e) {
                chain.note(getName() + " commits again: " + e.getMessage());
            }
        }
    }

    /** Where it cannot even abort, a new producer of the same name does it. */
    private void abort() {
        try {
            producer.abortTransaction();
        } catch (ProducerFencedException | InvalidProducerEpochException e) {
            throw e;
        } catch (KafkaException e) {
            producer.close(Duration.ZERO);
            producer = newProducer();
        }
    }

    private void rewind() {
        Set<TopicPartition> assigned = consumer.assignment();
        Map<TopicPartition, OffsetAndMetadata> committed = consumer.committed(assigned);
        for (TopicPartition partition : assigned) {
            OffsetAndMetadata offset = committed.get(partition);
            if (offset == null) consumer.seekToBeginning(Set.of(partition));
            else consumer.seek(partition, offset.offset());
        }
    }

    private KafkaProducer<byte[], byte[]> newProducer() {
        Map<String, Object> config = new HashMap<>();
        config.put(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, chain.bootstrap);
        config.put(ProducerConfig.TRANSACTIONAL_ID_CONFIG, id);
        config.put(ProducerConfig.TRANSACTION_TIMEOUT_CONFIG, 20_000);
        KafkaProducer<byte[], byte[]> created = new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer());
        created.initTransactions();
        return created;
    }

    private KafkaConsumer<byte[], byte[]> newConsumer() {
        Map<String, Object> config = new HashMap<>();
        config.put(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, chain.bootstrap);
        config.put(ConsumerConfig.GROUP_ID_CONFIG, chain.prefix + "-stage-" + stage);
        config.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        config.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        config.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        if (chain.coordinatorAssigns) {
            config.put(ConsumerConfig.GROUP_PROTOCOL_CONFIG, "consumer");
        } else {
            config.put(ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG, 6_000);
            config.put(ConsumerConfig.HEARTBEAT_INTERVAL_MS_CONFIG, 500);
        }
        return new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }
}
