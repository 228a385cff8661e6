using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace Assay.Tests.Architecture;

/// <summary>Holds compiled code to the one direction of dependence. A parent namespace needs no <c>using</c>, so the compiler's output is read, not the source.</summary>
internal static class DependenceChecker
{
    /// <summary>The stages; each may use those before it.</summary>
    public static readonly string[] Layers = ["Checkpoints", "Tokenization", "Models", "Directions", "Evaluation", "Search", "Studies", "Verdicts", "Reports", "Runs", "Cli"];

    /// <summary>Every forbidden mention as "type, member: from → to (mentioned type)", and every type that is in no stage.</summary>
    /// <param name="assembly">Path of a managed assembly.</param>
    /// <param name="root">Namespace above the stages.</param>
    public static IReadOnlyList<string> Violations(string assembly, string root)
    {
        using var file = new PEReader(File.OpenRead(assembly));
        var reader = file.GetMetadataReader();
        var found = new List<string>();
        foreach (var handle in reader.TypeDefinitions)
        {
            var type = reader.GetTypeDefinition(handle);
            var (space, outer) = TypeMentions.Outermost(reader, handle);
            if (space != root && !space.StartsWith(root + ".", StringComparison.Ordinal)) continue;
            var from = Layer(space, root);
            if (from < 0)
            {
                found.Add($"{space}.{outer} is in none of the stages {string.Join(", ", Layers)}.");
                continue;
            }

            foreach (var (member, mentions) in Members(file, reader, type))
                foreach (var (toSpace, toName) in mentions.Types)
                    if (Layer(toSpace, root) is var to and >= 0 && !Allowed(from, to))
                        found.Add($"{space}.{outer}, {member}: {Layers[from]} → {Layers[to]} ({toSpace}.{toName})");
        }

        return found;
    }

    private static bool Allowed(int from, int to) => to <= from && !(Layers[from] == "Verdicts" && Layers[to] == "Search");

    private static int Layer(string space, string root) =>
        space.StartsWith(root + ".", StringComparison.Ordinal) ? Array.IndexOf(Layers, space[(root.Length + 1)..].Split('.')[0]) : -1;

    private static IEnumerable<(string Member, TypeMentions Mentions)> Members(PEReader file, MetadataReader reader, TypeDefinition type)
    {
        var own = new TypeMentions(reader);
        own.Add(type.BaseType);
        own.Add(type.GetCustomAttributes());
        foreach (var i in type.GetInterfaceImplementations()) own.Add(reader.GetInterfaceImplementation(i).Interface);
        Constraints(reader, type.GetGenericParameters(), own);
        yield return ("declaration of " + reader.GetString(type.Name), own);

        foreach (var handle in type.GetFields())
        {
            var field = reader.GetFieldDefinition(handle);
            var mentions = new TypeMentions(reader);
            mentions.Add(handle);
            mentions.Add(field.GetCustomAttributes());
            yield return (reader.GetString(field.Name), mentions);
        }

        foreach (var handle in type.GetMethods())
        {
            var method = reader.GetMethodDefinition(handle);
            var mentions = new TypeMentions(reader);
            mentions.Add(handle);
            mentions.Add(method.GetCustomAttributes());
            Constraints(reader, method.GetGenericParameters(), mentions);
            if (method.RelativeVirtualAddress != 0)
            {
                var body = file.GetMethodBody(method.RelativeVirtualAddress);
                mentions.Add(body.LocalSignature);
                foreach (var region in body.ExceptionRegions) mentions.Add(region.CatchType);
                foreach (var token in MethodBodyTokens.Read(body)) mentions.Add(token);
            }

            yield return (reader.GetString(method.Name), mentions);
        }
    }

    private static void Constraints(MetadataReader reader, GenericParameterHandleCollection parameters, TypeMentions mentions)
    {
        foreach (var parameter in parameters)
            foreach (var constraint in reader.GetGenericParameter(parameter).GetConstraints())
                mentions.Add(reader.GetGenericParameterConstraint(constraint).Type);
    }
}
