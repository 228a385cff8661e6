using Assay.Benchmarks.Fuzzing;

namespace Assay.Tests.Fuzzing;

/// <summary>A few hundred damaged files for every reader, the same ones every time; <c>bench -- fuzz</c> tries any number.</summary>
[Collection("Hugging Face cache")] // One reader reads the cache that a variable of the process names.
public class FuzzTests
{
    public static IEnumerable<TheoryDataRow<string>> Readers => FuzzReaders.All.Select(r => new TheoryDataRow<string>(r.Name));

    [Theory, MemberData(nameof(Readers))]
    public void Damaged_files_are_read_or_refused_soon_and_in_little_memory(string name)
    {
        const int cases = 100;
        var hub = Environment.GetEnvironmentVariable("HF_HUB_CACHE");
        try
        {
            var result = Fuzzer.Run(FuzzReaders.All.Single(r => r.Name == name), cases, seed: 20261129);
            // A busy machine may be slow; what is counted here is outcomes and memory.
            Assert.DoesNotContain(result.Faults, f => !f.EndsWith(" ms", StringComparison.Ordinal));
            Assert.Equal(cases, result.Read + result.Refused);
            // Otherwise the damage would be too tame to try anything; a reference of the cache is a commit's hash, and whatever is damaged is none.
            Assert.InRange(result.Refused, 1, name == "cache_refs" ? cases : cases - 1);
        }
        finally
        {
            Environment.SetEnvironmentVariable("HF_HUB_CACHE", hub);
        }
    }

    [Fact]
    public void A_fault_is_told_with_its_case_and_found_again()
    {
        var reader = new FuzzReader("broken", () => ["{\"a\":1}"u8.ToArray()], (bytes, _) =>
        {
            if (bytes.Contains((byte)'[')) throw new InvalidOperationException("no refusal");
        });
        var all = Fuzzer.Run(reader, 400, 3);
        var fault = all.Faults[0];
        Assert.Contains("InvalidOperationException: no refusal", fault, StringComparison.Ordinal);
        var number = int.Parse(fault["case ".Length..fault.IndexOf(':', StringComparison.Ordinal)], System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal(fault, Assert.Single(Fuzzer.Run(reader, 1, 3, number).Faults));
    }
}
