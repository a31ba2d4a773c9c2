namespace Test.Shared.Completion;

/// <summary>A socket of a <see cref="CompletionLoop"/>.</summary>
internal interface ICompletionSocket
{
    /// <summary>Cancels what is under way; the descriptor is closed when that has ended. Loop thread.</summary>
    void Close();
}
