using System.Text.Json;
using Assay.Evaluation.Diffing;

namespace Assay.Reports;

/// <summary><c>diff.json</c>, in the form of <see cref="ReportJson"/>: equal content is equal bytes.</summary>
public static class DiffJson
{
    /// <summary>The whole comparison.</summary>
    public static byte[] Write(DiffDocument document)
    {
        ArgumentNullException.ThrowIfNull(document);
        var difference = document.Difference;
        return ReportJson.Build(json =>
        {
            json.WriteStartObject();
            json.WriteString("schema", DiffDocument.Schema);
            json.WriteString("assay", document.Assay);
            json.WriteString("method_version", CheckpointDifference.Method);
            json.WriteString("base", difference.Base);
            json.WriteString("candidate", difference.Candidate);
            Text(json, "architecture", difference.Architecture);
            json.WriteStartObject("story");
            json.WriteString("sentence", document.Story.Sentence);
            Texts(json, "evidence", document.Story.Evidence);
            json.WriteEndObject();
            json.WriteNumber("tensors_compared", difference.Tensors.Count);
            json.WriteNumber("tensors_that_differ", document.Modules.Sum(m => m.Changed));
            ReportJson.WriteNumber(json, "energy", document.Energy);
            Number(json, "median_cosine", difference.MedianCosine);
            Packaging(json, difference.Packaging);
            Groups(json, "modules", document.Modules);
            Groups(json, "layers", document.Layers);
            // Directions of edits are worth keeping; those that training leaves in common would only fill the file.
            var edited = difference.Tensors.Where(t => t.Kind is ChangeKind.Orthogonalised or ChangeKind.LowRank).Select(t => t.Name).ToHashSet(StringComparer.Ordinal);
            json.WriteStartArray("directions");
            foreach (var direction in difference.Directions)
            {
                json.WriteStartObject();
                json.WriteString("space", direction.Space);
                json.WriteNumber("smallest_cosine", direction.SmallestCosine);
                json.WriteNumber("median_cosine", direction.MedianCosine);
                json.WriteStartArray("members");
                foreach (var member in direction.Members)
                {
                    json.WriteStartObject();
                    json.WriteString("tensor", member.Tensor);
                    json.WriteString("side", Name(member.Side));
                    json.WriteNumber("cosine", member.Cosine);
                    json.WriteEndObject();
                }

                json.WriteEndArray();
                if (direction.Members.Any(m => edited.Contains(m.Tensor)))
                {
                    json.WriteStartArray("vector");
                    foreach (var value in direction.Vector) ReportJson.WriteNumber(json, value);
                    json.WriteEndArray();
                }
                else json.WriteNull("vector");
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteStartArray("tensors");
            foreach (var tensor in difference.Tensors.Where(t => t.Differs)) Tensor(json, tensor);
            json.WriteEndArray();
            Texts(json, "notes", difference.Notes);
            Texts(json, "method", DiffDocument.Method);
            json.WriteEndObject();
        });
    }

    /// <summary>A kind's name in JSON and reports, such as <c>low_rank</c>.</summary>
    public static string Name(ChangeKind kind) => JsonNamingPolicy.SnakeCaseLower.ConvertName(kind.ToString());

    private static string Name(ResidualSide side) => JsonNamingPolicy.SnakeCaseLower.ConvertName(side.ToString());

    private static void Tensor(Utf8JsonWriter json, TensorDifference tensor)
    {
        json.WriteStartObject();
        json.WriteString("name", tensor.Name);
        if (tensor.Place.Layer is { } layer) json.WriteNumber("layer", layer);
        else json.WriteNull("layer");
        json.WriteString("module", tensor.Place.Module);
        Text(json, "role", tensor.Place.Role?.ToString().ToLowerInvariant());
        json.WriteString("residual_side", Name(tensor.Place.Side));
        json.WriteString("kind", Name(tensor.Kind));
        json.WriteString("detail", tensor.Detail);
        json.WriteStartArray("shape");
        foreach (var size in tensor.Shape) json.WriteNumberValue(size);
        json.WriteEndArray();
        if (tensor.CandidateShape is { } other)
        {
            json.WriteStartArray("candidate_shape");
            foreach (var size in other) json.WriteNumberValue(size);
            json.WriteEndArray();
        }

        Text(json, "base_dtype", tensor.BaseType);
        Text(json, "candidate_dtype", tensor.CandidateType);
        json.WriteNumber("elements", tensor.Elements);
        json.WriteNumber("changed", tensor.Changed);
        if (tensor.ChangedRows is { } rows) json.WriteNumber("changed_rows", rows);
        ReportJson.WriteNumber(json, "base_norm", tensor.BaseNorm);
        ReportJson.WriteNumber(json, "norm", tensor.Norm);
        ReportJson.WriteNumber(json, "relative_norm", tensor.RelativeNorm);
        ReportJson.WriteNumber(json, "cosine", tensor.Cosine);
        ReportJson.WriteNumber(json, "largest_difference", tensor.LargestDifference);
        ReportJson.WriteNumber(json, "rounding_norm", tensor.RoundingNorm);
        if (tensor.Spectrum is { } s)
        {
            json.WriteStartObject("spectrum");
            json.WriteNumber("rank", s.Rank);
            json.WriteBoolean("rank_is_lower_bound", s.RankIsLowerBound);
            ReportJson.WriteNumber(json, "noise_edge", s.NoiseEdge);
            ReportJson.WriteNumber(json, "stable_rank", s.StableRank);
            ReportJson.WriteNumber(json, "energy_outside", s.EnergyOutside);
            ReportJson.WriteNumber(json, "rounding_energy", s.NoiseEnergy);
            ReportJson.WriteNumber(json, "over_independent", s.OverIndependent);
            json.WriteStartArray("leading");
            foreach (var value in s.Leading) ReportJson.WriteNumber(json, value);
            json.WriteEndArray();
            json.WriteBoolean("exact", s.Exact);
            json.WriteNumber("test_vectors", s.TestVectors);
            json.WriteString("method", s.Method);
            json.WriteEndObject();
        }

        if (tensor.Removal is { } r)
        {
            json.WriteStartObject("removal");
            json.WriteString("side", Name(r.Side));
            json.WriteNumber("directions", r.Directions);
            ReportJson.WriteNumber(json, "strength", r.Strength);
            ReportJson.WriteNumber(json, "explained", r.Explained);
            ReportJson.WriteNumber(json, "remaining", r.Remaining);
            ReportJson.WriteNumber(json, "beside", r.Beside);
            json.WriteEndObject();
        }

        if (tensor.Format is { } f)
        {
            json.WriteStartObject("format");
            json.WriteNumber("bits", f.Bits);
            json.WriteString("levels", f.Levels);
            json.WriteString("unit", f.Unit);
            json.WriteEndObject();
        }

        if (tensor.Factor is { } factor) ReportJson.WriteNumber(json, "factor", factor);
        if (tensor.Through is { } through) json.WriteString("through", through);
        if (tensor.EqualTo is { } twin) json.WriteString("equal_to", twin);
        json.WriteEndObject();
    }

    private static void Groups(Utf8JsonWriter json, string name, IReadOnlyList<DifferenceGroup> groups)
    {
        json.WriteStartArray(name);
        foreach (var group in groups)
        {
            json.WriteStartObject();
            json.WriteString("name", group.Name);
            Text(json, "role", group.Role?.ToString().ToLowerInvariant());
            json.WriteNumber("tensors", group.Tensors);
            json.WriteNumber("changed", group.Changed);
            json.WriteStartArray("layers");
            foreach (var layer in group.Layers) json.WriteNumberValue(layer);
            json.WriteEndArray();
            json.WriteStartObject("kinds");
            foreach (var (kind, count) in group.Kinds) json.WriteNumber(Name(kind), count);
            json.WriteEndObject();
            ReportJson.WriteNumber(json, "relative_norm", group.RelativeNorm);
            ReportJson.WriteNumber(json, "energy_share", group.EnergyShare);
            Number(json, "least_rank", group.LeastRank);
            Number(json, "most_rank", group.MostRank);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Packaging(Utf8JsonWriter json, PackagingDifference packaging)
    {
        json.WriteStartObject("packaging");
        Texts(json, "parts", packaging.Parts);
        if (packaging.Forward is { } forward) json.WriteBoolean("forward_differs", forward);
        else json.WriteNull("forward_differs");
        Values(json, "values", packaging.Values);
        Texts(json, "tokenizer", packaging.Tokenizer);
        Texts(json, "template", packaging.Template);
        Values(json, "spellings", packaging.Spellings);
        json.WriteEndObject();
    }

    private static void Values(Utf8JsonWriter json, string name, IReadOnlyList<ValueDifference> values)
    {
        json.WriteStartArray(name);
        foreach (var value in values)
        {
            json.WriteStartObject();
            json.WriteString("file", value.File);
            json.WriteString("path", value.Path);
            Text(json, "base", value.Base);
            Text(json, "candidate", value.Candidate);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Number(Utf8JsonWriter json, string name, double? value)
    {
        if (value is { } number) ReportJson.WriteNumber(json, name, number);
        else json.WriteNull(name);
    }

    private static void Text(Utf8JsonWriter json, string name, string? value)
    {
        if (value is null) json.WriteNull(name);
        else json.WriteString(name, value);
    }

    private static void Texts(Utf8JsonWriter json, string name, IReadOnlyList<string> values)
    {
        json.WriteStartArray(name);
        foreach (var value in values) json.WriteStringValue(value);
        json.WriteEndArray();
    }
}
