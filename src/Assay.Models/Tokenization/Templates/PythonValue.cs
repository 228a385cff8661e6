using System.Globalization;
using System.Text;

namespace Assay.Tokenization.Templates;

/// <summary>Python's rules for values: truth, text, equality, order, iteration.</summary>
internal static class PythonValue
{
    public static string TypeName(object? value) => value switch
    {
        null => "NoneType",
        bool => "bool",
        long => "int",
        double => "float",
        string => "str",
        Sequence s => s.Kind switch { SequenceKind.List => "list", SequenceKind.Tuple => "tuple", SequenceKind.Range => "range", _ => "dict view" },
        TemplateDict => "dict",
        LazySequence => "generator",
        Undefined => "Undefined",
        TemplateNamespace => "Namespace",
        Callable => "function",
        _ => value.GetType().Name,
    };

    public static bool IsTrue(object? value) => value switch
    {
        null or Undefined => false,
        bool b => b,
        long n => n != 0,
        double d => d != 0,
        string s => s.Length > 0,
        Markup m => m.Text.Length > 0,
        Sequence s => s.Items.Count > 0,
        TemplateDict d => d.Count > 0,
        _ => true,
    };

    /// <summary><c>str(value)</c>.</summary>
    public static string Str(object? value, TemplateBudget budget) => value switch
    {
        string s => s,
        Markup m => m.Text,
        Undefined => "",
        _ => Repr(value, budget),
    };

    private static string Repr(object? value, TemplateBudget budget)
    {
        if (value is not (Sequence or TemplateDict)) return Scalar(value, budget);
        var text = new StringBuilder();
        AppendRepr(value, text, budget);
        return text.ToString();
    }

    private static string Scalar(object? value, TemplateBudget budget) => budget.Characters(value switch
    {
        null => "None",
        bool b => b ? "True" : "False",
        long n => n.ToString(CultureInfo.InvariantCulture),
        double d => PythonText.Repr(d),
        string s => PythonText.Repr(s),
        Undefined => "Undefined",
        _ => throw TemplateFault.Unsupported($"Printing a value of type {TypeName(value)}"),
    });

    private static void AppendRepr(object? value, StringBuilder text, TemplateBudget budget)
    {
        budget.Enter();
        switch (value)
        {
            case Sequence { Kind: SequenceKind.Range or SequenceKind.View }:
                throw TemplateFault.Unsupported($"Printing a value of type {TypeName(value)}");
            case Sequence s:
                text.Append(s.Kind == SequenceKind.List ? '[' : '(');
                for (var i = 0; i < s.Items.Count; i++)
                {
                    if (i > 0) text.Append(", ");
                    AppendRepr(s.Items[i], text, budget);
                }

                if (s.Kind == SequenceKind.Tuple && s.Items.Count == 1) text.Append(',');
                text.Append(s.Kind == SequenceKind.List ? ']' : ')');
                break;
            case TemplateDict d:
                text.Append('{');
                var first = true;
                foreach (var (key, item) in d)
                {
                    if (!first) text.Append(", ");
                    first = false;
                    AppendRepr(key, text, budget);
                    text.Append(": ");
                    AppendRepr(item, text, budget);
                }

                text.Append('}');
                break;
            default:
                text.Append(Scalar(value, budget));
                break;
        }

        budget.Characters(4);
        budget.Leave();
    }

    /// <summary>The number of a bool, int or float.</summary>
    public static bool IsNumber(object? value) => value is bool or long or double;

    public static double ToDouble(object? value) => value switch { bool b => b ? 1 : 0, long n => n, double d => d, _ => throw TemplateFault.Because($"expected a number but found {TypeName(value)}") };

    public static long ToInteger(object? value) => value switch { bool b => b ? 1 : 0, long n => n, _ => throw TemplateFault.Because($"expected an integer but found {TypeName(value)}") };

    public static bool AreEqual(object? a, object? b, TemplateBudget budget)
    {
        budget.Enter();
        if (a is Markup m) a = m.Text;
        if (b is Markup n) b = n.Text;
        if (a is string long1 && b is string long2 && long1.Length == long2.Length) budget.Read(long1);
        var equal = a switch
        {
            null => b is null,
            Undefined => b is Undefined,
            string s => b is string t && s == t,
            _ when IsNumber(a) => IsNumber(b) && (a is double || b is double ? ToDouble(a) == ToDouble(b) : ToInteger(a) == ToInteger(b)),
            Sequence s => b is Sequence t && s.Kind == t.Kind && s.Items.Count == t.Items.Count && s.Items.Zip(t.Items).All(p => AreEqual(p.First, p.Second, budget)),
            TemplateDict d => b is TemplateDict e && d.Count == e.Count && d.All(i => e.TryGet(i.Key, out var other) && AreEqual(i.Value, other, budget)),
            _ => ReferenceEquals(a, b),
        };
        budget.Leave();
        return equal;
    }

    public static int Compare(object? a, object? b, TemplateBudget budget)
    {
        budget.Enter();
        if (a is string first) budget.Read(first);
        var order = (a, b) switch
        {
            (Undefined u, _) => throw TemplateFault.Undefined(u),
            (_, Undefined u) => throw TemplateFault.Undefined(u),
            (string s, string t) => PythonText.Compare(s, t),
            (Sequence { Kind: SequenceKind.List or SequenceKind.Tuple } s, Sequence t) when s.Kind == t.Kind => CompareItems(s.Items, t.Items, budget),
            _ when IsNumber(a) && IsNumber(b) => a is double || b is double ? ToDouble(a).CompareTo(ToDouble(b)) : ToInteger(a).CompareTo(ToInteger(b)),
            _ => throw TemplateFault.Because($"{TypeName(a)} and {TypeName(b)} cannot be put in order"),
        };
        budget.Leave();
        return order;
    }

    private static int CompareItems(IReadOnlyList<object?> a, IReadOnlyList<object?> b, TemplateBudget budget)
    {
        for (var i = 0; i < Math.Min(a.Count, b.Count); i++)
            if (!AreEqual(a[i], b[i], budget)) return Compare(a[i], b[i], budget);
        return a.Count.CompareTo(b.Count);
    }

    /// <summary>The items that a loop over the value sees.</summary>
    public static IReadOnlyList<object?> Iterate(object? value, TemplateBudget budget)
    {
        if (value is string text) budget.Steps(text.Length);
        IReadOnlyList<object?> items = value switch
        {
            Sequence s => s.Items,
            LazySequence l => l.Take(),
            TemplateDict d => d.Keys.ToList(),
            string s => PythonText.CodePoints(s),
            Markup m => PythonText.CodePoints(m.Text),
            Undefined => [],
            _ => throw TemplateFault.Because($"a value of type {TypeName(value)} cannot be iterated over"),
        };
        budget.Steps(items.Count);
        return items;
    }

    public static long Length(object? value, TemplateBudget budget) => value switch
    {
        string s => TextLength(s, budget),
        Markup m => TextLength(m.Text, budget),
        Sequence s => s.Items.Count,
        TemplateDict d => d.Count,
        Undefined => 0,
        _ => throw TemplateFault.Because($"a value of type {TypeName(value)} has no length"),
    };

    private static long TextLength(string text, TemplateBudget budget)
    {
        budget.Steps(text.Length / 16);
        return PythonText.Length(text);
    }

    public static bool Contains(object? container, object? item, TemplateBudget budget)
    {
        switch (container)
        {
            case string s:
                var part = item as string ?? (item as Markup)?.Text ?? throw TemplateFault.Because($"a value of type {TypeName(item)} cannot be sought in a string");
                budget.Search(s, part);
                return s.Contains(part, StringComparison.Ordinal);
            case TemplateDict d:
                return d.TryGet(item, out _);
            default:
                return Iterate(container, budget).Any(i => AreEqual(i, item, budget));
        }
    }
}
