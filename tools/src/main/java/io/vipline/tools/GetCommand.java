package io.vipline.tools;

import io.vipline.tools.get.ResourceQuery;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;

/** {@code vipline get services|endpoints|endpointslices|pods|nodes|all}. */
@Command(
        name = "get",
        header = "Show the cluster that manifests become, as kubectl would.",
        footer = {
            "  vipline get -f app.yaml services",
            "  vipline get -f app.yaml --nodes 3 pods -o wide",
            "  vipline get -f app.yaml all -A -o yaml > cluster.yaml"
        })
final class GetCommand extends Verb {
    private enum Output {
        TABLE,
        WIDE,
        JSON,
        YAML,
        NAME
    }

    @Mixin
    private ClusterOptions clusterOptions;

    @Parameters(
            index = "0",
            paramLabel = "TYPE",
            description = "services, endpoints, endpointslices, pods, nodes or all; several with commas.")
    private String types;

    @Parameters(index = "1..*", paramLabel = "NAME", description = "Only the objects of these names.")
    private List<String> names = new ArrayList<>();

    @Option(
            names = {"-n", "--namespace"},
            paramLabel = "NS",
            description = "Default: ${DEFAULT-VALUE}.")
    private String namespace = "default";

    @Option(
            names = {"-A", "--all-namespaces"},
            description = "Of all namespaces.")
    private boolean allNamespaces;

    @Option(
            names = {"-l", "--selector"},
            paramLabel = "LABELS",
            description = "Only objects with these labels: a=b,c!=d,e in (x,y),!f.")
    private String selector = "";

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FORMAT",
            description = "table, wide, json, yaml or name. Default: table.")
    private Output output = Output.TABLE;

    @Option(names = "--no-headers", description = "Leave out the titles.")
    private boolean noHeaders;

    @Override
    public Integer call() throws IOException {
        ResourceQuery query;
        try {
            query = ResourceQuery.parse(types, names, allNamespaces ? "" : namespace, selector);
        } catch (IllegalArgumentException wrong) {
            throw new ParameterException(spec().commandLine(), wrong.getMessage(), wrong);
        }
        ResourceQuery.Answer answer = query.ask(clusterOptions.cluster());
        switch (output) {
            case TABLE -> answer.printTable(out(), false, !noHeaders);
            case WIDE -> answer.printTable(out(), true, !noHeaders);
            case JSON -> answer.printJson(out());
            case YAML -> answer.printYaml(out());
            case NAME -> answer.printNames(out());
        }
        answer.complaints().forEach(err()::println);
        return answer.isComplete() ? ExitCode.OK : ExitCode.FAILED;
    }
}
