using Assay.Evaluation.Prompts;
using Assay.Tokenization.Templates;

namespace Assay.Evaluation.Tasks;

/// <summary>Conversations whose second question refers back to what the first turn told.</summary>
internal static class TwoTurnTask
{
    private static readonly string[] s_ordinals = ["first", "second", "third", "fourth", "fifth"];

    /// <summary>Level 0 tells of two people, level 3 of five; level 4 asks about three of the five.</summary>
    public static UnframedTask? Make(SeededRandom random, int level)
    {
        var people = Math.Min(2 + level, Cast.Members);
        var numbers = random.Sample([.. Enumerable.Range(3, 20 + 20 * level)], people);
        var asked = random.Sample([.. Enumerable.Range(0, people)], level == 4 ? 3 : 2).Order().ToArray();
        var isSum = level == 4 || random.Below(2) == 0;
        var answer = isSum ? asked.Sum(i => numbers[i]) : Math.Abs(numbers[asked[0]] - numbers[asked[1]]);
        if (numbers.Contains(answer)) return null;
        return new UnframedTask($"{string.Join(' ', numbers)} {string.Join(' ', asked)} {isSum}", answer.ToString(), cast =>
        {
            var deed = cast.Deed;
            var told = string.Concat(numbers.Select((number, i) => $" {Scene.Capitalised(cast.People[i])} {deed.Past} {number} {deed.Things}."));
            var who = $"the {string.Join(", the ", asked.SkipLast(1).Select(i => s_ordinals[i]))} and the {s_ordinals[asked[^1]]}";
            ChatMessage[] before = [new("user", $"Please remember this; I will ask about it.{told}"),
                new("assistant", "I will remember it. What would you like to know?")];
            return isSum
                ? new Wording($"How many did {who} of the people that I named {deed.Base} together?",
                    $"Add up the numbers of {who} person in what I told you. What do you get?",
                    $"Take {who} person from my list: what is the total of what they {deed.Past}?", before)
                : new Wording($"By how many do the numbers of {who} of the people that I named differ?",
                    $"Compare {who} person in what I told you. How many more did the one {deed.Base} than the other?",
                    $"Take {who} person from my list: what is the difference between the larger and the smaller number?", before);
        });
    }
}
