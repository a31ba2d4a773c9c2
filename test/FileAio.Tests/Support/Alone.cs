namespace FileAio.Tests.Support;

/// <summary>Tests that count what is the whole process's, or script faults for it: none runs beside them.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
