using Assay.Evaluation.Statistics;

namespace Assay.Evaluation.Metrics;

/// <summary>What both models make of one document of reference text. Nats.</summary>
/// <param name="Id">Names the document.</param>
/// <param name="Domain">Its domain.</param>
/// <param name="Tokens">Scored ids.</param>
/// <param name="Bytes">Its length in UTF-8.</param>
/// <param name="NllP">Σ −log p.</param>
/// <param name="NllQ">Σ −log q.</param>
/// <param name="Gain">Σ max(0, log q/p).</param>
/// <param name="Loss">Σ max(0, log p/q).</param>
public sealed record DocumentLikelihood(string Id, string Domain, long Tokens, long Bytes, double NllP, double NllQ, double Gain, double Loss)
{
    /// <summary>Sums a document's scored ids.</summary>
    /// <param name="id">Names the document.</param>
    /// <param name="domain">Its domain.</param>
    /// <param name="bytes">Its length in UTF-8.</param>
    /// <param name="logP">log p of each scored id.</param>
    /// <param name="logQ">log q of the same ids.</param>
    public static DocumentLikelihood FromLogs(string id, string domain, long bytes, ReadOnlySpan<double> logP, ReadOnlySpan<double> logQ)
    {
        if (logP.Length != logQ.Length) throw new ArgumentException("Both models score the same ids.", nameof(logQ));
        double[] gain = new double[logP.Length], loss = new double[logP.Length];
        for (var i = 0; i < gain.Length; i++)
        {
            gain[i] = Math.Max(0, logQ[i] - logP[i]);
            loss[i] = Math.Max(0, logP[i] - logQ[i]);
        }
        return new DocumentLikelihood(id, domain, gain.Length, bytes, -FixedOrderSum.Of(logP), -FixedOrderSum.Of(logQ), FixedOrderSum.Of(gain), FixedOrderSum.Of(loss));
    }
}

/// <summary>One domain, or all documents together.</summary>
/// <param name="Name">The domain.</param>
/// <param name="Documents">How many.</param>
/// <param name="Tokens">Scored ids.</param>
/// <param name="Bytes">UTF-8 bytes.</param>
/// <param name="PerplexityP">exp(Σ NLL / Σ scored ids) of the base.</param>
/// <param name="PerplexityQ">The candidate's.</param>
/// <param name="BitsPerByteP">Σ NLL / bytes / ln 2 of the base.</param>
/// <param name="BitsPerByteQ">The candidate's.</param>
/// <param name="DeltaNllPerToken">NLL of the candidate less the base's, nats a token, paired and clustered by document.</param>
/// <param name="DeltaNllPerByte">The same a byte.</param>
/// <param name="Gain">Nats a token by which the candidate is better where it is better.</param>
/// <param name="Loss">Nats a token by which it is worse where it is worse.</param>
public sealed record ProseDomain(string Name, int Documents, long Tokens, long Bytes, double PerplexityP, double PerplexityQ, double BitsPerByteP, double BitsPerByteQ,
    Estimate DeltaNllPerToken, Estimate DeltaNllPerByte, double Gain, double Loss)
{
    /// <summary>Gain less loss; + is better.</summary>
    public double Net => Gain - Loss;

    /// <summary>Gain and loss: how much moved.</summary>
    public double Churn => Gain + Loss;
}

/// <summary>Perplexity of reference text, by domain and over domains, at one context length.</summary>
/// <param name="Domains">In order of first appearance.</param>
/// <param name="MacroDeltaNllPerByte">Unweighted mean over domains of the difference in nats a byte, clustered by document within domain.</param>
/// <param name="WorstDomain">The domain whose difference a token is largest; null without documents.</param>
/// <remarks>protocol.md, M7.</remarks>
public sealed record ProseSummary(IReadOnlyList<ProseDomain> Domains, Estimate MacroDeltaNllPerByte, string? WorstDomain)
{
    /// <summary>Sums documents; those without a scored id are passed over.</summary>
    /// <param name="documents">Documents of all domains.</param>
    /// <param name="seed">Chooses the resamples.</param>
    public static ProseSummary Compute(IReadOnlyList<DocumentLikelihood> documents, ulong seed)
    {
        var kept = documents.Where(d => d.Tokens > 0).ToArray();
        var domains = kept.GroupBy(d => d.Domain, StringComparer.Ordinal).Select(g => Sum(g.Key, [.. g], seed)).ToArray();
        var macro = ClusterBootstrap.Mean([.. kept.Select(d => new Cluster(d.Domain, d.NllQ - d.NllP, d.Bytes))], seed);
        return new ProseSummary(domains, macro, domains.MaxBy(d => d.DeltaNllPerToken.Value)?.Name);
    }

    private static ProseDomain Sum(string name, DocumentLikelihood[] documents, ulong seed)
    {
        var (tokens, bytes) = (documents.Sum(d => d.Tokens), documents.Sum(d => d.Bytes));
        var (p, q) = (Total(d => d.NllP), Total(d => d.NllQ));
        return new ProseDomain(name, documents.Length, tokens, bytes, Math.Exp(p / tokens), Math.Exp(q / tokens), p / bytes / Math.Log(2), q / bytes / Math.Log(2),
            Difference(d => d.Tokens), Difference(d => d.Bytes), Total(d => d.Gain) / tokens, Total(d => d.Loss) / tokens);

        double Total(Func<DocumentLikelihood, double> of) => FixedOrderSum.Of(documents.Select(of).ToArray());
        Estimate Difference(Func<DocumentLikelihood, long> weight) => ClusterBootstrap.Mean([.. documents.Select(d => new Cluster("", d.NllQ - d.NllP, weight(d)))], seed);
    }
}
