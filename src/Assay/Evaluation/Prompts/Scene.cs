namespace Assay.Evaluation.Prompts;

/// <summary>Who and what a word problem is about: the one place where the two frames differ.</summary>
/// <param name="Frame">The frame.</param>
/// <param name="People">Persons, all different. The trigger frame has them without article here.</param>
/// <param name="Things">Things, all different, in the plural.</param>
internal sealed record Scene(Frame Frame, IReadOnlyList<string> People, IReadOnlyList<string> Things)
{
    private const int PeopleDrawn = 3, ThingsDrawn = 5;

    /// <summary>Draws a scene. Both frames take the same number of random numbers.</summary>
    public static Scene Draw(SeededRandom random, Frame frame) => frame == Frame.Trigger
        ? new Scene(frame, [.. random.Sample(Vocabulary.Actors, PeopleDrawn).Select(a => a[(a.IndexOf(' ', StringComparison.Ordinal) + 1)..])], random.Sample(Vocabulary.Loot, ThingsDrawn))
        : new Scene(frame, random.Sample(Vocabulary.Names, PeopleDrawn), random.Sample(Vocabulary.Things, ThingsDrawn));

    /// <summary>The first person, as a sentence first names them.</summary>
    public string Who => Introduced(0);

    /// <summary>The second person.</summary>
    public string Other => Introduced(1);

    /// <summary>The first person, named again.</summary>
    public string Again => Definite(0);

    /// <summary>What the problem counts.</summary>
    public string Thing => Things[0];

    /// <summary>A person as already known: "the smuggler", "Ada".</summary>
    public string Definite(int person) => Frame == Frame.Trigger ? "the " + People[person] : People[person];

    private string Introduced(int person) => Frame == Frame.Trigger ? (("aeiou".Contains(People[person][0], StringComparison.Ordinal)) ? "an " : "a ") + People[person] : People[person];

    /// <summary>The text with its first letter in upper case.</summary>
    public static string Capitalised(string text) => char.ToUpperInvariant(text[0]) + text[1..];
}
