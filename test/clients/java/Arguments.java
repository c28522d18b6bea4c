import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The command line: `--name value` pairs. */
final class Arguments {
    private final Map<String, String> values = new HashMap<>();
    final String[] raw;

    Arguments(String[] raw) {
        this.raw = raw;
        for (int i = 0; i + 1 < raw.length; i += 2) values.put(raw[i].substring(2), raw[i + 1]);
    }

    boolean has(String name) {
        return values.containsKey(name);
    }

    String text(String name) {
        String value = values.get(name);
        if (value == null) throw new IllegalArgumentException("--" + name + " is missing");
        return value;
    }

    int number(String name) {
        return Integer.parseInt(text(name));
    }

    List<String> list(String name) {
        return List.of(text(name).split(","));
    }
}
