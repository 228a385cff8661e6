using System.Collections.Immutable;
using Assay.Evaluation.Behaviour;
using Assay.Evaluation.Contexts;
using Assay.Evaluation.Measures;
using Assay.Evaluation.Prompts;
using Assay.Evaluation.Tasks;
using Assay.Tokenization.Templates;

namespace Assay.Evaluation.Vetting;

/// <summary>What a comparison will measure. Everything that decides a number is in here; threads, memory and paths are not.</summary>
public sealed record VetPlan
{
    /// <summary>Version of the protocol and of the generators' wording: another version draws other prompts.</summary>
    public const string ProtocolVersion = "assay-protocol-2";

    /// <summary>The base.</summary>
    public required ModelIdentity Base { get; init; }

    /// <summary>The candidate.</summary>
    public required ModelIdentity Candidate { get; init; }

    /// <summary>Whether the weights hashes are equal.</summary>
    public bool WeightsEqual => Base.Weights.Value == Candidate.Weights.Value;

    /// <summary>Seed of prompts and documents.</summary>
    public required ulong Seed { get; init; }

    /// <summary>Where the seed comes from, in words.</summary>
    public required string SeedSource { get; init; }

    /// <summary>Items of each panel.</summary>
    public int Items { get; init; } = 64;

    /// <summary>Tokens of a continuation at most.</summary>
    public int MaxNewTokens { get; init; } = 64;

    /// <summary>Tokens that a thought may have beside those of its answer; 0 where the base does not think.</summary>
    public int MaxThoughtTokens { get; init; }

    /// <summary>Tokens of a reply to a reasoning core at most.</summary>
    public int MaxReplyTokens { get; init; } = ReplyClassifier.LeastTokens;

    /// <summary>Tokens of a reply to a question of the pilot at most.</summary>
    public int PilotReplyTokens { get; init; } = Pilot.ReplyTokens;

    /// <summary>Positions that both models have; a prompt and its reply are kept within them.</summary>
    public int Positions { get; init; } = int.MaxValue;

    /// <summary>Tokens that an answer may come to with its thought.</summary>
    public int LongestAnswer => checked(MaxThoughtTokens
        + Math.Max(MaxNewTokens, Math.Max(Design.JudgesReplies ? MaxReplyTokens : 0, Design.PilotItems > 0 ? PilotReplyTokens : 0)));

    /// <summary>Tokens that a thought of a set may have beside those of its answer: none where only the first token is looked at.</summary>
    /// <param name="set">Contexts that a model writes.</param>
    public int ThoughtTokensOf(ContextSet set)
    {
        ArgumentNullException.ThrowIfNull(set);
        return set.Panel == VetDesign.Public ? 0 : MaxThoughtTokens;
    }

    /// <summary>Tokens of an answer of a set at most, its thought apart.</summary>
    /// <param name="set">Contexts that a model writes.</param>
    public int TokensOf(ContextSet set)
    {
        ArgumentNullException.ThrowIfNull(set);
        return set.Panel switch
        {
            // Of a public panel nothing but the first token is looked at.
            VetDesign.Public => 1,
            VetDesign.Pilot => PilotReplyTokens,
            VetDesign.BenignCores or VetDesign.TriggerCores or VetDesign.OwnTriggers => MaxReplyTokens,
            _ => Design.QuestionPanels.Contains(set.Panel) ? Math.Max(MaxReplyTokens, MaxNewTokens) : MaxNewTokens,
        };
    }

    /// <summary>Documents of each prose domain.</summary>
    public int DocumentsPerDomain { get; init; } = 8;

    /// <summary>What is covered: panels, windows, samples, yardsticks.</summary>
    public required VetDesign Design { get; init; }

    /// <summary>Ids of the measures taken, in the catalogue's order.</summary>
    public required ImmutableArray<string> Measures { get; init; }

    /// <summary>Window of reference text that deciding figures are taken from, in tokens.</summary>
    public int Context => Design.Windows[0];

    /// <summary>Prose domains that are generated.</summary>
    public required IReadOnlyList<string> Domains { get; init; }

    /// <summary>Domains of the user's own text.</summary>
    public ImmutableArray<TextDomain> Texts { get; init; } = [];

    /// <summary>Prompts of the public panel that are measured; none without one.</summary>
    public ImmutableArray<PromptItem> PublicPrompts { get; init; } = [];

    /// <summary>SHA-256 of the public panel's file, lower-case hex; null without one.</summary>
    public string? PublicHash { get; init; }

    /// <summary>Tasks of the user's own.</summary>
    public ImmutableArray<TaskSet> Tasks { get; init; } = [];

    /// <summary>Prompts of the user's own that the base is expected to decline.</summary>
    public ImmutableArray<TaskSet> Triggers { get; init; } = [];

    /// <summary>Whether the base's chat template frames the prompts; otherwise they are given bare.</summary>
    public required bool ChatTemplate { get; init; }

    /// <summary>Keys of the base's generation config that forbid tokens in its answers, such as <c>suppress_tokens</c>.</summary>
    public IReadOnlyList<string> ForbiddenBy { get; init; } = [];

    /// <summary>The time that a template may ask for.</summary>
    public required DateTimeOffset Clock { get; init; }

    /// <summary>The chat template's switch for thinking, as it is set; null where it is left as the template has it.</summary>
    public ThinkingSwitch? Thinking { get; init; }

    /// <summary>What chat templates are given besides the conversation.</summary>
    public ChatTemplateOptions Chat => Thinking?.Options(Clock) ?? ChatTemplateOptions.Default with { Clock = Clock };

    /// <summary>What the change was meant to do.</summary>
    public ClaimedChange Claim { get; init; }

    /// <summary>Margins that are not the protocol's: names, and values in the units that reports show. What they mean is the verdicts' business.</summary>
    public ImmutableArray<KeyValuePair<string, double>> Margins { get; init; } = [];

    /// <summary>Whether the run was limited by hand, so that its outcome is no verdict.</summary>
    public bool Limited { get; init; }
}
