namespace Assay.Directions.Contrasts;

/// <summary>One split of a contrast set.</summary>
/// <param name="Part">What it is for.</param>
/// <param name="Items">Its items, in the order of the whole set.</param>
/// <param name="Sha256">Hash of what is in it, in lower-case hexadecimal: of sides, prompts, pair keys, openings, twins and answers, whatever their order.</param>
public sealed record ContrastSplit(ContrastPart Part, ContrastSet Items, string Sha256);
