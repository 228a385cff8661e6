using System.Globalization;
using System.Text;

namespace Assay.Tokenization.Templates;

/// <summary>The functions that Jinja and transformers define for every template.</summary>
internal static class TemplateGlobals
{
    /// <summary>The longest range that Jinja's sandbox allows.</summary>
    private const long MaxRange = 100_000;

    public static IEnumerable<KeyValuePair<string, object?>> All(DateTimeOffset clock, TemplateBudget budget)
    {
        yield return Function("raise_exception", call => throw TemplateFault.Because("the template refuses this conversation: " + PythonValue.Str(new CallArguments("raise_exception", call, "message").Value(0), budget)));
        yield return Function("strftime_now", call => Format(clock, new CallArguments("strftime_now", call, "format").Text(0)));
        yield return Function("range", call => Range(call, budget));
        yield return Function("namespace", call => Namespace(call, budget));
        yield return Function("dict", call => Dict(call, budget));
        foreach (var name in (string[])["lipsum", "cycler", "joiner"]) yield return Function(name, _ => throw TemplateFault.Unsupported($"The function '{name}'"));
    }

    private static KeyValuePair<string, object?> Function(string name, Func<CallValues, object?> invoke) => new(name, new Callable(name, invoke));

    private static Sequence Range(CallValues call, TemplateBudget budget)
    {
        if (call.Named.Count > 0 || call.Positional.Count is 0 or > 3) throw TemplateFault.Because("'range' takes one to three integers");
        var numbers = call.Positional.Select(PythonValue.ToInteger).ToList();
        var (start, stop, step) = numbers.Count == 1 ? (0, numbers[0], 1) : (numbers[0], numbers[1], numbers.Count == 3 ? numbers[2] : 1);
        if (step == 0) throw TemplateFault.Because("the step of 'range' is zero");
        var span = (step > 0 ? (Int128)stop - start : (Int128)start - stop) + Int128.Abs(step) - 1;
        var count = span < 0 ? 0 : span / Int128.Abs(step);
        if (count > MaxRange) throw TemplateFault.Because($"Range too big. The sandbox blocks ranges larger than MAX_RANGE ({MaxRange})");
        budget.Steps((long)count);
        return new Sequence(Enumerable.Range(0, (int)count).Select(i => (object?)(start + i * step)).ToList(), SequenceKind.Range);
    }

    private static TemplateNamespace Namespace(CallValues call, TemplateBudget budget)
    {
        var space = new TemplateNamespace();
        foreach (var (name, value) in Dict(call, budget))
            space.Attributes[name as string ?? throw TemplateFault.Because("a namespace's names are strings")] = value;
        return space;
    }

    private static TemplateDict Dict(CallValues call, TemplateBudget budget)
    {
        var dict = new TemplateDict();
        if (call.Positional.Count > 1) throw TemplateFault.Because("'dict' takes one positional argument");
        if (call.Positional is [TemplateDict source])
            foreach (var (key, value) in source) dict.Set(key, value);
        else if (call.Positional.Count == 1)
            foreach (var pair in PythonValue.Iterate(call.Positional[0], budget))
                if (PythonValue.Iterate(pair, budget) is [var key, var value]) dict.Set(key, value);
                else throw TemplateFault.Because("'dict' needs pairs");
        foreach (var (name, value) in call.Named) dict.Set(name, value);
        return dict;
    }

    /// <summary>C's <c>strftime</c> in the C locale.</summary>
    private static string Format(DateTimeOffset clock, string format)
    {
        var text = new StringBuilder();
        for (var i = 0; i < format.Length; i++)
        {
            if (format[i] != '%')
            {
                text.Append(format[i]);
                continue;
            }

            var bare = i + 1 < format.Length && format[i + 1] == '-';
            i += bare ? 2 : 1;
            var field = i < format.Length ? Field(clock, format[i]) : null;
            if (field is null) throw TemplateFault.Unsupported($"The date format '{format}'");
            text.Append(bare ? field.TrimStart('0') is { Length: > 0 } trimmed ? trimmed : "0" : field);
        }

        return text.ToString();
    }

    private static string? Field(DateTimeOffset clock, char field)
    {
        var format = field switch
        {
            'd' => "dd",
            'm' => "MM",
            'Y' => "yyyy",
            'y' => "yy",
            'H' => "HH",
            'I' => "hh",
            'M' => "mm",
            'S' => "ss",
            'p' => "tt",
            'b' or 'h' => "MMM",
            'B' => "MMMM",
            'a' => "ddd",
            'A' => "dddd",
            'F' => "yyyy-MM-dd",
            'T' => "HH:mm:ss",
            'D' => "MM/dd/yy",
            _ => null,
        };
        return field switch
        {
            '%' => "%",
            'j' => clock.DayOfYear.ToString("000", CultureInfo.InvariantCulture),
            _ => format is null ? null : clock.ToString(format, CultureInfo.InvariantCulture),
        };
    }
}
