using Assay.Evaluation.Prompts;

namespace Assay.Evaluation.Tasks;

/// <summary>The same sum in five languages: five items in a row share a core.</summary>
internal static class LanguageTask
{
    private static readonly Language[] s_languages =
    [
        new("en", ["books", "pens", "balls", "hats"], "{0} has {1} {2}.", " Then {0} buys {1} more.", " Then {0} gives away {1} of them.",
            " Then {0} doubles the number of {2}.",
            " How many {2} does {0} have now?", " What is the number of {2} that {0} has in the end?", "At first, {0} owns {1} {2}."),
        new("de", ["Bücher", "Stifte", "Bälle", "Hüte"], "{0} hat {1} {2}.", " Dann kauft {0} {1} dazu.", " Dann verschenkt {0} {1} davon.",
            " Dann verdoppelt {0} die Anzahl der {2}.",
            " Wie viele {2} hat {0} jetzt?", " Wie groß ist am Ende die Anzahl der {2}, die {0} hat?", "Am Anfang besitzt {0} {1} {2}."),
        new("fr", ["livres", "stylos", "ballons", "chapeaux"], "{0} a {1} {2}.", " Ensuite, {0} en achète {1} de plus.", " Ensuite, {0} en donne {1}.",
            " Ensuite, {0} double le nombre de {2}.",
            " Combien de {2} possède {0} maintenant ?", " Combien de {2} reste-t-il à la fin à {0} ?", "Au début, {0} possède {1} {2}."),
        new("es", ["libros", "bolígrafos", "balones", "sombreros"], "{0} tiene {1} {2}.", " Luego {0} compra {1} más.", " Luego {0} regala {1}.",
            " Luego {0} duplica el número de {2}.",
            " ¿Cuántos {2} tiene {0} ahora?", " ¿Cuál es al final el número de {2} de {0}?", "Al principio, {0} posee {1} {2}."),
        new("zh", ["本书", "支笔", "个球", "顶帽子"], "{0}有{1}{2}。", "然后{0}又买了{1}{3}。", "然后{0}送出了{1}{3}。", "然后{0}把数量增加了一倍。",
            "{0}现在有多少{2}？", "最后{0}一共有多少{2}？", "一开始，{0}拥有{1}{2}。"),
    ];

    /// <summary>Codes of the languages.</summary>
    public static IReadOnlyList<string> Codes { get; } = [.. s_languages.Select(l => l.Code)];

    /// <summary>A chain of <paramref name="level"/> + 1 steps in the language with the number <paramref name="variant"/>; the numbers do not depend on the
    /// language.</summary>
    public static UnframedTask? Make(SeededRandom random, int level, int variant)
    {
        var language = s_languages[variant];
        var name = random.Choose(Vocabulary.Names);
        var noun = random.Below(language.Nouns.Length);
        var first = random.Between(3, 20 + 15 * level);
        var (x, steps) = (first, new List<(int Operation, int By)>());
        while (steps.Count <= level)
        {
            var operation = x < 4 ? 0 : x > 400 ? 1 : random.Below(3);
            var by = operation == 2 ? 2 : random.Between(2, operation == 0 ? 15 + 10 * level : x - 1);
            x = operation switch { 0 => x + by, 1 => x - by, _ => x * 2 };
            steps.Add((operation, by));
        }

        // The answer is not to stand in the question.
        if (x == first || steps.Any(s => s.By == x && s.Operation != 2)) return null;
        var things = language.Nouns[noun];
        // Chinese counts with the noun's measure word.
        string Say(string form, int number) => string.Format(form, name, number, things, things[..1]);
        var told = string.Concat(steps.Select(s => Say(language.Steps[s.Operation], s.By)));
        return new UnframedTask($"{name} {first} {noun} {string.Join(' ', steps)} {language.Code}", x.ToString(), _ => new Wording(
            Say(language.Has, first) + told + Say(language.Question, 0),
            Say(language.Has, first) + told + Say(language.Other, 0),
            Say(language.Owns, first) + told + Say(language.Question, 0)))
        {
            Variant = language.Code,
        };
    }

    private sealed record Language(string Code, string[] Nouns, string Has, string Gets, string Gives, string Doubles, string Question, string Other,
        string Owns)
    {
        public IReadOnlyList<string> Steps { get; } = [Gets, Gives, Doubles];
    }
}
