using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Transport.Core;
using Transport.Epoll;

namespace Transport.Tests.Registration;

/// <summary>Options: Kestrel's names and defaults, values from configuration, and bad ones refused at the start by name.</summary>
public class OptionsTests
{
    private const string Unchecked = "it does not look at its options at the start";

    public static TheoryData<string> OptionsTypes => [.. AllOptions().Select(type => type.FullName!)];

    [Theory, MemberData(nameof(OptionsTypes))]
    public void Names_types_and_defaults_are_those_of_SocketTransportOptions(string typeName)
    {
        Type type = Type(typeName);
        object ours = Activator.CreateInstance(type)!;
        SocketTransportOptions theirs = new SocketTransportOptions();
        foreach (PropertyInfo property in typeof(SocketTransportOptions).GetProperties())
        {
            if (property.Name == nameof(SocketTransportOptions.IOQueueCount))
            {
                continue;   // LoopCount here
            }

            PropertyInfo? own = type.GetProperty(property.Name);
            Assert.True(own is not null, $"{type.Name} lacks {property.Name}");
            Assert.Equal(property.PropertyType, own.PropertyType);
            Assert.Equal(property.GetValue(theirs), own.GetValue(ours));
        }
        // A loop that never sleeps takes a processor whole: one is enough unless somebody says otherwise.
        int loops = type == typeof(Transport.Blocking.BusyTransportOptions) ? 1 : Math.Min(Environment.ProcessorCount, 16);
        Assert.Equal(loops, ((TransportOptions)ours).LoopCount);
    }

    [Theory]
    [Transports("LoopCount", 0, NotOnSockets = Unchecked)]
    [Transports("LoopCount", -1, NotOnSockets = Unchecked)]
    [Transports("Backlog", 0, NotOnSockets = Unchecked)]
    [Transports("MaxReadBufferSize", -1, NotOnSockets = Unchecked)]
    [Transports("MaxWriteBufferSize", -1, NotOnSockets = Unchecked)]
    [Transports("MaxWorkers", 0, NotOnSockets = Unchecked)]
    [Transports("SpinMicroseconds", -1, NotOnSockets = Unchecked)]
    [Transports("SpinMicroseconds", 1001, NotOnSockets = Unchecked)]
    [Transports("DescriptorReserve", -1, NotOnSockets = Unchecked)]
    [Transports("MaxConnections", 0, NotOnSockets = Unchecked)]
    [Transports("MaxConnectionsPerAddress", 0, NotOnSockets = Unchecked)]
    [Transports("TcpKeepAliveRetryCount", 128, NotOnSockets = Unchecked)]
    [Transports("TcpFastOpenQueueLength", 0, NotOnSockets = Unchecked)]
    [Transports("UnixSocketMode", 0x200, NotOnSockets = Unchecked)]
    [Transports("UnixSocketOwner", ":", NotOnSockets = Unchecked)]
    [Transports("HandOverPath", "relative", NotOnSockets = Unchecked)]
    [Transports("ApplicationScheduling", 99, NotOnSockets = Unchecked)]
    [Transports("AcceptStrategy", 99, NotOnSockets = Unchecked)]
    [Transports("CreateBoundListenSocket", null, NotOnSockets = Unchecked)]
    public async Task An_invalid_value_fails_the_start_with_its_name(TransportUnderTest transport, string option, object? value)
    {
        TransportSettings settings = new TransportSettings { Ours = options => Set(options, option, value) };
        OptionsValidationException exception =
            await Assert.ThrowsAsync<OptionsValidationException>(() => WebServer.StartAsync(transport, TestApp.HelloAsync, settings));
        Assert.Contains(option, exception.Message, StringComparison.Ordinal);
        Assert.Contains("allowed", exception.Message, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Options_come_from_configuration_and_code_overrides_them()
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Kestrel:Transport:Epoll:LoopCount"] = "3",
            ["Kestrel:Transport:Epoll:Trigger"] = "Level",
            ["Kestrel:Transport:Epoll:ApplicationScheduling"] = "Inline",
            ["Kestrel:Transport:Epoll:MaxReadBufferSize"] = "4321",
            ["Kestrel:Transport:Epoll:NoDelay"] = "false",
            ["Kestrel:Transport:Epoll:MaxConnectionsPerAddress"] = "9",
            ["Kestrel:Transport:Epoll:TcpKeepAliveTime"] = "00:01:30",
            ["Kestrel:Transport:Epoll:UnixSocketMode"] = "UserRead, groupwrite",
            ["Kestrel:Transport:Epoll:UnixSocketOwner"] = ":www-data",
        });
        builder.WebHost.UseKestrelCore().UseEpollTransport(options => options.LoopCount = 4);
        await using WebApplication app = builder.Build();
        EpollTransportOptions options = app.Services.GetRequiredService<IOptions<EpollTransportOptions>>().Value;
        Assert.Equal((4, EpollTrigger.Level, ApplicationScheduling.Inline, 4321L, false),
            (options.LoopCount, options.Trigger, options.ApplicationScheduling, options.MaxReadBufferSize, options.NoDelay));
        Assert.Equal((9, TimeSpan.FromSeconds(90), UnixFileMode.UserRead | UnixFileMode.GroupWrite, ":www-data"),
            (options.MaxConnectionsPerAddress, options.TcpKeepAliveTime, options.UnixSocketMode, options.UnixSocketOwner));
    }

    [Theory]
    [InlineData("LoopCont", "2", "LoopCont is not an option; the nearest is LoopCount")]
    [InlineData("backlgo", "2", "backlgo is not an option; the nearest is Backlog")]
    [InlineData("CreateBoundListenSocket", "x", "is not an option")]
    [InlineData("LoopCount", "many", "LoopCount is \"many\"; allowed: a whole number")]
    [InlineData("LoopCount:0", "1", "LoopCount has keys below it; allowed: one value")]
    [InlineData("NoDelay", "si", "NoDelay is \"si\"; allowed: true, false")]
    [InlineData(
        "ApplicationScheduling", "Workres", "ApplicationScheduling is \"Workres\"; allowed: LeaderFollowers, Workers, ThreadPool, Inline")]
    [InlineData("ApplicationScheduling", "1", "ApplicationScheduling is \"1\"; allowed: LeaderFollowers, Workers, ThreadPool, Inline")]
    [InlineData("TcpUserTimeout", "soon", "TcpUserTimeout is \"soon\"; allowed: a time such as 00:00:30")]
    [InlineData("TcpUserTimeout", "00:00:00", "TcpUserTimeout is 00:00:00; allowed: 00:00:00.001 to")]
    [InlineData("TcpKeepAliveTime", "00:00:01.5", "TcpKeepAliveTime is 00:00:01.5000000; allowed: whole seconds")]
    [InlineData("DrainTime", "-00:00:01", "DrainTime is -00:00:01; allowed: 00:00:00 to 01:00:00")]
    [InlineData("UnixSocketMode", "UserRead, UserRite", "; the nearest is UserWrite")]
    [InlineData("UnixSocketMode", "660", "UnixSocketMode is \"660\"; allowed: None, OtherExecute")]
    [InlineData("MaxReadBufferSize", "1m", "MaxReadBufferSize is \"1m\"; allowed: a whole number")]
    public async Task An_unknown_configuration_key_fails_the_start_with_its_name(string key, string value, string expected)
    {
        foreach (string typeName in OptionsTypes.Select(row => row.Data))
        {
            string model = Type(typeName).Name.Replace("TransportOptions", "", StringComparison.Ordinal);
            MethodInfo use = Type(typeName).Assembly.GetExportedTypes()
                .SelectMany(type => type.GetMethods(BindingFlags.Public | BindingFlags.Static))
                .Single(method => method.Name == $"Use{model}Transport" && method.GetParameters() is [{ } only]
                    && only.ParameterType == typeof(IWebHostBuilder));
            WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
            builder.Configuration[$"Kestrel:Transport:{model}:{key}"] = value;
            builder.WebHost.UseKestrelCore();
            use.Invoke(null, [builder.WebHost]);
            // Build makes the server, and the server its transport.
            OptionsValidationException refused = await Assert.ThrowsAsync<OptionsValidationException>(async () =>
            {
                await using WebApplication app = builder.Build();
                await app.StartAsync();
            });
            Assert.Matches($"Kestrel:Transport:{model}:|{model}TransportOptions\\.", refused.Message);
            Assert.Contains(expected, refused.Message, StringComparison.Ordinal);
        }
    }

    [Theory, MemberData(nameof(OptionsTypes))]
    public async Task Each_model_can_be_asked_for_in_four_ways(string typeName)
    {
        string model = Type(typeName).Name.Replace("TransportOptions", "", StringComparison.Ordinal);
        MethodInfo[] methods = Type(typeName).Assembly.GetExportedTypes()
            .SelectMany(type => type.GetMethods(BindingFlags.Public | BindingFlags.Static))
            .Where(method => method.Name == $"Use{model}Transport").ToArray();
        Assert.Equal(2, methods.Count(method => method.GetParameters()[0].ParameterType == typeof(IWebHostBuilder)));
        Assert.Equal(2, methods.Count(method => method.GetParameters()[0].ParameterType == typeof(IServiceCollection)));
        Assert.All(methods, method => Assert.Equal(method.GetParameters()[0].ParameterType, method.ReturnType));
        await using ServiceProvider services = new ServiceCollection().BuildServiceProvider();
        foreach (MethodInfo? method in methods)
        {
            // No builder is a mistake that is told at once.
            object?[] arguments = new object?[method.GetParameters().Length];
            Assert.IsType<ArgumentNullException>(Assert.Throws<TargetInvocationException>(() => method.Invoke(null, arguments))
                .InnerException);
        }
    }

    private static IEnumerable<Type> AllOptions() => TestAssembly.ShippedAssemblies
        .SelectMany(assembly => assembly.GetExportedTypes()).Where(type => type.IsSubclassOf(typeof(TransportOptions)) && !type.IsAbstract);

    private static Type Type(string name) => AllOptions().Single(type => type.FullName == name);

    private static void Set(TransportOptions options, string name, object? value)
    {
        PropertyInfo property = options.GetType().GetProperty(name)
            ?? throw new ArgumentException($"{options.GetType().Name} lacks {name}");
        Type type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        property.SetValue(options, value is null ? null : type.IsEnum ? Enum.ToObject(type, value) : Convert.ChangeType(value, type, null));
    }
}
