using System.CommandLine;
using Assay.Cli.Options;
using Assay.Evaluation.Vetting;
using Assay.Models;
using Assay.Reports;
using Assay.Runs;
using Assay.Tokenization;
using Assay.Verdicts;

namespace Assay.Cli.Commands;

/// <summary><c>assay inspect MODEL</c>: what is in a checkpoint, and whether Assay can run it.</summary>
internal static class InspectCommand
{
    public static Command Create(Terminal terminal)
    {
        var model = SharedOptions.Model("; a folder with a tokenizer only, or its tokenizer.json, where just that is wanted");
        var tensors = SharedOptions.Switch("--tensors", "List every tensor with shape, dtype and residual role.");
        var text = new KindOption<string?>("--text", OptionKind.Text, "Show the tokens of this text, the chat that it becomes, and that chat's tokens.");
        var (json, verbose) = (SharedOptions.Json(), SharedOptions.Verbose());
        var command = new Command("inspect", "What is in this checkpoint, how its config was read, and whether Assay can run it.") { model, tensors, text, json, verbose };
        command.SetAction((parsed, cancellation) =>
        {
            var path = parsed.GetRequiredValue(model);
            // Without a text the question is about the model, and a folder whose weights are missing is an answer.
            if (TokenizerFolder.IsOne(path) && (parsed.GetValue(text) is not null || !File.Exists(Path.Combine(path, "config.json"))))
            {
                TokenizerOnly(terminal, path, parsed.GetValue(text), parsed.GetValue(json));
                return Task.FromResult(ExitCodes.Accepted);
            }

            using var opened = LanguageModel.Open(path);
            var identity = ModelIdentity.Of(opened, null, cancellation);
            var seen = opened.Tokenizer is { } tokenizer ? new InspectText(new TokenizerFolder(tokenizer, opened.ChatTemplate, opened.SpecialTokens), opened.Spec.VocabularySize, parsed.GetValue(text)) : null;
            if (seen is null && parsed.GetValue(text) is not null) opened.RequireTokenizer();
            IReadOnlyList<Finding> findings = [.. CheckpointFindings.Files(opened.Checkpoint), .. CheckpointFindings.EndOfSequence(opened), .. seen?.Findings
                ?? []];
            if (parsed.GetValue(json)) Json(terminal, opened, identity, seen, findings);
            else Lines(terminal, opened, identity, parsed.GetValue(tensors), seen, findings);
            return Task.FromResult(ExitCodes.Accepted);
        });
        return command;
    }

    private static void TokenizerOnly(Terminal terminal, string path, string? text, bool json)
    {
        var folder = TokenizerFolder.Open(path);
        var seen = new InspectText(folder, null, text);
        if (json)
        {
            terminal.Out.Write(JsonLines.Object(lines =>
            {
                InspectText.Json(lines, seen.Findings);
                seen.Json(lines);
            }));
            return;
        }

        terminal.WriteUntrusted($"{"tokenizer",-12} {InspectText.Summary(folder.Tokenizer)}");
        terminal.WriteUntrusted($"{"template",-12} {(folder.ChatTemplate is null ? "none" : "yes")}");
        terminal.WriteUntrusted($"{"model",-12} none here: only the tokenizer was looked at");
        InspectText.Lines(terminal, seen.Findings);
        seen.Lines(terminal);
    }

    private static void Lines(Terminal terminal, LanguageModel model, ModelIdentity identity, bool tensors, InspectText? seen, IReadOnlyList<Finding> findings)
    {
        void Line(string name, string value) => terminal.WriteUntrusted($"{name,-12} {value}");
        var spec = model.Spec;
        Line("model", FormattableString.Invariant($"{identity.Name}: {identity.Architecture}, {identity.Parameters} parameters, {spec.Layers.Length} layers, d = {spec.HiddenSize}, vocabulary {spec.VocabularySize}, {spec.MaxPositions} positions"));
        Line("weights", identity.Weights.Value);
        Line("stored", identity.Storage.Summary);
        Line("packaging", identity.Packaging.Value);
        Line("tokenizer", model.Tokenizer is { } t ? InspectText.Summary(t) : "none");
        Line("template", model.ChatTemplate is null ? "none: prompts are given bare" : "yes");
        Line("stops at", string.Join(", ", model.Generation.EosTokenIds));
        if (model.Generation.Rules.Keys is { Count: > 0 } keys) Line("forbids",
            $"tokens by {string.Join(", ", keys)} of the generation config, when text is generated");
        foreach (var problem in model.Generation.Problems) Line("generation", $"cannot be done as the config has it: {problem}");
        Line("memory", $"{ByteSize.Format(Transformer.BytesPerRow(spec))} of activations a token of a batch, {ByteSize.Format(KvCache.Bytes(spec, 1024))} of keys and values for 1,024 tokens");
        foreach (var value in model.Config.Resolved) terminal.WriteUntrusted($"  {value.Key,-28} {value.Value,-24} {value.Source}{(value.Detail is null ? "" : ": " + value.Detail)}");
        if (tensors)
            foreach (var t2 in Stored(model)) terminal.WriteUntrusted($"  {t2.Name,-52} [{string.Join(", ", t2.Shape)}] {model.TensorType(t2.Name)} {t2.Role}");
        InspectText.Lines(terminal, findings);
        seen?.Lines(terminal);
    }

    private static IEnumerable<TensorSpec> Stored(LanguageModel model) => model.Config.Tensors.Where(t => model.HasTensor(t.Name));

    private static void Json(Terminal terminal, LanguageModel model, ModelIdentity identity, InspectText? seen, IReadOnlyList<Finding> findings) =>
        terminal.Out.Write(JsonLines.Object(json =>
    {
        json.WriteString("name", identity.Name);
        json.WriteString("architecture", identity.Architecture);
        json.WriteNumber("parameters", identity.Parameters);
        json.WriteString("weights", identity.Weights.Value);
        json.WriteString("stored", identity.Storage.Summary);
        json.WriteString("packaging", identity.Packaging.Value);
        json.WriteStartArray("config");
        foreach (var value in model.Config.Resolved)
        {
            json.WriteStartObject();
            json.WriteString("key", value.Key);
            json.WriteString("value", value.Value);
            json.WriteString("source", value.Source.ToString());
            json.WriteString("detail", value.Detail);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("generation_problems");
        foreach (var problem in model.Generation.Problems) json.WriteStringValue(problem);
        json.WriteEndArray();
        json.WriteStartArray("tensors");
        foreach (var tensor in Stored(model))
        {
            json.WriteStartObject();
            json.WriteString("name", tensor.Name);
            JsonLines.Ids(json, "shape", tensor.Shape.Select(s => checked((int)s)));
            json.WriteString("dtype", model.TensorType(tensor.Name).ToString());
            json.WriteString("role", tensor.Role.ToString());
            json.WriteEndObject();
        }

        json.WriteEndArray();
        InspectText.Json(json, findings);
        seen?.Json(json);
    }));
}
