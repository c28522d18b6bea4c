import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.GroupType;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.LongDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * An application of Kafka Streams counts words exactly once. It is closed and started again, and killed and started again, while brokers stop and start. Each
 * word's counts must be 1, 2, 3 and so on, once each, up to the number of times that it was fed.
 */
final class Streams {
    static final int THREADS = 2;
    private static final int WORDS = 50;
    private static final int FED_TOGETHER = 50;
    private static final int FED_AHEAD = 1_000;

    private final Arguments arguments;
    private final String bootstrap;
    private final int partitions;
    private final int records;
    private final Path states;
    private final Map<String, Long> fed = new HashMap<>();
    private final Map<String, Long> counted = new HashMap<>();
    private final BlockingQueue<String> answers = new LinkedBlockingQueue<>();
    private final long start = System.nanoTime();
    private volatile int received;
    private volatile int fedUntil;
    private volatile Throwable failure;

    private Streams(Arguments arguments, Path states) {
        this.arguments = arguments;
        this.bootstrap = arguments.text("bootstrap");
        this.partitions = arguments.number("partitions");
        this.records = arguments.number("records");
        this.states = states;
    }

    static String input(Arguments arguments) {
        return arguments.text("prefix") + "-words";
    }

    static String output(Arguments arguments) {
        return arguments.text("prefix") + "-counts";
    }

    public static void main(String[] raw) throws Exception {
        Path states = Files.createTempDirectory("josephk-streams-");
        try {
            new Streams(new Arguments(raw), states).run();
        } finally {
            try (Stream<Path> paths = Files.walk(states)) {
                paths.sorted(Comparator.reverseOrder()).forEach(path -> path.toFile().delete());
            }
        }
        System.exit(0);
    }

    private void run() throws Exception {
        List<Integer> brokers;
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
            brokers = admin.describeCluster().nodes().get().stream().map(node -> node.id()).sorted().toList();
            admin.createTopics(Stream.of(input(arguments), output(arguments)).map(topic -> new NewTopic(topic, partitions, (short) 3)).toList()).all().get();
        }
        start("answers", this::listen);
        start("feeder", this::feed);
        start("reader", this::read);

        Process application = startApplication();
        await(20, application, "the application is closed");
        checkGroup();
        close(application);
        ask("STOP " + brokers.get(0), "STOPPED");
        application = startApplication();
        await(45, application, "the broker that was stopped starts");
        ask("START " + brokers.get(0), "STARTED");
        await(60, application, "another broker stops, and the application is killed");
        ask("STOP " + brokers.get(1), "STOPPED");
        application.destroyForcibly().waitFor();
        application = startApplication();
        await(80, application, "that broker starts");
        ask("START " + brokers.get(1), "STARTED");
        await(100, application, "all is there");
        close(application);
        if (!counted.equals(fed)) throw new AssertionError("counted " + counted + "\nfed " + fed);
        System.out.println(records + " words counted, each once");
    }

    /** The group is of the protocol's kind, and each of the application's threads is in it. */
    private void checkGroup() throws Exception {
        String group = arguments.text("prefix");
        boolean speaksStreams = arguments.text("group-protocol").equals("streams");
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
            GroupType type = admin.listGroups().all().get().stream().filter(listed -> listed.groupId().equals(group)).findFirst().orElseThrow().type().orElseThrow();
            if (type != (speaksStreams ? GroupType.STREAMS : GroupType.CLASSIC)) throw new AssertionError("the group is of type " + type);
            int members = speaksStreams
                ? admin.describeStreamsGroups(List.of(group)).all().get().get(group).members().size()
                : admin.describeClassicGroups(List.of(group)).all().get().get(group).members().size();
            if (members != THREADS) throw new AssertionError("the group has " + members + " members");
        }
    }

    private Process startApplication() throws IOException {
        List<String> command = new ArrayList<>(List.of("java", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx512m", "-cp", System.getProperty("java.class.path")));
        command.addAll(List.of("StreamsApplication", "--states", states.toString()));
        command.addAll(List.of(arguments.raw));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        start("application's output", () -> {
            try (BufferedReader lines = process.inputReader()) {
                for (String line = lines.readLine(); line != null; line = lines.readLine()) note("application: " + line);
            } catch (IOException ended) {
                // Killed.
            }
        });
        return process;
    }

    private void close(Process application) throws Exception {
        application.getOutputStream().close();
        if (!application.waitFor(60, TimeUnit.SECONDS)) throw new AssertionError("the application was closed and goes on");
        if (application.exitValue() != 0) throw new AssertionError("the application ended with " + application.exitValue());
    }

    private void feed() {
        Map<String, Object> config = Map.of(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrap, ProducerConfig.LINGER_MS_CONFIG, 0);
        Random random = new Random(arguments.text("seed").hashCode());
        try (KafkaProducer<String, String> producer = new KafkaProducer<>(config, new StringSerializer(), new StringSerializer())) {
            for (int number = 0; number < records; number++) {
                String word = "word-" + random.nextInt(WORDS);
                fed.merge(word, 1L, Long::sum);
                producer.send(new ProducerRecord<>(input(arguments), number % partitions, null, word));
                if (number % FED_TOGETHER != 0) continue;
                producer.flush();
                // So that what happens to the application and to brokers happens while words come.
                do Thread.sleep(10);
                while (number > fedUntil);
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private void read() {
        Map<String, Object> config = Map.of(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrap, ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed",
            ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest", ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        try (KafkaConsumer<String, Long> consumer = new KafkaConsumer<>(config, new StringDeserializer(), new LongDeserializer())) {
            consumer.assign(IntStream.range(0, partitions).mapToObj(partition -> new TopicPartition(output(arguments), partition)).toList());
            while (received < records) {
                for (ConsumerRecord<String, Long> record : consumer.poll(Duration.ofMillis(200))) {
                    long expected = counted.getOrDefault(record.key(), 0L) + 1;
                    if (record.value() != expected) throw new AssertionError(record.key() + " is counted " + record.value() + " instead of " + expected);
                    counted.put(record.key(), expected);
                    received++;
                }
            }
        }
    }

    /** Until that part, in hundredths, is counted. */
    private void await(int hundredths, Process application, String what) throws InterruptedException {
        long wanted = (long) records * hundredths / 100;
        fedUntil = (int) wanted + FED_AHEAD;
        long deadline = System.nanoTime() + Duration.ofSeconds(90).toNanos();
        while (received < wanted) {
            if (failure != null) throw new AssertionError(failure.toString(), failure);
            if (!application.isAlive()) throw new AssertionError("the application ended with " + application.exitValue());
            if (System.nanoTime() > deadline) throw new AssertionError("90 s passed, and only " + received + " words are counted: not yet " + what);
            Thread.sleep(20);
        }
        fedUntil += FED_AHEAD;
        note(received + " words: " + what);
    }

    private void ask(String question, String answer) throws InterruptedException {
        System.out.println(question);
        String given = answers.poll(60, TimeUnit.SECONDS);
        if (!answer.equals(given)) throw new AssertionError(given + " instead of " + answer);
    }

    private void listen() {
        try (BufferedReader reader = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) answers.add(line);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void start(String name, Runnable work) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        thread.setUncaughtExceptionHandler((which, error) -> {
            error.printStackTrace();
            if (failure == null) failure = error;
        });
        thread.start();
    }

    private void note(String what) {
        System.out.println((System.nanoTime() - start) / 1_000_000 + " ms: " + what);
    }
}
