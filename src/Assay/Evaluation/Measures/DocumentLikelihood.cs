using Assay.Evaluation.Statistics;

namespace Assay.Evaluation.Measures;

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
