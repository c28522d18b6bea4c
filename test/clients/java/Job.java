import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.ListConsumerGroupOffsetsSpec;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** The job that every client does (see the README), once for each compression, all at the same time. */
final class Job {
    private final Arguments arguments;
    private final String codec;
    private final Victim victim;
    private final Content content;
    private final Progress progress;

    private Job(Arguments arguments, String codec, Victim victim) {
        this.arguments = arguments;
        this.codec = codec;
        this.victim = victim;
        this.content = new Content(arguments, topic(arguments, codec));
        this.progress = new Progress(content);
    }

    static String topic(Arguments arguments, String codec) {
        return arguments.text("prefix") + "-" + codec;
    }

    public static void main(String[] raw) throws Exception {
        Arguments arguments = new Arguments(raw);
        List<String> codecs = arguments.list("compressions");
        try (Admin admin = Admin.create(Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, arguments.text("bootstrap")))) {
            List<Job> jobs = new ArrayList<>();
            for (String codec : codecs) new Job(arguments, codec, null).createTopic(admin);
            Victim victim = new Victim(arguments, codecs.size());
            List<Thread> threads = new ArrayList<>();
            for (String codec : codecs) {
                Job job = new Job(arguments, codec, victim);
                jobs.add(job);
                threads.add(new Thread(() -> job.report(admin), codec));
            }
            for (Thread thread : threads) thread.start();
            for (Thread thread : threads) thread.join();
            System.exit(jobs.stream().anyMatch(job -> job.progress.failure != null) ? 1 : 0);
        }
    }

    private void report(Admin admin) {
        boolean[] letGo = {false};
        try {
            run(admin, letGo);
            System.out.println("PASS " + codec + " " + progress.milliseconds());
        } catch (Throwable error) {
            if (progress.failure == null) progress.failure = error;
            System.out.println("FAIL " + codec + " " + String.valueOf(error).replace('\n', ' '));
            error.printStackTrace();
        } finally {
            if (!letGo[0]) victim.done();
        }
    }

    private void run(Admin admin, boolean[] letGo) throws Exception {
        produce();
        progress.note("produced");
        Member first = member("first", false);
        Member second = member("second", false);
        progress.await(
            () -> first.assigned().size() == 2 && second.assigned().size() == 2 && victim.assigned(codec) == 2,
            () -> "2 partitions for each of 3 members: " + first.assigned() + second.assigned() + victim.assigned(codec)
        );
        progress.note("three members have two partitions each");
        first.startReading();
        second.startReading();
        victim.go(codec);
        progress.await(() -> victim.ready(codec) != null, () -> "the victim's commit");
        progress.await(() -> first.hasReadItsShare() && second.hasReadItsShare(), () -> "all of their own partitions");
        for (int partition : victim.ready(codec).keySet()) progress.committed.put(partition, Victim.COMMITS);

        letGo[0] = true;
        progress.note("ready for the victim's death");
        victim.done();
        victim.awaitDeath();
        long death = progress.milliseconds();
        progress.note("the victim is dead");
        progress.await(() -> first.assigned().size() + second.assigned().size() == content.partitions, () -> "a take-over");
        long takeOver = progress.milliseconds() - death;
        progress.note("its partitions are taken over");
        if (takeOver < Member.SESSION_TIMEOUT_MS - Member.HEARTBEAT_INTERVAL_MS - 1_000) {
            throw new AssertionError("taken over after " + takeOver + " ms, before the session can have timed out");
        }
        progress.await(progress::allRead, () -> "all records: " + progress.reached);

        Map<Integer, Long> restart = new HashMap<>();
        for (int partition = 0; partition < content.partitions; partition++) {
            restart.put(partition, content.end(partition) - 100 - partition);
        }
        first.retire(restart);
        second.retire(restart);
        progress.await(() -> first.retired() && second.retired(), () -> "the last commits");
        first.leave();
        second.leave();
        progress.note("everything is read, the members have gone");
        checkCommitted(admin, restart);
        progress.reached.clear();
        Member restarted = member("restarted", true);
        progress.await(progress::allRead, () -> "all records after the restart: " + progress.reached);
        restarted.leave();
        if (progress.failure != null) throw new AssertionError(progress.failure.toString(), progress.failure);
    }

    private Member member(String name, boolean reading) {
        return new Member(arguments, progress, content.topic, content.topic + "-" + name, reading, member -> {});
    }

    private void createTopic(Admin admin) throws Exception {
        admin.createTopics(List.of(new NewTopic(content.topic, content.partitions, (short) 1))).all().get();
        // A broker may learn of a topic a moment after the controller has answered that it exists.
        progress.await(() -> partitionsOf(admin) == content.partitions, () -> "a topic as it was asked for: " + partitionsOf(admin) + " partitions");
    }

    private int partitionsOf(Admin admin) {
        try {
            return admin.describeTopics(List.of(content.topic)).allTopicNames().get().get(content.topic).partitions().size();
        } catch (ExecutionException error) {
            if (error.getCause() instanceof UnknownTopicOrPartitionException) return 0;
            throw new AssertionError(error);
        } catch (InterruptedException error) {
            throw new AssertionError(error);
        }
    }

    private void produce() throws Exception {
        Map<String, Object> config = Map.of(
            ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, arguments.text("bootstrap"),
            ProducerConfig.COMPRESSION_TYPE_CONFIG, codec,
            ProducerConfig.LINGER_MS_CONFIG, 20
        );
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer())) {
            List<Future<RecordMetadata>> sent = new ArrayList<>();
            for (int index = 0; index < content.records; index++) sent.add(producer.send(content.record(index)));
            producer.flush();
            for (int index = 0; index < content.records; index++) {
                RecordMetadata answer = sent.get(index).get();
                if (answer.offset() != index / content.partitions || answer.partition() != index % content.partitions) {
                    throw new AssertionError("record " + index + " was stored at " + answer);
                }
            }
        }
    }

    private void checkCommitted(Admin admin, Map<Integer, Long> expected) throws Exception {
        Map<TopicPartition, OffsetAndMetadata> committed = admin
            .listConsumerGroupOffsets(Map.of(content.topic, new ListConsumerGroupOffsetsSpec()))
            .partitionsToOffsetAndMetadata(content.topic)
            .get();
        expected.forEach((partition, offset) -> {
            OffsetAndMetadata got = committed.get(new TopicPartition(content.topic, partition));
            if (got == null || got.offset() != offset || !got.metadata().equals("at " + offset)) {
                throw new AssertionError("partition " + partition + ": committed " + offset + ", listed " + got);
            }
        });
    }
}
