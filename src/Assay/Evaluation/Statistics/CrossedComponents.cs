namespace Assay.Evaluation.Statistics;

/// <summary>Variance components of values measured on every item under every template, several times: crossed random effects by expected mean
/// squares.</summary>
/// <remarks>protocol.md, M14. Searle, Casella and McCulloch, Variance Components, 1992, §4.3, the balanced two-way random model with interaction. Components
/// are printed as they are found, also where they are negative; in everything made of them a negative one counts as 0.</remarks>
public sealed record CrossedComponents
{
    /// <summary>Mean of all values.</summary>
    public required double Mean { get; init; }

    /// <summary>Items I.</summary>
    public required int Items { get; init; }

    /// <summary>Templates T.</summary>
    public required int Templates { get; init; }

    /// <summary>Measurements r of each item under each template.</summary>
    public required int Repeats { get; init; }

    /// <summary>Mean squares of items, templates, their interaction, and what is left.</summary>
    public required (double Item, double Template, double Interaction, double Residual) MeanSquares { get; init; }

    /// <summary>Means of the templates, in the order given.</summary>
    public required IReadOnlyList<double> TemplateMeans { get; init; }

    /// <summary>σ²_item, raw.</summary>
    public double Item => (MeanSquares.Item - MeanSquares.Interaction) / (Templates * (double)Repeats);

    /// <summary>σ²_template, raw.</summary>
    public double Template => (MeanSquares.Template - MeanSquares.Interaction) / (Items * (double)Repeats);

    /// <summary>σ²_interaction, raw.</summary>
    public double Interaction => (MeanSquares.Interaction - MeanSquares.Residual) / Repeats;

    /// <summary>σ²_residual.</summary>
    public double Residual => MeanSquares.Residual;

    /// <summary>Share of the variance that the choice of template makes: σ²_t over the sum of all components; 0 where nothing varies.</summary>
    public double TemplateShare => Positive(Template) is 0 ? 0 : Positive(Template) / (Positive(Item) + Positive(Template) + Positive(Interaction) + Residual);

    /// <summary>Largest over smallest template mean where values are logarithms: exp(max − min).</summary>
    public double TemplateRange => Math.Exp(TemplateMeans.Max() - TemplateMeans.Min());

    /// <summary>By which factor another template may change the result where values are logarithms: exp(1.96 √(σ²_t + σ²_it / I)).</summary>
    public double Fragility => Math.Exp(1.96 * Math.Sqrt(Positive(Template) + Positive(Interaction) / Items));

    /// <summary>Standard error of the mean over new items, templates and samples: √(σ²_i/I + σ²_t/T + σ²_it/(IT) + σ²_e/(ITr)).</summary>
    public double StandardError => Math.Sqrt(Positive(Item) / Items + Positive(Template) / Templates + Positive(Interaction) / ((double)Items * Templates)
        + Residual / ((double)Items * Templates * Repeats));

    /// <summary>The factor within which the mean holds where values are logarithms: exp(1.96 SE).</summary>
    public double Factor => Math.Exp(1.96 * StandardError);

    /// <summary>Splits the variance.</summary>
    /// <param name="values">(item, template, repeat), finite.</param>
    /// <param name="items">At least 2.</param>
    /// <param name="templates">At least 2.</param>
    /// <param name="repeats">At least 2: with one, interaction and residual are not to be told apart.</param>
    public static CrossedComponents Compute(ReadOnlySpan<double> values, int items, int templates, int repeats)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(items, 2);
        ArgumentOutOfRangeException.ThrowIfLessThan(templates, 2);
        ArgumentOutOfRangeException.ThrowIfLessThan(repeats, 2);
        if ((long)items * templates * repeats != values.Length)
            throw new ArgumentException($"{items} items × {templates} templates × {repeats} repeats are not {values.Length} values.", nameof(values));
        foreach (var value in values)
            if (!double.IsFinite(value)) throw new ArgumentException($"{value} has no variance. Leave its item out.", nameof(values));
        var cells = new double[items * templates];
        var residuals = new double[values.Length];
        for (var c = 0; c < cells.Length; c++)
        {
            var cell = values.Slice(c * repeats, repeats);
            cells[c] = FixedOrderSum.Mean(cell);
            for (var k = 0; k < repeats; k++) residuals[c * repeats + k] = Square(cell[k] - cells[c]);
        }

        var mean = FixedOrderSum.Mean(cells);
        double[] byItem = [.. Enumerable.Range(0, items).Select(i => FixedOrderSum.Mean(cells.AsSpan(i * templates, templates)))];
        double[] byTemplate = [.. Enumerable.Range(0, templates).Select(t => FixedOrderSum.Mean([.. cells.Where((_, c) => c % templates == t)]))];
        double[] interaction = [.. cells.Select((cell, c) => Square(cell - byItem[c / templates] - byTemplate[c % templates] + mean))];
        return new CrossedComponents
        {
            Mean = mean,
            Items = items,
            Templates = templates,
            Repeats = repeats,
            TemplateMeans = byTemplate,
            MeanSquares = ((double)templates * repeats * FixedOrderSum.Of([.. byItem.Select(m => Square(m - mean))]) / (items - 1),
                (double)items * repeats * FixedOrderSum.Of([.. byTemplate.Select(m => Square(m - mean))]) / (templates - 1),
                repeats * FixedOrderSum.Of(interaction) / ((items - 1.0) * (templates - 1)),
                FixedOrderSum.Of(residuals) / ((double)items * templates * (repeats - 1))),
        };
    }

    private static double Positive(double component) => Math.Max(0, component);

    private static double Square(double x) => x * x;
}
