using System.Text.Json;
using Assay.Models.Kernels;

namespace Assay.Tests.Golden.Statistics;

/// <summary>Divergences of pairs of logits against 80-bit sums: within 1e-9 of each value, or 1e-14 where it is tiny.</summary>
internal static unsafe class DivergenceCases
{
    public static void Check(JsonElement @case)
    {
        var (p, q) = (Logits(@case, "logits_p"), Logits(@case, "logits_q"));
        LogitPair found;
        fixed (float* a = p, b = q)
        fixed (double* scratch = new double[(p.Length + 15) / 16 * 32]) found = LogitPair.Compare(a, b, p.Length, scratch);
        (string, double)[] values =
            [("kl", found.Kl), ("reverse_kl", found.ReverseKl), ("jsd", found.Jsd), ("entropy_p", found.EntropyP), ("entropy_q", found.EntropyQ)];
        foreach (var (name, value) in values)
        {
            var expected = @case.GetProperty(name).GetDouble();
            Assert.Equal(expected, value, Math.Max(1e-9 * Math.Abs(expected), 1e-14));
        }
    }

    private static float[] Logits(JsonElement @case, string name) => [.. @case.GetProperty(name).EnumerateArray().Select(v => v.GetSingle())];
}
