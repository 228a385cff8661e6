using Assay.Benchmarks;
using Assay.Checkpoints;
using Assay.Evaluation.Scoring;
using Assay.Models;

namespace Assay.Tests.Evaluation.Scoring;

/// <summary>A tensor that is larger than a span can be. The file is sparse: it takes no disk.</summary>
public sealed class LargeTensorTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("assay-large-").FullName;

    public void Dispose() => Directory.Delete(_folder, true);

    [Fact]
    public void An_embedding_of_3_GB_is_scored()
    {
        const int vocabulary = 790_000, hidden = 2048;
        var config = SyntheticCheckpoint.LlamaConfig(1, hidden, 16, 4, 64, vocabulary, tied: true);
        File.WriteAllText(Path.Combine(_folder, "config.json"), config);
        var (header, at) = (new System.Text.StringBuilder("{"), 0L);
        foreach (var tensor in ModelConfig.Parse(config).Tensors.Where(t => !t.Optional))
        {
            var bytes = tensor.Shape.Aggregate(2L, (a, b) => a * b);
            header.Append(at == 0 ? "" : ",").Append($"\"{tensor.Name}\":{{\"dtype\":\"BF16\",\"shape\":[{string.Join(",", tensor.Shape)}],\"data_offsets\":[{at},{at + bytes}]}}");
            at += bytes;
        }

        var json = System.Text.Encoding.UTF8.GetBytes(header.Append('}').ToString());
        using (var file = File.Create(Path.Combine(_folder, "model.safetensors")))
        {
            file.Write(BitConverter.GetBytes((ulong)json.Length));
            file.Write(json);
            file.SetLength(8 + json.Length + at);
        }

        Assert.True(at > 3L << 30);
        using var model = LanguageModel.Open(_folder);
        // Weights of 0 give every entry the same logit.
        var scores = new TextScorer(model).Score([new ScoredText([1, vocabulary - 1, 5], 1)])[0];
        Assert.All(scores, s => Assert.Equal(-Math.Log(vocabulary), s, 1e-9));
    }
}
