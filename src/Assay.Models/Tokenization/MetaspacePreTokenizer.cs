using Assay.Tokenization.Expressions;

namespace Assay.Tokenization;

/// <summary>Writes spaces as a visible character, puts one in front, and cuts before each: SentencePiece's way.</summary>
internal sealed class MetaspacePreTokenizer(string replacement, string scheme, bool split) : IPreTokenizer, IDecoder
{
    public static MetaspacePreTokenizer Create(Component component)
    {
        var replacement = component.RequiredText("replacement");
        if (replacement.EnumerateRunes().Count() != 1) component.Problem("'replacement' must be one character.");
        var scheme = component.Text("prepend_scheme") ?? "always";
        if (scheme is not ("always" or "first" or "never")) component.Problem($"'prepend_scheme' = '{Component.Shorten(scheme)}' is unknown; expected always, first or never.");
        // Older files say add_prefix_space besides or instead; where it contradicts the scheme, nobody can say what was meant.
        if (component.Get("add_prefix_space") is { } old && old.ValueKind == System.Text.Json.JsonValueKind.False && scheme != "never")
            component.Problem("'add_prefix_space' = false contradicts 'prepend_scheme'.");
        component.Ignore("str_rep");
        return new MetaspacePreTokenizer(replacement, scheme, component.Flag("split", true));
    }

    public void Split(Piece piece, List<Piece> into)
    {
        var text = piece.Text.Replace(" ", replacement, StringComparison.Ordinal);
        if ((scheme == "always" || (scheme == "first" && piece.AtStart)) && !text.StartsWith(replacement, StringComparison.Ordinal)) text = replacement + text;
        piece = piece with { Text = text };
        if (split) PieceSplitter.Split(piece, Expression.Literal(replacement).Matches(text), SplitBehavior.MergedWithNext, false, into);
        else into.Add(piece);
    }

    public List<string> Decode(List<string> tokens)
        => [.. tokens.Select((token, i) => token.Replace(replacement, i == 0 && scheme != "never" ? "" : " ", StringComparison.Ordinal))];
}
