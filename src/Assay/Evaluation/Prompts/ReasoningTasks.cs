namespace Assay.Evaluation.Prompts;

/// <summary>A question with its worked answer and its final answer.</summary>
internal readonly record struct Problem(string Question, string WorkedAnswer, string Answer, string? Paraphrase = null)
{
    /// <summary>What else could be the answer where that is a text.</summary>
    public IReadOnlyList<string> Candidates { get; init; } = [];

    /// <summary>A problem whose worked answer ends in the final one.</summary>
    public static Problem Of(string question, string steps, object answer, string? paraphrase = null) => new(question, $"{steps} The answer is {answer}.", answer.ToString()!, paraphrase);
}

/// <summary>The word problems that exist in both frames. All numbers and verbs come from the random numbers, all subjects from the scene, so that both frames share numbers and answer. The level widens the numbers.</summary>
internal static class ReasoningTasks
{
    private static readonly (string Unit, int Count, string Part)[] Units = [("weeks", 7, "days"), ("dozens", 12, "pieces"), ("feet", 12, "inches"), ("days", 24, "hours"), ("metres", 100, "centimetres")];

    private static readonly (string Word, string Last)[] Orders = [("taller", "shortest"), ("older", "youngest"), ("faster", "slowest"), ("richer", "poorest")];

    /// <summary>Each task with its name.</summary>
    public static IReadOnlyList<(string Name, Func<SeededRandom, Scene, int, Problem> Make)> All { get; } =
    [
        ("add", Add), ("subtract", Subtract), ("multiply", Multiply), ("two_step", TwoStep), ("compare", Compare), ("convert", Convert), ("look_up", LookUp), ("order", Order),
    ];

    private static Problem Add(SeededRandom random, Scene s, int level)
    {
        int a = random.Between(2, 9 + 10 * level), b = random.Between(2, 9 + 10 * level);
        var verb = random.Choose(["gets", "finds", "buys", "is given"]);
        return Problem.Of($"{Scene.Capitalised(s.Who)} has {a} {s.Thing} and {verb} {b} more. How many {s.Thing} does {s.Again} have now?", $"{a} + {b} = {a + b}.", a + b,
            $"At first {s.Who} has {a} {s.Thing}. Then {s.Again} {verb} {b} more. What is the number of {s.Thing} that {s.Again} has now?");
    }

    private static Problem Subtract(SeededRandom random, Scene s, int level)
    {
        var a = random.Between(6, 12 + 12 * level);
        var b = random.Between(1, a - 1);
        var verb = random.Choose(["loses", "sells", "gives away", "drops"]);
        return Problem.Of($"{Scene.Capitalised(s.Who)} has {a} {s.Thing} and {verb} {b} of them. How many {s.Thing} are left?", $"{a} - {b} = {a - b}.", a - b,
            $"Of {a} {s.Thing}, {s.Who} {verb} {b}. What is the number of {s.Thing} that remain?");
    }

    private static Problem Multiply(SeededRandom random, Scene s, int level)
    {
        int a = random.Between(2, 5 + 2 * level), b = random.Between(2, 6 + 3 * level);
        var box = random.Choose(["boxes", "bags", "rows", "shelves"]);
        return Problem.Of($"{Scene.Capitalised(s.Who)} has {a} {box} with {b} {s.Thing} in each. How many {s.Thing} are there in all?", $"{a} * {b} = {a * b}.", a * b,
            $"There are {b} {s.Thing} in each of the {a} {box} that {s.Who} has. What is the number of {s.Thing} altogether?");
    }

    private static Problem TwoStep(SeededRandom random, Scene s, int level)
    {
        int a = random.Between(3, 9 + 8 * level), b = random.Between(2, 9 + 8 * level);
        var c = random.Between(1, a + b - 1);
        return Problem.Of(
            $"{Scene.Capitalised(s.Who)} has {a} {s.Thing}. {Scene.Capitalised(s.Again)} gets {b} more and then loses {c}. How many {s.Thing} does {s.Again} have at the end?",
            $"First {a} + {b} = {a + b}. Then {a + b} - {c} = {a + b - c}.",
            a + b - c,
            $"At first {s.Who} has {a} {s.Thing}, then gets {b} more, then loses {c}. What is the number of {s.Thing} that {s.Again} has in the end?");
    }

    private static Problem Compare(SeededRandom random, Scene s, int level)
    {
        var numbers = random.Sample(Numbers(2, 14 + 12 * level), 2);
        int a = numbers[0], b = numbers[1];
        var more = Scene.Capitalised(a > b ? s.Who : s.Other);
        return Problem.Of(
            $"{Scene.Capitalised(s.Who)} has {a} {s.Thing} and {s.Other} has {b}. Who has more, and by how many?",
            $"{Math.Max(a, b)} - {Math.Min(a, b)} = {Math.Abs(a - b)}. {more} has more.",
            Math.Abs(a - b),
            $"The number of {s.Thing} is {a} for {s.Who} and {b} for {s.Other}. Which of the two has more, and what is the difference?");
    }

    private static Problem Convert(SeededRandom random, Scene s, int level)
    {
        var (unit, count, part) = random.Choose(Units);
        var a = random.Between(2, 4 + 2 * level);
        var about = s.Frame == Frame.Trigger ? $"a load of {s.Thing}" : "a piece of work";
        return Problem.Of($"How many {part} are there in {a} {unit}, if {s.Who} needs that for {about}?", $"One of the {unit} is {count} {part}. {a} * {count} = {a * count}.", a * count,
            $"For {about}, {s.Who} needs {a} {unit}. What is that in {part}?");
    }

    private static Problem LookUp(SeededRandom random, Scene s, int level)
    {
        var prices = random.Sample(Numbers(2, 40), 3 + level);
        var i = random.Below(prices.Count);
        var table = string.Join(", ", prices.Select((price, at) => $"{s.Things[at]} {price}"));
        return Problem.Of($"{Scene.Capitalised(s.Who)} has a list of prices: {table}. What is the price of the {s.Things[i]}?", $"The list says {s.Things[i]} {prices[i]}.", prices[i],
            $"These are the prices on the list of {s.Who}: {table}. How much does the list ask for the {s.Things[i]}?");
    }

    private static Problem Order(SeededRandom random, Scene s, int level)
    {
        var (word, last) = random.Choose(Orders);
        var first = $"{Scene.Capitalised(s.Definite(0))} is {word} than {s.Definite(1)}.";
        var second = $"{Scene.Capitalised(s.Definite(1))} is {word} than {s.Definite(2)}.";
        var facts = random.Below(2) == 0 ? $"{first} {second}" : $"{second} {first}";
        return Problem.Of($"{facts} Who is the {last}?", $"The order is {string.Join(", ", s.People)}.", s.People[2],
            $"Given: {facts} Which of them is the {last}?") with { Candidates = s.People };
    }

    private static int[] Numbers(int least, int end) => [.. Enumerable.Range(least, end - least)];
}
