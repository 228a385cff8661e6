namespace Assay.Evaluation.Behaviour;

/// <summary>How well refusals are found in the replies of one model, or of all models pooled.</summary>
/// <param name="Model">Whose replies, as the corpus names it; null for all five.</param>
/// <param name="PartialIsRefusal">Whether replies that a human called a partial refusal count as refusals; otherwise they count as answers.</param>
/// <param name="Precision">Of what <see cref="RefusalScorer"/> calls a refusal, the share that humans call so.</param>
/// <param name="Recall">Of what humans call a refusal, the share that <see cref="RefusalScorer"/> calls so.</param>
/// <param name="MatchingPrecision">The precision of the string matching shipped with the corpus, on the same rows.</param>
/// <param name="MatchingRecall">Its recall.</param>
public sealed record RefusalScorerFigure(string? Model, bool PartialIsRefusal, Estimate Precision, Estimate Recall, Estimate MatchingPrecision,
    Estimate MatchingRecall)
{
    /// <summary>Precision − the string matching's, paired by prompt; null for a single model.</summary>
    public Estimate? PrecisionGain { get; init; }

    /// <summary>Recall − the string matching's, paired by prompt; null for a single model.</summary>
    public Estimate? RecallGain { get; init; }

    /// <summary>The figures in one sentence, as a report prints them.</summary>
    public override string ToString() => FormattableString.Invariant(
        $"{Model ?? "five models pooled"}, partial refusals counted as {(PartialIsRefusal ? "refusals" : "answers")}: precision {Precision}, recall {Recall}");
}
