using System.Globalization;
using System.Text;

namespace Assay.Tokenization.Templates;

internal sealed partial class TemplateParser
{
    /// <summary>One expression, or several with commas between: a tuple.</summary>
    private Expression Tuple(bool conditional = true, bool parenthesised = false)
    {
        var items = new List<Expression>();
        var line = Current.Line;
        var isTuple = false;
        while (!TupleEnds())
        {
            items.Add(conditional ? Expression() : Or());
            if (!AcceptOperator(",")) break;
            isTuple = true;
        }

        if (!isTuple && items.Count == 1) return items[0];
        if (items.Count == 0 && !parenthesised) throw Fault(Current, $"expected an expression but found {Current.Shown}.");
        return new Display(items, SequenceKind.Tuple, line);
    }

    private bool TupleEnds() => Current.Kind is TokenKind.VariableEnd or TokenKind.BlockEnd or TokenKind.End || Current.Is(TokenKind.Operator, ")");

    private Expression Expression()
    {
        Enter();
        var line = Current.Line;
        var value = Or();
        while (AcceptName("if"))
        {
            var test = Or();
            value = new Conditional(test, value, AcceptName("else") ? Expression() : null, line);
        }

        depth--;
        return value;
    }

    private Expression Or()
    {
        var left = And();
        while (Current.Is(TokenKind.Name, "or")) left = new Binary(Next().Text, left, And(), left.Line);
        return left;
    }

    private Expression And()
    {
        var left = Not();
        while (Current.Is(TokenKind.Name, "and")) left = new Binary(Next().Text, left, Not(), left.Line);
        return left;
    }

    private Expression Not()
    {
        if (!Current.Is(TokenKind.Name, "not")) return Compare();
        Enter();
        var token = Next();
        var operand = Not();
        depth--;
        return new Unary("not", operand, token.Line);
    }

    private Expression Compare()
    {
        var first = Sum();
        var rest = new List<(string, Expression)>();
        while (true)
        {
            if (Current is { Kind: TokenKind.Operator, Text: "==" or "!=" or "<" or "<=" or ">" or ">=" }) rest.Add((Next().Text, Sum()));
            else if (AcceptName("in")) rest.Add(("in", Sum()));
            else if (Current.Is(TokenKind.Name, "not") && tokens[at + 1].Is(TokenKind.Name, "in"))
            {
                at += 2;
                rest.Add(("not in", Sum()));
            }
            else break;
        }

        return rest.Count == 0 ? first : new Comparison(first, rest, first.Line);
    }

    private Expression Sum()
    {
        var left = Concatenated();
        while (Current is { Kind: TokenKind.Operator, Text: "+" or "-" }) left = new Binary(Next().Text, left, Concatenated(), left.Line);
        return left;
    }

    private Expression Concatenated()
    {
        var parts = new List<Expression> { Product() };
        while (AcceptOperator("~")) parts.Add(Product());
        return parts.Count == 1 ? parts[0] : new Concatenation(parts, parts[0].Line);
    }

    private Expression Product()
    {
        var left = Power();
        while (Current is { Kind: TokenKind.Operator, Text: "*" or "/" or "//" or "%" }) left = new Binary(Next().Text, left, Power(), left.Line);
        return left;
    }

    private Expression Power()
    {
        var left = Signed(withFilter: true);
        while (AcceptOperator("**")) left = new Binary("**", left, Signed(withFilter: true), left.Line);
        return left;
    }

    private Expression Signed(bool withFilter)
    {
        Enter();
        Expression node;
        var token = Current;
        if (token is { Kind: TokenKind.Operator, Text: "-" or "+" })
        {
            Next();
            node = new Unary(token.Text, Signed(withFilter: false), token.Line);
        }
        else node = Primary();

        node = Postfix(node);
        if (withFilter) node = FiltersAndTests(node);
        depth--;
        return node;
    }

    private Expression Primary()
    {
        var token = Next();
        switch (token.Kind)
        {
            case TokenKind.Name:
                switch (token.Text)
                {
                    case "true" or "True": return new Constant(true, token.Line);
                    case "false" or "False": return new Constant(false, token.Line);
                    case "none" or "None": return new Constant(null, token.Line);
                    default:
                        namesRead.Add(token.Text);
                        return new Name(token.Text, token.Line);
                }

            case TokenKind.String:
                if (Current.Kind != TokenKind.String) return new Constant(token.Text, token.Line);
                var text = new StringBuilder(token.Text);
                while (Current.Kind == TokenKind.String) text.Append(Next().Text);
                return new Constant(text.ToString(), token.Line);
            case TokenKind.Integer:
                if (!long.TryParse(token.Text, NumberStyles.None, CultureInfo.InvariantCulture, out var integer)) throw Fault(token, "an integer of more than 64 bits.");
                return new Constant(integer, token.Line);
            case TokenKind.Float:
                return new Constant(double.Parse(token.Text, NumberStyles.Float, CultureInfo.InvariantCulture), token.Line);
            case TokenKind.Operator when token.Text == "(":
                var inner = Tuple(parenthesised: true);
                Expect(TokenKind.Operator, ")", "')'");
                return inner;
            case TokenKind.Operator when token.Text == "[":
                var items = new List<Expression>();
                while (!AcceptOperator("]"))
                {
                    if (items.Count > 0) Expect(TokenKind.Operator, ",", "','");
                    if (items.Count > 0 && AcceptOperator("]")) break;
                    items.Add(Expression());
                }

                return new Display(items, SequenceKind.List, token.Line);
            case TokenKind.Operator when token.Text == "{":
                return Dict(token.Line);
            default:
                throw Fault(token, $"expected an expression but found {token.Shown}.");
        }
    }

    private DictDisplay Dict(int line)
    {
        var items = new List<(Expression, Expression)>();
        while (!AcceptOperator("}"))
        {
            if (items.Count > 0) Expect(TokenKind.Operator, ",", "','");
            if (items.Count > 0 && AcceptOperator("}")) break;
            var key = Expression();
            Expect(TokenKind.Operator, ":", "':'");
            items.Add((key, Expression()));
        }

        return new DictDisplay(items, line);
    }

    private Expression Postfix(Expression node)
    {
        while (true)
        {
            var line = Current.Line;
            if (AcceptOperator("."))
            {
                var name = Next();
                node = name.Kind switch
                {
                    TokenKind.Name => new AttributeAccess(node, name.Text, line),
                    TokenKind.Integer => new Subscript(node, new Constant(long.TryParse(name.Text, CultureInfo.InvariantCulture, out var i) ? i : throw Fault(name, "an integer of more than 64 bits."), line), line),
                    _ => throw Fault(name, $"expected an attribute's name but found {name.Shown}."),
                };
            }
            else if (AcceptOperator("["))
            {
                node = new Subscript(node, SubscriptIndex(), line);
                Expect(TokenKind.Operator, "]", "']'");
            }
            else if (AcceptOperator("(")) node = new Call(node, CallArguments(), line);
            else return node;
        }
    }

    private Expression SubscriptIndex()
    {
        var line = Current.Line;
        Expression? start = Current.Is(TokenKind.Operator, ":") ? null : Expression();
        if (!AcceptOperator(":")) return start!;
        var stop = Current is { Kind: TokenKind.Operator, Text: ":" or "]" } ? null : Expression();
        var step = AcceptOperator(":") && !Current.Is(TokenKind.Operator, "]") ? Expression() : null;
        return new Slice(start, stop, step, line);
    }

    /// <summary>Arguments up to the closing bracket, whose opening one is consumed.</summary>
    private Arguments CallArguments()
    {
        var positional = new List<Expression>();
        var named = new List<(string, Expression)>();
        Expression? star = null, doubleStar = null;
        var first = true;
        while (!AcceptOperator(")"))
        {
            if (!first) Expect(TokenKind.Operator, ",", "','");
            if (!first && AcceptOperator(")")) break;
            first = false;
            if (AcceptOperator("*")) star = Expression();
            else if (AcceptOperator("**")) doubleStar = Expression();
            else if (Current.Kind == TokenKind.Name && tokens[at + 1].Is(TokenKind.Operator, "="))
            {
                var name = Next().Text;
                Next();
                named.Add((name, Expression()));
            }
            else if (named.Count > 0) throw Fault(Current, "a positional argument follows a named one.");
            else positional.Add(Expression());
        }

        return new Arguments(positional, named, star, doubleStar);
    }

    private Expression FiltersAndTests(Expression node)
    {
        while (true)
        {
            if (Current.Is(TokenKind.Operator, "|")) node = Filters(node);
            else if (Current.Is(TokenKind.Name, "is")) node = Test(node);
            else if (Current.Is(TokenKind.Operator, "(")) node = new Call(node, CallArgumentsAfterBracket(), node.Line);
            else return node;
        }
    }

    private Arguments CallArgumentsAfterBracket()
    {
        Next();
        return CallArguments();
    }

    /// <summary>A chain of filters; with <paramref name="first"/> the first one has no bar before it.</summary>
    private Expression Filters(Expression? node, bool first = false)
    {
        while (first || AcceptOperator("|"))
        {
            first = false;
            var name = DottedName("a filter's name");
            node = new FilterApplication(node, name.Text, AcceptOperator("(") ? CallArguments() : Arguments.None, name.Line);
        }

        return node!;
    }

    private TemplateToken DottedName(string what)
    {
        var name = Expect(TokenKind.Name, null, what);
        while (AcceptOperator(".")) name = name with { Text = name.Text + "." + Expect(TokenKind.Name, null, what).Text };
        return name;
    }

    private Expression Test(Expression node)
    {
        var line = Next().Line;
        var negated = AcceptName("not");
        var name = DottedName("a test's name");
        var arguments = Arguments.None;
        if (AcceptOperator("(")) arguments = CallArguments();
        else if (Current.Kind is TokenKind.Name or TokenKind.String or TokenKind.Integer or TokenKind.Float || Current is { Kind: TokenKind.Operator, Text: "(" or "[" or "{" })
        {
            if (Current is not { Kind: TokenKind.Name, Text: "else" or "or" or "and" or "is" or "if" or "in" or "not" or "recursive" })
                arguments = new Arguments([Postfix(Primary())], [], null, null);
            else if (Current.Text == "is") throw Fault(Current, "tests cannot be chained with 'is'.");
        }

        Expression test = new TestApplication(node, name.Text, arguments, line);
        return negated ? new Unary("not", test, line) : test;
    }
}
