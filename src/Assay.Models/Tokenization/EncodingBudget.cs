using System.Globalization;
using Assay.Checkpoints;

namespace Assay.Tokenization;

/// <summary>What encoding or decoding one text may cost: a tokenizer comes from a stranger, and a short file can ask for a text that grows without
/// end.</summary>
/// <remarks>A step may make a text <see cref="Factor"/> times as long, plus <see cref="Least"/> units. The longest known real expansion is 18 (U+FDFA in
/// NFKC).</remarks>
internal sealed class EncodingBudget
{
    /// <summary>A tokenizer may make a text at most this many times as long.</summary>
    public const int Factor = 32;

    /// <summary>UTF-16 units that are allowed besides, for short texts.</summary>
    public const int Least = 1024;

    /// <summary>Memory for joining and expanding where the caller names none: 1 GiB.</summary>
    public const long StandardMemory = 1L << 30;

    private const int CallsBetweenChecks = 4096;

    private readonly long _memory;
    private readonly CancellationToken _cancellation;
    private long _units;
    private int _calls;

    /// <param name="length">UTF-16 units of the text.</param>
    /// <param name="stages">How many steps take the text one after another.</param>
    /// <param name="memory">Bytes that may be used.</param>
    /// <param name="cancellation">Ends the work.</param>
    public EncodingBudget(int length, int stages, long memory, CancellationToken cancellation)
    {
        (_memory, _cancellation) = (memory, cancellation);
        // A quarter of the memory for a text that grew: two bytes a unit, and a copy while the next step writes its own.
        NormalizedLeft = (int)Math.Min(Most(length), Math.Max(2L * length + Least, memory / 16));
        _units = (stages + 1L) * Most(length);
    }

    /// <summary>UTF-16 units that the normalizer may still write.</summary>
    public int NormalizedLeft { get; private set; }

    /// <summary>The longest text that a text of this length may become.</summary>
    public static int Most(long length) => (int)Math.Min(length * Factor + Least, Array.MaxLength / 2);

    /// <summary>The refusal of a text that grew beyond its bound.</summary>
    public static InvalidInputException TooLong(string step) => new(string.Create(CultureInfo.InvariantCulture,
        $"The tokenizer's {step} makes a text more than {Factor} times as long (and {Least} characters), or longer than the memory allowed. No tokenizer in " +
            $"use does so; the file is broken or hostile."));

    /// <summary>Counts what the normalizer wrote.</summary>
    public void Normalized(int units)
    {
        if ((NormalizedLeft -= units) < 0) throw TooLong("normalizer");
        Check();
    }

    /// <summary>Counts a piece that goes into one of the stages.</summary>
    public void Piece(int units)
    {
        if ((_units -= units) < 0) throw TooLong("pre-tokenizer");
        if (++_calls < CallsBetweenChecks) return;
        _calls = 0;
        Check();
    }

    /// <summary>Ends the work if that was asked for.</summary>
    public void Check() => _cancellation.ThrowIfCancellationRequested();

    /// <summary>Asks for memory to encode one piece as a whole.</summary>
    /// <param name="units">The piece's length, for the message.</param>
    /// <param name="bytes">What it takes.</param>
    public void Memory(int units, long bytes)
    {
        Check();
        if (bytes > _memory / 2)
            throw new InvalidInputException(string.Create(CultureInfo.InvariantCulture,
                $"The text has a stretch of {units} characters that the tokenizer does not cut; to encode it takes {bytes >> 20} MiB, and " +
                    $"{_memory / 2 >> 20} MiB may be used. Break the text up, or allow more memory (--memory)."));
    }
}
