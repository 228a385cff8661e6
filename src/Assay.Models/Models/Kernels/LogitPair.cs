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
    /// <param name="p">(count,): logits of the base.</param>
    /// <param name="q">(count,): logits of the candidate.</param>
    /// <param name="count">Entries, at least 1.</param>
    /// <param name="scratch">Two doubles an entry, rounded up to 16 entries.</param>
    /// <remarks>In float64 throughout. With d = (zₚ − max zₚ) − (z_q − max z_q) and unnormalised exponentials, KL is Σ eᵖ·d / Σ eᵖ − ln Σ eᵖ + ln Σ e^q: its
    /// rounding errors are those of numbers near 1 (below 1e-14), whatever its size. The Jensen–Shannon divergence comes after, with the normalisers known. Equal rows give exactly 0.
    /// p > 0 with q = 0 gives +∞; 0·log 0 is 0. Nothing is clamped.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static unsafe LogitPair Compare(float* p, float* q, int count, double* scratch)
    {
        var (argmaxP, argmaxQ) = (LogitRow.ArgMax(p, count), LogitRow.ArgMax(q, count));
        double maxP = p[argmaxP], maxQ = q[argmaxQ];
        var (shiftP, shiftQ) = (Vector512.Create(maxP), Vector512.Create(maxQ));
        var blocks = (count + 15) / 16;
        var a = stackalloc float[16];
        var b = stackalloc float[16];
        Sums low = default, high = default;
        for (var block = 0; block < blocks; block++)
        {
            var zp = p + block * 16;
            var zq = q + block * 16;
            if (block == blocks - 1 && count % 16 != 0)
            {
                // Entries beyond the vocabulary have no probability under either.
                for (var j = 0; j < 16; j++)
                {
                    var inside = block * 16 + j < count;
                    a[j] = inside ? zp[j] : float.NegativeInfinity;
                    b[j] = inside ? zq[j] : float.NegativeInfinity;
                }

                zp = a;
                zq = b;
            }

            var (pl, ph) = Vector512.Widen(Vector512.Load(zp));
            var (ql, qh) = Vector512.Widen(Vector512.Load(zq));
            low.Add(pl - shiftP, ql - shiftQ, scratch + block * 32);
            high.Add(ph - shiftP, qh - shiftQ, scratch + block * 32 + 16);
        }

        var (sumP, sumQ) = (VectorMath.TreeSum(low.P + high.P), VectorMath.TreeSum(low.Q + high.Q));
        var (logP, logQ) = (VectorMath.Log(sumP), VectorMath.Log(sumQ));
        var kl = VectorMath.TreeSum(low.PTimesD + high.PTimesD) / sumP - logP + logQ;
        var reverse = -VectorMath.TreeSum(low.QTimesD + high.QTimesD) / sumQ + logP - logQ;
        var rowP = new LogitRow(maxP + logP, argmaxP, p[argmaxP]);
        var rowQ = new LogitRow(maxQ + logQ, argmaxQ, q[argmaxQ]);
        // A divergence is not below 0; what rounding leaves there is nothing.
        return new LogitPair(rowP, rowQ, NotBelow(kl), NotBelow(reverse), JensenShannon(scratch, blocks, sumP, sumQ),
            logP - VectorMath.TreeSum(low.PTimesX + high.PTimesX) / sumP, logQ - VectorMath.TreeSum(low.QTimesY + high.QTimesY) / sumQ);
    }

    private static double NotBelow(double value) => value < 0 ? 0 : value;

    /// <summary>½ Σ p ln(2p / (p + q)) + q ln(2q / (p + q)) from the exponentials of all blocks.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static unsafe double JensenShannon(double* exponentials, int blocks, double sumP, double sumQ)
    {
        var (scaleP, scaleQ) = (Vector512.Create(1 / sumP), Vector512.Create(1 / sumQ));
        var (low, high) = (Vector512<double>.Zero, Vector512<double>.Zero);
        for (var block = 0; block < blocks; block++, exponentials += 32)
        {
            low += Term(Vector512.Load(exponentials) * scaleP, Vector512.Load(exponentials + 8) * scaleQ);
            high += Term(Vector512.Load(exponentials + 16) * scaleP, Vector512.Load(exponentials + 24) * scaleQ);
        }

        return NotBelow(VectorMath.TreeSum(low + high) / 2);
    }

    /// <summary>p ln(2p / (p + q)) + q ln(2q / (p + q)).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> Term(Vector512<double> p, Vector512<double> q)
    {
        // ln(p / m) = −ln((p + q) / 2p): exactly 0 where p = q.
        var both = p + q;
        var zero = Vector512<double>.Zero;
        return -(Vector512.ConditionalSelect(Vector512.Equals(p, zero), zero, p * VectorMath.Log(both / (p + p)))
            + Vector512.ConditionalSelect(Vector512.Equals(q, zero), zero, q * VectorMath.Log(both / (q + q))));
    }

    private struct Sums
    {
        public Vector512<double> P, Q, PTimesD, QTimesD, PTimesX, QTimesY;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public unsafe void Add(Vector512<double> x, Vector512<double> y, double* exponentials)
        {
            var (p, q) = (VectorMath.Exp(x), VectorMath.Exp(y));
            p.Store(exponentials);
            q.Store(exponentials + 8);
            P += p;
            Q += q;
            var zero = Vector512<double>.Zero;
            var (noP, noQ) = (Vector512.Equals(p, zero), Vector512.Equals(q, zero));
            var d = x - y;
            PTimesD += Vector512.ConditionalSelect(noP, zero, p * d);
            QTimesD += Vector512.ConditionalSelect(noQ, zero, q * d);
            PTimesX += Vector512.ConditionalSelect(noP, zero, p * x);
            QTimesY += Vector512.ConditionalSelect(noQ, zero, q * y);
        }
    }
}
