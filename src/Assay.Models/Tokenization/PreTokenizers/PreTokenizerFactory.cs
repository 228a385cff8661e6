using Assay.Tokenization.Expressions;
using Assay.Tokenization.Normalizers;

namespace Assay.Tokenization.PreTokenizers;

/// <summary>Builds pre-tokenizers from tokenizer.json.</summary>
internal static class PreTokenizerFactory
{
    private const string Gpt2 = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

    // Here the reference uses the Rust regex crate, whose \w has the joiners and lacks Latin-1's superscripts and fractions.
    private const string Word = @"\p{L}\p{M}\p{Nd}\p{Nl}\p{Pc}\u200C\u200D\u24B6-\u24E9\x{1F130}-\x{1F149}\x{1F150}-\x{1F169}\x{1F170}-\x{1F189}";

    /// <summary>The pre-tokenizers of a component in the order in which they cut; a sequence in a sequence is one sequence.</summary>
    public static IReadOnlyList<IPreTokenizer> Create(Component? component)
    {
        List<IPreTokenizer> parts = [];
        if (component is not null) Add(component, parts);
        return parts;
    }

    private static void Add(Component component, List<IPreTokenizer> into)
    {
        var type = component.RequiredText("type");
        switch (type)
        {
            case "Sequence":
                foreach (var part in component.Steps("pretokenizers")) Add(part, into);
                break;
            case "Split":
                into.Add(new SplitPreTokenizer(component.Pattern("pattern"), Behavior(component, null), component.Flag("invert", false)));
                break;
            case "ByteLevel":
                into.Add(new ByteLevelPreTokenizer(component.Flag("add_prefix_space", true), component.Flag("use_regex", true) ? Expression.Parse(Gpt2) : null));
                // Offsets are not computed.
                component.Ignore("trim_offsets");
                break;
            case "Digits":
                into.Add(new SplitPreTokenizer(Expression.Parse(@"\p{N}"), component.Flag("individual_digits", false) ? SplitBehavior.Isolated : SplitBehavior.Contiguous, false));
                break;
            case "Whitespace":
                into.Add(new SplitPreTokenizer(Expression.Parse($@"[{Word}]+|[^{Word}\s]+"), SplitBehavior.Removed, true));
                break;
            case "WhitespaceSplit":
                into.Add(new SplitPreTokenizer(Expression.Parse(@"\s"), SplitBehavior.Removed, false));
                break;
            case "Punctuation":
                into.Add(new SplitPreTokenizer(CategoryTables.Punctuation, Behavior(component, SplitBehavior.Isolated), false));
                break;
            case "BertPreTokenizer":
                into.Add(new SplitPreTokenizer(Expression.Parse(@"\s"), SplitBehavior.Removed, false));
                into.Add(new SplitPreTokenizer(CategoryTables.Punctuation, SplitBehavior.Isolated, false));
                break;
            case "Metaspace":
                into.Add(MetaspacePreTokenizer.Create(component));
                break;
            default:
                component.Problem($"the pre-tokenizer '{Component.Shorten(type)}' is not supported.");
                return;
        }
        component.Done();
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
}
