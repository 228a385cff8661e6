using Assay.Checkpoints;
using Assay.Models;

namespace Assay.Evaluation.Yardsticks;

/// <summary>All weights through IEEE binary16 and back to bf16: what a conversion there and back does.</summary>
/// <remarks>Each to nearest even. Exact for a bf16 base but for what is subnormal or infinite in binary16, so it is expected at the floor; of a float32 base it is a rounding to bf16.</remarks>
public sealed class HalfPrecisionWeights : Yardstick
{
    /// <inheritdoc/>
    public override string Id => "half";

    /// <inheritdoc/>
    public override string Title => "fp16 round trip";

    /// <inheritdoc/>
    public override string Description => "all weights converted to fp16 and back to bf16";

    /// <inheritdoc/>
    public override LanguageModel Open(LanguageModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return Open(model, (name, tensor) =>
        {
            var half = new Tensor(name, DType.F16, tensor.Shape, new RoundedValues(tensor, DType.F16));
            return new DelegatedValues(tensor, new Tensor(name, DType.BF16, tensor.Shape, new RoundedValues(half, DType.BF16)).Read);
        });
    }
}
