using System.Text;

namespace Assay.Tokenization.Templates;

/// <summary>Runs a template's statements. <c>TemplateRenderer.Expressions.cs</c> evaluates its expressions.</summary>
internal sealed partial class TemplateRenderer
{
    private readonly TemplateBudget budget;
    private readonly TemplateFilters filters;
    private readonly TemplateScope globals;
    private readonly Dictionary<string, Undefined> undefined = new(StringComparer.Ordinal);
    private TemplateScope scope;
    private StringBuilder output = new();
    private object? filteredBlock;

    public TemplateRenderer(IEnumerable<KeyValuePair<string, object?>> variables, DateTimeOffset clock, TemplateBudget budget)
    {
        this.budget = budget;
        filters = new TemplateFilters(this, budget);
        globals = new TemplateScope(null);
        foreach (var (name, value) in TemplateGlobals.All(clock, budget)) globals.Values[name] = value;
        scope = new TemplateScope(globals);
        foreach (var (name, value) in variables) scope.Values[name] = value;
        scope = new TemplateScope(scope);
    }

    private enum Flow { Next, Break, Continue }

    /// <summary>The line of what is being evaluated, for messages.</summary>
    public int Line { get; private set; } = 1;

    public string Run(IReadOnlyList<Statement> body)
    {
        Execute(body);
        return output.ToString();
    }

    private Flow Execute(IReadOnlyList<Statement> body)
    {
        budget.Enter();
        foreach (var statement in body)
        {
            Line = statement.Line;
            budget.Steps(1);
            var flow = Execute(statement);
            if (flow == Flow.Next) continue;
            budget.Leave();
            return flow;
        }

        budget.Leave();
        return Flow.Next;
    }

    private Flow Execute(Statement statement)
    {
        switch (statement)
        {
            case Text text:
                Write(text.Value);
                return Flow.Next;
            case Output print:
                Write(PythonValue.Str(Evaluate(print.Value), budget));
                return Flow.Next;
            case If branch:
                return Execute(PythonValue.IsTrue(Evaluate(branch.Test)) ? branch.Then : branch.Else);
            case For loop:
                return Loop(loop, PythonValue.Iterate(Evaluate(loop.Items), budget), 1);
            case Assign assign:
                Bind(assign.Target, Evaluate(assign.Value));
                return Flow.Next;
            case AssignBlock assign:
                var text2 = Capture(assign.Body);
                Bind(assign.Target, assign.Filter is null ? text2 : Filtered(assign.Filter, text2));
                return Flow.Next;
            case MacroDefinition macro:
                scope.Values[macro.Name] = Macro(macro, scope);
                return Flow.Next;
            case CallBlock block:
                var caller = Macro(block.Caller, scope);
                Write(PythonValue.Str(Invoke(block.Call, caller), budget));
                return Flow.Next;
            case FilterBlock block:
                Write(PythonValue.Str(Filtered(block.Filter, Capture(block.Body)), budget));
                return Flow.Next;
            case With with:
                return Scoped(with);
            case Generation generation:
                return Execute(generation.Body);
            case LoopControl control:
                return control.Break ? Flow.Break : Flow.Continue;
            default:
                throw TemplateFault.Unsupported(statement.GetType().Name);
        }
    }

    private void Write(string text)
    {
        budget.Characters(text.Length);
        output.Append(text);
    }

    private Flow Scoped(With with)
    {
        var values = with.Bindings.Select(b => Evaluate(b.Value)).ToList();
        var outer = scope;
        scope = new TemplateScope(outer);
        for (var i = 0; i < values.Count; i++) Bind(with.Bindings[i].Target, values[i]);
        var flow = Execute(with.Body);
        scope = outer;
        return flow;
    }

    /// <summary>Renders statements apart, in a scope of their own.</summary>
    private string Capture(IReadOnlyList<Statement> body)
    {
        var (outer, outerOutput) = (scope, output);
        (scope, output) = (new TemplateScope(outer), new StringBuilder());
        Execute(body);
        var text = output.ToString();
        (scope, output) = (outer, outerOutput);
        return budget.Characters(text);
    }

    private object? Filtered(Expression filter, string text)
    {
        var outer = filteredBlock;
        filteredBlock = text;
        var value = Evaluate(filter);
        filteredBlock = outer;
        return value;
    }

    private Flow Loop(For loop, IReadOnlyList<object?> items, int depth)
    {
        var outer = scope;
        if (loop.Filter is not null)
        {
            items = items.Where(item =>
            {
                scope = new TemplateScope(outer);
                Bind(loop.Target, item);
                var kept = PythonValue.IsTrue(Evaluate(loop.Filter));
                scope = outer;
                return kept;
            }).ToList();
        }

        var state = new TemplateLoop(items, depth);
        if (loop.Recursive) state.Recurse = new Callable("loop", call => Recurse(loop, outer, call, depth));
        for (; state.Index < items.Count; state.Index++)
        {
            budget.Steps(1);
            scope = new TemplateScope(outer);
            scope.Values["loop"] = state;
            Bind(loop.Target, items[state.Index]);
            if (Execute(loop.Body) == Flow.Break) break;
        }

        scope = outer;
        return items.Count == 0 ? Execute(loop.Else) : Flow.Next;
    }

    private string Recurse(For loop, TemplateScope definedIn, CallValues call, int depth)
    {
        var items = PythonValue.Iterate(new CallArguments("loop", call, "iterable").Value(0), budget);
        var (outer, outerOutput) = (scope, output);
        (scope, output) = (definedIn, new StringBuilder());
        budget.Enter();
        Loop(loop, items, depth + 1);
        budget.Leave();
        var text = output.ToString();
        (scope, output) = (outer, outerOutput);
        return text;
    }

    private void Bind(Expression target, object? value)
    {
        switch (target)
        {
            case Name name:
                scope.Values[name.Text] = value;
                break;
            case AttributeAccess { Target: Name name } access:
                if (scope.Find(name.Text) is not TemplateNamespace space) throw TemplateFault.Because("cannot assign attribute on non-namespace object");
                space.Attributes[access.Attribute] = value;
                break;
            case Display tuple:
                var items = PythonValue.Iterate(value, budget);
                if (items.Count != tuple.Items.Count) throw TemplateFault.Because($"{items.Count} values cannot be unpacked into {tuple.Items.Count} names");
                for (var i = 0; i < items.Count; i++) Bind(tuple.Items[i], items[i]);
                break;
            default:
                throw TemplateFault.Unsupported("This target of an assignment");
        }
    }

    private Callable Macro(MacroDefinition macro, TemplateScope definedIn) => new(macro.Name, call =>
    {
        budget.Enter();
        var (outer, outerOutput, outerLine) = (scope, output, Line);
        (scope, output) = (new TemplateScope(definedIn), new StringBuilder());
        BindParameters(macro, call);
        Execute(macro.Body);
        var text = output.ToString();
        (scope, output, Line) = (outer, outerOutput, outerLine);
        budget.Leave();
        return budget.Characters(text);
    });

    private void BindParameters(MacroDefinition macro, CallValues call)
    {
        var named = new Dictionary<string, object?>(call.Named, StringComparer.Ordinal);
        for (var i = 0; i < macro.Parameters.Count; i++)
        {
            var (name, standard) = macro.Parameters[i];
            var isNamed = named.Remove(name, out var value);
            if (i < call.Positional.Count)
            {
                if (isNamed) throw TemplateFault.Because($"the macro '{macro.Name}' got two values for '{name}'");
                scope.Values[name] = call.Positional[i];
            }
            else scope.Values[name] = isNamed ? value : standard is null ? new Undefined($"parameter '{name}' was not provided") : Evaluate(standard);
        }

        if (macro.Reads.Contains("caller") && macro.Parameters.All(p => p.Name != "caller"))
            scope.Values["caller"] = named.Remove("caller", out var caller) ? caller : new Undefined("No caller defined");
        if (macro.Reads.Contains("kwargs"))
        {
            var rest = new TemplateDict();
            foreach (var (name, value) in named) rest.Set(name, value);
            scope.Values["kwargs"] = rest;
        }
        else if (named.Count > 0) throw TemplateFault.Because($"the macro '{macro.Name}' takes no argument '{named.Keys.First()}'");

        if (macro.Reads.Contains("varargs")) scope.Values["varargs"] = new Sequence([.. call.Positional.Skip(macro.Parameters.Count)], SequenceKind.Tuple);
        else if (call.Positional.Count > macro.Parameters.Count) throw TemplateFault.Because($"the macro '{macro.Name}' takes at most {macro.Parameters.Count} arguments");
    }
}
