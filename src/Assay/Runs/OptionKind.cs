using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;
using Assay.Checkpoints;
using Assay.Reports;
using Assay.Verdicts;

namespace Assay.Runs;

/// <summary>What the value of an option may be: how it is read from a text and written back, and what a schema says of it.</summary>
public sealed class OptionKind
{
    /// <summary>Items, documents or positions that anything here is asked for at most; beyond it a plan would not end.</summary>
    public const int MostCounted = 100_000;

    /// <summary>Tokens of a window or a continuation at most.</summary>
    public const int MostTokens = 1 << 20;

    private readonly Func<string, object?> _read;
    private readonly Func<object, string> _write;

    private OptionKind(OptionShape shape, string word, string expected, Func<string, object?> read, Func<object, string>? write = null) =>
        (Shape, Word, Expected, _read, _write) = (shape, word, expected, read, write ?? (value => Convert.ToString(value, CultureInfo.InvariantCulture)!));

    /// <summary>What the value is made of.</summary>
    public OptionShape Shape { get; }

    /// <summary>What stands for the value in help, such as N.</summary>
    public string Word { get; }

    /// <summary>What is expected, in words.</summary>
    public string Expected { get; }

    /// <summary>The smallest whole number.</summary>
    public ulong Least { get; private init; }

    /// <summary>The largest whole number.</summary>
    public ulong Most { get; private init; }

    /// <summary>The words of a choice; empty for other shapes.</summary>
    public ImmutableArray<string> Choices { get; private init; } = [];

    /// <summary>The entries of a mapping; none for other shapes.</summary>
    public ImmutableArray<Margin> Fields { get; private init; } = [];

    /// <summary>The regular expression, in the part of the syntax that ECMAScript and .NET share, that texts of this kind match; null for any text.</summary>
    public string? Pattern { get; private init; }

    /// <summary>Any text. Read as <see cref="string"/>.</summary>
    public static OptionKind Text { get; } = new(OptionShape.Text, "TEXT", "a text", text => text);

    /// <summary>A path, which is not empty and holds no NUL. Read as <see cref="string"/>.</summary>
    public static OptionKind Path { get; } = new(OptionShape.Text, "FILE", "a path, which is not empty and holds no NUL character",
        text => text.Length > 0 && !text.Contains('\0') ? text : null) { Pattern = @"^[^\u0000]+$" };

    /// <summary>Words with commas between. Read as <see cref="IReadOnlyList{T}"/> of <see cref="string"/>.</summary>
    public static OptionKind List { get; } = new(OptionShape.List, "IDS", "words with commas between",
        text => text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries),
            value => string.Join(',', (IReadOnlyList<string>)value));

    /// <summary>A seed. Read as <see cref="ulong"/>.</summary>
    public static OptionKind Seed { get; } = new(OptionShape.Whole, "N", "a whole number from 0 to 2^64 - 1",
        text => ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : null) { Most = ulong.MaxValue };

    /// <summary>A finite number. Read as <see cref="double"/>.</summary>
    public static OptionKind Number { get; } = new(OptionShape.Number, "X", "a finite number",
        text => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var x) && double.IsFinite(x) ? x : null);

    /// <summary>A number of bytes. Read as <see cref="long"/>.</summary>
    public static OptionKind Size { get; } = new(OptionShape.Size, "SIZE", "a size such as 512M or 2G", text => ByteSize.TryParse(text, out var n) ? n : null)
    {
        Pattern = @"^(?=.*[1-9])([0-9]+[bB]?|[0-9]+(\.[0-9]+)?[kKmMgGtT]([iI]?[bB])?)$",
    };

    /// <summary>A point in time. Read as <see cref="DateTimeOffset"/>.</summary>
    public static OptionKind Time { get; } = new(OptionShape.Time, "TIME", "a time such as 2026-01-01T12:00:00Z",
        text => DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : null,
        value => ((DateTimeOffset)value).ToUniversalTime().ToString("yyyy-MM-ddTHH:mm:ss.FFFFFFFZ", CultureInfo.InvariantCulture));

    /// <summary>On or off. Read as <see cref="bool"/>.</summary>
    public static OptionKind Switch { get; } = new(OptionShape.Switch, "", "true or false", text => text switch { "true" => true, "false" => false, _ => null },
        value => (bool)value ? "true" : "false");

    /// <summary>A margin by its name. Read as a <see cref="KeyValuePair{TKey, TValue}"/> of <see cref="string"/> and <see cref="double"/>.</summary>
    public static OptionKind Margin { get; } = new(OptionShape.Mapping, "NAME=VALUE",
        "NAME=VALUE with NAME one of " + string.Join(", ", Verdicts.Margin.All.Select(m => m.Name)),
        text => Split(text) is var (margin, value) && double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var x)
            && margin.Problem(x) is null ? KeyValuePair.Create(margin.Name, x) : null,
        value => value is KeyValuePair<string, double> set ? string.Create(CultureInfo.InvariantCulture, $"{set.Key}={set.Value}") : "")
    {
        Fields = Verdicts.Margin.All,
    };

    /// <summary>A whole number within bounds. Read as <see cref="int"/>.</summary>
    /// <param name="least">The smallest, at least 0.</param>
    /// <param name="most">The largest.</param>
    public static OptionKind Count(int least = 1, int most = int.MaxValue) => new(OptionShape.Whole, "N",
        string.Create(CultureInfo.InvariantCulture, $"a whole number from {least}{(most == int.MaxValue ? "" : $" to {most}")}"),
        text => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var n) && n >= least && n <= most ? n : null)
    {
        Least = (ulong)least, Most = (ulong)most,
    };

    /// <summary>One of a few words. Read as <see cref="string"/>.</summary>
    /// <param name="words">The words.</param>
    public static OptionKind Choice(params ImmutableArray<string> words) =>
        new(OptionShape.Choice, "WORD", "one of " + string.Join(", ", words), text => words.Contains(text) ? text : null) { Choices = words };

    /// <summary>A text that follows a pattern. Read as <see cref="string"/>.</summary>
    /// <param name="pattern">The regular expression, from ^ to $.</param>
    /// <param name="expected">What is expected, in words.</param>
    public static OptionKind Matching(string pattern, string expected) => new(OptionShape.Text, "TEXT", expected,
        text => Regex.Match(text, pattern, RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1)) is { Success: true } match && match.Length == text.Length
            ? text : null)
    {
        Pattern = pattern,
    };

    /// <summary>Part of a run. Read as <see cref="RunShard"/>; <c>auto</c> asks the variables of this process.</summary>
    internal static OptionKind Shard { get; } = new(OptionShape.Text, "I/N", "i/n with i from 1 to n, such as 2/8, or auto, or auto/n",
        text => RunShard.Parse(text, Environment.GetEnvironmentVariable), value => value.ToString()!) {
            Pattern = "^([1-9][0-9]*/[1-9][0-9]*|auto(/[1-9][0-9]*)?)$" };

    /// <summary>Reads a value.</summary>
    /// <param name="name">The option, for the message.</param>
    /// <param name="text">What was given.</param>
    /// <exception cref="InvalidInputException">The text is no such value; says what was found and what is expected.</exception>
    public object Read(string name, string text) => _read(text)
        ?? throw new InvalidInputException($"{name} is '{UntrustedText.Visible(text)}'; expected {ExpectedOf(text)}.");

    /// <summary>Writes a value so that <see cref="Read"/> gives an equal one.</summary>
    public string Write(object value) => _write(value);

    /// <summary>What is expected where a text stands: of an entry of a mapping what that entry may be.</summary>
    private string ExpectedOf(string text) => Shape == OptionShape.Mapping && Split(text) is var (margin, _) ? margin.Expected : Expected;

    /// <summary>The margin that a text names, and what stands for its value; null where it names none.</summary>
    private static (Margin Margin, string Value)? Split(string text) =>
        text.IndexOf('=', StringComparison.Ordinal) is > 0 and var at && Verdicts.Margin.Find(text[..at]) is { } margin ? (margin, text[(at + 1)..]) : null;
}
