using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Text;
using Assay.Checkpoints;
using Assay.Evaluation.Contexts;

namespace Assay.Evaluation.Scoring;

/// <summary>Contexts and the scores of their tokens, in columns on disk. Private memory does not grow with the tokens.</summary>
/// <remarks>vetting.md, Score store. One block for the contexts of an item, and one for its scores under each subject; the journal of a run keeps each
/// block's key and hash. Values are float64, little-endian.</remarks>
public sealed class ScoreStore : IDisposable
{
    private readonly BlockFile _blocks;
    private readonly Dictionary<string, ImmutableArray<string>> _items = new(StringComparer.Ordinal);
    private readonly Dictionary<string, IReadOnlySet<string>> _leftOut = new(StringComparer.Ordinal);

    private ScoreStore(BlockFile blocks) => _blocks = blocks;

    /// <summary>Opens the file of a run, or begins it.</summary>
    /// <param name="path">File.</param>
    /// <param name="fresh">Whether an earlier file is thrown away.</param>
    /// <exception cref="InvalidInputException">It cannot be read or written.</exception>
    public static ScoreStore Open(string path, bool fresh = false) => new(BlockFile.Open(path, fresh));

    /// <summary>Opens the file of a finished run without changing it.</summary>
    /// <exception cref="InvalidInputException">It cannot be read.</exception>
    public static ScoreStore OpenForReading(string path) => new(BlockFile.OpenForReading(path));

    /// <summary>A store that is gone when it is disposed of.</summary>
    public static ScoreStore Temporary() => new(BlockFile.Temporary());

    /// <summary>Says which items a set of contexts has, and in which order they are told.</summary>
    /// <param name="source">The contexts, whatever the subject.</param>
    /// <param name="items">Their names.</param>
    public void Declare(ContextSet source, IEnumerable<string> items)
    {
        ArgumentNullException.ThrowIfNull(source);
        _items[source.Source] = [.. items];
    }

    /// <summary>Items of a set in their order; none of one that was not declared.</summary>
    public ImmutableArray<string> Items(ContextSet source)
    {
        ArgumentNullException.ThrowIfNull(source);
        return _items.TryGetValue(source.Source, out var items) ? items : [];
    }

    /// <summary>Key of an item's contexts.</summary>
    public static string ContextKey(ContextSet source, string item) => $"contexts/{source?.Source}/{item}";

    /// <summary>Key of an item's scores.</summary>
    public static string ScoreKey(ContextSet set, string item) => $"scores/{set?.Key}/{item}";

    /// <summary>Whether a block is kept.</summary>
    public bool Contains(string key) => _blocks.Contains(key);

    /// <summary>Where a block lies among the others; −1 where it is not kept.</summary>
    public int Position(string key) => _blocks.Position(key);

    /// <summary>Hash of a block, read from the disk.</summary>
    public StoredBlock Describe(string key) => new(key, _blocks.Length(key), _blocks.Hash(key));

    /// <summary>A block's payload as it lies, to be handed to another store.</summary>
    public byte[] Payload(string key) => _blocks.Read(key);

    /// <summary>Keeps payloads, all on disk before this returns.</summary>
    public IReadOnlyList<StoredBlock> Add(IReadOnlyList<(string Key, byte[] Payload)> blocks)
    {
        _blocks.Append(blocks);
        return [.. blocks.Select(b => Describe(b.Key))];
    }

    /// <summary>Brings the blocks into the order of these keys, and drops all others.</summary>
    public void Arrange(IEnumerable<string> keys) => _blocks.Arrange(keys);

    /// <summary>Payload of an item's contexts.</summary>
    public static byte[] Encode(ContextItem item)
    {
        ArgumentNullException.ThrowIfNull(item);
        using var bytes = new MemoryStream();
        using (var writer = new BinaryWriter(bytes, Encoding.UTF8, leaveOpen: true))
        {
            writer.Write(item.Stratum);
            writer.Write(item.Core);
            writer.Write(item.Bytes);
            writer.Write(item.Contexts.Length);
            foreach (var context in item.Contexts)
            {
                writer.Write(context.Sample);
                writer.Write(context.FirstScored);
                writer.Write(context.AnswerFrom);
                writer.Write(context.Stopped);
                writer.Write(context.Ids.Length);
                foreach (var id in context.Ids) writer.Write(id);
                writer.Write(context.OwnPrompt.Length);
                foreach (var id in context.OwnPrompt) writer.Write(id);
            }
        }

        return bytes.ToArray();
    }

    /// <summary>Payload of an item's scores: the columns asked for, each with the tokens of all contexts in order, then the fits of each context.</summary>
    /// <param name="contexts">One array a context, in order.</param>
    /// <param name="columns">Which columns.</param>
    /// <param name="fits">Of each context the same count of sums, whatever they are; none for none.</param>
    public static byte[] Encode(IReadOnlyList<TokenScore[]> contexts, ScoreColumns columns, IReadOnlyList<double[]>? fits = null)
    {
        ArgumentNullException.ThrowIfNull(contexts);
        var tokens = contexts.Sum(c => c.Length);
        var width = fits is { Count: > 0 } ? fits[0].Length : 0;
        var bytes = new byte[16 + 8 * checked(tokens * BitOperations.PopCount((uint)columns) + width * contexts.Count)];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, (int)columns);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(4), width);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(8), tokens);
        var at = 16;
        for (var bit = 1; bit <= (int)ScoreColumns.All; bit <<= 1)
        {
            if (((int)columns & bit) == 0) continue;
            foreach (var context in contexts)
                foreach (var score in context) Write(Value(score, (ScoreColumns)bit));
        }

        foreach (var sums in fits ?? [])
            foreach (var sum in sums) Write(sum);
        return bytes;

        void Write(double value)
        {
            BinaryPrimitives.WriteDoubleLittleEndian(bytes.AsSpan(at), value);
            at += 8;
        }
    }

    /// <summary>An item's contexts with their ids.</summary>
    /// <exception cref="InvalidInputException">The block is damaged.</exception>
    public ContextItem Contexts(ContextSet source, string item)
    {
        var key = ContextKey(source, item);
        using var reader = new BinaryReader(new MemoryStream(_blocks.Read(key)), Encoding.UTF8);
        try
        {
            var (stratum, core, bytes) = (reader.ReadString(), reader.ReadInt32(), reader.ReadInt64());
            var contexts = new Context[reader.ReadInt32()];
            for (var c = 0; c < contexts.Length; c++)
            {
                var (sample, first, answer, stopped) = (reader.ReadInt32(), reader.ReadInt32(), reader.ReadInt32(), reader.ReadBoolean());
                contexts[c] = new Context(sample, Ids(), first, answer, stopped) { OwnPrompt = Ids() };
            }

            ImmutableArray<int> Ids()
            {
                var ids = new int[reader.ReadInt32()];
                for (var i = 0; i < ids.Length; i++) ids[i] = reader.ReadInt32();
                return ImmutableCollectionsMarshal.AsImmutableArray(ids);
            }

            return new ContextItem(item, stratum, core, bytes, [.. contexts]);
        }
        catch (Exception e) when (e is EndOfStreamException or OverflowException or OutOfMemoryException or IOException or ArgumentException)
        {
            throw new InvalidInputException($"The block '{key}' of the scores is damaged ({e.Message}). Start anew with --fresh.", e);
        }
    }

    /// <summary>Leaves items of a panel out of its scores: of the benign panel those that the base refuses.</summary>
    /// <param name="panel">The panel.</param>
    /// <param name="items">Names of items.</param>
    public void LeaveOut(string panel, IReadOnlySet<string> items) => _leftOut[panel] = items;

    /// <summary>Items of a panel that are left out.</summary>
    /// <param name="panel">The panel.</param>
    public IReadOnlySet<string> LeftOut(string panel) => _leftOut.TryGetValue(panel, out var items) ? items : ImmutableHashSet<string>.Empty;

    /// <summary>The scores of a set, without the items of its panel that are left out.</summary>
    public SetScores Scores(ContextSet set)
    {
        ArgumentNullException.ThrowIfNull(set);
        return new SetScores(this, set, LeftOut(set.Panel));
    }

    /// <summary>All scores of a set.</summary>
    internal SetScores AllScores(ContextSet set) => new(this, set, ImmutableHashSet<string>.Empty);

    /// <summary>Whether any item of a set has scores.</summary>
    public bool Has(ContextSet set) => Items(set).Any(i => Contains(ScoreKey(set, i)));

    /// <summary>Whether any item of a set has scores, and these columns of them.</summary>
    public bool Has(ContextSet set, ScoreColumns columns) =>
        Items(set).Select(i => ScoreKey(set, i)).FirstOrDefault(Contains) is { } key && Header(key).Columns.HasFlag(columns);

    /// <inheritdoc/>
    public void Dispose() => _blocks.Dispose();

    /// <summary>One value of a token.</summary>
    internal static double Value(in TokenScore score, ScoreColumns column) => column switch
    {
        ScoreColumns.Kl => score.Kl,
        ScoreColumns.ReverseKl => score.ReverseKl,
        ScoreColumns.Jsd => score.Jsd,
        ScoreColumns.LogP => score.LogP,
        ScoreColumns.LogQ => score.LogQ,
        ScoreColumns.EntropyP => score.EntropyP,
        ScoreColumns.EntropyQ => score.EntropyQ,
        ScoreColumns.TopP => score.TopP,
        ScoreColumns.TopQ => score.TopQ,
        ScoreColumns.ArgmaxP => score.ArgmaxP,
        ScoreColumns.ArgmaxQ => score.ArgmaxQ,
        ScoreColumns.PaddingP => score.PaddingP,
        ScoreColumns.PaddingQ => score.PaddingQ,
        ScoreColumns.AddedQ => score.AddedQ,
        ScoreColumns.Faults => (int)score.Faults,
        ScoreColumns.Token => score.Token,
        _ => throw new ArgumentOutOfRangeException(nameof(column), column, "One column is expected."),
    };

    /// <summary>One column of an item's scores.</summary>
    internal double[] Column(string key, ScoreColumns column)
    {
        var (columns, width, tokens) = Header(key);
        if (!columns.HasFlag(column)) throw new InvalidOperationException($"'{key}' was scored without the column {column}: the measure's needs do not name it.");
        _ = width;
        var before = BitOperations.PopCount((uint)columns & ((uint)column - 1));
        return Doubles(key, 16 + 8 * tokens * before, (int)tokens);
    }

    /// <summary>The fits of an item's contexts, (contexts, width); empty where none were kept.</summary>
    internal double[][] Fits(string key, int contexts)
    {
        var (columns, width, tokens) = Header(key);
        var all = Doubles(key, 16 + 8 * tokens * BitOperations.PopCount((uint)columns), width * contexts);
        return width == 0 ? [] : [.. all.Chunk(width)];
    }

    private (ScoreColumns Columns, int Width, long Tokens) Header(string key)
    {
        var header = new byte[16];
        _blocks.Read(key, 0, header);
        return ((ScoreColumns)BinaryPrimitives.ReadInt32LittleEndian(header), BinaryPrimitives.ReadInt32LittleEndian(header.AsSpan(4)),
            BinaryPrimitives.ReadInt64LittleEndian(header.AsSpan(8)));
    }

    private double[] Doubles(string key, long offset, int count)
    {
        var values = new double[count];
        _blocks.Read(key, offset, MemoryMarshal.AsBytes(values.AsSpan()));
        if (!BitConverter.IsLittleEndian)
            for (var i = 0; i < count; i++) values[i] = BitConverter.Int64BitsToDouble(BinaryPrimitives.ReverseEndianness(BitConverter.DoubleToInt64Bits(values[i])));
        return values;
    }
}
