using System.Globalization;

namespace Arena.Endpoints;

/// <summary><c>/baseline11</c>, <c>/baseline2</c>: the sum of the query and of the body. <c>/pipeline</c>: a constant.</summary>
internal static class BaselineEndpoints
{
    public static void MapBaseline(this IEndpointRouteBuilder app)
    {
        app.MapGet("/pipeline", () => "ok");
        app.MapGet("/baseline2", (int a, int b) => Text(a + b));
        app.MapGet("/baseline11", (int a, int b) => Text(a + b));
        app.MapPost("/baseline11", async Task<IResult> (int a, int b, HttpRequest request) =>
        {
            using StreamReader body = new StreamReader(request.Body);
            return int.TryParse(await body.ReadToEndAsync(), CultureInfo.InvariantCulture, out int c)
                ? Results.Text(Text(a + b + c))
                : Results.BadRequest();
        });
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
