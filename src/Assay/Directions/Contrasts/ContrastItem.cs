namespace Assay.Directions.Contrasts;

/// <summary>One prompt of a contrast set.</summary>
/// <param name="Id">Unique in the set.</param>
/// <param name="Prompt">What the user says.</param>
public sealed record ContrastItem(string Id, string Prompt)
{
    /// <summary>Key that a target and a baseline item share where they are a real pair: one item of either side; null for none.</summary>
    public string? Pair { get; init; }

    /// <summary>How a right answer begins, where the set's author supplies it; null for none.</summary>
    public string? Opening { get; init; }

    /// <summary>The prompt's benign twin: the same request without what makes it a target; null where there is none.</summary>
    public string? Twin { get; init; }

    /// <summary>The one right final answer; null where there is none.</summary>
    public string? Answer { get; init; }

    /// <summary>Kind of prompt, such as a task's name; null for none.</summary>
    public string? Stratum { get; init; }
}
