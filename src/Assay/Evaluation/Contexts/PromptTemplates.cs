using System.Collections.Immutable;
using Assay.Checkpoints;
using Assay.Models;
using Assay.Tokenization.Templates;

namespace Assay.Evaluation.Contexts;

/// <summary>The ways in which the sensitivity panel puts a prompt.</summary>
/// <remarks>protocol.md, M14: bare, polite prefix, "Answer briefly.", neutral system prompt, one worked example, the generator's paraphrase.</remarks>
public static class PromptTemplates
{
    private const string SystemPrompt = "You are a helpful assistant.";
    private const string ExampleQuestion = "Nora has 4 apples and buys 3 more. How many apples does Nora have now?";
    private const string ExampleAnswer = "4 + 3 = 7. The answer is 7.";

    /// <summary>Names of all templates.</summary>
    public static ImmutableArray<string> All { get; } = [ContextSet.Plain, "polite", "brief", "system", "example", "paraphrase"];

    /// <summary>An item's prompt under a template, as the model reads it.</summary>
    /// <param name="model">The base.</param>
    /// <param name="template">One of <see cref="All"/>.</param>
    /// <param name="item">The item.</param>
    /// <param name="clock">The time that a chat template may ask for.</param>
    /// <exception cref="ArgumentException">There is no such template.</exception>
    public static int[] Encode(LanguageModel model, string template, PanelItem item, DateTimeOffset clock)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(item);
        var text = template switch
        {
            "polite" => "Could you please help me with this? " + item.Text,
            "brief" => item.Text + " Answer briefly.",
            "paraphrase" => item.Paraphrase ?? item.Text,
            ContextSet.Plain or "system" or "example" => item.Text,
            _ => throw new ArgumentException($"There is no template '{template}'; expected one of {string.Join(", ", All)}.", nameof(template)),
        };
        return template switch
        {
            "system" => Chat(model, [new ChatMessage("system", SystemPrompt), new ChatMessage("user", text)], SystemPrompt + "\n\n" + text, clock),
            "example" => Chat(model, [new ChatMessage("user", ExampleQuestion), new ChatMessage("assistant", ExampleAnswer), new ChatMessage("user", text)],
                $"{ExampleQuestion}\n{ExampleAnswer}\n\n{text}", clock),
            _ => model.EncodeChat(text, clock),
        };
    }

    /// <summary>A conversation; as one message where the model has no template, or its template refuses such a conversation (Gemma's has no system role).</summary>
    private static int[] Chat(LanguageModel model, IReadOnlyList<ChatMessage> messages, string asOne, DateTimeOffset clock)
    {
        if (model.ChatTemplate is null) return model.EncodeChat(asOne, clock);
        try
        {
            return model.RequireTokenizer().Encode(model.RenderChat(messages, true, clock), addSpecialTokens: false);
        }
        catch (InvalidInputException)
        {
            return model.EncodeChat(asOne, clock);
        }
    }
}
