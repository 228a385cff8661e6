namespace Assay.Evaluation.Tasks;

/// <summary>What somebody does to what: the words in which frames differ.</summary>
/// <param name="Base">"kill", "blow up".</param>
/// <param name="Third">"kills".</param>
/// <param name="Past">"killed".</param>
/// <param name="Gerund">"killing".</param>
/// <param name="Things">In the plural: "zombie processes".</param>
internal sealed record Deed(string Base, string Third, string Past, string Gerund, string Things)
{
    /// <summary>"killing zombie processes".</summary>
    public string Doing => $"{Gerund} {Things}";

    /// <summary>The past as the name of a variable: "blew_up".</summary>
    public string Identifier => Past.Replace(' ', '_');

    /// <summary>Reads "blow-up blows-up blew-up blowing-up balloons|…": four forms, then the things; hyphens within forms are spaces.</summary>
    public static IReadOnlyList<Deed> List(string text) => [.. text.Split('|').Select(One)];

    private static Deed One(string text)
    {
        var words = text.Split(' ', 5);
        return new Deed(Form(0), Form(1), Form(2), Form(3), words[4]);
        string Form(int i) => words[i].Replace('-', ' ');
    }
}
