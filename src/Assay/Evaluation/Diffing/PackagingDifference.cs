namespace Assay.Evaluation.Diffing;

/// <summary>A value of a file beside the weights that differs.</summary>
/// <param name="File">Name of the file, such as <c>config.json</c>.</param>
/// <param name="Path">Keys from the outermost object on, such as <c>rope_parameters.rope_theta</c>.</param>
/// <param name="Base">The base's value as canonical JSON, shortened; null where it has none.</param>
/// <param name="Candidate">The candidate's.</param>
public sealed record ValueDifference(string File, string Path, string? Base, string? Candidate);

/// <summary>What differs beside the weights. All texts come from the models: nothing of it is safe to show as it is.</summary>
/// <param name="Parts">Parts whose packaging hashes differ: tokenizer, chat template, special tokens, generation config.</param>
/// <param name="Values">Values that differ: of <c>config.json</c> as it is spelt, of <c>generation_config.json</c> and <c>tokenizer_config.json</c> what
/// changes a token or a chat.</param>
/// <param name="Tokenizer">What <c>tokenizer.json</c> does otherwise, in sentences that name the key.</param>
/// <param name="Template">What differs in the chat template, in sentences.</param>
/// <param name="Forward">Whether what the forward pass reads from the configs differs; null where one of them cannot be read.</param>
public sealed record PackagingDifference(IReadOnlyList<string> Parts, IReadOnlyList<ValueDifference> Values, IReadOnlyList<string> Tokenizer, IReadOnlyList<string> Template, bool? Forward)
{
    /// <summary>Whether all that differs of what the forward pass reads is which tensor the head is: one of the models ties it to the embedding.</summary>
    public bool OnlyTheTie { get; init; }

    /// <summary>Keys of files beside the weights that are spelt otherwise and change no token and no chat.</summary>
    public IReadOnlyList<ValueDifference> Spellings { get; init; } = [];

    /// <summary>Keys of <c>config.json</c> that the forward pass reads in neither model, whatever they say.</summary>
    internal IReadOnlySet<string> Unread { get; init; } = new HashSet<string>();

    /// <summary>Whether anything differs that changes what the model computes or says.</summary>
    public bool Any => Parts.Count > 0 || Forward == true;
}
