using System.Globalization;

namespace Assay.Tokenization.Templates;

/// <summary>Jinja's filters, those that chat templates use.</summary>
internal sealed class TemplateFilters(TemplateRenderer renderer, TemplateBudget budget)
{
    private static readonly CallValues NoArguments = new([], new Dictionary<string, object?>());

    public object? Apply(string name, object? value, CallValues call)
    {
        switch (name)
        {
            case "trim":
                return budget.Characters(PythonText.Strip(Str(value), new CallArguments(name, call, "chars").Text(0, null), true, true));
            case "upper" or "lower" or "capitalize" or "string" or "safe" or "title":
                _ = new CallArguments(name, call);
                var text = budget.Characters(Str(value));
                if (name == "title") budget.Steps(text.Length);
                return name switch
                {
                    "upper" => PythonText.Upper(text),
                    "lower" => PythonText.Lower(text),
                    "capitalize" => PythonText.Capitalize(text),
                    "title" => Title(text),
                    "string" => value is Markup ? value : text,
                    _ => new Markup(text),
                };
            case "length" or "count":
                _ = new CallArguments(name, call);
                return PythonValue.Length(value, budget);
            case "default" or "d":
                var standard = new CallArguments(name, call, "default_value", "boolean");
                return value is Undefined || (standard.Flag(1) && !PythonValue.IsTrue(value)) ? standard.Value(0, "") : value;
            case "tojson":
                return ToJson(value, new CallArguments(name, call, "ensure_ascii", "indent", "separators", "sort_keys"));
            case "join":
                return Join(value, new CallArguments(name, call, "d", "attribute"));
            case "replace":
                var replace = new CallArguments(name, call, "old", "new", "count");
                return PythonMethods.Replace(Str(value), Str(replace.Value(0)), Str(replace.Value(1)), replace.Has(2) && replace.Value(2) is not null ? replace.Integer(2, -1) : -1, budget);
            case "indent":
                return Indent(Str(value), new CallArguments(name, call, "width", "first", "blank"));
            case "list":
                _ = new CallArguments(name, call);
                return new Sequence(PythonValue.Iterate(value, budget), SequenceKind.List);
            case "first" or "last":
                _ = new CallArguments(name, call);
                if (name == "last" && value is LazySequence) throw TemplateFault.Because("a generator cannot be reversed");
                var ends = PythonValue.Iterate(value, budget);
                return ends.Count == 0 ? new Undefined($"No {name} item, sequence was empty") : name == "first" ? ends[0] : ends[^1];
            case "reverse":
                _ = new CallArguments(name, call);
                return value is string s ? budget.Characters(string.Concat(PythonValue.Iterate(s, budget).Reverse())) : new LazySequence(PythonValue.Iterate(value, budget).Reverse().ToList());
            case "items":
                _ = new CallArguments(name, call);
                return new LazySequence(value is Undefined ? [] : value is TemplateDict d ? Counted(PythonMethods.Items(d)) : throw TemplateFault.Because("'items' needs a mapping"));
            case "dictsort":
                return DictSort(value, new CallArguments(name, call, "case_sensitive", "by", "reverse"));
            case "sort":
                return Sort(value, new CallArguments(name, call, "reverse", "case_sensitive", "attribute"));
            case "unique":
                return Unique(value, new CallArguments(name, call, "case_sensitive", "attribute"));
            case "min" or "max":
                return Extreme(name, value, new CallArguments(name, call, "case_sensitive", "attribute"));
            case "sum":
                return Sum(value, new CallArguments(name, call, "attribute", "start"));
            case "abs":
                _ = new CallArguments(name, call);
                return value is double f ? Math.Abs(f) : PythonValue.ToInteger(value) is var n && n < 0 ? PythonOperators.Sign("-", n) : n;
            case "int":
                return ToInt(value, new CallArguments(name, call, "default", "base"));
            case "float":
                var fallback = new CallArguments(name, call, "default").Value(0, 0.0);
                return PythonValue.IsNumber(value) ? PythonValue.ToDouble(value) : value is string t && ParseFloat(t) is { } number ? number : fallback;
            case "map":
                return Map(value, call);
            case "select" or "reject":
                return Select(name, value, call, attribute: false);
            case "selectattr" or "rejectattr":
                return Select(name, value, call, attribute: true);
            default:
                throw TemplateFault.Unsupported($"The filter '{name}'");
        }
    }

    private string Str(object? value) => PythonValue.Str(value, budget);

    private List<object?> Counted(List<object?> items)
    {
        budget.Steps(items.Count);
        return items;
    }

    private static string Title(string text)
    {
        // Python's words begin after white space, a hyphen or an opening bracket, and at the start.
        var titled = new System.Text.StringBuilder();
        var starts = true;
        foreach (var point in PythonText.CodePoints(text))
        {
            titled.Append(starts ? PythonText.Upper(point) : PythonText.Lower(point));
            starts = point.Length == 1 && (PythonText.IsSpace(point[0]) || "-({[<".Contains(point[0]));
        }

        return titled.ToString();
    }

    private string ToJson(object? value, CallArguments arguments)
    {
        (string, string)? separators = null;
        if (arguments.Value(2, null) is Sequence { Items: [string item, string key] }) separators = (item, key);
        else if (arguments.Value(2, null) is not null) throw TemplateFault.Because("'separators' of 'tojson' expects two strings");
        var width = arguments.Value(1, null);
        if (width is not (null or string) && PythonValue.ToInteger(width) > 1000) throw TemplateFault.Because("'indent' of 'tojson' is wider than 1000");
        var indent = width switch { null => null, string s => s, _ => new string(' ', (int)Math.Max(0, PythonValue.ToInteger(width))) };
        return new PythonJson(budget, indent, separators, arguments.Flag(0), arguments.Flag(3)).Dump(value);
    }

    private string Join(object? value, CallArguments arguments)
    {
        var items = PythonValue.Iterate(value, budget).ToList();
        if (arguments.Value(1, null) is { } attribute) items = items.Select(i => Attribute(i, attribute)).ToList();
        return PythonMethods.Join(arguments.Has(0) ? Str(arguments.Value(0)) : "", items.Select(Str).ToList(), budget);
    }

    private string Indent(string text, CallArguments arguments)
    {
        var width = arguments.Value(0, 4L);
        if (width is not string && PythonValue.ToInteger(width) > 1000) throw TemplateFault.Because("'indent' is wider than 1000");
        var indention = width as string ?? new string(' ', (int)Math.Max(0, PythonValue.ToInteger(width)));
        var lines = PythonText.Lines(text + "\n");
        budget.Characters(text.Length + (long)indention.Length * lines.Count);
        var indented = string.Join("\n", lines.Select((line, i) => i > 0 && (line.Length > 0 || arguments.Flag(2)) ? indention + line : line));
        return arguments.Flag(1) ? indention + indented : indented;
    }

    /// <summary>An attribute by its path: names and indexes with dots between.</summary>
    private object? Attribute(object? value, object? path)
    {
        if (path is long) return renderer.Item(value, path);
        if (path is not string text) throw TemplateFault.Because($"an attribute's path is a string or an integer, not {PythonValue.TypeName(path)}");
        foreach (var part in text.Split('.'))
            value = renderer.Item(value, part.Length > 0 && part.All(char.IsAsciiDigit) && long.TryParse(part, CultureInfo.InvariantCulture, out var index) ? index : part);
        return value;
    }

    /// <summary>What items are sorted by: an attribute's value, in lower case where case does not count.</summary>
    private Func<object?, object?> SortKey(object? attribute, bool caseSensitive) => item =>
    {
        if (attribute is string path && path.Contains(',', StringComparison.Ordinal)) throw TemplateFault.Unsupported("Sorting by several attributes");
        var key = attribute is null ? item : Attribute(item, attribute);
        return key is string s && !caseSensitive ? PythonText.Lower(s) : key;
    };

    private Comparer<object?> Order(bool reverse) => Comparer<object?>.Create((a, b) => reverse ? PythonValue.Compare(b, a, budget) : PythonValue.Compare(a, b, budget));

    private Sequence Sort(object? value, CallArguments arguments)
    {
        var items = PythonValue.Iterate(value, budget);
        return new Sequence(OrderBy(items, SortKey(arguments.Value(2, null), arguments.Flag(1)), arguments.Flag(0)), SequenceKind.List);
    }

    private List<object?> OrderBy(IReadOnlyList<object?> items, Func<object?, object?> key, bool reverse)
    {
        try
        {
            return items.OrderBy(key, Order(reverse)).ToList();
        }
        catch (InvalidOperationException e) when (e.InnerException is Checkpoints.InvalidInputException fault)
        {
            throw new Checkpoints.InvalidInputException(fault.Message, e);
        }
    }

    private Sequence DictSort(object? value, CallArguments arguments)
    {
        if (value is not TemplateDict dict) throw TemplateFault.Because($"'dictsort' needs a dict but was given {PythonValue.TypeName(value)}");
        var by = arguments.Text(1, "key") switch { "key" => 0, "value" => 1, _ => throw TemplateFault.Because("'dictsort' goes by 'key' or by 'value'") };
        var key = SortKey(null, arguments.Flag(0));
        return new Sequence(OrderBy(Counted(PythonMethods.Items(dict)), pair => key(((Sequence)pair!).Items[by]), arguments.Flag(2)), SequenceKind.List);
    }

    private LazySequence Unique(object? value, CallArguments arguments)
    {
        var key = SortKey(arguments.Value(1, null), arguments.Flag(0));
        var seen = new TemplateDict();
        var kept = new List<object?>();
        foreach (var item in PythonValue.Iterate(value, budget))
        {
            var image = key(item);
            if (seen.TryGet(image, out _)) continue;
            seen.Set(image, true);
            kept.Add(item);
        }

        return new LazySequence(kept);
    }

    private object? Extreme(string name, object? value, CallArguments arguments)
    {
        var items = PythonValue.Iterate(value, budget);
        if (items.Count == 0) return new Undefined("No aggregated item, sequence was empty");
        var key = SortKey(arguments.Value(1, null), arguments.Flag(0));
        return OrderBy(items, key, reverse: name == "max")[0];
    }

    private object? Sum(object? value, CallArguments arguments)
    {
        var attribute = arguments.Value(0, null);
        return PythonValue.Iterate(value, budget).Aggregate(arguments.Value(1, 0L), (total, item) => PythonOperators.Binary("+", total, attribute is null ? item : Attribute(item, attribute), budget));
    }

    private static object? ToInt(object? value, CallArguments arguments)
    {
        if (arguments.Integer(1, 10) != 10) throw TemplateFault.Unsupported("'int' of another base than 10");
        if (value is long or bool) return PythonValue.ToInteger(value);
        var number = value is string text ? ParseFloat(text) : value as double?;
        if (value is string digits && long.TryParse(digits.Trim(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole)) return whole;
        if (number is null || !double.IsFinite(number.Value)) return arguments.Value(0, 0L);
        return Math.Abs(number.Value) < 9e18 ? (long)number.Value : throw TemplateFault.Unsupported("A number beyond 64 bits");
    }

    private static double? ParseFloat(string text) =>
        double.TryParse(text.Trim(), NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out var number) ? number : null;

    /// <summary>Jinja's map and select take whatever is false, None too, for empty.</summary>
    private IReadOnlyList<object?> Selectable(object? value) => PythonValue.IsTrue(value) ? PythonValue.Iterate(value, budget) : [];

    private LazySequence Map(object? value, CallValues call)
    {
        var items = Selectable(value);
        if (call.Positional.Count == 0)
        {
            var arguments = new CallArguments("map", call, "attribute", "default");
            return new LazySequence(items.Select(i => Attribute(i, arguments.Value(0)) is var found && found is Undefined && arguments.Has(1) ? arguments.Value(1) : found).ToList());
        }

        var (name, rest) = NameAndRest("map", call);
        return new LazySequence(items.Select(i => Apply(name, i, rest)).ToList());
    }

    private LazySequence Select(string filter, object? value, CallValues call, bool attribute)
    {
        var items = Selectable(value);
        object? path = null;
        if (attribute)
        {
            if (call.Positional.Count == 0) throw TemplateFault.Because($"'{filter}' needs an attribute's name");
            path = call.Positional[0];
            call = call with { Positional = [.. call.Positional.Skip(1)] };
        }

        (string? name, CallValues rest) = call.Positional.Count == 0 ? (null, NoArguments) : NameAndRest(filter, call);
        var wanted = filter.StartsWith("select", StringComparison.Ordinal);
        return new LazySequence(items.Where(Passes).ToList());

        bool Passes(object? item)
        {
            var tested = attribute ? Attribute(item, path) : item;
            return wanted == (name is null ? PythonValue.IsTrue(tested) : TemplateTests.Apply(name, tested, rest, budget));
        }
    }

    private static (string Name, CallValues Others) NameAndRest(string filter, CallValues call) =>
        call.Positional[0] is string name ? (name, call with { Positional = [.. call.Positional.Skip(1)] }) : throw TemplateFault.Because($"'{filter}' needs a name but was given {PythonValue.TypeName(call.Positional[0])}");
}
