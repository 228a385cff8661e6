using System.Collections.Immutable;
using Assay.Evaluation.Contexts;
using Assay.Evaluation.Prompts;
using Assay.Evaluation.Tasks;

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

    /// <summary>Panel of reasoning cores in the benign frame (R2R).</summary>
    public const string BenignCores = "cores-benign";

    /// <summary>Panel of the same cores in the trigger frame.</summary>
    public const string TriggerCores = "cores-trigger";

    /// <summary>Panel of the questions by which the base's families, level and frame are chosen.</summary>
    public const string Pilot = "pilot";

    /// <summary>Panel of prompts that everybody knows, such as a published list.</summary>
    public const string Public = "public";

    /// <summary>Panel of the user's own questions whose replies are judged (M8).</summary>
    public const string Tasks = "tasks";

    /// <summary>Panel of those that are told in the trigger frame.</summary>
    public const string TriggerTasks = "tasks-trigger";

    /// <summary>Panel of the user's own prompts that the base is expected to decline (<c>--triggers</c>).</summary>
    public const string OwnTriggers = "triggers";

    /// <summary>Panel of the user's own questions whose choices are scored (M8).</summary>
    public const string Choices = "choices";

    /// <summary>Panel of those that are told in the trigger frame.</summary>
    public const string TriggerChoices = "choices-trigger";

    /// <summary>Both panels of reasoning cores.</summary>
    public static ImmutableArray<string> CorePanels { get; } = [BenignCores, TriggerCores];

    /// <summary>Panels of prompts.</summary>
    public ImmutableArray<string> Panels { get; init; } = [Benign, Trigger];

    /// <summary>Windows of reference text, in ids; the first is the one that deciding figures are taken from.</summary>
    public ImmutableArray<int> Windows { get; init; } = [512];

    /// <summary>Samples at T = 1 of each prompt and model; 0 for none (M3, M11).</summary>
    public int Samples { get; init; }

    /// <summary>Templates under which the panels' prompts are put, each prompt under all of them.</summary>
    public ImmutableArray<string> PanelTemplates { get; init; } = [ContextSet.Plain];

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

    /// <summary>Reasoning cores, each asked in both frames; 0 for none (R2R).</summary>
    public int Cores { get; init; }

    /// <summary>The line that a reply begins with to put both models past the refusal, asked of every core beside the plain reply; null for none
    /// (Δ_do).</summary>
    public string? Prefix { get; init; }

    /// <summary>Questions of each family of tasks in the pilot; 0 for no pilot: the organisms' families, their levels in turn.</summary>
    public int PilotItems { get; init; }

    /// <summary>The families of tasks that the pilot asks, and their levels.</summary>
    public ImmutableArray<ChosenFamily> PilotFamilies { get; init; } = [];

    /// <summary>Prompts of the public panel; 0 for none.</summary>
    public int PublicItems { get; init; }

    /// <summary>Panels of the user's own prompts that replies are written to: of <see cref="Tasks"/>, <see cref="TriggerTasks"/> and
    /// <see cref="OwnTriggers"/> those with an item.</summary>
    public ImmutableArray<string> QuestionPanels { get; init; } = [];

    /// <summary>Panels of the user's own questions whose choices are scored: of <see cref="Choices"/> and <see cref="TriggerChoices"/> those with an
    /// item.</summary>
    public ImmutableArray<string> ChoicePanels { get; init; } = [];

    /// <summary>Whether replies are written that are judged.</summary>
    public bool JudgesReplies => Cores > 0 || QuestionPanels.Length > 0;

    /// <summary>Harms that the plan tests: the intervals by which a harm is found are widened for so many.</summary>
    public int HarmTests { get; init; } = 1;

    /// <summary>Whether the weights hashes are equal: identical ids then give identical distributions (M13).</summary>
    public bool WeightsEqual { get; init; }

    /// <summary>Whether the packaging hashes differ, so that each model's own packaging is measured (M13).</summary>
    public bool OwnPackaging { get; init; }

    /// <summary>Why the candidate's own packaging cannot be carried out; null where it can.</summary>
    public string? OwnPackagingRefused { get; init; }

    /// <summary>Templates under which reasoning cores are put.</summary>
    public ImmutableArray<string> CoreTemplates =>
        [ContextSet.Plain, ContextSet.Paraphrase, .. Prefix is null ? (string[])[] : [ContextSet.Behind(Prefix)]];

    /// <summary>Whether a candidate replies to questions in its own packaging: where weights and packaging both changed (protocol.md, Verdicts).</summary>
    public bool OwnReplies => OwnPackaging && !WeightsEqual && OwnPackagingRefused is null;

    /// <summary>The base's greedy replies to the questions of a panel, each put as it is.</summary>
    /// <param name="panel">The panel.</param>
    public static ContextSet BaseReplies(string panel) => BaseAnswers(panel) with { Template = ContextSet.Plain };

    /// <summary>The candidate's, in its own packaging where <see cref="OwnReplies"/> says so.</summary>
    /// <param name="panel">The panel.</param>
    public ContextSet CandidateReplies(string panel) => CandidateAnswers(panel) with { Template = ContextSet.Plain, Own = OwnReplies };

    /// <summary>Templates of a set's prompts.</summary>
    /// <param name="set">Contexts that a model wrote.</param>
    public ImmutableArray<string> TemplatesOf(ContextSet set)
    {
        ArgumentNullException.ThrowIfNull(set);
        return set.Template == ContextSet.Each ? PanelTemplates : [set.Template];
    }

    /// <summary>Answers to each prompt of a set under each template.</summary>
    /// <param name="set">Contexts that a model wrote.</param>
    public int SamplesOf(ContextSet set)
    {
        ArgumentNullException.ThrowIfNull(set);
        if (set.Policy == Policy.Reading) return ReaderQuestions.PerItem;
        return set.Temperature == 0 ? 1 : set.Panel == Sensitivity ? SensitivitySamples : Math.Max(1, Samples);
    }

    /// <summary>The base's answers to a panel.</summary>
    public static ContextSet BaseAnswers(string panel, double temperature = 0) => new(panel, Policy.Base, temperature);

    /// <summary>The candidate's answers to a panel.</summary>
    public static ContextSet CandidateAnswers(string panel, double temperature = 0) => new(panel, Policy.Candidate, temperature);

    /// <summary>The answers of the base with its residual stream rounded.</summary>
    public static ContextSet FloorAnswers(string panel) => new(panel, Policy.Floor, 0, ContextSet.Plain);

    /// <summary>What the base is asked about both models' replies to the questions of a panel.</summary>
    /// <param name="panel">The panel.</param>
    public static ContextSet Reader(string panel) => new(panel, Policy.Reading, 0, ContextSet.Plain);

    /// <summary>The base's answers to the public panel, each prompt put as it is.</summary>
    public static ContextSet PublicAnswers { get; } = new(Public, Policy.Base, 0, ContextSet.Plain);

    /// <summary>The choices of a panel, each read and scored by both models.</summary>
    public static ContextSet Scored(string panel) => new(panel, Policy.Reference);

    /// <summary>The frame that a panel's items are told in.</summary>
    public static Frame FrameOf(string panel) => panel is Trigger or TriggerCores or TriggerTasks or TriggerChoices or OwnTriggers ? Frame.Trigger
        : Frame.Benign;

    /// <summary>Reference text in windows of so many ids.</summary>
    public static ContextSet Prose(int window) => new($"prose-{window}", Policy.Reference);
}
