using System.Collections.Immutable;
using Assay.Evaluation.Prompts;

namespace Assay.Evaluation.Tasks;

/// <summary>A question with several choices, one of which is right, to be judged by the likelihood of each continuation after its context.</summary>
/// <param name="Id">Unique within its set.</param>
/// <param name="Frame">The panel it belongs to.</param>
/// <param name="Stratum">The set's name.</param>
/// <param name="Core">What twins share.</param>
/// <param name="Options">The choices in their order, two at least.</param>
/// <param name="Right">Index of the right one.</param>
public sealed record ChoiceItem(string Id, Frame Frame, string Stratum, int Core, ImmutableArray<ChoiceOption> Options, int Right);

/// <summary>One choice.</summary>
/// <param name="Context">What is read before; not scored.</param>
/// <param name="Continuation">What is scored, with the space that parts it from the context. Its length in characters, less that space, is what <c>acc_norm</c>
/// divides by.</param>
public readonly record struct ChoiceOption(string Context, string Continuation);
