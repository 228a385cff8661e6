using Assay.Tokenization.Expressions;

namespace Assay.Tests.Tokenization;

internal static class ExpressionMatchList
{
    /// <summary>All matches of an expression in a text.</summary>
    public static List<(int Start, int End)> All(this Expression expression, string text)
    {
        List<(int, int)> all = [];
        var matches = expression.Matches(text);
        while (matches.MoveNext()) all.Add((matches.Start, matches.End));
        return all;
    }
}
