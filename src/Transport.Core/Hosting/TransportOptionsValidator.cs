using Microsoft.Extensions.Options;

namespace Transport.Core.Hosting;

/// <summary>Bad values fail when the host starts, naming the option and what it allows.</summary>
internal sealed class TransportOptionsValidator<TOptions> : IValidateOptions<TOptions>
    where TOptions : TransportOptions
{
    public ValidateOptionsResult Validate(string? name, TOptions options)
    {
        List<string> problems = [.. options.Validate().Select(problem => $"{typeof(TOptions).Name}.{problem}")];
        return problems.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(problems);
    }
}
