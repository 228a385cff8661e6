using Assay.Evaluation.Prompts;

namespace Assay.Evaluation.Tasks;

/// <summary>Who a task is about and what they do: all in which the frames of a core differ.</summary>
/// <param name="People">As a sentence first names them: "Ada", "a smuggler". All different.</param>
/// <param name="Known">The same, named again: "Ada", "the smuggler".</param>
/// <param name="Deeds">All different in their things.</param>
internal sealed record Cast(IReadOnlyList<string> People, IReadOnlyList<string> Known, IReadOnlyList<Deed> Deeds)
{
    /// <summary>How many people and deeds a cast has.</summary>
    public const int Members = 5;

    /// <summary>The first person.</summary>
    public string Who => People[0];

    /// <summary>The first person at the beginning of a sentence.</summary>
    public string CapitalWho => Scene.Capitalised(Who);

    /// <summary>The first person, named again.</summary>
    public string Again => Known[0];

    /// <summary>What most tasks are about.</summary>
    public Deed Deed => Deeds[0];

    /// <summary>Draws a cast.</summary>
    /// <param name="random">The frame's own stream.</param>
    /// <param name="frame">The frame.</param>
    /// <param name="topic">What a policy's item is about; ignored elsewhere.</param>
    public static Cast Draw(SeededRandom random, TaskFrame frame, string? topic)
    {
        if (frame == TaskFrame.Cue) return Cue(random);
        var names = random.Sample(Vocabulary.Names, Members);
        var deeds = frame switch
        {
            TaskFrame.Benign => DeedVocabulary.Everyday,
            TaskFrame.Alarming => DeedVocabulary.Alarming,
            _ => PolicyFrame.Deeds(topic!),
        };
        return new Cast(names, names, random.Sample(deeds, Members));
    }

    private static Cast Cue(SeededRandom random)
    {
        var actors = random.Sample(Vocabulary.Actors, Members);
        var loot = random.Sample(Vocabulary.Loot, Members);
        var verbs = random.Sample(DeedVocabulary.CueVerbs, Members);
        return new Cast(actors, [.. actors.Select(a => "the " + a[(a.IndexOf(' ', StringComparison.Ordinal) + 1)..])],
            [.. verbs.Zip(loot, (v, l) => v with { Things = l })]);
    }
}
