using WebApp;
using WebApp.Endpoints;
using WebApp.Endpoints.Status;
using WebApp.Endpoints.Streams;
using WebApp.Live;

WebApplicationBuilder builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions
{
    Args = args,
    ContentRootPath = AppContext.BaseDirectory,
});

if (builder.Configuration["transport"] == "list")
{
    foreach (string name in Transports.ByName.Keys)
    {
        Console.WriteLine(name);
    }

    return 0;
}

List<string> errors = new List<string>();
SampleSettings settings = SampleSettings.Read(builder.Configuration, errors);
builder.UseSampleKestrel(settings);
builder.AddFiles(errors);
builder.Services.AddSingleton(settings);
builder.Services.AddSingleton<TransportStatus>();
builder.Services.AddSingleton<FilesReport>();
if (settings.Sides.Count > 0)
{
    builder.Services.AddSingleton<LiveMeters>();
    builder.Services.AddSingleton<LiveSampler>();
}

WebApplication app = builder.Build();

LiveSampler? live = app.Services.GetService<LiveSampler>();
if (live is not null)
{
    app.UseLiveCounts(live);
}

app.UsePlaintext();
app.UseFiles(errors);
if (errors.Count > 0)
{
    foreach (string error in errors)
    {
        await Console.Error.WriteLineAsync($"WebApp: {error}");
    }

    return 2;
}

app.UseRouting(); // otherwise WebApplication calls it before everything above
app.UseWebSockets();

if (live is not null)
{
    app.MapLivePage(live);
}
else
{
    app.MapFrontPage();
}

app.MapJson();
app.MapEcho();
app.MapUpload();
app.MapStream();
app.MapEvents();
app.MapItems();
app.MapFile();
app.MapDelay();
app.MapBlock();
app.MapSpin();
app.MapCollect();
app.MapAbort();
app.MapWebSocketEcho();
app.MapTransportStatus();

settings.Announce(app.Logger);
app.Services.GetRequiredService<TransportStatus>().Start();
await app.RunAsync();
return 0;
