using System.Collections.Immutable;
using Assay.Checkpoints;
using Assay.Directions.Edits;
using Assay.Evaluation.Statistics;
using Assay.Models;
using Assay.Models.Kernels;

namespace Assay.Search;

/// <summary>Scores candidates on the selection split without changing a weight: each candidate's edits ride as hooks on its own rows of a batch.</summary>
/// <remarks>editing.md, Search. What items have in common at their beginning is computed once for each candidate, what candidates have in common before their first edited
/// writer once for all; from the last block's attention on only the rows that a head reads are computed. None of it changes a bit of a score: each equals that of the candidate
/// alone on whole sequences, whatever the threads, the memory, or the other candidates. Models whose sequences cannot branch (recurrent; rotations that depend on the
/// length) read every sequence whole. One call at a time.</remarks>
public sealed unsafe class CandidateScorer : IDisposable
{
    private readonly LanguageModel _model;
    private readonly EditCompiler _compiler;
    private readonly List<ScoringForest> _forests = [];
    private readonly FloatBuffer _final = new(); // (sets × wanted rows, d), after the final norm.
    private readonly FloatBuffer _picked = new(); // (rows the head reads, d).
    private readonly FloatBuffer _base = new(); // (sets × compared rows, d): the base's.
    private readonly int _rows;
    private readonly bool _keepsStates;

    /// <summary>Reads the items with the unedited model.</summary>
    /// <param name="model">The base; must stay open.</param>
    /// <param name="set">The items.</param>
    /// <param name="cancellation">Honoured within a layer.</param>
    /// <exception cref="InvalidInputException">An item longer than the model's positions, or a token outside its vocabulary.</exception>
    public CandidateScorer(LanguageModel model, SelectionSet set, CancellationToken cancellation = default)
    {
        set.Check();
        (_model, Set, _compiler) = (model, set, new EditCompiler(model));
        var longestRefusal = set.Refusals.Max(r => r.Tokens.Length);
        var longest = Math.Max(set.Triggers.Max(t => t.Prompt.Length + Math.Max(longestRefusal, t.Openings.Max(o => o.Length)) - 1), set.Benigns.Max(b => b.Prompt.Length + b.Positions - 1));
        model.CheckLength(longest);
        foreach (var token in set.Refusals.SelectMany(r => r.Tokens).Concat(set.Triggers.SelectMany(t => t.Openings.SelectMany(o => o))))
            if ((uint)token >= (uint)model.ValidVocabulary) throw new InvalidInputException($"Token id {token} of an opening was to be scored; the vocabulary has {model.ValidVocabulary} entries.");
        var spec = model.Spec;
        var bytesPerPage = spec.Layers.Max(l => new KeyValueLayout(l.Attention).PageFloats) * sizeof(float);
        _rows = MemoryBudget.Rows(model.MemoryBytes, Transformer.BytesPerRow(spec));
        var pages = Math.Max(1, model.MemoryBytes / 8 / Math.Max(1, bytesPerPage));
        var branches = spec.CanBranch(longest);
        for (var i = 0; i < set.Triggers.Length; i++)
        {
            var item = set.Triggers[i];
            var most = item.Prompt.Length + item.Openings.Sum(o => o.Length) + set.Refusals.Sum(r => r.Tokens.Length);
            if (!branches) most += item.Prompt.Length * (item.Openings.Length + set.Refusals.Length - 1);
            Forest(most).Add(i, item, set.Refusals);
        }

        for (var i = 0; i < set.Benigns.Length; i++) Forest(set.Benigns[i].Prompt.Length + set.Benigns[i].Answer.Length).Add(i, set.Benigns[i]);
        foreach (var forest in _forests) forest.Close();
        _keepsStates = _forests.Sum(f => PrefixState.Bytes(spec, f.Rows)) <= model.MemoryBytes / 4;
        Baseline = ReadBase(cancellation);

        ScoringForest Forest(int more)
        {
            if (_forests.Count == 0 || _forests[^1].Rows > 0 && (_forests[^1].Rows + more > _rows || _forests[^1].Pages >= pages)) _forests.Add(new ScoringForest(branches));
            return _forests[^1];
        }
    }

    /// <summary>The items.</summary>
    public SelectionSet Set { get; }

    /// <summary>The base's own score: no edit.</summary>
    public CandidateScore Baseline { get; }

    /// <summary>Rows that one candidate takes, common beginnings counted once.</summary>
    public long RowsPerCandidate => _forests.Sum(f => (long)f.Rows);

    /// <summary>Candidates that fill a batch.</summary>
    public int Together => Math.Max(1, _rows / Math.Max(1, _forests.Min(f => f.Rows)));

    /// <summary>Why a candidate cannot be scored: its plan cannot be carried out on this model. Null where it can.</summary>
    /// <param name="candidate">A plan.</param>
    public string? Refusal(Candidate candidate)
    {
        ArgumentNullException.ThrowIfNull(candidate);
        try
        {
            _compiler.Hooks(candidate.Edits);
            return null;
        }
        catch (InvalidInputException e)
        {
            return e.Message;
        }
    }

    /// <summary>Scores candidates; the result is in their order.</summary>
    /// <param name="candidates">Plans for this model.</param>
    /// <param name="cancellation">Honoured within a layer.</param>
    /// <exception cref="InvalidInputException">A plan that is not for this model.</exception>
    public IReadOnlyList<CandidateScore> Score(IReadOnlyList<Candidate> candidates, CancellationToken cancellation = default)
    {
        var edits = candidates.Select(c => _compiler.Hooks(c.Edits)).ToArray();
        var behaviour = candidates.Select(_ => new double[Set.Triggers.Length]).ToArray();
        var damage = candidates.Select(_ => new double[Set.Benigns.Length]).ToArray();
        var groups = Enumerable.Range(0, edits.Length).GroupBy(i => edits[i].FirstPlace).OrderBy(g => g.Key).Select(g => (Place: g.Key, Members: g.ToArray())).ToList();
        foreach (var forest in _forests)
        {
            foreach (var (place, members) in groups)
            {
                if (forest.State is { } old && old.Place > place)
                {
                    old.Dispose();
                    forest.State = null;
                }

                Advance(forest, place, cancellation);
                foreach (var some in members.Chunk(Math.Max(1, _rows / Math.Max(1, forest.Rows))))
                {
                    _model.Transformer.Resume(forest.State!, [.. some.Select(i => edits[i])], forest.Wanted, _final, cancellation);
                    Read(forest, [.. some.Select(i => behaviour[i])], [.. some.Select(i => damage[i])]);
                }
            }

            if (_keepsStates) continue;
            forest.State?.Dispose();
            forest.State = null;
        }

        return [.. candidates.Select((c, i) => new CandidateScore(c.Id, [.. behaviour[i]], [.. damage[i]]))];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var forest in _forests) forest.Dispose();
        foreach (var buffer in (ReadOnlySpan<FloatBuffer>)[_final, _picked, _base]) buffer.Dispose();
    }

    private void Advance(ScoringForest forest, int place, CancellationToken cancellation)
    {
        forest.State ??= new PrefixState(forest.Segments);
        try
        {
            _model.Transformer.Advance(forest.State, place, cancellation);
        }
        catch
        {
            // Stopped half-way through a block: of no use to the next call.
            forest.State.Dispose();
            forest.State = null;
            throw;
        }
    }

    private CandidateScore ReadBase(CancellationToken cancellation)
    {
        var (behaviour, damage) = (new double[Set.Triggers.Length], new double[Set.Benigns.Length]);
        var nothing = new OutputEdits(_model.Spec, []);
        var width = _model.Spec.HiddenSize;
        foreach (var forest in _forests)
        {
            using var state = new PrefixState(forest.Segments);
            _model.Transformer.Advance(state, nothing.FirstPlace, cancellation);
            _model.Transformer.Resume(state, [nothing], forest.Wanted, _final, cancellation);
            Gather(forest.Compared, 1, forest.Wanted.Length, forest.Base);
            Read(forest, [behaviour], [damage]);
        }

        return new CandidateScore("no edit", [.. behaviour], [.. damage]);
    }

    /// <summary>Scores of one forest's items from the final rows of some candidates.</summary>
    private void Read(ScoringForest forest, double[][] behaviour, double[][] damage)
    {
        var (sets, valid) = (behaviour.Length, _model.ValidVocabulary);
        if (forest.Questions.Length > 0)
        {
            var answers = new double[sets * forest.Questions.Length];
            Gather([.. forest.Questions.Select(q => q.Wanted)], sets, forest.Wanted.Length, _picked);
            FusedHead.LogProbabilities(_model.Team, _model.Transformer.HeadSide(_picked.Data, answers.Length), valid, [.. Enumerable.Range(0, answers.Length).Select(i => forest.Questions[i % forest.Questions.Length].Token)], answers);
            for (var set = 0; set < sets; set++)
            {
                var own = answers.AsMemory(set * forest.Questions.Length, forest.Questions.Length);
                foreach (var (item, openings, refusals) in forest.Triggers)
                {
                    var answer = LogSum(openings.Select(o => Total(own.Span, o) - VectorMath.Log((double)openings.Length)));
                    behaviour[set][item] = answer - LogSum(refusals.Select((r, j) => Total(own.Span, r) + VectorMath.Log(Set.Refusals[j].Weight)));
                }
            }
        }

        if (forest.Compared.Length == 0) return;
        var rows = sets * forest.Compared.Length;
        var width = _model.Spec.HiddenSize;
        var divergences = new double[rows];
        Gather(forest.Compared, sets, forest.Wanted.Length, _picked);
        _base.Ensure((long)rows * width);
        for (var set = 0; set < sets; set++) forest.Base.Rows(0, forest.Compared.Length, width).CopyTo(_base.Rows((long)set * forest.Compared.Length, forest.Compared.Length, width));
        FusedHead.Pairs(_model.Team, _model.Transformer.HeadSide(_base.Data, rows), _model.Transformer.HeadSide(_picked.Data, rows), _model.MemoryBytes / 8,
            (row, p, q, scratch) => divergences[row] = LogitPair.Compare(p, q, valid, scratch).Kl);
        for (var set = 0; set < sets; set++)
            foreach (var (item, first, count) in forest.Benigns)
                damage[set][item] = FixedOrderSum.Mean(divergences.AsSpan(set * forest.Compared.Length + first, count));
    }

    /// <summary>Rows that heads read: those at <paramref name="at"/> among the wanted ones, of every set.</summary>
    private void Gather(int[] at, int sets, int wanted, FloatBuffer to)
    {
        var width = _model.Spec.HiddenSize;
        to.Ensure(Math.Max(1, (long)sets * at.Length * width));
        for (var set = 0; set < sets; set++)
            for (var i = 0; i < at.Length; i++)
                _final.Rows((long)set * wanted + at[i], 1, width).CopyTo(to.Rows((long)set * at.Length + i, 1, width));
    }

    private static double Total(ReadOnlySpan<double> answers, int[] questions)
    {
        var sum = 0.0;
        foreach (var question in questions) sum += answers[question];
        return sum;
    }

    /// <summary>ln Σ e^x.</summary>
    private static double LogSum(IEnumerable<double> values)
    {
        double[] x = [.. values];
        if (Array.Exists(x, double.IsNaN)) return double.NaN; // Max would pass it over.
        var most = x.Max();
        if (x.Length == 1 || double.IsNegativeInfinity(most)) return most;
        var sum = 0.0;
        foreach (var value in x) sum += VectorMath.Exp(value - most);
        return most + VectorMath.Log(sum);
    }
}
