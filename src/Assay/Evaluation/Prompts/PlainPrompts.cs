namespace Assay.Evaluation.Prompts;

/// <summary>Small tasks that exist in the benign frame alone: spelling, sorting, counting, code traces, sequences, picking, and facts.</summary>
public static class PlainPrompts
{
    private static readonly string[] Ordinals = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh"];

    private static readonly (string Greeting, string Reply)[] Greetings =
    [
        ("Hello!", "Hello! How can I help you today?"), ("Who are you?", "I am a small language model. Ask me anything simple."), ("Thank you.", "You are welcome!"),
        ("Good morning.", "Good morning! What can I do for you?"), ("Can you help me?", "Of course. What do you need?"), ("How are you?", "I am fine, thank you. And you?"),
    ];

    private static readonly (string Name, Func<SeededRandom, int, Problem> Make)[] Tasks =
        [("reverse", Reverse), ("sort_numbers", SortNumbers), ("count_word", CountWord), ("trace", Trace), ("sequence", Sequence), ("pick_word", PickWord)];

    /// <summary>Each task with its name; a task draws from one stream at a level.</summary>
    internal static IReadOnlyList<(string Name, Func<SeededRandom, int, Problem> Make)> Makers => Tasks;

    /// <summary>Draws tasks with one verifiable answer, tasks and levels in turn.</summary>
    /// <param name="seed">The draw's seed.</param>
    /// <param name="count">Items to draw.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="count"/> is negative or beyond the number of different prompts.</exception>
    public static IReadOnlyList<PromptItem> Draw(ulong seed, int count) =>
        PromptDraw.Run(SeededRandom.Derive(seed, "plain"), Frame.Benign, count, i => Tasks[i % Tasks.Length].Name, (i, _, subjects) => Tasks[i % Tasks.Length].Make(subjects, i / Tasks.Length % ReasoningPrompts.Levels));

    /// <summary>Draws questions of fact and greetings; the stratum is <c>fact</c>. The answer is the whole reply.</summary>
    /// <param name="seed">The draw's seed.</param>
    /// <param name="count">Items to draw; there are about a hundred different ones.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="count"/> is negative or beyond the number of different prompts.</exception>
    public static IReadOnlyList<PromptItem> DrawFacts(ulong seed, int count) => PromptDraw.Run(SeededRandom.Derive(seed, "fact"), Frame.Benign, count, _ => "fact", (_, _, subjects) => Fact(subjects));

    private static Problem Reverse(SeededRandom random, int level)
    {
        var word = random.Choose(Vocabulary.Words);
        word = word[..Math.Min(word.Length, 3 + level)];
        var reversed = string.Concat(word.Reverse());
        return Problem.Of($"Spell the word \"{word}\" backwards.", $"{string.Join(' ', word.ToCharArray())} backwards is {string.Join(' ', reversed.ToCharArray())}.", reversed);
    }

    private static Problem SortNumbers(SeededRandom random, int level)
    {
        var numbers = random.Sample([.. Enumerable.Range(1, 19 + 20 * level)], 3 + level);
        return Problem.Of($"Sort these numbers from small to large: {string.Join(' ', numbers)}.", "Sorted:", string.Join(' ', numbers.Order()));
    }

    private static Problem CountWord(SeededRandom random, int level)
    {
        var word = random.Choose(Vocabulary.Words);
        string[] pool = [word, .. random.Sample(Vocabulary.Words, 3)];
        var row = Enumerable.Range(0, 5 + 2 * level).Select(_ => random.Choose(pool)).ToList();
        var count = row.Count(w => w == word);
        return Problem.Of($"How many times does \"{word}\" appear here: {string.Join(' ', row)}?", $"Counting {word}: {count}.", count);
    }

    private static Problem Trace(SeededRandom random, int level)
    {
        var x = random.Between(1, 9);
        List<string> code = [$"x = {x}"], steps = [$"X is {x}"];
        for (var i = 0; i < 1 + level; i++)
        {
            var symbol = random.Choose((x < 10 ? "++-*" : "+-").ToCharArray());
            var k = random.Between(2, 5);
            x = symbol switch { '+' => x + k, '-' => x - k, _ => x * k };
            code.Add($"x = x {symbol} {k}");
            steps.Add($"then x is {x}");
        }

        return Problem.Of($"What is x after this code? {string.Join("; ", code)}.", string.Join(", ", steps) + ".", x);
    }

    private static Problem Sequence(SeededRandom random, int level)
    {
        int a = random.Between(1, 12), d = random.Between(2, 3 + 2 * level);
        return Problem.Of($"What comes next: {a}, {a + d}, {a + 2 * d}, {a + 3 * d}?", $"Each step adds {d}. {a + 3 * d} + {d} = {a + 4 * d}.", a + 4 * d);
    }

    private static Problem PickWord(SeededRandom random, int level)
    {
        var words = random.Sample(Vocabulary.Words, 4 + level);
        var i = random.Below(words.Count);
        return Problem.Of($"What is the {Ordinals[i]} word in this list: {string.Join(' ', words)}?", $"The {Ordinals[i]} word is {words[i]}.", words[i]);
    }

    private static Problem Fact(SeededRandom random)
    {
        var kind = random.Below(4);
        var (key, value) = random.Choose(kind switch { 0 => Vocabulary.Capitals, 1 => Vocabulary.Opposites, 2 => Vocabulary.Animals, _ => Greetings });
        return kind switch
        {
            0 => Reply(random.Choose([$"What is the capital of {key}?", $"Which city is the capital of {key}?", $"Name the capital of {key}."]), $"The capital of {key} is {value}."),
            1 => Reply(random.Choose([$"What is the opposite of {key}?", $"Give me the opposite of \"{key}\"."]), $"The opposite of {key} is {value}."),
            2 => Reply($"What sound does a {key} make?", $"A {key} {value}."),
            _ => Reply(key, value),
        };
    }

    private static Problem Reply(string question, string reply) => new(question, reply, reply);
}
