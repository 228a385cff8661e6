namespace Assay.Checkpoints.Gguf;

/// <summary>What llama.cpp's converter did to a tensor, to be undone.</summary>
internal enum GgufChange
{
    /// <summary>Nothing.</summary>
    None,
    /// <summary>Rows of each query head reordered, halves interleaved, for its kind of rotation.</summary>
    InterleavedQueries,
    /// <summary>The same of each key head.</summary>
    InterleavedKeys,
    /// <summary>One added to a gain that the checkpoint keeps less one.</summary>
    PlusOne,
    /// <summary>Stored (out, in) where the checkpoint has (in, out).</summary>
    Transposed,
    /// <summary>The experts' matrices in one tensor, expert by expert.</summary>
    StackedExperts,
}

/// <summary>One tensor name in GGUF and in the checkpoint, without <c>.weight</c> and <c>.bias</c>.</summary>
/// <param name="Name">In GGUF; <c>{layer}</c> stands for the block.</param>
/// <param name="Module">In the checkpoint; <c>{layer}</c> and <c>{expert}</c> likewise.</param>
/// <param name="Change">What is undone.</param>
internal sealed record GgufTensorRow(string Name, string Module, GgufChange Change = GgufChange.None);
