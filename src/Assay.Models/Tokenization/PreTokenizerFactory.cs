using Assay.Tokenization.Expressions;

namespace Assay.Tokenization;

/// <summary>Builds pre-tokenizers from tokenizer.json.</summary>
internal static class PreTokenizerFactory
{
    private const string Gpt2 = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

    // Here the reference uses the Rust regex crate, whose \w has the joiners and lacks Latin-1's superscripts and fractions.
    private const string Word = @"\p{L}\p{M}\p{Nd}\p{Nl}\p{Pc}\u200C\u200D\u24B6-\u24E9\x{1F130}-\x{1F149}\x{1F150}-\x{1F169}\x{1F170}-\x{1F189}";

    public static IPreTokenizer? Create(Component? component)
    {
        if (component is null) return null;
        var type = component.RequiredText("type");
        IPreTokenizer? result;
        switch (type)
        {
            case "Sequence":
                result = new PreTokenizerSequence([.. component.List("pretokenizers").Select(Create).OfType<IPreTokenizer>()]);
                break;
            case "Split":
                result = new SplitPreTokenizer(component.Pattern("pattern"), Behavior(component, null), component.Flag("invert", false));
                break;
            case "ByteLevel":
                result = new ByteLevelPreTokenizer(component.Flag("add_prefix_space", true), component.Flag("use_regex", true) ? Expression.Parse(Gpt2) : null);
                // Offsets are not computed.
                component.Ignore("trim_offsets");
                break;
            case "Digits":
                result = new SplitPreTokenizer(Expression.Parse(@"\p{N}"), component.Flag("individual_digits", false) ? SplitBehavior.Isolated : SplitBehavior.Contiguous, false);
                break;
            case "Whitespace":
                result = new SplitPreTokenizer(Expression.Parse($@"[{Word}]+|[^{Word}\s]+"), SplitBehavior.Removed, true);
                break;
            case "WhitespaceSplit":
                result = new SplitPreTokenizer(Expression.Parse(@"\s"), SplitBehavior.Removed, false);
                break;
            case "Punctuation":
                result = new SplitPreTokenizer(Expression.Parse(@"[!-/:-@\[-`{-~\p{P}]"), Behavior(component, SplitBehavior.Isolated), false);
                break;
            case "Metaspace":
                result = MetaspacePreTokenizer.Create(component);
                break;
            default:
                component.Problem($"the pre-tokenizer '{Component.Shorten(type)}' is not supported.");
                return null;
        }
        component.Done();
        return result;
    }

    private static SplitBehavior Behavior(Component component, SplitBehavior? absent)
    {
        var name = component.Text("behavior");
        if (name is null && absent is { } value) return value;
        switch (name)
        {
            case "Removed": return SplitBehavior.Removed;
            case "Isolated": return SplitBehavior.Isolated;
            case "MergedWithPrevious": return SplitBehavior.MergedWithPrevious;
            case "MergedWithNext": return SplitBehavior.MergedWithNext;
            case "Contiguous": return SplitBehavior.Contiguous;
            default:
                component.Problem($"'behavior' = '{Component.Shorten(name ?? "")}' is unknown; expected Removed, Isolated, MergedWithPrevious, MergedWithNext or Contiguous.");
                return SplitBehavior.Isolated;
        }
    }

    private sealed class PreTokenizerSequence(IPreTokenizer[] parts) : IPreTokenizer
    {
        public void Split(Piece piece, List<Piece> into)
        {
            List<Piece> pieces = [piece];
            foreach (var part in parts)
            {
                List<Piece> next = new(pieces.Count);
                foreach (var each in pieces) part.Split(each, next);
                pieces = next;
            }
            into.AddRange(pieces);
        }
    }

    private sealed class SplitPreTokenizer(Expression pattern, SplitBehavior behavior, bool invert) : IPreTokenizer
    {
        public void Split(Piece piece, List<Piece> into) => PieceSplitter.Split(piece, pattern.Matches(piece.Text), behavior, invert, into);
    }

    private sealed class ByteLevelPreTokenizer(bool addPrefixSpace, Expression? pattern) : IPreTokenizer
    {
        public void Split(Piece piece, List<Piece> into)
        {
            if (addPrefixSpace && piece.Text[0] != ' ') piece = piece with { Text = " " + piece.Text };
            var first = into.Count;
            if (pattern is null) into.Add(piece);
            else PieceSplitter.Split(piece, pattern.Matches(piece.Text), SplitBehavior.Isolated, false, into);
            for (var i = first; i < into.Count; i++) into[i] = into[i] with { Text = ByteAlphabet.Encode(into[i].Text) };
        }
    }
}
