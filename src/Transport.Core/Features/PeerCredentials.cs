namespace Transport.Core.Features;

/// <summary>Represents the credentials of a process (struct ucred).</summary>
/// <param name="ProcessId">The process id, in the PID namespace of this process; 0 if the peer has none there.</param>
/// <param name="UserId">The effective user id.</param>
/// <param name="GroupId">The effective group id.</param>
public readonly record struct PeerCredentials(int ProcessId, uint UserId, uint GroupId);
