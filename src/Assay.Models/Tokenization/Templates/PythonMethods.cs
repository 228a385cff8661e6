namespace Assay.Tokenization.Templates;

/// <summary>The methods of strings, dicts and lists that templates may call. The rest of Python's are refused by name: taking one for a missing attribute would render something else.</summary>
internal static class PythonMethods
{
    private static readonly HashSet<string> OfStrings = [.. ("capitalize casefold center count encode endswith expandtabs find format format_map index isalnum isalpha isascii isdecimal isdigit isidentifier islower "
        + "isnumeric isprintable isspace istitle isupper join ljust lower lstrip maketrans partition removeprefix removesuffix replace rfind rindex rjust rpartition rsplit rstrip split splitlines startswith strip swapcase title translate upper zfill").Split(' ')];

    private static readonly HashSet<string> OfDicts = [.. "clear copy fromkeys get items keys pop popitem setdefault update values".Split(' ')];

    private static readonly HashSet<string> OfLists = [.. "append clear copy count extend index insert pop remove reverse sort".Split(' ')];

    private static readonly HashSet<string> Changing = [.. "append clear extend insert pop popitem remove reverse setdefault sort update".Split(' ')];

    /// <summary>The bound method of that name, or null where the type has none.</summary>
    public static Callable? Find(object? target, string name, TemplateBudget budget)
    {
        var known = target switch
        {
            string or Markup => OfStrings.Contains(name),
            TemplateDict => OfDicts.Contains(name),
            Sequence { Kind: SequenceKind.List } => OfLists.Contains(name),
            Sequence => name is "count" or "index",
            _ => false,
        };
        if (!known) return null;
        return target switch
        {
            Markup => throw TemplateFault.Unsupported($"'{name}' of text marked safe"),
            string s => new Callable(name, call => OfString(s, name, call, budget)),
            TemplateDict d => new Callable(name, call => OfDict(d, name, call)),
            _ => new Callable(name, call => OfSequence((Sequence)target!, name, call, budget)),
        };
    }

    private static Checkpoints.InvalidInputException Refuse(string type, string name) => Changing.Contains(name) && type != "str"
        ? TemplateFault.Because($"the sandbox forbids '{name}' of a {type}: a template may not change values")
        : TemplateFault.Unsupported($"The method '{name}' of a {type}");

    private static object? OfDict(TemplateDict dict, string name, CallValues call)
    {
        switch (name)
        {
            case "get":
                var get = new CallArguments(name, call, "key", "default");
                return dict.TryGet(get.Value(0), out var found) ? found : get.Value(1, null);
            case "items":
                _ = new CallArguments(name, call);
                return new Sequence(Items(dict), SequenceKind.View);
            case "keys":
                _ = new CallArguments(name, call);
                return new Sequence(dict.Keys.ToList(), SequenceKind.View);
            case "values":
                _ = new CallArguments(name, call);
                return new Sequence(dict.Values.ToList(), SequenceKind.View);
            case "copy":
                var copy = new TemplateDict();
                foreach (var (key, value) in dict) copy.Set(key, value);
                return copy;
            default:
                throw Refuse("dict", name);
        }
    }

    /// <summary>Pairs of key and value.</summary>
    public static List<object?> Items(TemplateDict dict) => dict.Select(i => (object?)new Sequence([i.Key, i.Value], SequenceKind.Tuple)).ToList();

    private static object? OfSequence(Sequence list, string name, CallValues call, TemplateBudget budget)
    {
        budget.Steps(list.Items.Count);
        switch (name)
        {
            case "count":
                var counted = new CallArguments(name, call, "value").Value(0);
                object occurrences = (long)list.Items.Count(i => PythonValue.AreEqual(i, counted, budget));
                return occurrences;
            case "index":
                var sought = new CallArguments(name, call, "value").Value(0);
                for (var i = 0; i < list.Items.Count; i++)
                    if (PythonValue.AreEqual(list.Items[i], sought, budget)) return (long)i;
                throw TemplateFault.Because("the value is not in the list");
            case "copy":
                return list with { Items = [.. list.Items] };
            default:
                throw Refuse(PythonValue.TypeName(list), name);
        }
    }

    private static object? OfString(string text, string name, CallValues call, TemplateBudget budget)
    {
        budget.Characters(text.Length);
        switch (name)
        {
            case "strip" or "lstrip" or "rstrip":
                return PythonText.Strip(text, new CallArguments(name, call, "chars").Text(0, null), name != "rstrip", name != "lstrip");
            case "upper" or "lower" or "capitalize":
                _ = new CallArguments(name, call);
                return name == "upper" ? PythonText.Upper(text) : name == "lower" ? PythonText.Lower(text) : PythonText.Capitalize(text);
            case "startswith" or "endswith":
                var affixes = new CallArguments(name, call, "affix").Value(0);
                IReadOnlyList<object?> options = affixes is Sequence { Kind: SequenceKind.Tuple } several ? several.Items : [affixes];
                return options.Any(o => o is not string affix ? throw TemplateFault.Because($"'{name}' expects a string or a tuple of strings but was given {PythonValue.TypeName(o)}")
                    : name == "startswith" ? text.StartsWith(affix, StringComparison.Ordinal) : text.EndsWith(affix, StringComparison.Ordinal));
            case "replace":
                var replace = new CallArguments(name, call, "old", "new", "count");
                return Replace(text, replace.Text(0), replace.Text(1), replace.Integer(2, -1), budget);
            case "removeprefix":
                var prefix = new CallArguments(name, call, "prefix").Text(0);
                return text.StartsWith(prefix, StringComparison.Ordinal) ? text[prefix.Length..] : text;
            case "removesuffix":
                var suffix = new CallArguments(name, call, "suffix").Text(0);
                return text.EndsWith(suffix, StringComparison.Ordinal) ? text[..^suffix.Length] : text;
            case "split" or "rsplit":
                var split = new CallArguments(name, call, "sep", "maxsplit");
                return Split(text, split.Text(0, null), split.Integer(1, -1), name == "rsplit", budget);
            case "partition" or "rpartition":
                var separator = new CallArguments(name, call, "sep").Text(0);
                budget.Search(text, separator);
                return Partition(text, separator, name == "rpartition");
            case "splitlines":
                _ = new CallArguments(name, call);
                return List(PythonText.Lines(text), budget);
            case "find" or "rfind" or "index" or "rindex":
                var part = new CallArguments(name, call, "sub").Text(0);
                budget.Search(text, part);
                var at = name[0] == 'r' ? text.LastIndexOf(part, StringComparison.Ordinal) : text.IndexOf(part, StringComparison.Ordinal);
                if (at < 0 && name.EndsWith("index", StringComparison.Ordinal)) throw TemplateFault.Because("substring not found");
                return at < 0 ? -1L : PythonText.Length(text[..at]);
            case "count":
                var counted = new CallArguments(name, call, "sub").Text(0);
                budget.Search(text, counted);
                object occurrences = (long)Count(text, counted);
                return occurrences;
            case "join":
                var parts = PythonValue.Iterate(new CallArguments(name, call, "iterable").Value(0), budget);
                return Join(text, parts.Select(p => p as string ?? throw TemplateFault.Because($"'join' expects strings but found {PythonValue.TypeName(p)}")).ToList(), budget);
            case "isdigit" or "isspace" or "isalpha" or "isupper" or "islower" or "isalnum" when text.All(char.IsAscii):
                _ = new CallArguments(name, call);
                return Is(text, name);
            default:
                throw Refuse("str", name);
        }
    }

    private static bool Is(string text, string name) => name switch
    {
        "isdigit" => text.Length > 0 && text.All(char.IsAsciiDigit),
        "isspace" => text.Length > 0 && text.All(PythonText.IsSpace),
        "isalpha" => text.Length > 0 && text.All(char.IsAsciiLetter),
        "isalnum" => text.Length > 0 && text.All(char.IsAsciiLetterOrDigit),
        "isupper" => text.Any(char.IsAsciiLetter) && !text.Any(char.IsAsciiLetterLower),
        _ => text.Any(char.IsAsciiLetter) && !text.Any(char.IsAsciiLetterUpper),
    };

    /// <summary><c>str.join</c>.</summary>
    public static string Join(string separator, IReadOnlyList<string> parts, TemplateBudget budget)
    {
        budget.Characters(parts.Sum(p => (long)p.Length) + (long)separator.Length * Math.Max(0, parts.Count - 1));
        return string.Join(separator, parts);
    }

    /// <summary><c>str.replace</c>; a negative count replaces all.</summary>
    public static string Replace(string text, string old, string replacement, long count, TemplateBudget budget)
    {
        budget.Search(text, old);
        if (old.Length == 0)
        {
            budget.Steps(text.Length);
            if (count >= 0) throw TemplateFault.Unsupported("A bounded replacement of the empty string");
            budget.Characters((text.Length + 1L) * (replacement.Length + 1L));
            return replacement + string.Concat(PythonText.CodePoints(text).Select(p => p + replacement));
        }

        var pieces = text.Split(old, count < 0 ? int.MaxValue : (int)Math.Min(count, int.MaxValue - 1) + 1);
        return Join(replacement, pieces, budget);
    }

    private static int Count(string text, string part)
    {
        if (part.Length == 0) return PythonText.Length(text) + 1;
        var count = 0;
        for (var at = text.IndexOf(part, StringComparison.Ordinal); at >= 0; at = text.IndexOf(part, at + part.Length, StringComparison.Ordinal)) count++;
        return count;
    }

    private static Sequence Partition(string text, string separator, bool last)
    {
        if (separator.Length == 0) throw TemplateFault.Because("an empty separator");
        var at = last ? text.LastIndexOf(separator, StringComparison.Ordinal) : text.IndexOf(separator, StringComparison.Ordinal);
        IReadOnlyList<object?> parts = at >= 0 ? [text[..at], separator, text[(at + separator.Length)..]] : last ? ["", "", text] : [text, "", ""];
        return new Sequence(parts, SequenceKind.Tuple);
    }

    private static Sequence List(IReadOnlyList<string> items, TemplateBudget budget)
    {
        budget.Steps(items.Count);
        return new Sequence(items, SequenceKind.List);
    }

    private static Sequence Split(string text, string? separator, long most, bool fromEnd, TemplateBudget budget)
    {
        var limit = most < 0 ? int.MaxValue : (int)Math.Min(most, int.MaxValue - 1);
        budget.Steps(text.Length / 4);
        budget.Search(text, separator ?? "");
        if (separator is { Length: 0 }) throw TemplateFault.Because("an empty separator");
        if (separator is null)
        {
            if (limit != int.MaxValue) throw TemplateFault.Unsupported("A bounded split at white space");
            return List(text.Split(SpaceArray, StringSplitOptions.RemoveEmptyEntries), budget);
        }

        if (!fromEnd || limit == int.MaxValue) return List(text.Split(separator, limit == int.MaxValue ? limit : limit + 1), budget);
        var parts = new List<string>();
        var end = text.Length;
        while (parts.Count < limit && end > 0 && text.LastIndexOf(separator, end - 1, StringComparison.Ordinal) is >= 0 and var at)
        {
            parts.Add(text[(at + separator.Length)..end]);
            end = at;
        }

        parts.Add(text[..end]);
        parts.Reverse();
        return List(parts, budget);
    }

    private static readonly char[] SpaceArray = [.. Enumerable.Range(0, 0x3001).Select(i => (char)i).Where(PythonText.IsSpace)];
}
