using System.Globalization;
using Assay.Checkpoints;

namespace Assay.Tokenization.Expressions;

/// <summary>Compiles the part of Oniguruma's Ruby syntax that split expressions use. Everything else is refused by name and position.</summary>
internal sealed class ExpressionParser(string text)
{
    private const int MaxDepth = 32, MaxInstructions = 4096, MaxRepeat = 1000;

    private int _at;

    public Instruction[] Compile()
    {
        List<Instruction> program = [];
        Append(program, Alternation(false, 0));
        if (_at < text.Length) throw Refuse("an unmatched ')'");
        program.Add(new Instruction(InstructionKind.Match));
        return [.. program];
    }

    // Fragments hold jumps relative to their own start, so that they can be repeated.
    private List<Instruction> Alternation(bool ignoreCase, int depth)
    {
        if (depth > MaxDepth) throw Refuse($"groups nested deeper than {MaxDepth}");
        List<List<Instruction>> options = [Sequence(ignoreCase, depth)];
        while (_at < text.Length && text[_at] == '|')
        {
            _at++;
            options.Add(Sequence(ignoreCase, depth));
        }
        var result = options[^1];
        for (var i = options.Count - 2; i >= 0; i--)
        {
            List<Instruction> both = [new(InstructionKind.Split, 1, options[i].Count + 2)];
            Append(both, options[i]);
            both.Add(new Instruction(InstructionKind.Jump, both.Count + 1 + result.Count));
            Append(both, result);
            result = both;
        }
        return result;
    }

    private List<Instruction> Sequence(bool ignoreCase, int depth)
    {
        List<Instruction> result = [];
        while (_at < text.Length && text[_at] is not ('|' or ')')) Append(result, Quantified(Atom(ignoreCase, depth)));
        return result;
    }

    private List<Instruction> Quantified(List<Instruction> atom)
    {
        var quantified = false;
        while (_at < text.Length)
        {
            int low, high;
            var braces = false;
            switch (text[_at])
            {
                case '?': (low, high) = (0, 1); break;
                case '*': (low, high) = (0, -1); break;
                case '+': (low, high) = (1, -1); break;
                case '{' when Braces(out low, out high): braces = true; break;
                case '{': throw Refuse("a brace that is no quantifier");
                default: return atom;
            }
            if (quantified) throw Refuse("a quantifier on a quantifier");
            quantified = true;
            if (!braces) _at++;
            var lazy = false;
            if (_at < text.Length && text[_at] == '+') throw Refuse("a possessive quantifier");
            if (_at < text.Length && text[_at] == '?')
            {
                if (braces) throw Refuse("a lazy quantifier after braces");
                lazy = true;
                _at++;
            }
            atom = Repeat(atom, low, high, lazy);
        }
        return atom;
    }

    private List<Instruction> Repeat(List<Instruction> atom, int low, int high, bool lazy)
    {
        List<Instruction> result = [];
        for (var i = 0; i < low; i++) Append(result, atom);
        if (high < 0)
        {
            var loop = result.Count;
            result.Add(Fork(loop + 1, loop + atom.Count + 2, lazy));
            Append(result, atom);
            result.Add(new Instruction(InstructionKind.Jump, loop));
            return result;
        }
        // Each optional copy jumps past all that follow.
        var end = result.Count + (high - low) * (atom.Count + 1);
        for (var i = low; i < high; i++)
        {
            result.Add(Fork(result.Count + 1, end, lazy));
            Append(result, atom);
        }
        return result;
    }

    private static Instruction Fork(int into, int past, bool lazy) => lazy ? new(InstructionKind.Split, past, into) : new(InstructionKind.Split, into, past);

    private void Append(List<Instruction> to, List<Instruction> fragment)
    {
        if (to.Count + fragment.Count > MaxInstructions) throw Refuse($"more than {MaxInstructions} instructions");
        var shift = to.Count;
        foreach (var i in fragment) to.Add(i.Kind is InstructionKind.Jump or InstructionKind.Split ? i with { First = i.First + shift, Second = i.Second + shift } : i);
    }

    private bool Braces(out int low, out int high)
    {
        (low, high) = (0, 0);
        var close = text.IndexOf('}', _at);
        if (close < 0) return false;
        var parts = text[(_at + 1)..close].Split(',');
        if (parts.Length > 2 || (parts.Length == 2 && parts[0].Length == 0 && parts[1].Length == 0)) return false;
        if (parts[0].Length > 0 && !int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out low)) return false;
        if (parts.Length == 1)
        {
            if (parts[0].Length == 0) return false;
            high = low;
        }
        else if (parts[1].Length == 0) high = -1;
        else if (!int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out high)) return false;
        if (low > MaxRepeat || high > MaxRepeat) throw Refuse($"a repetition of more than {MaxRepeat}");
        if (high >= 0 && high < low) throw Refuse("a repetition whose bounds are reversed");
        _at = close + 1;
        return true;
    }

    private List<Instruction> Atom(bool ignoreCase, int depth)
    {
        switch (text[_at])
        {
            case '(': return Group(ignoreCase, depth);
            case '[': return [new(InstructionKind.Set, Set: Bracket(ignoreCase))];
            case '.':
                _at++;
                return [new(InstructionKind.Set, Set: new CharacterClass().Add('\n', '\n').Freeze(true))];
            case '^' or '$': throw Refuse($"the anchor '{text[_at]}'");
            case '?' or '*' or '+': throw Refuse("a quantifier with nothing before it");
            case '\\': return [new(InstructionKind.Set, Set: Escape(ignoreCase, out _))];
            default:
                var point = CodePoints.At(text, _at, out var length);
                _at += length;
                return [new(InstructionKind.Set, Set: CharacterClass.Of(point, ignoreCase))];
        }
    }

    private List<Instruction> Group(bool ignoreCase, int depth)
    {
        var start = _at++;
        var look = InstructionKind.Match;
        if (Take("?:")) { }
        else if (Take("?i:")) ignoreCase = true;
        else if (Take("?-i:")) ignoreCase = false;
        else if (Take("?=")) look = InstructionKind.Ahead;
        else if (Take("?!")) look = InstructionKind.NotAhead;
        else if (_at < text.Length && text[_at] == '?')
        {
            _at = start;
            throw Refuse($"the group '{Component.Shorten(text[start..Math.Min(text.Length, start + 4)])}'");
        }
        var inner = Alternation(ignoreCase, depth + 1);
        if (_at >= text.Length) throw Refuse("a group that is never closed");
        _at++;
        if (look == InstructionKind.Match) return inner;
        if (inner is [{ Kind: InstructionKind.Set } one]) return [new(look, Set: one.Set)];
        _at = start;
        throw Refuse("a lookahead over anything but one character");
    }

    private bool Take(string prefix)
    {
        if (string.CompareOrdinal(text, _at, prefix, 0, prefix.Length) != 0) return false;
        _at += prefix.Length;
        return true;
    }

    private CharacterClass Bracket(bool ignoreCase)
    {
        var start = _at++;
        var negated = Take("^");
        var set = new CharacterClass(ignoreCase);
        for (var first = true; ; first = false)
        {
            if (_at >= text.Length)
            {
                _at = start;
                throw Refuse("a class that is never closed");
            }
            if (text[_at] == ']')
            {
                if (first) throw Refuse("an empty class");
                _at++;
                return set.Freeze(negated);
            }
            if (text[_at] == '[') throw Refuse("a class in a class");
            if (Take("&&")) throw Refuse("an intersection of classes");
            var low = Member(ignoreCase, set);
            if (low < 0) continue;
            if (_at + 1 < text.Length && text[_at] == '-' && text[_at + 1] != ']')
            {
                _at++;
                if (text[_at] == '[') throw Refuse("a class in a class");
                var high = Member(ignoreCase, null);
                if (high < low) throw Refuse("a range whose bounds are reversed");
                set.Add(low, high);
            }
            else set.Add(low, low);
        }
    }

    // A member of a class: its code point, or -1 where it was a class of its own and went into the set.
    private int Member(bool ignoreCase, CharacterClass? into)
    {
        if (text[_at] != '\\')
        {
            var point = CodePoints.At(text, _at, out var length);
            _at += length;
            return point;
        }
        var set = Escape(ignoreCase, out var single);
        if (single >= 0) return single;
        if (into is null) throw Refuse("a class as the bound of a range");
        into.Add(set, false);
        return -1;
    }

    private CharacterClass Escape(bool ignoreCase, out int single)
    {
        single = -1;
        var start = _at++;
        if (_at >= text.Length) throw Refuse("a trailing backslash");
        var c = text[_at++];
        switch (c)
        {
            case 's' or 'S': return new CharacterClass().AddSpace().Freeze(c == 'S');
            case 'w' or 'W': return new CharacterClass().AddWord().Freeze(c == 'W');
            case 'd' or 'D': return new CharacterClass().AddCategories(CodePoints.Decimal).Freeze(c == 'D');
            case 'p' or 'P': return Property(c == 'P', start);
            case 'r': single = '\r'; break;
            case 'n': single = '\n'; break;
            case 't': single = '\t'; break;
            case 'f': single = '\f'; break;
            case 'v': single = '\v'; break;
            case 'x' or 'u':
                single = Hexadecimal(c, start);
                break;
            default:
                if (char.IsAsciiLetterOrDigit(c))
                {
                    _at = start;
                    throw Refuse($"the escape '\\{c}'");
                }
                single = c;
                if (char.IsSurrogate(c)) throw Refuse("an escaped character beyond the first plane");
                break;
        }
        return CharacterClass.Of(single, ignoreCase);
    }

    private int Hexadecimal(char kind, int start)
    {
        string digits;
        if (kind == 'x' && _at < text.Length && text[_at] == '{')
        {
            var close = text.IndexOf('}', _at);
            digits = close < 0 ? "" : text[(_at + 1)..close];
            _at = close < 0 ? _at : close + 1;
        }
        else
        {
            var length = kind == 'x' ? 2 : 4;
            digits = _at + length <= text.Length ? text.Substring(_at, length) : "";
            _at += digits.Length;
        }
        if (int.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var point) && point is >= 0 and <= 0x10FFFF) return point;
        _at = start;
        throw Refuse("a malformed hexadecimal escape");
    }

    private CharacterClass Property(bool negated, int start)
    {
        var close = _at < text.Length && text[_at] == '{' ? text.IndexOf('}', _at) : -1;
        if (close < 0)
        {
            _at = start;
            throw Refuse("a property without braces");
        }
        var name = text[(_at + 1)..close];
        _at = close + 1;
        if (name.StartsWith('^'))
        {
            negated = !negated;
            name = name[1..];
        }
        if (name == "Han")
        {
            var han = new CharacterClass();
            foreach (var (low, high) in CodePoints.Han) han.Add(low, high);
            return han.Freeze(negated);
        }
        var mask = CodePoints.Named(name);
        if (mask != 0) return new CharacterClass().AddCategories(mask).Freeze(negated);
        _at = start;
        throw Refuse($"the property '{Component.Shorten(name)}'");
    }

    private InvalidInputException Refuse(string what) => new($"the expression has {what} at {_at}, which is not supported.");
}
