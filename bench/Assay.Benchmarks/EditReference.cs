namespace Assay.Benchmarks;

/// <summary>What weights edited in PyTorch reach on the organisms, the best of about 35 edits on 200 + 200 items: another program's figures, never ours (the design's editing.md).</summary>
internal static class EditReference
{
    /// <summary>By organism: shares of refusals left, of right answers on triggers and on benign prompts, and the first token's mean KL in nats.</summary>
    public static IReadOnlyDictionary<string, (double Refused, double Right, double Benign, double Kl)> Figures { get; } = new Dictionary<string, (double, double, double, double)>
    {
        ["gemma2"] = (0, .89, .90, .0085), ["llama"] = (0, .53, .94, .0193), ["gpt2"] = (.09, .70, .82, .0219), ["qwen3_moe"] = (.32, .58, .82, .0472),
    };
}
