using Assay.Checkpoints;
using Assay.Evaluation;
using Assay.Evaluation.Contexts;
using Assay.Evaluation.Measures;
using Assay.Evaluation.Scoring;
using Assay.Tests.Evaluation.Measures;
using Assay.Tests.Reports;

namespace Assay.Tests.Evaluation.Scoring;

public sealed class ScoreStoreTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string At(string name) => Path.Combine(_folder.Path, name);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Every_column_comes_back_bit_for_bit_and_no_other_is_there()
    {
        TokenScore[] tokens =
        [
            new(7, double.PositiveInfinity, double.NaN, 0.1 + 0.2, double.NegativeInfinity, -1e-17, double.Epsilon, double.MaxValue, 1, 0, 3, 1279, .25, .5, .125,
                LogitFaults.CandidateNotFinite | LogitFaults.BaseFlat),
            new(8, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11),
        ];
        using var store = ScoreStore.Temporary();
        var set = VetDesign.BaseAnswers("benign");
        Scores.Put(store, set, [new ItemScores("i", "a", tokens) { Contexts = [1, 1] }, new ItemScores("none", "a", [])], ScoreColumns.All & ~ScoreColumns.Jsd);
        var scores = store.Scores(set);
        Assert.Equal(["i"], scores.Items.Select(i => i.Item));
        Assert.Equal([1, 1], scores.Items[0].Contexts.Select(c => c.Tokens));
        foreach (var column in Enum.GetValues<ScoreColumns>().Where(c => c is not (ScoreColumns.None or ScoreColumns.All or ScoreColumns.Jsd)))
            Assert.Equal(tokens.Select(t => BitConverter.DoubleToInt64Bits(ScoreStore.Value(t, column))), scores.Values(column)[0].Select(BitConverter.DoubleToInt64Bits));
        Assert.Throws<InvalidOperationException>(() => scores.Values(ScoreColumns.Jsd));
        Assert.False(store.Has(set.Under("floor")));
    }

    [Fact]
    public void A_torn_end_is_dropped_at_whatever_byte_it_was_torn()
    {
        using (var file = BlockFile.Open(At("a")))
        {
            file.Append([("first", [1, 2, 3])]);
            file.Append([("second", [4, 5, 6, 7, 8, 9, 10, 11, 12])]);
        }

        var bytes = File.ReadAllBytes(At("a"));
        for (var length = 0; length < bytes.Length; length++)
        {
            File.WriteAllBytes(At("torn"), bytes[..length]);
            using var file = BlockFile.Open(At("torn"));
            Assert.DoesNotContain("second", file.Keys);
            file.Append([("third", [9])]);
            Assert.Equal([9], file.Read("third"));
        }
    }

    [Fact]
    public void Blocks_are_brought_into_order_and_others_dropped_with_the_bytes_of_a_file_written_so()
    {
        using (var file = BlockFile.Open(At("a")))
        {
            file.Append([("c", [3]), ("x", [0]), ("a", [1, 1])]);
            file.Append([("b", [])]);
            file.Arrange(["a", "b", "missing", "c"]);
            Assert.Equal(["a", "b", "c"], file.Keys);
            Assert.Equal([3], file.Read("c"));
            file.Append([("d", [4])]);
        }

        using (var file = BlockFile.Open(At("b")))
            foreach (var (key, payload) in new (string, byte[])[] { ("a", [1, 1]), ("b", []), ("c", [3]), ("d", [4]) }) file.Append([(key, payload)]);
        Assert.Equal(File.ReadAllBytes(At("b")), File.ReadAllBytes(At("a")));
    }

    [Fact]
    public void A_key_that_comes_twice_is_an_error_and_a_folder_is_no_file()
    {
        using var file = BlockFile.Open(At("a"));
        file.Append([("k", [1])]);
        Assert.Throws<ArgumentException>(() => file.Append([("k", [2])]));
        Assert.Throws<InvalidInputException>(() => BlockFile.Open(_folder.Path));
    }
}
