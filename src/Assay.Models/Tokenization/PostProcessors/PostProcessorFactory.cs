using System.Text.Json;
using Assay.Checkpoints;

namespace Assay.Tokenization.PostProcessors;

/// <summary>Builds post-processors from tokenizer.json.</summary>
internal static class PostProcessorFactory
{
    /// <summary>Ids that a post-processor may put around a text; real ones put two or three.</summary>
    public const int MaxIds = 1024;

    public static IPostProcessor? Create(Component? component)
    {
        if (component is null) return null;
        var type = component.RequiredText("type");
        IPostProcessor? result;
        switch (type)
        {
            case "Sequence":
                result = new PostProcessorSequence([.. component.Steps("processors").Select(Create).OfType<IPostProcessor>()]);
                break;
            case "ByteLevel":
                // Only trims offsets, which are not computed.
                result = new PostProcessorSequence([]);
                component.Ignore("add_prefix_space");
                component.Ignore("trim_offsets");
                component.Ignore("use_regex");
                break;
            case "TemplateProcessing":
                result = Template(component);
                break;
            default:
                component.Problem($"the post-processor '{Component.Shorten(type)}' is not supported.");
                return null;
        }
        component.Done();
        return result;
    }

    private static TemplatePostProcessor Template(Component component)
    {
        // Pairs of texts are never encoded.
        component.Ignore("pair");
        Dictionary<string, int[]> specials = new(StringComparer.Ordinal);
        if (component.Child("special_tokens") is { } map)
        {
            foreach (var (name, value) in map.Entries())
            {
                if (value.ValueKind == JsonValueKind.Object && value.TryGetProperty("ids", out var ids) && ids.ValueKind == JsonValueKind.Array
                    && ids.EnumerateArray().All(id => id.ValueKind == JsonValueKind.Number && id.TryGetInt32(out var n)
                        && n is >= 0 and <= Subwords.TokenVocabulary.LargestId))
                    specials[name] = [.. ids.EnumerateArray().Select(id => id.GetInt32())];
                else map.Problem($"'{Component.Shorten(name)}' must have 'ids', a list of integers from 0 to {Subwords.TokenVocabulary.LargestId}.");
            }
        }
        List<int> before = [], after = [];
        var texts = 0;
        foreach (var part in component.List("single"))
        {
            if (before.Count + after.Count > MaxIds) throw TooMany(component.Path);
            if (part.Child("SpecialToken") is { } special)
            {
                var name = special.RequiredText("id");
                if (!specials.TryGetValue(name, out var ids)) special.Problem($"'{Component.Shorten(name)}' is not among special_tokens.");
                else if (ids.Length > MaxIds) throw TooMany(component.Path);
                else (texts == 0 ? before : after).AddRange(ids);
            }
            else if (part.Child("Sequence") is { } sequence)
            {
                if (sequence.RequiredText("id") != "A") sequence.Problem("'single' may only name the sequence A.");
                texts++;
            }
            part.Done();
        }
        if (texts != 1) component.Problem($"'single' must name the sequence A once, found {texts}.");
        return new TemplatePostProcessor(before, after);
    }

    /// <summary>The refusal of a post-processor that adds more ids than <see cref="MaxIds"/>.</summary>
    public static InvalidInputException TooMany(string path) =>
        new($"{path}: the post-processor puts more than {MaxIds} ids around a text; the file is broken or hostile.");

    private sealed class PostProcessorSequence(IPostProcessor[] parts) : IPostProcessor
    {
        public List<int> Process(List<int> ids) => parts.Aggregate(ids, (all, part) => part.Process(all));
    }

    private sealed class TemplatePostProcessor(List<int> before, List<int> after) : IPostProcessor
    {
        public List<int> Process(List<int> ids) => [.. before, .. ids, .. after];
    }
}
