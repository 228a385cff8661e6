using System.CommandLine;
using Assay.Cli.Options;
using Assay.Models;
using Assay.Runs;

namespace Assay.Cli.Commands;

/// <summary><c>assay generate MODEL PROMPT</c>: what a model answers.</summary>
internal static class GenerateCommand
{
    public static Command Create(Terminal terminal)
    {
        var model = SharedOptions.Model();
        var prompt = new KindArgument<string>("prompt", OptionKind.Text, "What the user says.");
        var newTokens = SharedOptions.Count("--max-new-tokens", "Tokens at most.", otherwise: 64, most: OptionKind.MostTokens);
        var greedy = SharedOptions.Switch("--greedy", "Take the most likely token each time, whatever the generation config says.");
        var raw = SharedOptions.Switch("--raw", "Give the prompt as it is, without the chat template.");
        var (seed, threads, memory) = (SharedOptions.Seed(), SharedOptions.Threads(), SharedOptions.Memory());
        var (json, verbose, allowLong) = (SharedOptions.Json(), SharedOptions.Verbose(), SharedOptions.AllowLong());
        var command = new Command("generate", "Continue a prompt.") { model, prompt, newTokens, greedy, raw, seed, threads, memory, json, verbose, allowLong };
        command.SetAction((parsed, cancellation) => Task.FromResult(Run(new GenerateOptions
        {
            Model = parsed.GetRequiredValue(model), Prompt = parsed.GetRequiredValue(prompt), MaxNewTokens = parsed.GetValue(newTokens),
            Greedy = parsed.GetValue(greedy), Raw = parsed.GetValue(raw), Seed = parsed.GetValue(seed) ?? 0,
            Threads = parsed.GetValue(threads) ?? 0, MemoryBytes = parsed.GetValue(memory) ?? 0,
            Json = parsed.GetValue(json), AllowLong = parsed.GetValue(allowLong),
        }, terminal, cancellation)));
        return command;
    }

    private static int Run(GenerateOptions options, Terminal terminal, CancellationToken cancellation)
    {
        using var model = LanguageModel.Open(options.Model, new LanguageModelOptions { Threads = options.Threads, MemoryBytes = options.MemoryBytes, AllowLong = options.AllowLong });
        var tokenizer = model.RequireTokenizer();
        if (model.ChatTemplate is null && !options.Raw) terminal.Error.WriteLine("The model has no chat template: the prompt is given bare.");
        var prompt = options.Raw ? tokenizer.Encode(options.Prompt, addSpecialTokens: true) : model.EncodeChat(options.Prompt, SharedOptions.DefaultClock);
        var how = options.Greedy ? model.Generation.Greedy(options.MaxNewTokens)
            : model.Generation.Sampled(options.MaxNewTokens, unchecked((long)options.Seed));
        var answer = model.Generate([prompt], how, null, cancellation)[0];
        var text = tokenizer.Decode(answer.Tokens, skipSpecialTokens: true);
        if (options.Json) terminal.Out.Write(JsonLines.Object(json =>
        {
            json.WriteString("text", text);
            json.WriteBoolean("ended", answer.Stopped);
            JsonLines.Ids(json, "prompt_tokens", prompt);
            JsonLines.Ids(json, "tokens", answer.Tokens);
        }));
        else terminal.WriteUntrusted(text, keepLines: true);
        if (!answer.Stopped) terminal.Error.WriteLine($"Cut after {answer.Tokens.Length} tokens.");
        return ExitCodes.Accepted;
    }
}
