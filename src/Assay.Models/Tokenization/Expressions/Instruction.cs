namespace Assay.Tokenization.Expressions;

/// <summary>One step of a compiled expression.</summary>
/// <param name="Kind">What it does.</param>
/// <param name="First">Where a jump goes, and where a split goes first.</param>
/// <param name="Second">Where a split goes when the first way fails.</param>
/// <param name="Set">The code points that a set or a lookahead asks for.</param>
internal readonly record struct Instruction(InstructionKind Kind, int First = 0, int Second = 0, CharacterClass? Set = null);
