using Assay.Checkpoints;
using Assay.Models.Kernels;
using Assay.Models.Sampling;

namespace Assay.Models;

/// <summary>Continues many prompts together; a sequence's tokens do not depend on the others, and a finished one leaves the batch at once.</summary>
internal sealed unsafe class Generator(LanguageModel model)
{
    /// <summary>Continues every prompt.</summary>
    /// <param name="prompts">Token ids; none may be empty.</param>
    /// <param name="options">Length, stops, sampling.</param>
    /// <param name="progress">Told the number of new tokens so far.</param>
    /// <param name="cancellation">Honoured within a layer.</param>
    public IReadOnlyList<Continuation> Run(IReadOnlyList<int[]> prompts, GenerationOptions options, IProgress<long>? progress, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(options.MaxNewTokens);
        var results = new Continuation[prompts.Count];
        var longest = 0;
        for (var i = 0; i < prompts.Count; i++)
        {
            if (prompts[i].Length == 0) throw new InvalidInputException($"Prompt {i} has no tokens; a continuation needs at least one.");
            longest = Math.Max(longest, prompts[i].Length);
        }

        if (prompts.Count == 0 || options.MaxNewTokens == 0) return [.. prompts.Select(_ => new Continuation([], false))];
        model.CheckLength(longest + options.MaxNewTokens);
        long made = 0;
        var together = MemoryBudget.Sequences(model.MemoryBytes, KvCache.Bytes(model.Spec, longest + options.MaxNewTokens));
        // One set of caches serves all waves: memory that comes and goes would leave the heap in pieces.
        var caches = Enumerable.Range(0, Math.Min(together, prompts.Count)).Select(_ => new KvCache(model.Spec, longest + options.MaxNewTokens)).ToList();
        try
        {
            for (var first = 0; first < prompts.Count; first += together)
                Wave(prompts, first, Math.Min(together, prompts.Count - first), caches, options, results, ref made, progress, cancellation);
        }
        finally
        {
            foreach (var cache in caches) cache.Dispose();
        }

        return results;
    }

    private void Wave(IReadOnlyList<int[]> prompts, int first, int count, List<KvCache> caches, GenerationOptions options, Continuation[] results, ref long made, IProgress<long>? progress,
        CancellationToken cancellation)
    {
        var spec = model.Spec;
        var live = new List<Row>(count);
        using var hidden = new FloatBuffer(); // (rows of a batch, d), after the final norm.
        using var last = new FloatBuffer(); // (live sequences, d): each one's last row.
        using var logits = new FloatBuffer(); // (rows of a block, vocabulary).
        for (var i = 0; i < count; i++)
        {
            caches[i].Length = 0;
            live.Add(new Row(first + i, prompts[first + i], caches[i]));
        }

        var rowLimit = MemoryBudget.Rows(model.MemoryBytes, Transformer.BytesPerRow(spec));
        for (var step = 0; live.Count > 0; step++)
        {
            last.Ensure((long)live.Count * spec.HiddenSize);
            for (int at = 0, taken; at < live.Count; at += taken)
            {
                // The first step reads whole prompts, so it may take several batches; later ones take one row a sequence.
                var segments = new List<Segment>();
                var rows = 0;
                for (taken = 0; at + taken < live.Count && (taken == 0 || rows + live[at + taken].Next.Length <= rowLimit); taken++)
                {
                    var row = live[at + taken];
                    segments.Add(new Segment(row.Next, row.Cache));
                    rows += row.Next.Length;
                }

                model.Transformer.Forward(segments, hidden, null, cancellation);
                for (int i = 0, end = 0; i < taken; i++)
                {
                    end += segments[i].Tokens.Length;
                    hidden.Rows(end - 1, 1, spec.HiddenSize).CopyTo(last.Rows(at + i, 1, spec.HiddenSize));
                }
            }

            Choose(live, last, logits, options, step);
            made += live.Count;
            progress?.Report(made);
            foreach (var row in live)
                if (row.Done(options)) results[row.Item] = row.Finish(options);
            live.RemoveAll(row => row.Finished);
        }
    }

    private void Choose(List<Row> live, FloatBuffer last, FloatBuffer logits, GenerationOptions options, int step)
    {
        var (width, valid) = (model.Spec.VocabularySize, model.ValidVocabulary);
        var block = MemoryBudget.LogitRows(model.MemoryBytes, width, 1);
        for (var from = 0; from < live.Count; from += block)
        {
            var rows = Math.Min(block, live.Count - from);
            var data = logits.Ensure((long)rows * width);
            model.Transformer.Head(last.Data + (long)from * model.Spec.HiddenSize, rows, data);
            var start = from;
            model.Transformer.Team.Run(rows, (i, _) =>
            {
                var row = live[start + i];
                var span = new ReadOnlySpan<float>(data + (long)i * width, valid);
                row.Append(options.Sampling is null ? Sampler.Greedy(span) : Sampler.Draw(span, row.Sequence, options.Sampling, options.Seed, row.Item, step));
            });
        }
    }

    private sealed class Row(int item, int[] prompt, KvCache cache)
    {
        private readonly List<int> _sequence = [.. prompt];

        public int Item => item;

        /// <summary>Its keys and values; they stay the caller's.</summary>
        public KvCache Cache => cache;

        public bool Finished { get; private set; }

        /// <summary>What the cache does not hold yet.</summary>
        public ReadOnlyMemory<int> Next => _sequence.GetRange(cache.Length, _sequence.Count - cache.Length).ToArray();

        /// <summary>Prompt and continuation so far.</summary>
        public ReadOnlySpan<int> Sequence => System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_sequence);

        public void Append(int token) => _sequence.Add(token);

        public bool Done(GenerationOptions options) => options.StopTokens.Contains(_sequence[^1]) || _sequence.Count - prompt.Length >= options.MaxNewTokens;

        public Continuation Finish(GenerationOptions options)
        {
            Finished = true;
            return new Continuation([.. _sequence.Skip(prompt.Length)], options.StopTokens.Contains(_sequence[^1]));
        }
    }
}
