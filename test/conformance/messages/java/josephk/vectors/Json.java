package josephk.vectors;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.ArrayList;
import java.util.List;

/** JSON that JavaScript reads without loss: whole numbers that a double cannot hold become text. */
final class Json {
    private static final long LARGEST_SAFE = (1L << 53) - 1;

    static String text(JsonNode node) {
        return safe(node).toString();
    }

    private static JsonNode safe(JsonNode node) {
        if (node instanceof ObjectNode object) {
            List<String> names = new ArrayList<>();
            object.fieldNames().forEachRemaining(names::add);
            for (String name : names) object.set(name, safe(object.get(name)));
        } else if (node instanceof ArrayNode array) {
            for (int i = 0; i < array.size(); i++) array.set(i, safe(array.get(i)));
        } else if (node.isLong() && (node.longValue() > LARGEST_SAFE || node.longValue() < -LARGEST_SAFE)) {
            return new TextNode(node.asText());
        }
        return node;
    }
}
