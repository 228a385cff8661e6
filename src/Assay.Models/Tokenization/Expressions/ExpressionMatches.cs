namespace Assay.Tokenization.Expressions;

/// <summary>The matches of an expression in a text, one after the other.</summary>
/// <remarks>The automaton can walk far past a short match, again and again; after a budget linear in the text the backtracker, which is slower but never walks twice, takes over.</remarks>
internal ref struct ExpressionMatches
{
    private const int BudgetPerUnit = 32, BudgetForStates = 1 << 20;

    private readonly Expression _expression;
    private readonly ReadOnlySpan<char> _text;
    private Backtracker? _backtracker;
    private long _budget;
    private int _at, _last;

    public ExpressionMatches(Expression expression, ReadOnlySpan<char> text)
    {
        _expression = expression;
        _text = text;
        _budget = (long)text.Length * BudgetPerUnit + BudgetForStates;
        _last = -1;
    }

    /// <summary>First unit of the current match.</summary>
    public int Start { get; private set; }

    /// <summary>One past the last unit of the current match.</summary>
    public int End { get; private set; }

    /// <summary>Goes to the next match.</summary>
    public bool MoveNext()
    {
        if (_expression.LiteralText is { } literal) return NextLiteral(literal);
        while (_at <= _text.Length)
        {
            var start = _at;
            var end = Find(start);
            var found = end >= 0 && !(end == start && start == _last);
            if (found && end > start) _at = end;
            else Advance();
            if (!found) continue;
            (Start, End, _last) = (start, end, end);
            _backtracker?.Forget(end);
            return true;
        }
        return false;
    }

    private bool NextLiteral(string literal)
    {
        if (literal.Length == 0) return false;
        var found = _text[_at..].IndexOf(literal);
        if (found < 0) return false;
        Start = _at + found;
        End = _at = Start + literal.Length;
        return true;
    }

    private int Find(int start)
    {
        if (_backtracker is null)
        {
            var end = _expression.Automaton!.Match(_text, start, ref _budget);
            if (end != Automaton.GaveUp) return end;
            _backtracker = new Backtracker(_expression.Program, _text.Length);
        }
        return _backtracker.Match(_text, start);
    }

    private void Advance()
    {
        if (_at >= _text.Length) _at = _text.Length + 1;
        else
        {
            CodePoints.At(_text, _at, out var units);
            _at += units;
        }
    }
}
