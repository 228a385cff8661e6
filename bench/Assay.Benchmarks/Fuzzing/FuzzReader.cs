namespace Assay.Benchmarks.Fuzzing;

/// <summary>One reader of files that come from elsewhere, and whole files that it reads.</summary>
/// <param name="Name">As <c>--reader</c> takes it.</param>
/// <param name="Seeds">Whole files, which are damaged.</param>
/// <param name="Read">Reads one damaged file and uses what it gives; a scratch folder is at hand.</param>
internal sealed record FuzzReader(string Name, Func<IReadOnlyList<byte[]>> Seeds, Action<byte[], string> Read);
