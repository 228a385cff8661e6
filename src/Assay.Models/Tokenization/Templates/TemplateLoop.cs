namespace Assay.Tokenization.Templates;

/// <summary>The variable <c>loop</c>.</summary>
internal sealed class TemplateLoop(IReadOnlyList<object?> items, int depth)
{
    private IReadOnlyList<object?>? lastChanged;

    /// <summary>The current item's index, from 0.</summary>
    public int Index { get; set; }

    /// <summary>Runs the loop over other items, for a loop marked <c>recursive</c>.</summary>
    public Callable? Recurse { get; set; }

    public bool TryAttribute(string name, TemplateBudget budget, out object? value)
    {
        switch (name)
        {
            case "index": value = Index + 1L; break;
            case "index0": value = (long)Index; break;
            case "revindex": value = (long)items.Count - Index; break;
            case "revindex0": value = items.Count - Index - 1L; break;
            case "first": value = Index == 0; break;
            case "last": value = Index == items.Count - 1; break;
            case "length": value = (long)items.Count; break;
            case "depth": value = (long)depth; break;
            case "depth0": value = depth - 1L; break;
            case "previtem": value = Index > 0 ? items[Index - 1] : new Undefined("there is no previous item"); break;
            case "nextitem": value = Index + 1 < items.Count ? items[Index + 1] : new Undefined("there is no next item"); break;
            case "cycle": value = new Callable(name, call => call.Positional.Count == 0 ? throw TemplateFault.Because("no items for cycling given") : call.Positional[Index % call.Positional.Count]); break;
            case "changed": value = new Callable(name, call => Changed(call.Positional, budget)); break;
            default:
                value = null;
                return false;
        }

        return true;
    }

    private object Changed(IReadOnlyList<object?> values, TemplateBudget budget)
    {
        var same = lastChanged is not null && lastChanged.Count == values.Count && lastChanged.Zip(values).All(p => PythonValue.AreEqual(p.First, p.Second, budget));
        lastChanged = values;
        return !same;
    }
}
