using System.CommandLine;
using Assay.Runs;

namespace Assay.Cli.Options;

/// <summary>An argument of a verb whose value is of a kind.</summary>
/// <typeparam name="T">What the kind reads; an array where there may be several.</typeparam>
internal sealed class KindArgument<T> : Argument<T>, IDescribed
{
    /// <param name="name">Name: the key of a configuration file.</param>
    /// <param name="kind">What the value may be.</param>
    /// <param name="description">What help says of it.</param>
    public KindArgument(string name, OptionKind kind, string description) : base(name)
    {
        (Kind, Description, HelpName) = (kind, description, name.ToUpperInvariant());
        CustomParser = result => KindParser.Read<T>(result, HelpName, kind);
        if (!kind.Choices.IsEmpty) CompletionSources.Add([.. kind.Choices]);
    }

    /// <inheritdoc/>
    public OptionKind Kind { get; }

    /// <inheritdoc/>
    public string? Default => null;

    /// <inheritdoc/>
    public string? Example => null;
}
