namespace Transport.Core.Systemd;

/// <summary>A descriptor that systemd passed, and its name (<c>FileDescriptorName=</c> of a socket unit, FDNAME of the store).</summary>
internal readonly record struct PassedDescriptor(int Descriptor, string Name);
