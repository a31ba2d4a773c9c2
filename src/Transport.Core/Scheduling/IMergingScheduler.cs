using Transport.Core.Loops;
using Transport.Core.Loops.Merging;

namespace Transport.Core.Scheduling;

/// <summary>A scheduler that runs application code on the thread that leads its loop, so that one thread can lead several loops.</summary>
internal interface IMergingScheduler
{
    /// <summary>Items of the application are so long that parked threads help with them: the loop needs more than one. Not exact.</summary>
    bool HasLongItems { get; }

    /// <summary>On a host, loop thread: runs a turn of a guest as it runs an item of the application.</summary>
    /// <returns>False when another thread has become the host's: the caller must touch nothing of it any more.</returns>
    bool RunGuest(EventLoop guest, out GuestTurn turn);

    /// <summary>On a guest: the calling thread, one of its host's, runs a turn of it, until <see cref="ReturnThread"/>.</summary>
    void BorrowThread();

    /// <summary>On a guest: the turn has ended, and the thread is the host's again.</summary>
    void ReturnThread(IMergingScheduler host);

    /// <summary>On a guest that the caller owns: has a thread of its own lead the loop, which owns it from then on.</summary>
    /// <returns>False if no thread is parked.</returns>
    bool TryCallLeader();
}
