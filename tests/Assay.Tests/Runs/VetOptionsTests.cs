using System.Reflection;
using Assay.Checkpoints;
using Assay.Cli;
using Assay.Cli.Options;
using Assay.Evaluation.Measures;
using Assay.Runs;
using Assay.Tests.Cli;
using Assay.Verdicts;
using FsCheck;
using FsCheck.Fluent;

namespace Assay.Tests.Runs;

/// <summary>What is made from the catalogue of options: requests, the reproduce line, the request that a part of a run keeps.</summary>
public sealed class VetOptionsTests
{
    /// <summary>Texts without NUL and half surrogate pairs, which no command line carries; many of what shells and parsers read as something else.</summary>
    private static readonly Gen<string> s_text = Gen.Elements("a", "Z", "0", " ", "'", "\"", "\\", "-", "--", "=", ":", "@", "$", "`", "\n", "\t", "#", "*",
        "!", ";", "é", "日", "😀", ",", "/")
        .ListOf().Select(string.Concat);

    private static Gen<T?> Maybe<T>(Gen<T> gen) where T : struct => Gen.OneOf(Gen.Constant((T?)null), gen.Select(v => (T?)v));

    private static Gen<T?> MaybeText<T>(Gen<T> gen) where T : class => Gen.OneOf(Gen.Constant((T?)null), gen.Select(v => (T?)v));

    /// <summary>Requests whose sizes are given, as those of a reproduce line are.</summary>
    private static readonly Gen<VetRequest> s_requests =
        from tier in Gen.Elements([.. VetTier.All])
        from sizes in Gen.Choose(1, OptionKind.MostCounted).ArrayOf(3)
        from samples in Maybe(Gen.Choose(0, 9))
        from context in Gen.Choose(4, OptionKind.MostTokens)
        from seed in Maybe(ArbMap.Default.GeneratorFor<ulong>())
        from nonce in MaybeText(s_text)
        from clock in Gen.Choose(0, int.MaxValue).Two().Select(t => new DateTimeOffset(630_000_000_000_000_000 + ((long)t.Item1 * 100_000_007) + t.Item2,
            TimeSpan.Zero))
        from measures in Gen.SubListOf(MeasureCatalogue.All.Select(m => m.Info.Id))
        from limit in Maybe(Gen.Choose(1, int.MaxValue))
        from allowLong in Gen.Elements(true, false)
        from output in MaybeText(s_text.Where(t => t.Length > 0))
        from templates in Maybe(Gen.Choose(1, 6))
        from texts in s_text.Where(t => t.Length > 0).ListOf()
        from tasks in s_text.Where(t => t.Length > 0).ListOf()
        from thought in Maybe(Gen.Choose(0, OptionKind.MostTokens))
        from panel in MaybeText(s_text.Where(t => t.Length > 0))
        from thinking in Maybe(Gen.Elements(true, false))
        from margins in Gen.SubListOf(Margin.All.AsEnumerable())
        from sizes2 in Gen.Choose(0, 1_000_000).ArrayOf(margins.Count)
        select new VetRequest
        {
            Base = "BASE", Candidate = "CANDIDATE", Tier = tier, Items = sizes[0], DocumentsPerDomain = sizes[1], MaxNewTokens = sizes[2], Samples = samples,
            Context = context,
            Seed = nonce is null ? seed : null, Nonce = nonce, Clock = clock, Measures = [.. measures], Limit = limit, AllowLong = allowLong, Output = output,
            Templates = templates, Texts = [.. texts], PublicPanel = panel, Tasks = [.. tasks],
            MaxThoughtTokens = thought, Thinking = thinking,
            Margins = Margins.Of(margins.Zip(sizes2, (m, s) => KeyValuePair.Create(m.Name, m.Least + (m.Most - m.Least) * s / 1_000_000))),
        };

    [Fact]
    public void The_reproduce_line_pasted_into_a_shell_asks_the_same_again() => Prop.ForAll(s_requests.ToArbitrary(), request =>
    {
        // The shell itself takes the line apart.
        var (code, output, error) = ChildProcess.Run("/bin/sh", ["-c", "printf '%s\\0' " + VetReproduction.Line(request, request.Context!.Value)]);
        Assert.Equal((0, ""), (code, error));
        var words = output.Split('\0')[..^1];
        Assert.Equal("assay", words[0]);
        var parsed = Application.Parse(words[1..], new Terminal(TextWriter.Null, TextWriter.Null));
        Assert.Empty(parsed.Errors);
        Same(request, VetBinding.Read(parsed, new VetRequest { Base = parsed.GetValue<string>("base")!, Candidate = parsed.GetValue<string>("candidate")! }));
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_part_of_a_run_keeps_everything_that_decides_numbers() => Prop.ForAll(s_requests.ToArbitrary(), request =>
    {
        var folder = Directory.CreateTempSubdirectory("assay-shard-").FullName;
        try
        {
            var file = new ShardFile("0123", new RunShard(2, 3), request with { Shard = new RunShard(2, 3), Threads = 3, MemoryBytes = 5 });
            File.WriteAllBytes(Path.Combine(folder, ShardFile.Name), file.Write());
            var read = ShardFile.Read(folder);
            Assert.Equal(("0123", new RunShard(2, 3)), (read.Run, read.Shard));
            Same(request with { Output = null }, read.Request);
        }
        finally
        {
            Directory.Delete(folder, true);
        }
    }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("\"options\":{\"itemz\":[\"3\"]}", "the option 'itemz' is not known")]
    [InlineData("\"options\":{\"items\":[\"0\"]}", "--items is '0'")]
    [InlineData("\"options\":{\"items\":[]}", "has 0 values")]
    [InlineData("\"options\":{\"items\":[\"1\",\"2\"]}", "has 2 values")]
    [InlineData("\"options\":{\"output\":[\"x\"]}", "the option 'output' is not known")]
    [InlineData("\"options\":[]", "not a part of a run")]
    public void A_damaged_part_is_refused(string options, string expected)
    {
        var folder = Directory.CreateTempSubdirectory("assay-shard-").FullName;
        try
        {
            File.WriteAllText(Path.Combine(folder, ShardFile.Name),
                "{\"schema\":\"assay-shard-1\",\"run\":\"0\",\"shard\":1,\"of\":2,\"base\":\"a\",\"candidate\":\"b\",\"bundled\":false," + options + "}");
            Assert.Contains(expected, Assert.Throws<InvalidInputException>(() => ShardFile.Read(folder)).Message, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, true);
        }
    }

    [Fact]
    public void The_reproduce_line_says_what_was_given_and_what_the_tier_says_of_sizes()
    {
        var request = new VetRequest { Base = "a", Candidate = "b" };
        Assert.Equal("assay vet BASE CANDIDATE --items 64 --documents 8 --max-new-tokens 96 --context 512 --clock 2026-01-01T12:00:00Z",
            VetReproduction.Line(request, 512));
        Assert.Equal("assay vet --tier standard --items 400 --documents 30 --max-new-tokens 256 --context 128 --clock 2026-01-01T12:00:00Z",
            VetReproduction.Line(request with { Bundled = true, Tier = VetTier.Standard }, 128));
        Assert.Equal("assay vet BASE CANDIDATE --tier full --items 7 --documents 3 --max-new-tokens 9 --samples 0 --context 64 --seed 18446744073709551615 " +
            "--nonce='it'\\''s' " +
            "--clock 2026-02-03T04:05:06.5Z --measures=kld,ppl --limit 2 --allow-long --output='a b'",
            VetReproduction.Line(request with
            {
                Tier = VetTier.Full, Items = 7, DocumentsPerDomain = 3, MaxNewTokens = 9, Samples = 0, Context = 64, Seed = ulong.MaxValue, Nonce = "it's",
                Clock = new DateTimeOffset(2026, 2, 3, 6, 5, 6, 500, TimeSpan.FromHours(2)), Measures = ["kld", "ppl"], Limit = 2, AllowLong = true,
                Output = "a b",
                Threads = 3, MemoryBytes = 1 << 20, Fresh = true, Shard = new RunShard(1, 2),
            }, 64));
        // Several windows, none of which was asked for.
        Assert.DoesNotContain("--context", VetReproduction.Line(request with { Tier = VetTier.Full }, 512), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_property_of_a_request_is_set_by_one_option_or_is_a_model_or_asked_of_one_call()
    {
        var properties = typeof(VetRequest).GetProperties(BindingFlags.Public | BindingFlags.Instance);
        var set = VetOptions.All.Select(option =>
        {
            var value = option.Kind.Shape switch
            {
                OptionShape.Choice => option.Kind.Choices[^1],
                OptionShape.Switch => "true",
                OptionShape.Time => "2001-02-03T04:05:06Z",
                _ => option.Name switch { "shard" => "2/3", "templates" => "3", "margins" => "accuracy=77", _ => "77" },
            };
            var request = option.Read(VetOptions.Defaults, [value]);
            Assert.Equal(value, Assert.Single(option.Write(request)));
            return Assert.Single(properties, p => !Equals(p.GetValue(request), p.GetValue(VetOptions.Defaults))).Name;
        }).ToList();
        Assert.Equal(properties.Select(p => p.Name).Order(StringComparer.Ordinal),
            set.Concat(["Base", "Candidate", "Bundled", "Fresh"]).Order(StringComparer.Ordinal));
        Assert.Equal(VetOptions.All.Length, VetOptions.All.Select(o => o.Name).Distinct().Count());
    }

    private static void Same(VetRequest expected, VetRequest actual)
    {
        Assert.Equal(expected.Measures, actual.Measures);
        Assert.Equal(expected.Texts, actual.Texts);
        Assert.Equal(expected.Tasks, actual.Tasks);
        Assert.Equal(expected.Triggers, actual.Triggers);
        Assert.Equal(expected with { Measures = [], Texts = [], Tasks = [], Triggers = [] },
            actual with { Measures = [], Texts = [], Tasks = [], Triggers = [] });
    }
}
