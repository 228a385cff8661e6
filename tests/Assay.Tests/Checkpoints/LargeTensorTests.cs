using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Assay.Checkpoints;

namespace Assay.Tests.Checkpoints;

/// <summary>A tensor of more bytes than a span can have.</summary>
public sealed class LargeTensorTests
{
    private const int Rows = 1500, Columns = 1 << 20;
    private const long Bytes = 2L * Rows * Columns;

    [Fact]
    public void A_sparse_3_GB_tensor_is_read_hashed_and_copied()
    {
        // A file system in memory reads holes without filling the page cache, which takes seconds for a file of this size.
        const long needed = 10L << 30;
        var inMemory = Directory.Exists("/dev/shm") && new DriveInfo("/dev/shm").AvailableFreeSpace > needed;
        var folder = inMemory ? Directory.CreateDirectory($"/dev/shm/assay-{Guid.NewGuid():n}").FullName : Directory.CreateTempSubdirectory("assay-large-").FullName;
        try
        {
            if (new DriveInfo(folder).AvailableFreeSpace < needed) Assert.Skip("Less than 10 GB are free in the temporary folder.");
            var header = Encoding.UTF8.GetBytes($"{{\"big\":{{\"dtype\":\"BF16\",\"shape\":[{Rows},{Columns}],\"data_offsets\":[0,{Bytes}]}},\"tail\":{{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[{Bytes},{Bytes + 4}]}}}}");
            var source = Path.Combine(folder, "source");
            Directory.CreateDirectory(source);
            using (var stream = File.Create(Path.Combine(source, "model.safetensors")))
            {
                stream.Write(BitConverter.GetBytes((long)header.Length));
                stream.Write(header);
                // The first and last elements of the last row, both beyond 2³¹ bytes.
                stream.Position = 8 + header.Length + 2L * (Rows - 1) * Columns;
                stream.Write([0xc0, 0x3f]);
                stream.Position = 8 + header.Length + Bytes - 2;
                stream.Write([0x20, 0xc0, 0, 0, 0x80, 0x3f]);
            }
            using var opened = Checkpoint.Open(source);
            var row = new float[Columns];
            opened["big"].Read((Rows - 1L) * Columns, row);
            Assert.Equal(1.5f, row[0]);
            Assert.Equal(-2.5f, row[^1]);
            Assert.Equal(2, row.Count(v => v != 0));
            var hash = WeightsHash.Compute(opened, "", threads: 2);

            var target = Path.Combine(folder, "target");
            CheckpointWriter.Copy(opened, target);
            // The copy, read as a plain file from front to back, has the hash that the mapped source gave.
            using var copy = File.OpenRead(Path.Combine(target, "model.safetensors"));
            Assert.Equal(8 + header.Length + Bytes + 4, copy.Length);
            Assert.Equal(BitConverter.GetBytes((long)header.Length).Concat(header), Take(copy, 8 + header.Length));
            Assert.Equal(hash.ByTensor["big"], Reference(copy, 2, [Rows, Columns], Bytes));
            Assert.Equal(hash.ByTensor["tail"], Reference(copy, 2, [1], 4));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static byte[] Take(FileStream file, int count)
    {
        var bytes = new byte[count];
        file.ReadExactly(bytes);
        return bytes;
    }

    /// <summary>Block hashes of stored values that are neither −0 nor NaN.</summary>
    private static string Reference(FileStream file, byte kind, long[] shape, long length)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(BitConverter.GetBytes((long)shape.Length));
        foreach (var size in shape) hash.AppendData(BitConverter.GetBytes(size));
        for (long left = length; left > 0;)
        {
            var block = Take(file, (int)Math.Min(left, (1 << 18) * 2));
            left -= block.Length;
            // 1 as float32: its upper half is all of it.
            if (length == 4) block = block[2..];
            hash.AppendData(SHA256.HashData([.. block, kind]));
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
