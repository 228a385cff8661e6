using System.Collections;

namespace Assay.Tokenization.Templates;

// Values of the interpreter: null is None; bool, long, double and string are themselves; the rest stands here.

internal enum SequenceKind { List, Tuple, Range, View }

/// <summary>A list, tuple, range or view of a dict. Templates cannot change one: the sandbox forbids it.</summary>
internal sealed record Sequence(IReadOnlyList<object?> Items, SequenceKind Kind)
{
    public bool Equals(Sequence? other) => ReferenceEquals(this, other);

    public override int GetHashCode() => System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(this);
}

/// <summary>What map, select and their like give: true, without length, and empty once it was iterated over.</summary>
internal sealed class LazySequence(IReadOnlyList<object?> items)
{
    private IReadOnlyList<object?> items = items;

    public IReadOnlyList<object?> Take()
    {
        var taken = items;
        items = [];
        return taken;
    }
}

/// <summary>A name or an attribute that is not there.</summary>
internal sealed record Undefined(string Why);

/// <summary>Text that the filter <c>safe</c> marked. It prints as it is; joining it with other text would escape that text, which is refused.</summary>
internal sealed record Markup(string Text);

internal sealed class TemplateNamespace
{
    public Dictionary<string, object?> Attributes { get; } = new(StringComparer.Ordinal);
}

/// <summary>Something that can be called.</summary>
internal sealed record Callable(string Name, Func<CallValues, object?> Invoke);

/// <summary>Evaluated arguments.</summary>
internal sealed record CallValues(IReadOnlyList<object?> Positional, IReadOnlyDictionary<string, object?> Named);

/// <summary>A dict: it keeps the order of insertion, and keys are equal as Python's are (1, 1.0 and True are one key).</summary>
internal sealed class TemplateDict : IEnumerable<KeyValuePair<object?, object?>>
{
    /// <summary>Hashing a key costs its length, so that is bounded.</summary>
    private const int MaxKeyLength = 1000;

    private static readonly object NoneKey = new();

    private readonly OrderedDictionary<object, object?> items = [];

    public int Count => items.Count;

    public IEnumerable<object?> Keys => items.Keys.Select(FromKey);

    public IEnumerable<object?> Values => items.Values;

    public void Set(object? key, object? value) => items[ToKey(key)] = value;

    public bool TryGet(object? key, out object? value) => items.TryGetValue(ToKey(key), out value);

    public IEnumerator<KeyValuePair<object?, object?>> GetEnumerator() => items.Select(i => new KeyValuePair<object?, object?>(FromKey(i.Key), i.Value)).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private static object? FromKey(object key) => ReferenceEquals(key, NoneKey) ? null : key is TupleKey t ? t.Tuple : key;

    private static object ToKey(object? key) => key switch
    {
        null => NoneKey,
        bool b => b ? 1L : 0L,
        double d when d == Math.Floor(d) && Math.Abs(d) < 1e18 => (long)d,
        string { Length: > MaxKeyLength } or Markup { Text.Length: > MaxKeyLength } => throw TemplateFault.Unsupported($"A key of more than {MaxKeyLength} characters"),
        Markup m => m.Text,
        string or long or double => key,
        Sequence { Kind: SequenceKind.Tuple, Items.Count: <= 16 } s when s.Items.All(i => i is string { Length: <= MaxKeyLength } or long or null) => new TupleKey(s, string.Join('\u0001', s.Items.Select(i => i is string x ? "s" + x : i is long n ? "n" + n : "-"))),
        _ => throw TemplateFault.Because($"a value of type {PythonValue.TypeName(key)} cannot be the key of a dict here"),
    };

    private sealed record TupleKey(Sequence Tuple, string Image)
    {
        public bool Equals(TupleKey? other) => other is not null && other.Image == Image;

        public override int GetHashCode() => Image.GetHashCode(StringComparison.Ordinal);
    }
}
