import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** The process of the first member of each stage, as its parent sees it; and, in `main`, that process itself. */
final class Doomed {
    private static final String IN_TRANSACTION = "IN TRANSACTION ";

    private final Process process;
    private final BlockingQueue<Integer> stagesInTransaction = new LinkedBlockingQueue<>();

    Doomed(Arguments arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of("java", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp"));
        command.addAll(List.of(System.getProperty("java.class.path"), "Doomed"));
        command.addAll(List.of(arguments.raw));
        process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
        Thread reader = new Thread(this::listen, "doomed's output");
        reader.setDaemon(true);
        reader.start();
    }

    /** All its members are in the middle of a transaction when SIGKILL comes. */
    void die() throws IOException, InterruptedException {
        // The last stage first: one whose predecessor is in a transaction for good may get nothing to do.
        for (int stage = ChainSetting.STAGES; stage > 0; stage--) {
            process.getOutputStream().write((stage + "\n").getBytes());
            process.getOutputStream().flush();
            Integer paused = stagesInTransaction.poll(30, TimeUnit.SECONDS);
            if (paused == null || paused != stage) throw new AssertionError(paused + " instead of " + stage + " is in a transaction");
        }
        if (!process.isAlive()) throw new AssertionError("the doomed members were dead before they were killed");
        process.destroyForcibly();
        process.waitFor();
    }

    private void listen() {
        try (BufferedReader lines = process.inputReader()) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (line.startsWith(IN_TRANSACTION)) stagesInTransaction.add(Integer.parseInt(line.substring(IN_TRANSACTION.length())));
                else System.out.println("doomed: " + line);
            }
        } catch (IOException ended) {
            // Killed.
        }
    }

    public static void main(String[] raw) throws IOException {
        ChainSetting setting = new ChainSetting(new Arguments(raw));
        List<ChainMember> members = new ArrayList<>();
        for (int stage = 1; stage <= ChainSetting.STAGES; stage++) members.add(setting.member(stage, "a"));
        BufferedReader input = new BufferedReader(new InputStreamReader(System.in));
        for (String stage = input.readLine(); stage != null; stage = input.readLine()) {
            members.get(Integer.parseInt(stage) - 1).pauseInTransaction(() -> System.out.println(IN_TRANSACTION + Thread.currentThread().getName().split(" ")[1]));
        }
        System.exit(0);
    }
}
