using System.Text.Json;
using Assay.Checkpoints;
using Assay.Tests.Golden;
using Assay.Tokenization;
using Assay.Tokenization.Decoders;
using Assay.Tokenization.Normalizers;

namespace Assay.Tests.Tokenization;

/// <summary>Settings and texts that no published file shows, held to what the reference library does with them (make_behaviours.mjs).</summary>
public sealed class BehaviourTests
{
    private static readonly Lazy<JsonDocument> File = new(() => JsonDocument.Parse(System.IO.File.ReadAllBytes(Path.Combine(GoldenFiles.Repository, "tests", "Assay.Tests", "Tokenization", "behaviours.json"))));

    public static IEnumerable<TheoryDataRow<int, string>> Normalizers() => Cases("normalizers");

    public static IEnumerable<TheoryDataRow<int, string>> PreTokenizers() => Cases("preTokenizers");

    public static IEnumerable<TheoryDataRow<int, string>> Decoders() => Cases("decoders");

    public static IEnumerable<TheoryDataRow<int, string>> Tokenizers() => Cases("tokenizers");

    [Theory, MemberData(nameof(Normalizers))]
    public void A_normalizer_rewrites_as_the_reference_does(int index, string component)
    {
        var (entry, problems) = (Entry("normalizers", index), new List<string>());
        var normalizer = NormalizerFactory.Create(new Component(entry.GetProperty("component"), component, problems));
        Assert.Empty(problems);
        Assert.All(entry.GetProperty("rows").EnumerateArray(), row => Assert.Equal(row[1].GetString(), normalizer!.Normalize(row[0].GetString()!)));
    }

    [Theory, MemberData(nameof(PreTokenizers))]
    public void A_pre_tokenizer_cuts_as_the_reference_does(int index, string component)
    {
        var entry = Entry("preTokenizers", index);
        Assert.NotNull(component);
        Assert.All(entry.GetProperty("rows").EnumerateArray(), row => Assert.Equal(row[1].EnumerateArray().Select(p => p.GetString()!), PieceList.Of(entry.GetProperty("component"), row[0].GetString()!)));
    }

    [Theory, MemberData(nameof(Decoders))]
    public void A_decoder_joins_as_the_reference_does(int index, string component)
    {
        var (entry, problems) = (Entry("decoders", index), new List<string>());
        var decoder = DecoderFactory.Create(new Component(entry.GetProperty("component"), component, problems));
        Assert.Empty(problems);
        Assert.All(entry.GetProperty("rows").EnumerateArray(), row => Assert.Equal(row[1].GetString(),
            string.Concat(decoder!.Decode([.. row[0].EnumerateArray().Select(t => t.GetString()!)], EncodingBudget.Most(row[0].GetRawText().Length)))));
    }

    [Theory, MemberData(nameof(Tokenizers))]
    public void A_tokenizer_encodes_and_decodes_as_the_reference_does(int index, string name)
    {
        var entry = Entry("tokenizers", index);
        var tokenizer = Tokenizer.Parse(entry.GetProperty("json").GetRawText(), name);
        Assert.All(entry.GetProperty("rows").EnumerateArray(), row =>
        {
            var text = row[0].GetString()!;
            if (row[1].ValueKind == JsonValueKind.Null)
            {
                Assert.Throws<InvalidInputException>(() => tokenizer.Encode(text, true));
                return;
            }
            var ids = row[1].EnumerateArray().Select(id => id.GetInt32()).ToArray();
            Assert.Equal(ids, tokenizer.Encode(text, true));
            Assert.Equal(row[2].GetString(), tokenizer.Decode(ids, false));
            Assert.Equal(row[3].GetString(), tokenizer.Decode(ids, true));
        });
    }

    private static JsonElement Entry(string list, int index) => File.Value.RootElement.GetProperty(list)[index];

    private static IEnumerable<TheoryDataRow<int, string>> Cases(string list)
        => File.Value.RootElement.GetProperty(list).EnumerateArray().Select((entry, i) => new TheoryDataRow<int, string>(i, entry.TryGetProperty("name", out var name) ? name.GetString()! : entry.GetProperty("component").GetRawText()));
}
