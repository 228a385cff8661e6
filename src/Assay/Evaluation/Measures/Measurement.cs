using Assay.Evaluation.Contexts;

namespace Assay.Evaluation.Measures;

/// <summary>One number of a comparison, or why there is none.</summary>
/// <param name="Id">Stable name, such as <c>kld.benign.mean</c>.</param>
/// <param name="Value">The number.</param>
/// <param name="Unit">Its unit, such as <c>nats/token</c>.</param>
/// <param name="Where">What it was measured on.</param>
public sealed record Measurement(string Id, Quantity Value, string Unit, Where Where);

/// <summary>What a measurement was taken on.</summary>
/// <param name="Set">The set; null where it is of several.</param>
/// <param name="Words">The same in words, with what belongs to the number alone.</param>
public sealed record Where(ContextSet? Set, string Words);
