namespace Assay.Tokenization.Expressions;

/// <summary>A set of code points in a split expression: ranges, general categories, \s, \w, nested negations.</summary>
internal sealed class CharacterClass
{
    private readonly List<(int Low, int High)> _ranges = [];
    private readonly List<(CharacterClass Set, bool Negated)> _parts = [];
    private readonly bool _ignoreCase;
    private uint _categories;
    private bool _space, _word, _negated;
    private ulong _low, _high;

    public CharacterClass(bool ignoreCase = false) => _ignoreCase = ignoreCase;

    public static CharacterClass Of(int point, bool ignoreCase) => new CharacterClass(ignoreCase).Add(point, point).Freeze(false);

    public CharacterClass Add(int low, int high)
    {
        _ranges.Add((low, high));
        return this;
    }

    public CharacterClass AddCategories(uint mask)
    {
        _categories |= mask;
        return this;
    }

    public CharacterClass AddSpace()
    {
        _space = true;
        return this;
    }

    public CharacterClass AddWord()
    {
        _word = true;
        return this;
    }

    public CharacterClass Add(CharacterClass set, bool negated)
    {
        _parts.Add((set, negated));
        return this;
    }

    /// <summary>Ends building: ASCII answers are kept in two words, so that most text never asks for a category.</summary>
    public CharacterClass Freeze(bool negated)
    {
        _negated = negated;
        for (var c = 0; c < 64; c++)
        {
            if (Evaluate(c)) _low |= 1UL << c;
            if (Evaluate(c + 64)) _high |= 1UL << c;
        }
        return this;
    }

    public bool Contains(int point) => point < 64 ? (_low >> point & 1) != 0 : point < 128 ? (_high >> (point - 64) & 1) != 0 : Evaluate(point);

    private bool Evaluate(int point)
    {
        var inside = Plain(point);
        if (!inside && _ignoreCase) inside = OtherCases(point);
        return inside != _negated;
    }

    private bool OtherCases(int point)
    {
        if (point is >= 0xD800 and <= 0xDFFF) return false;
        var rune = new System.Text.Rune(point);
        if (Plain(System.Text.Rune.ToLowerInvariant(rune).Value) || Plain(System.Text.Rune.ToUpperInvariant(rune).Value)) return true;
        // The long s and the Kelvin sign fold to ASCII letters, and so both ways.
        return point switch { 's' or 'S' => Plain(0x17F), 0x17F => Plain('s') || Plain('S'), 'k' or 'K' => Plain(0x212A), 0x212A => Plain('k') || Plain('K'), _ => false };
    }

    private bool Plain(int point)
    {
        foreach (var (low, high) in _ranges)
        {
            if (point >= low && point <= high) return true;
        }
        if (_categories != 0 && CodePoints.Is(point, _categories)) return true;
        if (_space && CodePoints.IsSpace(point)) return true;
        if (_word && CodePoints.IsWord(point)) return true;
        foreach (var (set, negated) in _parts)
        {
            if (set.Contains(point) != negated) return true;
        }
        return false;
    }
}
