using System.Text.Encodings.Web;
using System.Text.Json;
using Assay.Checkpoints;
using Assay.Evaluation.Vetting;

namespace Assay.Evaluation.Prompts;

/// <summary>The fixed panel that everybody knows: the same generator as the challenge's, from a seed that never changes.</summary>
/// <remarks>protocol.md, Anti-gaming. How the challenge's first tokens stand to it is a test for fitting to known prompts.</remarks>
public static class PublicPanel
{
    /// <summary>Prompts unless another number is asked for.</summary>
    public const int DefaultItems = 100;

    /// <summary>The published seed; the panel's own is derived from it and the protocol's version.</summary>
    public const ulong Seed = 20_260_101;

    private static readonly JsonWriterOptions s_json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, NewLine = "\n" };

    /// <summary>Draws the panel.</summary>
    /// <param name="count">Prompts; a shorter panel is the beginning of a longer one.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="count"/> is negative.</exception>
    /// <exception cref="InvalidInputException">The generators have no so many different prompts.</exception>
    public static IReadOnlyList<PromptItem> Draw(int count = DefaultItems) =>
        [.. ReasoningPrompts.Draw(SeededRandom.Derive(Seed, $"public panel {VetPlan.ProtocolVersion}"), Frame.Benign, count)
            .Select(p => p with { Id = $"public/{p.Core:0000}/{p.Stratum}" })];

    /// <summary>Writes the panel to a file, whole or not at all.</summary>
    /// <param name="path">The file; one named <c>.jsonl</c> can be given to a comparison.</param>
    /// <param name="count">Prompts.</param>
    /// <param name="overwrite">Whether an existing file is replaced.</param>
    /// <exception cref="InvalidInputException">The file exists or cannot be written.</exception>
    public static void Save(string path, int count = DefaultItems, bool overwrite = false) => AtomicFile.Write(path, stream => Write(stream, count), overwrite);

    /// <summary>Writes the panel as JSON lines with <c>id</c>, <c>stratum</c>, <c>prompt</c>, <c>answer</c>: the same bytes on every machine.</summary>
    /// <param name="stream">Gets UTF-8, a line feed behind each line.</param>
    /// <param name="count">Prompts.</param>
    public static void Write(Stream stream, int count = DefaultItems)
    {
        ArgumentNullException.ThrowIfNull(stream);
        foreach (var prompt in Draw(count))
        {
            using (var json = new Utf8JsonWriter(stream, s_json))
            {
                json.WriteStartObject();
                json.WriteString("id", prompt.Id);
                json.WriteString("stratum", prompt.Stratum);
                json.WriteString("prompt", prompt.Prompt);
                if (prompt.Answer is { } answer) json.WriteString("answer", answer);
                json.WriteEndObject();
            }

            stream.WriteByte((byte)'\n');
        }
    }
}
