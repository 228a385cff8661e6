namespace Assay.Tokenization.Expressions;

/// <summary>Matches an expression by trying one way after another, never the same (instruction, position) twice.</summary>
/// <remarks>A pair that failed once fails for every later start too, since nothing is captured; so a pass over a text costs at most
/// instructions × length, however hostile both are. Pairs are remembered in pages that are dropped once the start has passed them.
/// Starts must not go back.</remarks>
internal sealed class Backtracker(Instruction[] program, int length)
{
    private const int PagePositions = 1024;

    private readonly ulong[]?[] _pages = new ulong[]?[length / PagePositions + 1];
    private readonly Stack<ulong[]> _free = [];
    private readonly Stack<(int Pc, int Position)> _stack = [];
    private int _dropped;

    /// <summary>Where the match that begins at a start ends, or -1.</summary>
    public int Match(ReadOnlySpan<char> text, int start)
    {
        Drop(start);
        _stack.Clear();
        _stack.Push((0, start));
        while (_stack.TryPop(out var state))
        {
            var (pc, position) = state;
            while (Mark(pc, position))
            {
                var instruction = program[pc];
                switch (instruction.Kind)
                {
                    case InstructionKind.Match:
                        return position;
                    case InstructionKind.Jump:
                        pc = instruction.First;
                        continue;
                    case InstructionKind.Split:
                        _stack.Push((instruction.Second, position));
                        pc = instruction.First;
                        continue;
                    case InstructionKind.Set:
                        if (position >= text.Length) break;
                        var point = CodePoints.At(text, position, out var units);
                        if (!instruction.Set!.Contains(point)) break;
                        position += units;
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

    /// <summary>What led to a success at a position is marked, but has not failed.</summary>
    public void Forget(int position)
    {
        if (_pages[position / PagePositions] is not { } page) return;
        var first = position % PagePositions * program.Length;
        for (var bit = first; bit < first + program.Length; bit++) page[bit >> 6] &= ~(1UL << (bit & 63));
    }

    private void Drop(int start)
    {
        for (; _dropped < start / PagePositions; _dropped++)
        {
            if (_pages[_dropped] is not { } page) continue;
            Array.Clear(page);
            _free.Push(page);
            _pages[_dropped] = null;
        }
    }

    // False where the pair was there before.
    private bool Mark(int pc, int position)
    {
        var page = _pages[position / PagePositions] ??= _free.TryPop(out var reused) ? reused : new ulong[(Math.Min(PagePositions, length + 1) * program.Length + 63) / 64];
        var bit = position % PagePositions * program.Length + pc;
        ref var word = ref page[bit >> 6];
        var mask = 1UL << (bit & 63);
        if ((word & mask) != 0) return false;
        word |= mask;
        return true;
    }
}
