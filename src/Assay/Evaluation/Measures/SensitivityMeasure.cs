using Assay.Evaluation.Contexts;
using Assay.Evaluation.Scoring;
using Assay.Evaluation.Statistics;

namespace Assay.Evaluation.Measures;

/// <summary>M14: how much the divergence depends on how a prompt is put.</summary>
public sealed class SensitivityMeasure : IMeasure
{
    /// <inheritdoc/>
    public MeasureInfo Info { get; } = new("M14", "Sensitivity to the wording of prompts",
        "z = ln of an item's mean KLD, raised to the floor's mean, under a template in one sample at T = 1; crossed random effects of items and templates by " +
            "expected mean squares; ICC = σ²_template / Σ; fragility " +
        "exp(1.96 √(σ²_template + σ²_interaction / I)); factor of the headline exp(1.96 SE(z̄))", "protocol.md M14; Searle, Casella and McCulloch 1992", "ln nats; ratio",
        "Wordings that the templates do not stand for.");

    /// <inheritdoc/>
    public Needs NeedsOf(VetDesign design)
    {
        ArgumentNullException.ThrowIfNull(design);
        var needs = Needs.Of(design.Templates.Select(Set), ScoreColumns.Kl);
        return needs.And(FloorLevel.NeedsOf(design, needs));
    }

    /// <inheritdoc/>
    public IEnumerable<Measurement> Compute(MeasureInput input)
    {
        ArgumentNullException.ThrowIfNull(input);
        var templates = input.Design.Templates;
        if (templates.Length < 2 || templates.Any(t => !input.Scores.Has(Set(t)))) yield break;
        var sets = templates.Select(t => input.Scores.Scores(Set(t))).ToArray();
        // Means of each (template, item, sample); an item that any template lost would unbalance the panel.
        var means = sets.Select(s => s.Items.Zip(s.Values(ScoreColumns.Kl)).ToDictionary(x => x.First.Item, x => Samples(x.First, x.Second), StringComparer.Ordinal)).ToArray();
        var samples = means[0].Count == 0 ? 0 : means[0].Values.Max(m => m.Length);
        var items = input.Scores.Items(Set(templates[0])).Where(i => means.All(m => m.TryGetValue(i, out var v) && v.Length == samples && v.All(double.IsFinite))).ToList();
        var where = new Where(Set(templates[0]), $"base's answers sampled at T = 1 (R1), {items.Count} items × {templates.Length} templates × {samples} samples");
        if (items.Count < 2 || samples < 2)
        {
            yield return new Measurement("sensitivity.icc", new NotMeasurable("at least 2 items and 2 samples are needed under every template", items.Count), "share", where);
            yield break;
        }

        double[] floors = [.. templates.Select(t => FloorLevel.ItemMean(input, Set(t), ScoreColumns.Kl))];
        var raised = items.Select(i => means.Select((m, t) => m[i].Select(v => Math.Max(v, floors[t])).ToArray()).ToArray()).ToList();
        var atFloor = items.All(i => means.Select((m, t) => m[i].All(v => v <= floors[t])).All(all => all));
        if (atFloor || raised.Any(item => item.Any(m => m.Any(v => !(v > 0)))))
        {
            yield return new Measurement("sensitivity.icc", new AtFloor(items.Count), "share",
                where with { Words = where.Words + (atFloor ? "; every divergence is at the floor" : "; an item's divergence is exactly 0 under a template") });
            yield break;
        }

        double[] z = [.. raised.SelectMany(item => item.SelectMany(m => m.Select(v => Math.Log(v))))]; // (item, template, sample).
        var c = CrossedComponents.Compute(z, items.Count, templates.Length, samples);
        foreach (var (name, value) in new[] { ("item", c.Item), ("template", c.Template), ("interaction", c.Interaction), ("residual", c.Residual) })
            yield return new Measurement($"sensitivity.variance.{name}", new Described(value, items.Count), "(ln nats)²", where with { Words = where.Words + $", variance component of {name}, raw" });
        yield return Describe("icc", c.TemplateShare, "share", ", share of the variance that is the template's");
        yield return Describe("fragility", c.Fragility, "ratio", ", factor by which another wording moves the panel's divergence, 95 %");
        yield return Describe("headline_factor", c.Factor, "ratio", ", factor by which the headline may be off for items, wording and samples together, 95 %");
        yield return Describe("template_range", c.TemplateRange, "ratio", ", geometric mean under the worst template over that under the best");
        for (var t = 0; t < templates.Length; t++)
            yield return new Measurement($"sensitivity.template.{templates[t]}", new Described(Math.Exp(c.TemplateMeans[t]), items.Count), "nats/token",
                new Where(Set(templates[t]), $"{SetWords.Words(Set(templates[t]))}, geometric mean of item means"));

        Measurement Describe(string name, double value, string unit, string words) =>
            new($"sensitivity.{name}", new Described(value, items.Count), unit, where with { Words = where.Words + words });
    }

    /// <summary>The panel under one template.</summary>
    internal static ContextSet Set(string template) => new(VetDesign.Sensitivity, Policy.Base, 1, template);

    private static double[] Samples(ScoredItem item, double[] values)
    {
        var means = new List<double>();
        var at = 0;
        foreach (var context in item.Contexts)
        {
            if (context.Tokens > 0) means.Add(FixedOrderSum.Mean(values.AsSpan(at, context.Tokens)));
            at += context.Tokens;
        }

        return [.. means];
    }
}
