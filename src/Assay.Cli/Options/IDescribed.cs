using Assay.Runs;

namespace Assay.Cli.Options;

/// <summary>An option or argument that says what its value may be, so that a configuration file can set it.</summary>
internal interface IDescribed
{
    /// <summary>What its value may be.</summary>
    OptionKind Kind { get; }

    /// <summary>The value that stands without it, as text; null where nothing or something computed does.</summary>
    string? Default { get; }

    /// <summary>An example of a value, for a line that is commented out.</summary>
    string? Example { get; }
}
