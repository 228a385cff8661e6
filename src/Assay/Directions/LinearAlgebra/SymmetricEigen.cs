namespace Assay.Directions.LinearAlgebra;

/// <summary>Eigenvalues and eigenvectors of a real symmetric matrix, largest eigenvalue first.</summary>
/// <remarks>Householder reduction to tridiagonal form, then the QL method with implicit shifts: Bowdler, Martin, Reinsch and Wilkinson, "The QR and QL
/// algorithms for symmetric matrices", 1968 (EISPACK's tred2 and tql2). One thread, so that equal input gives equal bits. O(n³) time.</remarks>
internal static class SymmetricEigen
{
    private const int MostSweeps = 60;
    private const double Epsilon = 2.220446049250313e-16;

    /// <summary>Decomposes A = V diag(λ) Vᵀ.</summary>
    /// <param name="matrix">(n, n), symmetric and finite; not changed.</param>
    /// <param name="n">Order.</param>
    /// <returns>Values (n), descending, and vectors (n, n): row i belongs to value i.</returns>
    public static (double[] Values, double[] Vectors) Decompose(ReadOnlySpan<double> matrix, int n)
    {
        var v = matrix[..(n * n)].ToArray();
        var (d, e) = (new double[n], new double[n]);
        Tridiagonalise(v, d, e, n);
        Diagonalise(v, d, e, n);
        var order = Enumerable.Range(0, n).OrderByDescending(i => d[i]).ToArray();
        var (values, vectors) = (new double[n], new double[n * n]);
        for (var i = 0; i < n; i++)
        {
            values[i] = d[order[i]];
            Array.Copy(v, order[i] * n, vectors, i * n, n);
        }

        return (values, vectors);
    }

    // Rows of v are what textbooks keep in columns: a symmetric matrix is its own transpose, and rows are contiguous.
    private static void Tridiagonalise(double[] v, double[] d, double[] e, int n)
    {
        for (var j = 0; j < n; j++) d[j] = v[j * n + n - 1];
        for (var i = n - 1; i > 0; i--)
        {
            double scale = 0, h = 0;
            for (var k = 0; k < i; k++) scale += Math.Abs(d[k]);
            if (scale == 0)
            {
                e[i] = d[i - 1];
                for (var j = 0; j < i; j++)
                {
                    d[j] = v[j * n + i - 1];
                    v[j * n + i] = 0;
                    v[i * n + j] = 0;
                }
            }
            else
            {
                for (var k = 0; k < i; k++)
                {
                    d[k] /= scale;
                    h += d[k] * d[k];
                }

                var f = d[i - 1];
                var g = f > 0 ? -Math.Sqrt(h) : Math.Sqrt(h);
                e[i] = scale * g;
                h -= f * g;
                d[i - 1] = f - g;
                Array.Clear(e, 0, i);
                for (var j = 0; j < i; j++)
                {
                    f = d[j];
                    v[i * n + j] = f;
                    var row = v.AsSpan(j * n, n);
                    g = e[j] + row[j] * f;
                    for (var k = j + 1; k < i; k++)
                    {
                        g += row[k] * d[k];
                        e[k] += row[k] * f;
                    }

                    e[j] = g;
                }

                f = 0;
                for (var j = 0; j < i; j++)
                {
                    e[j] /= h;
                    f += e[j] * d[j];
                }

                var hh = f / (h + h);
                for (var j = 0; j < i; j++) e[j] -= hh * d[j];
                for (var j = 0; j < i; j++)
                {
                    f = d[j];
                    g = e[j];
                    var row = v.AsSpan(j * n, n);
                    for (var k = j; k < i; k++) row[k] -= f * e[k] + g * d[k];
                    d[j] = row[i - 1];
                    row[i] = 0;
                }
            }

            d[i] = h;
        }

        Accumulate(v, d, n);
        e[0] = 0;
    }

    private static void Accumulate(double[] v, double[] d, int n)
    {
        for (var i = 0; i < n - 1; i++)
        {
            v[i * n + n - 1] = v[i * n + i];
            v[i * n + i] = 1;
            var h = d[i + 1];
            var next = v.AsSpan((i + 1) * n, n);
            if (h != 0)
            {
                for (var k = 0; k <= i; k++) d[k] = next[k] / h;
                for (var j = 0; j <= i; j++)
                {
                    var row = v.AsSpan(j * n, n);
                    double g = 0;
                    for (var k = 0; k <= i; k++) g += next[k] * row[k];
                    for (var k = 0; k <= i; k++) row[k] -= g * d[k];
                }
            }

            next[..(i + 1)].Clear();
        }

        for (var j = 0; j < n; j++)
        {
            d[j] = v[j * n + n - 1];
            v[j * n + n - 1] = 0;
        }

        v[n * n - 1] = 1;
    }

    private static void Diagonalise(double[] v, double[] d, double[] e, int n)
    {
        for (var i = 1; i < n; i++) e[i - 1] = e[i];
        e[n - 1] = 0;
        double f = 0, largest = 0;
        for (var l = 0; l < n; l++)
        {
            largest = Math.Max(largest, Math.Abs(d[l]) + Math.Abs(e[l]));
            var m = l;
            while (m < n - 1 && Math.Abs(e[m]) > Epsilon * largest) m++;
            for (var sweep = 0; m > l && sweep < MostSweeps; sweep++)
            {
                var g = d[l];
                var p = (d[l + 1] - g) / (2 * e[l]);
                var r = double.Hypot(p, 1);
                if (p < 0) r = -r;
                d[l] = e[l] / (p + r);
                d[l + 1] = e[l] * (p + r);
                var next = d[l + 1];
                var h = g - d[l];
                for (var i = l + 2; i < n; i++) d[i] -= h;
                f += h;
                p = d[m];
                double c = 1, c2 = 1, c3 = 1, s = 0, s2 = 0;
                var beside = e[l + 1];
                for (var i = m - 1; i >= l; i--)
                {
                    c3 = c2;
                    c2 = c;
                    s2 = s;
                    g = c * e[i];
                    h = c * p;
                    r = double.Hypot(p, e[i]);
                    e[i + 1] = s * r;
                    s = e[i] / r;
                    c = p / r;
                    p = c * d[i] - s * g;
                    d[i + 1] = h + s * (c * g + s * d[i]);
                    var low = v.AsSpan(i * n, n);
                    var high = v.AsSpan((i + 1) * n, n);
                    for (var k = 0; k < n; k++)
                    {
                        h = high[k];
                        high[k] = s * low[k] + c * h;
                        low[k] = c * low[k] - s * h;
                    }
                }

                p = -s * s2 * c3 * beside * e[l] / next;
                e[l] = s * p;
                d[l] = c * p;
                if (Math.Abs(e[l]) <= Epsilon * largest) break;
            }

            d[l] += f;
            e[l] = 0;
        }
    }
}
