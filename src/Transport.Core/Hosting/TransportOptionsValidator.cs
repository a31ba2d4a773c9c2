using Microsoft.Extensions.Options;

namespace Transport.Core.Hosting;

/// <summary>Fails the start of the host for invalid values, with a message that names the option and its allowed range.</summary>
internal sealed class TransportOptionsValidator<TOptions> : IValidateOptions<TOptions>
    where TOptions : TransportOptions
{
    public ValidateOptionsResult Validate(string? name, TOptions options)
    {
        List<string> problems = [.. options.Validate().Select(problem => $"{typeof(TOptions).Name}.{problem}")];
        return problems.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(problems);
    }
}
