using Assay.Models.Kernels;

namespace Assay.Evaluation.Diffing;

/// <summary>Tests whether a change done again on the base gives the candidate: on a few lines, then on all.</summary>
internal static class LineTest
{
    private const int SampleLines = 8;
    private const int PanelWidth = 64;

    /// <summary>Longest line that is held in memory.</summary>
    public const int LongestLine = 1 << 20;

    private const int SampleElements = 1 << 20;

    /// <summary>Lines of the base and the candidate, evenly spaced, and room for what is foretold of one.</summary>
    internal sealed record Sample(double[][] Original, double[][] Changed)
    {
        public double[] Expected { get; } = new double[Original[0].Length];
    }

    /// <summary>Reads some rows or columns.</summary>
    public static Sample Draw(MatrixPair pair, bool columns)
    {
        var total = columns ? pair.Columns : pair.Rows;
        var count = Math.Min(total, Math.Clamp(SampleElements / (columns ? pair.Rows : pair.Columns), 1, SampleLines));
        var (a, b) = (new double[count][], new double[count][]);
        for (var i = 0; i < count; i++)
        {
            // The middle of each of the equal parts.
            var line = (int)((2L * i + 1) * total / (2 * count));
            (a[i], b[i]) = Read(pair, columns, line);
        }

        return new Sample(a, b);
    }

    /// <summary>Share of the sample's differing elements that come out as foretold; 0 as soon as it is hopeless, NaN where nothing differs.</summary>
    public static double OnSample(LineReplay replay, Sample sample, FloatFormat grid)
    {
        long missed = 0, evidence = 0;
        for (var i = 0; i < sample.Original.Length; i++)
        {
            Count(replay, grid, sample.Original[i], sample.Changed[i], sample.Expected, ref missed, ref evidence);
            if (evidence >= 32 && missed > .25 * evidence) return 0;
        }

        return evidence == 0 ? double.NaN : 1 - (double)missed / evidence;
    }

    /// <summary>Differing elements of the whole matrix, and how many of them do not come out as foretold.</summary>
    public static (long Missed, long Evidence) OnAll(LineReplay replay, MatrixPair pair, WorkTeam team, CancellationToken cancellation)
    {
        var lines = replay.Columns ? pair.Columns : pair.Rows;
        var length = replay.Columns ? pair.Rows : pair.Columns;
        // Rows one by one; columns in panels, for a column by itself would touch every page.
        var width = replay.Columns ? (int)Math.Clamp((1L << 22) / length, 1, PanelWidth) : Math.Max(1, (1 << 16) / length);
        long missed = 0, evidence = 0;
        team.Run((lines + width - 1) / width, (task, _) =>
        {
            var (from, count) = (task * width, Math.Min(width, lines - task * width));
            var (a, b, expected) = (new double[count * length], new double[count * length], new double[length]);
            cancellation.ThrowIfCancellationRequested();
            if (replay.Columns)
            {
                var segment = new double[count];
                for (var row = 0; row < length; row++)
                {
                    pair.ReadBase(row, from, segment);
                    for (var c = 0; c < count; c++) a[c * length + row] = segment[c];
                    pair.ReadCandidate(row, from, segment);
                    for (var c = 0; c < count; c++) b[c * length + row] = segment[c];
                }
            }
            else
            {
                for (var r = 0; r < count; r++)
                {
                    pair.ReadBase(from + r, 0, a.AsSpan(r * length, length));
                    pair.ReadCandidate(from + r, 0, b.AsSpan(r * length, length));
                }
            }

            long ownMissed = 0, ownEvidence = 0;
            for (var i = 0; i < count; i++) Count(replay, pair.Grid, a.AsSpan(i * length, length), b.AsSpan(i * length, length), expected, ref ownMissed, ref ownEvidence);
            Interlocked.Add(ref missed, ownMissed);
            Interlocked.Add(ref evidence, ownEvidence);
        });
        return (missed, evidence);
    }

    private static void Count(LineReplay replay, FloatFormat grid, ReadOnlySpan<double> original, ReadOnlySpan<double> changed, double[] expected, ref long missed, ref long evidence)
    {
        var slack = replay.Foretell(original, changed, expected);
        for (var i = 0; i < original.Length; i++)
        {
            var hit = Math.Abs(expected[i] - changed[i]) <= replay.Tolerance(grid, expected[i], changed[i]) + slack * Math.Abs(original[i])
                || (double.IsInfinity(expected[i]) && expected[i].Equals(changed[i]));
            // Where nothing differs and nothing should, there is nothing to learn.
            if (hit && original[i] == changed[i]) continue;
            evidence++;
            if (!hit) missed++;
        }
    }

    private static (double[] Original, double[] Changed) Read(MatrixPair pair, bool columns, int line)
    {
        if (!columns)
        {
            var (a, b) = (new double[pair.Columns], new double[pair.Columns]);
            pair.ReadBase(line, 0, a);
            pair.ReadCandidate(line, 0, b);
            return (a, b);
        }

        var (x, y) = (new double[pair.Rows], new double[pair.Rows]);
        for (var row = 0; row < pair.Rows; row++)
        {
            pair.ReadBase(row, line, x.AsSpan(row, 1));
            pair.ReadCandidate(row, line, y.AsSpan(row, 1));
        }

        return (x, y);
    }
}
