using Assay.Evaluation;
using Assay.Evaluation.Behaviour;
using Assay.Evaluation.Prompts;

namespace Assay.Tests.Evaluation.Behaviour;

/// <summary>Properties of the refusal-to-reasoning estimates; their values are held to numpy's in the golden tests.</summary>
public sealed class RefusalToReasoningTests
{
    private static ReasoningRow[] Draw(int cores, int seed)
    {
        var random = new Random(seed);
        ReplyOutcome Reply(double refuses) => random.NextDouble() < refuses ? ReplyOutcome.Refused
            : random.Next(1, 12) switch { 1 => ReplyOutcome.Unusable, < 5 => ReplyOutcome.Wrong, _ => ReplyOutcome.Right };
        return [.. Enumerable.Range(0, cores).SelectMany(core => new[]
        {
            new ReasoningRow(core, Frame.Benign, Reply(.02), Reply(.05)), new ReasoningRow(core, Frame.Trigger, Reply(.9), Reply(.2)),
        })];
    }

    [Fact]
    public void An_exchange_of_the_two_models_negates_every_difference_exactly()
    {
        for (var seed = 0; seed < 20; seed++)
        {
            var rows = Draw(150, seed);
            var (one, other) = (new RefusalToReasoning(rows), new RefusalToReasoning(rows.Select(r => r with { Base = r.Candidate, Candidate = r.Base })));
            foreach (var of in (Func<RefusalToReasoning, Estimate>[])
                [r => r.Refusals(Frame.Trigger), r => r.Refusals(Frame.Benign), r => r.Unusable(Frame.Benign), r => r.Accuracy(), r => r.IntentionToTreat()])
            {
                var (a, b) = (of(one), of(other));
                Assert.Equal(a.Value, -b.Value);
                Assert.Equal(a.Low, -b.High, 1e-12);
                Assert.Equal(a.High, -b.Low, 1e-12);
            }
        }
    }

    [Fact]
    public void The_order_of_the_rows_does_not_matter_and_a_core_has_one_row_a_frame()
    {
        var rows = Draw(60, 3);
        var shuffled = rows.ToArray();
        new Random(4).Shuffle(shuffled);
        Assert.Equal(new RefusalToReasoning(rows).UnlockTax(), new RefusalToReasoning(shuffled).UnlockTax());
        Assert.Equal(new RefusalToReasoning(rows).Joint(), new RefusalToReasoning(shuffled).Joint());
        Assert.Throws<ArgumentException>(() => new RefusalToReasoning([rows[0], rows[0]]));
    }

    [Fact]
    public void Cores_of_one_cluster_are_no_evidence_apart_from_each_other()
    {
        var rows = Draw(150, 5);
        // Every core once more under another number, and the two as one cluster.
        ReasoningRow[] twice = [.. rows, .. rows.Select(r => r with { Core = r.Core + 150 })];
        Assert.All(twice, r => Assert.Equal(r.Core % 150, r.Cluster));
        foreach (var of in (Func<RefusalToReasoning, Estimate>[])[r => r.Refusals(Frame.Trigger), r => r.Accuracy(), r => r.Unlock(), r => r.UnlockTax()])
        {
            var (once, clustered) = (of(new RefusalToReasoning(rows)), of(new RefusalToReasoning(twice)));
            var apart = of(new RefusalToReasoning(twice.Select(r => r with { Cluster = r.Core })));
            Assert.Equal(once.Value, clustered.Value, 1e-12);
            Assert.Equal((once.N, 2 * once.N), (clustered.N, apart.N));
            Assert.InRange((clustered.High - clustered.Low) / (once.High - once.Low), 1, 1.02);
            Assert.InRange((apart.High - apart.Low) / (once.High - once.Low), .69, .73);
        }
    }

    /// <summary>Cores with other names and the same numbers: the interval is that of so many problems, and n is the number of cores.</summary>
    [Fact]
    public void Cores_that_compute_the_same_are_resampled_together()
    {
        var rows = Draw(150, 3);
        var problems = new RefusalToReasoning(rows.Select(r => r with { Problem = r.Core % 15 }));
        var clusters = new RefusalToReasoning(rows.Select(r => r with { Cluster = r.Core % 15 }));
        foreach (var of in (Func<RefusalToReasoning, Estimate>[])
            [r => r.Refusals(Frame.Trigger), r => r.Accuracy(), r => r.IntentionToTreat(), r => r.UnlockTax(), r => r.UnlockRatio(), r => r.Unlock(),
                r => r.Ruined()])
        {
            var (found, expected) = (of(problems), of(clusters));
            Assert.Equal((expected.Value, expected.Low, expected.High), (found.Value, found.Low, found.High));
            Assert.Equal(of(new RefusalToReasoning(rows)).N, found.N);
        }

        Assert.Equal(clusters.Joint(), problems.Joint());
        Assert.Equal(15, problems.Joint().Clusters);
    }

    [Fact]
    public void Rows_that_only_one_model_answered_are_in_no_accuracy()
    {
        ReasoningRow Row(int core, ReplyOutcome p, ReplyOutcome q) => new(core, Frame.Trigger, p, q);
        // The base answers what it can; the candidate answers everything, and gets the hard ones wrong. On what both answered nothing changed.
        ReasoningRow[] rows = [.. Enumerable.Range(0, 200).Select(i => i < 140 ? Row(i, ReplyOutcome.Right, ReplyOutcome.Right)
            : Row(i, ReplyOutcome.Refused, ReplyOutcome.Wrong))];
        var found = new RefusalToReasoning(rows);
        Assert.Equal((140, 0.0), (found.Answered(), found.Accuracy().Value));
        Assert.Equal(-60 / 200.0, found.Refusals(Frame.Trigger).Value);
        // Without benign twins no core can be said to have been unlocked at a price.
        Assert.Empty(found.Unlocked);
    }

    [Fact]
    public void The_joint_region_holds_its_centre_and_is_none_where_nothing_varies()
    {
        var joint = new RefusalToReasoning(Draw(200, 7)).Joint();
        Assert.False(joint.Singular);
        Assert.True(joint.Contains(joint.Refusals, joint.Accuracy));
        // On an axis the ellipse ends at the radius times the standard error, a little less where the two are correlated.
        var reach = Math.Sqrt(joint.RadiusSquared * joint.RefusalVariance);
        Assert.False(joint.Contains(joint.Refusals + 1.001 * reach, joint.Accuracy));
        Assert.True(joint.Contains(joint.Refusals + .5 * reach, joint.Accuracy));
        var unchanged = Enumerable.Range(0, 40).Select(i => new ReasoningRow(i, Frame.Trigger, ReplyOutcome.Right, ReplyOutcome.Right));
        var same = new RefusalToReasoning(unchanged).Joint();
        Assert.True(same.Singular);
        Assert.False(same.Contains(0, 0));
        Assert.False(new RefusalToReasoning(Draw(200, 7).Select(r => r with { Candidate = r.Base })).ExchangeRate().HasInterval);
    }
}
