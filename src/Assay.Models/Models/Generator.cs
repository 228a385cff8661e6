using System.Runtime.InteropServices;
using Assay.Checkpoints;
using Assay.Models.Kernels;
using Assay.Models.Sampling;

namespace Assay.Models;

/// <summary>Continues many prompts by continuous batching: every step reads the weights once for all rows, a finished sequence leaves at once and the next one takes its
/// place, and prompts with a common beginning share its keys and values. A sequence's tokens do not depend on the others.</summary>
internal sealed unsafe class Generator(LanguageModel model)
{
    /// <summary>Tokens in common that make it worth waiting a step for another prompt to be read.</summary>
    private const int WorthWaiting = 16;

    /// <summary>Continues every prompt.</summary>
    /// <param name="prompts">Token ids; none may be empty.</param>
    /// <param name="options">Length, stops, sampling.</param>
    /// <param name="progress">Told the number of new tokens so far.</param>
    /// <param name="cancellation">Honoured within a layer.</param>
    public IReadOnlyList<Continuation> Run(IReadOnlyList<int[]> prompts, GenerationOptions options, IProgress<long>? progress,
        CancellationToken cancellation) => Run(prompts, options, progress, cancellation, out _, null);

    /// <summary>The same, and how many prompt tokens were taken from another sequence rather than read (tests, benchmark); a test may see the pool of
    /// pages.</summary>
    internal IReadOnlyList<Continuation> Run(IReadOnlyList<int[]> prompts, GenerationOptions options, IProgress<long>? progress, CancellationToken cancellation,
        out long shared, Action<KvPool>? seen = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(options.MaxNewTokens);
        if (options.Draws.Count > 0 && options.Draws.Count != prompts.Count)
            throw new ArgumentException($"There are {options.Draws.Count} keys of draws for {prompts.Count} prompts; one for each is expected, or none.", nameof(options));
        shared = 0;
        var longest = 0;
        for (var i = 0; i < prompts.Count; i++)
        {
            if (prompts[i].Length == 0) throw new InvalidInputException($"Prompt {i} has no tokens; a continuation needs at least one.");
            longest = Math.Max(longest, prompts[i].Length);
        }

        if (prompts.Count == 0 || options.MaxNewTokens == 0) return [.. prompts.Select(_ => new Continuation([], false))];
        model.CheckLength(longest + options.Longest);
        using var batch = new Batch(model, prompts, options);
        seen?.Invoke(batch.Pool);
        var results = new Continuation[prompts.Count];
        for (long made = 0; batch.Step(results, cancellation, out var rows); progress?.Report(made)) made += rows;
        shared = batch.SharedTokens;
        return results;
    }

    /// <summary>The sequences at work, those that wait, and the pages they hold.</summary>
    private sealed class Batch : IDisposable
    {
        private readonly LanguageModel _model;
        private readonly GenerationOptions _options;
        private readonly KvPool _pool;
        private readonly LinkedList<Row> _waiting = [];
        private readonly List<Row> _live = [];
        private readonly FloatBuffer _hidden = new(); // (rows of a step, d), after the final norm.
        private readonly FloatBuffer _last = new(); // (live sequences, d): each one's last row.
        private readonly FloatBuffer _logits = new(); // (rows of a block, vocabulary).
        private readonly int _pages;
        private readonly int _states; // Pages' worth of a sequence's recurrent states.
        private readonly int _rowLimit;
        private Row? _retained; // The last that finished: its prompt may be the beginning of one to come.

        public Batch(LanguageModel model, IReadOnlyList<int[]> prompts, GenerationOptions options)
        {
            (_model, _options) = (model, options);
            var plan = DecodingPlan.Of(model.MemoryBytes, model.Spec, [.. prompts.Select(p => p.Length + options.Longest)]);
            _pool = new KvPool(model.Spec, plan.Spills);
            _states = DecodingPlan.States(model.Spec);
            _pages = plan.Pages;
            _rowLimit = MemoryBudget.Rows(model.MemoryBytes, Transformer.BytesPerRow(model.Spec));
            for (var i = 0; i < prompts.Count; i++) _waiting.AddLast(new Row(i, prompts[i], options));
        }

        public KvPool Pool => _pool;

        /// <summary>Prompt tokens whose keys and values came from another sequence.</summary>
        public long SharedTokens { get; private set; }

        /// <summary>One token more for every sequence; false when all are done.</summary>
        public bool Step(Continuation[] results, CancellationToken cancellation, out int rows)
        {
            Admit();
            rows = _live.Count;
            if (rows == 0) return false;
            var segments = _live.Select(row => new Segment(row.Next, row.Cache)).ToList();
            _model.Transformer.Forward(segments, _hidden, null, cancellation);
            var width = _model.Spec.HiddenSize;
            _last.Ensure((long)rows * width);
            for (int i = 0, end = 0; i < rows; i++)
            {
                end += segments[i].Tokens.Length;
                _hidden.Rows(end - 1, 1, width).CopyTo(_last.Rows(i, 1, width));
            }

            Choose();
            foreach (var row in _live)
            {
                if (!row.Done) continue;
                results[row.Item] = row.Finish();
                Retain(row);
            }

            _live.RemoveAll(row => row.Finished);
            return true;
        }

        public void Dispose()
        {
            // Recurrent states are memory of the sequences' own; a run that was cancelled still has live ones.
            Release();
            foreach (var row in _live) row.Cache?.Dispose();
            _live.Clear();
            _pool.Dispose();
            foreach (var buffer in (ReadOnlySpan<FloatBuffer>)[_hidden, _last, _logits]) buffer.Dispose();
        }

        /// <summary>Takes in waiting prompts, in order, while pages and rows suffice for all that they may come to need.</summary>
        private void Admit()
        {
            var rows = _live.Sum(row => RowsOf(row, row.Next.Length));
            var reserved = _live.Sum(row => row.Reserved);
            var before = _live.Count;
            for (var node = _waiting.First; node is not null && _live.Count < Math.Min(DecodingPlan.MostTogether, _rowLimit);)
            {
                var (row, next) = (node.Value, node.Next);
                var (donor, common) = Donor(row);
                // One that is being read in this very step may have more in common: next step it can be asked.
                if (_live.Skip(before).Any(other => Common(row, other, other.Prompt.Length) >= common + WorthWaiting))
                {
                    node = next;
                    continue;
                }

                // Shared pages are counted for each: who shares them may be left with them.
                var needed = KvPool.Pages(row.Prompt.Length + _options.Longest) + _states;
                var fits = reserved + needed + (_retained?.Reserved ?? 0) <= _pages;
                if (!fits && _retained is not null && donor != _retained)
                {
                    Release();
                    continue;
                }

                if (_live.Count > 0 && (!fits || rows + RowsOf(row, row.Prompt.Length - common) > _rowLimit)) break;
                if (!fits && donor == _retained && _retained is not null)
                {
                    // Alone and yet too large together with what it would share: it reads its prompt itself.
                    Release();
                    continue;
                }

                row.Begin(donor?.Cache?.Fork(common, row.Prompt.Length + _options.Longest) ?? new KvCache(_pool, row.Prompt.Length + _options.Longest), needed);
                SharedTokens += common;
                rows += RowsOf(row, row.Prompt.Length - common);
                reserved += needed;
                _live.Add(row);
                _waiting.Remove(node);
                node = next;
            }
        }

        /// <summary>Rows that a sequence may take in a step: all of its tokens where it may have to be read anew.</summary>
        private int RowsOf(Row row, int next)
        {
            var longest = row.Prompt.Length + _options.Longest;
            return _model.Spec.RotationOf(longest) == 0 ? next : longest;
        }

        /// <summary>The sequence with the longest beginning in common, as far as it has been read; the last token is always read anew.</summary>
        private (Row? Donor, int Common) Donor(Row row)
        {
            (Row? Donor, int Common) best = (null, 0);
            foreach (var other in _retained is null ? _live : _live.Append(_retained))
            {
                var common = other.Cache!.Shareable(Common(row, other, other.Cache.Length));
                if (common > best.Common) best = (other, common);
            }

            return best;
        }

        private static int Common(Row row, Row other, int limit) =>
            row.Prompt.AsSpan(0, Math.Min(row.Prompt.Length - 1, Math.Min(limit, other.Prompt.Length))).CommonPrefixLength(other.Prompt.AsSpan(0, Math.Min(limit, other.Prompt.Length)));

        private void Retain(Row row)
        {
            Release();
            _retained = row;
        }

        private void Release()
        {
            _retained?.Cache?.Dispose();
            _retained = null;
        }

        private DrawKey Key(Row row) => _options.Draws.Count == 0 ? new DrawKey(row.Item) : _options.Draws[row.Item];

        private void Choose()
        {
            var (width, valid) = (_model.Spec.VocabularySize, _model.ValidVocabulary);
            var block = MemoryBudget.LogitRows(_model.MemoryBytes, width, 1);
            for (var from = 0; from < _live.Count; from += block)
            {
                var rows = Math.Min(block, _live.Count - from);
                var data = _logits.Ensure((long)rows * width);
                _model.Transformer.Head(_last.Data + (long)from * _model.Spec.HiddenSize, rows, data);
                var start = from;
                _model.Transformer.Team.Run(rows, (i, _) =>
                {
                    var row = _live[start + i];
                    var span = new Span<float>(data + (long)i * width, valid);
                    _options.Rules.Apply(span, row.Sequence, row.Made, row.Limit);
                    if (_options.EndsWhereUndefined && !Sampler.Chooses(span)) row.End();
                    else row.Append(_options.Sampling is null ? Sampler.Greedy(span)
                        : Sampler.Draw(span, row.Sequence, _options.Sampling, Key(row).Uniform(_options.Seed, row.Made)));
                });
            }
        }
    }

    private sealed class Row
    {
        private readonly GenerationOptions _options;
        private readonly List<int> _sequence;
        private bool _thinks; // A thought is open.
        private int _answerFrom; // Tokens made before the answer.
        private bool _ended;

        public Row(int item, int[] prompt, GenerationOptions options)
        {
            (Item, Prompt, _options, _sequence) = (item, prompt, options, [.. prompt]);
            _thinks = options.Thought?.Marks.Opens(prompt) == true;
        }

        public int Item { get; }

        public int[] Prompt { get; }

        /// <summary>Its keys and values; null while it waits.</summary>
        public KvCache? Cache { get; private set; }

        /// <summary>Pages that it may come to hold.</summary>
        public int Reserved { get; private set; }

        public bool Finished { get; private set; }

        /// <summary>Tokens made so far.</summary>
        public int Made => _sequence.Count - Prompt.Length;

        /// <summary>Tokens at which it is cut, as things stand: a thought has tokens of its own, and the answer behind it gets all of its own.</summary>
        public int Limit => _thinks ? Math.Max(_options.Thought!.Most, _options.MaxNewTokens) : Math.Min(_options.Longest, _answerFrom + _options.MaxNewTokens);

        public bool Done => _ended || _options.StopTokens.Contains(_sequence[^1]) || Made >= Limit;

        /// <summary>What the cache does not hold yet.</summary>
        public ReadOnlyMemory<int> Next => _sequence.GetRange(Cache!.Length, _sequence.Count - Cache.Length).ToArray();

        /// <summary>Prompt and continuation so far.</summary>
        public ReadOnlySpan<int> Sequence => CollectionsMarshal.AsSpan(_sequence);

        public void Begin(KvCache cache, int pages) => (Cache, Reserved) = (cache, pages);

        public void Append(int token)
        {
            _sequence.Add(token);
            if (_options.Thought?.Marks is not { } marks) return;
            if (token == marks.Start) _thinks = true;
            else if (token == marks.End) (_thinks, _answerFrom) = (false, Made);
        }

        /// <summary>Its logits choose no token.</summary>
        public void End() => _ended = true;

        public Continuation Finish()
        {
            Finished = true;
            return new Continuation([.. _sequence.Skip(Prompt.Length)], !_ended && _options.StopTokens.Contains(_sequence[^1]));
        }
    }
}
