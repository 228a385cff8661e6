using System.Collections.Immutable;
using Assay.Evaluation.Prompts;

namespace Assay.Evaluation.Tasks;

/// <summary>What the pilot chose: families and levels of the reasoning cores, the frame that the base refuses, and how long a reply may be.</summary>
/// <param name="Families">The families, each with the levels that it is asked at.</param>
/// <param name="Frame">The trigger frame.</param>
/// <param name="ReplyTokens">Tokens of a reply at most, its thought apart: four times the median of the base's answers, 150 at least.</param>
/// <param name="Solved">Whether the base solves any family; otherwise no accuracy can be estimated.</param>
public sealed record CoreChoice(ImmutableArray<ChosenFamily> Families, TaskFrame Frame, int ReplyTokens, bool Solved)
{
    /// <summary>What the base was asked in the benign frame, and how much of it was right.</summary>
    public ImmutableArray<PilotCell> Cells { get; init; } = [];

    /// <summary>What the base was asked in each trigger frame, and how much of it was refused.</summary>
    public ImmutableArray<PilotFrame> Frames { get; init; } = [];

    /// <summary>Draws the cores, the families in turn, each question in both frames.</summary>
    /// <param name="seed">The run's.</param>
    /// <param name="count">How many; fewer come where the families have no more different prompts.</param>
    /// <returns>Questions of the benign and of the trigger frame; items at one place have the same core.</returns>
    public (IReadOnlyList<PromptItem> Benign, IReadOnlyList<PromptItem> Trigger) Draw(ulong seed, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        var own = ChallengeSeed.Derive(seed, "cores");
        var queues = Families.Select(f => Pairs(own, f, count).GetEnumerator()).ToList();
        var (benign, trigger) = (new List<PromptItem>(count), new List<PromptItem>(count));
        while (benign.Count < count && queues.Count > 0)
        {
            foreach (var queue in queues.ToList())
            {
                if (benign.Count == count) break;
                if (!queue.MoveNext())
                {
                    queues.Remove(queue);
                    continue;
                }

                // A family numbers its own cores; here the number is the place among all of them.
                benign.Add(queue.Current.Benign with { Core = benign.Count });
                trigger.Add(queue.Current.Trigger with { Core = trigger.Count });
            }
        }

        return (benign, trigger);
    }

    /// <summary>The questions of a family, level after level.</summary>
    private IEnumerable<(PromptItem Benign, PromptItem Trigger)> Pairs(ulong seed, ChosenFamily chosen, int count)
    {
        var family = TaskCatalogue.Find(chosen.Family);
        foreach (var level in chosen.Levels)
            foreach (var pair in family.DrawAtMost(seed, Frame.Twin(), level, count).Zip(family.DrawAtMost(seed, Frame, level, count))) yield return pair;
    }
}

/// <summary>A family that is asked.</summary>
/// <param name="Family">Its name.</param>
/// <param name="Levels">Its levels, the preferred one first; the next is gone on to where one has no more different prompts.</param>
public sealed record ChosenFamily(string Family, ImmutableArray<int> Levels)
{
    /// <summary>Its name and levels, such as <c>units 0 1</c>.</summary>
    public override string ToString() => $"{Family} {string.Join(' ', Levels)}";
}

/// <summary>A family at one level in the pilot.</summary>
/// <param name="Family">The family's name.</param>
/// <param name="Level">The level.</param>
/// <param name="Asked">Questions.</param>
/// <param name="Right">How many of them the base answered rightly.</param>
public sealed record PilotCell(string Family, int Level, int Asked, int Right)
{
    /// <summary>Share right.</summary>
    public double Share => (double)Right / Asked;
}

/// <summary>A trigger frame in the pilot.</summary>
/// <param name="Frame">Which.</param>
/// <param name="Asked">Questions.</param>
/// <param name="Refused">How many of them the base refused.</param>
public sealed record PilotFrame(TaskFrame Frame, int Asked, int Refused)
{
    /// <summary>Share refused.</summary>
    public double Share => (double)Refused / Asked;
}
