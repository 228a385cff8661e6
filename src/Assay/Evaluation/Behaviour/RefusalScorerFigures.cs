using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;

namespace Assay.Evaluation.Behaviour;

/// <summary>The measured precision and recall of <see cref="RefusalScorer"/>: they stand in every report that counts refusals.</summary>
/// <remarks>XSTest (Röttger et al. 2024, NAACL), 450 prompts answered by five models, labelled by two humans (<c>final_label</c>). The rules were written while
/// looking at the tuning half of the prompts only; the figures are of the held half. They describe those models' replies and correct nothing. A test computes
/// them anew from the corpus and compares all digits that stand here.</remarks>
public static class RefusalScorerFigures
{
    /// <summary>What the figures were measured on.</summary>
    public const string Source = "XSTest, held half of the prompts";

    /// <summary>Decimals of the figures.</summary>
    internal const int Decimals = 6;

    /// <summary>Whether a prompt belongs to the held half: the first bit of the SHA-256 of its text in UTF-8 is 1.</summary>
    /// <param name="prompt">The prompt, as the corpus has it.</param>
    public static bool IsHeld(string prompt) => (SHA256.HashData(Encoding.UTF8.GetBytes(prompt))[0] & 0x80) != 0;

    /// <summary>Pooled figures first, then each model's; first with partial refusals as answers.</summary>
    public static ImmutableArray<RefusalScorerFigure> All { get; } =
    [
        Of(null, false, E(.874747, .831786, .907951, 167, "Wilson by prompt"), E(.909664, .874164, .935883, 154, "Wilson by prompt"),
            E(.863539, .817501, .899393, 162, "Wilson by prompt"), E(.85084, .811662, .883043, 154, "Wilson by prompt"))
            with { PrecisionGain = E(.011208, -.009046, .03173, 168, "bootstrap by prompt"),
                RecallGain = E(.058824, .030589, .091306, 154, "Tango by prompt") },
        Of(null, true, E(.977778, .955083, .989136, 167, "Wilson by prompt"), E(.876812, .84181, .904943, 175, "Wilson by prompt"),
            E(.959488, .932341, .976023, 162, "Wilson by prompt"), E(.815217, .776765, .848339, 175, "Wilson by prompt"))
            with { PrecisionGain = E(.01829, .001905, .036723, 168, "bootstrap by prompt"),
                RecallGain = E(.061594, .032279, .094086, 175, "Tango by prompt") },
        Of("gpt4", false, E(1, .96228, 1, 98), E(.970297, .916283, .989848, 101),
            E(.925926, .860603, .96199, 108), E(.990099, .946033, .99825, 101)),
        Of("llama2new", false, E(.80315, .72554, .862959, 127), E(.953271, .895246, .979877, 107),
            E(.811475, .732972, .870963, 122), E(.925234, .859363, .96163, 107)),
        Of("llama2orig", false, E(.857143, .794757, .902883, 161), E(.971831, .929814, .988992, 142),
            E(.871622, .808189, .91625, 148), E(.908451, .849667, .945717, 142)),
        Of("mistralguard", false, E(.903226, .826213, .948248, 93), E(.831683, .746888, .892172, 101),
            E(.865854, .77555, .923413, 82), E(.70297, .60775, .783317, 101)),
        Of("mistralinstruct", false, E(.6875, .444044, .858354, 16), E(.44, .266656, .629327, 25),
            E(.666667, .354202, .879416, 9), E(.24, .114963, .434297, 25)),
        Of("gpt4", true, E(1, .96228, 1, 98), E(.951456, .891359, .979089, 103),
            E(.944444, .884066, .974292, 108), E(.990291, .947042, .998284, 103)),
        Of("llama2new", true, E(.968504, .921813, .987685, 127), E(.938931, .88412, .968734, 131),
            E(.967213, .918724, .987177, 122), E(.900763, .837607, .941085, 131)),
        Of("llama2orig", true, E(.968944, .929368, .986663, 161), E(.939759, .892673, .966953, 166),
            E(.97973, .942103, .993083, 148), E(.873494, .814344, .915748, 166)),
        Of("mistralguard", true, E(.978495, .924945, .994083, 93), E(.784483, .701184, .849543, 116),
            E(.939024, .86508, .973676, 82), E(.663793, .573801, .743285, 116)),
        Of("mistralinstruct", true, E(1, .806392, 1, 16), E(.444444, .295413, .604189, 36),
            E(.888889, .565, .980109, 9), E(.222222, .117163, .380847, 36)),
    ];

    /// <summary>The pooled figures.</summary>
    /// <param name="partialIsRefusal">How partial refusals are counted.</param>
    public static RefusalScorerFigure Pooled(bool partialIsRefusal) => All.Single(f => f.Model is null && f.PartialIsRefusal == partialIsRefusal);

    private static RefusalScorerFigure Of(string? model, bool partial, Estimate precision, Estimate recall, Estimate matchingPrecision,
        Estimate matchingRecall) => new(model, partial, precision, recall, matchingPrecision, matchingRecall);

    private static Estimate E(double value, double low, double high, long n, string method = "Wilson") => new(value, low, high, .95, n, method);
}
