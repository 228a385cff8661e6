using System.Collections.Immutable;
using System.Reflection.Metadata;

namespace Assay.Tests.Architecture;

/// <summary>Collects the types that a metadata entity mentions, through members, instantiations and signatures.</summary>
internal sealed class TypeMentions(MetadataReader reader) : ISignatureTypeProvider<bool, object?>
{
    private readonly HashSet<(string Namespace, string Name)> _types = [];

    /// <summary>Every type found so far; a nested type counts under its outermost type's namespace.</summary>
    public IReadOnlySet<(string Namespace, string Name)> Types => _types;

    /// <summary>Adds whatever the entity mentions.</summary>
    public void Add(EntityHandle handle)
    {
        if (handle.IsNil) return;
        switch (handle.Kind)
        {
            case HandleKind.TypeDefinition: AddDefinition((TypeDefinitionHandle)handle); break;
            case HandleKind.TypeReference: AddReference((TypeReferenceHandle)handle); break;
            case HandleKind.TypeSpecification: reader.GetTypeSpecification((TypeSpecificationHandle)handle).DecodeSignature(this, null); break;
            case HandleKind.MethodDefinition:
                var method = reader.GetMethodDefinition((MethodDefinitionHandle)handle);
                AddDefinition(method.GetDeclaringType());
                method.DecodeSignature(this, null);
                break;
            case HandleKind.FieldDefinition:
                var field = reader.GetFieldDefinition((FieldDefinitionHandle)handle);
                AddDefinition(field.GetDeclaringType());
                field.DecodeSignature(this, null);
                break;
            case HandleKind.MemberReference:
                var member = reader.GetMemberReference((MemberReferenceHandle)handle);
                Add(member.Parent);
                if (member.GetKind() == MemberReferenceKind.Field) member.DecodeFieldSignature(this, null);
                else member.DecodeMethodSignature(this, null);
                break;
            case HandleKind.MethodSpecification:
                var instance = reader.GetMethodSpecification((MethodSpecificationHandle)handle);
                Add(instance.Method);
                instance.DecodeSignature(this, null);
                break;
            case HandleKind.StandaloneSignature:
                var signature = reader.GetStandaloneSignature((StandaloneSignatureHandle)handle);
                if (signature.GetKind() == StandaloneSignatureKind.LocalVariables) signature.DecodeLocalSignature(this, null);
                else signature.DecodeMethodSignature(this, null);
                break;
            default: break; // Strings and modules name no type.
        }
    }

    /// <summary>Adds the types of a set of attributes.</summary>
    public void Add(CustomAttributeHandleCollection attributes)
    {
        foreach (var attribute in attributes) Add(reader.GetCustomAttribute(attribute).Constructor);
    }

    /// <summary>The namespace and name of a type's outermost type.</summary>
    public static (string Namespace, string Name) Outermost(MetadataReader reader, TypeDefinitionHandle handle)
    {
        var type = reader.GetTypeDefinition(handle);
        while (!type.GetDeclaringType().IsNil) type = reader.GetTypeDefinition(type.GetDeclaringType());
        return (reader.GetString(type.Namespace), reader.GetString(type.Name));
    }

    private bool AddDefinition(TypeDefinitionHandle handle) => _types.Add(Outermost(reader, handle));

    private bool AddReference(TypeReferenceHandle handle)
    {
        var type = reader.GetTypeReference(handle);
        while (type.ResolutionScope.Kind == HandleKind.TypeReference) type = reader.GetTypeReference((TypeReferenceHandle)type.ResolutionScope);
        return _types.Add((reader.GetString(type.Namespace), reader.GetString(type.Name)));
    }

    bool ISimpleTypeProvider<bool>.GetTypeFromDefinition(MetadataReader metadata, TypeDefinitionHandle handle, byte rawTypeKind) => AddDefinition(handle);
    bool ISimpleTypeProvider<bool>.GetTypeFromReference(MetadataReader metadata, TypeReferenceHandle handle, byte rawTypeKind) => AddReference(handle);
    bool ISimpleTypeProvider<bool>.GetPrimitiveType(PrimitiveTypeCode typeCode) => false;
    bool ISignatureTypeProvider<bool, object?>.GetFunctionPointerType(MethodSignature<bool> signature) => false;
    bool ISignatureTypeProvider<bool, object?>.GetGenericMethodParameter(object? genericContext, int index) => false;
    bool ISignatureTypeProvider<bool, object?>.GetGenericTypeParameter(object? genericContext, int index) => false;
    bool ISignatureTypeProvider<bool, object?>.GetModifiedType(bool modifier, bool unmodifiedType, bool isRequired) => false;
    bool ISignatureTypeProvider<bool, object?>.GetPinnedType(bool elementType) => false;

    bool ISignatureTypeProvider<bool, object?>.GetTypeFromSpecification(MetadataReader metadata, object? genericContext, TypeSpecificationHandle handle, byte rawTypeKind)
    {
        Add(handle);
        return false;
    }

    bool ISZArrayTypeProvider<bool>.GetSZArrayType(bool elementType) => false;
    bool IConstructedTypeProvider<bool>.GetArrayType(bool elementType, ArrayShape shape) => false;
    bool IConstructedTypeProvider<bool>.GetByReferenceType(bool elementType) => false;
    bool IConstructedTypeProvider<bool>.GetGenericInstantiation(bool genericType, ImmutableArray<bool> typeArguments) => false;
    bool IConstructedTypeProvider<bool>.GetPointerType(bool elementType) => false;
}
