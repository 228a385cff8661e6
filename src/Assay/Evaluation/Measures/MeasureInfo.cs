namespace Assay.Evaluation.Measures;

/// <summary>What a reader of a measure has to know.</summary>
/// <param name="Id">Its number in the protocol, such as <c>M1</c>, or a name.</param>
/// <param name="Title">What it measures.</param>
/// <param name="Formula">How it is computed.</param>
/// <param name="Source">Where it comes from.</param>
/// <param name="Unit">Unit of its values.</param>
/// <param name="CannotTell">What it says nothing about.</param>
public sealed record MeasureInfo(string Id, string Title, string Formula, string Source, string Unit, string CannotTell);
