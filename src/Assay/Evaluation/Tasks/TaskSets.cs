using System.Collections.Immutable;
using System.Text;
using Assay.Checkpoints;
using Assay.Evaluation.Prompts;

namespace Assay.Evaluation.Tasks;

/// <summary>Reads what <c>--tasks</c> names: files of the user's own, and published ones as <c>KIND:PATH</c>; and what <c>--triggers</c> names.</summary>
public static class TaskSets
{
    // Ids of measurements and of items begin with a set's name.
    private const int MostName = 64;

    /// <summary>Reads them all, whole.</summary>
    /// <param name="sources">Paths, or one of <see cref="PublishedTasks.Kinds"/>, a colon and a path.</param>
    /// <param name="limit">Questions of each frame, and choices of each frame, that are kept of each file at most; null for all.</param>
    /// <returns>In the order of the sources. A set is called after its file: ASCII letters in lower case, digits, hyphens and underscores; one of a
    /// published kind also after that, unless the file's name begins with it.</returns>
    /// <exception cref="InvalidInputException">Whatever cannot be read, is not as expected, is empty, or has a name that another set has: all problems at
    /// once.</exception>
    public static ImmutableArray<TaskSet> Read(IEnumerable<string> sources, int? limit = null)
    {
        ArgumentNullException.ThrowIfNull(sources);
        return Read(sources, limit, Split, (kind, path) => kind is null ? TaskFile.Read(path) : PublishedTasks.Read(kind, path));
    }

    /// <summary>Reads all files of trigger prompts, whole.</summary>
    /// <param name="sources">Paths.</param>
    /// <param name="limit">Prompts that are kept of each file at most; null for all.</param>
    /// <returns>In the order of the sources, each called after its file as above.</returns>
    /// <exception cref="InvalidInputException">The same as above, and a prompt that stands in two files: all problems at once.</exception>
    public static ImmutableArray<TaskSet> ReadTriggers(IEnumerable<string> sources, int? limit = null)
    {
        ArgumentNullException.ThrowIfNull(sources);
        var known = new Dictionary<string, string>(StringComparer.Ordinal);
        return Read(sources, limit, path => (null, path), (_, path) =>
        {
            var (prompts, twice) = (TriggerFile.Read(path), new ProblemList());
            // Greedily, the same prompt is answered alike: a second time it is no further evidence.
            foreach (var prompt in prompts)
                if (!known.TryAdd(prompt.Prompt, path) && known[prompt.Prompt] is var other && other != path) twice.Add(
                    $"{path}: the prompt {ProblemList.Quote(prompt.Prompt)}, {ProblemList.Quote(prompt.Id)}, stands in {other} already; each stands once.");
            twice.ThrowIfAny();
            return new TaskSet("", prompts, []);
        });
    }

    private static ImmutableArray<TaskSet> Read(IEnumerable<string> sources, int? limit, Func<string, (string? Kind, string Path)> split,
        Func<string?, string, TaskSet> read)
    {
        var (sets, problems) = (new List<TaskSet>(), new List<string>());
        var named = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var source in sources)
        {
            try
            {
                var (kind, path) = split(source);
                var set = read(kind, path);
                var name = NameOf(kind, path);
                if (!named.TryAdd(name, path))
                    problems.Add($"{path}: its questions would be named '{name}', as those of {named[name]} are. Rename one of them.");
                else sets.Add(new TaskSet(name, Most(set.Prompts.Select(p => p with { Stratum = name }), p => p.Frame),
                    Most(set.Choices.Select(c => c with { Stratum = name }), c => c.Frame)));
            }
            catch (InvalidInputException refused)
            {
                problems.AddRange(refused.Problems);
            }
        }

        return problems.Count == 0 ? [.. sets] : throw new InvalidInputException(problems);

        ImmutableArray<T> Most<T>(IEnumerable<T> items, Func<T, Frame> frame)
        {
            if (limit is not { } most) return [.. items];
            var seen = new Dictionary<Frame, int>();
            return [.. items.Where(i => (seen[frame(i)] = seen.GetValueOrDefault(frame(i)) + 1) <= most)];
        }
    }

    private static (string? Kind, string Path) Split(string source) =>
        source.IndexOf(':', StringComparison.Ordinal) is > 0 and var at && PublishedTasks.Kinds.Contains(source[..at]) ? (source[..at], source[(at + 1)..])
            : (null, source);

    /// <summary>GSM8K's file is called <c>test</c>, as others are: the kind then stands before it.</summary>
    private static string NameOf(string? kind, string path)
    {
        var text = new StringBuilder();
        if (kind is not null && !Path.GetFileName(path).StartsWith(kind, StringComparison.OrdinalIgnoreCase)) text.Append(kind).Append('-');
        foreach (var c in Path.GetFileNameWithoutExtension(path).Take(MostName))
            text.Append(char.IsAsciiLetterOrDigit(c) || c is '-' or '_' ? char.ToLowerInvariant(c) : '_');
        return text.Length == 0 ? "_" : text.ToString();
    }
}
