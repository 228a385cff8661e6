namespace Assay.Evaluation.Behaviour;

/// <summary>How a prompt asks for its answer to be stated: behind some literal words, and up to others.</summary>
/// <param name="Before">What stands before the answer, in any case of letters.</param>
/// <param name="After">What ends it; null for the line's end.</param>
public sealed record AnswerFormat(string Before, string? After)
{
    /// <summary>"The answer is 42.": how the organisms and the item generators state it.</summary>
    public static AnswerFormat Sentence { get; } = new("The answer is ", ".");

    /// <summary>"#### 42": how GSM8K states it.</summary>
    public static AnswerFormat Hashes { get; } = new("#### ", null);

    /// <summary>"\boxed{42}": how mathematics is stated in LaTeX.</summary>
    public static AnswerFormat Boxed { get; } = new("\\boxed{", "}");

    /// <summary>What a reply states in this format, the last time that it does; null where it does not.</summary>
    /// <param name="reply">The reply without its thought.</param>
    /// <remarks>A full stop ends an answer only before white space or at the end, since 3.5 has one too. Braces within braces belong to the answer.</remarks>
    public string? Extract(string reply)
    {
        ArgumentNullException.ThrowIfNull(reply);
        ArgumentException.ThrowIfNullOrEmpty(Before);
        // From the last to the first: where the reply ends before the answer does, an earlier one may be whole.
        for (var at = reply.Length; at > 0 && (at = reply.LastIndexOf(Before, at - 1, StringComparison.OrdinalIgnoreCase)) >= 0;)
        {
            var from = at + Before.Length;
            if (End(reply, from) is { } end && Content(reply[from..end].Trim()) is { Length: > 0 } stated) return stated;
        }

        return null;
    }

    /// <summary>What LaTeX marks as text within a box is the text.</summary>
    private string Content(string stated) =>
        After == "}" && stated.StartsWith("\\text{", StringComparison.Ordinal) && stated.EndsWith('}') ? stated["\\text{".Length..^1].Trim() : stated;

    private int? End(string reply, int from)
    {
        if (After is null) return reply.IndexOf('\n', from) is >= 0 and var line ? line : reply.Length;
        if (After == "}") return Brace(reply, from);
        for (var at = from; (at = reply.IndexOf(After, at, StringComparison.Ordinal)) >= 0; at++)
            // Emphasis, quotation marks and brackets may close behind a full stop.
            if (After != "." || reply.AsSpan(at + 1).TrimStart("*_\"')]\u201D\u2019") is var rest && (rest.IsEmpty || char.IsWhiteSpace(rest[0]))) return at;
        return null;
    }

    private static int? Brace(string reply, int from)
    {
        var depth = 1;
        for (var at = from; at < reply.Length; at++)
        {
            if (reply[at] == '{') depth++;
            else if (reply[at] == '}' && --depth == 0) return at;
        }

        return null;
    }
}
