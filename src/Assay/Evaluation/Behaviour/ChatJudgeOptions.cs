namespace Assay.Evaluation.Behaviour;

/// <summary>Where and how a model is asked to judge replies.</summary>
/// <param name="Endpoint">The server's address up to its version, such as <c>http://localhost:8080/v1</c>.</param>
/// <param name="Model">The judge's name there.</param>
public sealed record ChatJudgeOptions(Uri Endpoint, string Model)
{
    /// <summary>Sent as a bearer token; null for none. It is shown in no message.</summary>
    public string? Key { get; init; }

    /// <summary>Time that one attempt may take, its answer's body included.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Bytes that an answer may have.</summary>
    public int MaxResponseBytes { get; init; } = 1 << 20;

    /// <summary>Tokens that the judge may write.</summary>
    public int MaxTokens { get; init; } = 16;

    /// <summary>Attempts in all, where the server is busy (429) or fails (5xx).</summary>
    public int Attempts { get; init; } = 4;

    /// <summary>Wait before the second attempt; it doubles before each further one.</summary>
    public TimeSpan FirstDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The judge and its address, without the key and without a password in the address.</summary>
    public override string ToString() => $"{Model} at {Shown}";

    private string Shown => Endpoint.IsAbsoluteUri
        ? Endpoint.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped) : Endpoint.OriginalString;
}
