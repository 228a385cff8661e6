using System.Text.Json;
using Assay.Evaluation;

namespace Assay.Reports;

/// <summary>A token's scores as one JSON array, [token, kl, reverse kl, jsd, log p, log q, entropy p, entropy q, top p, top q, arg-max p, arg-max q, padding p,
/// padding q, added q, faults]: exact, and short enough for a line with hundreds.</summary>
public static class TokenScoreJson
{
    /// <summary>Entries of the array.</summary>
    public const int Length = 16;

    /// <summary>Writes one; infinities and NaN as in <see cref="ReportJson"/>.</summary>
    public static void Write(Utf8JsonWriter json, in TokenScore score)
    {
        json.WriteStartArray();
        json.WriteNumberValue(score.Token);
        foreach (var value in (ReadOnlySpan<double>)[score.Kl, score.ReverseKl, score.Jsd, score.LogP, score.LogQ, score.EntropyP, score.EntropyQ, score.TopP, score.TopQ]) ReportJson.WriteNumber(json, value);
        json.WriteNumberValue(score.ArgmaxP);
        json.WriteNumberValue(score.ArgmaxQ);
        ReportJson.WriteNumber(json, score.PaddingP);
        ReportJson.WriteNumber(json, score.PaddingQ);
        ReportJson.WriteNumber(json, score.AddedQ);
        json.WriteNumberValue((int)score.Faults);
        json.WriteEndArray();
    }

    /// <summary>Reads what <see cref="Write"/> wrote, bit for bit.</summary>
    /// <exception cref="JsonException">Anything else.</exception>
    public static TokenScore Read(JsonElement json)
    {
        if (json.ValueKind != JsonValueKind.Array || json.GetArrayLength() != Length) throw new JsonException($"Token scores are arrays of {Length}.");
        return new TokenScore(Id(0), Number(1), Number(2), Number(3), Number(4), Number(5), Number(6), Number(7), Number(8), Number(9), Id(10), Id(11),
            Number(12), Number(13), Number(14), Faults(15));

        int Id(int at) => json[at].ValueKind == JsonValueKind.Number && json[at].TryGetInt32(out var id) ? id : throw new JsonException("A token id is a whole number.");
        LogitFaults Faults(int at) => Id(at) is var bits && (bits & ~(int)LogitFaults.All) == 0 ? (LogitFaults)bits
            : throw new JsonException($"Faults are a sum of 1, 2, 4 and 8, not {bits}.");
        double Number(int at) => ReportJson.ReadNumber(json[at]);
    }
}
