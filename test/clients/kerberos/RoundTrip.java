import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.Future;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** Sends records, some each second, then reads them by a consumer of its own: each once, in order. `FILE TOPIC RECORDS SECONDS` */
final class RoundTrip {
    private static final int TIMEOUT_MS = 30_000;

    public static void main(String[] arguments) throws Exception {
        Properties settings = new Properties();
        try (Reader reader = Files.newBufferedReader(Path.of(arguments[0]))) {
            settings.load(reader);
        }
        String topic = arguments[1];
        int records = Integer.parseInt(arguments[2]);
        int seconds = Integer.parseInt(arguments[3]);
        produce(settings, topic, records, seconds * 1000L / records);
        consume(settings, topic, records);
        System.out.println("READ " + records);
    }

    private static void produce(Properties settings, String topic, int records, long pauseMs) throws Exception {
        Properties own = new Properties();
        own.putAll(settings);
        own.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, TIMEOUT_MS);
        try (KafkaProducer<String, String> producer = new KafkaProducer<>(own, new StringSerializer(), new StringSerializer())) {
            List<Future<RecordMetadata>> sent = new ArrayList<>();
            for (int number = 0; number < records; number++) {
                sent.add(producer.send(new ProducerRecord<>(topic, 0, "key", value(number))));
                // Who is not let in will not be with the next record either.
                if (number == 0) sent.get(0).get();
                Thread.sleep(pauseMs);
            }
            for (int number = 0; number < records; number++) {
                long offset = sent.get(number).get().offset();
                if (offset != number) throw new AssertionError("record " + number + " is at offset " + offset);
            }
        }
    }

    private static void consume(Properties settings, String topic, int records) {
        Properties own = new Properties();
        own.putAll(settings);
        own.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        own.put(ConsumerConfig.GROUP_ID_CONFIG, topic);
        try (KafkaConsumer<String, String> consumer = new KafkaConsumer<>(own, new StringDeserializer(), new StringDeserializer())) {
            consumer.subscribe(List.of(topic));
            long deadline = System.currentTimeMillis() + TIMEOUT_MS;
            int next = 0;
            while (next < records) {
                if (System.currentTimeMillis() > deadline) throw new AssertionError("only " + next + " records came");
                for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(200))) {
                    if (record.offset() != next || !record.value().equals(value(next))) {
                        throw new AssertionError("offset " + record.offset() + " holds " + record.value() + ", not record " + next);
                    }
                    next++;
                }
            }
            consumer.commitSync();
            long committed = consumer.committed(Set.of(new TopicPartition(topic, 0)))
                .get(new TopicPartition(topic, 0)).offset();
            if (committed != records) throw new AssertionError("committed " + committed);
        }
    }

    private static String value(int number) {
        return "record " + number;
    }
}
