package josephk.vectors;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What Kafka's definition of a message, found in the same jar as its class, says of its fields in each version. */
final class Definition {
    private static final ObjectMapper MAPPER =
        new ObjectMapper().configure(JsonParser.Feature.ALLOW_COMMENTS, true);

    record Field(String name, boolean array, String type, boolean nullable, boolean struct) {
    }

    final String kind;
    private final JsonNode root;
    private final Map<String, JsonNode> structs = new HashMap<>();

    Definition(String name) throws IOException {
        try (InputStream in = Definition.class.getResourceAsStream("/common/message/" + name + ".json")) {
            if (in == null) throw new IOException("no definition of " + name + " on the class path");
            root = MAPPER.readTree(in);
        }
        kind = root.get("type").asText();
        for (JsonNode struct : root.path("commonStructs")) {
            structs.put(struct.get("name").asText(), struct.get("fields"));
            collect(struct.get("fields"));
        }
        collect(root.get("fields"));
    }

    private void collect(JsonNode fields) {
        for (JsonNode field : fields) {
            if (!field.has("fields")) continue;
            structs.put(elementType(field), field.get("fields"));
            collect(field.get("fields"));
        }
    }

    boolean flexible(short version) {
        return holds(root.path("flexibleVersions").asText("none"), version);
    }

    /** The fields of the message ({@code struct} null) or of one of its structs that the version has. */
    List<Field> fields(String struct, short version) {
        List<Field> found = new ArrayList<>();
        for (JsonNode field : struct == null ? root.get("fields") : structs.get(struct)) {
            String versions = field.has("versions") ? field.get("versions").asText() : field.get("taggedVersions").asText();
            if (!holds(versions, version)) continue;
            String name = field.get("name").asText();
            String type = elementType(field);
            found.add(new Field(
                Character.toLowerCase(name.charAt(0)) + name.substring(1),
                field.get("type").asText().startsWith("[]"),
                type,
                holds(field.path("nullableVersions").asText("none"), version),
                structs.containsKey(type)));
        }
        return found;
    }

    private static String elementType(JsonNode field) {
        return field.get("type").asText().replace("[]", "");
    }

    private static boolean holds(String window, short version) {
        if (window.equals("none")) return false;
        if (window.endsWith("+")) return version >= Short.parseShort(window.substring(0, window.length() - 1));
        String[] ends = window.split("-");
        return version >= Short.parseShort(ends[0]) && version <= Short.parseShort(ends[ends.length - 1]);
    }
}
