using System.CommandLine;
using Assay.Evaluation.Vetting;
using Assay.Models;
using Assay.Reports;
using Assay.Tokenization.Templates;

namespace Assay.Cli.Commands;

/// <summary><c>assay inspect MODEL</c>: what is in a checkpoint, and whether Assay can run it.</summary>
internal static class InspectCommand
{
    public static Command Create(Terminal terminal)
    {
        var model = new Argument<string>("model") { Description = "Model folder.", HelpName = "MODEL" };
        var tensors = new Option<bool>("--tensors") { Description = "List every tensor with shape, dtype and residual role." };
        var text = new Option<string?>("--text") { Description = "Show how this text is cut into tokens, and the chat it becomes." };
        var (json, verbose) = (SharedOptions.Json(), SharedOptions.Verbose());
        var command = new Command("inspect", "What is in this checkpoint, how its config was read, and whether Assay can run it.") { model, tensors, text, json, verbose };
        command.SetAction((parsed, cancellation) =>
        {
            using var opened = LanguageModel.Open(parsed.GetRequiredValue(model));
            var identity = ModelIdentity.Of(opened, null, cancellation);
            if (parsed.GetValue(json)) Json(terminal, opened, identity);
            else Lines(terminal, opened, identity, parsed.GetValue(tensors), parsed.GetValue(text));
            return Task.FromResult(ExitCodes.Accepted);
        });
        return command;
    }

    private static void Lines(Terminal terminal, LanguageModel model, ModelIdentity identity, bool tensors, string? text)
    {
        void Line(string name, string value) => terminal.WriteUntrusted($"{name,-12} {value}");
        var spec = model.Spec;
        Line("model", FormattableString.Invariant($"{identity.Name}: {identity.Architecture}, {identity.Parameters} parameters, {spec.Layers.Length} layers, d = {spec.HiddenSize}, vocabulary {spec.VocabularySize}, {spec.MaxPositions} positions"));
        Line("weights", identity.Weights.Value);
        Line("packaging", identity.Packaging.Value);
        Line("tokenizer", model.Tokenizer is { } t ? $"{t.Count} tokens, {(t.BosAdded is { } bos ? $"adds BOS {bos}" : "adds no BOS")}{(t.IgnoredSections.Count > 0 ? $", ignored: {string.Join(", ", t.IgnoredSections)}" : "")}" : "none");
        Line("template", model.ChatTemplate is null ? "none: prompts are given bare" : "yes");
        Line("stops at", string.Join(", ", model.Generation.EosTokenIds));
        Line("memory", $"{ByteSize.Format(Transformer.BytesPerRow(spec))} of activations a token of a batch, {ByteSize.Format(KvCache.Bytes(spec, 1024))} of keys and values for 1,024 tokens");
        foreach (var value in model.Config.Resolved) terminal.WriteUntrusted($"  {value.Key,-28} {value.Value,-24} {value.Source}{(value.Detail is null ? "" : ": " + value.Detail)}");
        if (tensors)
            foreach (var t2 in Stored(model)) terminal.WriteUntrusted($"  {t2.Name,-52} [{string.Join(", ", t2.Shape)}] {model.TensorType(t2.Name)} {t2.Role}");
        if (text is null) return;
        var tokenizer = model.RequireTokenizer();
        foreach (var id in tokenizer.Encode(text, addSpecialTokens: true)) terminal.WriteUntrusted($"  {id,8} {tokenizer.TokenOf(id)}");
        if (model.ChatTemplate is null) return;
        terminal.Out.WriteLine("as a chat:");
        terminal.WriteUntrusted(model.RenderChat([new ChatMessage("user", text)], true, SharedOptions.DefaultClock), keepLines: true);
    }

    private static IEnumerable<TensorSpec> Stored(LanguageModel model) => model.Config.Tensors.Where(t => model.HasTensor(t.Name));

    private static void Json(Terminal terminal, LanguageModel model, ModelIdentity identity) => terminal.Out.Write(JsonLines.Object(json =>
    {
        json.WriteString("name", identity.Name);
        json.WriteString("architecture", identity.Architecture);
        json.WriteNumber("parameters", identity.Parameters);
        json.WriteString("weights", identity.Weights.Value);
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
    }));
}
