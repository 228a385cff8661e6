using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Assay.Cli;

/// <summary>Small JSON results on standard output.</summary>
internal static class JsonLines
{
    /// <summary>An indented object and a line feed.</summary>
    /// <param name="members">Writes what is in it.</param>
    /// <param name="encoder">Which characters are escaped; null for all that any reader could take for something else.</param>
    public static string Object(Action<Utf8JsonWriter> members, JavaScriptEncoder? encoder = null)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, NewLine = "\n", Encoder = encoder }))
        {
            json.WriteStartObject();
            members(json);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray()) + "\n";
    }

    /// <summary>A named array of whole numbers.</summary>
    public static void Ids(Utf8JsonWriter json, string name, IEnumerable<int> ids)
    {
        json.WriteStartArray(name);
        foreach (var id in ids) json.WriteNumberValue(id);
        json.WriteEndArray();
    }
}
