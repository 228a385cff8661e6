using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Assay.Models.Kernels;

/// <summary>Divergences between the distributions of two rows of logits over one vocabulary, in nats; protocol.md, M1.</summary>
/// <param name="P">Row of the base.</param>
/// <param name="Q">Row of the candidate.</param>
/// <param name="Kl">KL(p‖q).</param>
/// <param name="ReverseKl">KL(q‖p).</param>
/// <param name="Jsd">Jensen–Shannon divergence.</param>
/// <param name="EntropyP">Entropy of p.</param>
/// <param name="EntropyQ">Entropy of q.</param>
internal readonly record struct LogitPair(LogitRow P, LogitRow Q, double Kl, double ReverseKl, double Jsd, double EntropyP, double EntropyQ)
{
    /// <summary>Compares two rows.</summary>
    /// <remarks>KL is summed as p·d + (q − p) with d = log p − log q: the added terms sum to 0, and an error of the log-sum-exp then enters only in
    /// second order. Equal rows give exactly 0. p > 0 with q = 0 gives +∞; 0·log 0 is 0. Nothing is clamped.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static unsafe LogitPair Compare(float* p, float* q, int count)
    {
        var (rowP, rowQ) = (LogitRow.Read(p, count), LogitRow.Read(q, count));
        Sums low = default, high = default;
        var (lseP, lseQ) = (Vector512.Create(rowP.LogSumExp), Vector512.Create(rowQ.LogSumExp));
        var a = stackalloc double[8];
        var b = stackalloc double[8];
        var i = 0;
        for (; i + 16 <= count; i += 16)
        {
            var (pa, pb) = Vector512.Widen(Vector512.Load(p + i));
            var (qa, qb) = Vector512.Widen(Vector512.Load(q + i));
            low.Add(pa - lseP, qa - lseQ);
            high.Add(pb - lseP, qb - lseQ);
        }

        for (; i < count; i += 8)
        {
            // Entries beyond the vocabulary have no probability under either.
            for (var j = 0; j < 8; j++) (a[j], b[j]) = i + j < count ? (p[i + j], q[i + j]) : (double.NegativeInfinity, double.NegativeInfinity);
            low.Add(Vector512.Load(a) - lseP, Vector512.Load(b) - lseQ);
        }

        return new LogitPair(rowP, rowQ, VectorMath.TreeSum(low.Kl + high.Kl), VectorMath.TreeSum(low.Reverse + high.Reverse), VectorMath.TreeSum(low.Jsd + high.Jsd) / 2,
            -VectorMath.TreeSum(low.EntropyP + high.EntropyP), -VectorMath.TreeSum(low.EntropyQ + high.EntropyQ));
    }

    private struct Sums
    {
        public Vector512<double> Kl, Reverse, Jsd, EntropyP, EntropyQ;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Add(Vector512<double> logP, Vector512<double> logQ)
        {
            var (p, q) = (VectorMath.Exp(logP), VectorMath.Exp(logQ));
            var (noP, noQ) = (Vector512.Equals(p, Vector512<double>.Zero), Vector512.Equals(q, Vector512<double>.Zero));
            var d = logP - logQ;
            var zero = Vector512<double>.Zero;
            Kl += Vector512.ConditionalSelect(noP, zero, p * d) + (q - p);
            Reverse += Vector512.ConditionalSelect(noQ, zero, -(q * d)) + (p - q);
            EntropyP += Vector512.ConditionalSelect(noP, zero, p * logP);
            EntropyQ += Vector512.ConditionalSelect(noQ, zero, q * logQ);
            // ln(p / m) = −ln((p + q) / 2p): exactly 0 where p = q.
            var both = p + q;
            Jsd -= Vector512.ConditionalSelect(noP, zero, p * VectorMath.Log(both / (p + p)));
            Jsd -= Vector512.ConditionalSelect(noQ, zero, q * VectorMath.Log(both / (q + q)));
        }
    }
}
