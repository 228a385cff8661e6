using System.Globalization;
using System.Text;
using Assay.Tokenization.Normalizers;
using Assay.Tokenization.PreTokenizers;
using Assay.Tokenization.Subwords;

namespace Assay.Tokenization.Decoders;

/// <summary>Builds decoders from tokenizer.json.</summary>
internal static class DecoderFactory
{
    private static readonly UTF8Encoding Strict = new(false, true);

    public static IDecoder? Create(Component? component)
    {
        if (component is null) return null;
        var type = component.RequiredText("type");
        IDecoder? result;
        switch (type)
        {
            case "Sequence":
                result = new DecoderSequence([.. component.Steps("decoders").Select(Create).OfType<IDecoder>()]);
                break;
            case "ByteLevel":
                result = new ByteLevelDecoder();
                component.Ignore("add_prefix_space");
                component.Ignore("trim_offsets");
                component.Ignore("use_regex");
                break;
            case "Replace":
                result = new ReplaceStep(component.Pattern("pattern"), component.RequiredText("content"));
                break;
            case "ByteFallback":
                result = new ByteFallbackDecoder();
                break;
            case "Fuse":
                result = new FuseDecoder();
                break;
            case "Strip":
                var content = component.RequiredText("content");
                if (content.Length != 1) component.Problem("'content' must be one character of the first plane.");
                result = new StripDecoder(content.Length == 1 ? content[0] : ' ', component.Integer("start"), component.Integer("stop"));
                break;
            case "BPEDecoder":
                result = new SuffixDecoder(component.Text("suffix") ?? "</w>");
                break;
            case "WordPiece":
                result = new WordPieceDecoder(component.Text("prefix") ?? "##", component.Flag("cleanup", true));
                break;
            case "Metaspace":
                result = MetaspacePreTokenizer.Create(component);
                break;
            default:
                component.Problem($"the decoder '{Component.Shorten(type)}' is not supported.");
                return null;
        }
        component.Done();
        return result;
    }

    private sealed class DecoderSequence(IDecoder[] parts) : IDecoder
    {
        public List<string> Decode(List<string> tokens, int most)
        {
            foreach (var part in parts)
            {
                tokens = part.Decode(tokens, most);
                if (tokens.Sum(t => (long)t.Length) > most) throw EncodingBudget.TooLong("decoder");
            }
            return tokens;
        }
    }

    private sealed class ByteLevelDecoder : IDecoder
    {
        public List<string> Decode(List<string> tokens, int most)
        {
            List<byte> bytes = [];
            foreach (var token in tokens) ByteAlphabet.Decode(token, bytes);
            return [Encoding.UTF8.GetString([.. bytes])];
        }
    }

    private sealed class ByteFallbackDecoder : IDecoder
    {
        public List<string> Decode(List<string> tokens, int most)
        {
            List<string> result = new(tokens.Count);
            List<byte> pending = [];
            foreach (var token in tokens)
            {
                if (token.Length == 6 && token.StartsWith("<0x", StringComparison.Ordinal) && token[5] == '>'
                    && byte.TryParse(token.AsSpan(3, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value))
                {
                    pending.Add(value);
                    continue;
                }
                Flush(pending, result);
                result.Add(token);
            }
            Flush(pending, result);
            return result;
        }

        // Bytes that are no text become one replacement character each.
        private static void Flush(List<byte> pending, List<string> into)
        {
            if (pending.Count == 0) return;
            try
            {
                into.Add(Strict.GetString([.. pending]));
            }
            catch (DecoderFallbackException)
            {
                into.Add(new string('\uFFFD', pending.Count));
            }
            pending.Clear();
        }
    }

    private sealed class FuseDecoder : IDecoder
    {
        public List<string> Decode(List<string> tokens, int most) => [string.Concat(tokens)];
    }

    private sealed class StripDecoder(char content, int start, int stop) : IDecoder
    {
        public List<string> Decode(List<string> tokens, int most) => tokens.ConvertAll(token =>
        {
            var (from, to) = (0, token.Length);
            while (from < to && from < start && token[from] == content) from++;
            for (var i = 0; i < stop && to > from && token[to - 1] == content; i++) to--;
            return token[from..to];
        });
    }

    private sealed class SuffixDecoder(string suffix) : IDecoder
    {
        public List<string> Decode(List<string> tokens, int most)
            => [.. tokens.Select((token, i) => i == tokens.Count - 1 ? Replace(token, "") : Replace(token, " "))];

        // Without a suffix every place between two characters is one, as in the reference.
        private string Replace(string token, string with) => suffix.Length > 0 ? token.Replace(suffix, with, StringComparison.Ordinal)
            : with + string.Concat(token.EnumerateRunes().Select(rune => rune + with));
    }
}
