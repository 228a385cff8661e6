using System.Buffers;
using Assay.Checkpoints;

namespace Assay.Models.Kernels;

/// <summary>A weight matrix as the product reads it: y = W x, W of shape (outputs, inputs), stored so or transposed.</summary>
internal readonly unsafe struct WeightMatrix
{
    private const long MostRead = 4 << 20; // Bytes of a panel's outputs in the file that are read at once.
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
        tensor.RequireOpen();
        Tensor = tensor;
        Transposed = transposed;
        _stride = tensor.Shape[^1];
        Outputs = outputs;
        Inputs = inputs;
        First = first;
        FirstInput = firstInput;
        Type = !tensor.IsStored ? PanelType.Float32 : tensor.DType switch { DType.BF16 => PanelType.BFloat16, DType.F16 => PanelType.Float16, _ =>
            PanelType.Float32 };
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

    /// <summary>Panels that are best packed together: outputs that stand side by side share their reads.</summary>
    public int Together => Transposed ? 16 : 1;

    /// <summary>Bytes of all panels.</summary>
    public long PackedBytes => (long)Panels * Inputs * Step;

    /// <summary>Writes a block of inputs of several panels, each (depth, 32): inputs k … k + depth − 1; outputs beyond the last are 0.</summary>
    /// <param name="firstPanel">First panel.</param>
    /// <param name="endPanel">Panel after the last.</param>
    /// <param name="k">First input.</param>
    /// <param name="depth">Inputs.</param>
    /// <param name="panels">The first panel's block, aligned to 64 bytes.</param>
    /// <param name="size">Bytes from a panel's block to the next one's.</param>
    public void Pack(int firstPanel, int endPanel, int k, int depth, byte* panels, long size)
    {
        if (Transposed && Tensor.IsStored && Tensor.Data is null)
        {
            PackColumns(firstPanel, endPanel, k, depth, panels, size);
            return;
        }

        for (var p = firstPanel; p < endPanel; p++) Pack(p * ProductTiles.Columns, k, depth, panels + (p - firstPanel) * size);
    }

    /// <summary>Writes all inputs of several panels, each (inputs, 32).</summary>
    /// <param name="firstPanel">First panel.</param>
    /// <param name="endPanel">Panel after the last.</param>
    /// <param name="panels">The first panel, aligned to 64 bytes; the others follow it.</param>
    public void PackWhole(int firstPanel, int endPanel, byte* panels)
    {
        var size = (long)Inputs * Step;
        if (!Transposed && Tensor.IsStored && Tensor.Data is null && ProductTiles.Columns * _stride * ElementBytes <= MostRead)
        {
            for (var p = firstPanel; p < endPanel; p++) PackRows(p * ProductTiles.Columns, panels + (p - firstPanel) * size);
            return;
        }

        // In pieces that stay in the first-level cache: a stored row's part is then read once.
        for (var k = 0; k < Inputs; k += MatrixProduct.Block) Pack(firstPanel, endPanel, k, Math.Min(MatrixProduct.Block, Inputs - k), panels + (long)k * Step,
            size);
    }

    private void Pack(int n, int k, int depth, byte* panel)
    {
        var columns = Math.Min(ProductTiles.Columns, Outputs - n);
        if (!Tensor.IsStored)
        {
            PackRead(n, k, depth, columns, panel);
            return;
        }

        var size = ElementBytes;
        if (Tensor.Data is null)
        {
            // One read for all outputs where they lie close together, else one for each output's part.
            var isClose = _stride <= 2 * depth;
            var (length, stride) = (depth * size, isClose ? _stride * size : depth * size);
            var all = (int)((columns - 1) * stride) + length;
            var bytes = ArrayPool<byte>.Shared.Rent(all);
            try
            {
                if (isClose) Tensor.ReadBytes(((First + (long)n) * _stride + k) * size, bytes.AsSpan(0, all));
                else
                    for (var i = 0; i < columns; i++) Tensor.ReadBytes(((First + (long)n + i) * _stride + k) * size, bytes.AsSpan(i * length, length));
                fixed (byte* source = bytes) PanelPacker.FromRows(Tensor.DType, source, stride, columns, depth, panel);
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(bytes);
            }
        }
        else if (Transposed) PanelPacker.FromColumns(Tensor.DType, Tensor.Data + ((k + (long)FirstInput) * _stride + First + n) * size, _stride * size, columns,
            depth, panel);
        else PanelPacker.FromRows(Tensor.DType, Tensor.Data + ((First + (long)n) * _stride + k) * size, _stride * size, columns, depth, panel);
    }

    /// <summary>All inputs of one panel, whose outputs' rows lie one after another in a file: one read.</summary>
    private void PackRows(int n, byte* panel)
    {
        var (columns, size) = (Math.Min(ProductTiles.Columns, Outputs - n), ElementBytes);
        if (Inputs == 0) return;
        var length = (int)(((columns - 1) * _stride + Inputs) * size);
        var bytes = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            Tensor.ReadBytes((First + (long)n) * _stride * size, bytes.AsSpan(0, length));
            fixed (byte* source = bytes)
            {
                for (var k = 0; k < Inputs; k += MatrixProduct.Block)
                    PanelPacker.FromRows(Tensor.DType, source + (long)k * size, _stride * size, columns, Math.Min(MatrixProduct.Block, Inputs - k),
                        panel + (long)k * Step);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    /// <summary>A block of inputs of panels whose outputs stand side by side in a file: one read for each input.</summary>
    private void PackColumns(int firstPanel, int endPanel, int k, int depth, byte* panels, long size)
    {
        var first = firstPanel * ProductTiles.Columns;
        var element = ElementBytes;
        var length = (Math.Min(Outputs, endPanel * ProductTiles.Columns) - first) * element;
        var bytes = ArrayPool<byte>.Shared.Rent(Math.Max(1, depth * length));
        try
        {
            for (var i = 0; i < depth; i++) Tensor.ReadBytes(((k + (long)FirstInput + i) * _stride + First + first) * element,
                bytes.AsSpan(i * length, length));
            fixed (byte* source = bytes)
            {
                for (var p = firstPanel; p < endPanel; p++)
                    PanelPacker.FromColumns(Tensor.DType, source + (p - firstPanel) * (long)ProductTiles.Columns * element, length,
                        Math.Min(ProductTiles.Columns, Outputs - p * ProductTiles.Columns), depth, panels + (p - firstPanel) * size);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
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

    private int ElementBytes => Tensor.DType switch { DType.F32 => 4, DType.F64 => 8, _ => 2 };

    /// <summary>Reads one row of the stored tensor (an embedding).</summary>
    public void ReadRow(long row, int length, float* destination) => Tensor.Read(row * _stride, new Span<float>(destination, length));
}
