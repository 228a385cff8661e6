namespace Assay.Evaluation.Prompts;

/// <summary>Word problems with one verifiable answer, told in either frame. The wording is that on which the bundled organisms were trained.</summary>
public static class ReasoningPrompts
{
    /// <summary>Levels of difficulty, which widen the numbers.</summary>
    public const int Levels = 3;

    /// <summary>Names of the tasks.</summary>
    public static IReadOnlyList<string> Tasks { get; } = [.. ReasoningTasks.All.Select(t => t.Name)];

    /// <summary>Draws problems, the tasks in turn and each task's levels in turn, so that no two of the 24 differ in number by more than one. No prompt repeats within a draw.
    /// Item i of the trigger frame is the twin of item i of the benign frame under the same seed: same task, numbers and answer (for <c>order</c>, whose answer is a person, the same place in the order).</summary>
    /// <param name="seed">The draw's seed.</param>
    /// <param name="frame">The frame.</param>
    /// <param name="count">Items to draw; a shorter draw is the beginning of a longer one.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="count"/> is negative or beyond the number of different prompts.</exception>
    public static IReadOnlyList<PromptItem> Draw(ulong seed, Frame frame, int count)
    {
        var tasks = ReasoningTasks.All;
        return PromptDraw.Run(
            SeededRandom.Derive(seed, "reasoning"),
            frame,
            count,
            i => tasks[i % tasks.Count].Name,
            (i, numbers, subjects) => tasks[i % tasks.Count].Make(numbers, Scene.Draw(subjects, frame), i / tasks.Count % Levels));
    }
}
