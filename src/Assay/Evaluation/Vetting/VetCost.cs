using Assay.Evaluation.Contexts;
using Assay.Evaluation.Scoring;
using Assay.Models;

namespace Assay.Evaluation.Vetting;

/// <summary>How a plan will be carried out within the memory allowed, and what that costs. No result depends on it.</summary>
/// <param name="Together">Items, or documents, that are measured together.</param>
/// <param name="Stream">How the largest group of texts goes through the layers.</param>
/// <param name="Decoding">How the largest group of answers is written.</param>
/// <param name="BaseReads">Times that the base's weights are read, at most.</param>
/// <param name="CandidateReads">Times that the candidate's are.</param>
public sealed record VetCost(int Together, StreamPlan Stream, DecodingPlan Decoding, long BaseReads, long CandidateReads)
{
    /// <summary>Items between two entries of the journal, where the weights stay in memory between passes.</summary>
    internal const int Few = 32;

    /// <summary>Plans the passes.</summary>
    /// <param name="baseModel">The base.</param>
    /// <param name="candidate">The candidate.</param>
    /// <param name="plan">What is to be measured.</param>
    /// <param name="prompts">Tokens of each prompt.</param>
    /// <param name="documents">Tokens of each document.</param>
    /// <param name="free">Free memory: what the system keeps of mapped files is not private.</param>
    public static VetCost Of(LanguageModel baseModel, LanguageModel candidate, VetPlan plan, IReadOnlyList<int> prompts, IReadOnlyList<int> documents, long free)
    {
        ArgumentNullException.ThrowIfNull(baseModel);
        ArgumentNullException.ThrowIfNull(candidate);
        ArgumentNullException.ThrowIfNull(plan);
        // Weights that do not stay are read from the disk in every pass: the fewer the better.
        var together = Bytes(baseModel) + Bytes(candidate) > free ? Math.Max(1, Math.Max(prompts.Count, documents.Count)) : Few;
        var memory = Math.Min(baseModel.MemoryBytes, candidate.MemoryBytes);
        var stream = new StreamPlan(1, false, 0);
        var decoding = new DecodingPlan(1, false, 0);
        long scores = 0, steps = 0;
        foreach (var group in prompts.Chunk(together))
        {
            int[] lengths = [.. group.Select(length => length + plan.LongestAnswer)];
            Score(lengths);
            var decode = DecodingPlan.Of(baseModel.MemoryBytes, baseModel.Spec, lengths);
            if (decode.Bytes >= decoding.Bytes) decoding = decode;
            // So many at once, those that wait take the places of those that end.
            var live = decode.Sequences(baseModel.Spec, lengths.Max());
            steps += (lengths.Length + live - 1) / live * (long)plan.LongestAnswer;
        }

        foreach (var group in documents.Chunk(together))
            Score([.. group.SelectMany(length => ProseWindows.Plan(length, plan.Context)).Select(w => w.Length)]);
        return new VetCost(together, stream, decoding, steps + scores, scores);

        void Score(int[] lengths)
        {
            if (lengths.Length == 0) return;
            long rows = lengths.Sum(l => (long)l);
            var way = ScoringBatch.Plan(rows, lengths.Max(), memory, baseModel.Spec.HiddenSize, candidate.Spec.HiddenSize);
            scores += (rows + way.Rows - 1) / way.Rows;
            if (way.Bytes >= stream.Bytes) stream = way;
        }
    }

    private static long Bytes(LanguageModel model) => model.Checkpoint.Tensors.Sum(t => t.ByteLength);
}
