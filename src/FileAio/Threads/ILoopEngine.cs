using System.IO.Pipelines;

namespace FileAio.Threads;

/// <summary>An engine that works on the thread of an event loop.</summary>
internal interface ILoopEngine
{
    /// <summary>Where application code of the loop's connections runs.</summary>
    PipeScheduler Application { get; }
}
