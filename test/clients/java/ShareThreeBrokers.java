import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.ListShareGroupOffsetsSpec;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.AcknowledgeType;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaShareConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * A share group while each of three brokers is stopped and started again, members join and leave, and one is killed while it holds records. It
 * says `STOP id` and `START id` and waits for `STOPPED` and `STARTED`. Every record is delivered, and none again once its acceptance was confirmed.
 */
final class ShareThreeBrokers {
    private static final int BROKERS = 3;
    private static final int MEMBERS = 3;
    private static final long TIMEOUT_MS = 60_000;

    private final String bootstrap;
    private final ShareMembers shareMembers;
    private final String topic;
    private final String group;
    private final int records;
    private final int partitions;
    private final Set<Integer> delivered = ConcurrentHashMap.newKeySet();
    private final Set<Integer> accepted = ConcurrentHashMap.newKeySet();
    private final AtomicInteger again = new AtomicInteger();
    private final AtomicInteger sent = new AtomicInteger();
    private final BlockingQueue<String> answers = new LinkedBlockingQueue<>();
    private final List<Thread> members = new ArrayList<>();
    private final Set<String> leaving = ConcurrentHashMap.newKeySet();
    private volatile Throwable failure;
    /** Records are sent as long as brokers are stopped and started, so that there are always some to hold. */
    private volatile boolean touring = true;
    private volatile boolean stopping;

    private ShareThreeBrokers(Arguments arguments) {
        this.bootstrap = arguments.text("bootstrap");
        this.shareMembers = new ShareMembers(arguments);
        this.topic = shareMembers.topic;
        this.group = shareMembers.group;
        this.records = arguments.number("records");
        this.partitions = arguments.number("partitions");
    }

    public static void main(String[] raw) throws Exception {
        new ShareThreeBrokers(new Arguments(raw)).run();
        System.exit(0);
    }

    private void run() throws Exception {
        try (Admin admin = Admin.create(Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrap))) {
            admin.createTopics(List.of(new NewTopic(topic, partitions, (short) BROKERS))).all().get();
            List<AlterConfigOp> configs = List.of(
                new AlterConfigOp(new ConfigEntry("share.auto.offset.reset", "earliest"), AlterConfigOp.OpType.SET),
                new AlterConfigOp(new ConfigEntry("share.record.lock.duration.ms", "15000"), AlterConfigOp.OpType.SET),
                new AlterConfigOp(new ConfigEntry("share.delivery.count.limit", "10"), AlterConfigOp.OpType.SET)
            );
            admin.incrementalAlterConfigs(Map.of(new ConfigResource(ConfigResource.Type.GROUP, group), configs)).all().get();
            start("orders", this::listen);
            Thread producer = start("producer", this::produce);
            for (int i = 0; i < MEMBERS; i++) join();
            await("some records", () -> accepted.size() > records / 10);
            List<Integer> brokers = admin.describeCluster().nodes().get().stream().map(Node::id).sorted().toList();
            for (int broker : brokers) {
                ask("STOP " + broker, "STOPPED");
                if (broker == brokers.get(1)) shareMembers.killOneThatHolds();
                else if (broker == brokers.get(2)) leave();
                goOn(500);
                ask("START " + broker, "STARTED");
                join();
                goOn(500);
            }
            touring = false;
            producer.join();
            await("all records", () -> delivered.size() == sent.get());
            await("the group at the end", () -> lag(admin) == 0);
            stopping = true;
            for (Thread member : members) member.join();
            if (failure != null) throw new AssertionError("a member failed", failure);
            if (again.get() > sent.get() / 2) throw new AssertionError(again + " of " + sent + " came again");
            System.out.println("PASS " + sent + " records, " + accepted.size() + " confirmed, " + again + " came again");
        }
    }

    private void produce() throws Exception {
        Map<String, Object> config = Map.of(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrap, ProducerConfig.LINGER_MS_CONFIG, 5);
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer())) {
            for (int id = 0; touring || id < records; id++) {
                producer.send(new ProducerRecord<>(topic, id % partitions, null, ByteBuffer.allocate(4).putInt(id).array()));
                sent.incrementAndGet();
                if (id % 10 == 9) Thread.sleep(5);
            }
        }
    }

    private void join() {
        String name = "member-" + members.size();
        members.add(start(name, () -> work(name)));
    }

    /** The oldest member goes, in order. */
    private void leave() throws InterruptedException {
        Thread oldest = members.get(0);
        leaving.add(oldest.getName());
        oldest.join();
    }

    private void work(String name) {
        try (KafkaShareConsumer<byte[], byte[]> consumer = shareMembers.consumer(name)) {
            while (!stopping && !leaving.contains(name)) {
                Map<Integer, List<Integer>> said = new HashMap<>();
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(ShareMembers.POLL)) {
                    take(record);
                    consumer.acknowledge(record, AcknowledgeType.ACCEPT);
                    said.computeIfAbsent(record.partition(), partition -> new ArrayList<>()).add(id(record));
                }
                confirm(said, consumer.commitSync());
            }
        }
    }

    /** What one member has confirmed nobody gets again, whichever broker leads. */
    private void take(ConsumerRecord<byte[], byte[]> record) {
        int id = id(record);
        if (accepted.contains(id)) throw new AssertionError(id + " came again after it was accepted");
        if (!delivered.add(id)) again.incrementAndGet();
    }

    private static int id(ConsumerRecord<byte[], byte[]> record) {
        return ByteBuffer.wrap(record.value()).getInt();
    }

    /** Who leads a partition no longer has refused: those come again. */
    private void confirm(Map<Integer, List<Integer>> said, Map<TopicIdPartition, Optional<KafkaException>> outcomes) {
        outcomes.forEach((partition, error) -> {
            if (error.isPresent()) {
                System.out.println(partition.partition() + ": " + error.get());
                return;
            }
            for (int id : said.getOrDefault(partition.partition(), List.of())) {
                if (!accepted.add(id)) throw new AssertionError(id + " was accepted twice");
            }
        });
    }

    private long lag(Admin admin) {
        try {
            return admin.listShareGroupOffsets(Map.of(group, new ListShareGroupOffsetsSpec())).all().get().get(group).values().stream()
                .mapToLong(offset -> offset == null ? 1 : offset.lag().orElse(1L)).sum();
        } catch (Exception error) {
            System.out.println("offsets: " + error);
            return -1;
        }
    }

    private void ask(String question, String answer) throws InterruptedException {
        System.out.println(question);
        if (!answer.equals(answers.poll(TIMEOUT_MS, TimeUnit.MILLISECONDS))) throw new AssertionError("no " + answer);
    }

    private void listen() throws Exception {
        BufferedReader input = new BufferedReader(new InputStreamReader(System.in));
        for (String line = input.readLine(); line != null; line = input.readLine()) answers.add(line);
    }

    /** Lets so many more records be accepted. */
    private void goOn(int count) throws Exception {
        int enough = accepted.size() + count;
        await(count + " more records", () -> accepted.size() >= enough);
    }

    private interface Work {
        void run() throws Exception;
    }

    private Thread start(String name, Work work) {
        Thread thread = new Thread(() -> {
            try {
                work.run();
            } catch (Throwable error) {
                error.printStackTrace();
                failure = error;
            }
        }, name);
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    private void await(String what, BooleanSupplier condition) throws Exception {
        long deadline = System.currentTimeMillis() + TIMEOUT_MS;
        while (!condition.getAsBoolean()) {
            if (failure != null) throw new AssertionError("a part failed", failure);
            if (System.currentTimeMillis() > deadline) {
                throw new AssertionError("waited in vain for " + what + "; sent " + sent + ", delivered " + delivered.size() + ", accepted " + accepted.size());
            }
            Thread.sleep(50);
        }
    }
}
