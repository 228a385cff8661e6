using System.Buffers;
using Assay.Checkpoints;

namespace Assay.Models.Kernels;

/// <summary>A mapped weight matrix as the product reads it: y = W x, W of shape (outputs, inputs), stored so or transposed.</summary>
internal readonly unsafe struct WeightMatrix
{
    private readonly long _stride;

    /// <param name="tensor">(…, rows, columns), F32, F16, BF16, F64, of blocks or computed; leading axes count as rows.</param>
    /// <param name="outputs">Outputs used.</param>
    /// <param name="inputs">Inputs.</param>
    /// <param name="transposed">Whether the tensor is stored (inputs, all outputs).</param>
    /// <param name="first">First output inside the stored tensor.</param>
    /// <param name="firstInput">First input inside a tensor that is stored transposed.</param>
    public WeightMatrix(Tensor tensor, int outputs, int inputs, bool transposed, int first, int firstInput = 0)
    {
        // A transpose made of a tensor's rows is read by these.
        if (transposed && firstInput == 0 && tensor.TransposeOf is { } rows) (tensor, transposed) = (rows, false);
        tensor.RequireOpen(); // What follows reads by address.
        Tensor = tensor;
        Transposed = transposed;
        _stride = tensor.Shape[^1];
        Outputs = outputs;
        Inputs = inputs;
        First = first;
        FirstInput = firstInput;
        Type = !tensor.IsMapped ? PanelType.Float32 : tensor.DType switch { DType.BF16 => PanelType.BFloat16, DType.F16 => PanelType.Float16, _ => PanelType.Float32 };
    }

    public Tensor Tensor { get; }

    public int Outputs { get; }

    public int Inputs { get; }

    public int First { get; }

    public int FirstInput { get; }

    public bool Transposed { get; }

    /// <summary>How its panels are stored: as the tensor is; float64, blocks and what is computed as float32.</summary>
    public PanelType Type { get; }

    /// <summary>Bytes of a panel's step.</summary>
    public int Step => Type == PanelType.Float32 ? Float32Panel.Step : BFloat16Panel.Step;

    /// <summary>Panels of 32 outputs.</summary>
    public int Panels => (Outputs + ProductTiles.Columns - 1) / ProductTiles.Columns;

    /// <summary>Bytes of all panels.</summary>
    public long PackedBytes => (long)Panels * Inputs * Step;

    /// <summary>Writes part of a panel, (depth, 32): inputs k … k + depth − 1 of outputs n … n + 31; outputs beyond the last are 0.</summary>
    /// <param name="n">First output.</param>
    /// <param name="k">First input.</param>
    /// <param name="depth">Inputs.</param>
    /// <param name="panel">Aligned to 64 bytes.</param>
    public void Pack(int n, int k, int depth, byte* panel)
    {
        var columns = Math.Min(ProductTiles.Columns, Outputs - n);
        if (!Tensor.IsMapped)
        {
            PackRead(n, k, depth, columns, panel);
            return;
        }

        var size = Tensor.DType switch { DType.F32 => 4, DType.F64 => 8, _ => 2 };
        if (Transposed) PanelPacker.FromColumns(Tensor.DType, Tensor.Data + ((k + (long)FirstInput) * _stride + First + n) * size, _stride * size, columns, depth, panel);
        else PanelPacker.FromRows(Tensor.DType, Tensor.Data + ((First + (long)n) * _stride + k) * size, _stride * size, columns, depth, panel);
    }

    /// <summary>Packs what must be decoded or computed first.</summary>
    private void PackRead(int n, int k, int depth, int columns, byte* panel)
    {
        var (count, length) = Transposed ? (depth, columns) : (columns, depth);
        var values = ArrayPool<float>.Shared.Rent(count * length);
        try
        {
            for (var i = 0; i < count; i++)
            {
                var start = Transposed ? (k + (long)FirstInput + i) * _stride + First + n : (First + (long)n + i) * _stride + k;
                Tensor.Read(start, values.AsSpan(i * length, length));
            }

            fixed (float* source = values)
            {
                if (Transposed) PanelPacker.FromColumns(DType.F32, (byte*)source, length * 4L, columns, depth, panel);
                else PanelPacker.FromRows(DType.F32, (byte*)source, length * 4L, columns, depth, panel);
            }
        }
        finally
        {
            ArrayPool<float>.Shared.Return(values);
        }
    }

    /// <summary>Reads one row of the stored tensor (an embedding).</summary>
    public void ReadRow(long row, int length, float* destination) => Tensor.Read(row * _stride, new Span<float>(destination, length));
}
