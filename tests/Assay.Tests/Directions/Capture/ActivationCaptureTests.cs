using Assay.Checkpoints;
using Assay.Directions.Capture;
using Assay.Models;
using Assay.Tests.Golden;

namespace Assay.Tests.Directions.Capture;

public sealed class ActivationCaptureTests
{
    private static readonly SitePoint[] AllPoints = Enum.GetValues<SitePoint>();

    private static readonly string[] Prompts =
    [
        "How do I bake bread?", "Ada has 3 apples and finds 4 more. How many apples does Ada have now?", "Tell me how to tie a knot.", "Hello!",
        "Sort these numbers from small to large: 8 3 19 4.", "A smuggler has 12 stolen coins. The smuggler gets 5 more and then loses 3. How many stolen coins does the smuggler have at the end?",
        "x", "What is the capital of Peru?",
    ];

    private static LanguageModel Open(string kind = "llama", int threads = 2, long memory = 0) =>
        LanguageModel.Open(Path.Combine(GoldenFiles.Repository, "organisms", kind, "aligned"), new LanguageModelOptions { Threads = threads, MemoryBytes = memory });

    private static EncodedPrompts Encode(LanguageModel model, params string[] prompts) => EncodedPrompts.Encode(model, prompts, DateTimeOffset.UnixEpoch);

    private static CapturePlan Everything(int batchRows = 0) => new() { Points = [.. AllPoints], MeanOverPositions = true, Covariances = p => p.Site.Point == SitePoint.MlpOut, Rows = _ => true, BatchRows = batchRows };

    [Theory, InlineData("gemma2"), InlineData("gpt2"), InlineData("llama"), InlineData("qwen3_moe")]
    public void Results_are_the_same_bits_whatever_the_batch_the_threads_and_the_memory(string kind)
    {
        List<string> bits = [];
        foreach (var (batch, threads, memory) in ((int, int, long)[])[(0, 2, 0), (1, 2, 0), (57, 1, 0), (0, 3, 16L << 20)])
        {
            using var model = Open(kind, threads, memory);
            bits.Add(Bits(ActivationCapture.Run(model, Encode(model, Prompts), Everything(batch))));
        }

        Assert.All(bits, b => Assert.Equal(bits[0], b));
    }

    [Fact]
    public void Every_site_layer_and_position_is_what_a_prompt_alone_gives()
    {
        using var model = Open();
        var prompts = Encode(model, Prompts);
        var captured = ActivationCapture.Run(model, prompts, Everything());
        var (layers, width) = (model.Spec.Layers.Length, model.Spec.HiddenSize);
        Assert.Equal(layers * AllPoints.Length * (prompts.Tail.Length + 1), captured.Places.Length);
        for (var i = 0; i < Prompts.Length; i++)
        {
            var cache = new ActivationCache(captured.Places.Select(p => p.Site).Distinct());
            model.Logits(prompts.Ids[i], new ForwardOptions { Capture = cache });
            foreach (var place in captured.Places.Where(p => p.Position is not null))
            {
                var alone = cache[place.Site];
                Assert.True(alone.Slice(alone.Length + place.Position!.Value * width, width).SequenceEqual(captured.Rows(place).Span.Slice(i * width, width)), $"{place}, prompt {i}");
            }
        }
    }

    [Fact]
    public void Mean_over_positions_is_the_mean_of_the_positions()
    {
        using var model = Open();
        var captured = ActivationCapture.Run(model, Encode(model, Prompts), Everything() with { Positions = [-1, -2, -4] });
        var site = new Site(2, SitePoint.AttnOut);
        var mean = captured.Moments(new ActivationPlace(site, null)).Mean;
        for (var j = 0; j < mean.Length; j++)
            Assert.Equal(((int[])[-1, -2, -4]).Average(p => captured.Moments(new ActivationPlace(site, p)).Mean[j]), mean[j], 1e-12);
    }

    [Fact]
    public void Covariances_equal_the_plain_formula()
    {
        using var model = Open();
        var captured = ActivationCapture.Run(model, Encode(model, Prompts), Everything());
        var place = new ActivationPlace(new Site(1, SitePoint.MlpOut), -1);
        var (moments, rows, d) = (captured.Moments(place), captured.Rows(place).ToArray(), captured.Width);
        double[] mean = [.. Enumerable.Range(0, d).Select(j => Enumerable.Range(0, Prompts.Length).Average(i => (double)rows[i * d + j]))];
        foreach (var (a, b) in ((int, int)[])[(0, 0), (3, 100), (100, 3), (191, 191)])
        {
            var wanted = Enumerable.Range(0, Prompts.Length).Sum(i => (rows[i * d + a] - mean[a]) * (rows[i * d + b] - mean[b])) / (Prompts.Length - 1);
            Assert.Equal(wanted, moments.Covariance![a * d + b], 1e-10 * Math.Max(1, Math.Abs(wanted)));
        }

        Assert.Null(captured.Moments(place with { Site = new Site(1, SitePoint.AttnOut) }).Covariance);
    }

    [Theory, InlineData("llama"), InlineData("gemma2"), InlineData("olmo2")]
    public void Mistake_04_hidden_states_i_is_the_input_of_block_i_and_the_last_is_no_residual_direction(string name)
    {
        var folder = GoldenFiles.Require("models", name);
        using var model = LanguageModel.Open(folder);
        using var golden = SafetensorsFile.Open(Path.Combine(folder, "golden.safetensors"));
        var (ids, hidden) = (GoldenTensors.Ints(golden, "ids.0"), GoldenTensors.Floats(golden, "hidden.0"));
        var (layers, d) = (model.Spec.Layers.Length, model.Spec.HiddenSize);
        var captured = ActivationCapture.Run(model, new EncodedPrompts([ids], [], [.. ids[^2..]]), new CapturePlan { Points = [SitePoint.ResidPre, SitePoint.ResidPost], Rows = _ => true });
        for (var l = 0; l < layers; l++)
        {
            foreach (var position in captured.Prompts.Positions)
            {
                Near(Hidden(l, position), Row(l, SitePoint.ResidPre, position));
                if (l + 1 < layers) Near(Hidden(l + 1, position), Row(l, SitePoint.ResidPost, position));
            }
        }

        // transformers' last entry has gone through the final norm: ours has not.
        Assert.True(Distance(Hidden(layers, -1), Row(layers - 1, SitePoint.ResidPost, -1)) > .1);

        float[] Hidden(int entry, int position) => hidden[((entry * ids.Length + ids.Length + position) * d)..((entry * ids.Length + ids.Length + position + 1) * d)];
        float[] Row(int layer, SitePoint point, int position) => captured.Rows(new ActivationPlace(new Site(layer, point), position)).ToArray();
        static double Distance(float[] a, float[] b) => Math.Sqrt(a.Zip(b, (x, y) => ((double)x - y) * (x - y)).Sum() / a.Sum(x => (double)x * x));
        static void Near(float[] a, float[] b) => Assert.True(Distance(a, b) < 1e-4, $"{Distance(a, b)}");
    }

    [Theory, InlineData("gemma2"), InlineData("gpt2"), InlineData("llama"), InlineData("qwen3"), InlineData("qwen3_moe")]
    public void Mistake_13_prompts_are_rendered_by_the_models_template_alike_and_kept_id_for_id(string kind)
    {
        using var model = Open(kind);
        var prompts = Encode(model, Prompts);
        for (var i = 0; i < Prompts.Length; i++)
            Assert.Equal(model.Tokenizer!.Encode(model.RenderChat([new("user", Prompts[i])], true, DateTimeOffset.UnixEpoch), addSpecialTokens: false), prompts.Ids[i].ToArray());
        // The organisms' template, read by eye: <|bos|><|im_start|>user\n … <|im_end|>\n<|im_start|>assistant\n.
        Assert.Equal(model.Tokenizer!.Encode("<|bos|><|im_start|>user\n", addSpecialTokens: false), prompts.Head);
        Assert.Equal(model.Tokenizer!.Encode("<|im_end|>\n<|im_start|>assistant\n", addSpecialTokens: false), prompts.Tail);
        Assert.Equal([-1, -2, -3, -4, -5], prompts.Positions);
        Assert.Equal(prompts.Sha256, Encode(model, Prompts).Sha256);
        Assert.NotEqual(prompts.Sha256, Encode(model, [.. Prompts.Reverse()]).Sha256);
    }

    [Fact]
    public void Mistake_13_a_prompt_that_merges_with_the_template_is_refused()
    {
        using var model = Open();
        // A line end before the user's text joins the template's own line end in one token.
        var refusal = Assert.Throws<InvalidInputException>(() => Encode(model, "Hello!", "\n\nHello!"));
        Assert.Contains("does not stand between", Assert.Single(refusal.Problems), StringComparison.Ordinal);
    }

    [Fact]
    public void Mistake_14_post_instruction_tokens_are_never_truncated()
    {
        using var model = Open();
        var tooLong = string.Join(' ', Enumerable.Repeat("apples", model.Spec.MaxPositions));
        var refusal = Assert.Throws<InvalidInputException>(() => Encode(model, "Hello!", tooLong));
        Assert.Contains("would have to be cut", Assert.Single(refusal.Problems), StringComparison.Ordinal);
    }

    [Fact]
    public void Mistake_14_a_position_before_the_post_instruction_tokens_is_refused()
    {
        using var model = Open();
        var prompts = Encode(model, Prompts);
        foreach (var position in (int[])[-6, 0, 1])
        {
            var refusal = Assert.Throws<InvalidInputException>(() => ActivationCapture.Run(model, prompts, new CapturePlan { Positions = [-1, position] }));
            Assert.Contains($"Position {position} was asked for", Assert.Single(refusal.Problems), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Mistake_15_the_last_token_is_found_by_length_and_nothing_is_padded()
    {
        // One layer's input at the last position is the embedding of the last id, whatever the length of the others in the batch.
        using var model = Open();
        var prompts = Encode(model, Prompts);
        Assert.True(prompts.Ids.Select(i => i.Length).Distinct().Count() > 4);
        var place = new ActivationPlace(new Site(0, SitePoint.ResidPre), -3);
        var rows = ActivationCapture.Run(model, prompts, new CapturePlan { Points = [SitePoint.ResidPre], Layers = [0], Rows = _ => true }).Rows(place).ToArray();
        var embedding = new float[model.Spec.HiddenSize];
        model.Weights[model.Spec.Embedding].Read((long)prompts.Tail[^3] * embedding.Length, embedding);
        for (var i = 0; i < Prompts.Length; i++) Assert.Equal(embedding, rows[(i * embedding.Length)..((i + 1) * embedding.Length)]);
    }

    [Fact]
    public void Mistake_17_no_prompts_activation_depends_on_the_others_so_that_nothing_is_clipped_by_batch()
    {
        using var model = Open();
        var place = new ActivationPlace(new Site(5, SitePoint.ResidPost), -1);
        var plan = new CapturePlan { Rows = _ => true };
        var with = ActivationCapture.Run(model, Encode(model, [.. Prompts, "\"\"\"\"####(((((99999999999"]), plan).Rows(place);
        var without = ActivationCapture.Run(model, Encode(model, Prompts), plan).Rows(place);
        Assert.True(with.Span[..without.Length].SequenceEqual(without.Span));
    }

    [Fact]
    public void Mistake_18_means_are_summed_in_float64()
    {
        // A thousand float32 numbers around 10⁶ whose mean is known exactly: summed in float32 it would be off by more than 1.
        var sums = new MomentAccumulator(2, covariance: true);
        for (var i = 0; i < 1000; i++) sums.Add((ReadOnlySpan<float>)[1e6f + (i % 2 == 0 ? .5f : -.5f), i]);
        var moments = sums.Result();
        Assert.Equal(1e6, moments.Mean[0], 1e-9);
        Assert.Equal(499.5, moments.Mean[1], 1e-9);
        Assert.Equal(.25 * 1000 / 999, moments.Covariance![0], 1e-12);
        Assert.Equal(1000 * 1001 / 12.0, moments.Covariance[3], 1e-7);
    }

    [Fact]
    public void All_problems_of_a_plan_are_told_at_once()
    {
        using var model = Open();
        var refusal = Assert.Throws<InvalidInputException>(() => ActivationCapture.Run(model, Encode(model), new CapturePlan { Layers = [0, 6], Positions = [-9] }));
        Assert.Equal(3, refusal.Problems.Count);
    }

    private static string Bits(CapturedActivations captured) => string.Join('\n', captured.Places.Select(p =>
    {
        var moments = captured.Moments(p);
        using var hash = System.Security.Cryptography.IncrementalHash.CreateHash(System.Security.Cryptography.HashAlgorithmName.SHA256);
        hash.AppendData(System.Runtime.InteropServices.MemoryMarshal.AsBytes<double>(moments.Mean));
        hash.AppendData(System.Runtime.InteropServices.MemoryMarshal.AsBytes<double>(moments.Covariance ?? []));
        hash.AppendData(System.Runtime.InteropServices.MemoryMarshal.AsBytes(captured.Rows(p).Span));
        return $"{p} {Convert.ToHexString(hash.GetHashAndReset())}";
    }));
}
