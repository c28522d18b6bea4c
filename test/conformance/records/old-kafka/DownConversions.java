import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.ConvertedRecords;
import org.apache.kafka.common.record.MemoryRecords;
import org.apache.kafka.common.utils.Time;

/** Reads "hex toMagic firstOffset" from each line of standard input and prints the converted records, or the error. */
public class DownConversions {
    public static void main(String[] args) throws Exception {
        HexFormat hex = HexFormat.of();
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        StringBuilder out = new StringBuilder();
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            String[] parts = line.split(" ");
            try {
                MemoryRecords records = MemoryRecords.readableRecords(ByteBuffer.wrap(hex.parseHex(parts[0])));
                ConvertedRecords<MemoryRecords> converted = records.downConvert(Byte.parseByte(parts[1]), Long.parseLong(parts[2]), Time.SYSTEM);
                ByteBuffer buffer = converted.records().buffer().duplicate();
                byte[] bytes = new byte[buffer.remaining()];
                buffer.get(bytes);
                out.append("{\"error\":\"NONE\",\"bytes\":\"").append(hex.formatHex(bytes)).append("\"}\n");
            } catch (Exception e) {
                out.append("{\"error\":\"").append(Errors.forException(e)).append("\"}\n");
            }
        }
        System.out.print(out);
    }
}
