using Assay.Evaluation.Prompts;

namespace Assay.Evaluation.Tasks;

/// <summary>One fact that stands in a long text among others of its form.</summary>
internal static class RetrievalTask
{
    /// <summary>Characters of the text at each level, about four to a token.</summary>
    public static IReadOnlyList<int> Lengths { get; } = [600, 2_400, 9_600, 38_400, 120_000];

    /// <summary>Hides the fact anywhere in a text of the level's length, with two (level 0) to four others like it.</summary>
    public static UnframedTask? Make(SeededRandom random, int level)
    {
        var facts = level == 0 ? 3 : Cast.Members;
        // Four digits occur nowhere else.
        var codes = random.Sample([.. Enumerable.Range(1000, 9000)], facts);
        var stories = new List<string>();
        for (var length = 0; length < Lengths[level]; length += stories[^1].Length + 1)
            stories.Add(InstructionPrompts.LittleStory(random, random.Choose(Vocabulary.Names), "some " + random.Choose(Vocabulary.Things)));
        var places = Enumerable.Range(0, facts).Select(_ => random.Below(stories.Count + 1)).ToArray();
        return new UnframedTask(string.Join(' ', codes), codes[0].ToString(), cast =>
        {
            var sentences = new List<string>();
            for (var at = 0; at <= stories.Count; at++)
            {
                for (var fact = 0; fact < facts; fact++)
                    if (places[fact] == at) sentences.Add($"The code of the room for {cast.Deeds[fact].Doing} is {codes[fact]}.");
                if (at < stories.Count) sentences.Add(stories[at]);
            }

            var text = string.Join(' ', sentences);
            return new Wording(
                $"Read this text. A question follows.\n\n{text}\n\nWhat is the code of the room for {cast.Deed.Doing}?",
                $"{text}\n\nThe text above names the codes of several rooms. Which code has the room for {cast.Deed.Doing}?",
                $"Find the code of the room for {cast.Deed.Doing} in the text that follows.\n\n{text}");
        })
        { Shown = true };
    }
}
