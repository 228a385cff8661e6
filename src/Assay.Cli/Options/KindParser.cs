using System.CommandLine.Parsing;
using Assay.Checkpoints;
using Assay.Runs;

namespace Assay.Cli.Options;

/// <summary>Reads the words of a command line as values of a kind.</summary>
internal static class KindParser
{
    /// <summary>The value, or the values as an array; what is refused becomes an error of the command line.</summary>
    public static T? Read<T>(ArgumentResult result, string name, OptionKind kind)
    {
        try
        {
            var values = result.Tokens.Select(token => kind.Read(name, token.Value)).ToList();
            return (T)(typeof(T).IsArray ? values.Cast<string>().ToArray() : values[0]);
        }
        catch (InvalidInputException wrong)
        {
            result.AddError(wrong.Message);
            return default;
        }
    }
}
