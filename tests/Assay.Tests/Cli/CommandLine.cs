using Assay.Cli;

namespace Assay.Tests.Cli;

/// <summary>Runs a command line inside the test's process.</summary>
internal static class CommandLine
{
    public static (int Code, string Out, string Error) Run(params string[] args) => Run(CancellationToken.None, args);

    public static (int Code, string Out, string Error) Run(CancellationToken cancellation, params string[] args)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var code = Application.Run(args, new Terminal(output, error), cancellation);
        return (code, output.ToString(), error.ToString());
    }

    /// <summary>What a screen says with its lines joined: sentences are wrapped.</summary>
    public static string Joined(string output) => string.Join(' ', output.Split([' ', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries));
}
