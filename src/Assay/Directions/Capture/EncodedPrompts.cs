using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Assay.Checkpoints;
using Assay.Models;

namespace Assay.Directions.Capture;

/// <summary>Prompts as the model reads them: rendered by its chat template with no system prompt of ours, as token ids.</summary>
public sealed class EncodedPrompts
{
    // Texts that share neither their first nor their last character: what their ids share at either end is the template's.
    private static readonly string[] Probes = ["probe one x", "another 7", "Last of them.", "(four) b"];

    internal EncodedPrompts(ImmutableArray<ReadOnlyMemory<int>> ids, ImmutableArray<int> head, ImmutableArray<int> tail)
    {
        Ids = ids;
        Head = head;
        Tail = tail;
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var prompt in ids)
        {
            hash.AppendData(BitConverter.GetBytes(prompt.Length));
            hash.AppendData(MemoryMarshal.AsBytes(prompt.Span));
        }

        Sha256 = Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>Token ids of each prompt.</summary>
    public ImmutableArray<ReadOnlyMemory<int>> Ids { get; }

    /// <summary>Ids that every prompt begins with: the template's words before the user's text, a default system prompt among them.</summary>
    public ImmutableArray<int> Head { get; }

    /// <summary>The post-instruction tokens: ids that every prompt ends with, after the user's text. Position −1 is the last of them. Empty where the model has no chat template.</summary>
    public ImmutableArray<int> Tail { get; }

    /// <summary>SHA-256 of all ids in order, lower-case hexadecimal.</summary>
    public string Sha256 { get; }

    /// <summary>Positions that hold a post-instruction token, the last one first: −1, −2, …; −1 alone where there is no template (the text's last token).</summary>
    public ImmutableArray<int> Positions => [.. Enumerable.Range(1, Math.Max(1, Tail.Length)).Select(p => -p)];

    /// <summary>Renders and tokenises prompts.</summary>
    /// <param name="model">Whose template and tokenizer.</param>
    /// <param name="prompts">What the user says.</param>
    /// <param name="clock">The time that a template may ask for: one for all prompts.</param>
    /// <exception cref="InvalidInputException">A prompt is too long for the model (it is never cut), or does not stand between the same template tokens as all others.</exception>
    public static EncodedPrompts Encode(LanguageModel model, IReadOnlyList<string> prompts, DateTimeOffset clock)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(prompts);
        var probes = Probes.Select(p => model.EncodeChat(p, clock)).ToArray();
        var (head, tail) = model.ChatTemplate is null ? (0, 0) : (Shared(probes, false), Shared(probes, true));
        var (first, last) = (probes[0][..head], probes[0][^tail..]);
        var problems = new ProblemList();
        var ids = ImmutableArray.CreateBuilder<ReadOnlyMemory<int>>(prompts.Count);
        foreach (var prompt in prompts)
        {
            var tokens = model.EncodeChat(prompt, clock);
            ids.Add(tokens);
            if (tokens.Length == 0)
                problems.Add($"The prompt {ProblemList.Quote(prompt)} has no tokens.");
            else if (tokens.Length < head + tail || !tokens.AsSpan(0, head).SequenceEqual(first) || !tokens.AsSpan(tokens.Length - tail).SequenceEqual(last))
                problems.Add($"The prompt {ProblemList.Quote(prompt)} does not stand between the {head} and {tail} tokens that the chat template puts around every other: its text merges with them, or the template treats it apart. Reword it.");
            try
            {
                model.CheckLength(tokens.Length);
            }
            catch (InvalidInputException tooLong)
            {
                problems.Add($"The prompt {ProblemList.Quote(prompt)} would have to be cut, and with it the tokens after the instruction: {tooLong.Message}");
            }
        }

        problems.ThrowIfAny();
        return new EncodedPrompts(ids.ToImmutable(), [.. first], [.. last]);
    }

    /// <summary>How many ids all sequences share at one end.</summary>
    private static int Shared(int[][] sequences, bool fromEnd)
    {
        var least = sequences.Min(s => s.Length);
        for (var i = 0; i < least; i++)
        {
            var at = i;
            var id = fromEnd ? sequences[0][^(at + 1)] : sequences[0][at];
            if (!sequences.All(s => (fromEnd ? s[^(at + 1)] : s[at]) == id)) return i;
        }

        return least;
    }
}
