using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text;
using Assay.Checkpoints;
using Assay.Checkpoints.Gguf;

namespace Assay.Directions.Edits;

/// <summary>Activation addition as a GGUF control vector: a vector that is added to what each block hands on.</summary>
/// <remarks>Turner et al. 2023 (arXiv 2308.10248); the format of llama.cpp's cvector-generator: <c>general.architecture</c> is <c>controlvector</c>, F32 tensors <c>direction.1…</c>,
/// each added to the output of the block of that number, so the first block's output cannot be reached. It only adds: a removal is no control vector.</remarks>
public static class ControlVector
{
    private const int Alignment = 32;

    /// <summary>Writes the file, whole or not at all.</summary>
    /// <param name="path">Must not exist.</param>
    /// <param name="modelType">GGUF architecture of the model (<c>llama</c>), as a note to the reader.</param>
    /// <param name="vectors">What is added to the output of each block, (d) each, by block from 0; empty for none.</param>
    /// <exception cref="InvalidInputException">A vector for block 0, vectors of different widths, none at all, the file cannot be written, or what was read back is not what was promised.</exception>
    public static void Write(string path, string modelType, IReadOnlyDictionary<int, ImmutableArray<float>> vectors) => Write(path, modelType, vectors, null);

    /// <inheritdoc cref="Write(string, string, IReadOnlyDictionary{int, ImmutableArray{float}})"/>
    internal static void Write(string path, string modelType, IReadOnlyDictionary<int, ImmutableArray<float>> vectors, Action<string>? step)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(vectors);
        var layers = vectors.Where(v => !v.Value.IsDefaultOrEmpty).OrderBy(v => v.Key).ToList();
        if (layers.Count == 0) throw new InvalidInputException("There is nothing to add; a control vector needs at least one block's.");
        if (layers[0].Key < 1) throw new InvalidInputException($"A control vector holds blocks from 1 on (llama.cpp reads direction.1 …); one of block {layers[0].Key} is asked for. Add at a later block.");
        var width = layers[0].Value.Length;
        if (layers.Exists(l => l.Value.Length != width)) throw new InvalidInputException("Vectors of different widths are asked for; those of one model are alike.");
        using var file = new MemoryStream();
        using var writer = new BinaryWriter(file);
        writer.Write("GGUF"u8);
        writer.Write(3u);
        writer.Write((ulong)layers.Count);
        writer.Write(3UL);
        Text("general.architecture");
        writer.Write(8u);
        Text("controlvector");
        Text("controlvector.model_hint");
        writer.Write(8u);
        Text(modelType);
        Text("controlvector.layer_count");
        writer.Write(4u);
        writer.Write((uint)layers.Count);
        var size = (width * 4L + Alignment - 1) / Alignment * Alignment;
        for (var i = 0; i < layers.Count; i++)
        {
            Text($"direction.{layers[i].Key}");
            writer.Write(1u);
            writer.Write((ulong)width);
            writer.Write(0u); // F32.
            writer.Write((ulong)(i * size));
        }
        Pad();
        foreach (var (_, vector) in layers)
        {
            foreach (var value in vector) writer.Write(value);
            Pad();
        }
        AtomicFile.Write(path, file.WriteTo, check: written => Check(written, path, modelType, layers), step: step);

        void Text(string text)
        {
            var bytes = Encoding.UTF8.GetBytes(text);
            writer.Write((ulong)bytes.Length);
            writer.Write(bytes);
        }

        void Pad()
        {
            while (file.Position % Alignment != 0) writer.Write((byte)0);
        }
    }

    /// <summary>What is added at a place: λ A (Bᵀ Δ), the part of the class difference that a removal would take away.</summary>
    /// <param name="direction">Found at that place.</param>
    /// <param name="difference">Δ, (d): the targets' mean minus the baselines' there.</param>
    /// <param name="strength">λ; negative moves towards the baselines.</param>
    /// <returns>(d).</returns>
    public static ImmutableArray<float> Shift(Direction direction, ReadOnlySpan<double> difference, double strength)
    {
        ArgumentNullException.ThrowIfNull(direction);
        var width = difference.Length;
        var (vectors, readouts) = (direction.Vectors, direction.Readouts.IsEmpty ? direction.Vectors : direction.Readouts);
        if (vectors.Length % width != 0 || readouts.Length != vectors.Length) throw new ArgumentException($"Directions of {vectors.Length} elements are not of width {width}.", nameof(direction));
        var shift = new double[width];
        for (var k = 0; k < vectors.Length; k += width)
        {
            var part = 0.0;
            for (var j = 0; j < width; j++) part += readouts[k + j] * difference[j];
            for (var j = 0; j < width; j++) shift[j] += strength * part * vectors[k + j];
        }
        return [.. shift.Select(v => (float)v)];
    }

    /// <summary>Says why a removal is no control vector.</summary>
    /// <param name="edits">The plan.</param>
    /// <exception cref="InvalidInputException">Always.</exception>
    public static void Refuse(IReadOnlyList<WeightEdit> edits)
    {
        ArgumentNullException.ThrowIfNull(edits);
        throw new InvalidInputException($"The plan removes {string.Join(", ", edits.Select(e => ProblemList.Quote(e.Direction.Estimator)).Distinct())} by directional ablation, whose effect depends on what is there; a GGUF control vector only adds a constant. " +
            "Write the merged checkpoint, a LoRA adapter or the edit file; a control vector is the export of activation addition.");
    }

    /// <summary>Holds what was written, as the reader reads it, against what was asked for.</summary>
    private static void Check(string written, string path, string modelType, List<KeyValuePair<int, ImmutableArray<float>>> layers)
    {
        var problems = new ProblemList();
        try
        {
            using var file = GgufFile.Open(written);
            string? Said(string key) => file.Values.TryGetValue(key, out var value) ? value.Text() : null;
            if (Said("general.architecture") != "controlvector" || Said("controlvector.model_hint") != modelType) problems.Add("the metadata were read back otherwise than they were written.");
            if (!file.Tensors.Select(t => t.Name).SequenceEqual(layers.Select(l => $"direction.{l.Key}"))) problems.Add("other tensors were read back than were written.");
            else
            {
                foreach (var (tensor, (_, vector)) in file.Tensors.Zip(layers))
                {
                    var values = new float[vector.Length];
                    if (tensor.DType == DType.F32 && tensor.Count == values.Length) tensor.Read(0, values);
                    if (!MemoryMarshal.AsBytes(values).SequenceEqual(MemoryMarshal.AsBytes(vector.AsSpan()))) problems.Add($"tensor {ProblemList.Quote(tensor.Name)} was read back otherwise than it was written.");
                }
            }
        }
        catch (InvalidInputException broken)
        {
            problems.Add(broken);
        }

        if (problems.Any) throw MergedCheckpoint.Failure(path, problems);
    }
}
