using Assay.Models;
using Assay.Tests.Golden;

namespace Assay.Tests.Models;

/// <summary>A position's logits have the same bits however it is reached.</summary>
public sealed class DeterminismTests
{
    /// <summary>Every bundled golden checkpoint: all kinds of blocks, rotations, windows, experts, recurrent states.</summary>
    public static TheoryData<string> Models() => [.. Directory.GetDirectories(Path.Combine(GoldenFiles.Repository, "golden", "models")).Select(f => Path.GetFileName(f)!).Order(StringComparer.Ordinal)];

    private static LanguageModel Open(string name, int threads = 2, long memory = 0, bool allowLong = true) =>
        LanguageModel.Open(Path.Combine(GoldenFiles.Repository, "golden", "models", name), new LanguageModelOptions { Threads = threads, MemoryBytes = memory, AllowLong = allowLong });

    private static int[] Ids(int length, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, length).Select(_ => random.Next(3, 320))];
    }

    private static int[] Bits(ReadOnlySpan<float> values)
    {
        var bits = new int[values.Length];
        for (var i = 0; i < bits.Length; i++) bits[i] = BitConverter.SingleToInt32Bits(values[i]);
        return bits;
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void In_one_pass_in_pieces_or_token_by_token(string name)
    {
        using var model = Open(name);
        var ids = Ids(91, 1);
        var whole = Bits(model.Logits(ids));
        var byLength = model.Spec.RotationOf(ids.Length) != 0;
        foreach (var cut in (int[])[1, 7, 8, 16, 33, 90])
        {
            using var cache = new KvCache(model.Spec, ids.Length);
            for (var at = 0; at < ids.Length; at += cut)
            {
                var end = Math.Min(at + cut, ids.Length);
                // Where the rotation depends on the length, a piece is what it is at the end of the text so far.
                var wanted = byLength ? Bits(model.Logits(ids.AsMemory(0, end))) : whole;
                Assert.Equal(wanted[(at * 320)..(end * 320)], Bits(model.Logits([new Segment(ids.AsMemory(at, end - at), cache)])));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void With_any_number_of_threads(string name)
    {
        var ids = Ids(120, 2);
        var bits = new[] { 1, 2, 3 }.Select(threads =>
        {
            using var model = Open(name, threads);
            return Bits(model.Logits(ids));
        }).ToList();
        Assert.Equal(bits[0], bits[1]);
        Assert.Equal(bits[0], bits[2]);
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void In_any_batch(string name)
    {
        using var model = Open(name);
        var texts = new[] { 40, 1, 17, 0, 64, 5 }.Select((length, i) => Ids(length, i + 10)).ToList();
        var alone = texts.Select(t => Bits(model.Logits(t))).ToList();
        foreach (var order in (int[][])[[0, 1, 2, 3, 4, 5], [5, 4, 3, 2, 1, 0], [2, 4], [4, 0, 4]])
            Assert.Equal(order.SelectMany(i => alone[i]), Bits(model.Logits([.. order.Select(i => new Segment(texts[i]))])));
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Greedy_tokens_are_the_argmax_of_their_own_rescoring_whatever_shares_the_batch(string name)
    {
        using var model = Open(name);
        var prompts = new[] { 3, 20, 1, 9 }.Select((length, i) => Ids(length, i + 30)).ToList();
        var together = model.Generate(prompts, new GenerationOptions { MaxNewTokens = 20 });
        using var cramped = Open(name, 1, 1);
        var apart = cramped.Generate(prompts, new GenerationOptions { MaxNewTokens = 20 });
        for (var i = 0; i < prompts.Count; i++)
        {
            Assert.Equal(together[i].Tokens, apart[i].Tokens);
            int[] text = [.. prompts[i], .. together[i].Tokens];
            var logits = model.Logits(text);
            for (var t = prompts[i].Length; t < text.Length; t++)
            {
                if (model.Spec.RotationOf(text.Length) != 0) logits = model.Logits(text.AsMemory(0, t));
                var row = logits.AsSpan((t - 1) * 320, 320).ToArray();
                Assert.Equal(Array.IndexOf(row, row.Max()), text[t]);
            }
        }
    }

    /// <summary>Prompts that begin alike by none, some, exactly one page of and nearly all of their tokens.</summary>
    [Theory]
    [MemberData(nameof(Models))]
    public void A_shared_beginning_changes_no_token(string name)
    {
        using var model = Open(name);
        var stem = Ids(100, 50);
        var prompts = (int[][])[Ids(30, 51), stem, [.. stem[..64], .. Ids(9, 52)], [.. stem[..99], 7], [.. stem, .. Ids(20, 53)], stem[..63], [.. stem], [.. stem[..20], .. Ids(3, 54)]];
        var options = new GenerationOptions { MaxNewTokens = 12 };
        var together = new Generator(model).Run(prompts, options, null, default, out var shared);
        // A state stands for all of a sequence's tokens: only who begins with all of them takes it over.
        Assert.InRange(shared, model.Spec.IsRecurrent || model.Spec.RotationOf(int.MaxValue) != 0 ? 0 : 99 + 64 + 99 + 62, prompts.Sum(p => p.Length));
        for (var i = 0; i < prompts.Length; i++) Assert.Equal(model.Generate([prompts[i]], options)[0].Tokens, together[i].Tokens);
        using var cramped = Open(name, 3, 1);
        Assert.Equal(together.Select(t => t.Tokens), cramped.Generate(prompts, options).Select(t => t.Tokens));
    }

    /// <summary>The last that finished is kept for prompts to come, and a run that was cancelled has live sequences: all come back.</summary>
    [Theory]
    [InlineData("llama")]
    [InlineData("qwen3_next")]
    public void Every_page_comes_back_when_a_run_ends_or_is_cancelled(string name)
    {
        using var model = Open(name);
        var prompts = (int[][])[Ids(70, 1), Ids(5, 2), Ids(130, 3)];
        KvPool? pool = null;
        var most = 0;
        void Watch(long made) => most = Math.Max(most, pool!.PagesInUse);
        new Generator(model).Run(prompts, new GenerationOptions { MaxNewTokens = 6 }, new Told(Watch), default, out _, p => pool = p);
        Assert.InRange(most, 3, 6);
        Assert.Equal(0, pool!.PagesInUse);
        using var source = new CancellationTokenSource();
        most = 0;
        Assert.ThrowsAny<OperationCanceledException>(() => new Generator(model).Run(prompts, new GenerationOptions { MaxNewTokens = 6 }, new Told(made =>
        {
            Watch(made);
            source.Cancel();
        }), source.Token, out _, p => pool = p));
        Assert.InRange(most, 3, 6);
        Assert.Equal(0, pool.PagesInUse);
    }

    private sealed class Told(Action<long> tell) : IProgress<long>
    {
        public void Report(long value) => tell(value);
    }

    [Fact]
    public void A_fork_shares_whole_pages_and_goes_its_own_way()
    {
        using var model = Open("llama");
        using var pool = new KvPool(model.Spec);
        var (ids, other) = (Ids(150, 60), Ids(40, 61));
        using var cache = new KvCache(pool, 200);
        model.Logits([new Segment(ids, cache)]);
        Assert.Equal(3, pool.PagesInUse);
        using var fork = cache.Fork(130, 200);
        Assert.Equal(4, pool.PagesInUse);
        var forked = Bits(model.Logits([new Segment(other, fork)]));
        int[] text = [.. ids[..130], .. other];
        Assert.Equal(Bits(model.Logits(text))[(130 * 320)..], forked);
        // The one that was forked from has not changed.
        Assert.Equal(Bits(model.Logits((int[])[.. ids, 9]))[(150 * 320)..], Bits(model.Logits([new Segment(new[] { 9 }, cache)])));
    }

    [Fact]
    public void A_recurrent_sequence_is_taken_over_whole_or_not_at_all()
    {
        using var model = Open("qwen3_next");
        using var pool = new KvPool(model.Spec);
        var (ids, other) = (Ids(70, 62), Ids(20, 63));
        using var cache = new KvCache(pool, 200);
        model.Logits([new Segment(ids, cache)]);
        Assert.Equal([0, 0, 70, 70], new[] { 10, 69, 70, 90 }.Select(cache.Shareable));
        Assert.Throws<ArgumentOutOfRangeException>(() => cache.Fork(64, 200));
        using var fork = cache.Fork(70, 200);
        int[] text = [.. ids, .. other];
        var wanted = Bits(model.Logits(text))[(70 * 320)..];
        Assert.Equal(wanted, Bits(model.Logits([new Segment(other, fork)])));
        // The one that was forked from has a state of its own still.
        Assert.Equal(wanted, Bits(model.Logits([new Segment(other, cache)])));
    }

    [Fact]
    public void A_recurrent_cache_whose_pass_was_cancelled_is_not_continued()
    {
        using var model = Open("qwen3_next");
        using var cache = new KvCache(model.Spec, 100);
        model.Logits([new Segment(Ids(5, 64), cache)]);
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => model.Logits([new Segment(Ids(5, 65), cache)], null, cancelled.Token));
        Assert.Throws<InvalidOperationException>(() => model.Logits([new Segment(Ids(5, 65), cache)]));
    }

    /// <summary>Position 33 is the first beyond the trained length: what came before must be read anew, in every layer, and shows in nothing but the new rows.</summary>
    [Theory]
    [InlineData("llama-dynamic-rope")]
    [InlineData("phi3-longrope")]
    public void A_sequence_that_outgrows_its_rotation_is_read_anew_and_only_new_rows_are_captured(string name)
    {
        using var model = Open(name);
        var ids = Ids(50, 66);
        using var cache = new KvCache(model.Spec, 50);
        model.Logits([new Segment(ids.AsMemory(0, 30), cache)]);
        var (whole, piece) = (new ActivationCache([new Site(2, SitePoint.ResidPre)]), new ActivationCache([new Site(2, SitePoint.ResidPre)]));
        var (wanted, seen) = (model.Logits(ids, new ForwardOptions { Capture = whole }), 0);
        var got = model.Logits([new Segment(ids.AsMemory(30), cache)], new ForwardOptions { Capture = piece, Hooks = [(new Site(2, SitePoint.ResidPre), (_, rows, width, _) => seen = rows.Length / width)] });
        Assert.Equal(Bits(wanted)[(30 * 320)..], Bits(got));
        Assert.Equal(whole[new Site(2, SitePoint.ResidPre)][(30 * 64)..].ToArray(), piece[new Site(2, SitePoint.ResidPre)].ToArray());
        Assert.Equal(50, seen);
        Assert.Equal(50, cache.Length);
    }

    [Fact]
    public void A_stop_token_ends_a_continuation_and_is_kept()
    {
        using var model = Open("llama");
        var free = model.Generate([Ids(9, 1)], new GenerationOptions { MaxNewTokens = 12 })[0];
        Assert.False(free.Stopped);
        var stop = free.Tokens[4];
        var stopped = model.Generate([Ids(9, 1)], new GenerationOptions { MaxNewTokens = 12, StopTokens = [stop] })[0];
        Assert.True(stopped.Stopped);
        Assert.Equal(free.Tokens[..(Array.IndexOf(free.Tokens, stop) + 1)], stopped.Tokens);
    }

    [Fact]
    public void Hooks_change_what_follows_and_captures_show_it()
    {
        using var model = Open("llama");
        var ids = Ids(12, 4);
        var site = new Site(1, SitePoint.ResidPre);
        var plain = model.Logits(ids);
        var same = model.Logits(ids, new ForwardOptions { Hooks = [(site, (_, rows, _, _) => { })] });
        Assert.Equal(plain, same);
        var cache = new ActivationCache([site, new Site(0, SitePoint.ResidPost), new Site(1, SitePoint.ResidMid), new Site(1, SitePoint.AttnOut)]);
        var zeroed = model.Logits(ids, new ForwardOptions { Capture = cache, Hooks = [(site, (_, rows, _, _) => rows.Clear())] });
        Assert.NotEqual(plain, zeroed);
        Assert.All(cache[site].ToArray(), v => Assert.Equal(0, v));
        // With nothing in the stream, what is there after attention is what attention added.
        Assert.Equal(cache[new Site(1, SitePoint.AttnOut)].ToArray(), cache[new Site(1, SitePoint.ResidMid)].ToArray());
        // The capture of the block before is from before the hook.
        Assert.Contains(cache[new Site(0, SitePoint.ResidPost)].ToArray(), v => v != 0);
    }

    [Fact]
    public void Lengths_beyond_the_model_are_refused()
    {
        using var gpt2 = Open("gpt2", allowLong: false);
        var error = Assert.Throws<Assay.Checkpoints.InvalidInputException>(() => gpt2.Logits(Ids(257, 1)));
        Assert.Contains("learned positions", error.Message);
        using var llama = Open("llama", allowLong: false);
        Assert.Contains("--allow-long", Assert.Throws<Assay.Checkpoints.InvalidInputException>(() => llama.Logits(Ids(257, 1))).Message);
        using var allowed = LanguageModel.Open(Path.Combine(GoldenFiles.Repository, "golden", "models", "llama"), new LanguageModelOptions { AllowLong = true });
        Assert.Equal(257 * 320, allowed.Logits(Ids(257, 1)).Length);
        Assert.Contains("outside the model's vocabulary", Assert.Throws<Assay.Checkpoints.InvalidInputException>(() => llama.Logits(new[] { 320 })).Message);
    }

    [Fact]
    public void Weights_that_are_no_numbers_end_a_generation_with_an_error()
    {
        var folder = Directory.CreateTempSubdirectory("assay-nan-").FullName;
        try
        {
            var source = Path.Combine(GoldenFiles.Repository, "golden", "models", "llama");
            File.Copy(Path.Combine(source, "config.json"), Path.Combine(folder, "config.json"));
            using (var file = Assay.Checkpoints.SafetensorsFile.Open(Path.Combine(source, "model.safetensors")))
            {
                Assay.Checkpoints.SafetensorsWriter.Write(Path.Combine(folder, "model.safetensors"), file.Tensors.Select(t => t.Name == "model.norm.weight"
                    ? Assay.Checkpoints.TensorToWrite.From(t.Name, t.DType, t.Shape, Enumerable.Repeat((byte)0x7F, 128).ToArray()) : Assay.Checkpoints.TensorToWrite.From(t)));
            }

            using var model = LanguageModel.Open(folder);
            var error = Assert.Throws<Assay.Checkpoints.InvalidInputException>(() => model.Generate([[5, 6]], new GenerationOptions { MaxNewTokens = 3 }));
            Assert.Contains("not a number", error.Message, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, true);
        }
    }
}
