using Assay.Checkpoints;

namespace Assay.Tokenization.Expressions;

/// <summary>A split expression, matched over code points in time linear in the text. Safe to use from several threads.</summary>
internal sealed class Expression
{
    private Expression(Instruction[] program, string? literal)
    {
        Program = program;
        LiteralText = literal;
        Automaton = literal is null ? new Automaton(program) : null;
    }

    /// <summary>The compiled expression; empty where it is a literal.</summary>
    public Instruction[] Program { get; }

    /// <summary>The string that is matched, where it is only one.</summary>
    public string? LiteralText { get; }

    /// <summary>The fast matcher; null where the expression is a literal.</summary>
    public Automaton? Automaton { get; }

    /// <summary>Matches one string.</summary>
    public static Expression Literal(string text) => new([], text);

    /// <summary>Matches one character of a set.</summary>
    public static Expression Of(CharacterClass set) => new([new Instruction(InstructionKind.Set, Set: set), new Instruction(InstructionKind.Match)], null);

    /// <summary>Compiles an expression; <see cref="InvalidInputException"/> names what is not supported, and where.</summary>
    public static Expression Parse(string expression) => new(new ExpressionParser(expression).Compile(), null);

    /// <summary>Leftmost, non-overlapping matches; empty ones advance by one code point.</summary>
    public ExpressionMatches Matches(ReadOnlySpan<char> text) => new(this, text);
}
