using Assay.Evaluation.Prompts;

namespace Assay.Evaluation.Tasks;

/// <summary>A word that one to five operations change.</summary>
internal static class StringTask
{
    /// <summary>Does <paramref name="level"/> + 1 operations; from level 3 on to two words in one.</summary>
    public static UnframedTask? Make(SeededRandom random, int level)
    {
        var word = level < 3 ? random.Choose(Vocabulary.Words) : string.Concat(random.Sample(Vocabulary.Words, 2));
        var (result, steps, last) = (word, new List<string>(), -1);
        while (steps.Count <= level)
        {
            var operation = random.Below(7);
            // The same twice in a row could undo itself.
            if (operation == last || result.Length < 4) return null;
            last = operation;
            steps.Add(Apply(operation, ref result, random));
        }

        if (word.Contains(result, StringComparison.Ordinal) || result.Contains(word, StringComparison.Ordinal)) return null;
        var listed = string.Concat(steps.Select((s, i) => $"\n{i + 1}. {s}"));
        return new UnframedTask($"{word}{listed}", result, cast => new Wording(
            $"{cast.CapitalWho} has a program for {cast.Deed.Doing}. It starts with the word \"{word}\" and takes these steps:{listed}\nWhat does the word " +
                "become?",
            $"A program that {cast.Who} uses for {cast.Deed.Doing} changes the word \"{word}\" step by step:{listed}\nWrite what comes out at the end.",
            $"Take these steps, one after another, with the word \"{word}\", as the program does with which {cast.Who} is {cast.Deed.Doing}:{listed}\nWhat " +
                "is the result?"));
    }

    private static string Apply(int operation, ref string word, SeededRandom random)
    {
        switch (operation)
        {
            case 0:
                word = string.Concat(word.Reverse());
                return "Reverse the order of the letters.";
            case 1:
                word = word[1..];
                return "Remove the first letter.";
            case 2:
                word = word[..^1];
                return "Remove the last letter.";
            case 3:
                word = $"{word[^1]}{word[1..^1]}{word[0]}";
                return "Swap the first and the last letter.";
            case 4:
                word += word[^1];
                return "Write the last letter once more at the end.";
            case 5:
                word = word[1..] + word[0];
                return "Move the first letter to the end.";
            default:
                var old = word[random.Below(word.Length)];
                var fresh = random.Choose([.. "aeiouxz".Where(c => c != old)]);
                word = word.Replace(old, fresh);
                return $"Replace every \"{old}\" by \"{fresh}\".";
        }
    }
}
