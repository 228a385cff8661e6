using System.Collections.Immutable;

namespace Assay.Verdicts;

/// <summary>What a plan can show of one harm.</summary>
/// <param name="Id">The measurement.</param>
/// <param name="What">The harm in words.</param>
/// <param name="Pairs">Pairs that the plan asks for: of what only the replies tell, such as how many refusals are removed, the most there can be.</param>
/// <param name="Margin">Below this it is excluded, a share.</param>
/// <param name="Excluded">Probability that it is, where nothing was lost, for each of <see cref="PlanPower.Discordances"/>.</param>
/// <param name="Found">The smallest true loss that is found to be harm with 80 % probability, a share, for each of them; infinite where none is.</param>
public sealed record TestPower(string Id, string What, int Pairs, double Margin, ImmutableArray<double> Excluded, ImmutableArray<double> Found);
