using Assay.Reports;
using Spectre.Console;

namespace Assay.Cli;

/// <summary>Where text goes: results to <see cref="Out"/>, progress and log to <see cref="Error"/>. It never asks anything.</summary>
/// <param name="output">Results.</param>
/// <param name="error">Progress, log, errors.</param>
/// <param name="colour">Whether results may be coloured.</param>
/// <param name="live">Whether progress may redraw itself: standard error is a terminal and this is no CI run.</param>
internal sealed class Terminal(TextWriter output, TextWriter error, bool colour = false, bool live = false)
{
    /// <summary>Results.</summary>
    public TextWriter Out { get; } = output;

    /// <summary>Progress, log, errors.</summary>
    public TextWriter Error { get; } = error;

    /// <summary>Whether progress may redraw itself.</summary>
    public bool Live { get; } = live;

    /// <summary>Columns that a screen of results may take: those of a terminal that is wider than usual, to a limit that can be read.</summary>
    public int Columns { get; } = colour ? Math.Clamp(AnsiConsole.Profile.Width, ReportText.Columns, 120) : ReportText.Columns;

    /// <summary>Results with tables. Never interactive.</summary>
    public IAnsiConsole Results { get; } = Open(output, colour);

    /// <summary>Progress.</summary>
    public IAnsiConsole Log { get; } = Open(error, live);

    /// <summary>The process's own streams; honours NO_COLOR and CI.</summary>
    public static Terminal OfProcess()
    {
        var plain = IsSet("NO_COLOR") || Environment.GetEnvironmentVariable("TERM") == "dumb";
        var ci = IsSet("CI");
        return new Terminal(Console.Out, Console.Error, !plain && !ci && !Console.IsOutputRedirected, !plain && !ci && !Console.IsErrorRedirected);
    }

    private const int LongestError = 2000, LongestTrace = 20_000;

    /// <summary>One error on one line of at most 2,000 characters, with everything that could steer a terminal made visible.</summary>
    public void WriteError(string message) => WriteLog("error: " + Cut(UntrustedText.Visible(Cut(message, LongestError)), LongestError));

    /// <summary>An exception with its stack, for whoever asked for detail.</summary>
    public void WriteTrace(Exception exception) => WriteLog(Cut(UntrustedText.Visible(Cut(exception.ToString(), LongestTrace), keepLines: true), LongestTrace));

    /// <summary>A line of the log. Where standard error cannot be written, the exit code has to do.</summary>
    public void WriteLog(string line)
    {
        try
        {
            Error.WriteLine(line);
        }
        catch (IOException)
        {
            // There is nowhere left to tell it.
        }
    }

    /// <summary>A result line that holds text from a model or a file.</summary>
    public void WriteUntrusted(string text, bool keepLines = false) => Out.WriteLine(UntrustedText.Visible(text, keepLines));

    private static string Cut(string text, int most) => text.Length <= most ? text : text[..(most - 1)] + "…";

    private static bool IsSet(string variable) => Environment.GetEnvironmentVariable(variable) is { Length: > 0 };

    private static IAnsiConsole Open(TextWriter writer, bool colour)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = colour ? AnsiSupport.Yes : AnsiSupport.No,
            ColorSystem = colour ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
            Out = new AnsiConsoleOutput(writer),
        });
        if (!colour) console.Profile.Width = 120;
        return console;
    }
}
