namespace Assay.Tokenization.Templates;

internal sealed partial class TemplateRenderer
{
    private object? Evaluate(Expression expression)
    {
        budget.Enter();
        Line = expression.Line;
        var value = expression switch
        {
            Constant c => c.Value,
            Name n => Resolve(n.Text),
            Display d => new Sequence(EvaluateAll(d.Items), d.Kind),
            DictDisplay d => Dict(d),
            Unary { Operator: "not" } u => !PythonValue.IsTrue(Evaluate(u.Operand)),
            Unary u => PythonOperators.Sign(u.Operator, Evaluate(u.Operand)),
            Binary { Operator: "and" } b => Evaluate(b.Left) is var left && PythonValue.IsTrue(left) ? Evaluate(b.Right) : left,
            Binary { Operator: "or" } b => Evaluate(b.Left) is var left && PythonValue.IsTrue(left) ? left : Evaluate(b.Right),
            Binary b => Arithmetic(b),
            Comparison c => Compare(c),
            Concatenation c => PythonMethods.Join("", c.Parts.Select(p => PythonValue.Str(Evaluate(p), budget)).ToList(), budget),
            Conditional c => PythonValue.IsTrue(Evaluate(c.Test)) ? Evaluate(c.Then) : c.Else is null ? new Undefined("the inline if-expression evaluated to false and no else section was defined") : Evaluate(c.Else),
            AttributeAccess a => Attribute(Evaluate(a.Target), a.Attribute),
            Subscript { Index: Slice slice } s => Sliced(s, slice),
            Subscript s => Item(Evaluate(s.Target), Evaluate(s.Index)),
            Call c => Invoke(c, null),
            FilterApplication f => filters.Apply(f.Filter, f.Target is null ? filteredBlock : Evaluate(f.Target), Values(f.Arguments)),
            TestApplication t => TemplateTests.Apply(t.Test, Evaluate(t.Target), Values(t.Arguments), budget),
            _ => throw TemplateFault.Unsupported(expression.GetType().Name),
        };
        budget.Leave();
        return value;
    }

    private List<object?> EvaluateAll(IReadOnlyList<Expression> expressions)
    {
        var values = new List<object?>(expressions.Count);
        foreach (var expression in expressions) values.Add(Evaluate(expression));
        return values;
    }

    private object? Resolve(string name)
    {
        for (var inner = scope; inner is not null; inner = inner.Outer)
        {
            if (inner.Values.TryGetValue(name, out var value)) return value;
            budget.Steps(1);
        }

        if (!undefined.TryGetValue(name, out var missing)) undefined[name] = missing = new Undefined($"'{name}' is undefined");
        return missing;
    }

    private TemplateDict Dict(DictDisplay display)
    {
        var dict = new TemplateDict();
        foreach (var (key, value) in display.Items) dict.Set(Evaluate(key), Evaluate(value));
        return dict;
    }

    private object? Arithmetic(Binary b)
    {
        var left = Evaluate(b.Left);
        var right = Evaluate(b.Right);
        Line = b.Line;
        return PythonOperators.Binary(b.Operator, left, right, budget);
    }

    private bool Compare(Comparison comparison)
    {
        var left = Evaluate(comparison.First);
        foreach (var (symbol, operand) in comparison.Rest)
        {
            var right = Evaluate(operand);
            Line = comparison.Line;
            var holds = symbol switch
            {
                "==" => PythonValue.AreEqual(left, right, budget),
                "!=" => !PythonValue.AreEqual(left, right, budget),
                "in" => PythonValue.Contains(right, left, budget),
                "not in" => !PythonValue.Contains(right, left, budget),
                "<" => PythonValue.Compare(left, right, budget) < 0,
                "<=" => PythonValue.Compare(left, right, budget) <= 0,
                ">" => PythonValue.Compare(left, right, budget) > 0,
                _ => PythonValue.Compare(left, right, budget) >= 0,
            };
            if (!holds) return false;
            left = right;
        }

        return true;
    }

    private object? Sliced(Subscript subscript, Slice slice)
    {
        var target = Evaluate(subscript.Target);
        return PythonOperators.Slice(target, Bound(slice.Start), Bound(slice.Stop), Bound(slice.Step), budget);

        object? Bound(Expression? bound) => bound is null ? null : Evaluate(bound);
    }

    /// <summary><c>target.name</c>: a method or attribute of the value, else its item of that key.</summary>
    private object? Attribute(object? target, string name)
    {
        if (target is Undefined u) throw TemplateFault.Undefined(u);
        return Member(target, name, out var member) || PythonOperators.TryItem(target, name, out member) ? member : Missing(target, name);
    }

    /// <summary><c>target[index]</c>: an item, else a method or attribute of that name.</summary>
    public object? Item(object? target, object? index)
    {
        if (target is Undefined u) throw TemplateFault.Undefined(u);
        if (target is string text) budget.Steps(text.Length / 16);
        if (PythonOperators.TryItem(target, index, out var item)) return item;
        if (index is string name) return Member(target, name, out var member) ? member : Missing(target, name);
        return new Undefined($"a value of type {PythonValue.TypeName(target)} has no element {(index is long n ? n.ToString() : "of type " + PythonValue.TypeName(index))}");
    }

    private bool Member(object? target, string name, out object? member)
    {
        if (name.StartsWith("__", StringComparison.Ordinal)) throw TemplateFault.Because($"the sandbox forbids the attribute '{name}'");
        member = null;
        switch (target)
        {
            case TemplateNamespace space:
                return space.Attributes.TryGetValue(name, out member);
            case TemplateLoop loop:
                return loop.TryAttribute(name, budget, out member);
            case Markup when PythonMethods.Find("", name, budget) is not null:
                throw TemplateFault.Unsupported($"'{name}' of text marked safe");
            case bool or long or double when name is "real" or "imag" or "numerator" or "denominator" or "conjugate" or "bit_length" or "bit_count" or "to_bytes" or "from_bytes" or "as_integer_ratio" or "is_integer" or "hex" or "fromhex":
                throw TemplateFault.Unsupported($"The attribute '{name}' of a number");
            case Callable or LazySequence:
                throw TemplateFault.Unsupported($"The attribute '{name}' of a {PythonValue.TypeName(target)}");
            default:
                member = PythonMethods.Find(target, name, budget);
                return member is not null;
        }
    }

    private static Undefined Missing(object? target, string name) => new($"a value of type {PythonValue.TypeName(target)} has no attribute '{name}'");

    private object? Invoke(Call call, Callable? caller)
    {
        var target = Evaluate(call.Target);
        var values = Values(call.Arguments);
        Line = call.Line;
        if (caller is not null) values = values with { Named = new Dictionary<string, object?>(values.Named) { ["caller"] = caller } };
        return target switch
        {
            Callable callable => callable.Invoke(values),
            TemplateLoop { Recurse: { } recurse } => recurse.Invoke(values),
            TemplateLoop => throw TemplateFault.Because("the loop is not marked 'recursive'"),
            Undefined undefined => throw TemplateFault.Undefined(undefined),
            _ => throw TemplateFault.Because($"a value of type {PythonValue.TypeName(target)} cannot be called"),
        };
    }

    private CallValues Values(Arguments arguments)
    {
        var positional = EvaluateAll(arguments.Positional);
        var named = new Dictionary<string, object?>(StringComparer.Ordinal);
        foreach (var (name, value) in arguments.Named)
            if (!named.TryAdd(name, Evaluate(value))) throw TemplateFault.Because($"the argument '{name}' is given twice");
        if (arguments.Star is not null) positional.AddRange(PythonValue.Iterate(Evaluate(arguments.Star), budget));
        if (arguments.DoubleStar is not null)
        {
            if (Evaluate(arguments.DoubleStar) is not TemplateDict dict) throw TemplateFault.Because("'**' needs a dict");
            foreach (var (key, value) in dict)
                if (key is not string name || !named.TryAdd(name, value)) throw TemplateFault.Because("'**' needs names that are strings, each given once");
        }

        return new CallValues(positional, named);
    }
}
