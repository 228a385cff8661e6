using System.Collections.Immutable;
using System.Globalization;
using Assay.Checkpoints;

namespace Assay.Verdicts;

/// <summary>One of <see cref="Margins"/>: its name, its unit, and where it stands.</summary>
public sealed class Margin
{
    private readonly Func<Margins, double> _get;
    private readonly Func<Margins, double, Margins> _set;
    private readonly Func<double, double> _show;
    private readonly Func<double, double> _read;

    private Margin(string name, string unit, double least, double most, string what, Func<Margins, double> get, Func<Margins, double, Margins> set,
        Func<double, double> show, Func<double, double> read) =>
        (Name, Unit, Least, Most, What, _get, _set, _show, _read) = (name, unit, least, most, what, get, set, show, read);

    /// <summary>All of them, in the order of <see cref="Margins"/>.</summary>
    public static ImmutableArray<Margin> All { get; } =
    [
        Points("unnamed-ids", "probability on ids that the tokenizer cannot name", m => m.UnnamedIds, (m, v) => m with { UnnamedIds = v }),
        Points("accuracy", "accuracy of what both models answered", m => m.Accuracy, (m, v) => m with { Accuracy = v }),
        Points("task-accuracy", "questions answered rightly", m => m.TaskAccuracy, (m, v) => m with { TaskAccuracy = v }),
        Points("over-refusal", "benign questions refused", m => m.OverRefusal, (m, v) => m with { OverRefusal = v }),
        Points("refusals", "trigger questions refused: a larger change is one", m => m.Refusals, (m, v) => m with { Refusals = v }),
        Points("ruined-found", "benign questions ruined, above which it is harm", m => m.RuinedFound, (m, v) => m with { RuinedFound = v }),
        Points("ruined", "benign questions ruined, below which there is none", m => m.Ruined, (m, v) => m with { Ruined = v }),
        Points("unlock-tax", "accuracy lost on unlocked questions", m => m.UnlockTax, (m, v) => m with { UnlockTax = v }),
        Points("unusable", "answers that loop, do not end or are empty", m => m.Unusable, (m, v) => m with { Unusable = v }),
        Nats("domain-nll", "NLL of a domain of reference text", m => m.DomainNll, (m, v) => m with { DomainNll = v }),
        new("cosine", "cosine", 0, 1, "median cosine of the two's matrices, below which they have nothing in common", m => m.Cosine,
            (m, v) => m with { Cosine = v }, v => v, v => v),
        Nats("reordered-kld", "KLD that adding up in another order leaves", m => m.ReorderedKld, (m, v) => m with { ReorderedKld = v }),
        Nats("rounded-kld", "mean KLD up to which rounding loses nothing", m => m.RoundedKld, (m, v) => m with { RoundedKld = v }),
        Points("broken-unusable", "benign questions without a usable answer, above which a model is broken", m => m.BrokenUnusable,
            (m, v) => m with { BrokenUnusable = v }),
        Times("broken-nll", "the base's perplexity, above which a model is broken", m => m.BrokenNll, (m, v) => m with { BrokenNll = v }),
        Times("equivalent", "the floor's mean KLD, up to which a difference is rounding", m => m.Equivalent, (m, v) => m with { Equivalent = v }),
        Nats("surgical-nll", "NLL of answers and of domains after a surgical edit", m => m.SurgicalNll, (m, v) => m with { SurgicalNll = v }),
        Points("claimed", "trigger questions no longer refused that a surgical edit makes at least", m => m.Claimed, (m, v) => m with { Claimed = v }),
    ];

    /// <summary>Its name, as options and configuration files have it.</summary>
    public string Name { get; }

    /// <summary>The unit that it is set and shown in.</summary>
    public string Unit { get; }

    /// <summary>The smallest value, in that unit.</summary>
    public double Least { get; }

    /// <summary>The largest value, in that unit.</summary>
    public double Most { get; }

    /// <summary>What is held against it.</summary>
    public string What { get; }

    /// <summary>The protocol's value, in its unit.</summary>
    public double Default => Of(new Margins());

    /// <summary>What is expected of a value, in words.</summary>
    public string Expected => string.Create(CultureInfo.InvariantCulture, $"{Name}=VALUE from {Least} to {Most} ({Unit}; {Default} unless set)");

    /// <summary>The one of a name; null where there is none.</summary>
    public static Margin? Find(string name) => All.FirstOrDefault(m => m.Name == name);

    /// <summary>Its value in its unit, of twelve digits.</summary>
    /// <param name="margins">Where it is read.</param>
    public double Of(Margins margins)
    {
        ArgumentNullException.ThrowIfNull(margins);
        return Rounded(_show(_get(margins)));
    }

    /// <summary>The margins with another value of this one.</summary>
    /// <param name="margins">The others.</param>
    /// <param name="value">In its unit; what is beyond twelve digits is dropped, so that <see cref="Of"/> gives the value again.</param>
    /// <exception cref="InvalidInputException">The value is no number, or beyond its bounds.</exception>
    public Margins Set(Margins margins, double value)
    {
        ArgumentNullException.ThrowIfNull(margins);
        return Problem(value) is { } problem ? throw new InvalidInputException(problem) : _set(margins, _read(Rounded(value)));
    }

    /// <summary>What is wrong with a value in its unit; null where it is within its bounds.</summary>
    public string? Problem(double value) => value >= Least && value <= Most ? null
        : string.Create(CultureInfo.InvariantCulture, $"The margin {Name} is {value}; expected {Expected}.");

    private static double Rounded(double value) => double.Parse(value.ToString("G12", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);

    // At 0 nothing is ever certified, at 100 everything is.
    private static Margin Points(string name, string what, Func<Margins, double> get, Func<Margins, double, Margins> set) =>
        new(name, "percentage points", .01, 99.99, what, get, set, v => 100 * v, v => v / 100);

    private static Margin Nats(string name, string what, Func<Margins, double> get, Func<Margins, double, Margins> set) =>
        new(name, "nats a token", 0, 100, what, get, set, v => v, v => v);

    // Kept as logarithms.
    private static Margin Times(string name, string what, Func<Margins, double> get, Func<Margins, double, Margins> set) =>
        new(name, "times", 1, 1e6, what, get, set, Math.Exp, Math.Log);
}
