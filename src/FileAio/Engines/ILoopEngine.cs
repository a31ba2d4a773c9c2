using System.IO.Pipelines;

namespace FileAio.Engines;

/// <summary>An engine on the event loop of a connection.</summary>
internal interface ILoopEngine : IFileEngine
{
    /// <summary>Gets where application code of the loop's connections runs.</summary>
    PipeScheduler Application { get; }
}
