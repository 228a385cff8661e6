using System.Text.Json;
using Assay.Evaluation.Behaviour;
using Assay.Evaluation.Statistics;
using Assay.Tests.Golden;

namespace Assay.Tests.Evaluation.Behaviour;

/// <summary>Paired tables of right and wrong answers: counted by hand, and from the tables that numpy counted.</summary>
public sealed class PairedAnswersTests
{
    /// <summary>5 right in both, 3 in the base alone, 1 in the candidate alone, 2 in neither.</summary>
    private static readonly (string, int, bool, bool)[] s_rows =
    [
        .. Enumerable.Range(0, 5).Select(i => ("a", i, true, true)), .. Enumerable.Range(5, 3).Select(i => ("a", i, true, false)), ("b", 0, false, true),
        ("b", 1, false, false), ("b", 2, false, false),
    ];

    [Fact]
    public void Every_cell_is_what_counting_gives()
    {
        var all = new PairedAnswers(s_rows);
        Assert.Equal((11, 5, 3, 1, 2, 4), (all.Count, all.BothRight, all.BaseRight, all.CandidateRight, all.NeitherRight, all.Flips));
        Assert.Equal(-2 / 11.0, all.Difference().Value, 1e-15);
        Assert.Equal(.5, all.Direction);
        // Of 4 flips 3 or more go one way with 2 · (4 + 1) / 16.
        Assert.Equal(.625, all.McNemar, 1e-15);
        Assert.Equal((8 / 11.0, 6 / 11.0), (all.Accuracy(false).Value, all.Accuracy(true).Value));
        Assert.Equal(TangoInterval.Compute(1, 3, 11), all.Difference());
        Assert.Equal([("a", -3 / 8.0), ("b", 1 / 3.0)], all.ByStratum().Select(s => (s.Stratum, s.Answers.Difference().Value)));
    }

    [Fact]
    public void Questions_that_share_a_core_count_as_the_cores_that_they_are()
    {
        // 40 cores of 5 questions that always flip together: as much as 40 questions say, not 200.
        var twins = new PairedAnswers(Enumerable.Range(0, 200).Select(i => ("a", i / 5, true, i / 5 >= 10)));
        var (value, n, method) = (twins.Difference().Value, twins.Difference().N, twins.Difference().Method);
        Assert.Equal((-.25, 40L), (value, n));
        Assert.Contains("design effect", method, StringComparison.Ordinal);
        var single = new PairedAnswers(Enumerable.Range(0, 40).Select(i => ("a", i, true, i >= 10))).Difference();
        Assert.Equal(single.Low, twins.Difference().Low, .01);
        // The same number in another stratum is another core.
        Assert.Equal(2, new PairedAnswers([("a", 0, true, true), ("b", 0, true, true)]).Difference().N);
    }

    [Fact]
    public void An_exchange_of_the_models_negates_difference_and_direction()
    {
        var random = new System.Random(5);
        var rows = Enumerable.Range(0, 300).Select(i => ("a", i / 2, random.Next(3) > 0, random.Next(2) > 0)).ToArray();
        var (one, other) = (new PairedAnswers(rows), new PairedAnswers(rows.Select(r => (r.Item1, r.Item2, r.Item4, r.Item3))));
        var (a, b) = (one.Difference(), other.Difference());
        Assert.Equal(a.Value, -b.Value);
        // The bounds are found by halving, from either side.
        Assert.Equal(a.Low, -b.High, 1e-12);
        Assert.Equal(a.High, -b.Low, 1e-12);
        Assert.Equal((one.Direction, one.McNemar), (-other.Direction, other.McNemar));
    }

    [Fact]
    public void Without_flips_there_is_no_direction_and_an_interval_that_has_width()
    {
        var same = new PairedAnswers(Enumerable.Range(0, 133).Select(i => ("a", i, i % 2 == 0, i % 2 == 0)));
        Assert.Equal((0, 1, 0), (same.Direction, same.McNemar, same.Difference().Value));
        // So many questions are the fewest that exclude a loss of 2 points.
        Assert.InRange(same.Difference(.90).Low, -.02, -.0195);
    }

    [Fact]
    public void The_tables_are_those_that_numpy_counted()
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(GoldenFiles.Require("protocol", "refusal-to-reasoning.json")));
        var cases = document.RootElement.GetProperty("cases").EnumerateArray().ToList();
        Assert.NotEmpty(cases);
        foreach (var @case in cases)
        {
            var answers = new PairedAnswers(@case.GetProperty("rows").EnumerateArray().Where(r => r[1].GetString() == "b")
                .Select(r => ("all", r[0].GetInt32(), r[2].GetString() == "1", r[3].GetString() == "1")));
            // Four outcomes of the base by four of the candidate; the last is right.
            var table = @case.GetProperty("expected").GetProperty("table").GetProperty("b").EnumerateArray()
                .Select(r => r.EnumerateArray().Select(v => v.GetInt64()).ToArray()).ToArray();
            Assert.Equal(table[3][3], answers.BothRight);
            Assert.Equal(table[3][..3].Sum(), answers.BaseRight);
            Assert.Equal(table[..3].Sum(r => r[3]), answers.CandidateRight);
            Assert.Equal(table[..3].Sum(r => r[..3].Sum()), answers.NeitherRight);
        }
    }

    /// <summary>Of 200 questions twenty sums, each with ten names: the models differ on sums, not on names. The interval is that of twenty, n is 200.</summary>
    [Fact]
    public void Questions_that_compute_the_same_are_one_piece_of_evidence()
    {
        var rows = Enumerable.Range(0, 200).Select(i => ("a", i, true, i % 20 >= 3)).ToList();
        var (names, sums) = (new PairedAnswers(rows), new PairedAnswers(rows, Enumerable.Range(0, 200).Select(i => i % 20)));
        var twenty = new PairedAnswers(Enumerable.Range(0, 20).Select(i => ("a", i, true, i >= 3))).Difference();
        var found = sums.Difference();
        Assert.Equal((-.15, 200), (found.Value, found.N));
        Assert.Equal(twenty.Low, found.Low, .02);
        Assert.Equal(twenty.High, found.High, .02);
        Assert.True(names.Difference().Low > found.Low + .05);
        Assert.Equal(200, sums.Accuracy(candidate: true).N);
        Assert.True(sums.Accuracy(candidate: true).Low < names.Accuracy(candidate: true).Low - .05);
        // Of each stratum alone too.
        Assert.Equal(found, Assert.Single(sums.ByStratum()).Answers.Difference());
    }
}
