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

    // Two tensors of one model share a direction from here on; below, "much the same" is said instead.
    private const double Shared = .99;
    private const int MostClauses = 3;

    private sealed record Clause(double Energy, string Text, IReadOnlyList<string> Evidence);

    /// <summary>Reads a difference. Names in the texts come from the models.</summary>
    public static DifferenceStory Of(CheckpointDifference difference)
    {
        ArgumentNullException.ThrowIfNull(difference);
        var changed = difference.Differing.ToList();
        var evidence = new List<string> { changed.Count == 0 ? $"All {difference.Tensors.Count} tensors are equal." : $"{changed.Count} of {difference.Tensors.Count} tensors differ." };
        var beside = Beside(difference, evidence);
        if (changed.Count == 0)
            return new DifferenceStory(beside.Length == 0 ? "The models are identical." : $"The weights are identical, but {beside}.", evidence);
        if (difference.MedianCosine is null or < OtherBase && changed.Count > difference.Tensors.Count / 2 && !changed.Exists(t => t.Kind is ChangeKind.Swapped))
        {
            evidence.Add(difference.MedianCosine is { } cosine ? Text($"The median cosine between equally named matrices is {cosine:0.###}.") : "No matrix is in both with one shape.");
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
            evidence.AddRange(packaging.Values.Where(v => v.File == "tokenizer_config.json").Select(v => $"Special tokens and switches: {v.Path} {v.Base ?? "absent"} → {v.Candidate ?? "absent"}."));
            if (packaging.Parts.Contains("generation config"))
                evidence.AddRange(packaging.Values.Where(v => v.File == "generation_config.json").Select(v => $"Generation config: {v.Path} {v.Base ?? "absent"} → {v.Candidate ?? "absent"}."));
        }

        return string.Join(" and ", parts);
    }

    private static IEnumerable<Clause> Clauses(CheckpointDifference difference, List<TensorDifference> changed)
    {
        List<TensorDifference> Of(ChangeKind kind) => changed.FindAll(t => t.Kind == kind);
        double Energy(IEnumerable<TensorDifference> tensors) => tensors.Where(t => double.IsFinite(t.Norm)).Sum(t => t.Norm * t.Norm);

        foreach (var (kind, one, many) in new[]
        {
            (ChangeKind.NonFinite, "became NaN or infinite in places", "became NaN or infinite in places"), (ChangeKind.Missing, "is missing", "are missing"), (ChangeKind.Added, "is new", "are new"),
            (ChangeKind.Reshaped, "has another shape", "have another shape"), (ChangeKind.Opaque, "differs in a type that is not computed with", "differ in a type that is not computed with"),
        })
        {
            var odd = Of(kind);
            // An untied head is told below, layers that moved with those that hold them.
            odd.RemoveAll(t => kind == ChangeKind.Added && t.EqualTo is not null);
            if (odd.Count > 0 && !(kind is ChangeKind.Missing or ChangeKind.Added && Of(ChangeKind.Swapped).Count > 0 && odd.TrueForAll(t => t.Place.Layer is not null)))
                yield return new Clause(double.PositiveInfinity, odd.Count == 1 ? $"{odd[0].Name} {one}" : $"{odd.Count} tensors {many}", [.. odd.Take(8).Select(t => $"{t.Name}: {t.Detail}.")]);
        }

        if (Of(ChangeKind.Added).FindAll(t => t.EqualTo is not null) is { Count: > 0 } copied)
            yield return new Clause(0, $"{(copied.Count == 1 ? copied[0].Name : $"{copied.Count} tensors")} {(copied.Count == 1 ? "was" : "were")} added with the values of {(copied.Count == 1 ? copied[0].EqualTo : "others")}", [.. copied.Take(8).Select(t => $"{t.Name}: {t.Detail}.")]);
        if (Of(ChangeKind.Swapped) is { Count: > 0 } swapped) yield return Layers(difference, swapped);
        foreach (var clause in Removals(difference, Of(ChangeKind.Orthogonalised))) yield return clause;
        if (Of(ChangeKind.LowRank) is { Count: > 0 } low)
        {
            var most = low.Max(t => t.Spectrum!.Rank);
            // Where rounding is a good part of the difference, more may lie below it.
            var clear = low.TrueForAll(t => t.Spectrum!.NoiseEnergy < .05);
            yield return new Clause(Energy(low), $"a matrix of rank {most}{(low.Min(t => t.Spectrum!.Rank) < most ? " or less" : "")} was added to {Count(low)}, " + (clear ? "as a merged low-rank adapter leaves" : "as far as it stands out from rounding") + Along(difference, low),
                [$"Low rank: {Places(low)}; ranks {low.Min(t => t.Spectrum!.Rank)} to {most}, of which the rest is rounding; {Relative(low)}.", .. SharedBy(difference, low)]);
        }

        foreach (var group in Of(ChangeKind.Quantised).GroupBy(t => t.Format!).OrderBy(g => g.Key.ToString(), StringComparer.Ordinal))
            yield return new Clause(Energy(group), $"{Were([.. group])} quantised to {group.Key}", [$"Quantised to {group.Key}: {Places([.. group])}; {group.First().Detail}; {Relative([.. group])}."]);
        foreach (var group in Of(ChangeKind.RoundTrip).GroupBy(t => t.Through!).OrderBy(g => g.Key, StringComparer.Ordinal))
            yield return new Clause(Energy(group), $"{Count([.. group])} went through {group.Key} and back", [$"Through {group.Key}: {group.Sum(t => t.Changed)} values of {Places([.. group])} were rounded on the way, and come out exactly so."]);
        foreach (var group in Of(ChangeKind.Converted).GroupBy(t => $"{t.BaseType} to {t.CandidateType}").OrderBy(g => g.Key, StringComparer.Ordinal))
            yield return new Clause(Energy(group), $"{Were([.. group])} converted from {group.Key}", [$"From {group.Key}: {Places([.. group])}; {group.Sum(t => t.Changed)} values were rounded, and come out exactly so."]);
        if (Of(ChangeKind.Scaled) is { Count: > 0 } scaled)
        {
            yield return new Clause(Energy(scaled), scaled.Count == 1 ? $"{scaled[0].Name} was scaled ({scaled[0].Detail})" : $"{Were(scaled)} scaled",
                [.. scaled.GroupBy(t => t.Detail).OrderBy(g => g.Key, StringComparer.Ordinal).Take(8).Select(g => $"Scaled, {g.Key}: {Places([.. g])}.")]);
        }

        if (Of(ChangeKind.Pruned) is { Count: > 0 } pruned)
            yield return new Clause(Energy(pruned), $"elements of {Count(pruned)} were set to 0", [Text($"Set to 0: {100.0 * pruned.Sum(t => t.Changed) / pruned.Sum(t => t.Elements):0.##} % of the elements of {Places(pruned)}; the others are untouched.")]);
        if (Of(ChangeKind.FewRows) is { Count: > 0 } rows)
            yield return new Clause(Energy(rows), $"single rows of {Count(rows)} were changed", [.. rows.Take(8).Select(t => $"{t.Name}: {t.Detail}.")]);
        if (Of(ChangeKind.Dense) is { Count: > 0 } dense)
        {
            var flat = dense.FindAll(t => t.Spectrum is { OverIndependent: < 1.1 });
            var matrices = dense.FindAll(t => t.Spectrum is not null);
            var noise = matrices.Count > 0 && flat.Count == matrices.Count;
            yield return new Clause(Energy(dense), noise ? $"independent noise was added to {Count(dense)}" : $"{Count(dense)} {(dense.Count == 1 ? "differs" : "differ")} everywhere, as after training",
                [$"Dense: {Places(dense)}; {Relative(dense)}; {(matrices.Count == 0 ? "vectors only" : $"effective rank {Range(matrices.ConvertAll(t => t.Spectrum!.Rank))}, largest singular value {Text($"{matrices.Min(t => t.Spectrum!.OverIndependent):0.##} to {matrices.Max(t => t.Spectrum!.OverIndependent):0.##}")} times that of independent noise of the same energy")}.", .. SharedBy(difference, dense)]);
        }

        if (Of(ChangeKind.WithinRounding) is { Count: > 0 } rounding)
            yield return new Clause(0, $"{Count(rounding)} differ by no more than rounding", [$"Within rounding: {Places(rounding)}; {Relative(rounding)}."]);
    }

    private static Clause Layers(CheckpointDifference difference, List<TensorDifference> swapped)
    {
        var energy = swapped.Where(t => double.IsFinite(t.Norm)).Sum(t => t.Norm * t.Norm);
        var moves = swapped.Select(t => (To: t.Place.Layer, From: TensorPlace.Of(t.EqualTo!, null, null).Layer)).Where(m => m.To is not null && m.From is not null && m.To != m.From)
            .GroupBy(m => (To: m.To!.Value, From: m.From!.Value)).Select(g => (g.Key.To, g.Key.From, Count: g.Count())).OrderBy(m => m.To).ToList();
        var evidence = new[] { $"Equal byte for byte to other tensors of the base: {string.Join(", ", swapped.Take(6).Select(t => $"{t.Name} to {t.EqualTo}"))}{(swapped.Count > 6 ? $" and {swapped.Count - 6} more" : "")}." };
        var gone = difference.Tensors.Where(t => t.Kind == ChangeKind.Missing).Select(t => t.Place.Layer).OfType<int>().Distinct().Count();
        if (moves.Count == 0) return new Clause(energy, $"{swapped.Count} tensors hold the values of others", evidence);
        if (gone > 0 && moves.TrueForAll(m => m.From > m.To))
            return new Clause(double.PositiveInfinity, $"{gone} {(gone == 1 ? "layer was" : "layers were")} left out, the first at {moves[0].To}, and those above moved down", evidence);
        var exchanged = moves.Where(m => m.To < m.From && moves.Exists(o => o.To == m.From && o.From == m.To)).ToList();
        if (exchanged.Count > 0 && 2 * exchanged.Count == moves.Count)
            return new Clause(energy, string.Join(", and ", exchanged.Select(m => $"layers {m.To} and {m.From} were exchanged")), evidence);
        return new Clause(energy, string.Join(", and ", moves.Take(4).Select(m => $"layer {m.To} holds the base's layer {m.From}")) + (moves.Count > 4 ? ", and more moved" : ""), evidence);
    }

    private static IEnumerable<Clause> Removals(CheckpointDifference difference, List<TensorDifference> removed)
    {
        if (removed.Count == 0) yield break;
        var energy = removed.Sum(t => t.Norm * t.Norm);
        var names = removed.Select(t => t.Name).ToHashSet(StringComparer.Ordinal);
        var shared = difference.Directions.Select(d => (Direction: d, Members: d.Members.Where(m => names.Contains(m.Tensor)).ToList())).Where(d => d.Members.Count > 1).OrderByDescending(d => d.Members.Count).ThenByDescending(d => d.Direction.SmallestCosine).ToList();
        var measured = removed.FindAll(t => t.Removal is not null);
        var strengths = measured.ConvertAll(t => t.Removal!.Strength);
        strengths.Sort();
        var median = strengths.Count == 0 ? 1 : strengths[strengths.Count / 2];
        var verb = median < 0 ? Text($"amplified (strength {median:0.##}) in") : median is < .9 or > 1.1 ? Text($"removed with strength {median:0.##} from") : "removed from";
        var details = new List<string>();
        if (measured.Count > 0)
        {
            details.Add(Text($"The difference is what the base has along the direction, times {strengths[0]:0.###} to {strengths[^1]:0.###} (median {median:0.###}); {100 * measured.Max(t => t.Removal!.Remaining):0.#} % of it remains at most."));
            details.Add($"In {Places(removed)}; {Relative(removed)}.");
        }

        var joint = shared.FindAll(s => s.Members.Count == removed.Count);
        if (joint.Count > 0)
        {
            // One direction seen in two ways is one.
            var space = joint[0].Direction.Space;
            joint.RemoveAll(s => s.Direction.Space != space);
            var least = joint.Min(s => s.Members.Min(m => m.Cosine));
            details.Insert(0, Text($"The {removed.Count} tensors share {(joint.Count == 1 ? "a direction" : $"{joint.Count} directions")} of the {joint[0].Direction.Space}: |cosine| at least {Floor(least)}, where unrelated ones have about {1 / Math.Sqrt(joint[0].Direction.Vector.Length):0.##}."));
            yield return new Clause(energy, $"{(joint.Count == 1 ? "one direction was" : $"{joint.Count} directions were")} {verb} {Writers(difference, removed)}{(least < Shared ? ", much the same in each" : "")}", details);
            yield break;
        }

        foreach (var (direction, members) in shared.Take(12))
            details.Add(Text($"{members.Count} of them share a direction of the {direction.Space}, |cosine| at least {Floor(members.Min(m => m.Cosine))}: {string.Join(", ", members.Take(6).Select(m => m.Tensor))}{(members.Count > 6 ? ", …" : "")}."));
        var layers = removed.GroupBy(t => t.Place.Layer).ToList();
        var own = removed.Count > 1 && layers.TrueForAll(g => g.Key is not null && (g.Count() == 1 || shared.Exists(s => s.Members.Count == g.Count() && g.All(t => s.Members.Exists(m => m.Tensor == t.Name)))));
        var what = removed.Count == 1 ? "a direction was" : own && layers.Count > 1 ? "a direction of each layer's own was" : "several directions were";
        yield return new Clause(energy, $"{what} {verb} {Writers(difference, removed)}{(own ? $" ({Runs([.. layers.Select(g => g.Key!.Value).Order()])})" : "")}", details);
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
            yield return Text($"{direction.Members.Count} differences share a direction of the {direction.Space}, |cosine| at least {Floor(direction.SmallestCosine)}.");
    }

    private static string Writers(CheckpointDifference difference, List<TensorDifference> tensors)
    {
        var matrices = tensors.FindAll(t => t.Shape.Length > 1);
        foreach (var (role, what) in new[] { (ResidualRole.Writes, "write to"), (ResidualRole.Reads, "read from") })
        {
            if (matrices.Count == 0 || !matrices.TrueForAll(t => t.Place.Role == role)) continue;
            var all = difference.Tensors.Where(t => t.Place.Role == role && t.Shape.Length > 1).ToList();
            var number = all.Count == matrices.Count ? $"all {all.Count}" : $"{matrices.Count} of the {all.Count}";
            return $"{number} matrices that {what} the residual stream{(matrices.Count < tensors.Count ? $" and {tensors.Count - matrices.Count} biases" : "")}";
        }

        return Count(tensors);
    }

    private static string Were(List<TensorDifference> tensors) => $"{Count(tensors)} {(tensors.Count == 1 ? "was" : "were")}";

    private static string Count(List<TensorDifference> tensors)
    {
        if (tensors.Count == 1) return tensors[0].Name;
        var matrices = tensors.Count(t => t.Shape.Length > 1);
        return matrices == tensors.Count ? $"{matrices} matrices" : matrices == 0 ? $"{tensors.Count} vectors" : $"{matrices} matrices and {tensors.Count - matrices} vectors";
    }

    private static string Places(List<TensorDifference> tensors) =>
        string.Join(", ", tensors.GroupBy(t => t.Place.Module, StringComparer.Ordinal).Select(g => g.Key + (g.Any(t => t.Place.Layer is not null) ? $" of {Runs([.. g.Select(t => t.Place.Layer).OfType<int>().Distinct().Order()])}" : "")).Take(12));

    private static string Runs(List<int> layers)
    {
        var runs = new List<string>();
        for (var i = 0; i < layers.Count;)
        {
            var end = i;
            while (end + 1 < layers.Count && layers[end + 1] == layers[end] + 1) end++;
            runs.Add(end == i ? $"{layers[i]}" : $"{layers[i]}–{layers[end]}");
            i = end + 1;
        }

        return (layers.Count == 1 ? "layer " : "layers ") + string.Join(", ", runs);
    }

    private static string Relative(List<TensorDifference> tensors)
    {
        var norms = tensors.Select(t => t.RelativeNorm).Where(double.IsFinite).Order().ToList();
        return norms.Count == 0 ? "no relative norm" : norms.Count == 1 ? Text($"relative norm {norms[0]:0.####}") : Text($"relative norm {norms[0]:0.####} to {norms[^1]:0.####}, median {norms[norms.Count / 2]:0.####}");
    }

    private static string Range(List<int> values) => values.Min() == values.Max() ? $"{values[0]}" : $"{values.Min()} to {values.Max()}";

    // Rounded down, so that "at least" stays true.
    private static string Floor(double cosine) => Text($"{Math.Floor(cosine * 10000) / 10000:0.####}");

    private static string Text(FormattableString text) => FormattableString.Invariant(text);
}
