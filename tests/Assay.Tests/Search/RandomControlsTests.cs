using System.Collections.Immutable;
using Assay.Checkpoints;
using Assay.Directions;
using Assay.Directions.Edits;
using Assay.Models;
using Assay.Search;

namespace Assay.Tests.Search;

/// <summary>Mistake 40: random controls, of the size of what they are compared with.</summary>
public sealed class RandomControlsTests
{
    [Theory]
    [InlineData("llama")]
    [InlineData("gemma2")]
    [InlineData("gpt2")]
    [InlineData("qwen3_moe")]
    [InlineData("qwen2_moe")]
    [InlineData("gpt_oss")]
    public void Mistake_40_random_directions_change_the_weights_as_much_at_the_same_places(string name)
    {
        using var model = SearchCases.Open(name);
        var compiler = new EditCompiler(model);
        foreach (var winner in SearchCases.Candidates(model.Spec).Where(c => !c.Edits.IsEmpty))
        {
            var controls = RandomControls.Create(model, winner, 3, 5);
            Assert.Equal(6, controls.Length);
            Assert.Equal(6, controls.Select(c => c.Id).Distinct().Count());
            var size = EditSize.Of(model, [compiler.Maps(winner.Edits), .. controls.Select(c => compiler.Maps(c.Edits))]);
            for (var i = 1; i <= 3; i++) Assert.Equal(size[0], size[i], 1e-9 * size[0]);
            foreach (var (control, i) in controls.Select((c, i) => (c, i)))
            {
                Assert.Equal(winner.Edits.SelectMany(e => e.Places).Select(p => (p.Layer, p.Writer)), control.Edits.SelectMany(e => e.Places).Select(p => (p.Layer, p.Writer)));
                if (i >= 3) Assert.All(control.Edits.SelectMany(e => e.Places), p => Assert.Equal(1, p.Strength));
                foreach (var (own, theirs) in winner.Edits.Zip(control.Edits))
                    Assert.Equal(own.Direction.Vectors.Length, theirs.Direction.Vectors.Length);
            }

            // The same draws in both kinds; a shorter draw is the beginning of a longer one.
            for (var i = 0; i < 3; i++) Assert.Equal(controls[i].Edits[0].Direction.Vectors, controls[i + 3].Edits[0].Direction.Vectors);
            Assert.Equal(controls[1].Edits[0].Direction.Vectors, RandomControls.Create(model, winner, 2, 5)[1].Edits[0].Direction.Vectors);
            Assert.NotEqual(controls[0].Edits[0].Direction.Vectors, controls[1].Edits[0].Direction.Vectors);
        }
    }

    /// <summary>‖ΔW‖² from the hook itself: what it takes from the writer's output for each unit input, which are the matrix's columns.</summary>
    [Theory]
    [InlineData("llama", "model.layers.1.self_attn.o_proj.weight", ResidualWriter.Attention, false)]
    [InlineData("gemma2", "model.layers.1.mlp.down_proj.weight", ResidualWriter.Mlp, false)]
    [InlineData("llama", "model.embed_tokens.weight", ResidualWriter.Embedding, true)]
    public void Sizes_are_those_of_the_dense_difference(string name, string tensor, ResidualWriter writer, bool transposed)
    {
        using var model = SearchCases.Open(name);
        var direction = SearchCases.Random(model.Spec.HiddenSize, 3, 2);
        var map = new EditCompiler(model).Maps([new WeightEdit(direction, [new EditPlace(writer == ResidualWriter.Embedding ? -1 : 1, writer, 1.3)])]).Single().Value;
        var stored = model.Weights[tensor];
        var values = new double[stored.Count];
        stored.ReadDouble(0, values);
        var (d, columns) = (model.Spec.HiddenSize, (int)(stored.Count / model.Spec.HiddenSize));
        double Entry(int output, int input) => transposed ? values[input * d + output] : values[output * columns + input];
        var square = 0.0;
        for (var input = 0; input < columns; input++)
            for (var output = 0; output < d; output++)
            {
                var change = 0.0;
                for (var k = 0; k < map.Rank; k++)
                {
                    var part = 0.0;
                    for (var o = 0; o < d; o++) part += map.Right[k * d + o] * Entry(o, input);
                    change += map.Left[k * d + output] * part;
                }

                square += change * change;
            }

        var size = EditSize.Of(model, [new Dictionary<(int, ResidualWriter), ResidualMap> { [(writer == ResidualWriter.Embedding ? -1 : 1, writer)] = map }])[0];
        Assert.Equal(square, size, 1e-10 * square);
    }

    [Fact]
    public void Random_units_are_spread_evenly()
    {
        using var model = SearchCases.Open("llama");
        var d = model.Spec.HiddenSize;
        var units = RandomControls.Create(model, new Candidate("x", [new WeightEdit(SearchCases.Random(d, 1), [new EditPlace(0, ResidualWriter.Mlp, 1)])]), 400, 3)[..400].Select(c => c.Edits[0].Direction.Vectors).ToList();
        Assert.All(units, u => Assert.Equal(1, u.Sum(x => (double)x * x), 1e-5));
        // Mean 0, mean square 1 / d in every coordinate: 400 draws, five standard errors.
        for (var i = 0; i < d; i++)
        {
            Assert.InRange(units.Average(u => u[i]), -5 / Math.Sqrt(400.0 * d), 5 / Math.Sqrt(400.0 * d));
            Assert.InRange(units.Average(u => u[i] * u[i]) * d, 1 - 5 * Math.Sqrt(2.0 / 400), 1 + 5 * Math.Sqrt(2.0 / 400));
        }
    }

    [Fact]
    public void A_winner_that_changes_nothing_has_no_controls()
    {
        using var model = SearchCases.Open("llama");
        Assert.Throws<InvalidInputException>(() => RandomControls.Create(model, new Candidate("nothing", []), 3, 1));
        Assert.Equal(4.8, RandomControls.Threshold(Enumerable.Range(1, 5).Select(i => new CandidateScore($"{i}", [i], [0]))), 1e-12);
        // Wrecked ones count as above any.
        Assert.Equal(double.PositiveInfinity, RandomControls.Threshold(Enumerable.Range(1, 5).Select(i => new CandidateScore($"{i}", [i < 3 ? double.NaN : i], [0]))));
    }
}
