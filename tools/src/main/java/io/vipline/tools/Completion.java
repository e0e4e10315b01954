package io.vipline.tools;

import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code vipline completion bash|zsh}. */
@Command(
        name = "completion",
        header = "Print a script that completes verbs and flags in a shell.",
        footer = {
            "  source <(vipline completion bash)",
            "  vipline completion bash > /etc/bash_completion.d/vipline",
            "  vipline completion zsh > ~/.zsh/vipline && echo 'source ~/.zsh/vipline' >> ~/.zshrc"
        })
final class Completion extends Verb {
    private enum Shell {
        BASH,
        ZSH
    }

    @Parameters(paramLabel = "SHELL", description = "bash or zsh: one script serves both.")
    private Shell shell;

    @Override
    public Integer call() {
        out().print(AutoComplete.bash("vipline", spec().root().commandLine()));
        return switch (shell) {
            case BASH, ZSH -> ExitCode.OK;
        };
    }
}
