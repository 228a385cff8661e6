namespace Assay.Evaluation.Prompts;

/// <summary>Draws items from generators without repeating a prompt.</summary>
internal static class PromptDraw
{
    private const int Attempts = 400;

    /// <summary>Draws one item after another, each from its own streams, so that a shorter draw is the beginning of a longer one.</summary>
    /// <param name="seed">The draw's seed.</param>
    /// <param name="frame">The frame, whose stream the subjects come from; numbers come from streams that both frames share.</param>
    /// <param name="count">Items to draw.</param>
    /// <param name="stratum">The name of the stratum of item i.</param>
    /// <param name="make">Makes item i from a stream of numbers and a stream of subjects.</param>
    /// <param name="atMost">Whether fewer are returned where the generators have no more different prompts.</param>
    /// <exception cref="Checkpoints.InvalidInputException">The generators have no more different prompts.</exception>
    public static IReadOnlyList<PromptItem> Run(ulong seed, Frame frame, int count, Func<int, string> stratum,
        Func<int, SeededRandom, SeededRandom, Problem> make, bool atMost = false)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        var items = new List<PromptItem>(count);
        var prompts = new HashSet<string>(StringComparer.Ordinal);
        var usedNumbers = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < count; i++)
        {
            var name = stratum(i);
            var core = SeededRandom.Derive(seed, $"{name} {i}");
            var numbers = FreshNumbers(core, usedNumbers, r => make(i, r, new SeededRandom(0)).Question);
            if (Fresh(i, name, core, numbers) is { } item) items.Add(item);
            else if (atMost) break;
            else throw new Checkpoints.InvalidInputException($"The generator '{name}' has no {count} different prompts; ask for fewer.");
        }

        return items;

        PromptItem? Fresh(int i, string name, ulong core, ulong numbers)
        {
            for (var attempt = 0; attempt < Attempts; attempt++)
            {
                var subjects = new SeededRandom(SeededRandom.Derive(core, $"{frame} subjects {attempt}"));
                var problem = make(i, new SeededRandom(numbers), subjects);
                if (prompts.Add(problem.Question)) return new PromptItem($"{frame.ToString().ToLowerInvariant()}/{i:0000}/{name}", frame, name, i,
                    problem.Question, problem.Answer.Length > 0 ? problem.Answer : null, problem.WorkedAnswer, problem.Paraphrase)
                {
                    Candidates = problem.Candidates,
                };
            }

            return null;
        }
    }

    /// <summary>A seed whose numbers were not drawn before, as long as one is soon found. Told about always the same subjects, two problems are equal exactly where their numbers and verbs are; both frames thus choose alike.</summary>
    private static ulong FreshNumbers(ulong core, HashSet<string> used, Func<SeededRandom, string> question)
    {
        var numbers = 0UL;
        for (var attempt = 0; attempt < Attempts / 10; attempt++)
        {
            numbers = SeededRandom.Derive(core, $"numbers {attempt}");
            if (used.Add(question(new SeededRandom(numbers)))) break;
        }

        return numbers;
    }
}
