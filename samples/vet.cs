#:project ../src/Assay/Assay.csproj
// Compares a changed model with its base, as `assay vet` does: dotnet run samples/vet.cs -- organisms/gemma2/aligned organisms/gemma2/before run 32

using System.Globalization;
using Assay.Runs;

if (args.Length is not (3 or 4))
{
    Console.Error.WriteLine("usage: dotnet run samples/vet.cs -- BASE CANDIDATE FOLDER [LIMIT]");
    return 64;
}

// What is not said is the smoke tier's; the folder gets the files that `assay vet -o` writes.
int? limit = args.Length == 4 ? int.Parse(args[3], CultureInfo.InvariantCulture) : null;
var outcome = Vet.Run(new VetRequest { Base = args[0], Candidate = args[1], Output = args[2], Limit = limit });
var (report, decision) = (outcome.Report!, outcome.Decision!); // A part of a run alone has none.
Console.WriteLine($"{report.Verdict.Name}: {report.Verdict.Sentence}");
foreach (var row in report.Deciding) Console.WriteLine($"{row.Id,-32} {row}");
return decision.ExitCode;
