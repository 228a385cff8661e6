using Assay.Checkpoints;
using Assay.Models;
using Assay.Models.Kernels;

namespace Assay.Evaluation.Scoring;

/// <summary>Scores the same token ids under two models, over the full vocabulary at every scored position.</summary>
/// <remarks>Layers before the first tensor that differs are computed once, and the logits of both are used up as they come (<see cref="FusedHead"/>). Entries beyond the tokenizer's size are padding: they are removed from both
/// distributions before the softmax, and the masses removed are kept with the scores (protocol.md, Notation).</remarks>
public sealed unsafe class PairScorer
{
    // Logits that lie closer together than this say the same of every token: the largest probability exceeds the smallest by a hundredth of a percent.
    private const float FlatRange = 1e-4f;

    private readonly LanguageModel _base;
    private readonly LanguageModel _candidate;
    private readonly long _memory;
    private readonly int _named; // Entries of the candidate that its tokenizer can name, the base's first.

    /// <summary>Pairs two models; the candidate has every token of the base, and may have more behind them.</summary>
    /// <exception cref="InvalidInputException">The candidate has fewer entries than the base.</exception>
    public PairScorer(LanguageModel baseModel, LanguageModel candidate)
    {
        _base = baseModel;
        _candidate = candidate;
        _memory = Math.Min(baseModel.MemoryBytes, candidate.MemoryBytes);
        Vocabulary = baseModel.ValidVocabulary;
        // Without a tokenizer of its own the candidate is read with the base's.
        _named = candidate.Tokenizer is null ? Vocabulary : candidate.ValidVocabulary;
        if (_named < Vocabulary || candidate.Spec.VocabularySize < Vocabulary)
            throw new InvalidInputException(
                $"The base has {Vocabulary} vocabulary entries, the candidate {Math.Min(_named, candidate.Spec.VocabularySize)}; distributions over " +
                "different vocabularies cannot be compared.");
        SharedLayers = candidate.ShareWith(baseModel);
    }

    /// <summary>Entries compared: those that the base's tokenizer can name.</summary>
    public int Vocabulary { get; }

    /// <summary>First layers, the embedding included, that both models have in common.</summary>
    public int SharedLayers { get; }

    /// <summary>Scores texts; the result has one array a text, one entry a scored token.</summary>
    /// <param name="texts">What to score.</param>
    /// <param name="progress">Told the number of rows forwarded so far.</param>
    /// <param name="cancellation">Honoured within a layer.</param>
    public IReadOnlyList<TokenScore[]> Score(IReadOnlyList<ScoredText> texts, IProgress<long>? progress = null, CancellationToken cancellation = default) => Score(texts, default, out _, progress, cancellation);

    /// <summary>The same, with the divergence from the candidate at other temperatures T = 1/β (protocol.md, M6).</summary>
    /// <param name="texts">What to score.</param>
    /// <param name="inverses">The β; none for none.</param>
    /// <param name="divergences">For each text and β, Σ KL(p‖softmax(β z_q)) over its scored tokens, in nats.</param>
    /// <param name="progress">Told the number of rows forwarded so far.</param>
    /// <param name="cancellation">Honoured within a layer.</param>
    public IReadOnlyList<TokenScore[]> Score(IReadOnlyList<ScoredText> texts, InverseTemperatures inverses, out double[][] divergences,
        IProgress<long>? progress = null, CancellationToken cancellation = default) =>
        Score(texts, texts, inverses, out divergences, progress, cancellation);

    /// <summary>The same where each model reads its own context of the same scored tokens: the packaging of each (protocol.md, M13).</summary>
    /// <param name="texts">What the base reads.</param>
    /// <param name="candidates">What the candidate reads: of each text the same scored tokens.</param>
    /// <param name="inverses">The β; none for none.</param>
    /// <param name="divergences">For each text and β, Σ KL(p‖softmax(β z_q)) over its scored tokens, in nats.</param>
    /// <param name="progress">Told the number of rows forwarded so far.</param>
    /// <param name="cancellation">Honoured within a layer.</param>
    /// <exception cref="ArgumentException">The scored tokens of a text differ.</exception>
    public IReadOnlyList<TokenScore[]> Score(IReadOnlyList<ScoredText> texts, IReadOnlyList<ScoredText> candidates, InverseTemperatures inverses,
        out double[][] divergences,
        IProgress<long>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(texts);
        ArgumentNullException.ThrowIfNull(candidates);
        var same = ReferenceEquals(texts, candidates);
        if (!same && (texts.Count != candidates.Count || texts.Zip(candidates).Any(t => !Scored(t.First).SequenceEqual(Scored(t.Second)))))
            throw new ArgumentException("The scored tokens of both models have to be the same.", nameof(candidates));
        if (inverses.Count > 0 && !(inverses is { First: > 0, Step: > 0 })) throw new ArgumentOutOfRangeException(nameof(inverses), inverses, "Inverse temperatures are above 0.");
        var results = texts.Select(t => new TokenScore[Math.Max(0, t.Tokens.Length - t.FirstScored)]).ToArray();
        divergences = [.. texts.Select(_ => new double[inverses.Count])];
        var plan = ScoringBatch.Plan([.. texts.Zip(candidates, (a, b) => a.Tokens.Length >= b.Tokens.Length ? a : b)], _memory, _base.Spec.HiddenSize,
            _candidate.Spec.HiddenSize);
        using var all = new FloatBuffer(scratch: plan.Spills); // (rows of a batch, d), after the final norm.
        using var ours = new FloatBuffer(scratch: plan.Spills); // (scored tokens of a batch, d of the base): rows that predict them.
        using var theirs = new FloatBuffer(scratch: plan.Spills); // (scored tokens of a batch, d of the candidate).
        using var shared = SharedLayers > 0 && same ? new SharedLayers(SharedLayers, plan.Spills) : null;
        long forwarded = 0;
        foreach (var (batch, other) in ScoringBatch.Cut(texts, candidates, plan.Rows))
        {
            shared?.Clear();
            batch.Forward(_base, all, ours, shared, cancellation);
            other.Forward(_candidate, all, theirs, shared, cancellation);
            Compare(texts, batch.Picks, ours, theirs, results, inverses, divergences);
            forwarded += batch.Rows;
            progress?.Report(forwarded);
        }

        return results;
    }

    private static ReadOnlySpan<int> Scored(ScoredText text) => text.Tokens.AsSpan(Math.Min(text.FirstScored, text.Tokens.Length));

    private void Compare(IReadOnlyList<ScoredText> texts, List<(int Text, int Index, int Row)> picks, FloatBuffer ours, FloatBuffer theirs, TokenScore[][] results, InverseTemperatures inverses, double[][] divergences)
    {
        foreach (var (text, index, _) in picks)
            if ((uint)texts[text].Tokens[index] >= (uint)Vocabulary) throw new InvalidInputException($"Token id {texts[text].Tokens[index]} was to be scored; the vocabulary has {Vocabulary} entries.");
        var fits = new double[picks.Count][];
        FusedHead.Pairs(_base.Team, _base.Transformer.HeadSide(ours.Data, picks.Count), _candidate.Transformer.HeadSide(theirs.Data, picks.Count), _memory / 8, (row, p, q, scratch) =>
        {
            var (text, index, _) = picks[row];
            var pair = LogitPair.Compare(p, q, Vocabulary, scratch);
            results[text][index - texts[text].FirstScored] = Scores(pair, p, q, texts[text].Tokens[index]);
            if (inverses.Count == 0) return;
            // KL(p‖q at β) = −H(p) − β Σ p·z_q + ln Σ e^(β z_q), and Σ p·z_q = ln Σ e^(z_q) − H(p) − KL(p‖q).
            var mean = pair.Q.LogSumExp - pair.EntropyP - pair.Kl;
            var sums = fits[row] = new double[inverses.Count];
            LogitRow.LogSumExps(q, Vocabulary, pair.Q.Max, inverses.First, inverses.Step, sums);
            for (var k = 0; k < sums.Length; k++) sums[k] -= pair.EntropyP + inverses[k] * mean;
        });
        // In the order of the picks, whoever computed them.
        for (var i = 0; i < picks.Count; i++)
            for (var t = 0; t < inverses.Count; t++)
                divergences[picks[i].Text][t] += fits[i][t];
    }

    private TokenScore Scores(LogitPair pair, float* zp, float* zq, int token)
    {
        var (paddingP, paddingQ) = (Mass(zp, Vocabulary, _base.Spec.VocabularySize, _base.Spec.VocabularySize),
            Mass(zq, _named, _candidate.Spec.VocabularySize, _candidate.Spec.VocabularySize));
        var added = Mass(zq, Vocabulary, _named, _candidate.Spec.VocabularySize);
        var faults = Faults(pair.P, zp, paddingP, LogitFaults.BaseNotFinite, LogitFaults.BaseFlat) | Faults(pair.Q, zq, paddingQ + added,
            LogitFaults.CandidateNotFinite, LogitFaults.CandidateFlat);
        return new TokenScore(token, pair.Kl, pair.ReverseKl, pair.Jsd, zp[token] - pair.P.LogSumExp, zq[token] - pair.Q.LogSumExp, pair.EntropyP,
            pair.EntropyQ,
            pair.P.Top, pair.Q.Top, pair.P.Argmax, pair.Q.Argmax, paddingP, paddingQ, added, faults);
    }

    // NaN and +∞ show in the normaliser, and those of removed entries in the mass removed; −∞ of a token that the tokenizer has shows only in the smallest
    // logit.
    private LogitFaults Faults(LogitRow row, float* logits, double removed, LogitFaults notFinite, LogitFaults flat)
    {
        var least = LogitRow.Smallest(logits, Vocabulary);
        if (!double.IsFinite(row.LogSumExp) || float.IsInfinity(least) || double.IsNaN(removed)) return notFinite;
        return Vocabulary > 1 && row.Max - least <= FlatRange ? flat : LogitFaults.None;
    }

    /// <summary>Probability of entries from … to − 1 in a softmax over a row's whole width.</summary>
    private static double Mass(float* logits, int from, int to, int width)
    {
        if (from >= to) return 0;
        var whole = LogitRow.Read(logits, width).LogSumExp;
        return VectorMath.Exp(LogitRow.Read(logits + from, to - from).LogSumExp - whole);
    }
}
