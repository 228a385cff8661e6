namespace Assay.Models.Kernels;

/// <summary>Native float32 memory aligned to 64 bytes. Not zeroed; kept outside the collected heap so that it is returned when freed.</summary>
internal sealed unsafe class FloatBuffer : IDisposable
{
    private readonly bool _scratch;
    private ScratchFile? _file;
    private float* _data;

    /// <param name="length">Elements to begin with.</param>
    /// <param name="scratch">Whether a temporary file stands for the memory.</param>
    public FloatBuffer(long length = 0, bool scratch = false)
    {
        _scratch = scratch;
        if (length > 0) Grow(length);
    }

#pragma warning disable MA0055 // Native memory must come back even where a caller forgets to dispose.
    ~FloatBuffer() // A scratch file has handles that look after themselves.
    {
        if (!_scratch) Free();
    }
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
        var bytes = checked(length * sizeof(float));
        if (_scratch) _file = new ScratchFile(bytes);
        _data = _file is not null ? (float*)_file.Data : (float*)PageMemory.Allocate(bytes);
        Capacity = length;
    }

    private void Free()
    {
        if (_file is not null) _file.Dispose();
        else if (_data is not null) PageMemory.Free(_data, Capacity * sizeof(float));
        _file = null;
        _data = null;
        Capacity = 0;
    }
}
