using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Assay.Evaluation.Prompts;

namespace Assay.Evaluation.Tasks;

/// <summary>Tasks that were read from a file, all of it checked.</summary>
/// <param name="Name">What reports call it: the file's name without its ending, or the published set's.</param>
/// <param name="Prompts">Questions whose replies are judged, in the order of their lines.</param>
/// <param name="Choices">Questions whose choices are scored, in the order of their lines.</param>
public sealed record TaskSet(string Name, ImmutableArray<PromptItem> Prompts, ImmutableArray<ChoiceItem> Choices)
{
    /// <summary>SHA-256 of what was read, lower-case hex: equal for equal tasks in one order, wherever the file lies.</summary>
    public string Hash { get; } = Hashed(Prompts, Choices);

    private static string Hashed(ImmutableArray<PromptItem> prompts, ImmutableArray<ChoiceItem> choices)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var item in prompts) Add("prompt", item.Id, item.Frame.ToString(), item.Core.ToString(), item.Prompt, item.Answer ?? "", item.Answer is null
            ? "none" : "given");
        foreach (var item in choices)
        {
            Add("choice", item.Id, item.Frame.ToString(), item.Core.ToString(), item.Right.ToString(), item.Options.Length.ToString());
            foreach (var option in item.Options) Add(option.Context, option.Continuation);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());

        void Add(params ReadOnlySpan<string> parts)
        {
            foreach (var part in parts)
            {
                var bytes = Encoding.UTF8.GetBytes(part);
                // The length keeps two texts apart from one that is both.
                hash.AppendData(BitConverter.GetBytes((long)bytes.Length));
                hash.AppendData(bytes);
            }
        }
    }
}
