namespace Assay.Benchmarks;

/// <summary>How often intervals held the truth, as shares of the replications.</summary>
/// <param name="Sigma">Spread of the logarithms of item means.</param>
/// <param name="Items">Items of a replication.</param>
/// <param name="Headline">The mean of item means, stratified, studentised.</param>
/// <param name="Below">The headline's whole interval lay below the truth.</param>
/// <param name="Above">The headline's whole interval lay above the truth.</param>
/// <param name="LogMean">The mean of logarithms of item means, stratified, studentised.</param>
/// <param name="Pooled">The token-pooled mean with the studentised cluster interval.</param>
/// <param name="TokenIid">The token-pooled mean with the interval that takes tokens for independent.</param>
/// <param name="Width">Median width of the headline's interval; the truth is 1.</param>
/// <param name="Variation">True coefficient of variation of item means.</param>
/// <param name="Stamped">Share of replications stamped HEAVY-TAIL.</param>
/// <param name="WhereStamped">The headline's coverage over these; NaN of none.</param>
/// <param name="WhereNot">The headline's coverage over the others; NaN of none.</param>
internal sealed record CoverageResult(double Sigma, int Items, double Headline, double Below, double Above, double LogMean, double Pooled, double TokenIid,
    double Width, double Variation, double Stamped, double WhereStamped, double WhereNot);
