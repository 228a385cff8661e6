using Assay.Checkpoints;
using Assay.Evaluation.Diffing;
using Assay.Verdicts;
using MathNet.Numerics.LinearAlgebra;

namespace Assay.Tests.Evaluation.Diffing;

/// <summary>Pairs of models made here, twenty seeds of each kind: the kind, the rank and the direction come out.</summary>
public sealed class KindTests
{
    private const int Count = 20;

    public static TheoryData<int> Seeds => [.. Enumerable.Range(0, Count)];

    private static IEnumerable<string> Writers(ChangedModel model) =>
        model.Matrices.Where(n => n.EndsWith("o_proj.weight", StringComparison.Ordinal) || n.EndsWith("down_proj.weight", StringComparison.Ordinal) || n == "model.embed_tokens.weight");

    private static Matrix<double> Read(ChangedModel model, string name)
    {
        var (rows, columns) = model.Shape(name);
        return Matrix<double>.Build.DenseOfRowMajor(rows, columns, model[name]);
    }

    private static double Cosine(double[] a, double[] b) => Math.Abs(Vector<double>.Build.Dense(a).Normalize(2) * Vector<double>.Build.Dense(b).Normalize(2));

    /// <summary>Smallest cosine between a vector set and the span it should lie in.</summary>
    private static double Within(IEnumerable<double[]> vectors, Matrix<double> span)
    {
        var q = span.QR(MathNet.Numerics.LinearAlgebra.Factorization.QRMethod.Thin).Q;
        return vectors.Min(v => (q.Transpose() * Vector<double>.Build.Dense(v)).L2Norm());
    }

    [Theory, MemberData(nameof(Seeds))]
    public void A_copy(int seed)
    {
        var model = ChangedModel.Random(seed);
        var difference = ChangedModel.Compare(model, model.Copy());
        Assert.All(difference.Tensors, t => Assert.Equal(ChangeKind.Identical, t.Kind));
        Assert.Equal("The models are identical.", DifferenceStory.Of(difference).Sentence);
    }

    [Theory, MemberData(nameof(Seeds))]
    public void Through_float16_and_back(int seed)
    {
        var model = ChangedModel.Random(seed);
        var changed = model.Copy();
        foreach (var name in changed.Names) changed[name] = [.. changed[name].Select(v => (double)(Half)v)];
        var difference = ChangedModel.Compare(model, changed);
        Assert.NotEmpty(difference.Differing);
        Assert.All(difference.Differing, t => Assert.Equal((ChangeKind.RoundTrip, "F16"), (t.Kind, t.Through)));
        Assert.Contains("went through F16 and back", DifferenceStory.Of(difference).Sentence, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Seeds))]
    public void Another_type(int seed)
    {
        var (model, type) = (ChangedModel.Random(seed), seed % 2 == 0 ? DType.F32 : DType.F16);
        var difference = ChangedModel.Compare(model, model, changedType: type);
        Assert.All(difference.Tensors, t => Assert.Equal(ChangeKind.Converted, t.Kind));
        if (type == DType.F32) Assert.All(difference.Tensors, t => Assert.Equal(0, t.Changed));
    }

    [Theory, MemberData(nameof(Seeds))]
    public void A_matrix_of_rank_k(int seed)
    {
        var (model, random) = (ChangedModel.Random(seed), new Random(seed + 1000));
        var changed = model.Copy();
        var rank = 1 + seed % 8;
        // Between two hundredths and a third of the base's norm: what adapters leave.
        var size = .02 * Math.Exp(random.NextDouble() * Math.Log(15));
        var names = changed.Matrices.Where(n => n.Contains("_proj.", StringComparison.Ordinal)).ToList();
        var factors = new Dictionary<string, (Matrix<double> Left, Matrix<double> Right)>();
        foreach (var name in names)
        {
            var (rows, columns) = model.Shape(name);
            var left = Matrix<double>.Build.DenseOfRowMajor(rows, rank, ChangedModel.Normal(random, rows * rank, 1));
            var right = Matrix<double>.Build.DenseOfRowMajor(columns, rank, ChangedModel.Normal(random, columns * rank, 1));
            var product = left * right.Transpose();
            changed[name] = [.. (Read(model, name) + product * (size * Read(model, name).FrobeniusNorm() / product.FrobeniusNorm())).ToRowMajorArray().Select(ChangedModel.BFloat16)];
            factors[name] = (left, right);
        }

        var difference = ChangedModel.Compare(model, changed);
        Assert.Equal(names.Order(StringComparer.Ordinal), difference.Differing.Select(t => t.Name).Order(StringComparer.Ordinal));
        foreach (var tensor in difference.Differing)
        {
            Assert.Equal((tensor.Name, ChangeKind.LowRank), (tensor.Name, tensor.Kind));
            Assert.Equal(rank, tensor.Spectrum!.Rank);
            Assert.InRange(tensor.RelativeNorm, size * .98, size * 1.02);
            Assert.InRange(Within(tensor.Left, factors[tensor.Name].Left), .99, 1.0001);
            Assert.InRange(Within(tensor.Right, factors[tensor.Name].Right), .99, 1.0001);
            Assert.Equal(rank, tensor.Left.Count);
        }

        Assert.StartsWith($"A matrix of rank {rank} was added to {names.Count} matrices", DifferenceStory.Of(difference).Sentence, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Seeds))]
    public void An_ablated_direction(int seed)
    {
        var (model, random) = (ChangedModel.Random(seed), new Random(seed + 2000));
        var changed = model.Copy();
        var strength = seed % 4 == 3 ? .5 + random.NextDouble() : 1;
        var r = Vector<double>.Build.Dense(ChangedModel.Unit(ChangedModel.Normal(random, ChangedModel.Hidden, 1)));
        foreach (var name in Writers(model))
        {
            var w = Read(model, name);
            // The embedding's rows are what is written; the others' columns.
            var edited = name == "model.embed_tokens.weight" ? w - (w * r).OuterProduct(r) * strength : w - r.OuterProduct(r * w) * strength;
            changed[name] = [.. edited.ToRowMajorArray().Select(ChangedModel.BFloat16)];
        }

        var difference = ChangedModel.Compare(model, changed);
        Assert.Equal(2 * ChangedModel.Layers + 1, difference.Differing.Count());
        foreach (var tensor in difference.Differing)
        {
            var side = tensor.Name == "model.embed_tokens.weight" ? ResidualSide.Right : ResidualSide.Left;
            Assert.Equal((tensor.Name, ChangeKind.Orthogonalised, side, side), (tensor.Name, tensor.Kind, tensor.Place.Side, tensor.Removal!.Side));
            Assert.Equal(1, tensor.Spectrum!.Rank);
            Assert.Equal(1, tensor.Removal.Directions);
            Assert.InRange(Cosine(r.ToArray(), side == ResidualSide.Left ? tensor.Left[0] : tensor.Right[0]), .99, 1);
            Assert.InRange(tensor.Removal.Strength, strength - .02, strength + .02);
            Assert.InRange(tensor.Removal.Remaining, Math.Max(0, Math.Abs(1 - strength) - .03), Math.Abs(1 - strength) + .03);
        }

        var common = Assert.Single(difference.Directions, d => d.Members.Count == 2 * ChangedModel.Layers + 1);
        Assert.Equal("residual stream", common.Space);
        Assert.InRange(Cosine(r.ToArray(), common.Vector), .99, 1);
        Assert.InRange(common.SmallestCosine, .99, 1);
        var story = DifferenceStory.Of(difference);
        Assert.StartsWith("One direction was removed", story.Sentence, StringComparison.Ordinal);
        Assert.EndsWith("all 7 matrices that write to the residual stream.", story.Sentence, StringComparison.Ordinal);
        Assert.Contains(story.Evidence, e => e.Contains("|cosine| at least 0.99", StringComparison.Ordinal));
    }

    [Theory, MemberData(nameof(Seeds))]
    public void Two_ablated_directions(int seed)
    {
        var (model, random) = (ChangedModel.Random(seed), new Random(seed + 2500));
        var changed = model.Copy();
        var basis = Matrix<double>.Build.DenseOfRowMajor(ChangedModel.Hidden, 2, ChangedModel.Normal(random, 2 * ChangedModel.Hidden, 1)).QR(MathNet.Numerics.LinearAlgebra.Factorization.QRMethod.Thin).Q;
        foreach (var name in Writers(model).Where(n => n != "model.embed_tokens.weight"))
            changed[name] = [.. (Read(model, name) - basis * (basis.Transpose() * Read(model, name))).ToRowMajorArray().Select(ChangedModel.BFloat16)];
        var difference = ChangedModel.Compare(model, changed);
        Assert.All(difference.Differing, t => Assert.Equal((ChangeKind.Orthogonalised, 2, 2), (t.Kind, t.Spectrum!.Rank, t.Removal!.Directions)));
        Assert.StartsWith("2 directions were removed from 6 of the 7 matrices that write", DifferenceStory.Of(difference).Sentence, StringComparison.Ordinal);
        Assert.InRange(Within(difference.Directions.Where(d => d.Members.Count == 6).Select(d => d.Vector), basis), .99, 1.0001);
    }

    /// <summary>Round to nearest in a dozen readable lines: symmetric levels, one scale for each run of a row.</summary>
    private static double[] Quantise(double[] values, int columns, int group, int bits)
    {
        var result = new double[values.Length];
        for (var row = 0; row < values.Length; row += columns)
            for (var at = 0; at < columns; at += group)
            {
                var run = Enumerable.Range(row + at, Math.Min(group, columns - at)).ToList();
                var scale = (float)(run.Max(i => Math.Abs(values[i])) / ((1 << (bits - 1)) - 1));
                foreach (var i in run) result[i] = MathF.Round((float)values[i] / scale) * scale;
            }

        return result;
    }

    [Theory, MemberData(nameof(Seeds))]
    public void Rounded_to_int8(int seed) => Quantised(seed, 8);

    [Theory, MemberData(nameof(Seeds))]
    public void Rounded_to_int4(int seed) => Quantised(seed, 4);

    private static void Quantised(int seed, int bits)
    {
        var model = ChangedModel.Random(seed);
        var changed = model.Copy();
        // 16 divides every row; 112 and 64 are whole rows of some.
        var (group, unit) = (seed % 3) switch { 0 => (int.MaxValue, "row"), 1 => (32, "group of 32"), _ => (16, "group of 16") };
        var type = seed % 4 == 3 ? DType.F32 : DType.BF16;
        var names = changed.Matrices.Where(n => n.Contains("_proj.", StringComparison.Ordinal)).ToList();
        foreach (var name in names) changed[name] = Quantise(changed[name], changed.Shape(name).Columns, Math.Min(group, changed.Shape(name).Columns), bits);
        var difference = ChangedModel.Compare(model, changed, originalType: type, changedType: type);
        Assert.Equal(names.Count, difference.Differing.Count());
        Assert.All(difference.Differing, t => Assert.Equal((t.Name, ChangeKind.Quantised, bits, unit), (t.Name, t.Kind, t.Format!.Bits, t.Format.Unit)));
        Assert.Contains($"quantised to int{bits}, symmetric, one scale a {unit}", DifferenceStory.Of(difference).Sentence, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Seeds))]
    public void A_scaled_norm(int seed)
    {
        var (model, random) = (ChangedModel.Random(seed), new Random(seed + 3000));
        var changed = model.Copy();
        var factor = Math.Exp(.03 + random.NextDouble()) * (seed % 2 == 0 ? 1 : 1 / Math.E);
        var name = seed % 3 == 0 ? "model.norm.weight" : $"model.layers.{seed % ChangedModel.Layers}.input_layernorm.weight";
        changed[name] = [.. changed[name].Select(v => ChangedModel.BFloat16(v * factor))];
        var difference = ChangedModel.Compare(model, changed);
        var tensor = Assert.Single(difference.Differing);
        Assert.Equal((name, ChangeKind.Scaled), (tensor.Name, tensor.Kind));
        Assert.InRange(tensor.Factor!.Value, factor * .999, factor * 1.001);
        Assert.StartsWith(name + " was scaled", DifferenceStory.Of(difference).Sentence, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Seeds))]
    public void Fine_tuned_noise(int seed)
    {
        var (model, random) = (ChangedModel.Random(seed), new Random(seed + 4000));
        var changed = model.Copy();
        var size = .005 * Math.Exp(random.NextDouble() * Math.Log(40));
        foreach (var name in changed.Names)
        {
            var noise = ChangedModel.Normal(random, changed[name].Length, size * Math.Sqrt(changed[name].Average(v => v * v)));
            changed[name] = [.. changed[name].Select((v, i) => ChangedModel.BFloat16(v + noise[i]))];
        }

        var difference = ChangedModel.Compare(model, changed);
        Assert.All(difference.Tensors, t => Assert.Equal((t.Name, ChangeKind.Dense), (t.Name, t.Kind)));
        Assert.All(difference.Tensors.Where(t => t.Spectrum is not null), t => Assert.True(t.Spectrum!.Rank > Math.Min(t.Shape[0], t.Shape[1]) / 2));
        Assert.All(difference.Tensors.Where(t => t.Spectrum is not null), t => Assert.InRange(t.Spectrum!.OverIndependent, .85, 1.1));
        Assert.Empty(difference.Directions);
        Assert.StartsWith("Independent noise was added to", DifferenceStory.Of(difference).Sentence, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Seeds))]
    public void One_layer_swapped_with_another(int seed)
    {
        var model = ChangedModel.Random(seed);
        var changed = model.Copy();
        var (i, j) = (seed % ChangedModel.Layers, (seed + 1 + seed / ChangedModel.Layers % (ChangedModel.Layers - 1)) % ChangedModel.Layers);
        foreach (var name in model.Names.Where(n => n.StartsWith($"model.layers.{i}.", StringComparison.Ordinal)).ToList())
        {
            var other = name.Replace($".{i}.", $".{j}.", StringComparison.Ordinal);
            (changed[name], changed[other]) = (model[other], model[name]);
        }

        var difference = ChangedModel.Compare(model, changed);
        Assert.Equal(18, difference.Differing.Count());
        Assert.All(difference.Differing, t => Assert.Equal(ChangeKind.Swapped, t.Kind));
        Assert.All(difference.Differing, t => Assert.Equal(t.Place.Layer == i ? j : i, TensorPlace.Of(t.EqualTo!, null, null).Layer));
        Assert.Equal($"Layers {Math.Min(i, j)} and {Math.Max(i, j)} were exchanged.", DifferenceStory.Of(difference).Sentence);
    }
}
