using Assay.Checkpoints;
using Assay.Directions.Contrasts;

namespace Assay.Evaluation.Prompts;

/// <summary>The shipped contrast sets, all of them benign, drawn from a seed. Every item is half of a real pair.</summary>
public static class ContrastGenerators
{
    /// <summary>Of how many items of <c>triggers</c> in a hundred ask how to do something; the others are word problems.</summary>
    public const int HowToPercent = 30;

    /// <summary>Items of either side that <c>triggers</c> has for one split at most: about 5,000 word problems are different about everyday things, and a fifth of them are the smallest split's.</summary>
    public const int MostItems = 1_000;

    private static readonly ContrastPart[] Parts = [ContrastPart.Direction, ContrastPart.Selection, ContrastPart.Report];

    /// <summary>Names of the sets.</summary>
    public static IReadOnlyList<string> Names { get; } = ["triggers", "language", "sentiment", "formality"];

    /// <summary>Draws a set by name. Cut by <see cref="ContrastSplits.Of"/> with the default shares, its splits have just these sizes.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="seed">The draw's seed. It does not decide a prompt's split: that follows from its text.</param>
    /// <param name="sizes">Items on either side.</param>
    /// <exception cref="InvalidInputException">An unknown name, or more items than the generator has different ones.</exception>
    public static ContrastSet Draw(string name, ulong seed, ContrastSizes sizes) => name switch
    {
        "triggers" => Triggers(seed, sizes),
        "language" => Phrases(name, seed, sizes, ContrastPhrases.Languages()),
        "sentiment" => Phrases(name, seed, sizes, ContrastPhrases.Sentiments(seed)),
        "formality" => Phrases(name, seed, sizes, ContrastPhrases.Formalities()),
        _ => throw new InvalidInputException($"There is no contrast set {name}; the shipped ones are {string.Join(", ", Names)}. Others come from files."),
    };

    /// <summary>The bundled organisms' triggers against their benign twins: word problems with the same core and numbers in either frame, and how-to questions in the same form about a chore.</summary>
    /// <remarks>There are 96 different how-to questions, which the splits share; where a split needs more, its own come again (ids ending in #2 and so on).</remarks>
    /// <param name="seed">The draw's seed.</param>
    /// <param name="sizes">Items on either side.</param>
    /// <exception cref="InvalidInputException">More items than <see cref="MostItems"/>.</exception>
    public static ContrastSet Triggers(ulong seed, ContrastSizes sizes)
    {
        var tooMany = Parts.Where(p => sizes[p] > MostItems)
            .Select(p => $"{sizes[p]} items of either side were asked for in the {p.ToString().ToLowerInvariant()} split of triggers; there may be {MostItems} at most.").ToArray();
        if (tooMany.Length > 0) throw new InvalidInputException(tooMany);
        var howTos = HowToPairs(seed).GroupBy(PartOf).ToDictionary(g => g.Key, g => g.ToArray());
        var most = Math.Max(sizes.Direction, Math.Max(sizes.Selection, sizes.Report));
        var problems = new Dictionary<ContrastPart, Pair[]>();
        // A shorter draw is the beginning of a longer one, so how many are drawn decides nothing; not many more than are needed, since different ones run out.
        for (var count = 3 * most + 200; Parts.Any(p => !problems.TryGetValue(p, out var own) || own.Length < Problems(sizes[p])); count += count / 4)
            problems = ProblemPairs(seed, count).GroupBy(PartOf).ToDictionary(g => g.Key, g => g.ToArray());

        var pairs = new List<Pair>();
        foreach (var part in Parts)
        {
            for (var i = 0; i < sizes[part]; i++)
            {
                var asked = HowTos(i);
                if (HowTos(i + 1) == asked)
                {
                    pairs.Add(problems[part][i - asked]);
                    continue;
                }

                var own = howTos[part];
                var again = asked / own.Length;
                pairs.Add(again == 0 ? own[asked] : own[asked % own.Length] with { Key = $"{own[asked % own.Length].Key}#{again + 1}" });
            }
        }

        return Build($"triggers (seed {seed})", pairs);
    }

    // Spread evenly, so that the beginning of a split is the same mixture.
    private static int HowTos(int items) => items * HowToPercent / 100;

    private static int Problems(int items) => items - HowTos(items);

    private static ContrastPart PartOf(Pair pair) => ContrastSplits.PartOf(ContrastShares.Default, pair.Target, pair.Baseline);

    private static IEnumerable<Pair> ProblemPairs(ulong seed, int count)
    {
        var triggers = ReasoningPrompts.Draw(seed, Frame.Trigger, count);
        var benign = ReasoningPrompts.Draw(seed, Frame.Benign, count);
        return triggers.Zip(benign, (t, b) => new Pair($"{t.Core:00000}/{t.Stratum}", t.Stratum, t.Prompt, b.Prompt, t.Answer, b.Answer));
    }

    private static IEnumerable<Pair> HowToPairs(ulong seed)
    {
        var random = new SeededRandom(SeededRandom.Derive(seed, "contrast how_to"));
        var chores = random.Sample(Vocabulary.Chores, Vocabulary.Chores.Count);
        var pairs = from form in Enumerable.Range(0, InstructionPrompts.HowToForms.Count)
                    from task in Enumerable.Range(0, Vocabulary.Misdeeds.Count)
                    let text = InstructionPrompts.HowToForms[form]
                    select new Pair($"how_to/{form}/{task:00}", "how_to", string.Format(text, Vocabulary.Misdeeds[task]), string.Format(text, chores[(task + 3 * form) % chores.Count]), null, null);
        var all = pairs.ToArray();
        return random.Sample(all, all.Length);
    }

    private static ContrastSet Phrases(string name, ulong seed, ContrastSizes sizes, IReadOnlyList<(string Target, string Baseline)> phrases)
    {
        var random = new SeededRandom(SeededRandom.Derive(seed, "contrast " + name));
        var all = phrases.Select((p, i) => new Pair($"{name}/{i:0000}", name, p.Target, p.Baseline, null, null)).ToArray();
        var byPart = random.Sample(all, all.Length).ToLookup(PartOf);
        var problems = Parts.Where(p => !sizes.AtMost && byPart[p].Count() < sizes[p])
            .Select(p => $"The contrast set {name} has {byPart[p].Count()} pairs for the {p.ToString().ToLowerInvariant()} split; {sizes[p]} were asked for. Ask for fewer.").ToArray();
        if (problems.Length > 0) throw new InvalidInputException(problems);
        return Build($"{name} (seed {seed})", [.. Parts.SelectMany(p => byPart[p].Take(sizes[p]))]);
    }

    private static ContrastSet Build(string name, IReadOnlyList<Pair> pairs) => new(
        name,
        [.. pairs.Select(p => new ContrastItem("target/" + p.Key, p.Target) { Pair = p.Key, Twin = p.Baseline, Answer = p.TargetAnswer, Stratum = p.Stratum })],
        [.. pairs.Select(p => new ContrastItem("baseline/" + p.Key, p.Baseline) { Pair = p.Key, Answer = p.BaselineAnswer, Stratum = p.Stratum })]);

    private sealed record Pair(string Key, string Stratum, string Target, string Baseline, string? TargetAnswer, string? BaselineAnswer);
}
