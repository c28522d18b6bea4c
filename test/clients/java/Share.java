import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.ListShareGroupOffsetsSpec;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.ShareGroupDescription;
import org.apache.kafka.clients.consumer.AcknowledgeType;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaShareConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.GroupState;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * A share group: members that accept, release and reject, one of them killed while it holds records. Every record is accepted or rejected
 * exactly once, and what was released or held by the dead one comes again.
 */
final class Share {
    private static final int MEMBERS = 3;
    private static final long TIMEOUT_MS = 60_000;

    private final Arguments arguments;
    private final String bootstrap;
    private final ShareMembers members;
    private final String topic;
    private final String group;
    private final int records;
    private final Map<Integer, AcknowledgeType> done = new ConcurrentHashMap<>();
    private final Set<Integer> released = ConcurrentHashMap.newKeySet();
    private final AtomicInteger again = new AtomicInteger();
    private volatile Throwable failure;
    private volatile boolean stopping;

    private Share(Arguments arguments) {
        this.arguments = arguments;
        this.bootstrap = arguments.text("bootstrap");
        this.members = new ShareMembers(arguments);
        this.topic = members.topic;
        this.group = members.group;
        this.records = arguments.number("records");
    }

    public static void main(String[] raw) throws Exception {
        new Share(new Arguments(raw)).run();
        System.exit(0);
    }

    private void run() throws Exception {
        try (Admin admin = Admin.create(Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrap))) {
            admin.createTopics(List.of(new NewTopic(topic, arguments.number("partitions"), (short) 1))).all().get();
            AlterConfigOp earliest = new AlterConfigOp(new ConfigEntry("share.auto.offset.reset", "earliest"), AlterConfigOp.OpType.SET);
            admin.incrementalAlterConfigs(Map.of(new ConfigResource(ConfigResource.Type.GROUP, group), List.of(earliest))).all().get();
            produce();
            int held = members.killOneThatHolds();
            List<Thread> threads = new ArrayList<>();
            for (int i = 0; i < MEMBERS; i++) {
                String name = "member-" + i;
                Thread thread = new Thread(() -> work(name), name);
                threads.add(thread);
                thread.start();
            }
            await("all members", () -> describe(admin).members().stream().filter(member -> member.clientId().startsWith("member-")).count() == MEMBERS);
            await("all records", () -> done.size() == records);
            stopping = true;
            for (Thread thread : threads) thread.join();
            if (failure != null) throw new AssertionError("a member failed", failure);
            check(admin);
            System.out.println("PASS " + records + " records, " + held + " held by the dead, " + again + " came again");
        }
    }

    private void produce() throws Exception {
        Map<String, Object> config = Map.of(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrap);
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer())) {
            for (int id = 0; id < records; id++) {
                producer.send(new ProducerRecord<>(topic, id % arguments.number("partitions"), null, ByteBuffer.allocate(4).putInt(id).array()));
                if (id % 97 == 0) producer.flush();
            }
        }
    }

    private void work(String name) {
        try (KafkaShareConsumer<byte[], byte[]> consumer = members.consumer(name)) {
            while (!stopping) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(ShareMembers.POLL)) take(consumer, record);
                consumer.commitSync().forEach((partition, error) -> error.ifPresent(this::fail));
            }
        } catch (Throwable error) {
            fail(error);
        }
    }

    private void take(KafkaShareConsumer<byte[], byte[]> consumer, ConsumerRecord<byte[], byte[]> record) {
        int id = ByteBuffer.wrap(record.value()).getInt();
        if (record.deliveryCount().orElseThrow() > 1) again.incrementAndGet();
        if (id % 10 == 0 && released.add(id)) {
            consumer.acknowledge(record, AcknowledgeType.RELEASE);
            return;
        }
        AcknowledgeType type = id % 50 == 7 ? AcknowledgeType.REJECT : AcknowledgeType.ACCEPT;
        consumer.acknowledge(record, type);
        if (done.put(id, type) != null) fail(new AssertionError(id + " came again after it was done with"));
    }

    private void fail(Throwable error) {
        if (failure == null) failure = error;
        error.printStackTrace();
    }

    private ShareGroupDescription describe(Admin admin) {
        try {
            return admin.describeShareGroups(List.of(group)).all().get().get(group);
        } catch (Exception error) {
            throw new AssertionError(error);
        }
    }

    private void check(Admin admin) throws Exception {
        if (again.get() < released.size()) throw new AssertionError(released.size() + " were released, " + again + " came again");
        long lag = admin.listShareGroupOffsets(Map.of(group, new ListShareGroupOffsetsSpec())).all().get().get(group).values().stream()
            .mapToLong(offset -> offset.lag().orElseThrow()).sum();
        if (lag != 0) throw new AssertionError("the group has yet to do with " + lag + " of " + records);
        // The one that was killed is a member until its session ends.
        await("an empty group", () -> describe(admin).groupState() == GroupState.EMPTY);
        admin.alterShareGroupOffsets(group, Map.of(new TopicPartition(topic, 0), 0L)).all().get();
        long reset = admin.listShareGroupOffsets(Map.of(group, new ListShareGroupOffsetsSpec())).all().get().get(group)
            .get(new TopicPartition(topic, 0)).startOffset();
        if (reset != 0) throw new AssertionError("the offset was set to 0 and is " + reset);
        admin.deleteShareGroupOffsets(group, Set.of(topic)).all().get();
        admin.deleteShareGroups(List.of(group)).all().get();
        if (admin.listGroups().all().get().stream().anyMatch(listed -> listed.groupId().equals(group))) throw new AssertionError("the group is still there");
    }

    private void await(String what, BooleanSupplier condition) throws Exception {
        long deadline = System.currentTimeMillis() + TIMEOUT_MS;
        while (!condition.getAsBoolean()) {
            if (failure != null) throw new AssertionError("a member failed", failure);
            if (System.currentTimeMillis() > deadline) throw new AssertionError("waited in vain for " + what + ", done: " + done.size());
            Thread.sleep(100);
        }
    }
}
