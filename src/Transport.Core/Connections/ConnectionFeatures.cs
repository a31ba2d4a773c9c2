using System.Collections;
using Microsoft.AspNetCore.Http.Features;

namespace Transport.Core.Connections;

/// <summary>
/// A feature collection for a dozen features: pairs in an array, found by looking. Half the memory of the dictionary that the framework's
/// has, and quicker at this size; every connection has one.
/// </summary>
internal sealed class ConnectionFeatures : IFeatureCollection
{
    /// <summary>The transport's nine and the five that Kestrel adds to an HTTP connection.</summary>
    private const int UsualCount = 14;

    private KeyValuePair<Type, object>[] _features = new KeyValuePair<Type, object>[UsualCount];
    private int _count;

    public bool IsReadOnly => false;

    public int Revision { get; private set; }

    public object? this[Type key]
    {
        get
        {
            ArgumentNullException.ThrowIfNull(key);
            int index = IndexOf(key);
            return index < 0 ? null : _features[index].Value;
        }

        set
        {
            ArgumentNullException.ThrowIfNull(key);
            Revision++;
            int index = IndexOf(key);
            if (value is null)
            {
                if (index >= 0)
                {
                    _features[index] = _features[--_count];
                    _features[_count] = default;
                }
            }
            else if (index >= 0)
            {
                _features[index] = new(key, value);
            }
            else
            {
                if (_count == _features.Length)
                {
                    Array.Resize(ref _features, _count * 2);
                }

                _features[_count++] = new(key, value);
            }
        }
    }

    public TFeature? Get<TFeature>() => (TFeature?)this[typeof(TFeature)];

    public void Set<TFeature>(TFeature? instance) => this[typeof(TFeature)] = instance;

    public IEnumerator<KeyValuePair<Type, object>> GetEnumerator()
    {
        for (int i = 0; i < _count; i++)
        {
            yield return _features[i];
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private int IndexOf(Type key)
    {
        for (int i = 0; i < _count; i++)
        {
            if (_features[i].Key == key)
            {
                return i;
            }
        }

        return -1;
    }
}
