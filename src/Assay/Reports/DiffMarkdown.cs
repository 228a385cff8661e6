using System.Text;
using Assay.Evaluation.Diffing;

namespace Assay.Reports;

/// <summary><c>diff.md</c>: story, evidence, groups, common directions, what differs beside the weights, tensors, method.</summary>
public static class DiffMarkdown
{
    private const int MostTensors = 400;
    private const int MostMembers = 12;

    /// <summary>Lays a comparison out. Everything in it is escaped: names and texts come from models.</summary>
    public static string Write(DiffDocument document)
    {
        ArgumentNullException.ThrowIfNull(document);
        var difference = document.Difference;
        var text = new StringBuilder();
        text.Append($"# {Escape(difference.Base)} → {Escape(difference.Candidate)}\n\n{Escape(document.Story.Sentence)}\n\n");
        foreach (var sentence in document.Story.Evidence) text.Append($"- {Escape(sentence)}\n");
        foreach (var note in difference.Notes) text.Append($"- {Escape(note)}\n");
        Groups(text, "By module", document.Modules);
        Groups(text, "By layer", document.Layers);
        if (difference.Directions.Count > 0)
        {
            text.Append("\n## Common directions\n\n| space | tensors | smallest cosine | median cosine | members |\n|---|---|---|---|---|\n");
            foreach (var d in difference.Directions)
                text.Append(FormattableString.Invariant($"| {d.Space} | {d.Members.Count} | {d.SmallestCosine:0.0000} | {d.MedianCosine:0.0000} | {Escape(string.Join(", ", d.Members.Take(MostMembers).Select(m => m.Tensor)))}{(d.Members.Count > MostMembers ? ", …" : "")} |\n"));
        }

        Packaging(text, difference.Packaging);
        var differing = difference.Tensors.Where(t => t.Differs).ToList();
        if (differing.Count > 0)
        {
            text.Append("\n## Tensors that differ\n\n| tensor | kind | relative norm | rank | stable rank | outside | detail |\n|---|---|---|---|---|---|---|\n");
            foreach (var t in differing.Take(MostTensors)) text.Append($"| {Escape(t.Name)} | {Label(t.Kind)} | {Number(t.RelativeNorm)} | {Spectrum(t.Spectrum)} | {Escape(t.Detail)} |\n");
            if (differing.Count > MostTensors) text.Append($"\nAnd {differing.Count - MostTensors} more; diff.json has them all.\n");
        }

        text.Append("\n## Method\n\n");
        foreach (var sentence in DiffDocument.Method) text.Append($"- {Escape(sentence)}\n");
        text.Append($"\nAssay {Escape(document.Assay)}, {DiffDocument.Schema}. Weights only: nothing was run, so this says what changed, not what it does.\n");
        return text.ToString();
    }

    /// <summary>A kind as people read it.</summary>
    public static string Label(ChangeKind kind) => DiffJson.Name(kind).Replace('_', ' ');

    /// <summary>A number as people read it; a dash where there is none.</summary>
    public static string Number(double value) => double.IsFinite(value) ? FormattableString.Invariant($"{value:g4}") : "–";

    /// <summary>Kinds with their numbers.</summary>
    public static string Kinds(DifferenceGroup group) => string.Join(", ", group.Kinds.Select(k => $"{k.Value} {Label(k.Key)}"));

    /// <summary>Smallest and largest rank.</summary>
    public static string Ranks(DifferenceGroup group) => group.LeastRank is null ? "–" : group.LeastRank == group.MostRank ? $"{group.LeastRank}" : $"{group.LeastRank}–{group.MostRank}";

    private static void Groups(StringBuilder text, string title, IReadOnlyList<DifferenceGroup> groups)
    {
        text.Append($"\n## {title}\n\n| | role | tensors | differ | kinds | relative norm | share of energy | rank |\n|---|---|---|---|---|---|---|---|\n");
        foreach (var g in groups)
            text.Append(FormattableString.Invariant($"| {Escape(g.Name)} | {g.Role?.ToString().ToLowerInvariant() ?? "–"} | {g.Tensors} | {g.Changed} | {Kinds(g)} | {Number(g.RelativeNorm)} | {g.EnergyShare:p1} | {Ranks(g)} |\n"));
    }

    private static void Packaging(StringBuilder text, PackagingDifference packaging)
    {
        text.Append("\n## Beside the weights\n\n");
        text.Append(packaging.Parts.Count == 0 ? "Tokenizer, chat template, special tokens and generation config are equal.\n" : $"Different: {Escape(string.Join(", ", packaging.Parts))}.\n");
        foreach (var sentence in packaging.Tokenizer.Concat(packaging.Template)) text.Append($"- {Escape(sentence)}\n");
        if (packaging.Spellings.Count > 0) text.Append(
            $"- Spelt otherwise, which changes no token and no chat: {Escape(string.Join(", ", packaging.Spellings.Select(s => $"{s.File} {s.Path}")))}.\n");
        if (packaging.Values.Count == 0) return;
        text.Append("\n| file | key | base | candidate |\n|---|---|---|---|\n");
        foreach (var v in packaging.Values) text.Append($"| {v.File} | {Escape(v.Path)} | {Escape(v.Base ?? "absent")} | {Escape(v.Candidate ?? "absent")} |\n");
    }

    private static string Spectrum(DifferenceSpectrum? s) => s is null ? "– | – | –" : FormattableString.Invariant($"{(s.RankIsLowerBound ? "≥ " : "")}{s.Rank} | {s.StableRank:g3} | {s.EnergyOutside:p2}");

    private static string Escape(string text) => UntrustedText.Markdown(text);
}
