using Transport.Tests;
using Xunit.Sdk;

[assembly: RegisterXunitSerializer(typeof(TransportSerializer), typeof(TransportUnderTest))]

namespace Transport.Tests;

/// <summary>A transport goes by its name in results and filters.</summary>
public sealed class TransportSerializer : IXunitSerializer
{
    public object Deserialize(Type type, string serializedValue) => TransportCatalogue.Get(serializedValue);

    public bool IsSerializable(Type type, object? value, out string failureReason)
    {
        failureReason = "";
        return value is TransportUnderTest;
    }

    public string Serialize(object value) => ((TransportUnderTest)value).Name;
}
