using System.Text.Json;
using System.Text.Json.Serialization;

namespace Arena;

internal sealed record Rating(int Score, int Count);

internal sealed record Item(
    int Id, string Name, string Category, int Price, int Quantity, bool Active, IReadOnlyList<string> Tags, Rating Rating);

internal sealed record PricedItem(
    int Id, string Name, string Category, int Price, int Quantity, bool Active, IReadOnlyList<string> Tags, Rating Rating, long Total);

internal sealed record PricedItems(IReadOnlyList<PricedItem> Items, int Count);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(IReadOnlyList<Item>))]
[JsonSerializable(typeof(PricedItems))]
internal sealed partial class ArenaJson : JsonSerializerContext;
