namespace Assay.Tokenization.Templates;

/// <summary>A node of an expression, with the line it starts on.</summary>
internal abstract record Expression(int Line);

internal sealed record Constant(object? Value, int Line) : Expression(Line);

internal sealed record Name(string Text, int Line) : Expression(Line);

/// <summary>A list or a tuple display.</summary>
internal sealed record Display(IReadOnlyList<Expression> Items, SequenceKind Kind, int Line) : Expression(Line);

internal sealed record DictDisplay(IReadOnlyList<(Expression Key, Expression Value)> Items, int Line) : Expression(Line);

internal sealed record Unary(string Operator, Expression Operand, int Line) : Expression(Line);

internal sealed record Binary(string Operator, Expression Left, Expression Right, int Line) : Expression(Line);

internal sealed record Comparison(Expression First, IReadOnlyList<(string Operator, Expression Operand)> Rest, int Line) : Expression(Line);

internal sealed record Concatenation(IReadOnlyList<Expression> Parts, int Line) : Expression(Line);

internal sealed record Conditional(Expression Test, Expression Then, Expression? Else, int Line) : Expression(Line);

internal sealed record AttributeAccess(Expression Target, string Attribute, int Line) : Expression(Line);

internal sealed record Subscript(Expression Target, Expression Index, int Line) : Expression(Line);

internal sealed record Slice(Expression? Start, Expression? Stop, Expression? Step, int Line) : Expression(Line);

/// <summary>Arguments of a call, a filter or a test.</summary>
internal sealed record Arguments(IReadOnlyList<Expression> Positional, IReadOnlyList<(string Name, Expression Value)> Named, Expression? Star, Expression? DoubleStar)
{
    public static Arguments None { get; } = new([], [], null, null);
}

internal sealed record Call(Expression Target, Arguments Arguments, int Line) : Expression(Line);

/// <summary>A filter; the target is null where it stands for the body of a filter block.</summary>
internal sealed record FilterApplication(Expression? Target, string Filter, Arguments Arguments, int Line) : Expression(Line);

internal sealed record TestApplication(Expression Target, string Test, Arguments Arguments, int Line) : Expression(Line);

/// <summary>A node of the template's body.</summary>
internal abstract record Statement(int Line);

internal sealed record Text(string Value, int Line) : Statement(Line);

internal sealed record Output(Expression Value, int Line) : Statement(Line);

internal sealed record If(Expression Test, IReadOnlyList<Statement> Then, IReadOnlyList<Statement> Else, int Line) : Statement(Line);

internal sealed record For(Expression Target, Expression Items, Expression? Filter, bool Recursive, IReadOnlyList<Statement> Body, IReadOnlyList<Statement> Else, int Line) : Statement(Line);

internal sealed record Assign(Expression Target, Expression Value, int Line) : Statement(Line);

internal sealed record AssignBlock(Expression Target, Expression? Filter, IReadOnlyList<Statement> Body, int Line) : Statement(Line);

internal sealed record MacroDefinition(string Name, IReadOnlyList<(string Name, Expression? Default)> Parameters, IReadOnlyList<Statement> Body, int Line) : Statement(Line)
{
    /// <summary>Names that the body reads: a macro takes further arguments only where it reads <c>varargs</c> or <c>kwargs</c>, and a caller only where it reads <c>caller</c>.</summary>
    public required IReadOnlySet<string> Reads { get; init; }
}

internal sealed record CallBlock(MacroDefinition Caller, Call Call, int Line) : Statement(Line);

internal sealed record FilterBlock(Expression Filter, IReadOnlyList<Statement> Body, int Line) : Statement(Line);

internal sealed record With(IReadOnlyList<(Expression Target, Expression Value)> Bindings, IReadOnlyList<Statement> Body, int Line) : Statement(Line);

/// <summary>The <c>generation</c> tag that marks the assistant's tokens: it renders its body.</summary>
internal sealed record Generation(IReadOnlyList<Statement> Body, int Line) : Statement(Line);

internal sealed record LoopControl(bool Break, int Line) : Statement(Line);
