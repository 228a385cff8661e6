namespace Assay.Models.Kernels;

/// <summary>Native float32 memory aligned to 64 bytes. Not zeroed; kept outside the collected heap so that it is returned when freed.</summary>
internal sealed unsafe class FloatBuffer : IDisposable
{
    private float* _data;

    public FloatBuffer(long length = 0)
    {
        if (length > 0) Grow(length);
    }

#pragma warning disable MA0055 // Native memory must come back even where a caller forgets to dispose.
    ~FloatBuffer() => Free();
#pragma warning restore MA0055

    /// <summary>First element.</summary>
    public float* Data => _data;

    /// <summary>Elements that fit.</summary>
    public long Capacity { get; private set; }

    /// <summary>Makes room for at least so many elements; contents are lost when it grows.</summary>
    public float* Ensure(long length)
    {
        if (length > Capacity)
        {
            Free();
            Grow(length);
        }

        return _data;
    }

    /// <summary>A row block as a span; rows × width must stay below 2³¹.</summary>
    public Span<float> Rows(long first, int rows, int width) => new(_data + first * width, checked(rows * width));

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Grow(long length)
    {
        _data = (float*)PageMemory.Allocate(checked(length * sizeof(float)));
        Capacity = length;
    }

    private void Free()
    {
        if (_data is not null) PageMemory.Free(_data, Capacity * sizeof(float));
        _data = null;
        Capacity = 0;
    }
}
