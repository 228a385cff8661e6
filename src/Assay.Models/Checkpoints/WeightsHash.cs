using System.Security.Cryptography;

namespace Assay.Checkpoints;

/// <summary>What identifies the computation of a checkpoint: its tensors and the configuration that the forward pass reads (protocol.md, M13).</summary>
/// <remarks>Independent of shards, tensor order, header metadata and file names. The hash over all is taken over the tensors' own
/// (<see cref="TensorHash"/>), which makes it parallel and tells at once which tensors of two checkpoints differ.</remarks>
/// <param name="Value">SHA-256 over the tensors' hashes in ordinal name order and the forward configuration; lower-case hexadecimal.</param>
/// <param name="Tensors">The same without the configuration.</param>
/// <param name="ByTensor">Hash of each tensor, in ordinal name order.</param>
public sealed record WeightsHash(string Value, string Tensors, IReadOnlyDictionary<string, string> ByTensor)
{
    /// <summary>Hashes all tensors of a checkpoint under their own names.</summary>
    /// <inheritdoc cref="Compute(IEnumerable{ValueTuple{string, Tensor}}, string, int, IProgress{long}?, CancellationToken)"/>
    public static WeightsHash Compute(Checkpoint checkpoint, string forwardConfiguration, int threads = 1, IProgress<long>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        return Compute(checkpoint.Tensors.Select(t => (t.Name, t)), forwardConfiguration, threads, progress, cancellation);
    }

    /// <summary>Hashes tensors under canonical names, where a checkpoint may spell them differently or hold some that nothing reads.</summary>
    /// <param name="tensors">Canonical name and tensor, in any order, each name once.</param>
    /// <param name="forwardConfiguration">Everything else that the forward pass depends on, in a canonical spelling.</param>
    /// <param name="threads">Threads that read and hash; the result does not depend on it.</param>
    /// <param name="progress">Bytes hashed so far.</param>
    /// <param name="cancellation">Honoured between blocks of 1 MiB.</param>
    /// <exception cref="ArgumentException">A name is there twice.</exception>
    public static WeightsHash Compute(IEnumerable<(string Name, Tensor Tensor)> tensors, string forwardConfiguration, int threads = 1, IProgress<long>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        ArgumentNullException.ThrowIfNull(forwardConfiguration);
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        var sorted = tensors.OrderBy(pair => pair.Name, StringComparer.Ordinal).ToArray();
        for (var i = 1; i < sorted.Length; i++)
            if (sorted[i].Name == sorted[i - 1].Name) throw new ArgumentException($"Tensor '{sorted[i].Name}' is there twice.", nameof(tensors));

        var hashes = new byte[sorted.Length][];
        long done = 0;
        Action<long>? hashed = progress is null ? null : bytes => progress.Report(Interlocked.Add(ref done, bytes));
        // Largest first, so that no thread is left alone with the embedding at the end.
        var order = Enumerable.Range(0, sorted.Length).OrderByDescending(i => sorted[i].Tensor.ByteLength).ToArray();
        Parallel.ForEach(System.Collections.Concurrent.Partitioner.Create(order, loadBalance: true), new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = cancellation },
            i => hashes[i] = TensorHash.Compute(sorted[i].Tensor, sorted[i].Name, hashed, cancellation));

        using var all = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var byTensor = new OrderedDictionary<string, string>(sorted.Length, StringComparer.Ordinal);
        TensorHash.Append(all, sorted.Length);
        for (var i = 0; i < sorted.Length; i++)
        {
            all.AppendData(hashes[i]);
            byTensor.Add(sorted[i].Name, Convert.ToHexStringLower(hashes[i]));
        }
        var tensorsOnly = Convert.ToHexStringLower(all.GetCurrentHash());
        TensorHash.Append(all, forwardConfiguration);
        return new WeightsHash(Convert.ToHexStringLower(all.GetHashAndReset()), tensorsOnly, byTensor);
    }
}
