using Assay.Checkpoints;

namespace Assay.Tokenization.Expressions;

/// <summary>A split expression, matched over code points by a backtracker that visits no (instruction, position) twice.</summary>
/// <remarks>A pair that failed once fails for every later start too, since nothing is captured; so a pass over a text costs at most
/// instructions × length, however hostile both are. Pairs are remembered in pages that are dropped once the start has passed them.</remarks>
internal sealed class Expression
{
    private const int PagePositions = 1024;

    private readonly Instruction[] _program;
    private readonly string? _literal;

    internal Expression(Instruction[] program) => _program = program;

    private Expression(string literal)
    {
        _program = [];
        _literal = literal;
    }

    /// <summary>Matches one string.</summary>
    public static Expression Literal(string text) => new(text);

    /// <summary>Compiles an expression; <see cref="InvalidInputException"/> names what is not supported, and where.</summary>
    public static Expression Parse(string expression) => new(new ExpressionParser(expression).Compile());

    /// <summary>Leftmost, non-overlapping matches; empty ones advance by one code point.</summary>
    public List<(int Start, int End)> Matches(string text)
    {
        List<(int, int)> matches = [];
        if (_literal is not null)
        {
            if (_literal.Length == 0) return matches;
            for (var at = text.IndexOf(_literal, StringComparison.Ordinal); at >= 0; at = text.IndexOf(_literal, at + _literal.Length, StringComparison.Ordinal))
                matches.Add((at, at + _literal.Length));
            return matches;
        }
        var visited = new Visited(_program.Length, text.Length);
        var stack = new Stack<(int Pc, int Position)>();
        var last = -1;
        for (var start = 0; start <= text.Length;)
        {
            visited.Advance(start);
            var end = Match(text, start, visited, stack);
            if (end >= 0 && !(end == start && start == last))
            {
                matches.Add((start, end));
                last = end;
                // What led to success at the end of the match is marked too, but has not failed.
                visited.Forget(end);
                if (end > start)
                {
                    start = end;
                    continue;
                }
            }
            if (start == text.Length) break;
            CodePoints.At(text, start, out var length);
            start += length;
        }
        return matches;
    }

    private int Match(string text, int start, Visited visited, Stack<(int Pc, int Position)> stack)
    {
        stack.Clear();
        stack.Push((0, start));
        while (stack.TryPop(out var state))
        {
            var (pc, position) = state;
            while (visited.Mark(pc, position))
            {
                var instruction = _program[pc];
                switch (instruction.Kind)
                {
                    case InstructionKind.Match:
                        return position;
                    case InstructionKind.Jump:
                        pc = instruction.First;
                        continue;
                    case InstructionKind.Split:
                        stack.Push((instruction.Second, position));
                        pc = instruction.First;
                        continue;
                    case InstructionKind.Set:
                        if (position >= text.Length) break;
                        var point = CodePoints.At(text, position, out var length);
                        if (!instruction.Set!.Contains(point)) break;
                        position += length;
                        pc++;
                        continue;
                    case InstructionKind.Ahead:
                    case InstructionKind.NotAhead:
                        var ahead = position < text.Length && instruction.Set!.Contains(CodePoints.At(text, position, out _));
                        if (ahead != (instruction.Kind == InstructionKind.Ahead)) break;
                        pc++;
                        continue;
                }
                break;
            }
        }
        return -1;
    }

    private sealed class Visited(int states, int length)
    {
        private readonly ulong[]?[] _pages = new ulong[]?[length / PagePositions + 1];
        private readonly Stack<ulong[]> _free = [];
        private int _dropped;

        public void Advance(int start)
        {
            for (; _dropped < start / PagePositions; _dropped++)
            {
                if (_pages[_dropped] is not { } page) continue;
                Array.Clear(page);
                _free.Push(page);
                _pages[_dropped] = null;
            }
        }

        /// <summary>False where the pair was there before.</summary>
        public bool Mark(int pc, int position)
        {
            var page = _pages[position / PagePositions] ??= _free.TryPop(out var reused) ? reused : new ulong[(Math.Min(PagePositions, length + 1) * states + 63) / 64];
            var bit = position % PagePositions * states + pc;
            ref var word = ref page[bit >> 6];
            var mask = 1UL << (bit & 63);
            if ((word & mask) != 0) return false;
            word |= mask;
            return true;
        }

        public void Forget(int position)
        {
            if (_pages[position / PagePositions] is not { } page) return;
            var first = position % PagePositions * states;
            for (var bit = first; bit < first + states; bit++) page[bit >> 6] &= ~(1UL << (bit & 63));
        }
    }
}

internal enum InstructionKind
{
    Match,
    Jump,
    Split,
    Set,
    Ahead,
    NotAhead,
}

internal readonly record struct Instruction(InstructionKind Kind, int First = 0, int Second = 0, CharacterClass? Set = null);
