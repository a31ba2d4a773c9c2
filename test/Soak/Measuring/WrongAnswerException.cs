namespace Soak.Measuring;

/// <summary>An answer that came whole and is wrong.</summary>
/// <param name="kind">"wrong byte", "wrong status" and their like: what errors are counted by.</param>
/// <param name="message">What came, and what was expected.</param>
internal sealed class WrongAnswerException(string kind, string message) : Exception(message)
{
    public string Kind => kind;
}
