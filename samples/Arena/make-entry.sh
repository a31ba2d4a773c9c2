#!/usr/bin/env bash
# Writes an entry for the public board: ./make-entry.sh FOLDER
set -euo pipefail
folder=${1:?usage: make-entry.sh FOLDER}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
name=aspnet-minimal-epoll

"$root/build.sh" pack >&2
package=$(basename "$(find "$root/artifacts/packages" -name '*Transport*Epoll*.nupkg' -o -name '*Transports.Epoll*.nupkg' | head -n 1)")
[ -n "$package" ] || { echo "make-entry.sh: build.sh pack made no package of the epoll transport" >&2; exit 1; }
id=$(sed -E 's/\.[0-9]+\.[0-9]+\.[0-9].*//' <<< "$package")
version=${package#"$id".}
version=${version%.nupkg}

mkdir -p "$folder/packages" "$folder/Endpoints"
cp "$here"/*.cs "$here"/*.csproj "$here"/*.json "$here"/README.md "$folder"
cp "$here"/Endpoints/*.cs "$folder/Endpoints"
find "$root/artifacts/packages" -name '*.nupkg' -exec cp {} "$folder/packages" \;
cat > "$folder/nuget.config" <<CONFIG
<configuration>
  <packageSources>
    <add key="entry" value="packages" />
  </packageSources>
</configuration>
CONFIG
cat > "$folder/Directory.Build.props" <<PROPS
<Project>
  <PropertyGroup>
    <TransportPackage>$id</TransportPackage>
    <TransportVersion>$version</TransportVersion>
  </PropertyGroup>
</Project>
PROPS
sed "s|^ARG ENTRY=.*|ARG ENTRY=frameworks/$name|; s|^COPY \. \.|COPY frameworks/$name frameworks/$name|" "$here/Dockerfile" > "$folder/Dockerfile"
echo "$folder: $id $version"
