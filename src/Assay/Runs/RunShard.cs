using System.Globalization;
using Assay.Checkpoints;

namespace Assay.Runs;

/// <summary>A part of a run's units, for several processes or machines: every n-th item of each panel.</summary>
/// <param name="Index">Which part, from 1.</param>
/// <param name="Count">How many parts.</param>
public readonly record struct RunShard(int Index, int Count)
{
    private const int Most = 100_000;

    /// <summary>Whether the item at a place of its panel belongs to this part.</summary>
    public bool Holds(int place) => place % Count == Index - 1;

    /// <summary>Reads <c>i/n</c>, <c>auto</c> or <c>auto/n</c>.</summary>
    /// <param name="text">What was given.</param>
    /// <param name="environment">Value of an environment variable, or null.</param>
    /// <exception cref="InvalidInputException">Anything else, or a scheduler that does not say which part this is.</exception>
    /// <remarks><c>auto</c> asks the scheduler: Slurm's array jobs (<c>SLURM_ARRAY_TASK_ID</c>, <c>_COUNT</c>, <c>_MIN</c>), or an indexed job of Kubernetes
    /// (<c>JOB_COMPLETION_INDEX</c>), which does not say how many parts there are: <c>auto/n</c> does.</remarks>
    public static RunShard Parse(string text, Func<string, string?> environment)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(environment);
        var parts = text.Split('/');
        if (parts.Length == 2 && parts[0] != "auto" && Number(parts[0]) is { } index && Number(parts[1]) is { } count && Valid(index, count)) return new RunShard(index, count);
        if (parts[0] != "auto" || parts.Length > 2) throw Wrong("expected i/n with i from 1 to n, such as 2/8, or auto, or auto/n");
        var given = parts.Length == 2 ? Number(parts[1]) ?? throw Wrong("expected a whole number behind auto/") : (int?)null;
        if (environment("SLURM_ARRAY_TASK_ID") is { } task)
        {
            var first = Number(environment("SLURM_ARRAY_TASK_MIN") ?? "0");
            return Check(Number(task) - first + 1, given ?? Number(environment("SLURM_ARRAY_TASK_COUNT") ?? ""), "SLURM_ARRAY_TASK_ID and SLURM_ARRAY_TASK_COUNT");
        }

        if (environment("JOB_COMPLETION_INDEX") is { } completion)
            return Check(Number(completion) + 1, given, "JOB_COMPLETION_INDEX and the n of auto/n");
        throw Wrong("neither SLURM_ARRAY_TASK_ID nor JOB_COMPLETION_INDEX is set; say which part this is, such as 2/8");

        RunShard Check(int? i, int? n, string from) => i is { } a && n is { } b && Valid(a, b) ? new RunShard(a, b)
            : throw Wrong($"{from} say no part: index {i?.ToString(CultureInfo.InvariantCulture) ?? "none"} of {n?.ToString(CultureInfo.InvariantCulture) ?? "none"}");
        InvalidInputException Wrong(string why) => new($"--shard is '{text}': {why}.");
        static bool Valid(int i, int n) => i >= 1 && n is >= 1 and <= Most && i <= n;
        static int? Number(string digits) => int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Index}/{Count}");
}
