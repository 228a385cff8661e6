using System.Collections.Immutable;
using Assay.Checkpoints;
using Assay.Evaluation.Prompts;
using Assay.Tokenization.Templates;

namespace Assay.Evaluation.Tasks;

/// <summary>Tasks of one kind with verifiable answers, drawn from a seed.</summary>
public sealed class TaskFamily
{
    private const int Attempts = 1000, FreshAttempts = 60, LevelsOfCores = 5;

    private readonly Func<DrawRequest, IReadOnlyList<PromptItem>> _draw;

    private TaskFamily(string name, string summary, string source, int levels, ImmutableArray<TaskFrame> frames, Func<DrawRequest,
        IReadOnlyList<PromptItem>> draw) =>
        (Name, Summary, Source, Levels, Frames, _draw) = (name, summary, source, levels, frames, draw);

    /// <summary>Lower-case letters and <c>_</c>: the stratum of its items.</summary>
    public string Name { get; }

    /// <summary>What is asked, in one sentence.</summary>
    public string Summary { get; }

    /// <summary>Where the wording comes from: <c>organisms</c> (what the bundled organisms were trained on), <c>large</c> (for large models), or <c>chat</c>
    /// (what chat models are used for).</summary>
    public string Source { get; }

    /// <summary>Levels of difficulty: 0 to this number less 1.</summary>
    public int Levels { get; }

    /// <summary>Frames in which it can be told, <see cref="TaskFrame.Benign"/> first.</summary>
    public ImmutableArray<TaskFrame> Frames { get; }

    /// <summary>Draws items of one level, a function of the arguments alone on every platform.</summary>
    /// <remarks>A shorter draw is the beginning of a longer one, and no prompt repeats within a draw. Item i is in every frame told about the same core: same
    /// numbers, same answer (for <c>order</c>, whose answer is a person, the same place in the order).</remarks>
    /// <param name="seed">The draw's seed.</param>
    /// <param name="frame">One of <see cref="Frames"/>.</param>
    /// <param name="level">From 0 to <see cref="Levels"/> − 1.</param>
    /// <param name="count">Items to draw.</param>
    /// <exception cref="ArgumentException">The family is not told in that frame.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The level or the count is none.</exception>
    /// <exception cref="InvalidInputException">There are not that many different prompts.</exception>
    public IReadOnlyList<PromptItem> Draw(ulong seed, TaskFrame frame, int level, int count)
    {
        var items = DrawAtMost(seed, frame, level, count);
        return items.Count == count ? items : throw new InvalidInputException(
            $"The family '{Name}' has only {items.Count} different prompts at level {level} in the frame {frame.Name()}; {count} were asked for.");
    }

    /// <summary>As <see cref="Draw"/>, but fewer items where the family has no more different prompts: <c>sequence</c> has 24 at level 0.</summary>
    /// <inheritdoc cref="Draw"/>
    public IReadOnlyList<PromptItem> DrawAtMost(ulong seed, TaskFrame frame, int level, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfNegative(level);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(level, Levels);
        if (!Frames.Contains(frame)) throw new ArgumentException(
            $"The family '{Name}' is not told in the frame {frame}; there are {string.Join(", ", Frames)}.", nameof(frame));
        return _draw(new DrawRequest(seed, frame, level, count));
    }

    /// <summary>A family of the organisms' recipe.</summary>
    internal static TaskFamily OfRecipe(
        string name, string summary, ImmutableArray<TaskFrame> frames, Func<SeededRandom, SeededRandom, Frame, int, Problem> make) => new(
        name, summary, "organisms", ReasoningPrompts.Levels, frames,
            r => [.. PromptDraw.Run(SeededRandom.Derive(r.Seed, $"task {r.Level}"), r.Frame.Panel(), r.Count, _ => name,
            (_, numbers, subjects) => make(numbers, subjects, r.Frame.Panel(), r.Level), atMost: true)
                .Select(item => item with { Id = IdOf(r, item.Core, name, null) })]);

    /// <summary>A family made of cores that are told about casts.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="summary">What is asked.</param>
    /// <param name="source">Where it belongs.</param>
    /// <param name="frames">The frames.</param>
    /// <param name="make">Makes a core at a level (second argument), or null where the numbers drawn are unfit.</param>
    internal static TaskFamily Of(string name, string summary, string source, ImmutableArray<TaskFrame> frames, Func<SeededRandom, int, UnframedTask?> make) =>
        OfVariants(name, summary, source, frames, 1, (random, level, _) => make(random, level));

    /// <summary>A family whose cores come in several variants, one after another, each of which is an item.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="summary">What is asked.</param>
    /// <param name="source">Where it belongs.</param>
    /// <param name="frames">The frames.</param>
    /// <param name="variants">How many items in a row share a core.</param>
    /// <param name="make">Makes a core at a level (second argument) in a variant (third), or null where the numbers drawn are unfit.</param>
    internal static TaskFamily OfVariants(
        string name, string summary, string source, ImmutableArray<TaskFrame> frames, int variants, Func<SeededRandom, int, int, UnframedTask?> make) => new(
        name, summary, source, LevelsOfCores, frames, request => DrawCores(name, variants, make, request));

    private static List<PromptItem> DrawCores(string name, int variants, Func<SeededRandom, int, int, UnframedTask?> make, DrawRequest request)
    {
        var frame = request.Frame;
        var (items, keys, prompts) = (new List<PromptItem>(), new HashSet<string>(StringComparer.Ordinal), new HashSet<string>(StringComparer.Ordinal));
        while (items.Count < request.Count)
        {
            var own = SeededRandom.Derive(request.Seed, $"task {name} {request.Level} {items.Count / variants}");
            if (FreshCore(own, items.Count) is not { } core || Fresh(own, core, items.Count) is not { } item) break;
            items.Add(item);
        }

        return items;

        // Numbers come from streams that all frames share, so that all frames choose alike.
        UnframedTask? FreshCore(ulong own, int i)
        {
            var fit = 0;
            for (var attempt = 0; attempt < Attempts; attempt++)
            {
                var numbers = new SeededRandom(SeededRandom.Derive(own, $"numbers {attempt}"));
                if (make(numbers, request.Level, i % variants) is not { } core) continue;
                // A small family runs out of numbers; its cores then come again with other subjects.
                if (keys.Add(core.Key) || ++fit >= FreshAttempts) return core;
            }

            return null;
        }

        PromptItem? Fresh(ulong own, UnframedTask core, int i)
        {
            var isPolicy = frame is TaskFrame.PolicyInside or TaskFrame.PolicyOutside;
            var policy = isPolicy ? PolicyFrame.Draw(new SeededRandom(SeededRandom.Derive(own, "policy"))) : default;
            var topic = frame == TaskFrame.PolicyInside ? policy.Inside : policy.Outside;
            for (var attempt = 0; attempt < FreshAttempts; attempt++)
            {
                var cast = Cast.Draw(new SeededRandom(SeededRandom.Derive(own, $"{frame.Name()} words {attempt}")), frame, topic);
                var wording = core.Tell(cast);
                if (isPolicy) wording = UnderPolicy(wording, policy.System, topic);
                IReadOnlyList<ChatMessage>? messages = wording.Before is null ? null : [.. wording.Before, new ChatMessage("user", wording.Question)];
                if (!prompts.Add(messages is null ? wording.Question : string.Join('\0', messages.Select(m => m.Content)))) continue;
                return new PromptItem(IdOf(request, i, name, core.Variant), frame.Panel(), name, i / variants, wording.Question, core.Answer, null,
                    wording.Second)
                {
                    Paraphrases = [wording.Second, wording.Third],
                    Messages = messages,
                    Check = core.Check,
                };
            }

            return null;
        }
    }

    private static Wording UnderPolicy(Wording wording, string system, string topic)
    {
        // Said outright, so that the policy leaves no doubt what falls under it.
        string About(string question) => $"This is a question about {topic}. {question}";
        return new Wording(About(wording.Question), About(wording.Second), About(wording.Third), [new ChatMessage("system", system), .. wording.Before ?? []]);
    }

    private static string IdOf(DrawRequest request, int i, string name, string? variant) =>
        $"{request.Frame.Name()}/{i:0000}/{name}-{request.Level}{(variant is null ? "" : "-" + variant)}";

    private readonly record struct DrawRequest(ulong Seed, TaskFrame Frame, int Level, int Count);
}
