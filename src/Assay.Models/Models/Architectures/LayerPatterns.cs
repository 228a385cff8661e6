using System.Collections.Immutable;
using System.Text.Json;

namespace Assay.Models.Architectures;

/// <summary>Which layers attend within a window, which rotate, which are linear and which route to experts.</summary>
internal static class LayerPatterns
{
    private const string Full = "full_attention", Sliding = "sliding_attention", Linear = "linear_attention";

    /// <summary>The window of each layer, null for none, and whether it is linear attention.</summary>
    internal static (ImmutableArray<int?> Windows, bool[] Linear) Read(ArchitectureTable table, ConfigReader values, int layers)
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
        var interval = table.FullIntervalKey is { } key ? values.Int(key) : Math.Max(1, table.FullInterval);
        var rotated = Rotated(table, values, layers);
        var kinds = Enumerable.Range(0, layers).Select(l => table.LinearLayers
            ? (l + 1) % interval == 0 ? Full : Linear
            : rule switch
            {
                WindowRule.EveryLayer or WindowRule.EveryLayerIfUsed => window is not null,
                WindowRule.UpperLayersIfUsed => window is not null && l >= values.Int("max_window_layers"),
                WindowRule.EvenLayers => l % 2 == 0,
                WindowRule.AllButEveryNth => (l + 1) % interval != 0,
                WindowRule.UnrotatedLayersIfUsed => window is not null && !rotated[l],
                _ => false,
            } ? Sliding : Full).ToArray();
        if (ReadLayerTypes(table, values, layers, kinds) is { } read) kinds = read;
        else if (table.Has("layer_types")) values.Derived("layer_types", kinds.ToImmutableArray(), $"{table.Source}'s pattern");
        if (kinds.Contains(Sliding) && window is null && values.Sound("sliding_window", "use_sliding_window", "layer_types"))
            values.Problem("layer_types has sliding_attention, but there is no window (sliding_window is null or use_sliding_window is false).");
        return ([.. kinds.Select(k => k == Sliding ? window : null)], [.. kinds.Select(k => k == Linear)]);
    }

    /// <summary>Whether each layer rotates queries and keys.</summary>
    internal static bool[] Rotated(ArchitectureTable table, ConfigReader values, int layers)
    {
        if (table.RotatedLayersKey is not { } key) return [.. Enumerable.Repeat(true, layers)];
        var interval = values.Int("no_rope_layer_interval");
        if (values.Ints(key) is not { IsEmpty: false } given)
        {
            var pattern = Enumerable.Range(0, layers).Select(l => (l + 1) % interval == 0 ? 0 : 1).ToImmutableArray();
            values.Derived(key, pattern, $"every {interval}th has none");
            return [.. pattern.Select(p => p != 0)];
        }
        if (given.Length != layers && values.Sound(key, table.LayersKey))
            values.Problem($"{key} has {given.Length} entries; {table.LayersKey} is {layers}.");
        if (given.Any(g => g > 1)) values.Problem($"{key} has an entry above 1; expected 1 for layers that rotate and 0 for those that do not.");
        return [.. Enumerable.Range(0, layers).Select(l => l >= given.Length || given[l] != 0)];
    }

    private static string[]? ReadLayerTypes(ArchitectureTable table, ConfigReader values, int layers, string[] pattern)
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
        var other = table.LinearLayers ? Linear : Sliding;
        foreach (var unknown in list.Where(t => t != Full && t != other).Distinct().Take(8))
            values.Problem($"layer_types has '{ConfigValue.Quote(unknown)}'; supported: {Full}, {other}.");
        if (list.Length != layers)
        {
            if (values.Sound(table.LayersKey)) values.Problem($"layer_types has {list.Length} entries; {table.LayersKey} is {layers}.");
            return null;
        }
        if (!table.Has("layer_types") && !list.SequenceEqual(pattern) && values.Sound("sliding_window", "use_sliding_window"))
            values.Problem($"layer_types differs from the pattern of {table.Source}, which does not read it: {string.Join(", ", pattern.Distinct())}.");
        return [.. list];
    }

    /// <summary>Whether each layer routes to experts.</summary>
    internal static bool[] Sparse(ArchitectureTable table, ConfigReader values, int layers, int experts)
    {
        if (experts == 0) return new bool[layers];
        var step = table.Has("decoder_sparse_step") ? values.Int("decoder_sparse_step") : 1;
        var dense = values.Ints("mlp_only_layers").ToHashSet();
        var firstSparse = table.Has("first_k_dense_replace") ? values.Int("first_k_dense_replace") : 0;
        var sparse = Enumerable.Range(0, layers).Select(l => l >= firstSparse && !dense.Contains(l) && (l + 1) % step == 0).ToArray();
        var perToken = values.Int("num_experts_per_tok");
        if (sparse.Contains(true) && perToken > experts && values.Sound(table.ExpertsKey, "num_experts_per_tok"))
            values.Problem($"num_experts_per_tok {perToken} is more than {table.ExpertsKey} {experts}.");
        return sparse;
    }
}
