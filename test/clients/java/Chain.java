import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Three stages, each a group of members that consume, transform and produce exactly once, while members join, die, are fenced and leave
 * and brokers stop and start. What comes out of the last stage must be what went into the first: each record once, in order.
 */
final class Chain {
    static final int STAGES = 3;
    private static final int FED_TOGETHER = 250;
    private static final int FED_AHEAD = 3_000;

    final String bootstrap;
    final String prefix;
    final int partitions;
    final AtomicInteger fenced = new AtomicInteger();
    private final int records;
    private final BlockingQueue<String> answers = new LinkedBlockingQueue<>();
    private final List<List<ChainMember>> members = new ArrayList<>();
    private final long start = System.nanoTime();
    private volatile int received;
    private volatile int fedUntil;
    private volatile Throwable failure;

    private Chain(Arguments arguments) {
        this.bootstrap = arguments.text("bootstrap");
        this.prefix = arguments.text("prefix");
        this.partitions = arguments.number("partitions");
        this.records = arguments.number("records");
    }

    public static void main(String[] raw) throws Exception {
        new Chain(new Arguments(raw)).run();
        System.exit(0);
    }

    private void run() throws Exception {
        List<Integer> brokers;
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
            brokers = admin.describeCluster().nodes().get().stream().map(Node::id).sorted().toList();
            admin.createTopics(IntStream.rangeClosed(0, STAGES).mapToObj(stage -> new NewTopic(topic(stage), partitions, (short) 3)).toList()).all().get();
        }
        start("answers", this::listen);
        for (int stage = 1; stage <= STAGES; stage++) {
            members.add(new ArrayList<>(List.of(member(stage, "a"), member(stage, "b"))));
        }
        start("feeder", this::feed);
        start("reader", this::read);

        await(10, "a third member joins each stage");
        for (int stage = 1; stage <= STAGES; stage++) members.get(stage - 1).add(member(stage, "c"));
        await(20, "the first broker stops");
        ask("STOP " + brokers.get(0), "STOPPED");
        await(26, "it starts");
        ask("START " + brokers.get(0), "STARTED");
        letCoordinatorsBeKnown();
        await(34, "the first member of each stage dies in a transaction, and is replaced");
        for (int stage = 1; stage <= STAGES; stage++) {
            members.get(stage - 1).get(0).die();
            members.get(stage - 1).set(0, member(stage, "a"));
        }
        await(48, "the second member of each stage is fenced by another of its name");
        for (int stage = 1; stage <= STAGES; stage++) members.get(stage - 1).add(member(stage, "b"));
        await(58, "the second broker stops");
        ask("STOP " + brokers.get(1), "STOPPED");
        await(64, "it starts");
        ask("START " + brokers.get(1), "STARTED");
        letCoordinatorsBeKnown();
        await(72, "the third member of each stage leaves");
        for (List<ChainMember> stage : members) stage.get(2).leave();
        await(82, "the third broker stops");
        ask("STOP " + brokers.get(2), "STOPPED");
        await(88, "it starts");
        ask("START " + brokers.get(2), "STARTED");
        await(100, "all is there");
        for (List<ChainMember> stage : members) for (ChainMember member : stage) member.leave();
        if (fenced.get() < STAGES) throw new AssertionError("only " + fenced + " members were fenced");
        System.out.println(records + " records through " + STAGES + " stages, each once and in order; " + fenced + " members were fenced");
    }

    /**
     * Members of KIP-848 hear of a new coordinator by their next heartbeat, which is up to five seconds later, and say only once that they leave: said to the
     * one before, it is lost, and their partitions wait for the end of a session of 45 seconds.
     */
    private static void letCoordinatorsBeKnown() throws InterruptedException {
        Thread.sleep(6_000);
    }

    String topic(int stage) {
        return prefix + "-" + stage;
    }

    private ChainMember member(int stage, String name) {
        ChainMember member = new ChainMember(this, stage, name);
        member.start();
        return member;
    }

    /** Every seventh transaction is aborted and sent again: nobody may see it. */
    private void feed() {
        Map<String, Object> config = Map.of(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrap, ProducerConfig.TRANSACTIONAL_ID_CONFIG, prefix + "-feeder",
            ProducerConfig.LINGER_MS_CONFIG, 0);
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer())) {
            producer.initTransactions();
            boolean aborts = false;
            for (int first = 0; first < records; ) {
                producer.beginTransaction();
                int end = Math.min(first + FED_TOGETHER, records);
                for (int number = first; number < end; number++) {
                    byte[] value = String.valueOf(number).getBytes(StandardCharsets.UTF_8);
                    producer.send(new ProducerRecord<>(topic(0), number % partitions, null, value));
                }
                aborts = !aborts && first / FED_TOGETHER % 7 == 0;
                if (aborts) {
                    producer.flush();
                    producer.abortTransaction();
                } else {
                    producer.commitTransaction();
                    first = end;
                }
                // So that what happens to the members and brokers happens while records flow.
                do Thread.sleep(30);
                while (first > fedUntil);
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private void read() {
        Map<String, Object> config = Map.of(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrap, ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed",
            ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest", ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            consumer.assign(IntStream.range(0, partitions).mapToObj(partition -> new TopicPartition(topic(STAGES), partition)).toList());
            int[] next = IntStream.range(0, partitions).toArray();
            while (received < records) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(200))) {
                    String value = new String(record.value(), StandardCharsets.UTF_8);
                    String expected = String.valueOf(next[record.partition()]);
                    if (!value.equals(expected)) throw new AssertionError(value + " instead of " + expected + " in partition " + record.partition() + " at " + record.offset());
                    next[record.partition()] += partitions;
                    received++;
                }
            }
        }
    }

    /** Until that part, in hundredths, has come out of the last stage. */
    private void await(int hundredths, String what) throws InterruptedException {
        fedUntil = (int) ((long) records * hundredths / 100) + FED_AHEAD;
        long deadline = System.nanoTime() + Duration.ofSeconds(90).toNanos();
        while (received < (long) records * hundredths / 100) {
            if (failure != null) throw new AssertionError(failure.toString(), failure);
            if (System.nanoTime() > deadline) throw new AssertionError("90 s passed, and only " + received + " records are there: not yet " + what);
            Thread.sleep(20);
        }
        // While that happens, too, records flow.
        fedUntil += 2 * FED_AHEAD;
        note(received + " records: " + what);
    }

    private void ask(String question, String answer) throws InterruptedException {
        System.out.println(question);
        String given = answers.poll(60, TimeUnit.SECONDS);
        if (!answer.equals(given)) throw new AssertionError(given + " instead of " + answer);
    }

    private void listen() {
        try (BufferedReader reader = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) answers.add(line);
        } catch (java.io.IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private void start(String name, Runnable work) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        thread.setUncaughtExceptionHandler((which, error) -> fail(error));
        thread.start();
    }

    void fail(Throwable error) {
        error.printStackTrace();
        if (failure == null) failure = error;
    }

    void note(String what) {
        System.out.println((System.nanoTime() - start) / 1_000_000 + " ms: " + what);
    }
}
