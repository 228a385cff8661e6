using System.CommandLine;
using Assay.Runs;

namespace Assay.Cli.Options;

/// <summary>An option of a verb whose value is of a kind. Every option but the process's own (such as --help) is one.</summary>
/// <typeparam name="T">What the kind reads, nullable where it may be absent; an array where the option repeats.</typeparam>
internal sealed class KindOption<T> : Option<T>, IDescribed
{
    /// <param name="name">Long name with its dashes.</param>
    /// <param name="kind">What the value may be.</param>
    /// <param name="description">What help says of it.</param>
    /// <param name="word">What stands for the value in help; null for the kind's word.</param>
    /// <param name="alias">Short name; null for none.</param>
    public KindOption(string name, OptionKind kind, string description, string? word = null, string? alias = null) : base(name, alias is null ? [] : [alias])
    {
        (Kind, Description) = (kind, description);
        if (kind.Shape == OptionShape.Switch)
        {
            Default = kind.Write(false);
            return; // The parser reads a switch that has no value.
        }

        HelpName = word ?? kind.Word;
        CustomParser = result => KindParser.Read<T>(result, name, kind);
        if (!kind.Choices.IsEmpty) CompletionSources.Add([.. kind.Choices]);
    }

    /// <inheritdoc/>
    public OptionKind Kind { get; }

    /// <inheritdoc/>
    public string? Default { get; set; }

    /// <inheritdoc/>
    public string? Example { get; init; }

    /// <summary>The value where none is given; help shows it.</summary>
    public T Otherwise
    {
        init => (DefaultValueFactory, Default) = (_ => value, Kind.Write(value!));
    }
}
