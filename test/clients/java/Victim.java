import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** The process of the third members, one of each group, as its parent sees it; and, in `main`, that process itself. */
final class Victim {
    /** The victim reads further than this, but commits only this. */
    static final long COMMITS = 300;

    private final Process process;
    private final Map<String, Integer> assigned = new ConcurrentHashMap<>();
    private final Map<String, Map<Integer, Long>> ready = new ConcurrentHashMap<>();
    private final CountDownLatch waitedFor;

    Victim(Arguments arguments, int groups) throws IOException {
        String[] own = {"java", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", System.getProperty("java.class.path"), "Victim"};
        String[] command = java.util.Arrays.copyOf(own, own.length + arguments.raw.length);
        System.arraycopy(arguments.raw, 0, command, own.length, arguments.raw.length);
        waitedFor = new CountDownLatch(groups);
        process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
        Thread reader = new Thread(this::listen, "victim's output");
        reader.setDaemon(true);
        reader.start();
    }

    int assigned(String codec) {
        return assigned.getOrDefault(codec, 0);
    }

    void go(String codec) throws IOException {
        synchronized (process) {
            process.getOutputStream().write((codec + "\n").getBytes());
            process.getOutputStream().flush();
        }
    }

    /** Partition to the offset up to which it has read, once it has read and committed. */
    Map<Integer, Long> ready(String codec) {
        return ready.get(codec);
    }

    /** One group has no more need of it. The last such word kills it, by SIGKILL. */
    void done() {
        waitedFor.countDown();
        if (waitedFor.getCount() == 0) process.destroyForcibly();
    }

    void awaitDeath() throws InterruptedException {
        if (!process.waitFor(90, TimeUnit.SECONDS)) throw new AssertionError("some group never let the victim die");
    }

    private void listen() {
        try (BufferedReader lines = process.inputReader()) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                String[] words = line.split(" ");
                if (words[0].equals("ASSIGNED")) assigned.put(words[1], Integer.parseInt(words[2]));
                else if (words[0].equals("READY")) ready.put(words[1], offsets(words));
                else System.out.println("victim: " + line);
            }
        } catch (IOException ended) {
            // Killed.
        }
    }

    private static Map<Integer, Long> offsets(String[] words) {
        Map<Integer, Long> offsets = new HashMap<>();
        for (int i = 2; i < words.length; i++) {
            String[] pair = words[i].split(":");
            offsets.put(Integer.parseInt(pair[0]), Long.parseLong(pair[1]));
        }
        return offsets;
    }

    public static void main(String[] raw) throws Exception {
        Arguments arguments = new Arguments(raw);
        Map<String, Member> members = new HashMap<>();
        for (String codec : arguments.list("compressions")) {
            String topic = Job.topic(arguments, codec);
            Progress progress = new Progress(new Content(arguments, topic));
            Set<String> said = ConcurrentHashMap.newKeySet();
            members.put(codec, new Member(arguments, progress, topic, topic + "-victim", false, member -> report(codec, progress, member, said)));
        }
        BufferedReader input = new BufferedReader(new InputStreamReader(System.in));
        for (String codec = input.readLine(); codec != null; codec = input.readLine()) members.get(codec).startReading();
        System.exit(0);
    }

    private static void report(String codec, Progress progress, Member member, Set<String> said) {
        say(said, "ASSIGNED " + codec + " " + member.assigned().size());
        if (said.contains("READY") || member.assigned().isEmpty()) return;
        if (!member.assigned().stream().allMatch(p -> member.next().getOrDefault(p, 0L) > COMMITS)) return;
        Map<Integer, Long> offsets = new HashMap<>();
        StringBuilder line = new StringBuilder("READY " + codec);
        for (int partition : member.assigned()) {
            offsets.put(partition, COMMITS);
            line.append(' ').append(partition).append(':').append(member.next().get(partition));
        }
        member.commit(offsets);
        member.pauseAll();
        said.add("READY");
        System.out.println(line);
    }

    private static void say(Set<String> said, String line) {
        if (said.contains(line)) return;
        said.removeIf(old -> old.startsWith("ASSIGNED"));
        said.add(line);
        System.out.println(line);
    }
}
