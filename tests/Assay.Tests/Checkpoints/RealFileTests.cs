using Assay.Checkpoints;
using Assay.Tests.Golden;

namespace Assay.Tests.Checkpoints;

/// <summary>Files written by the reference implementation: they open, and copies are equal byte for byte.</summary>
public sealed class RealFileTests
{
    public static IEnumerable<TheoryDataRow<string>> ModelFiles()
    {
        var shared = Path.GetDirectoryName(GoldenFiles.Root)!;
        var files = new[] { Path.Combine(GoldenFiles.Root, "models"), Path.Combine(shared, "organisms"), Path.Combine(GoldenFiles.Repository, "organisms") }
            .Where(Directory.Exists).SelectMany(folder => Directory.EnumerateFiles(folder, "*.safetensors", SearchOption.AllDirectories)).Order(StringComparer.Ordinal).ToList();
        return files.Count == 0 ? [new TheoryDataRow<string>("none") { Skip = "There are no models." }] : files.Select(f => new TheoryDataRow<string>(Path.GetRelativePath(shared, f)));
    }

    [Theory, MemberData(nameof(ModelFiles))]
    public void A_file_of_the_reference_writer_opens_and_every_byte_belongs_to_a_tensor(string file)
    {
        using var opened = SafetensorsFile.Open(At(file));
        Assert.NotEmpty(opened.Tensors);
        Assert.Equal(new FileInfo(opened.Path).Length, opened.DataStart + opened.Tensors.Sum(t => t.ByteLength));
    }

    public static IEnumerable<TheoryDataRow<string>> ModelFolders()
    {
        var folders = ModelFiles().Where(row => row.Skip is null && row.Data.EndsWith("/model.safetensors", StringComparison.Ordinal)).Select(row => new TheoryDataRow<string>(Path.GetDirectoryName(row.Data)!)).ToList();
        return folders.Count == 0 ? [new TheoryDataRow<string>("none") { Skip = "There are no models." }] : folders;
    }

    [Theory, MemberData(nameof(ModelFolders))]
    public void A_copy_of_a_real_model_is_equal_in_every_byte_and_a_resharded_one_in_its_hash(string folder)
    {
        using var temporary = new TemporaryFolder();
        using var source = Checkpoint.Open(At(folder));
        CheckpointWriter.Copy(source, temporary["copy"]);
        var (before, after) = (TemporaryFolder.Contents(source.Path), TemporaryFolder.Contents(temporary["copy"]));
        Assert.Equal(before.Keys, after.Keys);
        Assert.All(before.Keys, file => Assert.True(before[file].AsSpan().SequenceEqual(after[file]), file));
        CheckpointWriter.Copy(source, temporary["shards"], maxShardBytes: source.Tensors.Sum(t => t.ByteLength) / 3);
        using var shards = Checkpoint.Open(temporary["shards"]);
        Assert.InRange(shards.Shards.Count, 3, 9);
        Assert.Equal(WeightsHash.Compute(source, "").Value, WeightsHash.Compute(shards, "").Value);
        Assert.Equal(PackagingHash.Compute(source), PackagingHash.Compute(shards));
    }

    /// <summary>A path of the list. Its dots are taken off as text: the folder of golden files may be a link, from which the system would go up
    /// elsewhere.</summary>
    private static string At(string relative) => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(GoldenFiles.Root)!, relative));
}
