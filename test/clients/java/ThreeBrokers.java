import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * A producer (idempotent, acks=all: the defaults) and a consumer group, while one of three brokers stops and starts again. It says `STOP
 * id` and `START id`, and goes on sending while it waits for the answers `STOPPED` and `STARTED`.
 */
final class ThreeBrokers {
    private static final int STEP = 3_500;
    private static final int BROKERS = 3;

    private final Arguments arguments;
    private final Content content;
    private final Admin admin;
    private final KafkaProducer<byte[], byte[]> producer;
    private final List<Future<RecordMetadata>> sent = new ArrayList<>();
    private final BlockingQueue<String> answers = new LinkedBlockingQueue<>();
    private final Map<Integer, Long> next = new HashMap<>();
    private final AtomicLong received = new AtomicLong();
    private volatile Throwable failure;
    private volatile boolean done;

    private ThreeBrokers(Arguments arguments) {
        this.arguments = arguments;
        this.content = new Content(arguments, arguments.text("prefix"));
        this.admin = Admin.create(Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, arguments.text("bootstrap")));
        Map<String, Object> config = Map.of(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, arguments.text("bootstrap"));
        this.producer = new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer());
    }

    public static void main(String[] raw) throws Exception {
        new ThreeBrokers(new Arguments(raw)).run();
        System.exit(0);
    }

    private void run() throws Exception {
        admin.createTopics(List.of(new NewTopic(content.topic, content.partitions, (short) BROKERS))).all().get();
        await(() -> inSync() == BROKERS, "a topic with all replicas in sync");
        start(this::listen);
        start(this::consume);

        send(STEP);
        int victim = leaders().stream().mapToInt(Integer::intValue).max().orElseThrow();
        ask("STOP " + victim, "STOPPED");
        if (leaders().contains(victim)) throw new AssertionError("broker " + victim + " has stopped and leads still");
        send(STEP);
        // Each is acknowledged by the two that are left.
        checkAcknowledged();
        ask("START " + victim, "STARTED");
        send(STEP);
        await(() -> inSync() == BROKERS, "the started broker in sync again: " + partitions());
        send(STEP);
        checkAcknowledged();

        await(() -> received.get() >= sent.size(), "all records: " + received + " of " + sent.size());
        Map<TopicPartition, Long> ends = endOffsets();
        for (int partition = 0; partition < content.partitions; partition++) {
            long expected = (sent.size() - partition + content.partitions - 1) / content.partitions;
            long end = ends.get(new TopicPartition(content.topic, partition));
            if (end != expected) throw new AssertionError("partition " + partition + ": sent " + expected + ", ends at " + end);
        }
        done = true;
        System.out.println(sent.size() + " records, none lost, none doubled, all in order");
    }

    /** Two thousand records a second, so that there is traffic the whole time. */
    private void send(int count) throws InterruptedException {
        for (int i = 0; i < count; i++) {
            sent.add(producer.send(content.record(sent.size())));
            if (i % 10 == 9) Thread.sleep(5);
            check();
        }
    }

    private void ask(String question, String answer) throws InterruptedException {
        System.out.println(question);
        long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
        while (!answer.equals(answers.peek())) {
            if (System.nanoTime() > deadline) throw new AssertionError("no " + answer);
            send(10);
        }
        answers.take();
    }

    private void checkAcknowledged() throws Exception {
        producer.flush();
        for (int index = 0; index < sent.size(); index++) {
            RecordMetadata at = sent.get(index).get();
            if (at.offset() != index / content.partitions) throw new AssertionError("record " + index + " was stored at " + at);
        }
    }

    private List<Integer> leaders() {
        return partitions().stream().map(partition -> partition.leader() == null ? -1 : partition.leader().id()).toList();
    }

    /** How many replicas are in sync in the partition that has the fewest. */
    private int inSync() {
        return partitions().stream().mapToInt(partition -> partition.isr().size()).min().orElse(0);
    }

    private Collection<TopicPartitionInfo> partitions() {
        try {
            return admin.describeTopics(List.of(content.topic)).allTopicNames().get().get(content.topic).partitions();
        } catch (ExecutionException error) {
            if (error.getCause() instanceof RetriableException) return List.of();
            throw new AssertionError(error);
        } catch (InterruptedException error) {
            throw new AssertionError(error);
        }
    }

    private Map<TopicPartition, Long> endOffsets() {
        try (KafkaConsumer<byte[], byte[]> consumer = consumer()) {
            List<TopicPartition> partitions = new ArrayList<>();
            for (int i = 0; i < content.partitions; i++) partitions.add(new TopicPartition(content.topic, i));
            return consumer.endOffsets(partitions);
        }
    }

    private KafkaConsumer<byte[], byte[]> consumer() {
        return new KafkaConsumer<>(
            Map.of(
                ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, arguments.text("bootstrap"),
                ConsumerConfig.GROUP_ID_CONFIG, content.topic,
                ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest",
                ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false
            ),
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer()
        );
    }

    private void consume() throws Exception {
        try (KafkaConsumer<byte[], byte[]> consumer = consumer()) {
            consumer.subscribe(List.of(content.topic));
            while (!done) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(200))) {
                    long expected = next.getOrDefault(record.partition(), 0L);
                    if (record.offset() != expected) {
                        throw new AssertionError("partition " + record.partition() + ": expected offset " + expected + ", got " + record.offset());
                    }
                    content.compare(record);
                    next.put(record.partition(), expected + 1);
                    received.incrementAndGet();
                }
                consumer.commitSync();
            }
        }
    }

    private void listen() throws Exception {
        BufferedReader input = new BufferedReader(new InputStreamReader(System.in));
        for (String line = input.readLine(); line != null; line = input.readLine()) answers.add(line);
    }

    private interface Work {
        void run() throws Exception;
    }

    private void start(Work work) {
        Thread thread = new Thread(() -> {
            try {
                work.run();
            } catch (Throwable error) {
                failure = error;
            }
        });
        thread.setDaemon(true);
        thread.start();
    }

    private void check() {
        if (failure != null) throw new AssertionError(failure.toString(), failure);
    }

    private interface Condition {
        boolean holds();
    }

    private void await(Condition condition, String what) throws InterruptedException {
        long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
        while (!condition.holds()) {
            check();
            if (System.nanoTime() > deadline) throw new AssertionError("60 s passed without " + what);
            Thread.sleep(50);
        }
    }
}
