using Assay.Checkpoints;
using Assay.Models;
using Assay.Models.Kernels;

namespace Assay.Evaluation.Scoring;

/// <summary>Scores the same token ids under two models, over the full vocabulary at every scored position.</summary>
/// <remarks>Logits exist for one block of rows at a time. Entries beyond the tokenizer's size are padding: they are removed from both
/// distributions before the softmax, and the masses removed are kept with the scores (protocol.md, Notation).</remarks>
public sealed unsafe class PairScorer
{
    private readonly LanguageModel _base;
    private readonly LanguageModel _candidate;
    private readonly long _memory;

    /// <summary>Pairs two models of one vocabulary.</summary>
    /// <exception cref="InvalidInputException">Vocabularies of different sizes.</exception>
    public PairScorer(LanguageModel baseModel, LanguageModel candidate)
    {
        _base = baseModel;
        _candidate = candidate;
        _memory = Math.Min(baseModel.MemoryBytes, candidate.MemoryBytes);
        Vocabulary = Math.Min(baseModel.ValidVocabulary, candidate.ValidVocabulary);
        if (baseModel.ValidVocabulary != candidate.ValidVocabulary)
            throw new InvalidInputException($"The base has {baseModel.ValidVocabulary} vocabulary entries, the candidate {candidate.ValidVocabulary}; distributions over different vocabularies cannot be compared.");
    }

    /// <summary>Entries compared.</summary>
    public int Vocabulary { get; }

    /// <summary>Scores texts; the result has one array a text, one entry a scored token.</summary>
    /// <param name="texts">What to score.</param>
    /// <param name="progress">Told the number of rows forwarded so far.</param>
    /// <param name="cancellation">Honoured within a layer.</param>
    public IReadOnlyList<TokenScore[]> Score(IReadOnlyList<ScoredText> texts, IProgress<long>? progress = null, CancellationToken cancellation = default)
    {
        var results = texts.Select(t => new TokenScore[Math.Max(0, t.Tokens.Length - t.FirstScored)]).ToArray();
        var limit = MemoryBudget.Rows(_memory, Transformer.BytesPerRow(_base.Spec) + Transformer.BytesPerRow(_candidate.Spec));
        using var all = new FloatBuffer(); // (rows of a batch, d), after the final norm.
        using var ours = new FloatBuffer(); // (scored tokens of a batch, d of the base): rows that predict them.
        using var theirs = new FloatBuffer(); // (scored tokens of a batch, d of the candidate).
        using var logits = new FloatBuffer(); // (rows of a block, vocabulary) of the base, then of the candidate.
        long forwarded = 0;
        foreach (var batch in ScoringBatch.Cut(texts, limit))
        {
            batch.Forward(_base, all, ours, cancellation);
            batch.Forward(_candidate, all, theirs, cancellation);
            Compare(texts, batch.Picks, ours, theirs, logits, results, cancellation);
            forwarded += batch.Rows;
            progress?.Report(forwarded);
        }

        return results;
    }

    private void Compare(IReadOnlyList<ScoredText> texts, List<(int Text, int Index, int Row)> picks, FloatBuffer ours, FloatBuffer theirs, FloatBuffer logits, TokenScore[][] results,
        CancellationToken cancellation)
    {
        var (p, q) = (_base.Spec, _candidate.Spec);
        var block = MemoryBudget.LogitRows(_memory, Math.Max(p.VocabularySize, q.VocabularySize), 2);
        for (var from = 0; from < picks.Count; from += block)
        {
            cancellation.ThrowIfCancellationRequested();
            var rows = Math.Min(block, picks.Count - from);
            var baseLogits = logits.Ensure((long)rows * (p.VocabularySize + q.VocabularySize));
            var candidateLogits = baseLogits + (long)rows * p.VocabularySize;
            _base.Transformer.Head(ours.Data + (long)from * p.HiddenSize, rows, baseLogits);
            _candidate.Transformer.Head(theirs.Data + (long)from * q.HiddenSize, rows, candidateLogits);
            var start = from;
            _base.Team.Run(rows, (i, _) =>
            {
                var (text, index, _) = picks[start + i];
                results[text][index - texts[text].FirstScored] = One(baseLogits + (long)i * p.VocabularySize, candidateLogits + (long)i * q.VocabularySize, texts[text].Tokens[index]);
            });
        }
    }

    private TokenScore One(float* zp, float* zq, int token)
    {
        if ((uint)token >= (uint)Vocabulary) throw new InvalidInputException($"Token id {token} was to be scored; the vocabulary has {Vocabulary} entries.");
        var pair = LogitPair.Compare(zp, zq, Vocabulary);
        return new TokenScore(token, pair.Kl, pair.ReverseKl, pair.Jsd, zp[token] - pair.P.LogSumExp, zq[token] - pair.Q.LogSumExp, pair.EntropyP, pair.EntropyQ,
            pair.P.Top, pair.Q.Top, pair.P.Argmax, pair.Q.Argmax, PaddingMass(zp, _base.Spec.VocabularySize), PaddingMass(zq, _candidate.Spec.VocabularySize));
    }

    private double PaddingMass(float* logits, int width)
    {
        if (width == Vocabulary) return 0;
        var whole = LogitRow.Read(logits, width).LogSumExp;
        return Math.Exp(LogitRow.Read(logits + Vocabulary, width - Vocabulary).LogSumExp - whole);
    }
}
