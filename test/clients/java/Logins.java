import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** What clients do by SASL, each line of the file at the same time as the others (see logins.ts). */
final class Logins {
    private static final int RECORDS = 20;
    private static final long SEND_EVERY_MS = 10;
    private static final long EXPIRY_SEND_EVERY_MS = 100;

    private final String name;
    private final String kind;
    private final String bootstrap;
    private final String ca;
    private final String mechanism;
    private final String user;
    private final String password;
    private final String tokenUrl;
    private final String topic;
    private final long milliseconds;

    private Logins(String line) {
        String[] columns = line.split("\t");
        name = columns[0];
        kind = columns[1];
        bootstrap = columns[2];
        ca = columns[3];
        mechanism = columns[4];
        user = columns[5];
        password = columns[6];
        tokenUrl = columns[7];
        topic = columns[8];
        milliseconds = Long.parseLong(columns[9]);
    }

    public static void main(String[] raw) throws Exception {
        List<Thread> threads = new ArrayList<>();
        for (String line : Files.readAllLines(Path.of(new Arguments(raw).text("logins")))) {
            Logins task = new Logins(line);
            Thread thread = new Thread(task::run, task.name);
            threads.add(thread);
            thread.start();
        }
        for (Thread thread : threads) thread.join();
        System.exit(0);
    }

    private void run() {
        try {
            switch (kind) {
                case "login" -> login();
                case "flow" -> flow();
                default -> expiry();
            }
        } catch (Throwable error) {
            Throwable cause = error instanceof ExecutionException ? error.getCause() : error;
            StringBuilder why = new StringBuilder(String.valueOf(cause));
            for (Throwable each = cause.getCause(); each != null; each = each.getCause()) why.append("; ").append(each);
            say(cause instanceof AuthenticationException ? "REFUSED" : "FAILED", why.toString());
        }
    }

    private void login() throws Exception {
        try (KafkaProducer<String, String> producer = producer(15_000)) {
            for (int i = 0; i < RECORDS; i++) send(producer, i).get();
        }
        try (KafkaConsumer<String, String> consumer = consumer()) {
            consumer.assign(List.of(new TopicPartition(topic, 0)));
            consumer.seekToBeginning(consumer.assignment());
            read(consumer, 0, RECORDS);
        }
        say("IN", "");
    }

    private void flow() throws Exception {
        int sent = 0;
        try (KafkaProducer<String, String> producer = producer(15_000); KafkaConsumer<String, String> consumer = consumer()) {
            send(producer, sent++).get();
            consumer.subscribe(List.of(topic));
            read(consumer, 0, 1);
            say("FLOWING", "");
            long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(milliseconds);
            List<Future<RecordMetadata>> answers = new ArrayList<>();
            int next = 1;
            while (System.nanoTime() < end) {
                answers.add(send(producer, sent++));
                Thread.sleep(SEND_EVERY_MS);
                for (ConsumerRecord<String, String> record : consumer.poll(Duration.ZERO)) check(record, next++);
            }
            for (Future<RecordMetadata> answer : answers) answer.get();
            read(consumer, next, sent);
            // Before it leaves: what closes a fetch session waits behind the fetch under way, and may come after the session's end.
            say("FLOWED", String.valueOf(sent));
        }
    }

    private void expiry() throws Exception {
        int sent = 0;
        try (KafkaProducer<String, String> producer = producer(2_000)) {
            send(producer, sent++).get();
            say("IN", "");
            while (true) {
                send(producer, sent).get();
                sent++;
                Thread.sleep(EXPIRY_SEND_EVERY_MS);
            }
        } catch (ExecutionException cut) {
            say("CUT", sent + " " + cut.getCause());
        }
    }

    private void read(KafkaConsumer<String, String> consumer, int from, int to) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(15);
        int next = from;
        while (next < to) {
            if (System.nanoTime() > deadline) throw new AssertionError("only " + next + " records of " + to);
            for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(100))) check(record, next++);
        }
        if (!consumer.poll(Duration.ofMillis(100)).isEmpty()) throw new AssertionError("more than " + to + " records");
    }

    private static void check(ConsumerRecord<String, String> record, int expected) {
        if (!record.value().equals(String.valueOf(expected)) || record.offset() != expected) {
            throw new AssertionError("record " + expected + " is " + record.value() + " at " + record.offset());
        }
    }

    private Future<RecordMetadata> send(KafkaProducer<String, String> producer, int number) {
        return producer.send(new ProducerRecord<>(topic, 0, null, String.valueOf(number)));
    }

    private KafkaProducer<String, String> producer(int patienceMs) {
        Map<String, Object> config = config();
        config.put("max.block.ms", patienceMs);
        config.put("delivery.timeout.ms", patienceMs);
        config.put("request.timeout.ms", patienceMs);
        config.put("linger.ms", 0);
        return new KafkaProducer<>(config, new StringSerializer(), new StringSerializer());
    }

    private KafkaConsumer<String, String> consumer() {
        Map<String, Object> config = config();
        config.put("group.id", topic);
        config.put("auto.offset.reset", "earliest");
        return new KafkaConsumer<>(config, new StringDeserializer(), new StringDeserializer());
    }

    private Map<String, Object> config() {
        Map<String, Object> config = new HashMap<>();
        config.put("bootstrap.servers", bootstrap);
        config.put("sasl.mechanism", mechanism);
        config.put("security.protocol", ca.equals("-") ? "SASL_PLAINTEXT" : "SASL_SSL");
        if (!ca.equals("-")) {
            config.put("ssl.truststore.type", "PEM");
            config.put("ssl.truststore.location", ca);
        }
        config.put("sasl.jaas.config", "org.apache.kafka.common.security." + loginModule() + ";");
        if (!tokenUrl.equals("-")) {
            config.put("sasl.login.callback.handler.class", "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginCallbackHandler");
            config.put("sasl.oauthbearer.token.endpoint.url", tokenUrl);
            config.put("sasl.oauthbearer.client.credentials.client.id", user);
            config.put("sasl.oauthbearer.client.credentials.client.secret", password);
        }
        return config;
    }

    private String loginModule() {
        String named = " required username=\"" + user + "\" password=\"" + password + "\"";
        if (mechanism.equals("PLAIN")) return "plain.PlainLoginModule" + named;
        if (mechanism.startsWith("SCRAM")) return "scram.ScramLoginModule" + named;
        String unsecured = tokenUrl.equals("-") ? " unsecuredLoginStringClaim_sub=\"" + user + "\"" : "";
        return "oauthbearer.OAuthBearerLoginModule required" + unsecured;
    }

    private void say(String what, String more) {
        String line = (what + " " + name + " " + more).strip().replace('\n', ' ') + "\n";
        System.out.writeBytes(line.getBytes(StandardCharsets.UTF_8));
        System.out.flush();
    }
}
