namespace Assay.Tokenization.Templates;

/// <summary>Jinja's tests: what stands behind <c>is</c>.</summary>
internal static class TemplateTests
{
    public static bool Apply(string name, object? value, CallValues call, TemplateBudget budget)
    {
        switch (name)
        {
            case "in":
                return PythonValue.Contains(new CallArguments(name, call, "seq").Value(0), value, budget);
            case "sameas":
                var same = new CallArguments(name, call, "other").Value(0);
                return value is null or bool or string or long ? Equals(value, same) : ReferenceEquals(value, same);
            case "eq" or "equalto" or "==" or "ne" or "!=":
                var equal = PythonValue.AreEqual(value, new CallArguments(name, call, "b").Value(0), budget);
                return name is "ne" or "!=" ? !equal : equal;
            case "lt" or "lessthan" or "<": return PythonValue.Compare(value, new CallArguments(name, call, "b").Value(0), budget) < 0;
            case "le" or "<=": return PythonValue.Compare(value, new CallArguments(name, call, "b").Value(0), budget) <= 0;
            case "gt" or "greaterthan" or ">": return PythonValue.Compare(value, new CallArguments(name, call, "b").Value(0), budget) > 0;
            case "ge" or ">=": return PythonValue.Compare(value, new CallArguments(name, call, "b").Value(0), budget) >= 0;
            case "divisibleby":
                return PythonValue.ToInteger(PythonOperators.Binary("%", value, new CallArguments(name, call, "num").Value(0), budget)) == 0;
        }

        _ = new CallArguments(name, call);
        return name switch
        {
            "defined" => value is not Undefined,
            "undefined" => value is Undefined,
            "none" => value is null,
            "true" => value is true,
            "false" => value is false,
            "boolean" => value is bool,
            "string" => value is string or Markup,
            "number" => PythonValue.IsNumber(value),
            "integer" => value is long,
            "float" => value is double,
            "mapping" => value is TemplateDict,
            "sequence" => value is string or Markup or TemplateDict or Undefined or Sequence { Kind: not SequenceKind.View },
            "iterable" => value is string or Markup or TemplateDict or Undefined or Sequence or LazySequence,
            "callable" => value is Callable,
            "odd" => PythonValue.ToInteger(PythonOperators.Binary("%", value, 2L, budget)) == 1,
            "even" => PythonValue.ToInteger(PythonOperators.Binary("%", value, 2L, budget)) == 0,
            "lower" => Cased(value, budget) is var t && t == PythonText.Lower(t) && t.Any(char.IsLetter),
            "upper" => Cased(value, budget) is var t && t == PythonText.Upper(t) && t.Any(char.IsLetter),
            _ => throw TemplateFault.Unsupported($"The test '{name}'"),
        };
    }

    private static string Cased(object? value, TemplateBudget budget) => budget.Characters(PythonValue.Str(value, budget));
}
