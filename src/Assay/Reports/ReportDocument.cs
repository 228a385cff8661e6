namespace Assay.Reports;

/// <summary>Everything a report says. Renderers only lay it out; no number is computed after this point.</summary>
public sealed record ReportDocument
{
    /// <summary>Version of the JSON form; raised whenever a reader could break.</summary>
    public const string Schema = "assay-report-1";

    /// <summary>The outcome.</summary>
    public required ReportVerdict Verdict { get; init; }

    /// <summary>Version of Assay.</summary>
    public required string Assay { get; init; }

    /// <summary>Version of the protocol.</summary>
    public required string Protocol { get; init; }

    /// <summary>Whether the run was limited by hand: the outcome is stamped "not a verdict".</summary>
    public bool Limited { get; init; }

    /// <summary>The three to five measures that decided, first the most telling.</summary>
    public required IReadOnlyList<MeasureRow> Deciding { get; init; }

    /// <summary>The base.</summary>
    public required ReportModel Base { get; init; }

    /// <summary>The candidate.</summary>
    public required ReportModel Candidate { get; init; }

    /// <summary>Every harm that was tested, with its margin.</summary>
    public IReadOnlyList<ReportHarm> Harms { get; init; } = [];

    /// <summary>How far the matrices of each layer moved; none where weights could not be laid side by side.</summary>
    public IReadOnlyList<ReportChange> Changes { get; init; } = [];

    /// <summary>What was compared on: seed and its source, items, token counts, template, hashes of ids.</summary>
    public required IReadOnlyList<ReportFact> Facts { get; init; }

    /// <summary>What stands beside the verdict.</summary>
    public IReadOnlyList<ReportFinding> Findings { get; init; } = [];

    /// <summary>Every measure.</summary>
    public required IReadOnlyList<MeasureRow> Measures { get; init; }

    /// <summary>The items of each panel that diverge most, worst first.</summary>
    public IReadOnlyList<ReportSample> Worst { get; init; } = [];

    /// <summary>How it was measured, a sentence each.</summary>
    public IReadOnlyList<string> Method { get; init; } = [];

    /// <summary>What this report cannot tell, a sentence each.</summary>
    public IReadOnlyList<string> CannotTell { get; init; } = [];

    /// <summary>The command line that measures the same again.</summary>
    public required string Reproduce { get; init; }
}

/// <summary>The outcome of a vet.</summary>
/// <param name="Name">Such as <c>SHIFTED</c>.</param>
/// <param name="Sentence">What it means, in one sentence.</param>
/// <param name="ExitCode">Exit code of the command.</param>
public sealed record ReportVerdict(string Name, string Sentence, int ExitCode);

/// <summary>One of the two models.</summary>
/// <param name="Name">Folder name, never a path.</param>
/// <param name="Architecture"><c>model_type</c>.</param>
/// <param name="Parameters">Elements of all tensors.</param>
/// <param name="WeightsHash">Lower-case hex SHA-256 of weights and forward configuration.</param>
/// <param name="PackagingHash">Lower-case hex SHA-256 of tokenizer, template, special tokens and generation config.</param>
/// <param name="TemplateHash">Lower-case hex SHA-256 of the chat template; null where there is none.</param>
public sealed record ReportModel(string Name, string Architecture, long Parameters, string WeightsHash, string PackagingHash, string? TemplateHash);

/// <summary>A named fact.</summary>
/// <param name="Id">Stable name, such as <c>seed</c> or <c>benign.tokens</c>.</param>
/// <param name="Value">As text.</param>
public sealed record ReportFact(string Id, string Value);

/// <summary>An observation beside the verdict.</summary>
/// <param name="Id">Stable name, such as <c>DOMINATED</c>.</param>
/// <param name="Sentence">What was seen, where, and what it means.</param>
/// <param name="Severity"><c>note</c>, <c>warning</c> or <c>harm</c>.</param>
public sealed record ReportFinding(string Id, string Sentence, string Severity = "note");

/// <summary>An item with its texts, which are untrusted.</summary>
/// <param name="Id">Item.</param>
/// <param name="Panel">Panel.</param>
/// <param name="Prompt">What the user says.</param>
/// <param name="Answer">The base's greedy answer.</param>
/// <param name="MeanKl">Its mean KLD, nats a token.</param>
/// <param name="FirstKl">KLD of its first token, nats.</param>
public sealed record ReportSample(string Id, string Panel, string Prompt, string Answer, double MeanKl, double FirstKl)
{
    /// <summary>The candidate's greedy answer to the same prompt; null where none was written.</summary>
    public string? CandidateAnswer { get; init; }

    /// <summary>The base's answer token by token; joined they are <see cref="Answer"/>.</summary>
    public IReadOnlyList<ReportToken> Tokens { get; init; } = [];
}

/// <summary>A token of an answer.</summary>
/// <param name="Text">What it adds to the text; empty where it is only a part of a character.</param>
/// <param name="Kl">Its KL(p‖q), nats.</param>
public sealed record ReportToken(string Text, double Kl);

/// <summary>A harm against its margin. More is worse.</summary>
/// <param name="Id">The measure.</param>
/// <param name="What">The harm in words.</param>
/// <param name="Unit">Unit of the numbers, such as <c>percentage points</c>.</param>
/// <param name="Value">Estimate; NaN where not estimable.</param>
/// <param name="Low">Lower end of the 95 % interval; NaN for none.</param>
/// <param name="High">Its upper end.</param>
/// <param name="Found">The harm is shown above this.</param>
/// <param name="Certified">The harm is excluded below this.</param>
/// <param name="N">Clusters that it rests on.</param>
/// <param name="State"><see cref="Shown"/>, <see cref="Excluded"/>, <see cref="Open"/>, or why it is not estimable.</param>
public sealed record ReportHarm(string Id, string What, string Unit, double Value, double Low, double High, double Found, double Certified, long N,
    string State)
{
    /// <summary>Even the lower bound is beyond the margin.</summary>
    public const string Shown = "shown";

    /// <summary>Neither shown nor excluded.</summary>
    public const string Open = "open";

    /// <summary>Even the upper bound is below the margin.</summary>
    public const string Excluded = "excluded";

    /// <summary>Whether there is an estimate.</summary>
    public bool IsEstimable => State is Shown or Open or Excluded;

    /// <summary>The order in which harms are told: what is shown, what is open, what is excluded, what is not estimable.</summary>
    public int Rank => State switch { Shown => 0, Open => 1, Excluded => 2, _ => 3 };
}

/// <summary>How far the matrices of one name moved in one layer.</summary>
/// <param name="Layer">Block of the candidate, from 0.</param>
/// <param name="Module">Name within the block; experts count together.</param>
/// <param name="Relative">‖W′ − W‖_F / ‖W‖_F.</param>
public sealed record ReportChange(int Layer, string Module, double Relative);
