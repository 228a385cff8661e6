namespace Assay.Tokenization.Templates;

/// <summary>Python's arithmetic and subscripts.</summary>
internal static class PythonOperators
{
    public static object? Binary(string symbol, object? a, object? b, TemplateBudget budget)
    {
        if (a is Undefined u) throw TemplateFault.Undefined(u);
        if (b is Undefined v) throw TemplateFault.Undefined(v);
        if (a is Markup || b is Markup) throw TemplateFault.Unsupported($"'{symbol}' on text marked safe");
        switch (symbol)
        {
            case "+" when a is string s && b is string t:
                budget.Characters(s.Length + (long)t.Length);
                return s + t;
            case "+" when a is Sequence { Kind: SequenceKind.List or SequenceKind.Tuple } s && b is Sequence t && s.Kind == t.Kind:
                budget.Steps(s.Items.Count + (long)t.Items.Count);
                return new Sequence([.. s.Items, .. t.Items], s.Kind);
            case "*" when a is string or Sequence && b is long or bool:
                return Repeat(a!, PythonValue.ToInteger(b), budget);
            case "*" when b is string or Sequence && a is long or bool:
                return Repeat(b!, PythonValue.ToInteger(a), budget);
            case "%" when a is string:
                throw TemplateFault.Unsupported("Formatting with '%'");
        }

        if (!PythonValue.IsNumber(a) || !PythonValue.IsNumber(b)) throw TemplateFault.Because($"'{symbol}' does not go between {PythonValue.TypeName(a)} and {PythonValue.TypeName(b)}");
        if (symbol is "/" or "//" or "%" && PythonValue.ToDouble(b) == 0) throw TemplateFault.Because("division by zero");
        if (symbol == "/") return PythonValue.ToDouble(a) / PythonValue.ToDouble(b);
        return a is double || b is double ? Float(symbol, PythonValue.ToDouble(a), PythonValue.ToDouble(b)) : Integer(symbol, PythonValue.ToInteger(a), PythonValue.ToInteger(b));
    }

    public static object? Sign(string symbol, object? value)
    {
        if (value is Undefined u) throw TemplateFault.Undefined(u);
        if (value is double d) return symbol == "-" ? -d : d;
        var n = PythonValue.ToInteger(value);
        return symbol == "-" ? n == long.MinValue ? throw Overflow() : -n : n;
    }

    private static object Repeat(object value, long times, TemplateBudget budget)
    {
        times = Math.Max(0, times);
        if (value is string text)
        {
            budget.Characters(Cost(text.Length, times));
            return text.Length == 0 ? "" : new System.Text.StringBuilder().Insert(0, text, (int)times).ToString();
        }

        var sequence = (Sequence)value;
        if (sequence.Kind is not (SequenceKind.List or SequenceKind.Tuple)) throw TemplateFault.Because($"'*' does not go with {PythonValue.TypeName(value)}");
        budget.Steps(Cost(sequence.Items.Count, times));
        return sequence.Items.Count == 0 ? sequence : new Sequence(Enumerable.Range(0, (int)times).SelectMany(_ => sequence.Items).ToList(), sequence.Kind);
    }

    private static long Cost(long length, long times) => length > 0 && times > int.MaxValue ? int.MaxValue : length * Math.Min(times, int.MaxValue);

    private static double Float(string symbol, double a, double b) => symbol switch
    {
        "+" => a + b,
        "-" => a - b,
        "*" => a * b,
        "//" => Math.Floor(a / b),
        "%" => Modulo(a, b),
        _ => Math.Pow(a, b) is var power && double.IsFinite(power) ? power : throw Overflow(),
    };

    private static double Modulo(double a, double b)
    {
        var rest = a % b;
        return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
    }

    private static object Integer(string symbol, long a, long b)
    {
        try
        {
            return symbol switch
            {
                "+" => checked(a + b),
                "-" => checked(a - b),
                "*" => checked(a * b),
                "//" => FloorDivide(a, b),
                "%" => b == -1 ? 0L : (a % b + b) % b,
                _ => Power(a, b),
            };
        }
        catch (OverflowException)
        {
            throw Overflow();
        }
    }

    private static long FloorDivide(long a, long b)
    {
        var quotient = checked(b == -1 ? -a : a / b);
        return a % (b == -1 ? 1 : b) != 0 && (a < 0) != (b < 0) ? quotient - 1 : quotient;
    }

    private static object Power(long a, long b)
    {
        if (b < 0) return a == 0 ? throw TemplateFault.Because("division by zero") : Math.Pow(a, b);
        if (a is 0 or 1 or -1) return b == 0 ? 1L : a == -1 && b % 2 == 0 ? 1L : a;
        if (b > 63) throw Overflow();
        var power = 1L;
        for (var i = 0; i < b; i++) power = checked(power * a);
        return power;
    }

    private static Checkpoints.InvalidInputException Overflow() => TemplateFault.Unsupported("A number beyond 64 bits");

    /// <summary><c>value[index]</c>, or null where there is no such item.</summary>
    public static bool TryItem(object? value, object? index, out object? item)
    {
        item = null;
        switch (value)
        {
            case TemplateDict d when index is not (Sequence { Kind: not SequenceKind.Tuple } or TemplateDict or Undefined or Callable or LazySequence or TemplateNamespace):
                return d.TryGet(index, out item);
            case Sequence { Kind: not SequenceKind.View } s when index is long or bool:
                var at = PythonValue.ToInteger(index);
                if (at < 0) at += s.Items.Count;
                if (at < 0 || at >= s.Items.Count) return false;
                item = s.Items[(int)at];
                return true;
            case string s when index is long or bool:
                var points = PythonText.HasSurrogates(s) ? PythonText.CodePoints(s) : null;
                var length = points?.Count ?? s.Length;
                var place = PythonValue.ToInteger(index);
                if (place < 0) place += length;
                if (place < 0 || place >= length) return false;
                item = points?[(int)place] ?? s[(int)place].ToString();
                return true;
            default:
                return false;
        }
    }

    /// <summary><c>value[start:stop:step]</c>.</summary>
    public static object? Slice(object? value, object? start, object? stop, object? step, TemplateBudget budget)
    {
        if (value is Undefined u) throw TemplateFault.Undefined(u);
        if (value is Markup) throw TemplateFault.Unsupported("A slice of text marked safe");
        if (value is not (string or Sequence { Kind: not SequenceKind.View })) throw TemplateFault.Because($"a value of type {PythonValue.TypeName(value)} cannot be sliced");
        var text = value as string;
        var by = step is null ? 1 : PythonValue.ToInteger(step);
        if (by == 0) throw TemplateFault.Because("a slice's step is zero");
        if (text is not null) budget.Steps(by == 1 ? text.Length / 16 : text.Length);
        var points = text is null ? null : new PythonText.Points(text);
        int n = points?.Count ?? ((Sequence)value).Items.Count, low = by < 0 ? -1 : 0, high = by < 0 ? n - 1 : n;
        var from = Bound(start, by < 0 ? high : low);
        var to = Bound(stop, by < 0 ? low : high);
        if (points is not null && by == 1) return budget.Characters(from < to ? points.Range((int)from, (int)to) : "");
        budget.Steps(1 + n / 16);
        IReadOnlyList<object?> items = text is null ? ((Sequence)value).Items : PythonText.CodePoints(text);
        var taken = new List<object?>();
        for (var i = from; by > 0 ? i < to : i > to; i += by)
        {
            taken.Add(items[(int)i]);
            if (by > n || by < -n) break;
        }

        if (text is null) return new Sequence(taken, ((Sequence)value).Kind);
        return budget.Characters(string.Concat(taken.Cast<string>()));

        long Bound(object? given, int standard)
        {
            if (given is null) return standard;
            var bound = PythonValue.ToInteger(given);
            if (bound < 0) bound += n;
            return Math.Clamp(bound, low, high);
        }
    }
}
