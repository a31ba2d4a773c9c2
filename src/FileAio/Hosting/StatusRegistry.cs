using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace FileAio.Hosting;

/// <summary>
/// Keeps the status of each mount of an application. The key is the application's environment, of which each host has one.
/// </summary>
internal static class StatusRegistry
{
    private static readonly ConditionalWeakTable<IWebHostEnvironment, List<DirectIoFilesStatus>> Lists = [];

    /// <summary>Returns a copy of the list, in call order.</summary>
    public static IReadOnlyList<DirectIoFilesStatus> Of(IServiceProvider services)
    {
        List<DirectIoFilesStatus> list = ListOf(services);
        lock (list)
        {
            return [.. list];
        }
    }

    public static void Add(IServiceProvider services, DirectIoFilesStatus status)
    {
        List<DirectIoFilesStatus> list = ListOf(services);
        lock (list)
        {
            list.Add(status);
        }
    }

    private static List<DirectIoFilesStatus> ListOf(IServiceProvider services) =>
        Lists.GetValue(services.GetRequiredService<IWebHostEnvironment>(), static _ => []);
}
