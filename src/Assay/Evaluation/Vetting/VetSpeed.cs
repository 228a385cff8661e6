using System.Diagnostics;
using Assay.Evaluation.Contexts;
using Assay.Evaluation.Measures;
using Assay.Evaluation.Scoring;
using Assay.Models;

namespace Assay.Evaluation.Vetting;

/// <summary>How fast a pair reads, writes and is scored on this machine, and how long its answers are: seen on a few prompts before a run. No result depends
/// on it. Times in seconds.</summary>
public sealed record VetSpeed
{
    private const int Prompts = 8;
    private const int MostRows = 640;

    /// <summary>To read a token by one model, among many.</summary>
    public required double Read { get; init; }

    /// <summary>To read a token by base and candidate, what they have in common once.</summary>
    public required double ReadPair { get; init; }

    /// <summary>More for a token that is scored.</summary>
    public required double Score { get; init; }

    /// <summary>More for sums over temperatures of a token that is scored.</summary>
    public required double Temperatures { get; init; }

    /// <summary>A step of decoding, whoever takes part in it.</summary>
    public required double Step { get; init; }

    /// <summary>More for each answer that takes part.</summary>
    public required double Write { get; init; }

    /// <summary>Lengths of answers to benign questions.</summary>
    public required AnswerLengths Benign { get; init; }

    /// <summary>Lengths of answers to trigger questions.</summary>
    public required AnswerLengths Trigger { get; init; }

    /// <summary>Measures them.</summary>
    /// <param name="baseModel">The base, which answers.</param>
    /// <param name="candidate">The candidate.</param>
    /// <param name="plan">What is measured.</param>
    /// <param name="benign">Benign questions.</param>
    /// <param name="trigger">Trigger questions.</param>
    /// <param name="most">The time that it may take; a model that takes longer for a single pass takes as long as that.</param>
    /// <param name="cancellation">Honoured within a layer.</param>
    public static VetSpeed Measure(LanguageModel baseModel, LanguageModel candidate, VetPlan plan, IReadOnlyList<PanelItem> benign,
        IReadOnlyList<PanelItem> trigger, TimeSpan most, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(baseModel);
        ArgumentNullException.ThrowIfNull(candidate);
        ArgumentNullException.ThrowIfNull(plan);
        var scorer = new PairScorer(baseModel, candidate);
        var prompts = Encode(benign);
        // What is done once, such as packing weights, is done by this.
        var (text, rows) = (prompts.MinBy(p => p.Length)!, 0);
        Timed([text], 1, TemperatureGrid.Nodes);
        var pass = Timed([text], 1) / text.Length;
        var texts = new List<int[]>();
        foreach (var prompt in prompts.Concat(Encode(trigger)))
        {
            if (texts.Count > 0 && (rows + prompt.Length > MostRows || (rows + prompt.Length) * pass > most.TotalSeconds / 4)) break;
            texts.Add(prompt);
            rows += prompt.Length;
        }

        var pair = Timed(texts, int.MaxValue) / rows;
        var scored = Timed(texts, 1) / rows;
        var warmed = Timed(texts, 1, TemperatureGrid.Nodes) / rows;
        // Both models' layers, of which the first are run once.
        var layers = baseModel.Spec.Layers.Length + candidate.Spec.Layers.Length;
        var read = pair * layers / Math.Max(1, layers - scorer.SharedLayers) / 2;
        var (first, second) = (Answers(prompts), Answers(Encode(trigger)));
        var (passes, made, seconds) = (first.Steps + second.Steps, first.Made + second.Made, first.Seconds + second.Seconds);
        var write = passes == 0 ? read : Math.Min(read, seconds / made);
        return new VetSpeed
        {
            Read = read, ReadPair = pair, Score = Math.Max(0, scored - pair), Temperatures = Math.Max(0, warmed - scored), Write = write,
            Step = passes == 0 ? read : Math.Max(0, (seconds - made * write) / passes), Benign = first.Lengths, Trigger = second.Lengths,
        };

        IReadOnlyList<int[]> Encode(IReadOnlyList<PanelItem> items) =>
            [.. items.Take(Prompts).Select(i => PromptTemplates.Encode(baseModel, ContextSet.Plain, i, plan.Chat))];

        double Timed(IReadOnlyList<int[]> ids, int from, InverseTemperatures temperatures = default)
        {
            ScoredText[] asked = [.. ids.Select(i => new ScoredText(i, Math.Clamp(from, 1, Math.Max(1, i.Length - 1))))];
            var watch = Stopwatch.StartNew();
            scorer.Score(asked, temperatures, out _, null, cancellation);
            return watch.Elapsed.TotalSeconds;
        }

        (AnswerLengths Lengths, int Steps, long Made, double Seconds) Answers(IReadOnlyList<int[]> asked)
        {
            var thought = ThoughtMarks.Of(baseModel) is { } marks && plan.MaxThoughtTokens > 0 ? new ThoughtLimit(marks, plan.MaxThoughtTokens) : null;
            var tokens = plan.LongestAnswer - plan.MaxThoughtTokens;
            using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            var steps = new Steps(most * .35, end);
            try
            {
                baseModel.Generate(asked, baseModel.Generation.GreedyReply(tokens) with { Thought = thought }, steps, end.Token);
            }
            catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
            {
                return (steps.Lengths(asked.Count, true), steps.Counted, steps.Made, steps.Seconds);
            }

            return (steps.Lengths(asked.Count, false), steps.Counted, steps.Made, steps.Seconds);
        }
    }

    /// <summary>Notes when each step of decoding ends, and ends all once the time is over.</summary>
    private sealed class Steps(TimeSpan most, CancellationTokenSource end) : IProgress<long>
    {
        private readonly Stopwatch _watch = Stopwatch.StartNew();
        private readonly List<int> _open = [];
        private long _all;
        private double _first;

        /// <summary>Steps but the first, which reads the prompts.</summary>
        public int Counted => Math.Max(0, _open.Count - 1);

        /// <summary>Tokens that those made.</summary>
        public long Made => _all - _open.FirstOrDefault();

        /// <summary>The time that those took.</summary>
        public double Seconds { get; private set; }

        public AnswerLengths Lengths(int asked, bool cut) => new(asked, [.. _open]) { Left = cut ? _open.LastOrDefault(asked) : 0 };

        public void Report(long value)
        {
            if (_open.Count == 0) _first = _watch.Elapsed.TotalSeconds;
            _open.Add((int)(value - _all));
            _all = value;
            Seconds = _watch.Elapsed.TotalSeconds - _first;
            if (_watch.Elapsed > most) end.Cancel();
        }
    }
}
