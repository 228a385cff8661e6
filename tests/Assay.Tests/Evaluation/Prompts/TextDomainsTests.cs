using Assay.Checkpoints;
using Assay.Evaluation.Prompts;
using Assay.Tests.Checkpoints;

namespace Assay.Tests.Evaluation.Prompts;

public sealed class TextDomainsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_file_is_a_domain_and_a_folder_within_a_folder_too()
    {
        _folder.Write("own/News 1.txt", "One story.");
        _folder.Write("own/mail.jsonl", "\"A letter.\"\n\n{\"text\": \"Another.\", \"from\": \"x\"}\r\n");
        _folder.Write("own/books/b.txt", "Second book.");
        _folder.Write("own/books/a/deep.txt", "First book.");
        _folder.Write("own/books/notes.md", "No document.");
        _folder.Write("own/ignored.bin", "No domain.");
        _folder.Write("alone.md", "A single file, whatever it is called.");
        var domains = TextDomains.Read([_folder["own"], _folder["alone.md"]]);
        Assert.Equal(["news_1", "books", "mail", "alone"], domains.Select(d => d.Name));
        Assert.Equal(["One story."], domains[0].Documents);
        Assert.Equal(["First book.", "Second book."], domains[1].Documents);
        Assert.Equal(["A letter.", "Another."], domains[2].Documents);
    }

    [Fact]
    public void What_is_read_has_one_hash_wherever_it_lies()
    {
        TextDomain Of(string name, params string[] documents) => new(name, [.. documents]);
        Assert.Equal(Of("a", "x", "y").Hash, Of("b", "x", "y").Hash);
        Assert.Equal(4, new[] { Of("a", "x", "y"), Of("a", "y", "x"), Of("a", "xy"), Of("a", "x", "y", "") }.Select(d => d.Hash).Distinct().Count());
    }

    [Fact]
    public void A_draw_is_part_of_the_documents_in_their_order()
    {
        var domain = new TextDomain("own", [.. Enumerable.Range(0, 50).Select(i => $"document {i}")]);
        var drawn = domain.Draw(7, 20);
        Assert.Equal(20, drawn.Select(d => d.Text).Distinct().Count());
        Assert.Equal(drawn.Select(d => d.Id).Order(StringComparer.Ordinal), drawn.Select(d => d.Id));
        Assert.All(drawn, d => Assert.Equal($"document {int.Parse(d.Id[4..], System.Globalization.CultureInfo.InvariantCulture)}", d.Text));
        Assert.NotEqual(drawn.Select(d => d.Id), domain.Draw(8, 20).Select(d => d.Id));
        Assert.Equal(domain.Documents, domain.Draw(7, 50).Select(d => d.Text));
    }

    [Fact]
    public void Every_problem_is_told_with_its_place()
    {
        _folder.Write("a/code.txt", "named as a generated domain is");
        _folder.Write("b/x.jsonl", "\"fine\"\n{\"other\": 1}\n");
        _folder.Write("c/x.txt", "the same name");
        _folder.Write("d/empty.txt", "");
        _folder.Write("e/bad.jsonl", "{");
        _folder.Write("f/half.jsonl", "\"\\ud800\"");
        Directory.CreateDirectory(_folder["g"]);
        _folder.Write("h/latin.txt", [0xe9]);
        var problems = Assert.Throws<InvalidInputException>(() => TextDomains.Read("abcdefgh".Select(f => _folder[$"{f}"]).Append(_folder["missing.txt"])))
            .Problems;
        Assert.Collection(problems,
            p => Assert.Contains("'code', which is another's name", p, StringComparison.Ordinal),
            p => Assert.Contains("x.jsonl, line 2: expected a text, or an object with the text under the key \"text\"; found Object", p,
                StringComparison.Ordinal),
            p => Assert.Contains("named 'x', as", p, StringComparison.Ordinal),
            p => Assert.Contains("empty.txt: holds no document", p, StringComparison.Ordinal),
            p => Assert.Contains("bad.jsonl, line 1: not JSON", p, StringComparison.Ordinal),
            p => Assert.Contains("half.jsonl, line 1: not JSON", p, StringComparison.Ordinal),
            p => Assert.Contains("no .txt or .jsonl file and no folder", p, StringComparison.Ordinal),
            p => Assert.Contains("latin.txt: byte 0 is not UTF-8", p, StringComparison.Ordinal),
            p => Assert.Contains("missing.txt", p, StringComparison.Ordinal));
    }
}
