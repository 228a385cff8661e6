using System.CommandLine;
using System.CommandLine.Parsing;
using Assay.Runs;

namespace Assay.Cli.Options;

/// <summary>The options of a comparison on the command line, made from <see cref="VetOptions"/>.</summary>
internal static class VetBinding
{
    /// <summary>All of them.</summary>
    public static IEnumerable<Option> Options() => VetOptions.All.Select(Create);

    /// <summary>The request with everything that was given.</summary>
    public static VetRequest Read(ParseResult parsed, VetRequest request)
    {
        foreach (var option in VetOptions.All)
            if (parsed.GetResult("--" + option.Name) is OptionResult { Implicit: false } given)
                request = option.Read(request, given.Tokens.Count == 0 ? [OptionKind.Switch.Write(true)] : [.. given.Tokens.Select(t => t.Value)]);
        return request;
    }

    private static Option Create(VetOption option)
    {
        var name = "--" + option.Name;
        if (option.Kind.Shape == OptionShape.Switch) return new KindOption<bool>(name, option.Kind, option.Description, null, option.Alias);
        return new KindOption<object>(name, option.Kind, option.Description, option.Word, option.Alias)
        {
            Arity = option.Repeats ? ArgumentArity.OneOrMore : ArgumentArity.ExactlyOne,
            Default = option.Write(VetOptions.Defaults) is [var stands] ? stands : null,
            Example = option.Write(VetOptions.Defaults.Resolved()) is [var example] ? example : ConfigText.Mapping(option.Kind),
        };
    }
}
