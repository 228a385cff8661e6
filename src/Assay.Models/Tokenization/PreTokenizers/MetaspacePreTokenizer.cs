using System.Text.Json;
using Assay.Tokenization.Decoders;
using Assay.Tokenization.Expressions;

namespace Assay.Tokenization.PreTokenizers;

/// <summary>Writes spaces as a visible character, puts one in front, and cuts before each: SentencePiece's way.</summary>
internal sealed class MetaspacePreTokenizer : IPreTokenizer, IDecoder
{
    private readonly string _replacement, _scheme;
    private readonly Expression? _cut;

    private MetaspacePreTokenizer(string replacement, string scheme, bool split)
    {
        (_replacement, _scheme) = (replacement, scheme);
        _cut = split ? Expression.Literal(replacement) : null;
    }

    public static MetaspacePreTokenizer Create(Component component)
    {
        var replacement = component.RequiredText("replacement");
        if (replacement.EnumerateRunes().Count() != 1) component.Problem("'replacement' must be one character.");
        var scheme = component.Text("prepend_scheme") ?? "always";
        if (scheme is not ("always" or "first" or "never")) component.Problem($"'prepend_scheme' = '{Component.Shorten(scheme)}' is unknown; expected always, first or never.");
        // Older files say add_prefix_space besides or instead; where it contradicts the scheme, nobody can say what was meant.
        if (component.Get("add_prefix_space") is { ValueKind: JsonValueKind.False } && scheme != "never")
            component.Problem("'add_prefix_space' = false contradicts 'prepend_scheme'.");
        component.Ignore("str_rep");
        return new MetaspacePreTokenizer(replacement, scheme, component.Flag("split", true));
    }

    public void Split(ReadOnlySpan<char> piece, bool atStart, IPieceSink sink)
    {
        var text = piece.ToString().Replace(" ", _replacement, StringComparison.Ordinal);
        if ((_scheme == "always" || (_scheme == "first" && atStart)) && !text.StartsWith(_replacement, StringComparison.Ordinal)) text = _replacement + text;
        if (_cut is not null) SplitPreTokenizer.Split(_cut, SplitBehavior.MergedWithNext, false, text, atStart, sink);
        else sink.Add(text, atStart);
    }

    public List<string> Decode(List<string> tokens, int most)
        => [.. tokens.Select((token, i) => token.Replace(_replacement, i == 0 && _scheme != "never" ? "" : " ", StringComparison.Ordinal))];
}
