using System.Collections.Immutable;
using Assay.Evaluation.Contexts;

namespace Assay.Evaluation.Measures;

/// <summary>What a comparison covers, before anything is counted: measures turn it into their needs.</summary>
public sealed record VetDesign
{
    /// <summary>Panel of prompts that models answer: where harm, margins and the headline live.</summary>
    public const string Benign = "benign";

    /// <summary>Panel of the same questions in the frame that the base declines.</summary>
    public const string Trigger = "trigger";

    /// <summary>Panel of the prompt-sensitivity study (M14).</summary>
    public const string Sensitivity = "sensitivity";

    /// <summary>Panels of prompts.</summary>
    public ImmutableArray<string> Panels { get; init; } = [Benign, Trigger];

    /// <summary>Windows of reference text, in ids; the first is the one that deciding figures are taken from.</summary>
    public ImmutableArray<int> Windows { get; init; } = [512];

    /// <summary>Samples at T = 1 of each prompt and model; 0 for none (M3, M11).</summary>
    public int Samples { get; init; }

    /// <summary>Templates of the sensitivity panel; empty for none (M14).</summary>
    public ImmutableArray<string> Templates { get; init; } = [];

    /// <summary>Items of the sensitivity panel.</summary>
    public int SensitivityItems { get; init; } = 64;

    /// <summary>Samples of each item of the sensitivity panel under each template.</summary>
    public int SensitivitySamples { get; init; } = 2;

    /// <summary>Ids of the yardsticks that are scored beside the candidate (M12), such as <c>floor</c> and <c>rounded-4</c>.</summary>
    public ImmutableArray<string> Yardsticks { get; init; } = [];

    /// <summary>Items, and documents, that a yardstick is scored on: of every stratum as many.</summary>
    public int YardstickItems { get; init; } = 32;

    /// <summary>The base's answers to a panel.</summary>
    public static ContextSet BaseAnswers(string panel, double temperature = 0) => new(panel, Policy.Base, temperature);

    /// <summary>The candidate's answers to a panel.</summary>
    public static ContextSet CandidateAnswers(string panel, double temperature = 0) => new(panel, Policy.Candidate, temperature);

    /// <summary>Reference text in windows of so many ids.</summary>
    public static ContextSet Prose(int window) => new($"prose-{window}", Policy.Reference);
}
