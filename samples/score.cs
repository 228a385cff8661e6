#:project ../src/Assay/Assay.csproj
// Scores a text file with a model folder: dotnet run samples/score.cs -- organisms/gemma2/before README.md

using System.Text;
using Assay.Evaluation.Scoring;
using Assay.Models;

if (args.Length != 2)
{
    Console.Error.WriteLine("usage: dotnet run samples/score.cs -- MODEL TEXT");
    return 64;
}

using var model = LanguageModel.Open(args[0]);
var tokenizer = model.RequireTokenizer();
var text = File.ReadAllText(args[1]);

// Disjoint windows, as `assay score` cuts them: each opened by BOS where the tokenizer adds one. The first token of a window has no context and is not scored.
int[] opening = tokenizer.BosAdded is { } bos ? [bos] : [];
var size = Math.Min(512, model.Spec.MaxPositions) - opening.Length;
var windows = tokenizer.Encode(text, addSpecialTokens: false).Chunk(size)
    .Select(ids => new ScoredText([.. opening, .. ids], FirstScored: 1))
    .Where(window => window.Tokens.Length > 1).ToList();

var scores = new TextScorer(model).Score(windows).SelectMany(window => window).ToList();
var nll = -scores.Sum();
Console.WriteLine(FormattableString.Invariant(
    $"tokens {scores.Count}  nll {nll / scores.Count:F4}  perplexity {Math.Exp(nll / scores.Count):F3}  bits per byte {nll / Encoding.UTF8.GetByteCount(text) / Math.Log(2):F4}"));
return 0;
