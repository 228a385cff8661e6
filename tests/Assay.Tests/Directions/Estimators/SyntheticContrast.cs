using Assay.Directions.Estimators;

namespace Assay.Tests.Directions.Estimators;

/// <summary>Correlated Gaussian samples whose sides differ by a known vector.</summary>
internal static class SyntheticContrast
{
    /// <summary>n + n samples in d dimensions; the targets are moved by <paramref name="shift"/> along the first axis and lie about <paramref name="centre"/>.</summary>
    public static ContrastRows Rows(int n, int d, double shift, int seed, double centre = 0, bool pairsAreReal = true)
    {
        var random = new Random(seed);
        var mix = new Random(99);
        var matrix = Enumerable.Range(0, d * d).Select(_ => Gaussian(mix) / Math.Sqrt(d)).ToArray();
        double[] Side(double by)
        {
            var rows = new double[n * d];
            for (var i = 0; i < n; i++)
            {
                var z = Enumerable.Range(0, d).Select(_ => Gaussian(random)).ToArray();
                for (var j = 0; j < d; j++) rows[i * d + j] = centre + (j == 0 ? by : 0) + Enumerable.Range(0, d).Sum(k => matrix[j * d + k] * z[k]);
            }

            return rows;
        }

        return new ContrastRows(Side(shift), Side(0), d, pairsAreReal);
    }

    public static double Gaussian(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
