using Assay.Evaluation.Diffing;
using Assay.Models;

namespace Assay.Verdicts;

/// <summary>What most likely was done to a model, told from its weights alone.</summary>
/// <param name="Sentence">One sentence.</param>
/// <param name="Evidence">What it rests on, and what else differs; one sentence each.</param>
public sealed record DifferenceStory(string Sentence, IReadOnlyList<string> Evidence)
{
    // Below, matrices have hardly more in common than any two (protocol.md, INCOMPARABLE).
    private const double OtherBase = .5;

    private const int MostClauses = 3;

    /// <summary>Reads a difference. Names in the texts come from the models.</summary>
    public static DifferenceStory Of(CheckpointDifference difference)
    {
        ArgumentNullException.ThrowIfNull(difference);
        var changed = difference.Differing.ToList();
        var evidence = new List<string> { changed.Count == 0 ? $"All {difference.Tensors.Count} tensors are equal." : $"{changed.Count} of {difference.Tensors.Count} tensors differ." };
        var beside = Beside(difference, evidence);
        if (changed.Count == 0)
            return new DifferenceStory(beside.Length == 0 ? "The models are identical." : $"The weights are identical, but {beside}.", evidence);
        if (HaveNothingInCommon(difference, changed))
        {
            evidence.Add(difference.MedianCosine is { } cosine ? TensorWords.Text($"The median cosine between matched matrices is {cosine:0.###}.")
                : "No matrix is in both with one shape.");
            return new DifferenceStory("These are not two versions of one model: their weights have nothing in common.", evidence);
        }

        var clauses = Clauses(difference, changed).OrderByDescending(c => c.Energy).ToList();
        evidence.AddRange(clauses.SelectMany(c => c.Evidence));
        var told = clauses.Take(MostClauses).Select(c => c.Text).ToList();
        var sentence = told[0] + (told.Count > 1 ? "; besides, " + string.Join(", and ", told.Skip(1)) : "") + (clauses.Count > MostClauses ? ", and more" : "") + (beside.Length == 0 ? "" : $"; {beside}");
        // A name stays as it is spelt.
        if (!changed.Exists(t => sentence.StartsWith(t.Name, StringComparison.Ordinal))) sentence = char.ToUpperInvariant(sentence[0]) + sentence[1..];
        return new DifferenceStory(sentence + ".", evidence);
    }

    /// <summary>Whether no matrix says that one model came from the other; matrices of zeros or NaN say nothing either way.</summary>
    private static bool HaveNothingInCommon(CheckpointDifference difference, List<TensorDifference> changed)
    {
        var matrices = difference.Tensors.Where(t => t.Shape.Length > 1).ToList();
        if (difference.MedianCosine is null) return matrices.TrueForAll(t =>
            t.Kind is ChangeKind.Added or ChangeKind.Missing or ChangeKind.Reshaped or ChangeKind.Opaque) && matrices.Count > 0;
        return difference.MedianCosine < OtherBase && changed.Count > difference.Tensors.Count / 2 && !matrices.Exists(t => t.MatchedCosine >= OtherBase);
    }

    private static string Beside(CheckpointDifference difference, List<string> evidence)
    {
        var packaging = difference.Packaging;
        var parts = new List<string>();
        // A head that became a tensor of its own with the embedding's values computes the same; the tensor is told by itself.
        var untied = difference.Tensors.Any(t => t.Kind == ChangeKind.Added && t.EqualTo is not null);
        if (packaging.Forward == true && !(untied && packaging.OnlyTheTie))
        {
            // Keys that no forward pass reads differ without meaning anything.
            var config = packaging.Values.Where(v => v.File == "config.json" && !packaging.Unread.Contains(v.Path) && !(untied && v.Path.EndsWith("tie_word_embeddings", StringComparison.Ordinal)));
            parts.Add("the config computes something else");
            evidence.Add($"What the forward pass reads from config.json differs: {string.Join(", ", config.Select(v => $"{v.Path} {v.Base ?? "absent"} → {v.Candidate ?? "absent"}").Take(8))}.");
        }

        if (packaging.Parts.Count > 0)
        {
            parts.Add($"the {string.Join(" and the ", packaging.Parts)} differ{(packaging.Parts.Count == 1 ? "s" : "")}");
            evidence.AddRange(packaging.Tokenizer.Select(t => "Tokenizer: " + t));
            evidence.AddRange(packaging.Template);
            evidence.AddRange(packaging.Values.Where(v => v.File == "tokenizer_config.json")
                .Select(v => $"Special tokens and switches: {v.Path} {v.Base ?? "absent"} → {v.Candidate ?? "absent"}."));
            if (packaging.Parts.Contains("generation config"))
                evidence.AddRange(packaging.Values.Where(v => v.File == "generation_config.json").Select(v => $"Generation config: {v.Path} {v.Base ?? "absent"} → {v.Candidate ?? "absent"}."));
        }

        return string.Join(" and ", parts);
    }

    private static IEnumerable<DifferenceClause> Clauses(CheckpointDifference difference, List<TensorDifference> differing)
    {
        // What is found once lines are put back in order or NaN left out is told as if it stood alone.
        var changed = differing.SelectMany(t => t.Rest is { } rest ? (TensorDifference[])[t, rest] : [t]).ToList();
        List<TensorDifference> Of(ChangeKind kind) => changed.FindAll(t => t.Kind == kind);

        foreach (var (kind, one, many) in new[]
        {
            (ChangeKind.NonFinite, "became NaN or infinite in places", "became NaN or infinite in places"), (ChangeKind.Missing, "is missing", "are missing"), (ChangeKind.Added, "is new", "are new"),
            (ChangeKind.Reshaped, "has another shape", "have another shape"), (ChangeKind.Opaque, "differs in a type that is not computed with", "differ in a type that is not computed with"),
        })
        {
            var odd = Of(kind);
            // An untied head is told below, layers that went or came with the layers.
            odd.RemoveAll(t => kind == ChangeKind.Added && t.EqualTo is not null || IsOfItsLayer(difference, t));
            if (kind == ChangeKind.NonFinite && odd.Count > 0 && odd.TrueForAll(t => t.Rest is null && t.Changed == t.Elements))
                yield return new DifferenceClause(double.PositiveInfinity, $"{TensorWords.Count(odd)} became NaN or infinite altogether",
                    [.. odd.Take(8).Select(t => $"{t.Name}: {t.Detail}.")]);
            else if (odd.Count > 0)
                yield return new DifferenceClause(double.PositiveInfinity, odd.Count == 1 ? $"{odd[0].Name} {one}" : $"{odd.Count} tensors {many}",
                    [.. odd.Take(8).Select(t => $"{t.Name}: {t.Detail}.")]);
        }

        if (LayerStory.Of(difference) is { } layers) yield return layers;
        if (Of(ChangeKind.Added).FindAll(t => t.EqualTo is not null && !IsOfItsLayer(difference, t)) is { Count: > 0 } copied)
            yield return new DifferenceClause(0,
                $"{(copied.Count == 1 ? copied[0].Name : $"{copied.Count} tensors")} {(copied.Count == 1 ? "was" : "were")} added with the values of " +
                $"{(copied.Count == 1 ? copied[0].EqualTo : "others")}", [.. copied.Take(8).Select(t => $"{t.Name}: {t.Detail}.")]);
        if (Of(ChangeKind.Swapped).FindAll(t => t.Source is null) is { Count: > 0 } swapped)
        {
            yield return new DifferenceClause(TensorWords.Energy(swapped), swapped.Count == 1 ? $"{swapped[0].Name} holds the values of {swapped[0].EqualTo}"
                : $"{swapped.Count} tensors hold the values of others",
                [$"Equal value for value to other tensors of the base: {string.Join(", ", swapped.Take(6).Select(t => $"{t.Name} to {t.EqualTo}"))}{(swapped.Count > 6 ? $" and {swapped.Count - 6} more" : "")}."]);
        }

        foreach (var clause in MoveStory.Of(changed)) yield return clause;
        if (Of(ChangeKind.Replaced) is { Count: > 0 } replaced)
        {
            yield return new DifferenceClause(TensorWords.Energy(replaced),
                $"{(replaced.Count == 1 ? $"{replaced[0].Name} was" : $"{Replaced(difference, replaced)} were")} replaced: " +
                $"{(replaced.Count == 1 ? "it has" : "they have")} nothing in common with the base's",
                [TensorWords.Text($"Replaced: {TensorWords.Places(replaced)}; |cosine| with the base's at most {replaced.Max(t => Math.Abs(t.Cosine)):0.####}, as independent values have, and no row or column is one of the base's.")]);
        }

        foreach (var clause in RemovalStory.Of(difference, Of(ChangeKind.Orthogonalised))) yield return clause;
        if (Of(ChangeKind.LowRank) is { Count: > 0 } low)
        {
            var most = low.Max(t => t.Spectrum!.Rank);
            // Where rounding is a good part of the difference, more may lie below it.
            var clear = low.TrueForAll(t => t.Spectrum!.NoiseEnergy < .05);
            yield return new DifferenceClause(TensorWords.Energy(low),
                $"a matrix of rank {most}{(low.Min(t => t.Spectrum!.Rank) < most ? " or less" : "")} was added to {TensorWords.Count(low)}, "
                + (clear ? "as a merged low-rank adapter leaves" : "as far as it stands out from rounding") + Along(difference, low),
                [$"Low rank: {TensorWords.Places(low)}; ranks {low.Min(t => t.Spectrum!.Rank)} to {most}, of which the rest is rounding; {TensorWords.Relative(low)}.", .. SharedBy(difference, low)]);
        }

        foreach (var group in Of(ChangeKind.Quantised).GroupBy(t => t.Format!).OrderBy(g => g.Key.ToString(), StringComparer.Ordinal))
            yield return new DifferenceClause(TensorWords.Energy(group), $"{TensorWords.Were([.. group])} quantised to {group.Key}",
                [$"Quantised to {group.Key}: {TensorWords.Places([.. group])}; {group.First().Detail}; {TensorWords.Relative([.. group])}."]);
        foreach (var group in Of(ChangeKind.RoundTrip).GroupBy(t => t.Through!).OrderBy(g => g.Key, StringComparer.Ordinal))
            yield return new DifferenceClause(TensorWords.Energy(group), $"{TensorWords.Count([.. group])} went through {group.Key} and back", [$"Through {group.Key}: {group.Sum(t => t.Changed)} values of {TensorWords.Places([.. group])} were rounded on the way, and come out exactly so."]);
        foreach (var group in Of(ChangeKind.Converted).GroupBy(t => $"{t.BaseType} to {t.CandidateType}").OrderBy(g => g.Key, StringComparer.Ordinal))
            yield return new DifferenceClause(TensorWords.Energy(group), group.Any(t => t.Changed > 0)
                ? $"{TensorWords.Were([.. group])} rounded to {group.First().CandidateType}"
                : $"{TensorWords.Were([.. group])} converted from {group.Key}, no value changed",
                [$"From {group.Key}: {TensorWords.Places([.. group])}; {group.Sum(t => t.Changed)} values were rounded, and come out exactly so."]);
        if (Of(ChangeKind.Scaled) is { Count: > 0 } scaled)
        {
            yield return new DifferenceClause(TensorWords.Energy(scaled), scaled.Count == 1 ? $"{scaled[0].Name} was scaled ({scaled[0].Detail})"
                : $"{TensorWords.Were(scaled)} scaled",
                [.. scaled.GroupBy(t => t.Detail).OrderBy(g => g.Key, StringComparer.Ordinal).Take(8)
                    .Select(g => $"Scaled, {g.Key}: {TensorWords.Places([.. g])}.")]);
        }

        if (Of(ChangeKind.Pruned) is { Count: > 0 } pruned)
            yield return new DifferenceClause(TensorWords.Energy(pruned), $"elements of {TensorWords.Count(pruned)} were set to 0", [TensorWords.Text($"Set to 0: {100.0 * pruned.Sum(t => t.Changed) / pruned.Sum(t => t.Elements):0.##} % of the elements of {TensorWords.Places(pruned)}; the others are untouched.")]);
        if (Of(ChangeKind.FewRows) is { Count: > 0 } rows)
            yield return new DifferenceClause(TensorWords.Energy(rows), $"single rows of {TensorWords.Count(rows)} were changed",
                [.. rows.Take(8).Select(t => $"{t.Name}: {t.Detail}.")]);
        if (Of(ChangeKind.Dense) is { Count: > 0 } dense)
        {
            var flat = dense.FindAll(t => t.Spectrum is { OverIndependent: < 1.1 });
            var matrices = dense.FindAll(t => t.Spectrum is not null);
            var noise = matrices.Count > 0 && flat.Count == matrices.Count;
            // Training touches most matrices of a layer; a vector or two are edited by hand.
            var trained = 2 * matrices.Count >= difference.Tensors.Count(t => t.Shape.Length > 1);
            var differ = dense.Count == 1 ? "differs" : "differ";
            var text = noise ? $"independent noise was added to {TensorWords.Count(dense)}"
                : trained ? $"{TensorWords.Count(dense)} {differ} everywhere, as after training"
                : matrices.Count > 0 ? $"{TensorWords.Count(dense)} {differ} everywhere"
                : dense.Count == 1 ? $"one vector was changed ({dense[0].Name}, {dense[0].Changed} of {dense[0].Elements} elements)"
                : $"{dense.Count} vectors were changed";
            yield return new DifferenceClause(TensorWords.Energy(dense), text,
                [$"{(matrices.Count == 0 ? "Vectors only" : "Dense")}: {TensorWords.Places(dense)}; {TensorWords.Relative(dense)}{(matrices.Count == 0 ? "" : $"; effective rank {TensorWords.Range(matrices.ConvertAll(t => t.Spectrum!.Rank))}, largest singular value {TensorWords.Text($"{matrices.Min(t => t.Spectrum!.OverIndependent):0.##} to {matrices.Max(t => t.Spectrum!.OverIndependent):0.##}")} times that of independent noise of the same energy")}.", .. SharedBy(difference, dense)]);
        }

        if (Of(ChangeKind.WithinRounding) is { Count: > 0 } rounding)
            yield return new DifferenceClause(0, $"{TensorWords.Count(rounding)} differ by no more than rounding",
                [$"Within rounding: {TensorWords.Places(rounding)}; {TensorWords.Relative(rounding)}."]);
    }

    /// <summary>Tensors of a layer that went or came as a whole.</summary>
    private static bool IsOfItsLayer(CheckpointDifference difference, TensorDifference tensor) => tensor.Place.Layer is { } layer
        && difference.LayerMap.Any(l => l is not null) && tensor.Kind switch
    {
        ChangeKind.Missing => layer >= difference.LayerMap.Count,
        ChangeKind.Added => layer >= difference.BaseLayers,
        _ => false,
    };

    private static string Replaced(CheckpointDifference difference, List<TensorDifference> tensors)
    {
        var layers = tensors.Select(t => t.Place.Layer).Distinct().ToList();
        var all = difference.Tensors.Count(t => t.Shape.Length > 1 && layers.Contains(t.Place.Layer));
        return layers.Contains(null) ? TensorWords.Count(tensors)
            : $"{(all == tensors.Count ? "the " : "")}{TensorWords.Count(tensors)} of {TensorWords.Layers(tensors)}";
    }

    private static string Along(CheckpointDifference difference, List<TensorDifference> tensors)
    {
        var names = tensors.Select(t => t.Name).ToHashSet(StringComparer.Ordinal);
        return tensors.Count > 2 && difference.Directions.Any(d => d.Members.Count(m => names.Contains(m.Tensor)) == tensors.Count) ? ", all along one direction" : "";
    }

    /// <summary>Directions that the difference of several tensors shares without being a removal.</summary>
    private static IEnumerable<string> SharedBy(CheckpointDifference difference, List<TensorDifference> tensors)
    {
        var names = tensors.Select(t => t.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var direction in difference.Directions.Where(d => d.Members.Count(m => names.Contains(m.Tensor)) > 2).Take(3))
            yield return TensorWords.Text($"{direction.Members.Count} differences share a direction of the {direction.Space}, |cosine| at least {RemovalStory.Floor(direction.SmallestCosine)}.");
    }
}
