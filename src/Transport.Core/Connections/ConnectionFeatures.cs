using System.Collections;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using Transport.Core.Features;

namespace Transport.Core.Connections;

/// <summary>
/// The feature collection of a connection. The transport's own features are the connection itself and its loop, listed once for all
/// connections; only what others add, such as Kestrel's five for HTTP, takes memory. A linear search is faster than a dictionary at this
/// size.
/// </summary>
/// <param name="own">The own features: one of <see cref="OwnOf"/>.</param>
/// <param name="connection">The connection, which implements all of them but one.</param>
/// <param name="loop">The connection's loop.</param>
internal sealed class ConnectionFeatures(Type[] own, SocketConnection connection, IEventLoopFeature loop) : IFeatureCollection
{
    /// <summary>Kestrel adds five to an HTTP connection.</summary>
    private const int UsualCount = 5;

    private static readonly Type[] s_others = Own(false);
    private static readonly Type[] s_othersWithSendFile = Own(true);
    private static readonly Type[] s_tcp = Own(false, typeof(ITcpInfoFeature));
    private static readonly Type[] s_tcpWithSendFile = Own(true, typeof(ITcpInfoFeature));
    private static readonly Type[] s_unix = Own(false, typeof(IPeerCredentialsFeature));
    private static readonly Type[] s_unixWithSendFile = Own(true, typeof(IPeerCredentialsFeature));

    private KeyValuePair<Type, object>[] _added = [];
    private int _count;

    /// <summary>A bit for each own feature that has been replaced or removed.</summary>
    private uint _replaced;

    public bool IsReadOnly => false;

    public int Revision { get; private set; }

    public object? this[Type key]
    {
        get
        {
            ArgumentNullException.ThrowIfNull(key);
            int index = OwnIndexOf(key);
            if (index >= 0)
            {
                return OwnAt(index);
            }

            index = IndexOf(key);
            return index < 0 ? null : _added[index].Value;
        }

        set
        {
            ArgumentNullException.ThrowIfNull(key);
            Revision++;
            int index = OwnIndexOf(key);
            if (index >= 0)
            {
                _replaced |= 1u << index;
            }

            index = IndexOf(key);
            if (value is null)
            {
                Remove(index);
            }
            else if (index >= 0)
            {
                _added[index] = new(key, value);
            }
            else
            {
                Add(new(key, value));
            }
        }
    }

    /// <summary>The own features of a connection: what the kernel knows of the peer depends on the address family.</summary>
    public static Type[] OwnOf(EndPoint? remote, bool hasSendFile) => remote switch
    {
        IPEndPoint => hasSendFile ? s_tcpWithSendFile : s_tcp,
        UnixDomainSocketEndPoint => hasSendFile ? s_unixWithSendFile : s_unix,
        _ => hasSendFile ? s_othersWithSendFile : s_others,
    };

    public TFeature? Get<TFeature>() => (TFeature?)this[typeof(TFeature)];

    public void Set<TFeature>(TFeature? instance) => this[typeof(TFeature)] = instance;

    public IEnumerator<KeyValuePair<Type, object>> GetEnumerator()
    {
        for (int i = 0; i < own.Length; i++)
        {
            if ((_replaced & (1u << i)) == 0)
            {
                yield return new(own[i], OwnAt(i));
            }
        }

        for (int i = 0; i < _count; i++)
        {
            yield return _added[i];
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private static Type[] Own(bool hasSendFile, params ReadOnlySpan<Type> ofPeer) =>
    [
        .. (ReadOnlySpan<Type>)(hasSendFile ? [typeof(ISendFileFeature)] : []),
        typeof(IConnectionIdFeature),
        typeof(IConnectionTransportFeature),
        typeof(IConnectionItemsFeature),
        typeof(IMemoryPoolFeature),
        typeof(IConnectionLifetimeFeature),
        typeof(IConnectionSocketFeature),
        typeof(IEventLoopFeature),
        .. ofPeer,
    ];

    private object OwnAt(int index) => own[index] == typeof(IEventLoopFeature) ? loop : connection;

    /// <returns>-1 also if it has been replaced or removed.</returns>
    private int OwnIndexOf(Type key)
    {
        for (int i = 0; i < own.Length; i++)
        {
            if (own[i] == key)
            {
                return (_replaced & (1u << i)) == 0 ? i : -1;
            }
        }

        return -1;
    }

    private int IndexOf(Type key)
    {
        for (int i = 0; i < _count; i++)
        {
            if (_added[i].Key == key)
            {
                return i;
            }
        }

        return -1;
    }

    private void Add(KeyValuePair<Type, object> feature)
    {
        if (_count == _added.Length)
        {
            Array.Resize(ref _added, Math.Max(UsualCount, _count * 2));
        }

        _added[_count++] = feature;
    }

    private void Remove(int index)
    {
        if (index >= 0)
        {
            _added[index] = _added[--_count];
            _added[_count] = default;
        }
    }
}
