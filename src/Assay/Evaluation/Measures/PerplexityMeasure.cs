using Assay.Evaluation.Contexts;
using Assay.Evaluation.Scoring;
using Assay.Evaluation.Statistics;

namespace Assay.Evaluation.Measures;

/// <summary>M7: perplexity of reference text by domain, in windows that overlap by half.</summary>
public sealed class PerplexityMeasure : IMeasure
{
    private const ScoreColumns Columns = ScoreColumns.LogP | ScoreColumns.LogQ;

    /// <inheritdoc/>
    public MeasureInfo Info { get; } = new("M7", "Perplexity of reference text",
        "PPL = exp(Σ NLL / Σ scored ids) over a domain's documents; bits a byte Σ NLL / bytes / ln 2; ΔNLL candidate less base, a token and a byte; gain E max(0, log q/p), loss " +
        "E max(0, log p/q); macro: unweighted mean of the domains' ΔNLL", "protocol.md M7", "nats/token; bits/byte",
        "What a model does in contexts that it writes itself; domains, languages and lengths that were not read.");

    /// <inheritdoc/>
    public Needs NeedsOf(VetDesign design)
    {
        ArgumentNullException.ThrowIfNull(design);
        return Needs.Of(design.Windows.Select(VetDesign.Prose), Columns);
    }

    /// <inheritdoc/>
    public IEnumerable<Measurement> Compute(MeasureInput input)
    {
        ArgumentNullException.ThrowIfNull(input);
        foreach (var window in input.Design.Windows)
        {
            var set = VetDesign.Prose(window);
            var scores = input.Scores.Scores(set);
            if (scores.Items.Count == 0) continue;
            var prefix = window == input.Design.Windows[0] ? "prose" : $"prose-{window}";
            var (p, q) = (scores.Values(ScoreColumns.LogP), scores.Values(ScoreColumns.LogQ));
            var documents = scores.Items.Select((d, i) => DocumentLikelihood.FromLogs(d.Item, d.Stratum, d.Bytes, p[i], q[i])).ToList();
            var domains = documents.GroupBy(d => d.Domain, StringComparer.Ordinal).Select(g => (g.Key, (IReadOnlyList<DocumentLikelihood>)[.. g])).ToList();
            foreach (var (domain, members) in domains.Append(("all", documents)))
                foreach (var m in Domain(input.Statistics, set, $"{prefix}.{domain}", domain, members)) yield return m;
            yield return SetWords.Estimated($"{prefix}.macro.delta_nll_per_byte",
                input.Statistics.Mean([.. documents.Select(d => new Cluster(d.Domain, d.NllQ - d.NllP, d.Bytes))]), "nats/byte", set,
                ", candidate less base, domains weighted equally");
            yield return SetWords.Estimated($"{prefix}.macro.delta_nll",
                input.Statistics.Mean([.. documents.Select(d => new Cluster(d.Domain, d.NllQ - d.NllP, d.Tokens))]), "nats/token", set,
                ", candidate less base, domains weighted equally: ln of the ratio of perplexities");
            var worst = domains.MaxBy(d => Sum(d.Item2, x => x.NllQ - x.NllP) / d.Item2.Sum(x => x.Tokens));
            yield return SetWords.Described($"{prefix}.worst.delta_nll", Sum(worst.Item2, x => x.NllQ - x.NllP) / worst.Item2.Sum(x => x.Tokens), worst.Item2.Count, "nats/token",
                set, $", candidate less base; the domain with the largest is {worst.Key}");
            foreach (var bin in PositionMeasure.Curve([.. p.Zip(q, (a, b) => a.Zip(b, (x, y) => x - y).ToArray())]))
                yield return SetWords.Described($"{prefix}.all.delta_nll.position.{bin.From}-{bin.To}", bin.Mean, bin.Tokens, "nats/token", set,
                    $", candidate less base, scored tokens {bin.From} to {bin.To} of a document");
        }
    }

    private static IEnumerable<Measurement> Domain(Statistician statistics, ContextSet set, string id, string name, IReadOnlyList<DocumentLikelihood> documents)
    {
        var (tokens, bytes) = (documents.Sum(d => d.Tokens), documents.Sum(d => d.Bytes));
        var (p, q) = (Sum(documents, d => d.NllP), Sum(documents, d => d.NllQ));
        var where = $", {(name == "all" ? "all domains" : name)}, {documents.Count} documents, {tokens} tokens";
        yield return SetWords.Described($"{id}.perplexity_base", Math.Exp(p / tokens), documents.Count, "perplexity", set, where);
        yield return SetWords.Described($"{id}.perplexity_candidate", Math.Exp(q / tokens), documents.Count, "perplexity", set, where);
        yield return SetWords.Estimated($"{id}.delta_nll", Difference(d => d.Tokens), "nats/token", set, where + ", candidate less base, paired");
        yield return SetWords.Estimated($"{id}.delta_nll_per_byte", Difference(d => d.Bytes), "nats/byte", set, where + ", candidate less base, paired");
        yield return SetWords.Described($"{id}.bits_per_byte_base", p / bytes / Math.Log(2), documents.Count, "bits/byte", set, where);
        yield return SetWords.Described($"{id}.bits_per_byte_candidate", q / bytes / Math.Log(2), documents.Count, "bits/byte", set, where);
        yield return SetWords.Described($"{id}.gain", Sum(documents, d => d.Gain) / tokens, tokens, "nats/token", set, where + ", mean of max(0, log q/p)");
        yield return SetWords.Described($"{id}.loss", Sum(documents, d => d.Loss) / tokens, tokens, "nats/token", set, where + ", mean of max(0, log p/q)");

        Estimate Difference(Func<DocumentLikelihood, long> weight) => statistics.Mean([.. documents.Select(d => new Cluster("", d.NllQ - d.NllP, weight(d)))]);
    }

    private static double Sum(IReadOnlyList<DocumentLikelihood> documents, Func<DocumentLikelihood, double> of) => FixedOrderSum.Of(documents.Select(of).ToArray());
}
