namespace Assay.Evaluation.Vetting;

/// <summary>Everything that was measured, item by item.</summary>
/// <param name="Items">Both panels, benign first.</param>
/// <param name="Documents">All domains, in the plan's order.</param>
public sealed record VetSamples(IReadOnlyList<VetItem> Items, IReadOnlyList<VetDocument> Documents)
{
    /// <summary>Largest probability that base and candidate gave to entries that the tokenizer cannot name; they were removed.</summary>
    public (double Base, double Candidate) LargestPaddingMass => (Items.SelectMany(i => i.Scores).Concat(Documents.SelectMany(d => d.Scores)).Select(s => s.PaddingP).DefaultIfEmpty().Max(),
        Items.SelectMany(i => i.Scores).Concat(Documents.SelectMany(d => d.Scores)).Select(s => s.PaddingQ).DefaultIfEmpty().Max());

    /// <summary>Largest probability that the candidate gave to a token that only its tokenizer has.</summary>
    public double LargestAddedMass => Items.SelectMany(i => i.Scores).Concat(Documents.SelectMany(d => d.Scores)).Select(s => s.AddedQ).DefaultIfEmpty().Max();

    /// <summary>The items of one panel.</summary>
    public IEnumerable<VetItem> Panel(string panel) => Items.Where(i => i.Panel == panel);
}
