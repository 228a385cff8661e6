using System.Diagnostics;
using Assay.Checkpoints;
using Assay.Tests.Golden;
using Assay.Tokenization.Templates;

namespace Assay.Tests.Tokenization.Templates;

/// <summary>Templates come with models from strangers: they end early, with a clear error, whatever they try.</summary>
public sealed class HostileTemplateTests
{
    private static readonly ChatMessage[] Chat = [new("system", "Be brief."), new("user", "Hi <b>🙂</b>\n")];

    public static TheoryData<string, string> Attacks { get; } = new()
    {
        { "{% set ns = namespace(n=0) %}{% for a in range(100000) %}{% for b in range(100000) %}{% set ns.n = ns.n + 1 %}{% endfor %}{% endfor %}", "steps" },
        { "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}", "steps" },
        { "{{ range(1000000000)|length }}", "MAX_RANGE" },
        { "{{ 'x' * 1000000000 }}", "characters" },
        { "{{ 'x' * 9223372036854775807 }}", "characters" },
        { "{{ [0] * 1000000000 }}", "steps" },
        { "{% set ns = namespace(s='xx') %}{% for i in range(60) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}", "characters" },
        { "{% set ns = namespace(s='xx') %}{% for i in range(60) %}{% set ns.s = ns.s + ns.s %}{% endfor %}", "characters" },
        { "{% set ns = namespace(s='xx') %}{% for i in range(60) %}{% set ns.s = ns.s|replace('x', 'xx') %}{% endfor %}", "characters" },
        { "{% set ns = namespace(s='xx') %}{% for i in range(60) %}{% set ns.s = [ns.s, ns.s]|join(ns.s) %}{% endfor %}", "characters" },
        { "{% set ns = namespace(l=[0]) %}{% for i in range(60) %}{% set ns.l = ns.l + ns.l %}{% endfor %}", "steps" },
        { "{% set ns = namespace(l=[0]) %}{% for i in range(60) %}{% set ns.l = [ns.l, ns.l] %}{% endfor %}{{ ns.l }}", "more than" },
        { "{% set ns = namespace(l=[0]) %}{% for i in range(60) %}{% set ns.l = [ns.l, ns.l] %}{% endfor %}{{ ns.l|tojson }}", "more than" },
        { "{% set ns = namespace(l=[0], m=[0]) %}{% for i in range(60) %}{% set ns.l = [ns.l, ns.l] %}{% set ns.m = [ns.m, ns.m] %}{% endfor %}{{ ns.l == " +
            "ns.m }}", "more than" },
        { "{% set ns = namespace(l=[0]) %}{% for i in range(50000) %}{% set ns.l = [ns.l] %}{% endfor %}{{ ns.l }}", "deeper" },
        { "{% set ns = namespace(l=[0]) %}{% for i in range(50000) %}{% set ns.l = [ns.l] %}{% endfor %}{{ ns.l|tojson }}", "deeper" },
        { "{% set ns = namespace(l=[0], m=[0]) %}{% for i in range(50000) %}{% set ns.l = [ns.l] %}{% set ns.m = [ns.m] %}{% endfor %}{{ ns.l == ns.m }}", "deeper" },
        { "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", "deeper" },
        { "{% macro f(n) %}{{ f(n) }}{{ f(n) }}{% endmacro %}{{ f(1) }}", "deeper" },
        { "{% macro f(n) %}{% if n %}{{ f(n - 1) }}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(25) }}", "steps" },
        { "{% set ns = namespace() %}{% macro a() %}{{ ns.b() }}{% endmacro %}{% macro b() %}{{ a() }}{% endmacro %}{% set ns.b = b %}{{ a() }}", "deeper" },
        { "{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}", "deeper" },
        { "{% set s = 'a' * 2000000 %}{% for i in range(99999) %}{{ s|length }}{% endfor %}", "steps" },
        { "{% set s = 'a' * 2000000 %}{% for i in range(99999) %}{{ s[5] }}{% endfor %}", "steps" },
        { "{% set s = 'a' * 2000000 %}{% set t = 'a' * 2000000 %}{% for i in range(99999) %}{{ s == t }}{{ s < t }}{% endfor %}", "steps" },
        { "{% set s = 'a' * 3000000 %}{{ 'a' * 1499999 ~ 'b' in s }}", "steps" },
        { "{% set s = 'a' * 3000000 %}{{ s.find('a' * 1499999 ~ 'b') }}", "more than" },
        { "{% set s = 'a' * 5000000 %}{{ s|list }}", "steps" },
        { "{% set s = 'a,' * 3000000 %}{{ s.split(',') }}", "more than" },
        { "{% set s = '🙂' * 2000000 %}{% for i in range(99999) %}{{ s[1:2] }}{% endfor %}", "steps" },
        { "{% set s = 'a' * 2000000 %}{% for i in range(99999) %}{{ messages[0][s] is defined }}{% endfor %}", "key" },
        { "{{ 'a'|indent(1000000000) }}", "1000" },
        { "{% for i in range(90000) %}{{ " + new string('a', 100_000) + " }}{% endfor %}", "a name has 100000 characters" },
        { "{{ [[1]]|tojson(indent=1000000000) }}", "1000" },
        { "{{ 10 ** 10 ** 10 }}", "64 bits" },
        { "{{ 9223372036854775807 + 1 }}", "64 bits" },
        { "{{ 99999999999999999999 }}", "64 bits" },
        { "{{ (0 - 9223372036854775807 - 1) // -1 }}", "64 bits" },
        { "{{ messages.__class__ }}", "'__class__'" },
        { "{{ messages['__class__'] }}", "'__class__'" },
        { "{{ ''.__class__.__mro__[1].__subclasses__() }}", "'__class__'" },
        { "{{ (messages|map(attribute='__class__'))|list }}", "'__class__'" },
        { "{{ raise_exception.__globals__ }}", "'__globals__'" },
        { "{{ '{0.__class__}'.format(1) }}", "'format'" },
        { "{% include 'x' %}", "'include'" },
        { "{% import 'x' as y %}", "'import'" },
        { "{{ lipsum() }}", "'lipsum'" },
        { "{{ [1]|map }}", "map" },
        { "{{ messages[0].items() }}", "dict view" },
        { "{{ 'a'|xmlattr }}", "'xmlattr'" },
        { "{{ 'a'|safe + 'b' }}", "safe" },
        { "{{ 'ß'|upper }}", "Upper case" },
        { "{{ 1 .real }}", "'real'" },
    };

    [Theory, MemberData(nameof(Attacks))]
    public void An_attack_or_what_is_not_supported_ends_soon_with_an_error_that_names_it(string template, string named)
    {
        var watch = Stopwatch.StartNew();
        var fault = Assert.Throws<InvalidInputException>(() => ChatTemplate.Parse(template).Render(Chat, true, ChatTemplateOptions.Default));
        Assert.Matches(@"\AChat template, line 1: ", fault.Message);
        Assert.Contains(named, fault.Message, StringComparison.Ordinal);
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(60), $"It took {watch.Elapsed}.");
    }

    [Theory]
    [InlineData("{{ ", "(", "1", ")", " }}")]
    [InlineData("{{ ", "[", "1", "]", " }}")]
    [InlineData("{{ ", "not ", "1", "", " }}")]
    [InlineData("{{ ", "- ", "1", "", " }}")]
    [InlineData("{{ ", "1 if 1 else ", "1", "", " }}")]
    [InlineData("{{ ", "1 + ", "1", "", " }}")]
    [InlineData("{{ ", "1 and ", "1", "", " }}")]
    [InlineData("{{ x", ".a", "", "", " }}")]
    [InlineData("{{ x", "|trim", "", "", " }}")]
    [InlineData("{{ ", "1 ~ ", "1", "", " }}")]
    [InlineData("", "{% if 1 %}", "x", "{% endif %}", "")]
    [InlineData("{% if 0 %}", "{% elif 0 %}", "", "", "{% endif %}")]
    [InlineData("{% set ", "(", "a", ")", " = 1 %}")]
    public void Deep_nesting_renders_or_is_refused_but_overflows_no_stack(string before, string open, string middle, string close, string after)
    {
        foreach (var depth in (int[])[10, 100, 1_000, 50_000])
        {
            var template = before + string.Concat(Enumerable.Repeat(open, depth)) + middle + string.Concat(Enumerable.Repeat(close, depth)) + after;
            if (Fault(template) is { } fault) Assert.StartsWith("Chat template, line 1: ", fault, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Limits_are_the_callers()
    {
        var template = ChatTemplate.Parse("{% for i in range(1000) %}x{% endfor %}");
        Assert.Equal(1000, template.Render(Chat, true, ChatTemplateOptions.Default).Length);
        Assert.Contains("500 steps", Assert.Throws<InvalidInputException>(() => template.Render(Chat, true, ChatTemplateOptions.Default with { MaxSteps = 500 })).Message, StringComparison.Ordinal);
        Assert.Contains("999 characters", Assert.Throws<InvalidInputException>(() => template.Render(Chat, true, ChatTemplateOptions.Default with { MaxCharacters = 999 })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Thousands_of_mutated_templates_render_or_give_a_clear_error()
    {
        var sources = Directory.GetFiles(Path.Combine(GoldenFiles.Repository, "organisms"), "chat_template.jinja", SearchOption.AllDirectories).Select(File.ReadAllText)
            .Append("{% macro m(a, b=2) %}{{ a|tojson }}{{ b[1:-1] }}{% endmacro %}{%- for x in messages if x.role != 'tool' -%}{% set y %}{{ m(x, 'abc') }}{% endset %}{{ y|trim ~ loop.index }}{% endfor %}{% raw %}{{{% endraw %}")
            .Concat(GoldenFiles.Interop is { } interop ? Directory.GetFiles(Path.Combine(interop, "templates"), "*.jinja", SearchOption.AllDirectories).Select(File.ReadAllText) : []).Distinct().ToList();
        Assert.True(sources.Count > 1);
        string[] splices = ["{%", "%}", "{{", "}}", "{#", "#}", "-", "'", "\"", "(", ")", "[", "]", "|", ".", ",", " is ", " not ", " if ", "{% for i in range(99999) %}", "{% endfor %}", " * 99999", "\\", "🙂", "\ud800", "\0", "\n", "~", ":", "=", "0", "raw", "endraw"];
        var random = new Assay.Evaluation.Prompts.SeededRandom(2026);
        var options = ChatTemplateOptions.Default with { MaxSteps = 20_000, MaxCharacters = 1_000_000 };
        var rendered = 0;
        const int Mutations = 10_000;
        for (var i = 0; i < Mutations; i++)
        {
            var text = random.Choose(sources);
            for (var edits = random.Between(1, 4); edits > 0; edits--)
            {
                int from = random.Below(text.Length + 1), to = Math.Min(text.Length, from + random.Below(12));
                text = text[..from] + (random.Below(3) == 0 ? "" : random.Choose(splices)) + text[(random.Below(2) == 0 ? from : to)..];
            }

            if (Fault(text, options) is { } fault) Assert.StartsWith("Chat template, line ", fault, StringComparison.Ordinal);
            else rendered++;
        }

        Assert.InRange(rendered, 50, Mutations - 50);
    }

    private static string? Fault(string template, ChatTemplateOptions? options = null)
    {
        try
        {
            _ = ChatTemplate.Parse(template).Render(Chat, true, options ?? ChatTemplateOptions.Default);
            return null;
        }
        catch (InvalidInputException fault)
        {
            return fault.Message;
        }
    }
}
