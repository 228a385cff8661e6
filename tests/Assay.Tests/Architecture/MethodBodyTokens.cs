using System.Buffers.Binary;
using System.Reflection.Emit;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;

namespace Assay.Tests.Architecture;

/// <summary>The metadata tokens that the instructions of a method body name: members, types and call-site signatures.</summary>
internal static class MethodBodyTokens
{
    private static readonly Dictionary<int, OperandType> Operands = typeof(OpCodes).GetFields()
        .Select(f => (OpCode)f.GetValue(null)!)
        .ToDictionary(o => (int)(ushort)o.Value, o => o.OperandType);

    /// <summary>Reads a body instruction by instruction (ECMA-335 III.1); an unknown instruction is an error, never skipped.</summary>
    public static IEnumerable<EntityHandle> Read(MethodBodyBlock body)
    {
        var code = body.GetILBytes() ?? [];
        for (var at = 0; at < code.Length;)
        {
            int instruction = code[at++];
            if (instruction == 0xFE) instruction = 0xFE00 | code[at++];
            var operand = Operands[instruction];
            if (operand is OperandType.InlineField or OperandType.InlineMethod or OperandType.InlineTok or OperandType.InlineType or OperandType.InlineSig)
                yield return (EntityHandle)MetadataTokens.Handle(Int32(code, at));
            at += operand switch
            {
                OperandType.InlineNone => 0,
                OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
                OperandType.InlineVar => 2,
                OperandType.InlineI8 or OperandType.InlineR => 8,
                OperandType.InlineSwitch => 4 + 4 * Int32(code, at),
                _ => 4,
            };
        }
    }

    private static int Int32(byte[] code, int at) => BinaryPrimitives.ReadInt32LittleEndian(code.AsSpan(at));
}
