namespace Assay.Evaluation;

/// <summary>What is wrong with the logits of one position, whatever they are compared with.</summary>
[Flags]
public enum LogitFaults
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>A logit of the base is no number, or infinite.</summary>
    BaseNotFinite = 1,

    /// <summary>A logit of the candidate is no number, or infinite.</summary>
    CandidateNotFinite = 2,

    /// <summary>The base gives the same logit to every token.</summary>
    BaseFlat = 4,

    /// <summary>The candidate gives the same logit to every token.</summary>
    CandidateFlat = 8,

    /// <summary>Every fault there is.</summary>
    All = BaseNotFinite | CandidateNotFinite | BaseFlat | CandidateFlat,
}
