using System.Globalization;
using System.Text;

namespace Assay.Tokenization.Templates;

/// <summary><c>json.dumps</c> as transformers' filter <c>tojson</c> calls it: characters beyond ASCII stay as they are.</summary>
internal sealed class PythonJson
{
    private readonly TemplateBudget budget;
    private readonly StringBuilder text = new();
    private readonly string? indent;
    private readonly string itemSeparator;
    private readonly string keySeparator;
    private readonly bool escapeNonAscii;
    private readonly bool sortKeys;

    public PythonJson(TemplateBudget budget, string? indent, (string Item, string Key)? separators, bool escapeNonAscii, bool sortKeys)
    {
        this.budget = budget;
        this.indent = indent;
        this.escapeNonAscii = escapeNonAscii;
        this.sortKeys = sortKeys;
        itemSeparator = separators?.Item ?? (indent is null ? ", " : ",");
        keySeparator = separators?.Key ?? ": ";
    }

    public string Dump(object? value)
    {
        Append(value, 1);
        return text.ToString();
    }

    private void Append(object? value, int level)
    {
        budget.Enter();
        var start = text.Length;
        switch (value)
        {
            case null: text.Append("null"); break;
            case bool b: text.Append(b ? "true" : "false"); break;
            case long n: text.Append(n.ToString(CultureInfo.InvariantCulture)); break;
            case double d: text.Append(Float(d)); break;
            case string s: AppendString(s); break;
            case Markup m: AppendString(m.Text); break;
            case Sequence { Kind: SequenceKind.List or SequenceKind.Tuple } s: AppendItems('[', ']', s.Items, level, item => Append(item, level + 1)); break;
            case TemplateDict d: AppendItems('{', '}', Sorted(d), level, item => AppendMember(item, level)); break;
            default: throw TemplateFault.Because($"a value of type {PythonValue.TypeName(value)} is not JSON serializable");
        }

        if (value is not (Sequence or TemplateDict)) budget.Characters(text.Length - start);
        budget.Leave();
    }

    private IReadOnlyList<KeyValuePair<object?, object?>> Sorted(TemplateDict d) =>
        sortKeys ? [.. d.Order(Comparer<KeyValuePair<object?, object?>>.Create((a, b) => PythonValue.Compare(a.Key, b.Key, budget)))] : [.. d];

    private void AppendMember(KeyValuePair<object?, object?> member, int level)
    {
        AppendString(member.Key switch
        {
            string s => s,
            null => "null",
            bool b => b ? "true" : "false",
            long n => n.ToString(CultureInfo.InvariantCulture),
            double d => Float(d),
            _ => throw TemplateFault.Because($"a key of type {PythonValue.TypeName(member.Key)} is not JSON serializable"),
        });
        text.Append(keySeparator);
        Append(member.Value, level + 1);
    }

    private void AppendItems<T>(char open, char close, IReadOnlyList<T> items, int level, Action<T> append)
    {
        text.Append(open);
        for (var i = 0; i < items.Count; i++)
        {
            if (i > 0) text.Append(itemSeparator);
            NewLine(level);
            append(items[i]);
        }

        if (items.Count > 0) NewLine(level - 1);
        text.Append(close);
        budget.Characters(2);
    }

    private void NewLine(int level)
    {
        budget.Characters(itemSeparator.Length + keySeparator.Length);
        if (indent is null) return;
        budget.Characters(1 + (long)indent.Length * level);
        text.Append('\n');
        for (var i = 0; i < level; i++) text.Append(indent);
    }

    private static string Float(double value) => double.IsNaN(value) ? "NaN" : double.IsInfinity(value) ? value > 0 ? "Infinity" : "-Infinity" : PythonText.Repr(value);

    private void AppendString(string value)
    {
        budget.Characters(value.Length);
        text.Append('"');
        foreach (var c in value)
        {
            switch (c)
            {
                case '"': text.Append("\\\""); break;
                case '\\': text.Append("\\\\"); break;
                case '\n': text.Append("\\n"); break;
                case '\r': text.Append("\\r"); break;
                case '\t': text.Append("\\t"); break;
                case '\b': text.Append("\\b"); break;
                case '\f': text.Append("\\f"); break;
                default:
                    if (c < ' ' || (escapeNonAscii && c > '~')) text.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
                    else text.Append(c);
                    break;
            }
        }

        text.Append('"');
    }
}
