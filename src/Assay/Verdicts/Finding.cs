namespace Assay.Verdicts;

/// <summary>Something a reader must know beside the verdict. By itself it changes neither verdict nor exit code.</summary>
/// <param name="Name">Its name, such as <c>DOMINATED</c>.</param>
/// <param name="Sentence">What was seen, with its numbers.</param>
/// <param name="Severity">How much it matters.</param>
public sealed record Finding(string Name, string Sentence, FindingSeverity Severity = FindingSeverity.Note)
{
    /// <summary>The severity in small letters, as reports and other programs read it.</summary>
    public string SeverityName => Severity switch
    {
        FindingSeverity.Harm => "harm",
        FindingSeverity.Warning => "warning",
        _ => "note",
    };
}
