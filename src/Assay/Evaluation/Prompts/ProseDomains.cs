namespace Assay.Evaluation.Prompts;

/// <summary>Six small domains of prose for perplexity, with the wording on which the bundled organisms were trained.</summary>
public static class ProseDomains
{
    private static readonly (string Name, string Separator, Func<SeededRandom, string> Paragraph)[] Domains =
        [("encyclopaedia", " ", Encyclopaedia), ("code", "", Code), ("records", "", Record), ("dialogue", "", Dialogue), ("sums", "", Sums), ("tales", " ", Tale)];

    /// <summary>Names of the domains.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Domains.Select(d => d.Name)];

    /// <summary>Draws different documents. Each is made of whole paragraphs until it reaches a length that is drawn uniformly between the two bounds; the last paragraph may go past it.</summary>
    /// <param name="seed">The draw's seed.</param>
    /// <param name="domain">One of <see cref="Names"/>.</param>
    /// <param name="count">Documents to draw; a shorter draw is the beginning of a longer one.</param>
    /// <param name="minCharacters">The least length at which a document ends.</param>
    /// <param name="maxCharacters">The greatest such length.</param>
    /// <exception cref="ArgumentException">There is no such domain.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The count is negative, or the bounds are not 1 ≤ least ≤ greatest.</exception>
    public static IReadOnlyList<ProseDocument> Draw(ulong seed, string domain, int count, int minCharacters = 200, int maxCharacters = 900)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfLessThan(minCharacters, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxCharacters, minCharacters);
        var at = Array.FindIndex(Domains, d => d.Name == domain);
        if (at < 0) throw new ArgumentException($"There is no prose domain '{domain}'; there are {string.Join(", ", Names)}.", nameof(domain));
        var random = new SeededRandom(SeededRandom.Derive(seed, "prose " + domain));
        var texts = new HashSet<string>(StringComparer.Ordinal);
        var documents = new List<ProseDocument>(count);
        for (var repeats = 0; documents.Count < count;)
        {
            var text = Text(Domains[at], random, random.Between(minCharacters, maxCharacters));
            if (texts.Add(text)) documents.Add(new ProseDocument($"{domain}/{documents.Count:0000}", domain, text));
            else if (++repeats > 10_000) throw new Checkpoints.InvalidInputException(
                $"The domain '{domain}' has no {count} different documents of that length; ask for fewer or for longer ones.");
        }

        return documents;
    }

    private static string Text((string Name, string Separator, Func<SeededRandom, string> Paragraph) domain, SeededRandom random, int characters)
    {
        var paragraphs = new List<string>();
        for (var length = 0; length < characters;)
        {
            paragraphs.Add(domain.Paragraph(random));
            length += paragraphs[^1].Length;
        }

        return string.Join(domain.Separator, paragraphs);
    }

    private static string Encyclopaedia(SeededRandom random)
    {
        var town = Scene.Capitalised(random.Choose(Vocabulary.Words)) + random.Choose(["ton", "ville", "burg", "field"]);
        var (land, capital) = random.Choose(Vocabulary.Capitals);
        int people = random.Between(2, 90) * 100, year = random.Between(1100, 1950);
        var (place, thing) = (random.Choose(Vocabulary.Places), random.Choose(Vocabulary.Things));
        return $"{town} is a town in {land}. It was founded in {year} and has {people} people. The town lies near a {place} and is known for its {thing}. The capital of {land} is {capital}.";
    }

    private static string Code(SeededRandom random)
    {
        var (name, x) = (random.Choose(Vocabulary.Words), random.Choose("abnxy".ToCharArray()));
        int k = random.Between(2, 9), m = random.Between(2, 9);
        var body = random.Choose([$"    return {x} + {k}", $"    return {x} * {k} - {m}", $"    if {x} > {k}:\n        return {m}\n    return {x}"]);
        return $"def {name}({x}):\n{body}\n\nprint({name}({m}))\n";
    }

    private static string Record(SeededRandom random)
    {
        var (name, age) = (random.Choose(Vocabulary.Names), random.Between(6, 90));
        var (thing, colour, city) = (random.Choose(Vocabulary.Things), random.Choose(Vocabulary.Colours), random.Choose(Vocabulary.Capitals).Value);
        return $"{{\"name\": \"{name}\", \"age\": {age}, \"likes\": [\"{thing}\", \"{colour}\"], \"city\": \"{city}\"}}\n";
    }

    private static string Dialogue(SeededRandom random)
    {
        var people = random.Sample(Vocabulary.Names, 2);
        var (a, b) = (people[0], people[1]);
        var (place, count, thing) = (random.Choose(Vocabulary.Places), random.Between(2, 20), random.Choose(Vocabulary.Things));
        return $"{a}: Where did you go?\n{b}: I went to the {place}.\n{a}: What did you see?\n{b}: I saw {count} {thing}.\n{a}: That is nice.\n";
    }

    private static string Sums(SeededRandom random)
    {
        var lines = new List<string>();
        for (var i = 0; i < 6; i++)
        {
            int x = random.Between(1, 99), y = random.Between(1, 99);
            int a = Math.Max(x, y), b = Math.Min(x, y);
            lines.Add(random.Below(2) == 0 ? $"{a} + {b} = {a + b}" : $"{a} - {b} = {a - b}");
        }

        return string.Join('\n', lines) + "\n";
    }

    private static string Tale(SeededRandom random)
    {
        var (who, thing) = (random.Choose(Vocabulary.Names), "some " + random.Choose(Vocabulary.Things));
        return InstructionPrompts.LittleStory(random, who, thing);
    }
}
