using System.Globalization;
using System.Text;

namespace Assay.Benchmarks.Peers;

/// <summary>The Markdown that grows section by section; every line is also shown at once.</summary>
/// <param name="peak">GFLOP/s.</param>
internal sealed class PeersReport(double peak)
{
    private readonly StringBuilder _body = new();
    private readonly List<string> _versions = [];

    /// <summary>Multiply-add peak of this run, GFLOP/s.</summary>
    public double Peak => peak;

    /// <summary>Median with the range of all rounds.</summary>
    public static string Spread(ContestResult result)
    {
        var digits = result.Median < 100 ? "0.0" : "0";
        return string.Create(CultureInfo.InvariantCulture, $"{result.Median.ToString(digits, CultureInfo.InvariantCulture)} ({result.Rates[0].ToString(digits, CultureInfo.InvariantCulture)}–{result.Rates[^1].ToString(digits, CultureInfo.InvariantCulture)})");
    }

    /// <summary>Adds a line to the body.</summary>
    public void Line(string line)
    {
        Console.WriteLine(line);
        _body.Append(line).Append('\n');
    }

    /// <summary>Names a peer's version at the head of the report.</summary>
    public void Version(string peer, string version)
    {
        Console.WriteLine($"{peer}: {version}");
        _versions.Add($"- {peer}: {version}");
    }

    /// <summary>The same, at the first call for a peer.</summary>
    public void VersionOnce(string peer, string version)
    {
        if (!_versions.Exists(v => v.StartsWith($"- {peer}:", StringComparison.Ordinal))) Version(peer, version);
    }

    /// <summary>The whole report below its title.</summary>
    public string Text(string title) => $"# {title}\n\n{string.Join('\n', _versions)}\n\n{_body}";
}
