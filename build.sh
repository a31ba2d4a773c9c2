#!/usr/bin/env bash
# The one way in: ./build.sh run | test | soak | bench | pack | pictures | build | format | help
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
configuration=${CONFIGURATION:-Release}
results=artifacts/test-results

usage() {
  cat <<'EOF'
./build.sh run [ARGS]       build, and start samples/WebApp on epoll (ARGS go to it: --transport sockets, --urls …)
./build.sh test [NAME]      build with warnings as errors, and run every test; NAME narrows to one transport
                            (sockets, epoll, …), to "files", to "bench", to "hostile": the category of that name in
                            every project, or to "packages": packs, and publishes the sample trimmed, as a single file
                            and by NativeAOT (minutes; not part of a test without NAME)
./build.sh soak [ARGS]      load for a long time with faults injected, every byte checked, memory, threads and descriptors
                            watched: --minutes N --transport NAME; also: churn, idle, expiry, seeds (--help lists all)
./build.sh bench [ARGS]     run the short benchmarks; ARGS are passed to bench (ab, arena, models, files, report; --help)
./build.sh bench micro      measure one readiness event of each poller, by BenchmarkDotNet
./build.sh pack [VERSION] [FOLDER]
                            make the NuGet packages in FOLDER (artifacts/packages)
./build.sh pictures         make the pictures of the README: the live page of samples/WebApp, by Chromium
./build.sh build            build everything
./build.sh format           check the formatting: dotnet format, lines of at most 140 columns, libc imports in Interop/ only
EOF
}

say() { printf '%s\n' "$*" >&2; }

# want COMMAND PACKAGE: make a tool present where apt may install it; otherwise say what will be skipped.
want() {
  command -v "$1" >/dev/null 2>&1 && return 0
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    say "build.sh: installing $2 (for $1)"
    if ! DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$2" >/dev/null 2>&1; then
      apt-get update -qq >/dev/null 2>&1 || true
      DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$2" >/dev/null 2>&1 || true
    fi
  fi
  command -v "$1" >/dev/null 2>&1 || say "build.sh: $1 is not here and could not be installed (apt package $2): what needs it is skipped"
}

need_sdk() {
  command -v dotnet >/dev/null 2>&1 || { say "build.sh: the .NET 10 SDK is needed (https://dotnet.microsoft.com/download)"; exit 1; }
}

# A folder to try downloads in: half a gigabyte that no compression shrinks, made once.
sample_files() {
  local folder=artifacts/files
  [ -s "$folder/large.bin" ] && return 0
  say "build.sh: making $folder/large.bin (512 MiB)"
  mkdir -p "$folder"
  head -c 512M /dev/urandom > "$folder/large.bin.part" && mv "$folder/large.bin.part" "$folder/large.bin"
  echo "hello from a file" > "$folder/hello.txt"
}

run_tests() {
  local name=${1:-} projects=() filter=()
  case "$name" in
    "") mapfile -t projects < <(find test -mindepth 2 -maxdepth 2 -name '*.Tests.csproj' | grep -v /Packages.Tests/ | sort) ;;
    files) projects=(test/FileAio.Tests/FileAio.Tests.csproj) ;;
    bench) projects=(test/Bench.Tests/Bench.Tests.csproj) ;;
    packages) projects=(test/Packages.Tests/Packages.Tests.csproj) ;;
    hostile)
      mapfile -t projects < <(grep -rlE --include='*.cs' 'Trait\("Category", *"Hostile"\)' test | cut -d/ -f1,2 | sort -u | while read -r folder; do echo "$folder/${folder##*/}.csproj"; done)
      filter=(--filter "Category=Hostile")
      [ ${#projects[@]} -gt 0 ] || { say "build.sh: no test is in the category Hostile"; return 1; } ;;
    *) projects=(test/Transport.Tests/Transport.Tests.csproj); export TRANSPORT_UNDER_TEST=$name ;;
  esac
  want gcc gcc
  [ -e /usr/include/stdio.h ] || want cc libc6-dev
  want curl curl
  case "$name" in ""|bench) want chromium chromium ;; esac
  if [ "$name" = packages ]; then
    [ -e /usr/include/zlib.h ] || want zlib.h zlib1g-dev
    [ -e /lib/ld-musl-x86_64.so.1 ] || want ld-musl musl
  fi
  dotnet build Transports.sln -c "$configuration" -warnaserror -warnnotaserror:NU1900 --nologo -v quiet
  rm -rf "$results"
  mkdir -p "$results"
  local failed=0 project beside=""
  for project in "${projects[@]}"; do
    # The transports' tests wait for most of their time: the other projects run beside them.
    if [ ${#projects[@]} -gt 1 ] && [ "$(basename "$project")" = Transport.Tests.csproj ]; then
      run_project "$project" "${filter[@]}" >"$results/Transport.Tests.log" 2>&1 &
      beside=$!
    fi
  done
  for project in "${projects[@]}"; do
    if [ -z "$beside" ] || [ "$(basename "$project")" != Transport.Tests.csproj ]; then
      run_project "$project" "${filter[@]}" || failed=1
    fi
  done
  if [ -n "$beside" ]; then
    wait "$beside" || failed=1
    cat "$results/Transport.Tests.log"
  fi
  return $failed
}

# run_project PROJECT [FILTER…]: the tests of one project, their results as a .trx file.
run_project() {
  local project=$1
  shift
  dotnet test "$project" -c "$configuration" --no-build --nologo \
    --logger "trx;LogFileName=$(basename "$project" .csproj).trx" --results-directory "$results" "$@"
}

check_line_length() {
  local long
  long=$(git ls-files -- '*.cs' | LC_ALL=C.UTF-8 xargs -d '\n' grep -HcP '^.{141,}' | grep -v ':0$' || true)
  [ -z "$long" ] && return 0
  say "build.sh: lines of more than 140 columns (file:lines):"
  say "$long"
  return 1
}

check_libc_imports() {
  local outside
  outside=$(git ls-files -- '*.cs' | grep -v '/Interop/' | xargs -d '\n' grep -nE '(Dll|Library)Import\("libc' || true)
  [ -z "$outside" ] && return 0
  say "build.sh: libc is imported outside of a folder Interop:"
  say "$outside"
  return 1
}

# The quick checks first; all of them are made, so that one run names everything.
check_format() {
  local failed=0
  check_line_length || failed=1
  check_libc_imports || failed=1
  dotnet format Transports.sln --verify-no-changes || failed=1
  return $failed
}

command=${1:-help}
[ $# -gt 0 ] && shift
case "$command" in
  run)
    need_sdk
    dotnet build samples/WebApp/WebApp.csproj -c "$configuration" --nologo -v quiet
    sample_files
    exec dotnet "samples/WebApp/bin/$configuration/net10.0/WebApp.dll" --files artifacts/files "$@" ;;
  test) need_sdk; run_tests "$@" ;;
  bench)
    need_sdk
    if [ "${1:-}" = micro ]; then
      shift
      dotnet build bench/Micro/Micro.csproj -c "$configuration" --nologo -v quiet
      exec dotnet "bench/Micro/bin/$configuration/net10.0/Micro.dll" "$@"
    fi
    want wrk wrk; want h2load nghttp2-client; want nginx nginx-light; want perf linux-perf
    dotnet build samples/WebApp/WebApp.csproj -c "$configuration" --nologo -v quiet
    dotnet build samples/Arena/Arena.csproj -c "$configuration" --nologo -v quiet
    dotnet build bench/Bench.csproj -c "$configuration" --nologo -v quiet
    exec dotnet "bench/bin/$configuration/net10.0/Bench.dll" "$@" ;;
  pack)
    need_sdk
    dotnet build tools/PublicDocs/PublicDocs.csproj -c "$configuration" --nologo -v quiet
    packages=${2:-artifacts/packages}
    [ $# -ge 2 ] || rm -rf "$packages"
    # Intermediate files of its own: the XML documentation of a package lacks internal types, which the tests of the documentation need.
    for project in src/*/*.csproj; do
      dotnet pack "$project" -c "$configuration" --nologo -v quiet -o "$packages" --artifacts-path artifacts/pack ${1:+-p:Version="$1"} \
        -p:PublicDocsTool="$PWD/tools/PublicDocs/bin/$configuration/net10.0/PublicDocs.dll"
    done
    ls "$packages" ;;
  soak)
    need_sdk; want gcc gcc
    dotnet build test/Soak/Soak.csproj -c "$configuration" --nologo -v quiet
    exec dotnet "test/Soak/bin/$configuration/net10.0/Soak.dll" "$@" ;;
  pictures)
    need_sdk; want chromium chromium
    dotnet build test/Bench.Tests/Bench.Tests.csproj -c "$configuration" --nologo -v quiet
    UPDATE_PICTURES=1 dotnet test test/Bench.Tests/Bench.Tests.csproj -c "$configuration" --no-build --nologo --filter "FullyQualifiedName~Make_the_pictures" ;;
  build) need_sdk; dotnet build Transports.sln -c "$configuration" -warnaserror -warnnotaserror:NU1900 --nologo ;;
  format) need_sdk; check_format ;;
  help|-h|--help) usage ;;
  *) say "build.sh: '$command' is not one of run, test, soak, bench, pack, pictures, build, format, help"; usage >&2; exit 2 ;;
esac
