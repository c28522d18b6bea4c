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
    private static final int STAGES = ChainSetting.STAGES;
    private static final int FED_TOGETHER = 1_000;
    private static final int FED_AHEAD = 12_000;
    /** So little that it lasts until everybody has got something. */
    private static final int DRIPPED_TOGETHER = 60;

    private final Arguments arguments;
    private final ChainSetting setting;
    private final int records;
    private final BlockingQueue<String> answers = new LinkedBlockingQueue<>();
    /** Of each stage, those that live in this process, in the order in which they came. */
    private final List<List<ChainMember>> members = new ArrayList<>();
    private volatile int received;
    private volatile int fedUntil;
    private volatile boolean isDripping;
    private volatile boolean isOver;

    private Chain(Arguments arguments) {
        this.arguments = arguments;
        this.setting = new ChainSetting(arguments);
        this.records = arguments.number("records");
    }

    public static void main(String[] raw) throws Exception {
        new Chain(new Arguments(raw)).run();
        System.exit(0);
    }

    private void run() throws Exception {
        List<Integer> brokers;
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", setting.bootstrap))) {
            brokers = admin.describeCluster().nodes().get().stream().map(Node::id).sorted().toList();
            admin.createTopics(IntStream.rangeClosed(0, STAGES).mapToObj(stage -> new NewTopic(setting.topic(stage), setting.partitions, (short) 3)).toList()).all().get();
        }
        start("answers", this::listen);
        Doomed doomed = new Doomed(arguments);
        for (int stage = 1; stage <= STAGES; stage++) members.add(new ArrayList<>());
        join("b");
        start("feeder", this::feed);
        Thread reader = start("reader", this::read);

        await(10, "a third member joins each stage");
        join("c");
        await(20, "the first broker stops");
        ask("STOP " + brokers.get(0), "STOPPED");
        await(26, "it starts");
        ask("START " + brokers.get(0), "STARTED");
        await(34, "the first member of each stage is killed in a transaction, and is replaced");
        isDripping = true;
        doomed.die();
        isDripping = false;
        join("a");
        await(48, "the second member of each stage is fenced by another of its name");
        join("b");
        await(58, "the second broker stops");
        ask("STOP " + brokers.get(1), "STOPPED");
        await(64, "it starts");
        ask("START " + brokers.get(1), "STARTED");
        await(72, "the third member of each stage leaves");
        for (List<ChainMember> stage : members) stage.get(1).leave();
        await(82, "the third broker stops");
        ask("STOP " + brokers.get(2), "STOPPED");
        await(88, "it starts");
        ask("START " + brokers.get(2), "STARTED");
        await(100, "all is there");
        for (List<ChainMember> stage : members) for (ChainMember member : stage) member.leave();
        isOver = true;
        reader.join(30_000);
        if (setting.failure != null) throw new AssertionError(setting.failure.toString(), setting.failure);
        if (reader.isAlive()) throw new AssertionError("the end of the last topic cannot be read");
        int fenced = setting.fenced.get();
        if (fenced < STAGES) throw new AssertionError("only " + fenced + " members were fenced");
        System.out.println(records + " records through " + STAGES + " stages, each once and in order; " + fenced + " members were fenced");
    }

    /** A member of that name joins each stage. */
    private void join(String name) {
        for (int stage = 1; stage <= STAGES; stage++) members.get(stage - 1).add(setting.member(stage, name));
    }

    /** Every seventh transaction is aborted and sent again: nobody may see it. */
    private void feed() {
        Map<String, Object> config = Map.of(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, setting.bootstrap, ProducerConfig.TRANSACTIONAL_ID_CONFIG, setting.prefix + "-feeder",
            ProducerConfig.LINGER_MS_CONFIG, 0);
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer())) {
            producer.initTransactions();
            boolean aborts = false;
            for (int first = 0; first < records; ) {
                producer.beginTransaction();
                int end = Math.min(first + (isDripping ? DRIPPED_TOGETHER : FED_TOGETHER), records);
                for (int number = first; number < end; number++) {
                    byte[] value = String.valueOf(number).getBytes(StandardCharsets.UTF_8);
                    producer.send(new ProducerRecord<>(setting.topic(0), number % setting.partitions, null, value));
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
                while (first > fedUntil && !isDripping);
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private void read() {
        Map<String, Object> config = Map.of(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, setting.bootstrap, ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed",
            ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest", ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            List<TopicPartition> all = IntStream.range(0, setting.partitions).mapToObj(partition -> new TopicPartition(setting.topic(STAGES), partition)).toList();
            consumer.assign(all);
            int[] next = IntStream.range(0, setting.partitions).toArray();
            while (!isOver) check(consumer, next);
            Map<TopicPartition, Long> ends = consumer.endOffsets(all);
            while (all.stream().anyMatch(partition -> consumer.position(partition) < ends.get(partition))) check(consumer, next);
            if (received != records) throw new AssertionError(received + " records came out of the last stage");
        }
    }

    private void check(KafkaConsumer<byte[], byte[]> consumer, int[] next) {
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(200))) {
            String value = new String(record.value(), StandardCharsets.UTF_8);
            String expected = next[record.partition()] + " 1 2 3";
            if (!value.equals(expected)) throw new AssertionError(value + " instead of " + expected + " in partition " + record.partition() + " at " + record.offset());
            next[record.partition()] += setting.partitions;
            received++;
        }
    }

    /** Until that part, in hundredths, has come out of the last stage. */
    private void await(int hundredths, String what) throws InterruptedException {
        int awaited = (int) ((long) records * hundredths / 100);
        fedUntil = awaited + FED_AHEAD;
        long deadline = System.nanoTime() + Duration.ofSeconds(90).toNanos();
        while (received < awaited) {
            if (setting.failure != null) throw new AssertionError(setting.failure.toString(), setting.failure);
            if (System.nanoTime() > deadline) throw new AssertionError("90 s passed, and only " + received + " records are there: not yet " + what);
            Thread.sleep(20);
        }
        // While that happens, too, records flow.
        fedUntil += 2 * FED_AHEAD;
        setting.note(received + " records: " + what);
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

    private Thread start(String name, Runnable work) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        thread.setUncaughtExceptionHandler((which, error) -> setting.fail(error));
        thread.start();
        return thread;
    }
}
