namespace Assay.Tokenization.Templates;

/// <summary>Names of one block and of those around it. A loop's body, a macro and a captured block open one; <c>if</c> does not.</summary>
internal sealed class TemplateScope(TemplateScope? outer)
{
    public TemplateScope? Outer { get; } = outer;

    public Dictionary<string, object?> Values { get; } = new(StringComparer.Ordinal);

    public object? Find(string name)
    {
        for (var inner = this; inner is not null; inner = inner.Outer)
            if (inner.Values.TryGetValue(name, out var value)) return value;
        return null;
    }
}
