package josephk.vectors;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Random;

/**
 * Writes values of Kafka's messages as Kafka's own classes write them, or reads what others wrote.
 *
 * <pre>
 * write PLAN OUT SEED COUNT   PLAN: lines "name version"; OUT: lines "name version base64 json"
 * check IN                    IN: lines "name version base64"; prints a line for each that Kafka would write otherwise
 * </pre>
 */
public final class Main {
    public static void main(String[] arguments) throws Exception {
        switch (arguments[0]) {
            case "write" -> write(Path.of(arguments[1]), Path.of(arguments[2]), Long.parseLong(arguments[3]),
                Integer.parseInt(arguments[4]));
            case "check" -> check(Path.of(arguments[1]));
            default -> throw new IllegalArgumentException("write or check, not " + arguments[0]);
        }
    }

    private static void write(Path plan, Path target, long seed, int count) throws Exception {
        try (PrintStream out = new PrintStream(Files.newOutputStream(target), false, StandardCharsets.UTF_8)) {
            for (String line : Files.readAllLines(plan)) {
                String[] parts = line.split(" ");
                Format format = Format.named(parts[0]);
                short version = Short.parseShort(parts[1]);
                // Each message and version has its own chance, so that one can be made again without the others.
                Random random = new Random(seed * 31 + line.hashCode());
                for (int i = 0; i < count; i++) {
                    Format.Vector vector = format.make(version, random, i);
                    out.println(line + " " + Base64.getEncoder().encodeToString(vector.bytes()) + " " + vector.json());
                }
            }
        }
    }

    private static void check(Path source) throws Exception {
        int failures = 0;
        for (String line : Files.readAllLines(source)) {
            String[] parts = line.split(" ", -1);
            byte[] bytes = Base64.getDecoder().decode(parts[2]);
            try {
                byte[] again = Format.named(parts[0]).again(bytes, Short.parseShort(parts[1]));
                if (java.util.Arrays.equals(bytes, again)) continue;
                System.out.println(line + " -> " + Base64.getEncoder().encodeToString(again));
            } catch (RuntimeException | ReflectiveOperationException error) {
                Throwable cause = error.getCause() == null ? error : error.getCause();
                System.out.println(line + " -> " + cause);
            }
            if (++failures >= 100) return;
        }
    }
}
