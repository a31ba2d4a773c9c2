using Arena;
using Arena.Endpoints;

WebApplicationBuilder builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions
{
    Args = args,
    ContentRootPath = AppContext.BaseDirectory,
});
ArenaSettings settings = ArenaSettings.Read(builder.Configuration);
Dataset dataset = Dataset.Load(Path.Combine(settings.Data, "dataset.json"));
builder.WebHost.UseArenaKestrel(settings);
builder.Services.AddResponseCompression();

WebApplication app = builder.Build();
app.UseArenaFiles(Path.Combine(settings.Data, "static"));   // ahead of compression: files are sent as they are on the disk
app.UseResponseCompression();
app.UseRouting();   // said here, or WebApplication puts it before everything above
app.UseWebSockets();
app.MapBaseline();
app.MapJson(dataset);
app.MapBodies();
app.MapDelay();
app.MapWebSocketEcho();
await app.RunAsync();
