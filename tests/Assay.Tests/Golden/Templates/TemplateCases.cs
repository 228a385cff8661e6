using System.Text.Json;
using Assay.Tokenization.Templates;

namespace Assay.Tests.Golden.Templates;

internal static class TemplateCases
{
    public static IReadOnlyList<ChatMessage> Conversation(JsonElement parent) =>
        [.. parent.GetProperty("conversation").EnumerateArray().Select(m => new ChatMessage(m.GetProperty("role").GetString()!, m.GetProperty("content").GetString()!))];
}
