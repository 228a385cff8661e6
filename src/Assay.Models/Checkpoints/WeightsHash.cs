using System.Security.Cryptography;

namespace Assay.Checkpoints;

/// <summary>What identifies the computation of a model: the values that its forward pass reads and the configuration that it is computed with (protocol.md,
/// M13; vetting.md, protocol version 2).</summary>
/// <remarks>Independent of how the weights are stored: types that hold the same values, shards, the order and the names of tensors, stacked experts. Of a model
/// it is taken over roles (<c>layers.3.attention.query</c>), not over the architecture's names; a bias of zeros is none, and a head equal to the embedding is
/// the embedding. The hash over all is taken over the tensors' own (<see cref="TensorHash"/>), which tells at once which tensors of two models
/// differ.</remarks>
/// <param name="Value">SHA-256 over <paramref name="Tensors"/>' text and the forward configuration; lower-case hexadecimal.</param>
/// <param name="Tensors">The same without the configuration.</param>
/// <param name="ByTensor">Hash of each tensor, in ordinal order of the names.</param>
public sealed record WeightsHash(string Value, string Tensors, IReadOnlyDictionary<string, string> ByTensor)
{
    /// <summary>Hashes all tensors of a checkpoint under their own names.</summary>
    /// <inheritdoc cref="Compute(IEnumerable{ValueTuple{string, Tensor}}, string, int, IProgress{long}?, CancellationToken)"/>
    public static WeightsHash Compute(Checkpoint checkpoint, string forwardConfiguration, int threads = 1, IProgress<long>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        return Compute(checkpoint.Tensors.Select(t => (t.Name, t)), forwardConfiguration, threads, progress, cancellation);
    }

    /// <summary>Hashes tensors under given names.</summary>
    /// <param name="tensors">Name and tensor, in any order, each name once.</param>
    /// <param name="forwardConfiguration">Everything else that the forward pass depends on, in a canonical spelling.</param>
    /// <param name="threads">Threads that read and hash; the result does not depend on it.</param>
    /// <param name="progress">Stored bytes hashed so far.</param>
    /// <param name="cancellation">Honoured between blocks of 2¹⁸ values.</param>
    /// <exception cref="ArgumentException">A name is there twice.</exception>
    public static WeightsHash Compute(IEnumerable<(string Name, Tensor Tensor)> tensors, string forwardConfiguration, int threads = 1, IProgress<long>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        ArgumentNullException.ThrowIfNull(forwardConfiguration);
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        var list = tensors.ToList();
        var hashes = ComputeEach([.. list.Select(t => t.Tensor)], threads, progress, cancellation);
        return Combine([.. list.Select((t, i) => (t.Name, hashes[i].Hash))], forwardConfiguration);
    }

    /// <summary>The hash of each tensor, in the order given.</summary>
    internal static (byte[] Hash, bool IsZero)[] ComputeEach(IReadOnlyList<Tensor> tensors, int threads, IProgress<long>? progress,
        CancellationToken cancellation)
    {
        long done = 0;
        return TensorHash.Compute(tensors, threads, progress is null ? null : bytes => progress.Report(Interlocked.Add(ref done, bytes)), cancellation);
    }

    /// <summary>The hash over hashes.</summary>
    /// <param name="hashes">Name and hash, each name once.</param>
    /// <param name="forwardConfiguration">Its canonical text.</param>
    internal static WeightsHash Combine(IReadOnlyList<(string Name, byte[] Hash)> hashes, string forwardConfiguration)
    {
        var sorted = hashes.OrderBy(pair => pair.Name, StringComparer.Ordinal).ToArray();
        for (var i = 1; i < sorted.Length; i++)
            if (sorted[i].Name == sorted[i - 1].Name) throw new ArgumentException($"Tensor '{sorted[i].Name}' is there twice.", nameof(hashes));

        using var all = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var byTensor = new OrderedDictionary<string, string>(sorted.Length, StringComparer.Ordinal);
        TensorHash.Append(all, sorted.Length);
        foreach (var (name, hash) in sorted)
        {
            TensorHash.Append(all, name);
            all.AppendData(hash);
            byTensor.Add(name, Convert.ToHexStringLower(hash));
        }
        var tensorsOnly = Convert.ToHexStringLower(all.GetCurrentHash());
        TensorHash.Append(all, forwardConfiguration);
        return new WeightsHash(Convert.ToHexStringLower(all.GetHashAndReset()), tensorsOnly, byTensor);
    }
}
