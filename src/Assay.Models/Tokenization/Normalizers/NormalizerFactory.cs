using System.Text;
using Assay.Tokenization.Expressions;

namespace Assay.Tokenization.Normalizers;

/// <summary>Builds normalizers from tokenizer.json.</summary>
internal static class NormalizerFactory
{
    /// <summary>Every stretch between added tokens gets the prefix, so a long one would multiply the text.</summary>
    private const int MaxPrefix = 16;

    public static INormalizer Lowercase { get; } = new LowercaseNormalizer();

    public static INormalizer? Create(Component? component)
    {
        if (component is null) return null;
        var type = component.RequiredText("type");
        INormalizer? result = null;
        switch (type)
        {
            case "Sequence":
                result = new NormalizerSequence([.. component.Steps("normalizers").Select(Create).OfType<INormalizer>()]);
                break;
            case "Prepend":
                var prefix = component.RequiredText("prepend");
                if (prefix.Length > MaxPrefix) component.Problem($"'prepend' is longer than {MaxPrefix} characters.");
                result = new PrependNormalizer(prefix);
                break;
            case "Replace":
                result = new ReplaceStep(component.Pattern("pattern"), component.RequiredText("content"));
                break;
            case "Lowercase":
                result = Lowercase;
                break;
            case "Strip":
                result = new StripNormalizer(component.Flag("strip_left", true), component.Flag("strip_right", true));
                break;
            case "NFC":
                result = new FormNormalizer(NormalForm.Nfc);
                break;
            case "NFD":
                result = new FormNormalizer(NormalForm.Nfd);
                break;
            case "NFKC":
                result = new FormNormalizer(NormalForm.Nfkc);
                break;
            case "NFKD":
                result = new FormNormalizer(NormalForm.Nfkd);
                break;
            case "BertNormalizer":
                result = BertNormalizer.Create(component);
                break;
            case "StripAccents":
                result = CharacterNormalizer.StripAccents;
                break;
            case "Nmt":
                result = CharacterNormalizer.Nmt;
                break;
            default:
                component.Problem($"the normalizer '{Component.Shorten(type)}' is not supported.");
                return null;
        }
        component.Done();
        return result;
    }

    private sealed class NormalizerSequence(INormalizer[] parts) : INormalizer
    {
        public string Normalize(string text, int most)
        {
            foreach (var part in parts)
            {
                text = part.Normalize(text, most);
                if (text.Length > most) throw EncodingBudget.TooLong("normalizer");
            }
            return text;
        }
    }

    private sealed class FormNormalizer(NormalForm form) : INormalizer
    {
        public string Normalize(string text, int most) => NormalForms.Apply(text, form, most);
    }

    private sealed class PrependNormalizer(string prefix) : INormalizer
    {
        public string Normalize(string text, int most) => text.Length == 0 ? text : prefix + text;
    }

    private sealed class LowercaseNormalizer : INormalizer
    {
        public string Normalize(string text, int most)
        {
            var result = new StringBuilder(text.Length);
            foreach (var rune in text.EnumerateRunes())
            {
                switch (rune.Value)
                {
                    // The only code point whose lower case is two.
                    case 0x130: result.Append("i\u0307"); break;
                    // Cased letters new in Unicode 17.0, which the reference lowers and the BCL's 16.0 does not know.
                    case 0xA7CE or 0xA7D2 or 0xA7D4: result.Append((char)(rune.Value + 1)); break;
                    case >= 0x16EA0 and <= 0x16EB8: result.Append(new Rune(rune.Value + 0x1B).ToString()); break;
                    default: result.Append(Rune.ToLowerInvariant(rune).ToString()); break;
                }
            }
            return result.ToString();
        }
    }

    private sealed class StripNormalizer(bool left, bool right) : INormalizer
    {
        public string Normalize(string text, int most)
        {
            var (start, end) = (0, text.Length);
            while (left && start < end && CodePoints.IsSpace(text[start])) start++;
            while (right && end > start && CodePoints.IsSpace(text[end - 1])) end--;
            return text[start..end];
        }
    }
}
