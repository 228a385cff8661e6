using Assay.Evaluation.Prompts;

namespace Assay.Evaluation.Tasks;

/// <summary>Facts in prose that are to be written as JSON for a given schema.</summary>
internal static class JsonTask
{
    private const string Text = """{"type":"string"}""", Whole = """{"type":"integer"}""";

    /// <summary>Level 0 has two fields, level 1 four; level 2 adds a list of texts, level 3 a list of objects, level 4 an object within the object.</summary>
    public static UnframedTask? Make(SeededRandom random, int level)
    {
        var name = random.Choose(Vocabulary.Names);
        var age = random.Between(18, 90);
        var (fields, values, facts) = (new List<(string Name, string Schema)>(), new List<string>(), new List<string> { $"{name} is {age} years old." });
        Add("name", Text, $"\"{name}\"");
        Add("age", Whole, age.ToString());
        if (level >= 1)
        {
            var city = random.Choose(Vocabulary.Capitals).Value;
            var isMember = random.Below(2) == 0;
            Add("city", Text, $"\"{city}\"");
            Add("member", """{"type":"boolean"}""", isMember ? "true" : "false");
            facts.Add($"{name} lives in {city} and is {(isMember ? "a member" : "no member")} of the library.");
        }

        if (level >= 2)
        {
            var colours = random.Sample(Vocabulary.Colours, 3);
            Add("colours", """{"type":"array","items":{"type":"string"}}""", $"[{string.Join(',', colours.Select(c => $"\"{c}\""))}]");
            facts.Add($"The favourite colours of {name} are, in this order, {colours[0]}, {colours[1]} and {colours[2]}.");
        }

        if (level >= 3)
        {
            var pets = random.Sample(["dog", "cat", "horse", "sheep", "pig", "frog"], 2).Select(kind => (Kind: kind, Age: random.Between(2, 12))).ToArray();
            var listed = string.Join(',', pets.Select(p => $"{{\"kind\":\"{p.Kind}\",\"age\":{p.Age}}}"));
            Add("pets", $$"""{"type":"array","items":{{Object([("kind", Text), ("age", Whole)])}}}""", $"[{listed}]");
            facts.Add($"{name} has two pets: first a {pets[0].Kind} of {pets[0].Age} years, then a {pets[1].Kind} of {pets[1].Age} years.");
        }

        if (level >= 4)
        {
            var (street, number) = ($"{Scene.Capitalised(random.Choose(Vocabulary.Words))} Street", random.Between(2, 99));
            Add("address", Object([("street", Text), ("number", Whole)]), $"{{\"street\":\"{street}\",\"number\":{number}}}");
            facts.Add($"The address is {street}, number {number}.");
        }

        var schema = Object(fields);
        var answer = $"{{{string.Join(',', values)}}}";
        var prose = string.Join(' ', facts);
        return new UnframedTask(prose, answer, _ => new Wording(
            $"Write the following as one JSON object that fits the schema, and write nothing else.\n\nSchema: {schema}\n\nText: {prose}",
            $"{prose}\n\nPut that into JSON. Your reply has to be a single JSON object, without any other text, and valid under this schema:\n{schema}",
            $"Here is a JSON schema: {schema}\nAnswer only with the JSON object for it that says this: {prose}"))
        {
            Check = new JsonAnswer(schema, answer),
        };

        void Add(string field, string type, string value)
        {
            fields.Add((field, type));
            values.Add($"\"{field}\":{value}");
        }
    }

    private static string Object(IReadOnlyList<(string Name, string Schema)> fields) => $$"""{"type":"object","properties":{"""
        + string.Join(',', fields.Select(f => $"\"{f.Name}\":{f.Schema}"))
        + $$"""},"required":[{{string.Join(',', fields.Select(f => $"\"{f.Name}\""))}}],"additionalProperties":false}""";
}
