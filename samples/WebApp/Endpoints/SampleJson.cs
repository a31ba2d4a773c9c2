using System.Text.Json;
using System.Text.Json.Serialization;
using WebApp.Endpoints.Status;

namespace WebApp.Endpoints;

internal sealed record Greeting(string Message);

internal sealed record Uploaded(long Bytes, string Sha256);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(Greeting))]
[JsonSerializable(typeof(IAsyncEnumerable<Greeting>))]
[JsonSerializable(typeof(Uploaded))]
[JsonSerializable(typeof(TransportReport))]
internal sealed partial class SampleJson : JsonSerializerContext;
