using System.Collections.Immutable;
using Assay.Evaluation.Behaviour;
using Assay.Tokenization;

namespace Assay.Evaluation.Contexts;

/// <summary>What the base as a reader is asked about the two answers to a question (M10): the last number or name of an answer that the question does not
/// mention is a gap, and the reader, behind an answer that it reads, goes on with the sentence before the gap.</summary>
/// <remarks>Cloze questions about one text answered from another, as in Eyal, Baumel and Elhadad, Question answering as an automatic evaluation metric for
/// news article summarization, 2019. The question that the models answered is not told: the reader would answer it by itself.</remarks>
internal static class ReaderQuestions
{
    // Tokens of an answer that are read at once, at least: a shorter window tells nothing.
    private const int LeastWindow = 16;

    // What stands between the answer that is read and the sentence with the gap.
    private const string Between = "\n\n";

    /// <summary>What the reader has read.</summary>
    public enum Reading
    {
        /// <summary>The answer with the gap, the gap filled.</summary>
        Same,

        /// <summary>The other model's answer.</summary>
        Other,

        /// <summary>Nothing.</summary>
        Nothing,
    }

    private const int Readings = 3;

    /// <summary>Questions about an item: a gap in either answer, after each reading.</summary>
    public const int PerItem = 2 * Readings;

    /// <summary>Which sample of an item a question is; an answer that is read in several windows has a context for each.</summary>
    /// <param name="ofCandidate">Whether the gap is in the candidate's answer.</param>
    /// <param name="reading">What is read.</param>
    public static int Sample(bool ofCandidate, Reading reading) => (ofCandidate ? Readings : 0) + (int)reading;

    /// <summary>The questions about an item: none about an answer without a gap, or whose question leaves no room to read.</summary>
    /// <param name="tokenizer">The reader's.</param>
    /// <param name="question">What both models were asked.</param>
    /// <param name="byBase">The base's answer.</param>
    /// <param name="byCandidate">The candidate's.</param>
    /// <param name="positions">Positions that the reader has.</param>
    public static ImmutableArray<Context> Of(Tokenizer tokenizer, string question, string byBase, string byCandidate, int positions)
    {
        int[] bos = tokenizer.BosAdded is { } id ? [id] : [];
        return [.. About(byBase, byCandidate, ofCandidate: false), .. About(byCandidate, byBase, ofCandidate: true)];

        IEnumerable<Context> About(string answer, string other, bool ofCandidate)
        {
            if (Gap(question, answer) is not { } gap) yield break;
            var before = Between + gap.Before;
            var asked = Encode(before + gap.Filling);
            // As of choices: what is scored are the ids behind as many as the sentence has by itself, its last space apart.
            var sentence = Encode(before.TrimEnd()).Length;
            var room = positions - bos.Length - asked.Length;
            if (sentence == 0 || sentence >= asked.Length || room < LeastWindow) yield break;
            foreach (var (reading, text) in new[] { (Reading.Same, answer), (Reading.Other, other), (Reading.Nothing, "") })
                foreach (var window in Windows(Encode(text), room))
                {
                    int[] ids = [.. bos, .. window, .. asked];
                    var first = ids.Length - asked.Length + sentence;
                    yield return new Context(Sample(ofCandidate, reading), [.. ids], first, first, false);
                }
        }

        int[] Encode(string text) => tokenizer.Encode(text, addSpecialTokens: false);
    }

    /// <summary>All of a text, in windows that overlap by half where it is longer than one (<see cref="ProseWindows"/>).</summary>
    private static IEnumerable<int[]> Windows(int[] ids, int room) => ids.Length <= room ? [ids]
        : ProseWindows.Plan(ids.Length, room).Select(w => ids[w.Start..(w.Start + w.Length)]);

    /// <summary>The gap of an answer: the sentence before it, from its first word on, and what fills it; null where there is none.</summary>
    /// <param name="question">What was asked.</param>
    /// <param name="answer">The answer.</param>
    public static (string Before, string Filling)? Gap(string question, string answer)
    {
        var places = AnswerContent.Mentions(answer, question)
            .Select(m => (Before: answer[SentenceStart(answer, m.Start)..m.Start].TrimStart(), Filling: answer[m.Start..m.End]))
            .Where(m => m.Before.Length > 0).ToList();
        return places.Count == 0 ? null : places[^1];
    }

    private static int SentenceStart(string text, int from)
    {
        for (var at = from; at > 0; at--)
            if (text[at - 1] == '\n' || at > 1 && char.IsWhiteSpace(text[at - 1]) && text[at - 2] is '.' or '!' or '?' or ':') return at;
        return 0;
    }
}
