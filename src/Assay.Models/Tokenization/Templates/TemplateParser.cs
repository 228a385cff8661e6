using Assay.Checkpoints;

namespace Assay.Tokenization.Templates;

/// <summary>Builds the statements of a template; <c>TemplateParser.Expressions.cs</c> builds the expressions.</summary>
internal sealed partial class TemplateParser
{
    /// <summary>Nesting of tags and of brackets; real templates stay below 20.</summary>
    private const int MaxDepth = 60;

    private readonly IReadOnlyList<TemplateToken> tokens;
    private HashSet<string> namesRead = [];
    private int at;
    private int depth;
    private int loops;

    private TemplateParser(IReadOnlyList<TemplateToken> tokens) => this.tokens = tokens;

    private TemplateToken Current => tokens[at];

    public static IReadOnlyList<Statement> Parse(string source) => new TemplateParser(TemplateLexer.Run(source)).Body([], out _);

    private static InvalidInputException Fault(TemplateToken token, string problem) => new($"Chat template, line {token.Line}: {problem}");

    private TemplateToken Next() => Current.Kind == TokenKind.End ? Current : tokens[at++];

    private bool Accept(TokenKind kind, string text)
    {
        if (!Current.Is(kind, text)) return false;
        at++;
        return true;
    }

    private bool AcceptOperator(string text) => Accept(TokenKind.Operator, text);

    private bool AcceptName(string text) => Accept(TokenKind.Name, text);

    private TemplateToken Expect(TokenKind kind, string? text, string what)
    {
        if (Current.Kind != kind || (text is not null && Current.Text != text)) throw Fault(Current, $"expected {what} but found {Current.Shown}.");
        return Next();
    }

    private void Enter()
    {
        if (++depth > MaxDepth) throw Fault(Current, $"nested deeper than {MaxDepth} levels.");
    }

    /// <summary>Statements up to one of the closing tags, whose name is consumed.</summary>
    private List<Statement> Body(ReadOnlySpan<string> closing, out string closedBy)
    {
        Enter();
        var opened = Current;
        var body = new List<Statement>();
        while (true)
        {
            var token = Next();
            switch (token.Kind)
            {
                case TokenKind.Text:
                    body.Add(new Text(token.Text, token.Line));
                    break;
                case TokenKind.VariableBegin:
                    body.Add(new Output(Tuple(), token.Line));
                    Expect(TokenKind.VariableEnd, null, "'}}'");
                    break;
                case TokenKind.BlockBegin:
                    var tag = Expect(TokenKind.Name, null, "a tag's name");
                    if (closing.Contains(tag.Text))
                    {
                        closedBy = tag.Text;
                        depth--;
                        return body;
                    }

                    body.Add(Tag(tag));
                    break;
                case TokenKind.End when closing.Length == 0:
                    closedBy = "";
                    return body;
                default:
                    throw Fault(opened, $"expected '{closing[^1]}' before {token.Shown}.");
            }
        }
    }

    private void BlockEnd() => Expect(TokenKind.BlockEnd, null, "'%}'");

    private Statement Tag(TemplateToken tag)
    {
        switch (tag.Text)
        {
            case "if": return IfTag(tag);
            case "for": return ForTag(tag);
            case "set": return SetTag(tag);
            case "macro": return MacroTag(tag);
            case "call": return CallTag(tag);
            case "filter": return FilterTag(tag);
            case "with": return WithTag(tag);
            case "generation":
                BlockEnd();
                return new Generation(Closed("endgeneration"), tag.Line);
            case "break" or "continue":
                if (loops == 0) throw Fault(tag, $"'{tag.Text}' outside a loop.");
                BlockEnd();
                return new LoopControl(tag.Text == "break", tag.Line);
            default:
                throw Fault(tag, $"the tag '{tag.Text}' is not supported here; a chat template may use if, for, set, macro, call, filter, with, generation, break, continue and raw.");
        }
    }

    private List<Statement> Closed(string end)
    {
        var body = Body([end], out _);
        BlockEnd();
        return body;
    }

    private If IfTag(TemplateToken tag)
    {
        // A chain of elif is built from the back so that its length does not nest the parser.
        var branches = new List<(Expression Test, List<Statement> Body, int Line)>();
        List<Statement> otherwise = [];
        var line = tag.Line;
        while (true)
        {
            var test = Tuple(conditional: false);
            BlockEnd();
            var body = Body(["elif", "else", "endif"], out var closedBy);
            branches.Add((test, body, line));
            line = Current.Line;
            if (closedBy == "elif") continue;
            BlockEnd();
            if (closedBy == "else") otherwise = Closed("endif");
            break;
        }

        for (var i = branches.Count - 1; i > 0; i--) otherwise = [new If(branches[i].Test, branches[i].Body, otherwise, branches[i].Line)];
        return new If(branches[0].Test, branches[0].Body, otherwise, tag.Line);
    }

    private For ForTag(TemplateToken tag)
    {
        var target = Target();
        Expect(TokenKind.Name, "in", "'in'");
        var items = Tuple(conditional: false);
        var filter = AcceptName("if") ? Expression() : null;
        var recursive = AcceptName("recursive");
        BlockEnd();
        loops++;
        var body = Body(["else", "endfor"], out var closedBy);
        loops--;
        BlockEnd();
        return new For(target, items, filter, recursive, body, closedBy == "else" ? Closed("endfor") : [], tag.Line);
    }

    private Statement SetTag(TemplateToken tag)
    {
        var target = Target(allowAttribute: true);
        if (AcceptOperator("="))
        {
            var value = Tuple();
            BlockEnd();
            return new Assign(target, value, tag.Line);
        }

        var filter = Current.Is(TokenKind.Operator, "|") ? Filters(null) : null;
        BlockEnd();
        return new AssignBlock(target, filter, Closed("endset"), tag.Line);
    }

    private MacroDefinition MacroTag(TemplateToken tag)
    {
        var name = Expect(TokenKind.Name, null, "the macro's name");
        Expect(TokenKind.Operator, "(", "'('");
        return Macro(name.Text, Parameters(), "endmacro", tag.Line);
    }

    private MacroDefinition Macro(string name, List<(string Name, Expression? Default)> parameters, string end, int line)
    {
        BlockEnd();
        var (outer, outerLoops) = (namesRead, loops);
        (namesRead, loops) = ([], 0);
        var body = Closed(end);
        var reads = namesRead;
        (namesRead, loops) = (outer, outerLoops);
        namesRead.UnionWith(reads);
        return new MacroDefinition(name, parameters, body, line) { Reads = reads };
    }

    private List<(string Name, Expression? Default)> Parameters()
    {
        var parameters = new List<(string Name, Expression? Default)>();
        while (!AcceptOperator(")"))
        {
            if (parameters.Count > 0) Expect(TokenKind.Operator, ",", "','");
            if (parameters.Count > 0 && AcceptOperator(")")) break;
            var parameter = Expect(TokenKind.Name, null, "a parameter's name");
            var standard = AcceptOperator("=") ? Expression() : null;
            if (standard is null && parameters.Count > 0 && parameters[^1].Default is not null) throw Fault(parameter, "a parameter without default follows one with a default.");
            parameters.Add((parameter.Text, standard));
        }

        return parameters;
    }

    private CallBlock CallTag(TemplateToken tag)
    {
        var parameters = AcceptOperator("(") ? Parameters() : [];
        var start = Current;
        if (Expression() is not Call call) throw Fault(start, "'call' needs a call.");
        return new CallBlock(Macro("caller", parameters, "endcall", tag.Line), call, tag.Line);
    }

    private FilterBlock FilterTag(TemplateToken tag)
    {
        var filter = Filters(null, first: true);
        BlockEnd();
        return new FilterBlock(filter, Closed("endfilter"), tag.Line);
    }

    private With WithTag(TemplateToken tag)
    {
        var bindings = new List<(Expression, Expression)>();
        while (Current.Kind != TokenKind.BlockEnd)
        {
            if (bindings.Count > 0) Expect(TokenKind.Operator, ",", "','");
            var target = Target();
            Expect(TokenKind.Operator, "=", "'='");
            bindings.Add((target, Expression()));
        }

        BlockEnd();
        return new With(bindings, Closed("endwith"), tag.Line);
    }

    /// <summary>A name, a tuple of names, or (for <c>set</c>) a namespace's attribute.</summary>
    private Expression Target(bool allowAttribute = false)
    {
        var names = new List<Expression>();
        var first = Current;
        var isTuple = false;
        do
        {
            if (names.Count > 0 && Current.Kind != TokenKind.Name && !Current.Is(TokenKind.Operator, "(")) break;
            if (AcceptOperator("("))
            {
                Enter();
                names.Add(Target());
                depth--;
                Expect(TokenKind.Operator, ")", "')'");
            }
            else
            {
                var name = Expect(TokenKind.Name, null, "a name");
                if (name.Text is "true" or "True" or "false" or "False" or "none" or "None") throw Fault(name, $"cannot assign to '{name.Text}'.");
                Expression target = new Name(name.Text, name.Line);
                if (allowAttribute && AcceptOperator(".")) target = new AttributeAccess(target, Expect(TokenKind.Name, null, "an attribute's name").Text, name.Line);
                names.Add(target);
            }
        }
        while (AcceptOperator(",") && (isTuple = true));

        return isTuple ? new Display(names, SequenceKind.Tuple, first.Line) : names[0];
    }
}
