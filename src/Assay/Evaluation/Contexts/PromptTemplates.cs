using System.Collections.Immutable;
using System.Runtime.ExceptionServices;
using Assay.Checkpoints;
using Assay.Evaluation.Prompts;
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
    public static ImmutableArray<string> All { get; } = [ContextSet.Plain, "polite", "brief", "system", "example", ContextSet.Paraphrase];

    /// <summary>The template that puts a prompt as it is, and others drawn beside it.</summary>
    /// <param name="seed">The draw's seed.</param>
    /// <param name="count">How many altogether, 1 to the number of <see cref="All"/>.</param>
    public static ImmutableArray<string> Draw(ulong seed, int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, All.Length);
        return [ContextSet.Plain, .. new SeededRandom(SeededRandom.Derive(seed, "templates")).Sample([.. All.Skip(1)], count - 1)];
    }

    /// <summary>An item's prompt under a template, as the model reads it.</summary>
    /// <param name="model">The base.</param>
    /// <param name="template">One of <see cref="All"/>, or <see cref="ContextSet.Behind"/> a line.</param>
    /// <param name="item">The item.</param>
    /// <param name="chat">What a chat template may read besides the conversation.</param>
    /// <exception cref="ArgumentException">There is no such template.</exception>
    public static int[] Encode(LanguageModel model, string template, PanelItem item, ChatTemplateOptions chat)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(item);
        var text = template switch
        {
            "polite" => "Could you please help me with this? " + item.Text,
            "brief" => item.Text + " Answer briefly.",
            ContextSet.Paraphrase => item.Paraphrase ?? item.Text,
            ContextSet.Plain or "system" or "example" => item.Text,
            _ when ContextSet.PrefixOf(template) is not null => item.Text,
            _ => throw new ArgumentException($"There is no template '{template}'; expected one of {string.Join(", ", All)}.", nameof(template)),
        };
        // A conversation keeps what stands before its last turn; it has a system prompt and examples of its own, or needs none.
        if (item.Messages is { Count: > 1 } turns)
            return Chat(model, [.. turns.SkipLast(1), new ChatMessage("user", text)],
                string.Join("\n\n", turns.SkipLast(1).Select(t => t.Content).Append(text)), chat, ContextSet.PrefixOf(template));
        return template switch
        {
            "system" => Chat(model, [new ChatMessage("system", SystemPrompt), new ChatMessage("user", text)], SystemPrompt + "\n\n" + text, chat),
            "example" => Chat(model, [new ChatMessage("user", ExampleQuestion), new ChatMessage("assistant", ExampleAnswer), new ChatMessage("user", text)],
                $"{ExampleQuestion}\n{ExampleAnswer}\n\n{text}", chat),
            _ when ContextSet.PrefixOf(template) is { } begun => Chat(model, [new ChatMessage("user", text)], text, chat, begun),
            _ => model.EncodeChat(text, chat),
        };
    }

    /// <summary>Tokens of each item's prompt, under the longest of some templates.</summary>
    /// <param name="model">The base; as many threads as its team has encode at once.</param>
    /// <param name="templates">Of <see cref="All"/>.</param>
    /// <param name="items">The items.</param>
    /// <param name="chat">What a chat template may read besides the conversation.</param>
    /// <param name="cancellation">Honoured between prompts.</param>
    /// <returns>In the order of the items.</returns>
    /// <exception cref="InvalidInputException">A prompt cannot be put or encoded.</exception>
    public static int[] Lengths(LanguageModel model, IReadOnlyList<string> templates, IReadOnlyList<PanelItem> items, ChatTemplateOptions chat,
        CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(items);
        var lengths = new int[items.Count];
        try
        {
            Parallel.For(0, lengths.Length, new ParallelOptions { MaxDegreeOfParallelism = model.Team.Threads, CancellationToken = cancellation },
                i => lengths[i] = templates.Max(t => Encode(model, t, items[i], chat).Length));
        }
        catch (AggregateException refused) when (refused.InnerException is InvalidInputException)
        {
            ExceptionDispatchInfo.Throw(refused.InnerException);
        }

        return lengths;
    }

    /// <summary>A conversation; as one message where the model has no template, or its template refuses such a conversation (Gemma's has no system role).</summary>
    /// <param name="model">The base.</param>
    /// <param name="messages">The conversation.</param>
    /// <param name="asOne">All of it in one message.</param>
    /// <param name="chat">What a chat template may read besides the conversation.</param>
    /// <param name="begun">The line that the reply begins with; null to leave that to the model.</param>
    private static int[] Chat(LanguageModel model, IReadOnlyList<ChatMessage> messages, string asOne, ChatTemplateOptions chat, string? begun = null)
    {
        if (model.ChatTemplate is null) return model.EncodeChat(begun is null ? asOne : $"{asOne}\n{begun}\n", chat);
        try
        {
            // Encoded together: a tokenizer may put a space before what it takes for the beginning of a text.
            return model.RequireTokenizer().Encode(model.RenderChat(messages, true, chat) + (begun is null ? "" : begun + "\n"), addSpecialTokens: false);
        }
        catch (InvalidInputException) when (messages.Count > 1)
        {
            return Chat(model, [new ChatMessage("user", asOne)], asOne, chat, begun);
        }
    }
}
