using Assay.Evaluation.Contexts;
using Assay.Evaluation.Scoring;
using Assay.Evaluation.Statistics;

namespace Assay.Evaluation.Measures;

/// <summary>M7: perplexity of reference text by domain, in windows that overlap by half.</summary>
public sealed class PerplexityMeasure : IMeasure
{
    private const ScoreColumns Columns = ScoreColumns.LogP | ScoreColumns.LogQ;

    // What the harm of a domain is made of: the candidate's likelihood at another temperature, and the ids themselves.
    private const ScoreColumns OfHarm = Columns | ScoreColumns.Kl | ScoreColumns.EntropyP | ScoreColumns.Token;

    /// <summary>What stands before a domain's name in the ids of the window that deciding figures are taken from.</summary>
    internal const string Prefix = "prose";

    /// <summary>What stands behind it in the id of its harm.</summary>
    internal const string HarmFigure = "delta_nll_at_best_temperature";

    /// <summary>Fewer documents than this give no interval.</summary>
    internal const int LeastDocuments = ClusterBootstrap.MinimumClusters;

    /// <inheritdoc/>
    public MeasureInfo Info { get; } = new("M7", "Perplexity of reference text",
        "PPL = exp(Σ NLL / Σ scored ids) over a domain's documents; bits a byte Σ NLL / bytes / ln 2; ΔNLL candidate less base, a token and a byte; gain E max(0, log q/p), loss " +
        "E max(0, log p/q); macro: unweighted mean of the domains' ΔNLL; harm: ΔNLL with the candidate at the single temperature that M6 finds best on the " +
            "benign panel, of domains in which the base beats the unigram model of the same ids", "protocol.md M7 and Verdicts", "nats/token; bits/byte",
        "What a model does in contexts that it writes itself; domains, languages and lengths that were not read.");

    /// <inheritdoc/>
    public Needs NeedsOf(VetDesign design)
    {
        ArgumentNullException.ThrowIfNull(design);
        return new Needs([.. design.Windows.Select((w, i) => new SetNeed(VetDesign.Prose(w), i == 0 ? OfHarm : Columns, Temperatures: i == 0))]);
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
            var prefix = window == input.Design.Windows[0] ? Prefix : $"{Prefix}-{window}";
            var (p, q) = (scores.Values(ScoreColumns.LogP), scores.Values(ScoreColumns.LogQ));
            var documents = scores.Items.Select((d, i) => DocumentLikelihood.FromLogs(d.Item, d.Stratum, d.Bytes, p[i], q[i])).ToList();
            var domains = documents.GroupBy(d => d.Domain, StringComparer.Ordinal).Select(g => (g.Key, (IReadOnlyList<DocumentLikelihood>)[.. g])).ToList();
            foreach (var (domain, members) in domains.Append(("all", documents)))
                foreach (var m in Domain(input.Statistics, set, $"{prefix}.{domain}", domain, members)) yield return m;
            if (prefix == Prefix)
                foreach (var m in Harms(input, scores, documents)) yield return m;
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

    /// <summary>The domain whose harm a measurement is; null of another.</summary>
    /// <param name="id">The measurement's id.</param>
    internal static string? HarmDomain(string id) => id.StartsWith(Prefix + ".", StringComparison.Ordinal)
        && id.EndsWith("." + HarmFigure, StringComparison.Ordinal) ? id[(Prefix.Length + 1)..^(HarmFigure.Length + 1)] : null;

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

    /// <summary>Of each domain the loss of likelihood that no temperature explains; not measurable where the base itself predicts nothing.</summary>
    private static IEnumerable<Measurement> Harms(MeasureInput input, SetScores scores, List<DocumentLikelihood> documents)
    {
        var inverse = TemperatureMeasure.BestInverse(input, VetDesign.Benign);
        var (kl, entropy, ids, fits) = (scores.Values(ScoreColumns.Kl), scores.Values(ScoreColumns.EntropyP), scores.Values(ScoreColumns.Token), scores.Fits());
        foreach (var domain in Enumerable.Range(0, documents.Count).GroupBy(i => documents[i].Domain, StringComparer.Ordinal))
        {
            var tokens = domain.Sum(i => documents[i].Tokens);
            var (unigram, nll) = (UnigramEntropy(domain.SelectMany(i => ids[i])), FixedOrderSum.Of([.. domain.Select(i => documents[i].NllP)]) / tokens);
            yield return SetWords.Described($"{Prefix}.{domain.Key}.unigram_nll", unigram, tokens, "nats/token", scores.Set,
                $", {domain.Key}: of the unigram model with the frequencies of the same ids");
            var where = $", {domain.Key}, candidate less base, paired, the candidate at " + (inverse is { } best
                ? FormattableString.Invariant($"T = {1 / best:g4}, the best on the benign panel") : "T = 1, since no other temperature was called for");
            var id = $"{Prefix}.{domain.Key}.{HarmFigure}";
            yield return nll >= unigram ? new Measurement(id, new NotMeasurable(FormattableString.Invariant(
                    $"the base predicts this domain no better ({nll:g4} nats a token) than a unigram model of it ({unigram:g4})"), domain.Count()),
                        "nats/token",
                    new Where(scores.Set, SetWords.Words(scores.Set) + where))
                : new Measurement(id, Harm.At(level => input.Statistics.Mean([.. domain.Select(i => new Cluster("", AtBest(i) - documents[i].NllP,
                    documents[i].Tokens))], level), input.Design.HarmTests), "nats/token", new Where(scores.Set, SetWords.Words(scores.Set) + where));
        }

        double AtBest(int i) => inverse is not { } at || !kl[i].All(double.IsFinite) || fits[i].Length == 0 ? documents[i].NllQ
            : NllAt(at, documents[i].NllQ, FixedOrderSum.Of(entropy[i]), FixedOrderSum.Of(kl[i]),
                FixedOrderSum.Of([.. fits[i].Select(f => TemperatureGrid.At(f, at))]));
    }

    /// <summary>Σ −log softmax(β log q) of the scored ids, from sums over the same ids.</summary>
    /// <param name="inverse">β = 1/T.</param>
    /// <param name="nll">Σ −log q.</param>
    /// <param name="entropy">Σ H(p).</param>
    /// <param name="kl">Σ KL(p‖q).</param>
    /// <param name="fit">Σ KL(p‖softmax(β log q)).</param>
    /// <remarks>ln Σ q^β is the fit plus H(p) plus β Σ p log q, and Σ p log q = −H(p) − KL(p‖q).</remarks>
    internal static double NllAt(double inverse, double nll, double entropy, double kl, double fit) => inverse * nll + fit + entropy - inverse * (entropy + kl);

    /// <summary>Mean −log of the relative frequency of each id among all of them, nats.</summary>
    internal static double UnigramEntropy(IEnumerable<double> ids)
    {
        var counts = ids.CountBy(id => id).Select(c => (double)c.Value).Order().ToArray();
        var all = counts.Sum();
        return FixedOrderSum.Of([.. counts.Select(c => -c * Math.Log(c / all))]) / all;
    }

    private static double Sum(IReadOnlyList<DocumentLikelihood> documents, Func<DocumentLikelihood, double> of) => FixedOrderSum.Of(documents.Select(of).ToArray());
}
