package io.vipline.tools.get;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.yaml.snakeyaml.DumperOptions;
import org.yaml.snakeyaml.DumperOptions.FlowStyle;
import org.yaml.snakeyaml.DumperOptions.ScalarStyle;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.Tag;
import org.yaml.snakeyaml.representer.Representer;

/** Objects as {@code kubectl get -o json} and {@code -o yaml} print them. */
final class ObjectText {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private ObjectText() {}

    private static Map<String, Object> tree(HasMetadata object) {
        return MAPPER.convertValue(object, new TypeReference<LinkedHashMap<String, Object>>() {});
    }

    /** One object as itself, several as a {@code List}. */
    static Map<String, Object> document(List<? extends HasMetadata> objects, boolean single) {
        if (single) {
            return tree(objects.getFirst());
        }
        Map<String, Object> list = new LinkedHashMap<>();
        list.put("apiVersion", "v1");
        list.put("items", objects.stream().map(ObjectText::tree).toList());
        list.put("kind", "List");
        list.put("metadata", Map.of("resourceVersion", ""));
        return list;
    }

    static String json(Map<String, Object> document) {
        DefaultIndenter indenter = new DefaultIndenter("    ", "\n");
        DefaultPrettyPrinter printer =
                new DefaultPrettyPrinter().withObjectIndenter(indenter).withArrayIndenter(indenter);
        try {
            return MAPPER.writer(printer).writeValueAsString(document) + "\n";
        } catch (JsonProcessingException unwritable) {
            throw new IllegalStateException("maps and lists cannot be written", unwritable);
        }
    }

    static String yaml(Map<String, Object> document) {
        DumperOptions options = new DumperOptions();
        options.setDefaultFlowStyle(FlowStyle.BLOCK);
        options.setSplitLines(false);
        options.setDereferenceAliases(true);
        return new Yaml(new Quoting(options), options).dump(document);
    }

    /** Quotes text that a YAML 1.1 reader, of which there are several sorts, could take for something else. */
    private static final class Quoting extends Representer {
        private static final Pattern NUMBER_LIKE = Pattern.compile(
                "[-+]?[0-9_]*\\.?[0-9_]*([eE][-+]?[0-9]+)?|[-+]?0[xXoObB][0-9a-fA-F_]+|[-+]?\\.(inf|Inf|INF|nan|NaN|NAN)");
        private static final Set<String> WORDS =
                Set.of("y", "n", "yes", "no", "on", "off", "true", "false", "null", "~", "<<", "=");

        Quoting(DumperOptions options) {
            super(options);
        }

        @Override
        protected Node representScalar(Tag tag, String value, ScalarStyle style) {
            boolean ambiguous = tag.equals(Tag.STR)
                    && style != ScalarStyle.LITERAL
                    && (WORDS.contains(value.toLowerCase(Locale.ROOT))
                            || NUMBER_LIKE.matcher(value).matches());
            return super.representScalar(tag, value, ambiguous ? ScalarStyle.DOUBLE_QUOTED : style);
        }
    }
}
