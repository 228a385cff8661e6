using System.Globalization;
using Assay.Evaluation.Contexts;
using Assay.Evaluation.Measures;
using Assay.Evaluation.Scoring;
using Assay.Models;

namespace Assay.Evaluation.Vetting;

/// <summary>How long a plan will take, foretold. Seconds.</summary>
/// <param name="Writing">Answers of both models, the pilot's among them.</param>
/// <param name="Scoring">Both models on the same tokens.</param>
/// <param name="Yardsticks">The same of the base and what it is changed to.</param>
/// <param name="Rest">Weights compared, statistics, report.</param>
public sealed record VetDuration(double Writing, double Scoring, double Yardsticks, double Rest)
{
    /// <summary>All of it.</summary>
    public double Seconds => Writing + Scoring + Yardsticks + Rest;

    /// <summary>In words.</summary>
    public string Words => $"about {In(Seconds)} from now: writing {In(Writing)}, scoring {In(Scoring)}, yardsticks {In(Yardsticks)}, weights, statistics and "
        + $"report {In(Rest)}; foretold from a few answers just now";

    /// <summary>One of so many parts.</summary>
    public VetDuration Part(int parts) => new(Writing / parts, Scoring / parts, Yardsticks / parts, 0);

    /// <summary>Foretells it.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="needs">What has to be scored for it.</param>
    /// <param name="speed">What was seen of the pair.</param>
    /// <param name="prompts">Of each panel the tokens of its items.</param>
    /// <param name="documents">Tokens of each document.</param>
    /// <param name="together">Items that are measured together.</param>
    /// <param name="rest">Weights compared, statistics, report, in seconds.</param>
    public static VetDuration Of(VetPlan plan, IReadOnlyList<SetNeed> needs, VetSpeed speed, IReadOnlyDictionary<string, int[]> prompts,
        IReadOnlyList<int> documents, int together, double rest)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(needs);
        ArgumentNullException.ThrowIfNull(speed);
        double writing = 0, scoring = 0, yardsticks = 0;
        foreach (var source in needs.GroupBy(n => n.Set.Source, StringComparer.Ordinal))
        {
            var set = source.First().Set;
            if (set.IsWritten) writing += Write(set, source.Max(n => n.Items ?? int.MaxValue));
            foreach (var need in source.Where(n => n.Columns != ScoreColumns.None))
            {
                var isPair = need.Set.Subject == ContextSet.Candidate;
                var (rows, scored) = Tokens(need.Set, need.Items ?? int.MaxValue);
                var seconds = rows * (isPair ? speed.ReadPair : 2 * speed.Read)
                    + scored * (speed.Score + (need.Temperatures ? speed.Temperatures : 0));
                if (isPair) scoring += seconds;
                else yardsticks += seconds;
            }
        }

        return new VetDuration(writing, scoring, yardsticks, rest);

        double Write(ContextSet set, int most)
        {
            var each = plan.Design.SamplesOf(set) * plan.Design.TemplatesOf(set).Length;
            var lengths = prompts[set.Panel].Take(most).ToList();
            var (answers, cut) = ((double)lengths.Count * each, plan.TokensOf(set) + plan.ThoughtTokensOf(set));
            var groups = Math.Ceiling(lengths.Count / (double)together) * Math.Ceiling(
                Math.Min(together, lengths.Count) * each / (double)DecodingPlan.MostTogether);
            var steps = Lengths(set).Max(l => l.Steps(cut));
            return each * lengths.Sum(l => (double)l) * speed.Read + groups * steps * speed.Step + answers * Mean(set, cut) * speed.Write;
        }

        (double Rows, double Scored) Tokens(ContextSet set, int most)
        {
            // Choices are read whole, once each.
            if (set.IsChoices) return (prompts[set.Panel].Take(most).Sum(l => (double)l), prompts[set.Panel].Take(most).Sum(l => (double)l) / 2);
            if (set.Policy == Policy.Reference)
            {
                // Domain after domain: of some documents as many of each.
                var share = Math.Min(1, most / (double)Math.Max(1, documents.Count));
                var window = int.Parse(set.Panel[(set.Panel.LastIndexOf('-') + 1)..], CultureInfo.InvariantCulture);
                return (share * documents.Sum(d => ProseWindows.Plan(d, window).Sum(w => (double)w.Length)), share * documents.Sum(d => (double)d));
            }

            var each = plan.Design.SamplesOf(set) * plan.Design.TemplatesOf(set).Length;
            var lengths = prompts[set.Panel].Take(most).ToList();
            var scored = lengths.Count * each * Mean(set, plan.TokensOf(set) + plan.ThoughtTokensOf(set));
            return (each * lengths.Sum(l => (double)l) + scored, scored);
        }

        double Mean(ContextSet set, int cut) => Lengths(set).Average(l => l.Mean(cut));

        // Whether the candidate declines what the base does is not known yet.
        AnswerLengths[] Lengths(ContextSet set) => VetDesign.FrameOf(set.Panel) == Prompts.Frame.Benign ? [speed.Benign]
            : set.Policy == Policy.Candidate ? [speed.Benign, speed.Trigger] : [speed.Trigger];
    }

    private static string In(double seconds) => seconds switch
    {
        < 90 => string.Create(CultureInfo.InvariantCulture, $"{seconds:0.#} s"),
        < 5400 => string.Create(CultureInfo.InvariantCulture, $"{seconds / 60:0.#} minutes"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{seconds / 3600:0.#} hours"),
    };
}
