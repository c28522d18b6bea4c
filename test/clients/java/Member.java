import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * One member of a group, on its own thread. Each time it is given a partition, the first record must be at the group's committed
 * offset and the next ones must follow without a gap; each is compared byte by byte.
 */
final class Member implements ConsumerRebalanceListener {
    static final int SESSION_TIMEOUT_MS = 6_000;
    static final int HEARTBEAT_INTERVAL_MS = 2_000;

    private final Progress progress;
    private final KafkaConsumer<byte[], byte[]> consumer;
    private final Map<Integer, Long> next = new ConcurrentHashMap<>();
    private final Thread thread;
    /** Called on the member's thread after each poll. */
    private final Consumer<Member> afterPoll;
    private volatile Set<Integer> assigned = Set.of();
    private volatile boolean reading;
    private volatile boolean stopping;
    private volatile Map<Integer, Long> wanted;
    private volatile boolean retired;

    Member(Arguments arguments, Progress progress, String group, String name, boolean reading, Consumer<Member> afterPoll) {
        this.progress = progress;
        this.reading = reading;
        this.afterPoll = afterPoll;
        Map<String, Object> config = new HashMap<>(Map.of(
            ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, arguments.text("bootstrap"),
            ConsumerConfig.GROUP_ID_CONFIG, group,
            ConsumerConfig.CLIENT_ID_CONFIG, name,
            ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest",
            ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false
        ));
        config.putAll(groupConfig(arguments.has("group") ? arguments.text("group") : "classic"));
        this.consumer = new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer());
        this.thread = new Thread(this::run, name);
        thread.setDaemon(true);
        thread.start();
    }

    /** How its group comes to its assignments: by the consumer protocol, or by the classic one, eagerly or cooperatively. */
    private static Map<String, Object> groupConfig(String group) {
        // The cluster says how long sessions last, which must be as long as those of the other groups here.
        if (group.equals("consumer")) return Map.of(ConsumerConfig.GROUP_PROTOCOL_CONFIG, "consumer");
        Map<String, Object> config = new HashMap<>(Map.of(
            ConsumerConfig.GROUP_PROTOCOL_CONFIG, "classic",
            ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG, SESSION_TIMEOUT_MS,
            ConsumerConfig.HEARTBEAT_INTERVAL_MS_CONFIG, HEARTBEAT_INTERVAL_MS
        ));
        if (group.equals("cooperative")) {
            config.put(ConsumerConfig.PARTITION_ASSIGNMENT_STRATEGY_CONFIG, CooperativeStickyAssignor.class.getName());
        }
        return config;
    }

    Set<Integer> assigned() {
        return assigned;
    }

    Map<Integer, Long> next() {
        return next;
    }

    /** Until it is told so, a member holds its partitions without fetching. */
    void startReading() {
        reading = true;
    }

    boolean hasReadItsShare() {
        return assigned.stream().allMatch(p -> next.getOrDefault(p, 0L) >= progress.content.end(p));
    }

    /** On the member's thread only. */
    void commit(Map<Integer, Long> offsets) {
        Map<TopicPartition, OffsetAndMetadata> wanted = new HashMap<>();
        offsets.forEach((p, offset) -> wanted.put(partition(p), new OffsetAndMetadata(offset, "at " + offset)));
        consumer.commitSync(wanted);
        progress.committed.putAll(offsets);
    }

    /** On the member's thread only. */
    void pauseAll() {
        reading = false;
        consumer.pause(consumer.assignment());
    }

    /** Has it commit these offsets, of the partitions that are its own, as the last thing it does before it leaves the group. */
    void retire(Map<Integer, Long> offsets) {
        wanted = offsets;
    }

    boolean retired() {
        return retired;
    }

    void leave() throws InterruptedException {
        stopping = true;
        thread.join(30_000);
        if (thread.isAlive()) throw new AssertionError(thread.getName() + " does not close");
    }

    private void run() {
        try (consumer) {
            consumer.subscribe(Set.of(progress.content.topic), this);
            while (!stopping) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(100))) read(record);
                if (reading && !consumer.paused().isEmpty()) consumer.resume(consumer.paused());
                afterPoll.accept(this);
                if (wanted != null && !retired) commitAndRest();
            }
        } catch (Throwable error) {
            if (progress.failure == null) progress.failure = error;
        }
    }

    private void commitAndRest() {
        pauseAll();
        Map<Integer, Long> own = new HashMap<>(wanted);
        own.keySet().retainAll(assigned);
        commit(own);
        next.clear();
        retired = true;
    }

    private void read(ConsumerRecord<byte[], byte[]> record) {
        int p = record.partition();
        long expected = next.containsKey(p) ? next.get(p) : progress.committed.getOrDefault(p, 0L);
        if (record.offset() != expected) {
            throw new AssertionError(thread.getName() + " partition " + p + ": expected offset " + expected + ", got " + record.offset());
        }
        progress.content.compare(record);
        next.put(p, record.offset() + 1);
        progress.reached.merge(p, record.offset() + 1, Math::max);
    }

    @Override
    public void onPartitionsAssigned(Collection<TopicPartition> added) {
        Set<Integer> all = new TreeSet<>();
        for (TopicPartition partition : consumer.assignment()) all.add(partition.partition());
        if (!reading) consumer.pause(consumer.assignment());
        assigned = all;
    }

    @Override
    public void onPartitionsRevoked(Collection<TopicPartition> revoked) {
        Map<Integer, Long> read = new HashMap<>();
        for (TopicPartition partition : revoked) {
            Long offset = next.remove(partition.partition());
            if (offset != null) read.put(partition.partition(), offset);
        }
        if (!read.isEmpty()) commit(read);
        Set<Integer> rest = new TreeSet<>(assigned);
        for (TopicPartition partition : revoked) rest.remove(partition.partition());
        assigned = rest;
    }

    @Override
    public void onPartitionsLost(Collection<TopicPartition> lost) {
        for (TopicPartition partition : lost) next.remove(partition.partition());
        assigned = Set.of();
    }

    private TopicPartition partition(int number) {
        return new TopicPartition(progress.content.topic, number);
    }
}
