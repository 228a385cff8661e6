using System.Runtime.CompilerServices;

namespace Assay.Tokenization.Expressions;

/// <summary>Matches an expression by an automaton that is built while it runs: one table look-up for each code point.</summary>
/// <remarks>
/// A state is the list of instructions that are still alive, best first; the same order in which backtracking would try them, so the match is the one that backtracking finds.
/// Code points that no set of the expression tells apart share a class. A lookahead over one character is decided when that character, or the end, is known; therefore a state
/// holds its instructions before their empty steps are taken, and a match shows one character late. The construction is Thompson's with priorities, as in RE2 (Cox, "Regular
/// Expression Matching: the Virtual Machine Approach", 2009).
/// What was found stays found: safe to use from several threads.
/// </remarks>
internal sealed class Automaton
{
    /// <summary>What <see cref="Match"/> gives where it cannot go on: too many states or classes, or the budget is spent.</summary>
    public const int GaveUp = -2;

    private const int Stride = 64, MaxClasses = 62, MaxStates = 4096, Dead = 0, Start = 1, End = 0;

    private readonly Instruction[] _program;
    private readonly CharacterClass[] _sets;
    private readonly int[] _setOf;
    private readonly Lock _building = new();

    // Which sets a class is in, 16 to a unit, as a string.
    private readonly Dictionary<string, byte> _classes = new(StringComparer.Ordinal);
    private readonly List<string> _memberships = [""];
    private readonly Dictionary<string, int> _states = new(StringComparer.Ordinal);
    private readonly List<string> _alive = ["", "\0"];
    private readonly byte[]?[] _pages = new byte[]?[0x1100];
    private readonly byte[] _ascii = new byte[128];

    // One row for each state: (next state << 1 | whether the text up to here is a match) + 1, or 0 where nobody has been yet.
    private volatile int[] _table = new int[32 * Stride];
    private volatile bool _failed;

    public Automaton(Instruction[] program)
    {
        _program = program;
        List<CharacterClass> sets = [];
        _setOf = new int[program.Length];
        for (var pc = 0; pc < program.Length; pc++)
        {
            if (program[pc].Set is not { } set) continue;
            var at = sets.IndexOf(set);
            if (at < 0)
            {
                at = sets.Count;
                sets.Add(set);
            }
            _setOf[pc] = at;
        }
        _sets = [.. sets];
        _states["\0"] = Start;
        for (var c = 0; c < _ascii.Length; c++) _ascii[c] = Classify(c);
    }

    /// <summary>Where the match that begins at a start ends, -1 where there is none, or <see cref="GaveUp"/>.</summary>
    /// <param name="text">Well-formed UTF-16.</param>
    /// <param name="start">Index of the first unit.</param>
    /// <param name="budget">Steps that may still be taken; lowered by those that were.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public int Match(ReadOnlySpan<char> text, int start, ref long budget)
    {
        if (_failed) return GaveUp;
        var table = _table;
        var (state, at, end) = (Start, start, -1);
        while (true)
        {
            var (kind, units) = (End, 1);
            if ((uint)at < (uint)text.Length)
            {
                var c = text[at];
                kind = c < 128 ? _ascii[c] : Class(text, at, out units);
            }
            var entry = table[state * Stride + kind];
            if (entry == 0)
            {
                entry = Find(state, kind, ref budget);
                if (entry == 0) return GaveUp;
                table = _table;
            }
            entry--;
            if ((entry & 1) != 0) end = at;
            state = entry >> 1;
            if (state == Dead) break;
            at += units;
        }
        budget -= at - start + 1;
        return budget < 0 ? GaveUp : end;
    }

    private byte Class(ReadOnlySpan<char> text, int at, out int units)
    {
        var point = CodePoints.At(text, at, out units);
        return (_pages[point >> 8] ?? Page(point >> 8))[point & 0xFF];
    }

    private byte[] Page(int index)
    {
        lock (_building)
        {
            if (_pages[index] is { } known) return known;
            var page = new byte[256];
            for (var i = 0; i < page.Length; i++) page[i] = Classify(index << 8 | i);
            Volatile.Write(ref _pages[index], page);
            return page;
        }
    }

    // The class of a code point; its first member is as good as any other.
    private byte Classify(int point)
    {
        Span<char> membership = stackalloc char[(_sets.Length + 15) / 16];
        membership.Clear();
        for (var i = 0; i < _sets.Length; i++)
        {
            if (_sets[i].Contains(point)) membership[i / 16] |= (char)(1 << i % 16);
        }
        if (_classes.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(membership, out var known)) return known;
        if (_memberships.Count > MaxClasses)
        {
            _failed = true;
            return MaxClasses + 1;
        }
        var name = membership.ToString();
        _memberships.Add(name);
        return _classes[name] = (byte)(_memberships.Count - 1);
    }

    private int Find(int state, int kind, ref long budget)
    {
        // Building a state costs about as much as there are instructions, and is paid for, so that no expression makes a text expensive.
        budget -= _program.Length;
        lock (_building)
        {
            if (_failed || budget < 0) return 0;
            var slot = state * Stride + kind;
            if (_table[slot] != 0) return _table[slot];
            var (next, matched) = Step(_alive[state], kind);
            if (!_states.TryGetValue(next, out var target))
            {
                if (next.Length == 0) target = Dead;
                else
                {
                    if (_alive.Count == MaxStates)
                    {
                        _failed = true;
                        return 0;
                    }
                    target = _alive.Count;
                    _alive.Add(next);
                    if (_alive.Count * Stride > _table.Length)
                    {
                        var larger = new int[_table.Length * 2];
                        _table.CopyTo(larger, 0);
                        _table = larger;
                    }
                }
                _states[next] = target;
            }
            return _table[slot] = (target << 1 | (matched ? 1 : 0)) + 1;
        }
    }

    // The instructions alive after a character of a class, as the units of a string, and whether there was a match before it.
    private (string Next, bool Matched) Step(string alive, int kind)
    {
        var member = _memberships[kind];
        var seen = new bool[_program.Length];
        List<char> next = [];
        Stack<int> open = [];
        foreach (var first in alive)
        {
            open.Push(first);
            while (open.TryPop(out var pc))
            {
                if (seen[pc]) continue;
                seen[pc] = true;
                var instruction = _program[pc];
                var inside = kind != End && instruction.Set is not null && (member[_setOf[pc] / 16] >> _setOf[pc] % 16 & 1) != 0;
                switch (instruction.Kind)
                {
                    case InstructionKind.Match:
                        // Whatever comes after is worse than this match.
                        return (string.Concat(next), true);
                    case InstructionKind.Jump:
                        open.Push(instruction.First);
                        break;
                    case InstructionKind.Split:
                        open.Push(instruction.Second);
                        open.Push(instruction.First);
                        break;
                    case InstructionKind.Set:
                        if (inside) next.Add((char)(pc + 1));
                        break;
                    default:
                        if (inside == (instruction.Kind == InstructionKind.Ahead)) open.Push(pc + 1);
                        break;
                }
            }
        }
        return (string.Concat(next), false);
    }
}
