using Assay.Checkpoints;
using Assay.Evaluation;
using Assay.Evaluation.Scoring;
using Assay.Evaluation.Yardsticks;
using Assay.Models;
using Assay.Tests.Checkpoints;
using Assay.Tests.Golden;
using MathNet.Numerics.Distributions;

namespace Assay.Tests.Evaluation.Yardsticks;

/// <summary>Yardsticks against loops over whole tensors, written from protocol.md's words.</summary>
public sealed class YardstickTests
{
    public static IEnumerable<TheoryDataRow<string>> Architectures() => GoldenFiles.Folders("models");

    public static TheoryData<string> Organisms => ["llama", "gemma2", "gpt2", "qwen3", "qwen3_moe"];

    private static LanguageModel Organism(string name, int threads = 2, long memory = 0) =>
        LanguageModel.Open(Path.Combine(GoldenFiles.Repository, "organisms", name, "aligned"), new LanguageModelOptions { Threads = threads, MemoryBytes = memory });

    private static float[] Read(Tensor tensor)
    {
        var values = new float[tensor.Count];
        tensor.Read(0, values);
        return values;
    }

    /// <summary>What is a matrix of a block, told by names and shapes alone.</summary>
    private static bool IsBlockMatrix(TensorSpec tensor) => (tensor.Name.Contains("layers.", StringComparison.Ordinal) || tensor.Name.Contains("h.", StringComparison.Ordinal))
        && tensor.Name.EndsWith("norm.weight", StringComparison.Ordinal) is false && tensor.Shape.Length >= 2
        && !tensor.Name.EndsWith("bias", StringComparison.Ordinal) && !tensor.Name.Contains("conv1d", StringComparison.Ordinal)
        && !tensor.Name.Contains("wte", StringComparison.Ordinal) && !tensor.Name.Contains("wpe", StringComparison.Ordinal);

    /// <summary>Of GPT-2 all matrices are stored (in, out), of GPT-OSS the experts.</summary>
    private static bool RunsDownRows(string architecture, string name) => architecture == "gpt2" || architecture == "gpt_oss" && name.Contains(".experts.", StringComparison.Ordinal);

    /// <summary>One group: levels −n … n times max |w| / n.</summary>
    private static void RoundGroup(Span<float> values, long stride, int count, int bits)
    {
        var n = (int)Math.Pow(2, bits - 1) - 1;
        var largest = 0.0;
        for (var i = 0; i < count; i++) largest = Math.Max(largest, Math.Abs((double)values[(int)(i * stride)]));
        if (largest == 0) return;
        for (var i = 0; i < count; i++)
        {
            var exact = values[(int)(i * stride)] / (largest / n);
            // The nearest level by looking at all; of two equally near the even one.
            var best = -n;
            for (var level = -n; level <= n; level++)
            {
                var (its, old) = (Math.Abs(exact - level), Math.Abs(exact - best));
                if (its < old || its == old && level % 2 == 0) best = level;
            }

            values[(int)(i * stride)] = (float)(best * (largest / n));
        }
    }

    private static float[] Rounded(float[] values, ReadOnlySpan<long> shape, bool down, int bits)
    {
        var result = (float[])values.Clone();
        int rows = (int)shape[^2], columns = (int)shape[^1];
        for (var matrix = 0; matrix < values.Length / (rows * columns); matrix++)
        {
            var all = result.AsSpan(matrix * rows * columns, rows * columns);
            if (down)
                for (var c = 0; c < columns; c++)
                    for (var r = 0; r < rows; r += 32) RoundGroup(all[(r * columns + c)..], columns, Math.Min(32, rows - r), bits);
            else
                for (var r = 0; r < rows; r++)
                    for (var c = 0; c < columns; c += 32) RoundGroup(all[(r * columns + c)..], 1, Math.Min(32, columns - c), bits);
        }

        return result;
    }

    [Fact]
    public void One_matrix_by_hand()
    {
        // Two outputs of 34 inputs: 3 bits have levels −3 … 3. The first 32 of output 0 reach 6 (step 2), its last two 1.5 (step 0.5); output 1 is 0, then 9 (step 3).
        var values = new float[68];
        (values[0], values[1], values[2], values[3], values[4]) = (6, 1, 3, -5.2f, .9f);
        (values[32], values[33]) = (-1.5f, .7f);
        (values[66], values[67]) = (9, 4.5f);
        var want = new float[68];
        // 1 / 2 = .5 → 0, 3 / 2 = 1.5 → 2, −2.6 → −3, .45 → 0; 1.4 → 1; 1.5 → 2.
        (want[0], want[1], want[2], want[3], want[4]) = (6, 0, 4, -6, 0);
        (want[32], want[33]) = (-1.5f, .5f);
        (want[66], want[67]) = (9, 6);
        Assert.Equal(want, Read(Rounding(values, [2, 34], 3, false)));
        // The same matrix stored the other way.
        Assert.Equal(Transposed(want, 2, 34), Read(Rounding(Transposed(values, 2, 34), [34, 2], 3, true)));
        // Two bits: −1, 0, 1 times the largest.
        Assert.Equal([6, 0, 0, -6, 0], Read(Rounding(values, [2, 34], 2, false))[..5]);

        static float[] Transposed(float[] x, int rows, int columns) => [.. Enumerable.Range(0, x.Length).Select(i => x[i % rows * columns + i / rows])];
    }

    private static Tensor Rounding(float[] values, long[] shape, int bits, bool transposed) =>
        new("w", DType.F32, [.. shape], new GroupRounding(new Tensor("w", DType.F32, [.. shape], new Values(values)), bits, transposed));

    private sealed class Values(float[] values) : ComputedValues
    {
        public override void Read(long start, Span<float> destination) => values.AsSpan((int)start, destination.Length).CopyTo(destination);

        public override void RequireOpen()
        {
        }
    }

    [Theory, MemberData(nameof(Architectures))]
    public void Rungs_round_the_matrices_of_the_blocks_along_their_input_and_nothing_else(string name)
    {
        using var model = LanguageModel.Open(GoldenFiles.Require("models", name), new LanguageModelOptions { Threads = 2 });
        var random = new Random(1);
        foreach (var bits in new[] { 8, 4, 2 })
        {
            using var variant = new RoundedWeights(bits).Open(model);
            var changed = 0;
            foreach (var spec in model.Config.Tensors)
            {
                if (!model.Weights.TryGetValue(spec.Name, out var original)) continue;
                var (before, after) = (Read(original), Read(variant.Weights[spec.Name]));
                if (!IsBlockMatrix(spec))
                {
                    Assert.Equal(before, after);
                    continue;
                }

                Assert.Equal(Rounded(before, original.Shape.AsSpan(), RunsDownRows(model.Spec.Architecture, spec.Name), bits), after);
                Pieces(variant.Weights[spec.Name], after, random);
                changed += before.AsSpan().SequenceEqual(after) ? 0 : 1;
            }

            Assert.True(changed >= 4 * model.Spec.Layers.Length);
        }
    }

    private static void Pieces(Tensor tensor, float[] whole, Random random)
    {
        Parallel.For(0, 8, n =>
        {
            int start, length;
            lock (random)
            {
                start = random.Next(whole.Length);
                length = random.Next(Math.Min(700, whole.Length - start) + 1);
            }

            var piece = new float[length];
            tensor.Read(start, piece);
            Assert.Equal(whole[start..(start + length)], piece);
        });
    }

    [Theory, MemberData(nameof(Architectures))]
    public void Noise_is_as_large_as_it_says_and_a_function_of_seed_name_and_element(string name)
    {
        using var model = LanguageModel.Open(GoldenFiles.Require("models", name), new LanguageModelOptions { Threads = 2 });
        var random = new Random(2);
        using var variant = new NoisyWeights(3, 5).Open(model);
        using var again = new NoisyWeights(3, 5).Open(model);
        using var other = new NoisyWeights(3, 6).Open(model);
        var draws = new List<double>();
        var firsts = new List<double>();
        foreach (var spec in model.Config.Tensors)
        {
            if (!model.Weights.TryGetValue(spec.Name, out var original)) continue;
            var (before, after) = (Read(original), Read(variant.Weights[spec.Name]));
            if (!IsBlockMatrix(spec))
            {
                Assert.Equal(before, after);
                continue;
            }

            var deviation = Math.Sqrt(before.Sum(v => (double)v * v) / before.Length) / 16;
            draws.AddRange(before.Zip(after, (b, a) => (a - (double)b) / deviation));
            firsts.Add(draws[^before.Length]);
            Pieces(again.Weights[spec.Name], after, random);
            Assert.NotEqual(after, Read(other.Weights[spec.Name]));
        }

        // Standard normal: Kolmogorov and Smirnov's distance of n draws, at p = .001.
        draws.Sort();
        var distance = draws.Select((d, i) => Math.Max(Math.Abs(Normal.CDF(0, 1, d) - (double)i / draws.Count), Math.Abs(Normal.CDF(0, 1, d) - (i + 1.0) / draws.Count))).Max();
        Assert.InRange(distance * Math.Sqrt(draws.Count), 0, 1.95);
        // Two tensors never have one stream.
        Assert.Equal(firsts.Count, firsts.Select(f => Math.Round(f, 3)).Distinct().Count(), firsts.Count * .2);
    }

    /// <summary>By MathNet's quantile.</summary>
    [Fact]
    public void A_draw_is_the_normal_quantile_of_its_counter()
    {
        var draws = new NormalDraws(42, "model.layers.0.mlp.up_proj.weight");
        var stream = BitConverter.ToInt64(System.Security.Cryptography.SHA256.HashData("model.layers.0.mlp.up_proj.weight"u8));
        foreach (var index in new[] { 0L, 1, 2, 1000, 1L << 40 })
        {
            var uniform = Assay.Models.Sampling.CounterRandom.Uniform(42, stream, index);
            Assert.Equal(Normal.InvCDF(0, 1, uniform), draws[index], 1e-9);
        }
    }

    /// <summary>All experts of a layer in one tensor, as transformers 5 saves them: the same model, the same yardsticks.</summary>
    [Fact]
    public void A_stack_of_experts_is_changed_expert_by_expert()
    {
        using var folder = new TemporaryFolder();
        var source = GoldenFiles.Require("models", "qwen3_moe");
        using var single = LanguageModel.Open(source, new LanguageModelOptions { Threads = 2 });
        folder.Write("config.json", single.Checkpoint.ReadText("config.json")!);
        var written = single.Checkpoint.Tensors.Where(t => !t.Name.Contains(".experts.", StringComparison.Ordinal)).Select(t => TensorToWrite.From(t)).ToList();
        for (var layer = 0; layer < single.Spec.Layers.Length; layer++)
        {
            var experts = ((RoutedMlpSpec)single.Spec.Layers[layer].Mlp).Experts;
            var (width, hidden) = (experts[0].Up.Outputs, single.Spec.HiddenSize);
            written.Add(Stack($"model.layers.{layer}.mlp.experts.gate_up_proj", [experts.Length, 2 * width, hidden], experts.SelectMany(e => new[] { e.Gate!.Weight, e.Up.Weight })));
            written.Add(Stack($"model.layers.{layer}.mlp.experts.down_proj", [experts.Length, hidden, width], experts.Select(e => e.Down.Weight)));
        }

        SafetensorsWriter.Write(folder["model.safetensors"], written);
        using var stacked = LanguageModel.Open(folder.Path, new LanguageModelOptions { Threads = 2 });
        foreach (var yardstick in (Yardstick[])[new RoundedWeights(3), new NoisyWeights(4, 2), new RandomDirectionRemoved(1, 2), new HalfPrecisionWeights()])
        {
            using var a = yardstick.Open(single);
            using var b = yardstick.Open(stacked);
            foreach (var (name, tensor) in a.Weights) Assert.Equal(Read(tensor), Read(b.Weights[name]));
            int[] ids = [3, 1, 4, 1, 5];
            Assert.Equal(a.Logits(ids), b.Logits(ids));
            if (yardstick is not HalfPrecisionWeights) Assert.NotEqual(a.Logits(ids), single.Logits(ids));
            // Pieces across the borders of experts.
            var whole = b.Checkpoint["model.layers.1.mlp.experts.gate_up_proj"];
            Pieces(whole, Read(whole), new Random(4));
        }

        TensorToWrite Stack(string name, long[] shape, IEnumerable<string> parts) => TensorToWrite.From(name, DType.BF16, [.. shape], parts.SelectMany(p =>
        {
            var bytes = new byte[single.Weights[p].ByteLength];
            single.Weights[p].ReadBytes(0, bytes);
            return bytes;
        }).ToArray());
    }

    [Theory, MemberData(nameof(Architectures))]
    public void A_random_direction_is_gone_from_what_blocks_write(string name)
    {
        using var model = LanguageModel.Open(GoldenFiles.Require("models", name), new LanguageModelOptions { Threads = 2 });
        var yardstick = new RandomDirectionRemoved(2, 9);
        using var variant = yardstick.Open(model);
        var direction = yardstick.Draw(model.Spec.HiddenSize).Vectors.ToArray();
        Assert.Equal(1, direction.Sum(v => (double)v * v), 1e-6);
        Assert.NotEqual(direction, new RandomDirectionRemoved(1, 9).Draw(model.Spec.HiddenSize).Vectors.ToArray());
        var sites = Enumerable.Range(0, model.Spec.Layers.Length).SelectMany(l => new[] { new Site(l, SitePoint.AttnOut), new Site(l, SitePoint.MlpOut) }).ToList();
        var (before, after) = (new ActivationCache(sites), new ActivationCache(sites));
        int[] ids = [3, 1, 4, 1, 5, 9, 2, 6];
        var plain = model.Logits(ids, new ForwardOptions { Capture = before });
        Assert.NotEqual(plain, variant.Logits(ids, new ForwardOptions { Capture = after }));
        foreach (var site in sites)
        {
            Assert.True(Share(after[site]) < 1e-5, $"{site}: {Share(after[site])}");
            Assert.True(Share(before[site]) > 1e-3, $"{site}: {Share(before[site])}");
        }

        // Everything but the writers of the blocks is the base's.
        Assert.Equal(Read(model.Weights[model.Spec.Embedding]), Read(variant.Weights[model.Spec.Embedding]));
        var layer = model.Spec.Layers[0];
        Assert.Equal(Read(model.Weights[layer.Attention.Query.Weight]), Read(variant.Weights[layer.Attention.Query.Weight]));
        Pieces(variant.Weights[layer.Attention.Output.Weight], Read(variant.Weights[layer.Attention.Output.Weight]), new Random(3));

        double Share(ReadOnlySpan<float> rows)
        {
            double along = 0, all = 0;
            for (var r = 0; r < rows.Length / direction.Length; r++)
            {
                double dot = 0;
                for (var i = 0; i < direction.Length; i++)
                {
                    dot += (double)rows[r * direction.Length + i] * direction[i];
                    all += (double)rows[r * direction.Length + i] * rows[r * direction.Length + i];
                }

                along += dot * dot;
            }

            return Math.Sqrt(along / all);
        }
    }

    internal static List<ScoredText> Texts(LanguageModel model)
    {
        var clock = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        return
        [
            .. new[] { "Write a short note about the sea.", "How many apples are left if two of seven are eaten?", "Tell me how to pick a lock.", "List three colours." }.Select(prompt =>
            {
                var ids = model.EncodeChat(prompt, clock);
                return new ScoredText([.. ids, .. model.Generate([ids], new GenerationOptions { MaxNewTokens = 24 })[0].Tokens], ids.Length);
            }),
        ];
    }

    internal static double Divergence(LanguageModel model, Yardstick yardstick, List<ScoredText> texts)
    {
        using var variant = yardstick.Open(model);
        return Divergence(model, variant, texts);
    }

    internal static double Divergence(LanguageModel model, LanguageModel changed, List<ScoredText> texts) =>
        new PairScorer(model, changed).Score(texts).SelectMany(s => s).Average(s => s.Kl);

    [Theory, MemberData(nameof(Organisms))]
    public void The_ladders_rise_on_every_organism(string name)
    {
        using var model = Organism(name);
        var texts = Texts(model);
        var floor = Divergence(model, YardstickCatalogue.Floor, texts);
        var ladder = YardstickCatalogue.Ladder.Select(rung => Divergence(model, rung, texts)).ToList();
        var noise = YardstickCatalogue.Noise(1).Select(rung => Divergence(model, rung, texts)).ToList();
        var directions = YardstickCatalogue.Directions(2, 1).Select(rung => Divergence(model, rung, texts)).ToList();
        TestContext.Current.TestOutputHelper?.WriteLine($"{name}: floor {floor:g3}; RTN {string.Join(", ", ladder.Select(d => d.ToString("g3")))}; noise {string.Join(", ", noise.Select(d => d.ToString("g3")))}; directions {string.Join(", ", directions.Select(d => d.ToString("g3")))}");
        foreach (var rungs in new[] { [floor, .. ladder], noise })
            for (var i = 1; i < rungs.Count; i++) Assert.True(rungs[i] > rungs[i - 1], $"rung {i}: {rungs[i]} after {rungs[i - 1]}");
        Assert.All(directions, d => Assert.True(d > floor));
        Assert.All(directions.Zip(directions.Skip(1)), d => Assert.NotEqual(d.First, d.Second));
    }

    [Theory, MemberData(nameof(Organisms))]
    public void A_round_trip_through_half_precision_is_at_the_floor(string name)
    {
        using var model = Organism(name);
        var texts = Texts(model);
        Assert.InRange(Divergence(model, new HalfPrecisionWeights(), texts), 0, Divergence(model, YardstickCatalogue.Floor, texts));
    }

    [Theory]
    [InlineData("gpt2"), InlineData("qwen3_moe")]
    public void Yardsticks_are_scored_the_same_with_any_threads_and_memory(string name)
    {
        using var model = Organism(name);
        var texts = Texts(model);
        foreach (var yardstick in (Yardstick[])[YardstickCatalogue.Floor, new RoundedWeights(3), new NoisyWeights(2, 4), new RandomDirectionRemoved(1, 4)])
        {
            IReadOnlyList<TokenScore[]>? want = null;
            foreach (var (threads, memory) in new[] { (2, 0L), (1, 1L << 16), (3, 1L << 22) })
            {
                using var own = Organism(name, threads, memory);
                using var variant = yardstick.Open(own);
                var scores = new PairScorer(own, variant).Score(texts);
                want ??= scores;
                Assert.Equal(want, scores);
            }
        }
    }

    [Fact]
    public void Bits_and_levels_that_are_not_defined_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new RoundedWeights(1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new RoundedWeights(9));
        Assert.Throws<ArgumentOutOfRangeException>(() => new NoisyWeights(0, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new NoisyWeights(5, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new RandomDirectionRemoved(0, 1));
        Assert.Equal(["rounded-8", "rounded-6", "rounded-5", "rounded-4", "rounded-3", "rounded-2"], YardstickCatalogue.Ladder.Select(y => y.Id));
        Assert.Equal(["noise 1/256", "noise 1/64", "noise 1/16", "noise 1/4"], YardstickCatalogue.Noise(1).Select(y => y.Title));
    }
}
