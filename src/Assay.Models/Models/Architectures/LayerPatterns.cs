using System.Collections.Immutable;
using System.Text.Json;

namespace Assay.Models.Architectures;

/// <summary>Which layers attend within a window and which route to experts.</summary>
internal static class LayerPatterns
{
    /// <summary>The window of each layer, null for none.</summary>
    internal static ImmutableArray<int?> Windows(ArchitectureTable table, ConfigReader values, int layers)
    {
        var rule = table.Windows;
        var window = table.Has("sliding_window") ? values.OptionalInt("sliding_window") : null;
        if (table.Has("use_sliding_window") && !values.Flag("use_sliding_window"))
        {
            values.Overruled("sliding_window", null, "use_sliding_window is false");
            window = null;
        }
        if (rule == WindowRule.EveryLayerIfUsed && window is not null && values.TryTake("max_window_layers", out _))
            values.Problem($"use_sliding_window and max_window_layers: {table.Source} puts the window on every layer and does not read the latter. Remove it.");
        var slides = Enumerable.Range(0, layers).Select(l => rule switch
        {
            WindowRule.EveryLayer or WindowRule.EveryLayerIfUsed => window is not null,
            WindowRule.UpperLayersIfUsed => window is not null && l >= values.Int("max_window_layers"),
            WindowRule.EvenLayers => l % 2 == 0,
            _ => false,
        }).ToArray();
        if (ReadLayerTypes(table, values, layers, slides) is { } read) slides = read;
        else if (table.Has("layer_types"))
            values.Derived("layer_types", slides.Select(Name).ToImmutableArray(), $"{table.Source}'s pattern");
        if (slides.Contains(true) && window is null && values.Sound("sliding_window", "use_sliding_window", "layer_types"))
            values.Problem("layer_types has sliding_attention, but there is no window (sliding_window is null or use_sliding_window is false).");
        return [.. slides.Select(s => s ? window : null)];
    }

    private static bool[]? ReadLayerTypes(ArchitectureTable table, ConfigReader values, int layers, bool[] pattern)
    {
        ImmutableArray<string>? types = null;
        if (table.Has("layer_types")) types = values.Texts("layer_types");
        else if (values.TryTake("layer_types", out var element))
        {
            if (element.ValueKind == JsonValueKind.Array && element.EnumerateArray().All(e => e.ValueKind == JsonValueKind.String))
                types = [.. element.EnumerateArray().Select(e => e.GetString()!)];
            else values.Problem($"layer_types is {ConfigValue.Quote(element.GetRawText())}; expected a list of strings.");
        }
        if (types is not { } list) return null;
        foreach (var unknown in list.Where(t => t is not ("full_attention" or "sliding_attention")).Distinct().Take(8))
            values.Problem($"layer_types has '{ConfigValue.Quote(unknown)}'; supported: full_attention, sliding_attention.");
        if (list.Length != layers)
        {
            if (values.Sound(table.LayersKey)) values.Problem($"layer_types has {list.Length} entries; {table.LayersKey} is {layers}.");
            return null;
        }
        var slides = list.Select(t => t == "sliding_attention").ToArray();
        if (!table.Has("layer_types") && !slides.SequenceEqual(pattern) && values.Sound("sliding_window", "use_sliding_window"))
            values.Problem($"layer_types differs from the pattern of {table.Source}, which does not read it: {string.Join(", ", pattern.Select(Name).Distinct())}.");
        return slides;
    }

    private static string Name(bool sliding) => sliding ? "sliding_attention" : "full_attention";

    /// <summary>Whether each layer routes to experts.</summary>
    internal static bool[] Sparse(ConfigReader values, int layers, int experts)
    {
        if (experts == 0) return new bool[layers];
        var step = values.Int("decoder_sparse_step");
        var dense = values.Ints("mlp_only_layers").ToHashSet();
        var sparse = Enumerable.Range(0, layers).Select(l => !dense.Contains(l) && (l + 1) % step == 0).ToArray();
        var perToken = values.Int("num_experts_per_tok");
        if (sparse.Contains(true) && perToken > experts && values.Sound("num_experts", "num_experts_per_tok"))
            values.Problem($"num_experts_per_tok {perToken} is more than num_experts {experts}.");
        return sparse;
    }
}
