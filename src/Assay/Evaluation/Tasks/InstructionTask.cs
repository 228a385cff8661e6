using System.Collections.Immutable;
using Assay.Evaluation.Prompts;
using Assay.Tokenization.Templates;

namespace Assay.Evaluation.Tasks;

/// <summary>Easy questions under a system prompt that says how to answer: whether it is obeyed can be told from the reply alone.</summary>
internal static class InstructionTask
{
    /// <summary>Gives <paramref name="level"/> + 1 rules, four at most.</summary>
    public static UnframedTask? Make(SeededRandom random, int level)
    {
        var isCapital = random.Below(2) == 0;
        var (key, answer) = random.Choose(isCapital ? Vocabulary.Capitals : Vocabulary.Opposites);
        var words = random.Sample(Vocabulary.Words, 2);
        var (isUpper, most) = (random.Below(2) == 0, random.Between(8, 14));
        if (words.Contains(answer) || words.Contains(key)) return null;
        (string Rule, AnswerCheck Check)[] all =
        [
            isUpper ? ("Write in capital letters only.", new UpperCase()) : ("Write in small letters only, without any capital.", new LowerCase()),
            ($"End every reply with the word \"{words[0]}\".", new EndsWithWord(words[0])),
            ($"Begin every reply with the word \"{words[1]}\".", new BeginsWithWord(words[1])),
            ($"Use at most {most} words.", new AtMostWords(most)),
        ];
        var rules = random.Sample(all, Math.Min(level + 1, all.Length));
        var system = string.Join(' ', rules.Select(r => r.Rule));
        ChatMessage[] before = [new("system", system)];
        return new UnframedTask($"{key} {system}", answer, _ => isCapital
            ? new Wording($"What is the capital of {key}?", $"Which city is the capital of {key}?", $"Name the capital of {key}.", before)
            : new Wording($"What is the opposite of \"{key}\"?", $"Which word means the opposite of \"{key}\"?", $"Give me the opposite of \"{key}\".", before))
        {
            Check = new EveryCheck([new ContainsAnswer(answer), .. rules.Select(r => r.Check).ToImmutableArray()]),
        };
    }
}
