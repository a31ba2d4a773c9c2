using Soak.Measuring;
using Soak.Server;

namespace Soak.Clients;

/// <summary>What a client is given.</summary>
internal sealed record ClientContext(string Kind, int Seed, ServerPorts Server, FileTree Files, Tally Tally);
