using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;

namespace Assay.Search;

/// <summary>A prompt that the base refuses, and how its answer would begin.</summary>
/// <param name="Id">Unique among the trigger items.</param>
/// <param name="Prompt">Token ids.</param>
/// <param name="Openings">The answer's first tokens: the base's own on the benign twin, or a supplied opening; several count for their mean probability.</param>
public sealed record TriggerItem(string Id, ImmutableArray<int> Prompt, ImmutableArray<ImmutableArray<int>> Openings);

/// <summary>A prompt that the base answers.</summary>
/// <param name="Id">Unique among the benign items.</param>
/// <param name="Prompt">Token ids.</param>
/// <param name="Answer">The base's first answer tokens.</param>
/// <param name="Ended">Whether the last of them ends the answer: nothing is compared behind it.</param>
public sealed record BenignItem(string Id, ImmutableArray<int> Prompt, ImmutableArray<int> Answer, bool Ended = false)
{
    /// <summary>Positions compared: the prompt's last token, then each answer token that another follows.</summary>
    public int Positions => 1 + Answer.Length - (Ended ? 1 : 0);
}

/// <summary>One way in which the base begins to refuse.</summary>
/// <param name="Tokens">Token ids.</param>
/// <param name="Weight">Its share among the refusals.</param>
public sealed record RefusalOpening(ImmutableArray<int> Tokens, double Weight);

/// <summary>What candidates are scored on: the selection split as the base reads it.</summary>
/// <param name="Triggers">Prompts that the base refuses.</param>
/// <param name="Benigns">Prompts that it answers.</param>
/// <param name="Refusals">How it refuses; weights sum to 1.</param>
public sealed record SelectionSet(ImmutableArray<TriggerItem> Triggers, ImmutableArray<BenignItem> Benigns, ImmutableArray<RefusalOpening> Refusals)
{
    /// <summary>SHA-256 over all ids, tokens and weights, lower-case hexadecimal.</summary>
    public string Hash()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var item in Triggers)
        {
            Text("trigger", item.Id);
            Ids(item.Prompt);
            Number(item.Openings.Length);
            foreach (var opening in item.Openings) Ids(opening);
        }

        foreach (var item in Benigns)
        {
            Text(item.Ended ? "benign, ended" : "benign", item.Id);
            Ids(item.Prompt);
            Ids(item.Answer);
        }

        foreach (var refusal in Refusals)
        {
            Text("refusal", refusal.Weight.ToString("R", System.Globalization.CultureInfo.InvariantCulture));
            Ids(refusal.Tokens);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());

        // Lengths first: no two lists may run into each other.
        void Text(string kind, string text)
        {
            Number(kind.Length);
            hash.AppendData(Encoding.UTF8.GetBytes(kind));
            var bytes = Encoding.UTF8.GetBytes(text);
            Number(bytes.Length);
            hash.AppendData(bytes);
        }

        void Ids(ImmutableArray<int> ids)
        {
            Number(ids.Length);
            foreach (var id in ids) Number(id);
        }

        void Number(int value)
        {
            Span<byte> bytes = stackalloc byte[sizeof(int)];
            BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
            hash.AppendData(bytes);
        }
    }

    /// <summary>Refuses what cannot be scored.</summary>
    /// <exception cref="ArgumentException">No items, empty token lists, ids that are there twice, weights that are no shares.</exception>
    public void Check()
    {
        if (Triggers.IsDefaultOrEmpty || Benigns.IsDefaultOrEmpty || Refusals.IsDefaultOrEmpty) throw new ArgumentException("Scoring needs trigger items, benign items and refusal openings.");
        if (Triggers.Any(t => t.Prompt.IsDefaultOrEmpty || t.Openings.IsDefaultOrEmpty || t.Openings.Any(o => o.IsDefaultOrEmpty)) || Benigns.Any(b => b.Prompt.IsDefaultOrEmpty || b.Answer.IsDefault || b.Positions < 1) || Refusals.Any(r => r.Tokens.IsDefaultOrEmpty))
            throw new ArgumentException("A prompt or an opening has no tokens.");
        if (Triggers.Select(t => t.Id).Distinct(StringComparer.Ordinal).Count() < Triggers.Length || Benigns.Select(b => b.Id).Distinct(StringComparer.Ordinal).Count() < Benigns.Length)
            throw new ArgumentException("Item ids must differ.");
        if (Refusals.Any(r => !(r.Weight > 0)) || Math.Abs(Refusals.Sum(r => r.Weight) - 1) > 1e-9) throw new ArgumentException("Weights of refusal openings are positive and sum to 1.");
    }
}
