using System.Text.Json;

namespace Arena;

/// <summary>The items that <c>/json</c> serves.</summary>
internal sealed record Dataset(IReadOnlyList<Item> Items)
{
    /// <summary>Reads a file; a file that does not exist is an empty set, for a board that mounts none.</summary>
    public static Dataset Load(string path)
    {
        if (!File.Exists(path))
        {
            return new Dataset([]);
        }

        using FileStream file = File.OpenRead(path);
        return new Dataset(JsonSerializer.Deserialize(file, ArenaJson.Default.IReadOnlyListItem) ?? []);
    }

    /// <summary>Returns the first items, each with its total.</summary>
    public PricedItems Price(int count, int multiplier)
    {
        count = Math.Clamp(count, 0, Items.Count);
        PricedItem[] priced = new PricedItem[count];
        for (int i = 0; i < count; i++)
        {
            Item item = Items[i];
            priced[i] = new PricedItem(
                item.Id, item.Name, item.Category, item.Price, item.Quantity, item.Active, item.Tags, item.Rating,
                (long)item.Price * item.Quantity * multiplier);
        }

        return new PricedItems(priced, count);
    }
}
