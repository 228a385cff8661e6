using System.Text.RegularExpressions;

namespace Assay.Evaluation.Tasks;

/// <summary>Tells answers that are written as regular expressions, which other programs take and this one compares as text.</summary>
/// <remarks>Only what hardly stands in an answer otherwise counts: <c>P(A|B)</c>, <c>\dfrac</c>, <c>t.*</c> and <c>[0]*5</c> are answers.</remarks>
internal static partial class AnswerPattern
{
    /// <summary>Whether a text is one.</summary>
    public static bool Is(string text) => text.Length > 2 && text[0] == '^' && text[^1] == '$' || Parts().IsMatch(text);

    // Anything, repeated; a group with an option; a class of characters, repeated; a group of repetitions, repeated. None of them
    // backtracks.
    [GeneratedRegex(@"(?<!\w)\.[*+]|\.\*[\w(\[\\$]|\(\?[:=!<iP]|\\[dwsDWS][+*{]|\[\^?\w-\w[^\[\]]*\][+*{]|[+*]\)[+*{]")]
    private static partial Regex Parts();
}
