using Assay.Checkpoints;
using Assay.Models;
using Assay.Tokenization.Templates;

namespace Assay.Evaluation.Contexts;

/// <summary>The variable by which a chat template turns thinking on or off.</summary>
/// <param name="Variable">Its name, such as <c>enable_thinking</c>.</param>
/// <param name="On">What it is set to.</param>
public sealed record ThinkingSwitch(string Variable, bool On)
{
    // Qwen3, GLM-4.5, SmolLM3 and Hunyuan read the first; DeepSeek-V3.1 and Granite 3 the second.
    private static readonly string[] s_known = ["enable_thinking", "thinking"];

    /// <summary>Finds the switch of a model's template: the first known variable with which it renders otherwise when it is on than when it is off.</summary>
    /// <param name="model">The model.</param>
    /// <param name="on">What is wanted.</param>
    /// <param name="clock">The time that the template may ask for.</param>
    /// <exception cref="InvalidInputException">The model has no chat template, or its template has no such switch.</exception>
    public static ThinkingSwitch Find(LanguageModel model, bool on, DateTimeOffset clock)
    {
        ArgumentNullException.ThrowIfNull(model);
        foreach (var variable in s_known)
            if (Rendered(new ThinkingSwitch(variable, true)) != Rendered(new ThinkingSwitch(variable, false))) return new ThinkingSwitch(variable, on);
        throw new InvalidInputException(
            $"{model.Checkpoint.Path}: --thinking {(on ? "on" : "off")} was asked for; the chat template renders the same whether " +
            $"{string.Join(" or ", s_known)} is on or off. Leave --thinking out: the template has no switch.");

        string Rendered(ThinkingSwitch set) => model.RenderChat([new ChatMessage("user", "Hello")], true, set.Options(clock));
    }

    /// <summary>What a template is given.</summary>
    /// <param name="clock">The time that it may ask for.</param>
    public ChatTemplateOptions Options(DateTimeOffset clock) =>
        ChatTemplateOptions.Default with { Clock = clock, Extra = new Dictionary<string, object?>(StringComparer.Ordinal) { [Variable] = On } };
}
