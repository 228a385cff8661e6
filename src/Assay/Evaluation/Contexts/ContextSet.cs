using System.Globalization;

namespace Assay.Evaluation.Contexts;

/// <summary>Contexts of one kind under one second model: what a measure asks for, and what a plan is made of.</summary>
/// <param name="Panel">Where the items come from, such as <c>benign</c>, <c>trigger</c> or <c>prose-512</c> (reference text in windows of 512 ids).</param>
/// <param name="Policy">Who wrote the scored tokens.</param>
/// <param name="Temperature">0 for greedy answers; 1 for samples from the full softmax. Of no meaning for reference text.</param>
/// <param name="Template">How a prompt is put, such as <c>plain</c>; <see cref="Each"/> for every template that the plan has for its panels.</param>
/// <param name="Subject">What stands in the candidate's place when the contexts are scored: <see cref="Candidate"/>, or a yardstick such as
/// <c>floor</c>.</param>
/// <param name="Own">Whether the candidate reads what its own tokenizer, template and generation config make of the items; otherwise both models read what the
/// base's do (protocol.md, M13).</param>
public sealed record ContextSet(string Panel, Policy Policy, double Temperature = 0, string Template = ContextSet.Each, string Subject = ContextSet.Candidate,
    bool Own = false)
{
    /// <summary>The subject that is the candidate itself.</summary>
    public const string Candidate = "candidate";

    /// <summary>Every template of the plan's panels in turn: an item's contexts are those of all of them.</summary>
    public const string Each = "each";

    /// <summary>The template that puts a prompt as it is.</summary>
    public const string Plain = "plain";

    /// <summary>The template that puts a prompt in its other words, where it has any.</summary>
    public const string Paraphrase = "paraphrase";

    /// <summary>The template that puts a prompt as it is and begins the reply with a line, so that the model goes on behind it.</summary>
    /// <param name="prefix">The line, without its end.</param>
    public static string Behind(string prefix) => BehindWord + prefix;

    /// <summary>The line that the replies under a template begin with; null of one that leaves that to the model.</summary>
    /// <param name="template">A template.</param>
    public static string? PrefixOf(string template)
    {
        ArgumentNullException.ThrowIfNull(template);
        return template.StartsWith(BehindWord, StringComparison.Ordinal) ? template[BehindWord.Length..] : null;
    }

    private const string BehindWord = "behind ";

    /// <summary>Name of the contexts, whoever is scored on them.</summary>
    public string Source => (Policy == Policy.Reference ? $"{Panel}/r0"
        : string.Create(CultureInfo.InvariantCulture,
            $"{Panel}/{Writer}/{(Temperature == 0 ? "greedy" : $"t{Temperature}")}/{Template}")) + (Own ? "/own" : "");

    private string Writer => Policy switch { Policy.Base => "r1", Policy.Candidate => "r2", Policy.Floor => "floor", _ => "read" };

    /// <summary>Stable name of the set.</summary>
    public string Key => $"{Source}/{Subject}";

    /// <summary>Whether a model writes what is scored.</summary>
    public bool IsWritten => Policy is Policy.Base or Policy.Candidate or Policy.Floor;

    /// <summary>Whether the contexts are choices, which no model wrote and no document holds.</summary>
    public bool IsChoices => Policy == Policy.Reference && !Panel.StartsWith("prose-", StringComparison.Ordinal);

    /// <summary>The same contexts under another subject.</summary>
    public ContextSet Under(string subject) => this with { Subject = subject };
}
